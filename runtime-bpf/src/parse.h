/* parse.h: reading a frame front to back, as docs/packets.md says, no deeper than a program needs.
 *
 * One text for both hooks: `tc` is a constant in every call. At TC the first 128 bytes are linear
 * (tc.h sees to it), and all headers but IPv6 extension headers and what follows them lie within
 * them, so "beyond the linear part" is "beyond the frame". */
#ifndef RPOL_PARSE_H
#define RPOL_PARSE_H

/* Copies bytes that may be anywhere in the frame. 0 when they are there. */
static __always_inline long rpol_load(void *ctx, int tc, __u32 offset, void *to, __u32 length)
{
	return tc ? bpf_skb_load_bytes(ctx, offset, to, length)
		  : bpf_xdp_load_bytes(ctx, offset, to, length);
}

/* Whether headers are read where they lie. Without CAP_PERFMON the verifier refuses a packet's
 * pointer plus a register, for it cannot mask that against speculation: then headers are copied
 * out by helpers. The loader says which (RPOL_VAR_DIRECT), and the verifier leaves the other way
 * out. Below, `data` is a constant NULL in the text that copies, so each way is compiled alone.
 * Writing needs no such care: there all offsets are constants. */
volatile const __u32 rpol_direct = 1;

/* Where a packet is kept that has no room on the stack, which functions within each other share:
 * that of a program of several functions, and what copying reads into. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rpol_pkt);
} rpol_scratch SEC(".maps");

/* The scratch, cleared. */
static __always_inline struct rpol_pkt *rpol_packet_apart(void)
{
	__u32 zero = 0;
	struct rpol_pkt *scratch = bpf_map_lookup_elem(&rpol_scratch, &zero);

	if (scratch)
		*scratch = (struct rpol_pkt){};
	return scratch;
}

/* The scratch, holding what is in p. That may be the scratch. */
static __always_inline struct rpol_pkt *rpol_scratch_of(const struct rpol_pkt *p)
{
	__u32 zero = 0;
	struct rpol_pkt *scratch = bpf_map_lookup_elem(&rpol_scratch, &zero);

	if (scratch)
		*scratch = *p;
	return scratch;
}

/* Finds `size` (a constant) bytes at a small offset: in the packet, or in `copy`. 0: they are not
 * all there. */
static __always_inline int rpol_header(void *ctx, int tc, void *data, void *end, __u32 offset,
				       void *copy, __u32 size, const void **header)
{
	if (!data) {
		*header = copy;
		return !rpol_load(ctx, tc, offset, copy, size);
	}
	*header = data + offset;
	return data + offset + size <= end;
}

static __always_inline int rpol_is_tag(__u16 type)
{
	return type == 0x8100 || type == 0x88a8;
}

static __always_inline int rpol_is_extension(__u32 next)
{
	/* hop-by-hop, routing, fragment, AH, destination options; mobility, HIP, shim6 */
	const __u64 low = 1ull << 0 | 1ull << 43 | 1ull << 44 | 1ull << 51 | 1ull << 60;

	return next < 64 ? low >> next & 1 : next == 135 || next == 139 || next == 140;
}

/* What the walk over extension headers found: flags (RPOL_PROTO, …), protocol, and how far from
 * the IPv6 header the rest begins. */
#define RPOL_WALKED(flags, proto, offset) ((__u64)(offset) << 32 | (__u64)(proto) << 16 | (flags))
#define RPOL_WALKED_FLAGS(walked) ((__u32)(walked) & 0xffff)
#define RPOL_WALKED_PROTO(walked) ((__u32)(walked) >> 16 & 0xff)
#define RPOL_WALKED_OFFSET(walked) ((__u32)((walked) >> 32))
#define RPOL_WALK_MOST 8 /* extension headers */

/* The walk on its way: `at` bytes from the IPv6 header on. */
struct rpol_walker {
	void *ctx;
	__u32 l3, len, at, next, flags;
	__u32 pad;
	__u64 walked; /* 0: not yet known */
};

/* One header; number: from 0. 1: the walk is over. */
static __always_inline long rpol_walk_step(struct rpol_walker *w, int tc, __u32 number)
{
	struct {
		__u8 next, length;
		__u16 fragment;
	} header;
	__u32 next = w->next, at = w->at;

	if (!rpol_is_extension(next)) {
		w->walked = RPOL_WALKED(w->flags | RPOL_PROTO, next, at);
		return 1;
	}
	/* Every extension header has 8 bytes or more. */
	if (number >= RPOL_WALK_MOST || at + 8 > w->len ||
	    rpol_load(w->ctx, tc, w->l3 + at, &header, sizeof(header)))
		goto malformed;

	__u32 size = next == 44	  ? 8
		     : next == 51 ? 4 * (header.length + 2u)
				  : 8 * (header.length + 1u);
	if (at + size > w->len)
		goto malformed;
	w->at = at + size;
	w->next = header.next;
	if (next == 44 && header.fragment & be16(0xfff9)) {
		w->flags |= RPOL_FRAGMENT;
		if (header.fragment & be16(0xfff8)) {
			w->walked = RPOL_WALKED(w->flags | RPOL_FRAGMENT_LATER | RPOL_PROTO,
						header.next, at + size);
			return 1;
		}
	}
	return 0;
malformed:
	w->walked = RPOL_WALKED(w->flags | RPOL_MALFORMED, 0, 0);
	return 1;
}

