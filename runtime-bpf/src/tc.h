/* tc.h: reading and disposing of packets at TC, ingress and egress. */
#ifndef RPOL_TC_H
#define RPOL_TC_H

/* Bytes that are made linear before reading: two tags, the longest IPv4 header and L4's 20 fit. */
#define RPOL_LINEAR 128

static long rpol_step_tc(__u64 number, void *walker)
{
	return rpol_walk_step(walker, 1, number);
}

__noinline __u64 rpol_walk_tc(struct __sk_buff *ctx, __u32 l3, __u32 len, __u32 next)
{
	return rpol_walk(ctx, rpol_step_tc, l3, len, next);
}

/* Reading by copying, see rpol_direct: a function the verifier checks once. */
__noinline int rpol_copy_tc(struct __sk_buff *ctx, struct rpol_pkt *p, __u32 need)
{
	if (!p)
		return -1;
	rpol_parse(ctx, 1, 0, 0, ctx->len, need, p);
	return 0;
}

/* 0, or -1 when memory ran out: a packet that cannot be read is not judged but dropped. */
static __always_inline int rpol_read_tc(struct __sk_buff *skb, struct rpol_pkt *p, int need)
{
	__u32 there = skb->len, linear = there < RPOL_LINEAR ? there : RPOL_LINEAR;

	p->bytes = there;
	p->ifindex = skb->ifindex;
	if (need & RPOL_NEED_TIME)
		rpol_read_time(p);
	if (skb->vlan_present) {
		p->bytes += 4;
		p->has = RPOL_VLAN;
		p->vlan = skb->vlan_tci & 0xfff;
		p->vlan_pcp = skb->vlan_tci >> 13 & 7;
	}
	if (need & RPOL_NEED_META) {
		p->mark = skb->mark;
		p->priority = skb->priority;
	}
	if (RPOL_DEPTH(need) < RPOL_NEED_ETH)
		return 0;
	if (!rpol_direct) {
		struct rpol_pkt *copy = rpol_scratch_of(p);

		if (!copy)
			return -1;
		rpol_copy_tc(skb, copy, need);
		*p = *copy;
	} else {
		if ((void *)(long)skb->data + linear > (void *)(long)skb->data_end &&
		    bpf_skb_pull_data(skb, linear))
			return -1;
		rpol_parse(skb, 1, (void *)(long)skb->data, (void *)(long)skb->data_end, there,
			   need, p);
	}
	p->has = rpol_opaque(p->has, &skb->len);
	return 0;
}

/* Writes the header a router writes. Fails only without memory. */
static __always_inline int rpol_rewrite_tc(struct __sk_buff *skb, const struct rpol_pkt *p,
					   const struct bpf_fib_lookup *fib)
{
	struct {
		__u8 dst[6], src[6];
	} macs;
	struct {
		__u16 ttl, check;
	} ip;

	if (p->has & RPOL_VLAN && bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	if (p->has & RPOL_VLAN2 && bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	__builtin_memcpy(macs.dst, fib->dmac, 6);
	__builtin_memcpy(macs.src, fib->smac, 6);
	if (bpf_skb_store_bytes(skb, 0, &macs, sizeof(macs), 0))
		return TC_ACT_SHOT;
	if (p->has & RPOL_IP4) {
		if (bpf_skb_load_bytes(skb, 14 + 8, &ip, sizeof(ip)))
			return TC_ACT_SHOT;
		ip.check = rpol_checksum(ip.check, ip.ttl);
		ip.ttl -= 1;
		if (bpf_skb_store_bytes(skb, 14 + 8, &ip, sizeof(ip), 0))
			return TC_ACT_SHOT;
	} else {
		__u8 hops = p->ttl - 1;

		/* No checksum of the packet's own covers it, but one by the hardware does. */
		if (bpf_skb_store_bytes(skb, 14 + 7, &hops, 1, BPF_F_RECOMPUTE_CSUM))
			return TC_ACT_SHOT;
	}
	return bpf_redirect(fib->ifindex, 0);
}

static __always_inline int rpol_forward_tc(struct __sk_buff *skb, const struct rpol_pkt *p,
					   int by_fib, __u32 nexthop, struct rpol_outcome *outcome)
{
	struct bpf_fib_lookup fib;

	/* A GSO packet is many packets on the wire: the device's MTU is the segments' matter. */
	outcome->handed = rpol_route(skb, p, by_fib, nexthop, skb->gso_size ? 0 : p->len, &fib);
	if (outcome->handed)
		return TC_ACT_UNSPEC;
	outcome->egress = fib.ifindex;
	return rpol_rewrite_tc(skb, p, &fib);
}

static __always_inline int rpol_bounce_tc(struct __sk_buff *skb, const struct rpol_pkt *p,
					  struct rpol_outcome *outcome)
{
	__u16 macs[6];

	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs))) {
		outcome->handed = RPOL_HANDED_NOT_IP;
		return TC_ACT_UNSPEC;
	}
	for (int i = 0; i < 3; i++) {
		__u16 other = macs[i];

		macs[i] = macs[i + 3];
		macs[i + 3] = other;
	}
	if (bpf_skb_store_bytes(skb, 0, macs, sizeof(macs), 0))
		return TC_ACT_SHOT;
	outcome->egress = p->ifindex;
	return bpf_redirect(p->ifindex, 0);
}

/* Carries a decision out; uses: RPOL_USES_… of the program. Returns the TC action. */
static __always_inline int rpol_act_tc(struct __sk_buff *skb, const struct rpol_pkt *p,
				       __u64 decision, int uses)
{
	decision = rpol_opaque(decision, &skb->len);
	__u32 counter = decision >> 32, verdict = decision;
	__u32 kind = RPOL_VERDICT_KIND(verdict), operand = RPOL_VERDICT_OPERAND(verdict);
	struct rpol_outcome outcome = {kind, RPOL_NO_NEXTHOP, RPOL_HANDED_NONE};
	int action = TC_ACT_UNSPEC;

	rpol_count(counter, p->bytes);
	if (kind == RPOL_DROP) {
		action = TC_ACT_SHOT;
	} else if (rpol_forwards(kind, uses)) {
		if (uses & RPOL_USES_GROUP && kind == RPOL_GROUP)
			operand = rpol_group_member(p, operand);
		if (!rpol_by_fib(kind, uses)) {
			outcome.verdict = RPOL_ROUTE;
			outcome.nexthop = operand;
		}
		action = rpol_forward_tc(skb, p, rpol_by_fib(kind, uses), operand, &outcome);
	} else if (uses & RPOL_USES_SEND && kind == RPOL_SEND) {
		RPOL_ONE_REGISTER(operand);
		if (operand < RPOL_INTERFACES) {
			outcome.egress = rpol_ifindex[operand];
			action = bpf_redirect(outcome.egress, 0);
		}
	} else if (uses & RPOL_USES_BOUNCE && kind == RPOL_BOUNCE) {
		action = rpol_bounce_tc(skb, p, &outcome);
	}
	if (rpol_tracing) {
		if (skb->vlan_present)
			outcome.tag = be16(skb->vlan_proto) << 16 | (skb->vlan_tci & 0xffff);
		rpol_trace_write(counter, &outcome);
	}
	return action;
}

#endif
