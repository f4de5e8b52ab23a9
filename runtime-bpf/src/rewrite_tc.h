/* rewrite_tc.h: actions at TC: by the kernel's helpers, which know what of a packet is shared, not
 * linear, or has its checksum left to the hardware.
 *
 * A checksum that the hardware made of the whole packet stays right as follows: IPv4 addresses and
 * IPv4's own fields are covered by the header's checksum, so that their sum does not change.
 * IPv6 has none: its bytes are stored with BPF_F_RECOMPUTE_CSUM. Changing L4's checksum for a
 * change of the addresses (BPF_F_PSEUDO_HDR) takes that change back in both. */
#ifndef RPOL_REWRITE_TC_H
#define RPOL_REWRITE_TC_H

static __always_inline int rpol_check_ip_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p,
					    __u32 change)
{
	return bpf_l3_csum_replace(skb, p->l3 + 10, 0, change, 0) ? -1 : 0;
}

static __always_inline int rpol_check_l4_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p,
					    __u32 change, int addresses)
{
	__u32 at = rpol_l4_check(p, addresses);
	__u64 flags = (addresses ? BPF_F_PSEUDO_HDR : 0) |
		      (rpol_l4_optional(p) ? BPF_F_MARK_MANGLED_0 : 0);

	return at && bpf_l4_csum_replace(skb, p->l4 + at, 0, change, flags) ? -1 : 0;
}

/* mac: its bytes in order from the lowest on. No checksum of the kernel's covers it. */
__noinline int rpol_set_mac_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 from,
			       __u64 mac)
{
	__u16 words[3] = {mac, mac >> 16, mac >> 32};

	if (!p)
		return 0;
	if (bpf_skb_store_bytes(skb, from ? 6 : 0, words, 6, 0))
		return -1;
	rpol_mac_set(p, from, mac);
	return 0;
}

__noinline int rpol_set4_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 from,
			    __u32 addr)
{
	__u32 change;

	if (!p)
		return 0;
	/* Both are read: the place of one, chosen at run time, is refused without CAP_PERFMON. */
	__u32 source = p->src.w[0], destination = p->dst.w[0];

	change = rpol_change(from ? source : destination, addr);
	if (bpf_skb_store_bytes(skb, p->l3 + (from ? 12 : 16), &addr, 4, 0))
		return -1;
	if (from) {
		p->src.w[0] = addr;
		RPOL_KEEP_BRANCH();
	} else {
		p->dst.w[0] = addr;
	}
	return rpol_check_ip_tc(skb, p, change) || rpol_check_l4_tc(skb, p, change, 1) ? -1 : 0;
}

__noinline int rpol_set6_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 from,
			    __u64 high, __u64 low)
{
	__u32 change = 0, words[4] = {high, high >> 32, low, low >> 32};

	if (!p ||
	    bpf_skb_store_bytes(skb, p->l3 + (from ? 8 : 24), words, 16, BPF_F_RECOMPUTE_CSUM))
		return p ? -1 : 0;
	for (int i = 0; i < 4; i++) {
		__u32 source = p->src.w[i], destination = p->dst.w[i];

		change += rpol_change(from ? source : destination, words[i]);
		if (from) {
			p->src.w[i] = words[i];
			RPOL_KEEP_BRANCH();
		} else {
			p->dst.w[i] = words[i];
		}
	}
	return rpol_check_l4_tc(skb, p, change, 1);
}

__noinline int rpol_set_port_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 from,
				__u32 port)
{
	__u16 wire = be16(port);
	__u32 change;

	/* SCTP's CRC32c covers all of the packet. */
	if (!p || p->proto == 132)
		return 0;
	__u32 source = p->sport, destination = p->dport;

	change = rpol_change(be16(from ? source : destination), wire);
	if (bpf_skb_store_bytes(skb, p->l4 + (from ? 0 : 2), &wire, 2, 0))
		return -1;
	if (from) {
		p->sport = port;
		RPOL_KEEP_BRANCH();
	} else {
		p->dport = port;
	}
	return rpol_check_l4_tc(skb, p, change, 0);
}

