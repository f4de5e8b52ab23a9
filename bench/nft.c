/* nft.c: the same lists of rules in nftables: one rule after the other, and as a concatenated set
 * with intervals. What a ruleset costs is what a packet takes more than with an empty one: packets
 * are sent through pairs of virtual Ethernet devices, one pair a ruleset, whose far end has it at
 * its ingress and drops them all. A set knows no order: it has the rules that the kernel takes into
 * one, and tells only whether any matches. */
#define _GNU_SOURCE
#include "bench.h"
#include "generate.h"
#include "measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEED = 1, PACKETS = 4096, BATCH = 32, TURN = 1024, FRAME = 54 };

struct link {
	int socket;
	unsigned next; /* packet */
};

static uint8_t frames[PACKETS][FRAME];

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value & 0xffff);
}

static void frame_write(const struct flow *flow, uint8_t *frame)
{
	uint8_t *ip = frame + 14, *l4 = ip + 20;

	memset(frame, 0, FRAME);
	memset(frame, 2, 12);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, FRAME - 14);
	ip[8] = 64;
	ip[9] = flow->proto;
	put32(ip + 12, flow->src.w[0]);
	put32(ip + 16, flow->dst.w[0]);
	put16(l4, flow->sport);
	put16(l4 + 2, flow->dport);
	if (flow->proto == 6)
		l4[12] = 0x50;
	else
		put16(l4 + 4, 20);
}

/* A contender's run. */
static void link_send(const void *arg, unsigned n)
{
	struct link *link = (void *)arg;
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];

	for (unsigned sent = 0; sent < n; sent += BATCH) {
		for (unsigned i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){frames[link->next++ % PACKETS], FRAME};
			messages[i].msg_hdr.msg_iov = &parts[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		if (sendmmsg(link->socket, messages, BATCH, 0) != BATCH)
			fail("sending packets: %s", strerror(errno));
	}
}

/* ---- rulesets -------------------------------------------------------------------------------- */

static void prefix_text(FILE *out, const struct prefix *prefix)
{
	struct in_addr address = {htonl(prefix->address.w[0])};

	fprintf(out, "%s/%u", inet_ntoa(address), prefix->length);
}

static void write_linear(FILE *out, const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];

		if (rule->src.length) {
			fputs(" ip saddr ", out);
			prefix_text(out, &rule->src);
		}
		if (rule->dst.length) {
			fputs(" ip daddr ", out);
			prefix_text(out, &rule->dst);
		}
		if (rule->proto)
			fprintf(out, " ip protocol %u", rule->proto);
		if (rule->sport[0] || rule->sport[1] != 65535)
			fprintf(out, " th sport %u-%u", rule->sport[0], rule->sport[1]);
		if (rule->dport[0] || rule->dport[1] != 65535)
			fprintf(out, " th dport %u-%u", rule->dport[0], rule->dport[1]);
		fputs(" drop\n", out);
	}
}

static bool holds(const struct rule *rule, const struct rule *of, bool end)
{
	struct flow corner = {.src = of->src.address,
			      .dst = of->dst.address,
			      .sport = of->sport[end],
			      .dport = of->dport[end],
			      .proto = of->proto ? of->proto
				       : end	 ? 255
						 : 0};

	if (end) {
		corner.src.w[0] |= of->src.length ? ~(~0u << (32 - of->src.length)) : ~0u;
		corner.dst.w[0] |= of->dst.length ? ~(~0u << (32 - of->dst.length)) : ~0u;
	}
	return first_match(rule, 1, &corner);
}

/* The kernel refuses an element whose first or last corner is in one that is there. */
static size_t write_set(FILE *out, const struct rule *rules, size_t count)
{
	size_t *taken = calloc(count, sizeof(*taken)), n = 0;

	if (!taken)
		fail("out of memory");
	fputs(" set s {\n  type ipv4_addr . ipv4_addr . inet_service . inet_service . inet_proto\n"
	      "  flags interval\n  elements = {\n",
	      out);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];
		bool refused = false;

		for (size_t j = 0; !refused && j < n; j++)
			refused = holds(&rules[taken[j]], rule, false) ||
				  holds(&rules[taken[j]], rule, true);
		if (refused)
			continue;
		fputs(n ? ",\n   " : "   ", out);
		prefix_text(out, &rule->src);
		fputs(" . ", out);
		prefix_text(out, &rule->dst);
		fprintf(out, " . %u-%u . %u-%u . %u-%u", rule->sport[0], rule->sport[1],
			rule->dport[0], rule->dport[1], rule->proto,
			rule->proto ? rule->proto : 255);
		taken[n++] = i;
	}
	fputs(" }\n }\n", out);
	free(taken);
	return n;
}

