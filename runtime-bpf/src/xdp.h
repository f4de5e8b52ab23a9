/* xdp.h: reading and disposing of packets at XDP. */
#ifndef RPOL_XDP_H
#define RPOL_XDP_H

static long rpol_step_xdp(__u64 number, void *walker)
{
	return rpol_walk_step(walker, 0, number);
}

__noinline __u64 rpol_walk_xdp(struct xdp_md *ctx, __u32 l3, __u32 len, __u32 next)
{
	return rpol_walk(ctx, rpol_step_xdp, l3, len, next);
}

static __always_inline void *rpol_xdp_data(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data;
}

static __always_inline void *rpol_xdp_end(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data_end;
}

/* Reading by copying, see rpol_direct: a function the verifier checks once. */
__noinline int rpol_copy_xdp(struct xdp_md *ctx, struct rpol_pkt *p, __u32 need)
{
	if (!p)
		return -1;
	rpol_parse(ctx, 0, 0, 0, p->bytes, need, p);
	return 0;
}

static __always_inline void rpol_read_xdp(struct xdp_md *ctx, struct rpol_pkt *p, int need)
{
	p->ifindex = ctx->ingress_ifindex;
	if (need & RPOL_NEED_TIME)
		rpol_read_time(p);
	if (!rpol_direct) {
		struct rpol_pkt *copy = rpol_scratch_of(p);

		if (!copy)
			return;
		/* Not even the difference of two pointers is allowed. */
		copy->bytes = bpf_xdp_get_buff_len(ctx);
		rpol_copy_xdp(ctx, copy, need);
		*p = *copy;
	} else {
		p->bytes = rpol_xdp_end(ctx) - rpol_xdp_data(ctx);
		rpol_parse(ctx, 0, rpol_xdp_data(ctx), rpol_xdp_end(ctx), p->bytes, need, p);
	}
	p->has = rpol_opaque(p->has, &ctx->rx_queue_index);
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
	decision = rpol_opaque(decision, &ctx->rx_queue_index);
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
