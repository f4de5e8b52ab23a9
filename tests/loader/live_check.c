/* live_check.c: what programs read of a table in memory, against one that is made anew of what the
 * table holds. */
#include "live_check.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "generate.h"
#include "objects.h"
#include "rpol/contents.h"
#include "rpol/routes4.h"
#include "rpol/routes6.h"
#include "world.h"

/* The readers, as they are compiled for programs. */
#include "../../runtime-bpf/src/routes4.h"
#include "../../runtime-bpf/src/routes6.h"

static struct random dice = {2};

static int pinned(const char *name)
{
	char path[256];
	uint32_t key = 0, slot = 0;
	int active, fd;

	snprintf(path, sizeof(path), "%s/rpol/d/active", world_bpffs);
	active = bpf_obj_get(path);
	assert_true(active >= 0);
	assert_int_equal(bpf_map_lookup_elem(active, &key, &slot), 0);
	close(active);
	snprintf(path, sizeof(path), "%s/rpol/d/gen%u/%s", world_bpffs, slot & 1, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return fd;
}

uint32_t check_map_id(const char *name)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	int fd = pinned(name);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	close(fd);
	return info.id;
}

static struct rpol_memory map_memory(const char *name)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	int fd = pinned(name);
	void *bytes;

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	bytes = mmap(NULL, info.value_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(bytes != MAP_FAILED);
	close(fd);
	return (struct rpol_memory){bytes, info.value_size};
}

/* The table's verdicts are drop and pass, route and send of few. */
static uint16_t value_of(uint32_t word)
{
	uint32_t kind = RPOL_WORD_KIND(word), index = RPOL_WORD_INDEX(word);

	return (uint16_t)(kind == 3 ? 0x100 + index : kind == 5 ? 0x20 + index : kind + 1);
}

struct held {
	struct rpol_route4 *four;
	struct rpol_route6 *six;
	size_t nfour, nsix;
};

static uint64_t be_number(const uint8_t *at, int size)
{
	uint64_t number = 0;

	for (int i = 0; i < size; i++)
		number = number << 8 | at[i];
	return number;
}

static int hold(void *arg, const uint8_t *bytes, uint64_t seconds, uint32_t word)
{
	struct held *held = arg;
	struct rpol_prefix_key key;
	uint8_t length;

	(void)seconds;
	memcpy(&key, bytes, sizeof(key));
	length = (uint8_t)(key.length - 32);
	if (key.family == htonl(4))
		held->four[held->nfour++] = (struct rpol_route4){(uint32_t)be_number(key.addr, 4),
								 value_of(word), length};
	else
		held->six[held->nsix++] = (struct rpol_route6){
			be_number(key.addr, 8), be_number(key.addr + 8, 8), value_of(word), length};
	return 0;
}

static void check4(const struct held *held)
{
	struct rpol_memory live = map_memory("table4_t"), right;
	struct rpol_routes4 *table = NULL;

	assert_int_equal(rpol_routes4_new(&table, held->four, held->nfour), 0);
	assert_int_equal(rpol_memory_new(&right, rpol_routes4_size(table, 0)), 0);
	assert_int_equal(rpol_routes4_write(table, right, NULL), 0);
	for (size_t i = 0; i < held->nfour + 10000; i++) {
		uint32_t last = 0, ask[4] = {(uint32_t)random_next(&dice)};

		if (i < held->nfour) {
			last = held->four[i].address |
			       (uint32_t)(0xffffffffull >> held->four[i].length);
			ask[0] = held->four[i].address;
			ask[1] = last;
			ask[2] = last + 1;
			ask[3] = ask[0] - 1;
		}
		for (int k = 0; k < 4; k++)
			if (routes4_lookup(live.bytes, (uint32_t)live.size, ask[k]) !=
			    routes4_lookup(right.bytes, (uint32_t)right.size, ask[k]))
				fail_msg("%08x: %u, not %u", ask[k],
					 routes4_lookup(live.bytes, (uint32_t)live.size, ask[k]),
					 routes4_lookup(right.bytes, (uint32_t)right.size, ask[k]));
	}
	rpol_routes4_free(table);
	rpol_memory_free(&right);
	munmap(live.bytes, live.size);
}

static void check6(const struct held *held)
{
	struct rpol_memory live = map_memory("table6_t"), right;
	struct rpol_routes6 *table = NULL;

	assert_int_equal(rpol_routes6_new(&table, held->six, held->nsix), 0);
	assert_int_equal(rpol_memory_new(&right, rpol_routes6_size(table, 0)), 0);
	assert_int_equal(rpol_routes6_write(table, right, NULL), 0);
	for (size_t i = 0; i < held->nsix + 10000; i++) {
		const struct rpol_route6 *route = &held->six[i < held->nsix ? i : 0];
		uint64_t high = random_next(&dice), low = random_next(&dice);

		for (int k = 0; k < 2 && i < held->nsix; k++) {
			uint8_t n = route->length;

			high = route->high | (k && n < 64 ? ~0ull >> n : 0);
			low = route->low | (k && n < 128 ? ~0ull >> (n < 64 ? 0 : n - 64) : 0);
			assert_int_equal(
				routes6_lookup(live.bytes, (uint32_t)live.size, high, low),
				routes6_lookup(right.bytes, (uint32_t)right.size, high, low));
		}
		assert_int_equal(routes6_lookup(live.bytes, (uint32_t)live.size, high, low),
				 routes6_lookup(right.bytes, (uint32_t)right.size, high, low));
	}
	rpol_routes6_free(table);
	rpol_memory_free(&right);
	munmap(live.bytes, live.size);
}

size_t check_live(void)
{
	struct held held = {0};
	struct rpol_contents *table = world_contents("t");
	size_t room = rpol_contents_info(table)->size + 1u;

	held.four = malloc(room * sizeof(*held.four));
	held.six = malloc(room * sizeof(*held.six));
	assert_true(held.four && held.six);
	assert_int_equal(rpol_contents_each(table, hold, &held, NULL), 0);
	rpol_contents_close(table);
	check4(&held);
	check6(&held);
	free(held.four);
	free(held.six);
	return held.nfour + held.nsix;
}