enum ruleset { RULESET_EMPTY, RULESET_LINEAR, RULESET_SET, RULESETS };

/* A new pair of devices with the ruleset at its far end; the set's elements. False: nft or the
 * kernel does not take it. */
static bool link_make(const struct options *options, enum ruleset kind, const struct rule *rules,
		      size_t count, struct link *link, size_t *elements)
{
	char path[4096], command[8192], near[IFNAMSIZ];
	int bypass = 1;

	snprintf(near, sizeof(near), "near%d", kind);
	snprintf(path, sizeof(path), "%s/rules.nft", options->work);
	FILE *file = fopen(path, "w");
	if (!file)
		fail("%s: %s", path, strerror(errno));
	fprintf(file, "table netdev rules%d {\n", kind);
	if (kind == RULESET_SET)
		*elements = write_set(file, rules, count);
	fprintf(file,
		" chain c {\n  type filter hook ingress device far%d priority 0; policy drop;\n",
		kind);
	if (kind == RULESET_LINEAR)
		write_linear(file, rules, count);
	else if (kind == RULESET_SET)
		fputs("  ip saddr . ip daddr . th sport . th dport . ip protocol @s drop\n", file);
	fputs(" }\n}\n", file);
	if (fclose(file))
		fail("%s: %s", path, strerror(errno));
	snprintf(command, sizeof(command),
		 "ip link add %s type veth peer name far%d && ip link set %s up && "
		 "ip link set far%d up && nft -f '%s'",
		 near, kind, near, kind, path);
	if (system(command))
		return false;
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex(near)};

	*link = (struct link){.socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
	if (link->socket < 0 ||
	    setsockopt(link->socket, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass)) ||
	    bind(link->socket, (struct sockaddr *)&address, sizeof(address)))
		fail("a socket for packets: %s", strerror(errno));
	return true;
}

/* ---- the suite ------------------------------------------------------------------------------- */

static void one_size(const struct options *options, enum overlap overlap, size_t size)
{
	static struct flow flows[PACKETS];
	static const char *const names[] = {"empty ruleset", "nft linear", "nft concatenated set"};
	const char *what = overlap == OVERLAP_EASY ? "rules" : "rules-heavy";
	struct rule *rules = generate_rules(4, size, overlap, SEED);
	struct link links[RULESETS];
	struct contender list[RULESETS];
	size_t count = 0, elements = 0;

	for (int kind = 0; kind < RULESETS; kind++) {
		if (!link_make(options, (enum ruleset)kind, rules, size, &links[count],
			       &elements)) {
			printf("%s %zu: nft does not take it: %s\n", what, size, names[kind]);
			continue;
		}
		list[count] = (struct contender){.name = names[kind],
						 .run = link_send,
						 .arg = &links[count],
						 .n = kind == RULESET_EMPTY ? 8 * TURN : TURN};
		count++;
	}
	printf("%s %zu: nft's set has %zu of the rules\n", what, size, elements);
	for (int none = 0; none < 2 && count > 1; none++) {
		if (none)
			generate_strangers(4, SEED + 1, flows, PACKETS);
		else
			generate_flows(4, rules, size, SEED + 1, flows, PACKETS);
		for (size_t i = 0; i < PACKETS; i++)
			frame_write(&flows[i], frames[i]);
		measure(list, count, options_rounds(options) / 3);
		for (size_t i = 1; i < count; i++)
			result(what, size, none ? "default" : "hit", "packet", &list[i], &list[0],
			       0);
	}
	for (size_t i = 0; i < count; i++)
		close(links[i].socket);
	for (int kind = 0; kind < RULESETS; kind++) {
		char command[128];

		snprintf(command, sizeof(command),
			 "nft delete table netdev rules%d 2>/dev/null; ip link del near%d", kind,
			 kind);
		if (system(command))
			fail("near%d stays", kind);
	}
	free(rules);
}

void bench_nft(const struct options *options)
{
	if (options->quick)
		return;
	if (system("command -v nft ip >/dev/null")) {
		puts("no rows of nft: install the packages nftables and iproute2");
		return;
	}
	for (int overlap = OVERLAP_EASY; overlap <= OVERLAP_HEAVY; overlap++)
		for (size_t size = 1000; size <= 10000; size *= 10)
			one_size(options, (enum overlap)overlap, size);
}
