/* routes4_layout.h: the image of an IPv4 longest-prefix table: a trie with one entry per /16 and
 * nodes of 8 bits below, written in user space (structures/, routes4.h), read by programs
 * (runtime-bpf/src/routes4.h). Compiled for BPF after kernel.h and for user space.
 *
 *     0                     struct rpol_routes4_header
 *     RPOL_ROUTES4_ROOT     65,536 entries of 4 bytes, by the upper half of the address
 *     RPOL_ROUTES4_POOL     granules of 8 bytes: nodes, each beginning at a granule
 *     the last RPOL_ROUTES4_SLACK bytes hold nothing: a reader that follows a number it does not
 *                           trust stays inside the memory by one comparison
 *
 * An entry without RPOL_ROUTES4_NODE is the value of every address below it, 0 when there is none.
 * Else its RPOL_ROUTES4_GRANULE bits say where in the pool the node is, and RPOL_ROUTES4_WIDE that
 * the node has entries of 4 bytes, of which some lead to nodes of the addresses' last byte; the
 * others have values of 2 bytes.
 *
 * A node is the 256 values of one byte of the address, equal neighbours kept once. Numbers are in
 * the machine's byte order, little endian. Bits are set before the node is published, and never
 * change; values may. */
#ifndef RPOL_ROUTES4_LAYOUT_H
#define RPOL_ROUTES4_LAYOUT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RPOL_ROUTES4_MAGIC 0x34747272 /* "rrt4" */
#define RPOL_ROUTES4_VERSION 1

struct rpol_routes4_header {
	__u32 magic;
	__u32 version;
	__u32 granules; /* of the pool */
	__u32 unused[13];
};

#define RPOL_ROUTES4_ROOT 64
#define RPOL_ROUTES4_BLOCKS 65536
#define RPOL_ROUTES4_POOL (RPOL_ROUTES4_ROOT + 4 * RPOL_ROUTES4_BLOCKS)

#define RPOL_ROUTES4_NODE 0x80000000u
#define RPOL_ROUTES4_WIDE 0x40000000u
#define RPOL_ROUTES4_GRANULE 0x03ffffffu

struct rpol_routes4_node {
	__u32 starts[8]; /* bit b % 32 of number b / 32: byte b's value differs from b - 1's, or b
			  * is
			  * 0 */
	__u8 before[8];	 /* bits set in the numbers before */
			 /* then as many values or entries as there are bits */
};

#define RPOL_ROUTES4_NARROW_MAX (sizeof(struct rpol_routes4_node) + 256 * 2)
#define RPOL_ROUTES4_WIDE_MAX (sizeof(struct rpol_routes4_node) + 256 * 4)
#define RPOL_ROUTES4_SLACK 1088 /* at least RPOL_ROUTES4_WIDE_MAX */

/* An image is at least this large and, because a program's offsets are, at most that. */
#define RPOL_ROUTES4_SIZE_MIN (RPOL_ROUTES4_POOL + RPOL_ROUTES4_SLACK)
#define RPOL_ROUTES4_SIZE_MAX (512u << 20)

#endif
