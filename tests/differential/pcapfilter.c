/* pcapfilter.c: differential-pcap [SEED]: a third opinion. Conditions that both languages can say,
 * over plain packets: the interpreter's verdict against libpcap's filter. Needs no privilege. */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "differential.h"

#define CONDITIONS 400
#define PACKETS 150

/* The same test in both languages. */
static void put_test(struct dice *dice, FILE *ours, FILE *theirs)
{
	static const char *const nets[] = {
		"10.0.0.0/8",	 "192.0.2.0/25",       "198.51.100.128/25", "203.0.113.7/32",
		"2001:db8::/32", "2001:db8:8000::/33", "2600::/12",	    "2001:db8:50::/48",
		"0.0.0.0/0",	 "224.0.0.0/3"};
	static const struct {
		const char *ours, *theirs;
	} protos[] = {
		{"tcp", "(tcp)"},
		{"udp", "(udp)"},
		{"icmp", "(ip proto 1 or ip6 proto 1)"},
		{"icmp6", "(ip proto 58 or ip6 proto 58)"},
		{"sctp", "(sctp)"},
		{"gre", "(ip proto 47 or ip6 proto 47)"},
		{"esp", "(ip proto 50 or ip6 proto 50)"},
	};
	const char *side = dice_chance(dice, 50) ? "src" : "dst", *net;
	uint32_t a = dice_chance(dice, 50) ? dice_below(dice, 200) : dice_below(dice, 65536);
	uint32_t b = dice_between(dice, a, 65535);
	size_t i;

	switch (dice_below(dice, 11)) {
	case 0:
	case 1:
		net = nets[dice_below(dice, sizeof(nets) / sizeof(nets[0]))];
		fprintf(ours, "%s in %s", side, net);
		fprintf(theirs, "%s net %s", side, net);
		break;
	case 2:
		i = dice_below(dice, sizeof(protos) / sizeof(protos[0]));
		fprintf(ours, "proto == %s", protos[i].ours);
		fprintf(theirs, "%s", protos[i].theirs);
		break;
	case 3:
		fprintf(ours, "%cport == %u", side[0], a);
		fprintf(theirs, "%s port %u", side, a);
		break;
	case 4:
		fprintf(ours, "%cport in %u..%u", side[0], a, b);
		fprintf(theirs, "%s portrange %u-%u", side, a, b);
		break;
	case 5:
		fprintf(ours, "tcp.%cport in %u..%u", side[0], a, b);
		fprintf(theirs, "tcp %s portrange %u-%u", side, a, b);
		break;
	case 6:
		fprintf(ours, "udp.%cport in %u..%u", side[0], a, b);
		fprintf(theirs, "udp %s portrange %u-%u", side, a, b);
		break;
	case 7:
		a = dice_below(dice, 256);
		fprintf(ours, "ttl < %u", a);
		fprintf(theirs, "((ip and ip[8] < %u) or (ip6 and ip6[7] < %u))", a, a);
		break;
	case 8:
		a = dice_below(dice, 64);
		fprintf(ours, "dscp >= %u", a);
		fprintf(theirs,
			"((ip and ip[1] >> 2 >= %u) or (ip6 and (ip6[0:2] & 0xfc0) >> 6 >= %u))", a,
			a);
		break;
	case 9:
		a = dice_below(dice, 8);
		fprintf(ours, "tcp.flags has %s",
			(const char *[]){"fin", "syn", "rst", "psh", "ack", "urg", "ece",
					 "cwr"}[a]);
		fprintf(theirs,
			"((ip proto 6 and ip[20+13] & %u != 0) or (ip6 proto 6 and ip6[40+13] & %u "
			"!= 0))",
			1u << a, 1u << a);
		break;
	default:
		a = dice_below(dice, 120);
		fprintf(ours, "len > %u", a);
		fprintf(theirs, "((ip and ip[2:2] > %u) or (ip6 and ip6[4:2] + 40 > %u))", a, a);
	}
}

