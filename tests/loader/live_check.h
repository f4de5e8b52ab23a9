/* live_check.h: what programs read of the dynamic lpm table `t` of the deployment `d`. */
#ifndef RPOL_TEST_LIVE_CHECK_H
#define RPOL_TEST_LIVE_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* Fails the test unless programs read what the table holds, at the ends of all its prefixes and at
 * random addresses. How many entries it holds. */
size_t check_live(void);

/* The kernel's number of a map of the generation in force. */
uint32_t check_map_id(const char *name);

#endif
