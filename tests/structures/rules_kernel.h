/* rules_kernel.h: what rules.bpf.c and the tests that run it agree on. */
#ifndef RULES_KERNEL_H
#define RULES_KERNEL_H

#define RULES_MEMORY (64 << 20) /* bytes of section .bss.memory: the structure */
#define RULES_KEYS (1 << 15)	/* .bss.keys: u32 [RULES_KEYS][RULES_KEY]; .bss.answers: u32 each */
#define RULES_KEY 16		/* words */

#endif
