/* exact_sizes.h: what test_exact.c and exact.bpf.c agree on. */
#ifndef EXACT_SIZES_H
#define EXACT_SIZES_H

enum {
	EXACT_MEMORY = 16 << 20,
	EXACT_ASKED = 1 << 16, /* keys asked in turn */
	EXACT_LONGEST = 16,
};

#endif
