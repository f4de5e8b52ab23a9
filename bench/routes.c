/* routes.c: longest-prefix match over tables like the Internet's: ours, the kernel's LPM_TRIE map
 * and its own routing table, and ours in user space as the limit. */
#include "bench.h"
#include "generate.h"
#include "inputs.h"
#include "measure.h"
#include "user.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <rpol/routes4.h>
#include <rpol/routes6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Turns are short: what else runs on the machine then misses most of them. */
enum { TURN = INPUTS / 4, SEED = 1, HOPS4 = 4075, HOPS6 = 1000, FIB_USUAL = 100000 };

static const char *const traces[] = {"uniform", "prefix", "zipf"};

struct key {
	uint32_t length;
	uint32_t address[4];
};

/* All routes at once, by one system call for many. */
static void fill_trie(struct bpf_object *object, int family, const struct route *routes, size_t n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, family == 4 ? "lpm4" : "lpm6");
	size_t size = bpf_map__key_size(map);
	char *keys = malloc(n * size);
	uint32_t *values = malloc(n * sizeof(*values)), count = (uint32_t)n;

	if (!keys || !values)
		fail("out of memory");
	for (size_t i = 0; i < n; i++) {
		struct key key = {.length = routes[i].prefix.length};

		for (unsigned w = 0; w < 4; w++)
			key.address[w] = htonl(routes[i].prefix.address.w[w]);
		memcpy(keys + i * size, &key, size);
		values[i] = routes[i].hop;
	}
	if (bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL))
		fail("filling the trie: %s", strerror(errno));
	free(keys);
	free(values);
}

static size_t fill_routes4(void *memory, size_t size, const struct route *routes, size_t n)
{
	struct rpol_route4 *list = malloc(n * sizeof(*list));
	struct rpol_routes4 *table;

	if (!list)
		fail("out of memory");
	for (size_t i = 0; i < n; i++)
		list[i] = (struct rpol_route4){routes[i].prefix.address.w[0], routes[i].hop,
					       routes[i].prefix.length};
	int rc = rpol_routes4_new(&table, list, n);
	size_t bytes = rc ? 0 : rpol_routes4_size(table, 0);

	if (!rc)
		rc = rpol_routes4_write(table, (struct rpol_memory){memory, size}, NULL);
	if (rc)
		fail("routes4: %s", strerror(-rc));
	rpol_routes4_free(table);
	free(list);
	return bytes;
}

static size_t fill_routes6(void *memory, size_t size, const struct route *routes, size_t n)
{
	struct rpol_route6 *list = malloc(n * sizeof(*list));
	struct rpol_routes6 *table;

	if (!list)
		fail("out of memory");
	for (size_t i = 0; i < n; i++) {
		const uint32_t *w = routes[i].prefix.address.w;

		list[i] = (struct rpol_route6){(uint64_t)w[0] << 32 | w[1],
					       (uint64_t)w[2] << 32 | w[3], routes[i].hop,
					       routes[i].prefix.length};
	}
	int rc = rpol_routes6_new(&table, list, n);
	size_t bytes = rc ? 0 : rpol_routes6_size(table, 0);

	if (!rc)
		rc = rpol_routes6_write(table, (struct rpol_memory){memory, size}, NULL);
	if (rc)
		fail("routes6: %s", strerror(-rc));
	rpol_routes6_free(table);
	free(list);
	return bytes;
}

/* In a namespace of our own: next hops behind a veth whose other end is nobody. */
static void fill_fib(const struct options *options, struct inputs *inputs, int family,
		     const struct route *routes, size_t n)
{
	char path[4096], command[8192], text[INET6_ADDRSTRLEN];

	snprintf(path, sizeof(path), "%s/fib", options->work);
	FILE *batch = fopen(path, "w");
	if (!batch)
		fail("%s: %s", path, strerror(errno));
	fprintf(batch,
		"link set lo up\nlink add name bench%d type veth peer name peer%d\n"
		"link set bench%d up\nlink set peer%d up\n",
		family, family, family, family);
	for (size_t i = 0; i < n; i++) {
		uint32_t words[4];

		for (unsigned w = 0; w < 4; w++)
			words[w] = htonl(routes[i].prefix.address.w[w]);
		inet_ntop(family == 4 ? AF_INET : AF_INET6, words, text, sizeof(text));
		if (family == 4)
			fprintf(batch, "route add %s/%u via 10.0.%u.%u dev bench4 onlink\n", text,
				routes[i].prefix.length, routes[i].hop >> 8, routes[i].hop & 255);
		else
			fprintf(batch, "route add %s/%u via fe80::%x dev bench6\n", text,
				routes[i].prefix.length, routes[i].hop);
	}
	fclose(batch);
	snprintf(command, sizeof(command),
		 "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
		 "net.ipv6.route.max_size=10000000 && ip -force -batch '%s'",
		 path);
	if (system(command))
		fail("the kernel's routing table could not be filled");
	inputs->interface = if_nametoindex(family == 4 ? "bench4" : "bench6");
}

struct answers {
	uint32_t list[INPUTS];
};