/* The kernel's own loop: its verifier follows one step, not each way through eight. */
static __always_inline __u64 rpol_walk(void *ctx, long (*step)(__u64, void *), __u32 l3, __u32 len,
				       __u32 next)
{
	struct rpol_walker w = {.ctx = ctx, .l3 = l3, .len = len, .at = 40, .next = next};

	bpf_loop(RPOL_WALK_MOST + 1, step, &w, 0);
	return w.walked;
}

/* The walk is rare and long: a function the verifier checks once. */
__noinline __u64 rpol_walk_xdp(struct xdp_md *ctx, __u32 l3, __u32 len, __u32 next);
__noinline __u64 rpol_walk_tc(struct __sk_buff *ctx, __u32 l3, __u32 len, __u32 next);

/* The first words of an L4 header of which `size` bytes (a constant) are to be there. */
struct rpol_l4 {
	__u32 w0, w1, w2, w3;
};

static __always_inline int rpol_l4_read(void *ctx, int tc, void *data, void *end, __u32 l4,
					int extended, __u32 size, struct rpol_l4 *out)
{
	if (extended || !data) {
		__u32 words[4] = {};

		if (rpol_load(ctx, tc, l4, words, size < 16 ? size : 16))
			return 0;
		out->w0 = words[0];
		out->w1 = words[1];
		out->w2 = words[2];
		out->w3 = words[3];
		return 1;
	}

	const __u32 *words = data + (l4 & 0x7f);
	if ((void *)words + size > end)
		return 0;
	out->w0 = words[0];
	out->w1 = size >= 8 ? words[1] : 0;
	out->w2 = size >= 12 ? words[2] : 0;
	out->w3 = size >= 16 ? words[3] : 0;
	return 1;
}

/* VXLAN within UDP. What is not whole, or not VXLAN, is just a payload. */
static __always_inline void rpol_parse_vxlan(void *ctx, int tc, void *data, void *end, __u32 l4,
					     __u32 left, int extended, struct rpol_pkt *p)
{
	struct rpol_l4 header;

	if (p->dport != 4789 || p->udp_len < 16 || left < 16 ||
	    !rpol_l4_read(ctx, tc, data, end, l4, extended, 16, &header) || !(header.w2 & 0x08))
		return;
	p->vni = be32(header.w3) >> 8;
	p->has |= RPOL_VXLAN;
}

/* False: malformed. Rare, so that its key is worth a call. */
static __always_inline int rpol_parse_gre(void *ctx, int tc, void *data, void *end, __u32 l4,
					  __u32 left, int extended, struct rpol_pkt *p)
{
	struct rpol_l4 header;
	__u32 size = 4, key = 0;

	if (left < 4 || !rpol_l4_read(ctx, tc, data, end, l4, extended, 4, &header))
		return 0;
	__u32 flags = be32(header.w0);
	size += flags >> 29 & 4;		       /* checksum */
	size += (flags >> 27 & 4) + (flags >> 26 & 4); /* key, sequence number */
	if (flags & 0x70000 || size > left)
		return 0;
	if (flags & 0x20000000) {
		if (rpol_load(ctx, tc, l4 + 4 + (flags >> 29 & 4), &key, sizeof(key)))
			return 0;
		p->gre_key = be32(key);
		p->has |= RPOL_GRE_KEY;
	}
	p->gre_proto = flags;
	p->has |= RPOL_GRE;
	return 1;
}

/* l4: where the header begins; left: bytes of the IP packet from there; extended: extension
 * headers lie before it, so that it may be anywhere. */