static void put_condition(struct dice *dice, FILE *ours, FILE *theirs, unsigned depth)
{
	unsigned how = dice_below(dice, 10);

	if (how < 2 && depth) {
		fprintf(ours, "not (");
		fprintf(theirs, "not (");
		put_condition(dice, ours, theirs, depth - 1);
	} else if (how < 6 && depth) {
		const char *word = dice_chance(dice, 50) ? " and " : " or ";

		fprintf(ours, "(");
		fprintf(theirs, "(");
		put_condition(dice, ours, theirs, depth - 1);
		fputs(word, ours);
		fputs(word, theirs);
		put_condition(dice, ours, theirs, depth - 1);
	} else {
		put_test(dice, ours, theirs);
		return;
	}
	fprintf(ours, ")");
	fprintf(theirs, ")");
}

static bool judge(const struct rpol_policy *policy, const struct rpol_world *world,
		  const struct frame *frame)
{
	uint8_t out[FRAME_MAX + 64];
	struct rpol_judgement judgement;

	rpol_interp_run(&policy->programs[0], world, NULL, frame->data, frame->length, NULL, out,
			&judgement);
	return judgement.verdict == RPOL_VERDICT_DROP;
}

/* Returns divergences; counts matches, so that a run in which nothing holds is seen. */
static size_t run_condition(struct dice *dice, pcap_t *pcap, uint64_t *held)
{
	char *ours, *theirs, *source = NULL;
	size_t length, divergences = 0;
	FILE *a = open_memstream(&ours, &length), *b = open_memstream(&theirs, &length);
	struct text text = {0};
	struct rpol_reader reader = text_reader(&text);
	struct rpol_unit *unit = NULL;
	const struct rpol_policy *policy;
	struct rpol_world world;
	struct bpf_program filter;
	struct pool *pool;

	put_condition(dice, a, b, dice_below(dice, 4));
	fclose(a);
	fclose(b);
	if (asprintf(&source,
		     "interface i = dev0;\npolicy p on i at xdp {\n    default pass;\n"
		     "    r: %s => drop;\n}\n",
		     ours) < 0)
		abort();
	text_add(&text, "pcap.rpol", source);
	if (rpol_unit_open("pcap.rpol", &reader, &unit) || !(policy = rpol_unit_policy(unit))) {
		printf("FAILURE refused: %s\n", ours);
		if (unit)
			rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false,
					 stdout);
		divergences = 1;
		goto out;
	}
	if (pcap_compile(pcap, &filter, theirs, 1, PCAP_NETMASK_UNKNOWN)) {
		/* libpcap's optimiser finds that some conditions never hold, and says so as an
		 * error */
		if (!strstr(pcap_geterr(pcap), "expression rejects all packets")) {
			printf("FAILURE pcap: %s: %s\n", theirs, pcap_geterr(pcap));
			divergences = 1;
		}
		goto out;
	}
	if (rpol_world_init(&world, policy))
		abort();
	pool = values_make(policy);
	for (int i = 0; i < PACKETS && !divergences; i++) {
		struct frame frame;
		bool mine, other;

		frame_generate(dice, pool, true, &frame);
		mine = judge(policy, &world, &frame);
		struct pcap_pkthdr header = {.caplen = (bpf_u_int32)frame.length,
					     .len = (bpf_u_int32)frame.length};
		other = pcap_offline_filter(&filter, &header, frame.data) != 0;
		*held += mine;
		if (mine == other)
			continue;
		divergences++;
		printf("FAILURE rpol says %d, libpcap %d\n  %s\n  %s\n ", mine, other, ours,
		       theirs);
		for (size_t byte = 0; byte < frame.length && byte < 100; byte++)
			printf(" %02x", frame.data[byte]);
		printf("\n");
	}
	values_free(pool);
	rpol_world_free(&world);
	pcap_freecode(&filter);
out:
	rpol_unit_close(unit);
	text_free(&text);
	free(source);
	free(ours);
	free(theirs);
	return divergences;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, held = 0;
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	size_t divergences = 0;

	if (!pcap)
		abort();
	for (int i = 0; i < CONDITIONS; i++) {
		struct dice dice = dice_make(seed, (uint64_t)i);

		divergences += run_condition(&dice, pcap, &held);
	}
	pcap_close(pcap);
	printf("differential-pcap: seed %llu: %d conditions, %d packets each, %llu held, %zu "
	       "divergences\n",
	       (unsigned long long)seed, CONDITIONS, PACKETS, (unsigned long long)held,
	       divergences);
	return divergences || !held;
}
