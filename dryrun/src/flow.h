/* flow.h: the hash function below the flow hash, apart so that known vectors can test it. */
#ifndef RPOL_DRYRUN_FLOW_H
#define RPOL_DRYRUN_FLOW_H

#include <stddef.h>
#include <stdint.h>

/* murmur3, x86 32-bit. */
uint32_t rpol_murmur3_32(const uint8_t *bytes, size_t length, uint32_t seed);

#endif