static __always_inline void rpol_parse_l4(void *ctx, int tc, void *data, void *end, __u32 l4,
					  __u32 left, int extended, __u32 need, struct rpol_pkt *p)
{
	struct rpol_l4 header;
	__u32 has = 0;

	if (p->proto == 6) {
		if (left < 20 || !rpol_l4_read(ctx, tc, data, end, l4, extended, 20, &header))
			goto malformed;
		__u32 size = (header.w3 >> 4 & 0xf) * 4;
		if (size < 20 || size > left)
			goto malformed;
		p->tcp_flags = header.w3 >> 8;
		has = RPOL_PORTS | RPOL_TCP;
	} else if (p->proto == 17 || p->proto == 132 || p->proto == 33 || p->proto == 136 ||
		   (p->proto == 1 && p->has & RPOL_IP4)) {
		__u32 least = p->proto == 132 || p->proto == 33 ? 12 : 8;

		if (left < least || !rpol_l4_read(ctx, tc, data, end, l4, extended, 8, &header))
			goto malformed;
		has = RPOL_PORTS;
		if (p->proto == 17) {
			__u32 length = be16(header.w1);

			if (length < 8 || (length > left && !(p->has & RPOL_FRAGMENT)))
				goto malformed;
			p->udp_len = length;
			has = RPOL_PORTS | RPOL_UDP;
		} else if (p->proto == 1) {
			p->icmp_type = header.w0;
			p->icmp_code = header.w0 >> 8;
			has = RPOL_ICMP;
		}
	} else if (p->proto == 58 && p->has & RPOL_IP6) {
		if (left < 4 || !rpol_l4_read(ctx, tc, data, end, l4, extended, 4, &header))
			goto malformed;
		p->icmp_type = header.w0;
		p->icmp_code = header.w0 >> 8;
		has = RPOL_ICMP6;
	} else if (p->proto == 47) {
		if (!rpol_parse_gre(ctx, tc, data, end, l4, left, extended, p))
			goto malformed;
	}
	if (has & RPOL_PORTS) {
		p->sport = be16(header.w0);
		p->dport = be16(header.w0 >> 16);
	}
	p->has |= has;
	if (need & RPOL_NEED_VXLAN && has & RPOL_UDP)
		rpol_parse_vxlan(ctx, tc, data, end, l4, left, extended, p);
	return;
malformed:
	p->has |= RPOL_MALFORMED;
}

static __always_inline void rpol_parse_ip4(void *ctx, int tc, void *data, void *end, __u32 there,
					   __u32 need, struct rpol_pkt *p)
{
	__u32 copy[5];
	const void *ip;

	if (!rpol_header(ctx, tc, data, end, p->l3, copy, 20, &ip))
		goto malformed;
	__u8 first = *(__u8 *)ip;
	__u32 size = (first & 0xf) * 4, len = be16(*(__u16 *)(ip + 2));
	/* len <= bytes there and size <= len: the header is all there. */
	if (first >> 4 != 4 || size < 20 || len < size || len > there - p->l3)
		goto malformed;

	__u16 fragment = *(__u16 *)(ip + 6);
	p->tos = *(__u8 *)(ip + 1);
	p->ip4_id = be16(*(__u16 *)(ip + 4));
	p->len = len;
	p->ttl = *(__u8 *)(ip + 8);
	p->proto = *(__u8 *)(ip + 9);
	p->src.w[0] = *(__u32 *)(ip + 12);
	p->dst.w[0] = *(__u32 *)(ip + 16);
	p->has |= RPOL_IP | RPOL_IP4 | RPOL_PROTO;
	p->l4 = p->l3 + size;
	if (size > 20)
		p->has |= RPOL_OPTIONS;
	if (fragment & be16(0x4000))
		p->has |= RPOL_DF;
	if (fragment & be16(0x3fff))
		p->has |= RPOL_FRAGMENT;
	if (fragment & be16(0x1fff))
		p->has |= RPOL_FRAGMENT_LATER;
	else if (RPOL_DEPTH(need) >= RPOL_NEED_L4)
		rpol_parse_l4(ctx, tc, data, end, p->l3 + size, len - size, 0, need, p);
	return;
malformed:
	p->has |= RPOL_MALFORMED;
}

static __always_inline void rpol_parse_ip6(void *ctx, int tc, void *data, void *end, __u32 there,
					   __u32 need, struct rpol_pkt *p)
{
	__u32 copy[10];
	const void *ip;

	if (!rpol_header(ctx, tc, data, end, p->l3, copy, 40, &ip))
		goto malformed;
	__u32 first = be32(*(__u32 *)ip), next = *(__u8 *)(ip + 6), at = 40;
	__u32 len = 40 + be16(*(__u16 *)(ip + 4));
	if (first >> 28 != 6 || len > there - p->l3)
		goto malformed;

	p->tos = first >> 20;
	p->label = first & 0xfffff;
	p->len = len;
	p->ttl = *(__u8 *)(ip + 7);
	for (int i = 0; i < 4; i++) {
		p->src.w[i] = *(__u32 *)(ip + 8 + 4 * i);
		p->dst.w[i] = *(__u32 *)(ip + 24 + 4 * i);
	}
	p->has |= RPOL_IP | RPOL_IP6;
	if (next == 0)
		p->has |= RPOL_OPTIONS;
	int extended = rpol_is_extension(next);
	if (extended)
		p->has |= RPOL_EXT;
	if (RPOL_DEPTH(need) < RPOL_NEED_PROTO)
		return;
	if (extended) {
		__u64 walked = tc ? rpol_walk_tc(ctx, p->l3, len, next)
				  : rpol_walk_xdp(ctx, p->l3, len, next);

		p->has |= RPOL_WALKED_FLAGS(walked);
		next = RPOL_WALKED_PROTO(walked);
		at = RPOL_WALKED_OFFSET(walked);
	} else {
		p->has |= RPOL_PROTO;
	}
	p->proto = next;
	p->l4 = p->l3 + at;
	if (RPOL_DEPTH(need) >= RPOL_NEED_L4 && p->has & RPOL_PROTO &&
	    !(p->has & RPOL_FRAGMENT_LATER))
		rpol_parse_l4(ctx, tc, data, end, p->l3 + at, len - at, extended, need, p);
	return;
malformed:
	p->has |= RPOL_MALFORMED;
}

