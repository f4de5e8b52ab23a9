/* routes6_layout.h: the image of an IPv6 longest-prefix table: one entry per /16, and below it
 * nodes of two kinds, written in user space (structures/, routes6.h), read by programs
 * (runtime-bpf/src/routes6.h). Compiled for BPF after kernel.h and for user space.
 *
 *     0                     struct rpol_routes6_header
 *     RPOL_ROUTES6_ROOT     65,536 entries of 4 bytes, by the address's first 16 bits
 *     RPOL_ROUTES6_POOL     granules of 8 bytes: nodes, each beginning at a granule
 *     the last RPOL_ROUTES6_SLACK bytes hold nothing: a reader that follows a number it does not
 *                           trust stays inside the memory by one comparison
 *
 * An entry without RPOL_ROUTES6_NODE is the value of every address below it, 0 when there is none.
 * Else its RPOL_ROUTES6_GRANULE bits say where in the pool the node is, and its RPOL_ROUTES6_KIND
 * bits which it is:
 *
 *     PAGE     256 entries, by the next 8 bits of the address
 *     FEW      a block of 8 ranges of the next 32 bits of the address
 *     SOME     a block of 16 ranges
 *     MANY     16 numbers, the last key of each block, then at most as many blocks of 16 ranges
 *
 * A block of n ranges is n numbers, the last key of each range, and then n values of 2 bytes, or,
 * in a node with RPOL_ROUTES6_WIDE, n entries of 4 bytes: the entry of all addresses of the range,
 * or of the one key in the range, which then goes on with the address's next bits. Ranges that are
 * not needed have the last key 0xffffffff, as has the last range that is. A key is in the first
 * range, or block, whose last key is not less: their number is how many last keys are less, for
 * which no branch is needed.
 *
 * Numbers are in the machine's byte order, little endian. A node never changes once published, but
 * for the entries of pages. */
#ifndef RPOL_ROUTES6_LAYOUT_H
#define RPOL_ROUTES6_LAYOUT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RPOL_ROUTES6_MAGIC 0x36747272 /* "rrt6" */
#define RPOL_ROUTES6_VERSION 1

struct rpol_routes6_header {
	__u32 magic;
	__u32 version;
	__u32 granules; /* of the pool */
	__u32 unused[13];
};

#define RPOL_ROUTES6_ROOT 64
#define RPOL_ROUTES6_BLOCKS 65536
#define RPOL_ROUTES6_POOL (RPOL_ROUTES6_ROOT + 4 * RPOL_ROUTES6_BLOCKS)

#define RPOL_ROUTES6_NODE 0x80000000u
#define RPOL_ROUTES6_KIND 0x60000000u
#define RPOL_ROUTES6_PAGE 0x00000000u
#define RPOL_ROUTES6_FEW 0x20000000u
#define RPOL_ROUTES6_SOME 0x40000000u
#define RPOL_ROUTES6_MANY 0x60000000u
#define RPOL_ROUTES6_WIDE 0x10000000u
#define RPOL_ROUTES6_GRANULE 0x03ffffffu

#define RPOL_ROUTES6_STEPS 15	    /* to the end of a walk: 13 pages, ranges, and a value */
#define RPOL_ROUTES6_INDEX (16 * 4) /* bytes before the blocks of MANY */
#define RPOL_ROUTES6_NARROW (16 * 4 + 16 * 2) /* bytes of a block of 16 */
#define RPOL_ROUTES6_BROAD (16 * 4 + 16 * 4)  /* the same in a wide node */
#define RPOL_ROUTES6_SLACK (RPOL_ROUTES6_INDEX + 16 * RPOL_ROUTES6_BROAD)

/* An image is at least this large and, because a program's offsets are, at most that. */
#define RPOL_ROUTES6_SIZE_MIN (RPOL_ROUTES6_POOL + RPOL_ROUTES6_SLACK)
#define RPOL_ROUTES6_SIZE_MAX (512u << 20)

#endif
