/* generate.h: the inputs of the bench, made from a seed: route tables with the Internet's lengths
 * of prefixes, rule lists in ClassBench's style, and traces over both. The same arguments give the
 * same bytes on every machine. Memory given out is the caller's; running out of it ends the
 * process. Addresses are in host order, the most significant word first; IPv4 uses w[0]. */
#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include <stddef.h>
#include <stdint.h>

/* SplitMix64: every state is fine. */
struct random {
	uint64_t state;
};
uint64_t random_next(struct random *random);
uint32_t random_below(struct random *random, uint32_t bound);

struct address {
	uint32_t w[4];
};

struct prefix {
	struct address address; /* bits past the length are 0 */
	uint8_t length;
};

/* ---- routes ---------------------------------------------------------------------------------- */

struct route {
	struct prefix prefix;
	uint16_t hop; /* 1 to nhops */
};

/* count distinct prefixes of the family (4 or 6), nested and in clusters as in a full table. */
struct route *generate_routes(int family, size_t count, unsigned nhops, uint64_t seed);

enum trace {
	TRACE_UNIFORM, /* any address that is routed on the Internet */
	TRACE_PREFIX,  /* a prefix by chance, then a host in it */
	TRACE_ZIPF,    /* the same, where few prefixes have most of the traffic */
	TRACE_ROUTES
};

void generate_addresses(int family, const struct route *routes, size_t count, enum trace kind,
			uint64_t seed, struct address *out, size_t n);

/* ---- rules ----------------------------------------------------------------------------------- */

struct rule {
	struct prefix src, dst;
	uint16_t sport[2], dport[2]; /* first and last; {0, 65535}: any */
	uint8_t proto;		     /* 0: any */
	uint8_t drop;
};

/* EASY: access lists: few sources, specific destinations, single ports. HEAVY: firewalls: half of
 * the tests left out, nested prefixes and ranges of ports, so that many rules match a packet. No
 * rule matches everything. */
enum overlap { OVERLAP_EASY, OVERLAP_HEAVY };

struct rule *generate_rules(int family, size_t count, enum overlap overlap, uint64_t seed);

struct flow {
	struct address src, dst;
	uint16_t sport, dport;
	uint8_t proto;
};

/* n packets: each in a rule by chance (not always the first that matches it); or from and to where
 * no rule is, so that hardly one matches. */
void generate_flows(int family, const struct rule *rules, size_t count, uint64_t seed,
		    struct flow *out, size_t n);
void generate_strangers(int family, uint64_t seed, struct flow *out, size_t n);

/* The number (from 1) of the first rule that matches; 0 for none. */
size_t first_match(const struct rule *rules, size_t count, const struct flow *flow);

#endif