static __always_inline void rpol_parse_arp(void *ctx, int tc, void *data, void *end,
					   struct rpol_pkt *p)
{
	__u32 copy[2];
	const void *arp;

	if (!rpol_header(ctx, tc, data, end, p->l3, copy, 8, &arp)) {
		p->has |= RPOL_MALFORMED;
		return;
	}
	p->arp_op = be16(*(__u16 *)(arp + 6));
	p->has |= RPOL_ARP;
}

static __always_inline void rpol_parse_mpls(void *ctx, int tc, void *data, void *end,
					    struct rpol_pkt *p)
{
	__u32 copy;
	const void *mpls;

	if (!rpol_header(ctx, tc, data, end, p->l3, &copy, 4, &mpls)) {
		p->has |= RPOL_MALFORMED;
		return;
	}
	p->label = be32(*(__u32 *)mpls) >> 12;
	p->has |= RPOL_MPLS;
}

/* Needs: p zeroed but bytes, ifindex and, at TC, a tag from the metadata (RPOL_VLAN, vlan). data
 * to end can be read directly, or data is NULL; there: bytes of the frame from data on. Leaves: p.
 */
static __always_inline void rpol_parse(void *ctx, int tc, void *data, void *end, __u32 there,
				       __u32 need, struct rpol_pkt *p)
{
	__u16 copy[7], type;
	const void *ethernet;

	if (RPOL_DEPTH(need) < RPOL_NEED_ETH)
		return;
	if (!rpol_header(ctx, tc, data, end, 0, copy, 14, &ethernet))
		goto malformed;
	if (*(__u8 *)ethernet & 1)
		p->has |= RPOL_GROUP_MAC;
	p->has |= RPOL_L2;
	if (need & RPOL_NEED_MACS)
		for (int i = 0; i < 3; i++) {
			p->eth_dst[i] = *(__u16 *)(ethernet + 2 * i);
			p->eth_src[i] = *(__u16 *)(ethernet + 6 + 2 * i);
		}
	type = be16(*(__u16 *)(ethernet + 12));
	p->l3 = 14;
	if (rpol_is_tag(type)) {
		const __u16 *tag;

		if (!rpol_header(ctx, tc, data, end, 14, copy, 4, (const void **)&tag))
			goto malformed;
		__u16 tci = be16(tag[0]), id = tci & 0xfff;
		type = be16(tag[1]);
		p->l3 = 18;
		if (tc && p->has & RPOL_VLAN) {
			p->vlan_inner = id;
			p->vlan_inner_pcp = tci >> 13;
			p->has |= RPOL_VLAN2;
		} else {
			p->vlan = id;
			p->vlan_pcp = tci >> 13;
			p->has |= RPOL_VLAN;
			if (rpol_is_tag(type)) {
				if (!rpol_header(ctx, tc, data, end, 18, copy, 4,
						 (const void **)&tag))
					goto malformed;
				tci = be16(tag[0]);
				p->vlan_inner = tci & 0xfff;
				p->vlan_inner_pcp = tci >> 13;
				type = be16(tag[1]);
				p->l3 = 22;
				p->has |= RPOL_VLAN2;
			}
		}
	}
	p->eth_type = type;
	p->has |= RPOL_ETH;
	if (RPOL_DEPTH(need) < RPOL_NEED_IP)
		return;
	if (type == 0x0800)
		rpol_parse_ip4(ctx, tc, data, end, there, need, p);
	else if (type == 0x86dd)
		rpol_parse_ip6(ctx, tc, data, end, there, need, p);
	else if (type == 0x0806)
		rpol_parse_arp(ctx, tc, data, end, p);
	else if (type == 0x8847 || type == 0x8848)
		rpol_parse_mpls(ctx, tc, data, end, p);
	return;
malformed:
	p->has |= RPOL_MALFORMED;
}

#endif
