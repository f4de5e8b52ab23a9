/* rewrite_xdp.h: actions at XDP: bytes written in place. Nothing fails here. */
#ifndef RPOL_REWRITE_XDP_H
#define RPOL_REWRITE_XDP_H

/* `size` (a constant) bytes of the frame, or NULL where it has none. */
static __always_inline void *rpol_at(const struct xdp_md *ctx, __u32 offset, __u32 size)
{
	RPOL_ONE_REGISTER(offset);
	if (offset > 0x3fff)
		return 0;
	void *at = rpol_xdp_data(ctx) + offset;
	return at + size > rpol_xdp_end(ctx) ? 0 : at;
}

static __always_inline void rpol_check_ip_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p,
					      __u32 change)
{
	__u16 *check = rpol_at(ctx, p->l3 + 10, 2);

	if (check)
		*check = rpol_checksum_after(*check, change);
}

static __always_inline void rpol_check_l4_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p,
					      __u32 change, int addresses)
{
	__u32 at = rpol_l4_check(p, addresses);
	__u16 *check = at ? rpol_at(ctx, p->l4 + at, 2) : 0;

	if (!check || (rpol_l4_optional(p) && !*check))
		return;
	*check = rpol_checksum_after(*check, change);
	if (rpol_l4_optional(p) && !*check)
		*check = 0xffff;
}

/* mac: its bytes in order from the lowest on. */
__noinline int rpol_set_mac_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
				__u64 mac)
{
	__u16 *at;

	if (!p || !(at = rpol_at(ctx, from ? 6 : 0, 6)))
		return 0;
	at[0] = mac;
	at[1] = mac >> 16;
	at[2] = mac >> 32;
	rpol_mac_set(p, from, mac);
	return 0;
}

__noinline int rpol_set4_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
			     __u32 addr)
{
	__u32 change, *at;

	if (!p || !(at = rpol_at(ctx, p->l3 + (from ? 12 : 16), 4)))
		return 0;
	change = rpol_change(*at, addr);
	*at = addr;
	rpol_check_ip_xdp(ctx, p, change);
	rpol_check_l4_xdp(ctx, p, change, 1);
	if (from)
		p->src.w[0] = addr;
	else
		p->dst.w[0] = addr;
	return 0;
}

__noinline int rpol_set6_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
			     __u64 high, __u64 low)
{
	__u32 change = 0, words[4] = {high, high >> 32, low, low >> 32}, *at;

	if (!p || !(at = rpol_at(ctx, p->l3 + (from ? 8 : 24), 16)))
		return 0;
	for (int i = 0; i < 4; i++) {
		change += rpol_change(at[i], words[i]);
		at[i] = words[i];
		if (from)
			p->src.w[i] = words[i];
		else
			p->dst.w[i] = words[i];
	}
	rpol_check_l4_xdp(ctx, p, change, 1);
	return 0;
}

__noinline int rpol_set_port_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
				 __u32 port)
{
	__u32 change;
	__u16 *at;

	/* SCTP's CRC32c covers all of the packet. */
	if (!p || p->proto == 132 || !(at = rpol_at(ctx, p->l4 + (from ? 0 : 2), 2)))
		return 0;
	change = rpol_change(*at, be16(port));
	*at = be16(port);
	rpol_check_l4_xdp(ctx, p, change, 0);
	if (from)
		p->sport = port;
	else
		p->dport = port;
	return 0;
}

__noinline int rpol_set_ttl_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 ttl)
{
	__u32 before, after;

	if (!p)
		return 0;
	p->ttl = ttl;
	if (p->has & RPOL_IP4) {
		__u16 *word = rpol_at(ctx, p->l3 + 8, 2); /* TTL and protocol */

		if (!word)
			return 0;
		before = *word;
		after = (before & 0xff00) | (ttl & 0xff);
		*word = after;
		rpol_check_ip_xdp(ctx, p, rpol_change(before, after));
	} else {
		__u8 *hops = rpol_at(ctx, p->l3 + 7, 1);

		if (hops)
			*hops = ttl;
	}
	return 0;
}

/* TOS or traffic class: the bits of mask get those of value. */
__noinline int rpol_set_tos_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 mask,
				__u32 value)
{
	__u16 *word, before;

	if (!p || !(word = rpol_at(ctx, p->l3, 2)))
		return 0;
	before = *word;
	if (p->has & RPOL_IP4) {
		*word = (before & ~be16(mask)) | be16(value);
		rpol_check_ip_xdp(ctx, p, rpol_change(before, *word));
	} else {
		*word = (before & ~be16(mask << 4)) | be16(value << 4);
	}
	p->tos = (p->tos & ~mask) | value;
	return 0;
}

/* The outer tag's TCI: the bits of mask get those of value. */
__noinline int rpol_set_tag_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 mask,
				__u32 value)
{
	__u16 *tag;

	if (!p || !(tag = rpol_at(ctx, 14, 2)))
		return 0;
	*tag = (*tag & ~be16(mask)) | be16(value);
	rpol_tagged(p, mask, value);
	return 0;
}

/* A frame that has two tags, or no room before it, is left as it is. */
__noinline int rpol_push_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 id)
{
	__u32 *words;

	if (!p || p->has & RPOL_VLAN2 || !rpol_at(ctx, 0, 14) || bpf_xdp_adjust_head(ctx, -4))
		return 0;
	rpol_pushed(p, id, 4);
	words = rpol_at(ctx, 0, 18);
	if (!words)
		return 0;
	words[0] = words[1];
	words[1] = words[2];
	words[2] = words[3];
	words[3] = be32(0x81000000 | id);
	return 0;
}

__noinline int rpol_pop_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p)
{
	__u32 *words;

	if (!p || !(words = rpol_at(ctx, 0, 18)))
		return 0;
	words[3] = words[2];
	words[2] = words[1];
	words[1] = words[0];
	if (bpf_xdp_adjust_head(ctx, 4))
		return -1;
	rpol_popped(p, 4);
	return 0;
}

#endif
