/* rewrite_xdp.h: actions at XDP: bytes taken from the frame, changed and put back. Nothing fails
 * here. */
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

/* In the widest words the size (a constant) is made of: headers are aligned to 2 at least. */
static __always_inline void rpol_copy(void *to, const void *from, __u32 size)
{
	if (size % 4 == 0)
		for (__u32 i = 0; i < size / 4; i++)
			((__u32 *)to)[i] = ((const __u32 *)from)[i];
	else if (size % 2 == 0)
		for (__u32 i = 0; i < size / 2; i++)
			((__u16 *)to)[i] = ((const __u16 *)from)[i];
	else
		*(__u8 *)to = *(const __u8 *)from;
}

/* Takes `size` (a constant) bytes of the frame; 0, or not where it has none. Without CAP_PERFMON
 * helpers do it, see rpol_direct. */
static __always_inline int rpol_take(struct xdp_md *ctx, __u32 offset, void *to, __u32 size)
{
	if (!rpol_direct)
		return bpf_xdp_load_bytes(ctx, offset, to, size) != 0;

	const void *at = rpol_at(ctx, offset, size);

	if (at)
		rpol_copy(to, at, size);
	return !at;
}

/* Puts them back. */
static __always_inline void rpol_put(struct xdp_md *ctx, __u32 offset, void *from, __u32 size)
{
	if (!rpol_direct) {
		bpf_xdp_store_bytes(ctx, offset, from, size);
		return;
	}

	void *at = rpol_at(ctx, offset, size);

	if (at)
		rpol_copy(at, from, size);
}

static __always_inline void rpol_check_ip_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p,
					      __u32 change)
{
	__u16 check;

	if (rpol_take(ctx, p->l3 + 10, &check, 2))
		return;
	check = rpol_checksum_after(check, change);
	rpol_put(ctx, p->l3 + 10, &check, 2);
}

static __always_inline void rpol_check_l4_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p,
					      __u32 change, int addresses)
{
	__u32 at = rpol_l4_check(p, addresses);
	__u16 check;

	if (!at || rpol_take(ctx, p->l4 + at, &check, 2) || (rpol_l4_optional(p) && !check))
		return;
	check = rpol_checksum_after(check, change);
	if (rpol_l4_optional(p) && !check)
		check = 0xffff;
	rpol_put(ctx, p->l4 + at, &check, 2);
}

/* mac: its bytes in order from the lowest on. */
__noinline int rpol_set_mac_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
				__u64 mac)
{
	__u16 words[3] = {mac, mac >> 16, mac >> 32}, before[3];
	__u32 at = from ? 6 : 0;

	if (!p || rpol_take(ctx, at, before, 6))
		return 0;
	rpol_put(ctx, at, words, 6);
	rpol_mac_set(p, from, mac);
	return 0;
}

__noinline int rpol_set4_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
			     __u32 addr)
{
	__u32 at = from ? 12 : 16, before, change;

	if (!p || rpol_take(ctx, p->l3 + at, &before, 4))
		return 0;
	change = rpol_change(before, addr);
	rpol_put(ctx, p->l3 + at, &addr, 4);
	rpol_check_ip_xdp(ctx, p, change);
	rpol_check_l4_xdp(ctx, p, change, 1);
	if (from) {
		p->src.w[0] = addr;
		RPOL_KEEP_BRANCH();
	} else {
		p->dst.w[0] = addr;
	}
	return 0;
}

__noinline int rpol_set6_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
			     __u64 high, __u64 low)
{
	__u32 change = 0, words[4] = {high, high >> 32, low, low >> 32}, before[4];
	__u32 at = from ? 8 : 24;

	if (!p || rpol_take(ctx, p->l3 + at, before, 16))
		return 0;
	rpol_put(ctx, p->l3 + at, words, 16);
	for (int i = 0; i < 4; i++) {
		change += rpol_change(before[i], words[i]);
		if (from) {
			p->src.w[i] = words[i];
			RPOL_KEEP_BRANCH();
		} else {
			p->dst.w[i] = words[i];
		}
	}
	rpol_check_l4_xdp(ctx, p, change, 1);
	return 0;
}

__noinline int rpol_set_port_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 from,
				 __u32 port)
{
	__u16 before, after = be16(port);
	__u32 at = from ? 0 : 2;

	/* SCTP's CRC32c covers all of the packet. */
	if (!p || p->proto == 132 || rpol_take(ctx, p->l4 + at, &before, 2))
		return 0;
	rpol_put(ctx, p->l4 + at, &after, 2);
	rpol_check_l4_xdp(ctx, p, rpol_change(before, after), 0);
	if (from) {
		p->sport = port;
		RPOL_KEEP_BRANCH();
	} else {
		p->dport = port;
	}
	return 0;
}

__noinline int rpol_set_ttl_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 ttl)
{
	__u16 before, after;
	__u8 hops = ttl;

	if (!p)
		return 0;
	p->ttl = ttl;
	if (p->has & RPOL_IP4) {
		/* TTL and protocol */
		if (rpol_take(ctx, p->l3 + 8, &before, 2))
			return 0;
		after = (before & 0xff00) | hops;
		rpol_put(ctx, p->l3 + 8, &after, 2);
		rpol_check_ip_xdp(ctx, p, rpol_change(before, after));
	} else {
		rpol_put(ctx, p->l3 + 7, &hops, 1);
	}
	return 0;
}

/* TOS or traffic class: the bits of mask get those of value. */
__noinline int rpol_set_tos_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 mask,
				__u32 value)
{
	__u16 before, after;

	if (!p || rpol_take(ctx, p->l3, &before, 2))
		return 0;
	if (p->has & RPOL_IP4)
		after = (before & ~be16(mask)) | be16(value);
	else
		after = (before & ~be16(mask << 4)) | be16(value << 4);
	rpol_put(ctx, p->l3, &after, 2);
	if (p->has & RPOL_IP4)
		rpol_check_ip_xdp(ctx, p, rpol_change(before, after));
	p->tos = (p->tos & ~mask) | value;
	return 0;
}

/* The outer tag's TCI: the bits of mask get those of value. */
__noinline int rpol_set_tag_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 mask,
				__u32 value)
{
	__u16 tag;

	if (!p || rpol_take(ctx, 14, &tag, 2))
		return 0;
	tag = (tag & ~be16(mask)) | be16(value);
	rpol_put(ctx, 14, &tag, 2);
	rpol_tagged(p, mask, value);
	return 0;
}

/* A frame that has two tags, or no room before it, is left as it is. */
__noinline int rpol_push_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p, __u32 id)
{
	__u32 words[4];

	if (!p || p->has & RPOL_VLAN2 || rpol_take(ctx, 0, words, 14) ||
	    bpf_xdp_adjust_head(ctx, -4))
		return 0;
	rpol_pushed(p, id, 4);
	/* The addresses, the tag, and the type where it was. */
	words[3] = be32(0x81000000 | id);
	rpol_put(ctx, 0, words, 16);
	return 0;
}

__noinline int rpol_pop_xdp(struct xdp_md *ctx, volatile struct rpol_pkt *p)
{
	__u32 words[5];

	if (!p || rpol_take(ctx, 0, words, 18))
		return 0;
	if (bpf_xdp_adjust_head(ctx, 4))
		return -1;
	rpol_put(ctx, 0, words, 12);
	rpol_popped(p, 4);
	return 0;
}

#endif
