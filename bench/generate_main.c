/* bench-generate: the bench's inputs as files that rpol reads, on standard output.
 *
 *     bench-generate routes 4|6 COUNT NEXTHOPS [SEED]     PREFIX route NAME
 *     bench-generate rules 4|6 COUNT easy|heavy [SEED]    a policy of as many rules
 */
#include "generate_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { SEED = 1 };

static const char *text(int family, const struct prefix *prefix, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN];
	uint32_t words[4];

	for (unsigned i = 0; i < 4; i++)
		words[i] = htonl(prefix->address.w[i]);
	inet_ntop(family == 4 ? AF_INET : AF_INET6, words, address, sizeof(address));
	snprintf(out, size, "%s/%u", address, prefix->length);
	return out;
}

static void routes(int family, size_t count, unsigned nhops, uint64_t seed)
{
	struct route *list = generate_routes(family, count, nhops, seed);
	char prefix[64];

	for (size_t i = 0; i < count; i++)
		printf("%s route hop%u\n", text(family, &list[i].prefix, prefix, sizeof(prefix)),
		       list[i].hop);
	free(list);
}

static void ports(const char *proto, const char *field, const uint16_t range[2])
{
	if (range[0] == range[1])
		printf(" and %s.%s == %u", proto, field, range[0]);
	else if (range[0] || range[1] != 65535)
		printf(" and %s.%s in %u..%u", proto, field, range[0], range[1]);
}

static void rules(int family, size_t count, enum overlap overlap, uint64_t seed)
{
	struct rule *list = generate_rules(family, count, overlap, seed);
	char prefix[64];

	printf("interface wan = eth0;\npolicy rules on wan at tc ingress {\n    default pass;\n");
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &list[i];

		printf("    r%zu: eth.type == %s", i + 1, family == 4 ? "ipv4" : "ipv6");
		if (rule->src.length)
			printf(" and src in %s", text(family, &rule->src, prefix, sizeof(prefix)));
		if (rule->dst.length)
			printf(" and dst in %s", text(family, &rule->dst, prefix, sizeof(prefix)));
		if (rule->proto) {
			const char *proto = rule->proto == 6 ? "tcp" : "udp";

			printf(" and proto == %s", proto);
			ports(proto, "sport", rule->sport);
			ports(proto, "dport", rule->dport);
		}
		printf(" => %s;\n", rule->drop ? "drop" : "pass");
	}
	printf("}\n");
	free(list);
}

int main(int argc, char **argv)
{
	if (argc >= 5) {
		int family = atoi(argv[2]);
		size_t count = strtoul(argv[3], NULL, 10);
		uint64_t seed = argc > 5 ? strtoul(argv[5], NULL, 10) : SEED;

		if ((family == 4 || family == 6) && count && !strcmp(argv[1], "routes")) {
			routes(family, count, (unsigned)strtoul(argv[4], NULL, 10), seed);
			return 0;
		}
		if ((family == 4 || family == 6) && count && !strcmp(argv[1], "rules")) {
			rules(family, count,
			      strcmp(argv[4], "heavy") ? OVERLAP_EASY : OVERLAP_HEAVY, seed);
			return 0;
		}
	}
	fprintf(stderr, "usage: bench-generate routes 4|6 COUNT NEXTHOPS [SEED]\n"
			"       bench-generate rules 4|6 COUNT easy|heavy [SEED]\n");
	return 64;
}
