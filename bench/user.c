/* user.c: lookups in user space, in the forms of lookups.bpf.c. Contract in user.h. */
#include "user.h"

#include "routes4.h"

#define BOTH(name, find)                                                                           \
	void user_##name##_packet(const void *arg, unsigned n)                                     \
	{                                                                                          \
		const struct user *user = arg;                                                     \
		struct inputs *inputs = user->inputs;                                              \
                                                                                                   \
		for (unsigned run = 0; run < n; run++) {                                           \
			__u32 i = inputs->next++ & (INPUTS - 1);                                   \
			__u32 address = inputs->list[i].dst[0];                                    \
                                                                                                   \
			inputs->answers[i] = find;                                                 \
		}                                                                                  \
	}                                                                                          \
	void user_##name##_latency(const void *arg, unsigned n)                                    \
	{                                                                                          \
		const struct user *user = arg;                                                     \
		volatile struct inputs *inputs = user->inputs;                                     \
                                                                                                   \
		for (unsigned run = 0; run < n; run++) {                                           \
			__u32 mix = inputs->last & inputs->zero;                                   \
			__u32 i = (inputs->next++ + mix) & (INPUTS - 1);                           \
			__u32 address = inputs->list[i].dst[0] ^ mix;                              \
                                                                                                   \
			inputs->last = inputs->answers[i] = find;                                  \
		}                                                                                  \
	}

BOTH(empty, (__u16)address)
BOTH(routes4, routes4_lookup(user->memory, user->size, address))
