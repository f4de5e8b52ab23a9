/* user.c: lookups in user space, in the forms of lookups.bpf.c. Contract in user.h. */
#include "user.h"

#include "routes4.h"
#include "routes6.h"

#define BOTH(name, find)                                                                           \
	void user_##name##_packet(const void *arg, unsigned n)                                     \
	{                                                                                          \
		const struct user *user = arg;                                                     \
		struct inputs *inputs = user->inputs;                                              \
                                                                                                   \
		for (unsigned run = 0; run < n; run++) {                                           \
			__u32 i = inputs->next++ & (INPUTS - 1);                                   \
			const struct input *input = &inputs->list[i];                              \
			__u32 mix = 0;                                                             \
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
			const volatile struct input *input = &inputs->list[i];                     \
                                                                                                   \
			inputs->last = inputs->answers[i] = find;                                  \
		}                                                                                  \
	}

BOTH(empty, (__u16)(input->dst[0] ^ mix))
BOTH(routes4, routes4_lookup(user->memory, user->size, input->dst[0] ^ mix))
BOTH(routes6,
     routes6_lookup(user->memory, user->size, (__u64)(input->dst[0] ^ mix) << 32 | input->dst[1],
		    (__u64)input->dst[2] << 32 | input->dst[3]))
