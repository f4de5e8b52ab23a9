/* generate_rules.c: rule lists in the style of ClassBench's filter sets: prefixes from a tree that
 * has its nesting, classes of ports, long tails of wildcards; and packets that meet them. */
#include "generate_parts.h"

static const uint16_t services[] = {80,	  443, 22,  53,	  25,  123,  161,  389,	 445,  993,
				    3306, 179, 500, 8080, 110, 1433, 1521, 3389, 5060, 5432};

/* A network, or a part of one that was drawn before: the later, the deeper. */
static struct prefix network(int family, struct prefix *pool, size_t *drawn, size_t room,
			     struct random *random)
{
	unsigned from = family == 4 ? 8 : 24, to = family == 4 ? 32 : 64;
	size_t reuse = *drawn ? random_below(random, 10) : 9;

	if (reuse < 4)
		return pool[random_skewed(random, *drawn)];

	struct prefix all = {.length = 0}, *in = &all;
	if (reuse < 8)
		in = &pool[random_next(random) % *drawn];
	if (in->length > from)
		from = in->length;

	struct address address = prefix_host(in, random);
	unsigned length = from + random_below(random, to - from + 1);

	if (in == &all) {
		address.w[0] = family == 4 ? (1 + address.w[0] % 222) << 24 | address.w[1] >> 8
					   : 0x20000000 | address.w[0] >> 4;
		length = from + 4 * random_below(random, 4);
	}
	struct prefix prefix = prefix_cut(address, length);

	if (*drawn < room)
		pool[(*drawn)++] = prefix;
	return prefix;
}

/* ClassBench's classes: any, the ephemeral half, the low half, a range, one port. */
static void ports(uint16_t out[2], const unsigned share[4], struct random *random)
{
	unsigned how = random_below(random, 100);

	out[0] = 0;
	out[1] = 65535;
	if (how < share[0])
		return;
	if (how < share[1]) {
		out[0] = 1024;
	} else if (how < share[2]) {
		out[1] = 1023;
	} else if (how < share[3]) {
		out[0] = (uint16_t)random_next(random);
		out[1] = (uint16_t)(out[0] + random_below(random, 65536u - out[0]));
	} else {
		out[0] = out[1] =
			services[random_skewed(random, sizeof(services) / sizeof(services[0]))];
	}
}

struct rule *generate_rules(int family, size_t count, enum overlap overlap, uint64_t seed)
{
	static const unsigned sources[2][4] = {{96, 98, 99, 99}, {55, 70, 75, 90}};
	static const unsigned destinations[2][4] = {{30, 36, 38, 44}, {30, 42, 48, 66}};
	static const unsigned wild[2][2] = {{30, 2}, {45, 35}};
	struct random random = {seed};
	size_t room = count / 4 + 8, nsrc = 0, ndst = 0;
	struct prefix *src = must(calloc(room, sizeof(*src)));
	struct prefix *dst = must(calloc(room, sizeof(*dst)));
	struct rule *rules = must(calloc(count, sizeof(*rules)));

	for (size_t i = 0; i < count; i++) {
		struct rule *rule = &rules[i];
		unsigned proto = random_below(&random, 100);

		if (random_below(&random, 100) >= wild[overlap][0])
			rule->src = network(family, src, &nsrc, room, &random);
		if (random_below(&random, 100) >= wild[overlap][1])
			rule->dst = network(family, dst, &ndst, room, &random);
		rule->proto = proto < 70 ? 6 : proto < 90 ? 17 : 0;
		/* What tests no address tests a protocol and a port. */
		bool bare = !rule->src.length && !rule->dst.length;
		if (bare && !rule->proto)
			rule->proto = 6;
		rule->sport[1] = rule->dport[1] = 65535;
		if (rule->proto) {
			ports(rule->sport, sources[overlap], &random);
			ports(rule->dport, destinations[overlap], &random);
		}
		if (bare)
			rule->dport[0] = rule->dport[1] = (uint16_t)random_next(&random);
		rule->drop = random_below(&random, 2);
	}
	free(src);
	free(dst);
	return rules;
}

void generate_flows(int family, const struct rule *rules, size_t count, uint64_t seed,
		    struct flow *out, size_t n)
{
	struct random random = {seed};
	struct prefix all = {.length = 0};

	(void)family;
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = &rules[random_next(&random) % count];

		out[i].src = prefix_host(rule->src.length ? &rule->src : &all, &random);
		out[i].dst = prefix_host(rule->dst.length ? &rule->dst : &all, &random);
		out[i].sport =
			(uint16_t)(rule->sport[0] +
				   random_below(&random, 1u + rule->sport[1] - rule->sport[0]));
		out[i].dport =
			(uint16_t)(rule->dport[0] +
				   random_below(&random, 1u + rule->dport[1] - rule->dport[0]));
		out[i].proto = rule->proto ? rule->proto : random_below(&random, 2) ? 6 : 17;
	}
}

void generate_strangers(int family, uint64_t seed, struct flow *out, size_t n)
{
	struct random random = {seed};
	struct prefix nobody = {.address = {{family == 4 ? 0xf0000000 : 0xfd000000}}, .length = 8};

	for (size_t i = 0; i < n; i++) {
		out[i].src = prefix_host(&nobody, &random);
		out[i].dst = prefix_host(&nobody, &random);
		out[i].sport = (uint16_t)random_next(&random);
		out[i].dport = (uint16_t)random_next(&random);
		out[i].proto = random_below(&random, 2) ? 6 : 17;
	}
}

static bool between(const uint16_t range[2], uint16_t port)
{
	return range[0] <= port && port <= range[1];
}

size_t first_match(const struct rule *rules, size_t count, const struct flow *flow)
{
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];

		if ((!rule->proto || rule->proto == flow->proto) &&
		    between(rule->sport, flow->sport) && between(rule->dport, flow->dport) &&
		    prefix_has(&rule->src, &flow->src) && prefix_has(&rule->dst, &flow->dst))
			return i + 1;
	}
	return 0;
}
