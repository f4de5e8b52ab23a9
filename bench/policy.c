/* policy.c: a small policy as rpol compiles it, and the same by hand in C, packet by packet. They
 * only drop and pass: no run changes the packet of the next one. */
#include "bench.h"
#include "measure.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough that the call itself, which waits for the kernel's XDP dispatcher, does not count. */
enum { TURN = 100000, FRAME = 64 };

static const uint8_t syn_to_telnet[FRAME] = {
	2,   0,	 0,    0, 0,	1,  2,	0, 0, 0, 0,   2,  8,   0, 0x45, 0,
	0,   40, 0,    0, 0x40, 0,  64, 6, 0, 0, 198, 51, 100, 1, 203,	0,
	113, 9,	 0x80, 0, 0,	23, 0,	0, 0, 0, 0,   0,  0,   0, 0x50, 2,
};
static const uint8_t web[FRAME] = {
	2,   0,	 0,    0, 0,	1,   2,	 0, 0, 0, 0,   2,  8,	0, 0x45, 0,
	0,   40, 0,    0, 0x40, 0,   64, 6, 0, 0, 198, 51, 100, 1, 203,	 0,
	113, 9,	 0x80, 0, 1,	187, 0,	 0, 0, 0, 0,   0,  0,	0, 0x50, 16,
};
static const uint8_t dns[FRAME] = {
	2,    0, 0,  0,	 0, 1, 2,   0,	0,   0, 0,   2, 8,   0, 0x45, 0, 0, 40, 0, 0,
	0x40, 0, 64, 17, 0, 0, 198, 51, 100, 1, 203, 0, 113, 9, 0x80, 0, 0, 53, 0, 20,
};
static const uint8_t web6[FRAME + 16] = {
	2, 0, 0,  0,	0,    1,    2,	  0,	0,    0, 0, 2, 0x86, 0xdd, 0x60, 0,    0,
	0, 0, 20, 6,	64,   0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,    0,	   0,	 0,    0,
	0, 0, 0,  1,	0x20, 0x01, 0x0d, 0xb8, 0,    0, 0, 0, 0,    0,	   0,	 0,    0,
	0, 0, 2,  0x80, 0,    1,    187,  0,	0,    0, 0, 0, 0,    0,	   0,	 0x50, 16,
};

static const struct packet {
	const char *name;
	const uint8_t *bytes;
	unsigned length;
} packets[] = {
	{"telnet", syn_to_telnet, FRAME},
	{"dns", dns, FRAME},
	{"web", web, FRAME},
	{"web6", web6, FRAME + 16},
};

static struct bpf_object *compiled(const struct options *options)
{
	char object[4096], command[8192];

	snprintf(object, sizeof(object), "%s/small.o", options->work);
	snprintf(command, sizeof(command), "'%s' build '%s/small.rpol' -o '%s'", options->rpol,
		 options->source, object);
	if (system(command))
		fail("rpol could not build small.rpol");
	return object_load(object);
}

void bench_policy(const struct options *options)
{
	char path[4096];
	struct bpf_object *rpol = compiled(options);

	snprintf(path, sizeof(path), "%s/hand.bpf.o", options->programs);
	struct bpf_object *hand = object_load(path);
	int policy = object_program(rpol, "policy_small");
	int slots = bpf_object__find_map_fd_by_name(rpol, "slots_small");
	uint32_t zero = 0;

	if (bpf_map_update_elem(slots, &zero, &policy, BPF_ANY))
		fail("slots_small: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const struct packet *packet = &packets[i];
		struct program programs[] = {
			{object_program(hand, "empty"), packet->bytes, packet->length},
			{object_program(hand, "hand"), packet->bytes, packet->length},
			{policy, packet->bytes, packet->length},
			{object_program(rpol, "entry_small"), packet->bytes, packet->length},
		};
		struct contender list[] = {
			{.name = "empty"},
			{.name = "by hand"},
			{.name = "rpol"},
			{.name = "rpol, with entry"},
		};

		for (size_t j = 0; j < 4; j++) {
			list[j].run = program_run;
			list[j].arg = &programs[j];
			list[j].n = TURN;
		}
		measure(list, 4, options_rounds(options) * 3 / 2);
		for (size_t j = 1; j < 4; j++)
			result("policy", 10, packet->name, "packet", &list[j], &list[0], 0);
	}
	object_close(hand);
	object_close(rpol);
}
