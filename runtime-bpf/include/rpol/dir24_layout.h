/* dir24_layout.h: the image of an IPv4 longest-prefix table that spends memory for fewer loads: a
 * value for each /24, and pages for the /24s that have longer prefixes. Written in user space
 * (structures/, dir24.h), read by programs (runtime-bpf/src/dir24.h). Compiled for BPF after
 * kernel.h and for user space.
 *
 *     0                  2^24 values of 2 bytes, by the upper three bytes of the address
 *     RPOL_DIR24_PAGES   pages of 256 values of 2 bytes, by the last byte
 *
 * A value with RPOL_DIR24_PAGE set is the number of a page, counted from 0; other values are
 * answers, 0 when no prefix has the address. Numbers are in the machine's byte order, little
 * endian. */
#ifndef RPOL_DIR24_LAYOUT_H
#define RPOL_DIR24_LAYOUT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RPOL_DIR24_PAGE 0x8000u
#define RPOL_DIR24_PAGES (2u << 24)
#define RPOL_DIR24_PAGE_SIZE 512u
#define RPOL_DIR24_PAGE_MAX 0x8000u /* so many */
#define RPOL_DIR24_VALUE_MAX 0x7fffu

#endif
