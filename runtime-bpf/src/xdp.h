/* xdp.h: reading and disposing of packets at XDP. */
#ifndef RPOL_XDP_H
#define RPOL_XDP_H

static __always_inline void *rpol_xdp_data(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data;
}

static __always_inline void *rpol_xdp_end(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data_end;
}

/* Reading by copying: a function the verifier checks once. */
__noinline int rpol_copy_xdp(struct xdp_md *ctx, struct rpol_pkt *p)
{
	struct rpol_frame frame = {.ctx = ctx, .there = bpf_xdp_get_buff_len(ctx)};

	if (!p)
		return -1;
	*p = (struct rpol_pkt){.bytes = frame.there};
	rpol_parse(&frame, RPOL_NEEDS_XDP, p);
	return 0;
}

/* 0, or -1 where there is no memory to read into, which no kernel comes to. */
static __always_inline int rpol_read_xdp(struct xdp_md *ctx, struct rpol_pkt *p, __u32 need)
{
	int read = RPOL_ELSEWHERE;

	/* Without CAP_PERFMON not even the difference of two pointers is allowed. */
	if (rpol_direct) {
		struct rpol_frame frame = {
			.ctx = ctx,
			.data = rpol_xdp_data(ctx),
			.end = rpol_xdp_end(ctx),
			.there = rpol_xdp_end(ctx) - rpol_xdp_data(ctx),
			.direct = 1,
		};

		p->bytes = frame.there;
		read = need & RPOL_NEEDS_FRAME ? rpol_parse(&frame, need, p) : RPOL_READ;
	}
	if (read == RPOL_ELSEWHERE) {
		struct rpol_pkt *copy = rpol_scratch_packet();

		if (!copy)
			return -1;
		rpol_copy_xdp(ctx, copy);
		*p = *copy;
	}
	p->ifindex = ctx->ingress_ifindex;
	if (need & RPOL_TIME)
		rpol_read_time(p);
	if (need & RPOL_OPAQUE)
		p->has = rpol_opaque(p->has, p->bytes);
	return 0;
}

/* Writes the header a router writes. All was checked before, so nothing fails here. */
static __always_inline int rpol_rewrite_xdp(struct xdp_md *ctx, const struct rpol_pkt *p,
					    const struct bpf_fib_lookup *fib)
{
	__u32 tags = p->has & RPOL_VLAN2 ? 8 : p->has & RPOL_VLAN ? 4 : 0;

	if (tags && bpf_xdp_adjust_head(ctx, tags))
		return XDP_ABORTED;

	void *data = rpol_xdp_data(ctx), *end = rpol_xdp_end(ctx);
	if (data + 34 > end)
		return XDP_ABORTED;
	__builtin_memcpy(data, fib->dmac, 6);
	__builtin_memcpy(data + 6, fib->smac, 6);
	if (p->has & RPOL_IP4) {
		__u16 *ttl = data + 14 + 8, *check = data + 14 + 10;

		*(__u16 *)(data + 12) = be16(0x0800);
		*check = rpol_checksum(*check, *ttl);
		*ttl -= 1;
	} else {
		*(__u16 *)(data + 12) = be16(0x86dd);
		*(__u8 *)(data + 14 + 7) -= 1;
	}
	return bpf_redirect_map(&rpol_ports, fib->ifindex, XDP_ABORTED);
}

static __always_inline int rpol_forward_xdp(struct xdp_md *ctx, const struct rpol_pkt *p,
					    int by_fib, __u32 nexthop, struct rpol_outcome *outcome)
{
	struct bpf_fib_lookup fib;

	outcome->handed = rpol_route(ctx, p, by_fib, nexthop, p->len, &fib);
	if (!outcome->handed && !bpf_map_lookup_elem(&rpol_ports, &fib.ifindex))
		outcome->handed = RPOL_HANDED_NO_PORT;
	if (outcome->handed)
		return XDP_PASS;
	outcome->egress = fib.ifindex;
	return rpol_rewrite_xdp(ctx, p, &fib);
}

static __always_inline int rpol_bounce_xdp(struct xdp_md *ctx, const struct rpol_pkt *p,
					   struct rpol_outcome *outcome)
{
	__u16 *mac = rpol_xdp_data(ctx);

	if ((void *)mac + 14 > rpol_xdp_end(ctx)) {
		outcome->handed = RPOL_HANDED_NOT_IP;
		return XDP_PASS;
	}
	for (int i = 0; i < 3; i++) {
		__u16 other = mac[i];

		mac[i] = mac[i + 3];
		mac[i + 3] = other;
	}
	outcome->egress = p->ifindex;
	return XDP_TX;
}

/* Carries a decision out; uses: RPOL_USES_… of the program. Returns the XDP action. */
static __always_inline int rpol_act_xdp(struct xdp_md *ctx, const struct rpol_pkt *p,
					__u64 decision, int uses)
{
	/* Without more than dropping and passing, what follows is short enough to be there often.
	 */
	if (uses)
		decision = rpol_opaque(decision, p->bytes);
	__u32 counter = decision >> 32, verdict = decision;
	__u32 kind = RPOL_VERDICT_KIND(verdict), operand = RPOL_VERDICT_OPERAND(verdict);
	struct rpol_outcome outcome = {kind, RPOL_NO_NEXTHOP, RPOL_HANDED_NONE};
	int action = XDP_PASS;

	rpol_count(counter, p->bytes);
	if (kind == RPOL_DROP) {
		action = XDP_DROP;
	} else if (rpol_forwards(kind, uses)) {
		if (uses & RPOL_USES_GROUP && kind == RPOL_GROUP)
			operand = rpol_group_member(p, operand);
		if (!rpol_by_fib(kind, uses)) {
			outcome.verdict = RPOL_ROUTE;
			outcome.nexthop = operand;
		}
		action = rpol_forward_xdp(ctx, p, rpol_by_fib(kind, uses), operand, &outcome);
	} else if (uses & RPOL_USES_SEND && kind == RPOL_SEND) {
		RPOL_ONE_REGISTER(operand);
		if (operand < RPOL_INTERFACES) {
			outcome.egress = rpol_ifindex[operand];
			action = bpf_redirect_map(&rpol_ports, outcome.egress, XDP_DROP);
		}
	} else if (uses & RPOL_USES_BOUNCE && kind == RPOL_BOUNCE) {
		action = rpol_bounce_xdp(ctx, p, &outcome);
#ifdef RPOL_CPU_H
	} else if (uses & RPOL_USES_CPU && kind == RPOL_CPU) {
		action = rpol_to_cpu(p, operand);
#endif
	}
	if (rpol_tracing)
		rpol_trace_write(counter, &outcome);
	return action;
}

#endif