__noinline int rpol_set_ttl_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 ttl)
{
	__u32 before;
	__u8 byte = ttl;

	if (!p)
		return 0;
	before = p->ttl | p->proto << 8;
	p->ttl = byte;
	if (!(p->has & RPOL_IP4))
		return bpf_skb_store_bytes(skb, p->l3 + 7, &byte, 1, BPF_F_RECOMPUTE_CSUM) ? -1 : 0;
	if (bpf_skb_store_bytes(skb, p->l3 + 8, &byte, 1, 0))
		return -1;
	return rpol_check_ip_tc(skb, p, rpol_change(before, byte | p->proto << 8));
}

/* TOS or traffic class: the bits of mask get those of value. */
__noinline int rpol_set_tos_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 mask,
			       __u32 value)
{
	__u16 before, after;

	if (!p)
		return 0;
	if (bpf_skb_load_bytes(skb, p->l3, &before, 2))
		return -1;
	p->tos = (p->tos & ~mask) | value;
	if (!(p->has & RPOL_IP4)) {
		after = (before & ~be16(mask << 4)) | be16(value << 4);
		return bpf_skb_store_bytes(skb, p->l3, &after, 2, BPF_F_RECOMPUTE_CSUM) ? -1 : 0;
	}
	after = (before & ~be16(mask)) | be16(value);
	if (bpf_skb_store_bytes(skb, p->l3, &after, 2, 0))
		return -1;
	return rpol_check_ip_tc(skb, p, rpol_change(before, after));
}

/* The outer tag's TCI: the bits of mask get those of value. */
__noinline int rpol_set_tag_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 mask,
			       __u32 value)
{
	__u16 tag;

	if (!p)
		return 0;
	rpol_tagged(p, mask, value);
	if (skb->vlan_present) {
		__u16 type = skb->vlan_proto;

		tag = (skb->vlan_tci & ~mask) | value;
		/* It also moves an inner tag into the metadata, which may fail without harm. */
		bpf_skb_vlan_pop(skb);
		return bpf_skb_vlan_push(skb, type, tag) ? -1 : 0;
	}
	if (bpf_skb_load_bytes(skb, 14, &tag, 2))
		return -1;
	tag = (tag & ~be16(mask)) | be16(value);
	return bpf_skb_store_bytes(skb, 14, &tag, 2, BPF_F_RECOMPUTE_CSUM) ? -1 : 0;
}

static __always_inline int rpol_set_mark_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p,
					    __u32 mark)
{
	skb->mark = p->mark = mark;
	return 0;
}

static __always_inline int rpol_set_priority_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p,
						__u32 priority)
{
	skb->priority = p->priority = priority;
	return 0;
}

/* Bytes of the frame, the tag in its metadata included. */
static __always_inline __u32 rpol_whole(const struct __sk_buff *skb)
{
	return skb->len + (skb->vlan_present ? 4 : 0);
}

/* A frame that has two tags is left as it is. */
__noinline int rpol_push_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p, __u32 id)
{
	__u32 length = skb->len;

	if (!p || p->has & RPOL_VLAN2)
		return 0;
	if (bpf_skb_vlan_push(skb, be16(0x8100), id))
		return -1;
	rpol_pushed(p, id, skb->len - length);
	return 0;
}

/* The kernel then moves an inner tag into the metadata, which may fail without harm. */
__noinline int rpol_pop_tc(struct __sk_buff *skb, volatile struct rpol_pkt *p)
{
	__u32 length = skb->len, whole = rpol_whole(skb);

	if (!p)
		return 0;
	bpf_skb_vlan_pop(skb);
	if (rpol_whole(skb) + 4 != whole)
		return -1;
	rpol_popped(p, length - skb->len);
	return 0;
}

#endif
