/* rules6.bpf.c: rules.bpf.c for IPv6. */
#define BENCH_IPV6
#include "rules.bpf.c"