/* Runs the trace once with each and compares: the same answers, or there is nothing to measure. */
static void agree(struct bpf_object *object, struct inputs *inputs, const char *a, const char *b)
{
	static struct answers first;
	struct program run[2] = {{.length = 64}, {.length = 64}};
	static const char frame[64];

	run[0].fd = object_program(object, a);
	run[1].fd = object_program(object, b);
	run[0].frame = run[1].frame = frame;
	inputs->next = 0;
	program_run(&run[0], INPUTS);
	memcpy(first.list, inputs->answers, sizeof(first.list));
	inputs->next = 0;
	program_run(&run[1], INPUTS);
	for (size_t i = 0; i < INPUTS; i++)
		if (first.list[i] != inputs->answers[i])
			fail("%s and %s disagree about address %#x: %u, %u", a, b,
			     inputs->list[i].dst[0], first.list[i], inputs->answers[i]);
}

struct table {
	const struct options *options;
	struct bpf_object *object;
	struct inputs *inputs;
	const void *memory;
	size_t memory_size, bytes, size;
	int family;
	bool fib;
};

static void one_trace(const struct table *table, const char *trace, const char *form)
{
	static const char frame[64];
	static const char *const who[2][3] = {{"empty", "lpm4", "fib4"}, {"empty", "lpm6", "fib6"}};
	static const char *const shown[] = {"empty", "LPM_TRIE", "bpf_fib_lookup"};
	struct user user = {table->inputs, table->memory, (uint32_t)table->memory_size};
	struct program programs[CONTENDERS];
	struct contender list[CONTENDERS];
	const char *what = table->family == 4 ? "routes4" : "routes6";
	bool packet = !strcmp(form, "packet");
	size_t count = 0, nkernel;
	char ours[64];

	for (size_t i = 0; i < (table->fib ? 3 : 2); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_%s", who[table->family == 6][i], form);
		programs[count] = (struct program){object_program(table->object, name), frame, 64};
		list[count] = (struct contender){
			.name = shown[i], .run = program_run, .arg = &programs[count], .n = TURN};
		count++;
	}
	snprintf(ours, sizeof(ours), "routes%d_%s", table->family, form);
	programs[count] = (struct program){object_program(table->object, ours), frame, 64};
	list[count] = (struct contender){
		.name = "rpol", .run = program_run, .arg = &programs[count], .n = TURN};
	count++;
	nkernel = count;
	list[count++] = (struct contender){.name = "empty",
					   .arg = &user,
					   .n = TURN,
					   .run = packet ? user_empty_packet : user_empty_latency};
	list[count++] = (struct contender){.name = "rpol, user space",
					   .arg = &user,
					   .n = TURN,
					   .run = table->family == 4 ? packet ? user_routes4_packet
									      : user_routes4_latency
						  : packet	     ? user_routes6_packet
								     : user_routes6_latency};
	table->inputs->next = 0;
	measure(list, count, options_rounds(table->options));
	for (size_t i = 1; i < count; i++)
		if (i != nkernel)
			result(what, table->size, trace, form, &list[i],
			       &list[i < nkernel ? 0 : nkernel],
			       !strncmp(list[i].name, "rpol", 4) ? table->bytes : 0);
}

static void one_size(const struct options *options, int family, size_t size, bool fib)
{
	static struct address addresses[INPUTS];
	char path[4096];
	size_t bytes;

	snprintf(path, sizeof(path), "%s/lookups.bpf.o", options->programs);
	struct table table = {options, .object = object_load(path), .size = size, .family = family,
			      .fib = fib};
	struct route *routes = generate_routes(family, size, family == 4 ? HOPS4 : HOPS6, SEED);

	table.inputs = object_memory(table.object, ".bss.inputs", &bytes);
	fill_trie(table.object, family, routes, size);
	void *memory = object_memory(table.object, family == 4 ? ".bss.routes4" : ".bss.routes6",
				     &table.memory_size);

	table.memory = memory;
	table.bytes = (family == 4 ? fill_routes4 : fill_routes6)(memory, table.memory_size, routes,
								  size);
	if (fib)
		fill_fib(options, table.inputs, family, routes, size);
	for (int kind = 0; kind < TRACE_ROUTES; kind++) {
		generate_addresses(family, routes, size, (enum trace)kind, SEED + 1, addresses,
				   INPUTS);
		for (size_t i = 0; i < INPUTS; i++)
			memcpy(table.inputs->list[i].dst, addresses[i].w, sizeof(addresses[i].w));
		if (family == 4)
			agree(table.object, table.inputs, "lpm4_packet", "routes4_packet");
		else
			agree(table.object, table.inputs, "lpm6_packet", "routes6_packet");
		one_trace(&table, traces[kind], "packet");
		if (!options->quick)
			one_trace(&table, traces[kind], "latency");
	}
	free(routes);
	object_close(table.object);
}

void bench_routes(const struct options *options)
{
	static const size_t sizes4[] = {1000, 10000, 100000, 1000000};
	static const size_t sizes6[] = {1000, 20000, 200000};

	if (options->quick) {
		one_size(options, 4, 100000, false);
		one_size(options, 6, 50000, false);
		return;
	}
	/* Where the kernel's table is measured it has one size a family: it cannot be emptied fast.
	 */
	for (size_t i = 0; i < 4; i++)
		one_size(options, 4, sizes4[i], sizes4[i] == (options->full ? 1000000 : FIB_USUAL));
	for (size_t i = 0; i < 3; i++)
		one_size(options, 6, sizes6[i], sizes6[i] == (options->full ? 200000 : 20000));
}
