/* forward.h: whether and where a packet is forwarded, the same at both hooks. */
#ifndef RPOL_FORWARD_H
#define RPOL_FORWARD_H

/* A row a next hop, in the policy's order; defined by the generated program. */
struct rpol_nexthop {
	struct rpol_addr via;
	__u32 family; /* RPOL_AF_INET or RPOL_AF_INET6 */
	__u32 iface;  /* index into rpol_ifindex */
};
static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS];

/* The first two columns of a row. */
#define RPOL_VIA4(a) {{be32(a)}}, RPOL_AF_INET
#define RPOL_VIA6(...) RPOL_VIA6_(__VA_ARGS__)
#define RPOL_VIA6_(a, b, c, d) {{be32(a), be32(b), be32(c), be32(d)}}, RPOL_AF_INET6

/* Which verdicts a program can come to: code for the others is left out. */
enum {
	RPOL_USES_FIB = 1 << 0,
	RPOL_USES_ROUTE = 1 << 1,
	RPOL_USES_GROUP = 1 << 2,
	RPOL_USES_SEND = 1 << 3,
	RPOL_USES_BOUNCE = 1 << 4,
	RPOL_USES_CPU = 1 << 5,
};

#define RPOL_USES_NEXTHOPS (RPOL_USES_ROUTE | RPOL_USES_GROUP)

/* True of the verdicts that forward, and among those of `fib`; constant where `uses` says so. */
static __always_inline int rpol_forwards(__u32 kind, int uses)
{
	return (uses & RPOL_USES_FIB && kind == RPOL_FIB) ||
	       (uses & RPOL_USES_NEXTHOPS && (kind == RPOL_ROUTE || kind == RPOL_GROUP));
}

static __always_inline int rpol_by_fib(__u32 kind, int uses)
{
	return uses & RPOL_USES_FIB && (!(uses & RPOL_USES_NEXTHOPS) || kind == RPOL_FIB);
}

/* What became of the packet, for the trace. */
struct rpol_outcome {
	__u32 verdict;
	__u32 nexthop;
	__u32 handed;
	__u32 egress;
	__u32 tag;
};

static __always_inline void rpol_trace_write(__u32 counter, const struct rpol_outcome *outcome)
{
	__u32 zero = 0;
	struct rpol_trace *trace = bpf_map_lookup_elem(&rpol_trace, &zero);

	if (!trace)
		return;
	trace->counter = counter;
	trace->verdict = outcome->verdict;
	trace->nexthop = outcome->nexthop;
	trace->handed = outcome->handed;
	trace->egress_ifindex = outcome->egress;
	trace->tag = outcome->tag;
}

static __always_inline int rpol_scope4(__u32 addr)
{
	__u32 a = be32(addr);

	return a >> 24 == 0 || a >> 24 == 127 || a >> 16 == 0xa9fe || a >> 29 == 7;
}

static __always_inline int rpol_scope6(const struct rpol_addr *addr)
{
	__u32 a = be32(addr->w[0]);

	return a >> 24 == 0xff || a >> 22 == 0x3fa ||
	       (!(addr->w[0] | addr->w[1] | addr->w[2]) && be32(addr->w[3]) <= 1);
}

/* Reasons that need no route. Order as in docs/packets.md. */
static __always_inline __u32 rpol_unfit(const struct rpol_pkt *p, int by_fib)
{
	if (!(p->has & RPOL_IP))
		return RPOL_HANDED_NOT_IP;
	if (by_fib && p->has & RPOL_VLAN)
		return RPOL_HANDED_TAGGED;
	if (p->has & RPOL_GROUP_MAC)
		return RPOL_HANDED_NOT_FOR_US;
	if (p->has & RPOL_IP4 ? rpol_scope4(p->dst.w[0]) || rpol_scope4(p->src.w[0])
			      : rpol_scope6(&p->dst) || rpol_scope6(&p->src))
		return RPOL_HANDED_SCOPE;
	if (p->has & RPOL_OPTIONS)
		return RPOL_HANDED_OPTIONS;
	if (p->ttl <= 1)
		return RPOL_HANDED_TTL;
	return RPOL_HANDED_NONE;
}

/* Asks the kernel's routes: by the packet's own addresses, or for a next hop's. length: of the IP
 * packet, 0 when the MTU is somebody else's business (GSO). Leaves MACs and egress in fib. */
static __always_inline __u32 rpol_route(void *ctx, const struct rpol_pkt *p, int by_fib,
					__u32 nexthop, __u32 length, struct bpf_fib_lookup *fib)
{
	__u32 reason, flags = 0;

	/* A group without a living member, whatever the packet. */
	if (!by_fib && nexthop == RPOL_NO_NEXTHOP)
		return RPOL_HANDED_NO_NEIGHBOUR;
	reason = rpol_unfit(p, by_fib);
	if (reason)
		return reason;
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->tot_len = length > 0xffff ? 0xffff : length;
	if (by_fib) {
		fib->ifindex = p->ifindex;
		if (p->has & RPOL_IP4) {
			fib->family = RPOL_AF_INET;
			fib->tos = p->tos;
			fib->ipv4_src = p->src.w[0];
			fib->ipv4_dst = p->dst.w[0];
		} else {
			fib->family = RPOL_AF_INET6;
			fib->flowinfo = be32((__u32)p->tos << 20);
			for (int i = 0; i < 4; i++) {
				fib->ipv6_src[i] = p->src.w[i];
				fib->ipv6_dst[i] = p->dst.w[i];
			}
		}
	} else {
		RPOL_ONE_REGISTER(nexthop);
		if (nexthop >= RPOL_NEXTHOPS)
			return RPOL_HANDED_NO_NEIGHBOUR;
		const struct rpol_nexthop *to = &rpol_nexthops[nexthop];
		__u32 iface = to->iface;

		RPOL_ONE_REGISTER(iface);
		if (iface >= RPOL_INTERFACES)
			return RPOL_HANDED_NO_ROUTE;
		flags = BPF_FIB_LOOKUP_OUTPUT | BPF_FIB_LOOKUP_DIRECT;
		fib->family = to->family;
		fib->ifindex = rpol_ifindex[iface];
		/* An IPv4 address is the first word of either. */
		for (int i = 0; i < 4; i++)
			fib->ipv6_dst[i] = to->via.w[i];
	}

	switch (bpf_fib_lookup(ctx, fib, sizeof(*fib), flags)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return RPOL_HANDED_NONE;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return RPOL_HANDED_NO_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return RPOL_HANDED_TOO_BIG;
	default:
		return RPOL_HANDED_NO_ROUTE;
	}
}

/* The IPv4 checksum after TTL went down by one (RFC 1624, eqn 3); before: TTL and protocol as one
 * word of the packet, whose low byte is the TTL. */
static __always_inline __u16 rpol_checksum(__u16 check, __u16 before)
{
	__u32 sum = (__u16)~check + (__u16)~before + (__u16)(before - 1);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

#endif
