/* dir24.h: the value of the longest prefix that an IPv4 address is in: one load, two past /24. The
 * image is described in rpol/dir24_layout.h; whatever stands in it, no read leaves the memory.
 * Plain C, which also compiles for user space. */
#ifndef RPOL_DIR24_READER_H
#define RPOL_DIR24_READER_H

#ifdef __bpf__
#include "rpol/kernel.h"
#endif
#include "rpol/dir24_layout.h"

/* size: of the memory, a constant, at least RPOL_DIR24_PAGES. address: in host order. 0 when no
 * prefix has it. */
static __attribute__((always_inline)) inline __u32 dir24_lookup(const void *memory, __u32 size,
								__u32 address)
{
	const volatile __u16 *values = memory;
	__u32 value = values[address >> 8], page = value & ~RPOL_DIR24_PAGE;

	if (!(value & RPOL_DIR24_PAGE))
		return value;
	if (page >= (size - RPOL_DIR24_PAGES) / RPOL_DIR24_PAGE_SIZE)
		return 0;
	return values[(RPOL_DIR24_PAGES + page * RPOL_DIR24_PAGE_SIZE) / 2 + (address & 255)];
}

#endif
