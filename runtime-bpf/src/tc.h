/* tc.h: reading and disposing of packets at TC, ingress and egress. */
#ifndef RPOL_TC_H
#define RPOL_TC_H

/* Bytes that are made linear before reading: two tags, the longest IPv4 header and L4's 20 fit. */
#define RPOL_LINEAR 128

enum { RPOL_LOST = RPOL_ELSEWHERE + 1 };

/* The tag that is not in the frame. */
static __always_inline void rpol_read_tag(struct rpol_frame *f, const struct __sk_buff *skb,
					  __u32 need, struct rpol_pkt *p)
{
	if (!skb->vlan_present)
		return;
	p->bytes += 4;
	f->tagged = 1;
	rpol_outer(f, skb->vlan_tci, need, p);
}

/* Reading by copying: a function the verifier checks once. */
__noinline int rpol_copy_tc(struct __sk_buff *skb, struct rpol_pkt *p)
{
	struct rpol_frame frame = {.ctx = skb, .there = skb->len, .tc = 1};

	if (!p)
		return -1;
	*p = (struct rpol_pkt){.bytes = frame.there};
	rpol_read_tag(&frame, skb, RPOL_NEEDS_TC, p);
	rpol_parse(&frame, RPOL_NEEDS_TC, p);
	return 0;
}

/* The direct way. RPOL_LOST: memory ran out. */
static __always_inline int rpol_read_linear(struct __sk_buff *skb, __u32 need, struct rpol_pkt *p)
{
	struct rpol_frame frame = {.ctx = skb, .there = skb->len, .tc = 1, .direct = 1};
	__u32 linear = frame.there < RPOL_LINEAR ? frame.there : RPOL_LINEAR;

	if ((void *)(long)skb->data + linear > (void *)(long)skb->data_end &&
	    bpf_skb_pull_data(skb, linear))
		return RPOL_LOST;
	frame.data = (void *)(long)skb->data;
	frame.end = (void *)(long)skb->data_end;
	p->bytes = frame.there;
	rpol_read_tag(&frame, skb, need, p);
	return rpol_parse(&frame, need, p);
}

/* 0, or -1 when memory ran out: a packet that cannot be read is not judged but dropped. */
static __always_inline int rpol_read_tc(struct __sk_buff *skb, struct rpol_pkt *p, __u32 need)
{
	if (need & RPOL_NEEDS_FRAME) {
		int read = rpol_direct ? rpol_read_linear(skb, need, p) : RPOL_ELSEWHERE;

		if (read == RPOL_LOST)
			return -1;
		if (read == RPOL_ELSEWHERE) {
			struct rpol_pkt *copy = rpol_scratch_packet();

			if (!copy)
				return -1;
			rpol_copy_tc(skb, copy);
			*p = *copy;
		}
	} else {
		p->bytes = skb->len + (skb->vlan_present ? 4 : 0);
	}
	p->ifindex = skb->ifindex;
	if (need & RPOL_TIME)
		rpol_read_time(p);
	if (need & RPOL_META) {
		p->mark = skb->mark;
		p->priority = skb->priority;
	}
	if (need & RPOL_OPAQUE)
		p->has = rpol_opaque(p->has, *(const volatile __u32 *)&skb->len);
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
	/* Without more than dropping and passing, what follows is short enough to be there often.
	 */
	if (uses)
		decision = rpol_opaque(decision, *(const volatile __u32 *)&skb->len);
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
