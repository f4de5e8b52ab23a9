/* routes4.h: the value of the longest prefix that an IPv4 address is in. The image is described in
 * rpol/routes4_layout.h; it may be changed by user space while it is read, and whatever stands in
 * it, no read leaves the memory. No loop, no call, at most two branches that depend on the table.
 * Plain C, which also compiles for user space. */
#ifndef RPOL_ROUTES4_READER_H
#define RPOL_ROUTES4_READER_H

#ifdef __bpf__
#include "rpol/kernel.h"
#endif
#include "rpol/routes4_layout.h"

/* The number of the value that byte's run of equal values has in the node. There is no instruction
 * that counts bits. */
static __attribute__((always_inline)) inline __u32
routes4_index(const struct rpol_routes4_node *node, __u32 byte)
{
	__u32 bits = node->starts[byte >> 5] & ((2u << (byte & 31)) - 1);

	bits -= bits >> 1 & 0x55555555;
	bits = (bits & 0x33333333) + (bits >> 2 & 0x33333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f;
	return (node->before[byte >> 5] + (bits * 0x01010101u >> 24) - 1) & 255;
}

/* The node an entry leads to, NULL when that would be outside. */
static __attribute__((always_inline)) inline const struct rpol_routes4_node *
routes4_node(const void *memory, __u32 size, __u32 entry)
{
	__u64 granule = entry & RPOL_ROUTES4_GRANULE;

	if (granule > (size - RPOL_ROUTES4_SIZE_MIN) / 8)
		return 0;
	const void *node = (const char *)memory + RPOL_ROUTES4_POOL + granule * 8;

	/* Values begin in the first line and mostly continue in the second: have it come along. */
	(void)*((const volatile __u8 *)node + 64);
	return node;
}

/* memory: the image, aligned to 8 bytes; size: of the memory, a constant, at least
 * RPOL_ROUTES4_SIZE_MIN. address: in host order. 0 when no prefix has it. */
static __attribute__((always_inline)) inline __u32 routes4_lookup(const void *memory, __u32 size,
								  __u32 address)
{
	const struct rpol_routes4_node *node;
	__u32 entry = *((const volatile __u32 *)((const char *)memory + RPOL_ROUTES4_ROOT) +
			(address >> 16));
	__u32 byte = address >> 8 & 255;

	if (!(entry & RPOL_ROUTES4_NODE))
		return entry & 0xffff;
	node = routes4_node(memory, size, entry);
	if (!node)
		return 0;
	if (entry & RPOL_ROUTES4_WIDE) {
		entry = *((const volatile __u32 *)(node + 1) + routes4_index(node, byte));
		if (!(entry & RPOL_ROUTES4_NODE))
			return entry & 0xffff;
		node = routes4_node(memory, size, entry);
		if (!node)
			return 0;
		byte = address & 255;
	}
	return *((const volatile __u16 *)(node + 1) + routes4_index(node, byte));
}

#endif
