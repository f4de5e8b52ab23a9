/* live.c: bench-live [COUNT]: a dynamic table of COUNT IPv4 routes (1,000,000) with the Internet's
 * lengths in memory, changed as `rpol table` does it: loaded, opened, and changed one by one, alone
 * and beside a reader who looks up random addresses all the time. Needs root. Prints a line each.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "generate.h"
#include "live.h"
#include "rpol/routes4.h"
#include "rpol/routes6.h"

#include "../runtime-bpf/src/routes4.h"

enum { CHANGES = 200000 };

static struct rpol_object_content info = {
	.name = "t", .map = "table_t", .prefix = true, .key_size = sizeof(struct rpol_prefix_key)};
static struct rpol_load_error error;

/* Of this thread's own work: others may have the machine meanwhile. */
static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(void)
{
	return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench-live: %s: %s\n", what,
		error.message ? error.message : strerror(-rc));
	exit(1);
}

static struct live_maps make_maps(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, memory, .map_flags = BPF_F_MMAPABLE);
	struct live_maps maps;

	maps.entries = bpf_map_create(BPF_MAP_TYPE_ARRAY, "entries", 4, sizeof(struct rpol_held),
				      info.size + 1, &memory);
	must(maps.entries, "a map");
	for (int f = 0; f < 2; f++) {
		maps.memory[f] =
			bpf_map_create(BPF_MAP_TYPE_ARRAY, "memory", 4, info.memory[f], 1, &memory);
		must(maps.memory[f], "memory");
	}
	return maps;
}

static struct live *open_table(const struct live_maps *maps)
{
	struct live *live = NULL;

	must(live_open(&info, maps, &live, &error), "open");
	return live;
}

static struct rpol_contents_entry *make_entries(const struct route *routes, size_t count)
{
	struct rpol_contents_entry *entries = calloc(count, sizeof(*entries));

	must(entries ? 0 : -ENOMEM, "entries");
	for (size_t i = 0; i < count; i++) {
		struct rpol_prefix_key key = {.length = 32u + routes[i].prefix.length,
					      .family = htonl(4)};
		uint32_t address = htonl(routes[i].prefix.address.w[0]);

		memcpy(key.addr, &address, sizeof(address));
		memcpy(entries[i].key, &key, sizeof(key));
		entries[i].word = RPOL_VERDICT_WORD(3, routes[i].hop);
	}
	return entries;
}

/* Another next hop for routes by chance; or they go and come back. */
static double change(struct live *live, const struct rpol_contents_entry *entries, size_t count,
		     bool hops)
{
	struct random random = {7};
	double start = seconds();

	for (uint32_t i = 0; i < CHANGES; i += hops ? 1 : 2) {
		const struct rpol_contents_entry *entry =
			&entries[random_below(&random, (uint32_t)count)];

		if (!hops)
			must(live_delete(live, entry->key, &error), "delete");
		must(live_set(live, entry->key, hops ? RPOL_VERDICT_WORD(3, i % 4000) : entry->word,
			      &error),
		     "set");
	}
	return (seconds() - start) / CHANGES;
}

struct reader {
	struct rpol_memory memory;
	atomic_bool stop;
	size_t lookups;
};

static void *read_on(void *arg)
{
	struct reader *reader = arg;
	struct random random = {3};
	uint32_t sum = 0;

	while (!atomic_load(&reader->stop))
		for (int i = 0; i < 1000; i++, reader->lookups++)
			sum += routes4_lookup(reader->memory.bytes, (uint32_t)reader->memory.size,
					      (uint32_t)random_next(&random));
	return (void *)(uintptr_t)sum;
}

static void show(const char *what, double time, double per)
{
	printf("%-44s %10.2f %s\n", what, time * per, per > 1e4 ? "us" : per > 1 ? "ms" : "s");
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	struct route *routes = generate_routes(4, count, 4000, 1);
	struct rpol_contents_entry *entries = make_entries(routes, count);
	struct reader reader = {0};
	pthread_t thread;
	struct rpol_room room;

	info.size = (uint32_t)count;
	info.memory[0] = (uint32_t)rpol_routes4_plan(info.size);
	info.memory[1] = (uint32_t)rpol_routes6_plan(info.size);
	const struct live_maps maps = make_maps();
	struct live *live = open_table(&maps);
	double start = seconds();

	must(live_load(live, entries, count, true, &error), "load");
	show("all routes into the empty table", seconds() - start, 1e3);
	live_close(live);
	start = seconds();
	live = open_table(&maps);
	show("opening it, as each command does", seconds() - start, 1e3);
	start = seconds();
	for (size_t i = 0; i < count; i++)
		entries[i].word = RPOL_VERDICT_WORD(3, routes[i].hop % 1000);
	must(live_load(live, entries, count, true, &error), "load again");
	show("all routes again, with other next hops", seconds() - start, 1e3);

	show("another next hop", change(live, entries, count, true), 1e6);
	show("a route goes or comes", change(live, entries, count, false), 1e6);
	reader.memory = (struct rpol_memory){
		mmap(NULL, info.memory[0], PROT_READ, MAP_SHARED, maps.memory[0], 0),
		info.memory[0]};
	must(pthread_create(&thread, NULL, read_on, &reader) ? -ENOMEM : 0, "a thread");
	start = seconds_of(CLOCK_MONOTONIC);
	double beside = change(live, entries, count, false);

	start = seconds_of(CLOCK_MONOTONIC) - start;
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	show("a route goes or comes beside a reader", beside, 1e6);
	printf("%-44s %10.0f\n", "  changes a second", 1 / beside);
	printf("%-44s %10.0f\n", "  by the clock on the wall", CHANGES / start);
	printf("%-44s %10.0f\n", "  lookups a second meanwhile", (double)reader.lookups / start);
	live_room(live, 0, &room);
	printf("%-44s %10.2f of %.2f MB\n", "memory in use", (double)room.used / 1e6,
	       (double)room.pool / 1e6);
	live_close(live);
	free(entries);
	free(routes);
	return 0;
}
