/* parse.h: reading a frame front to back, as docs/packets.md says, and of it what a program asks
 * for
 * (`need`, see packet.h).
 *
 * One text for both hooks and for two ways of reading, all constants in every call. The direct way
 * reads headers where they lie, and gives up (RPOL_ELSEWHERE) on a packet whose headers are at
 * unusual places: IPv4 options, IPv6 extension headers, at TC tags within the frame. The other way
 * copies headers out by helpers and reads any packet. */
#ifndef RPOL_PARSE_H
#define RPOL_PARSE_H

/* Whether packets are read where they lie first. Without CAP_PERFMON the verifier refuses a
 * packet's pointer plus a register, for it cannot mask that against speculation. The loader says
 * which (RPOL_VAR_DIRECT), and the verifier leaves the other out. Writing needs no such care: there
 * all offsets are constants. */
volatile const __u32 rpol_direct = 1;

/* Where a packet is kept that has no room on the stack, which functions within each other share:
 * that of a program of several functions, and what copying reads into. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rpol_pkt);
} rpol_scratch SEC(".maps");

static __always_inline struct rpol_pkt *rpol_scratch_packet(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rpol_scratch, &zero);
}

/* The scratch, cleared. */
static __always_inline struct rpol_pkt *rpol_packet_apart(void)
{
	struct rpol_pkt *scratch = rpol_scratch_packet();

	if (scratch)
		*scratch = (struct rpol_pkt){};
	return scratch;
}

/* ---- headers -------------------------------------------------------------------------------- */

struct rpol_frame {
	void *ctx;
	void *data, *end; /* where it lies; direct only */
	__u32 there;	  /* bytes of it from data on */
	int tc, direct;	  /* constants */
	int tagged;	  /* the outer tag is in the metadata and was read */
	/* What is known so far. Not in the packet's record, which may be memory. */
	__u32 has, l3, l4, proto;
	__u32 left;	/* bytes of the IP packet from l4 on */
	__u32 fragment; /* it is not the whole packet */
};

/* How reading a part ended: nothing is left to read; L4 is; or it is to be read the other way. */
enum { RPOL_READ, RPOL_READ_ON, RPOL_ELSEWHERE };

/* Copies bytes that may be anywhere in the frame. 0 when they are there. */
static __always_inline long rpol_load(void *ctx, int tc, __u32 offset, void *to, __u32 length)
{
	return tc ? bpf_skb_load_bytes(ctx, offset, to, length)
		  : bpf_xdp_load_bytes(ctx, offset, to, length);
}

/* Finds `size` (a constant) bytes: in the packet, at a small offset, or in `copy`. 0: they are not
 * all there. */
static __always_inline int rpol_header(struct rpol_frame *f, __u32 offset, void *copy, __u32 size,
				       const void **header)
{
	if (!f->direct) {
		*header = copy;
		return !rpol_load(f->ctx, f->tc, offset, copy, size);
	}
	*header = f->data + offset;
	return f->data + offset + size <= f->end;
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

/* ---- IPv6 extension headers ----------------------------------------------------------------- */

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

static long rpol_step_xdp(__u64 number, void *walker)
{
	return rpol_walk_step(walker, 0, number);
}

static long rpol_step_tc(__u64 number, void *walker)
{
	return rpol_walk_step(walker, 1, number);
}

/* The kernel's own loop: its verifier follows one step, not each way through eight. */
static __always_inline __u64 rpol_walk(void *ctx, int tc, __u32 l3, __u32 len, __u32 next)
{
	struct rpol_walker w = {.ctx = ctx, .l3 = l3, .len = len, .at = 40, .next = next};

	bpf_loop(RPOL_WALK_MOST + 1, tc ? rpol_step_tc : rpol_step_xdp, &w, 0);
	return w.walked;
}

/* ---- L4 ------------------------------------------------------------------------------------- */

/* The first words of an L4 header of which `size` bytes (a constant) are to be there. */
struct rpol_l4 {
	__u32 w0, w1, w2, w3;
};

static __always_inline int rpol_l4_read(struct rpol_frame *f, __u32 l4, __u32 size,
					struct rpol_l4 *out)
{
	__u32 copy[4] = {};
	const __u32 *words;

	/* Where headers are read directly, it is not far: the verifier may have forgotten. */
	if (f->direct) {
		RPOL_ONE_REGISTER(l4);
		l4 &= 0x7f;
	}
	/* What is there is there from its first byte to its last: 16 of them say it all. */
	if (!rpol_header(f, l4, copy, f->direct || size < 16 ? size : 16, (const void **)&words))
		return 0;
	out->w0 = words[0];
	out->w1 = size >= 8 ? words[1] : 0;
	out->w2 = size >= 12 ? words[2] : 0;
	out->w3 = size >= 16 ? words[3] : 0;
	return 1;
}

/* VXLAN within UDP. What is not whole, or not VXLAN, is just a payload. */
static __always_inline void rpol_parse_vxlan(struct rpol_frame *f, const struct rpol_l4 *udp,
					     struct rpol_pkt *p)
{
	struct rpol_l4 header;

	if (be16(udp->w0 >> 16) != 4789 || be16(udp->w1) < 16 || f->left < 16 ||
	    !rpol_l4_read(f, f->l4, 16, &header) || !(header.w2 & 0x08))
		return;
	p->vni = be32(header.w3) >> 8;
	f->has |= RPOL_VXLAN;
}

/* False: malformed. Rare, so that its key is worth a call. */
static __always_inline int rpol_parse_gre(struct rpol_frame *f, struct rpol_pkt *p)
{
	struct rpol_l4 header;
	__u32 size = 4, key = 0;

	if (f->left < 4 || !rpol_l4_read(f, f->l4, 4, &header))
		return 0;
	__u32 flags = be32(header.w0);
	size += flags >> 29 & 4;		       /* checksum */
	size += (flags >> 27 & 4) + (flags >> 26 & 4); /* key, sequence number */
	if (flags & 0x70000 || size > f->left)
		return 0;
	if (flags & 0x20000000) {
		if (rpol_load(f->ctx, f->tc, f->l4 + 4 + (flags >> 29 & 4), &key, sizeof(key)))
			return 0;
		p->gre_key = be32(key);
		f->has |= RPOL_GRE_KEY;
	}
	p->gre_proto = flags;
	f->has |= RPOL_GRE;
	return 1;
}

static __always_inline void rpol_take_ports(struct rpol_frame *f, const struct rpol_l4 *header,
					    struct rpol_pkt *p)
{
	p->sport = be16(header->w0);
	p->dport = be16(header->w0 >> 16);
	f->has |= RPOL_PORTS;
}

static __always_inline void rpol_take_icmp(struct rpol_frame *f, const struct rpol_l4 *header,
					   __u32 layer, struct rpol_pkt *p)
{
	p->icmp_type = header->w0;
	p->icmp_code = header->w0 >> 8;
	f->has |= layer;
}

/* Needs: what IP says of it. */
static __always_inline void rpol_parse_l4(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	const __u32 any = RPOL_PORTS | RPOL_MALFORMED;
	__u32 proto = f->proto, l4 = f->l4, left = f->left;
	struct rpol_l4 header;

	if (proto == 6 && need & (any | RPOL_TCP)) {
		if (left < 20 || !rpol_l4_read(f, l4, 20, &header))
			goto malformed;
		__u32 size = (header.w3 >> 4 & 0xf) * 4;
		if (size < 20 || size > left)
			goto malformed;
		p->tcp_flags = header.w3 >> 8;
		f->has |= RPOL_TCP;
		rpol_take_ports(f, &header, p);
	} else if (proto == 17 && need & (any | RPOL_UDP | RPOL_VXLAN)) {
		if (left < 8 || !rpol_l4_read(f, l4, 8, &header))
			goto malformed;
		__u32 length = be16(header.w1);
		if (length < 8 || (length > left && !f->fragment))
			goto malformed;
		p->udp_len = length;
		f->has |= RPOL_UDP;
		rpol_take_ports(f, &header, p);
		if (need & RPOL_VXLAN)
			rpol_parse_vxlan(f, &header, p);
	} else if ((proto == 132 || proto == 33 || proto == 136) && need & any) {
		if (left < (proto == 136 ? 8 : 12) || !rpol_l4_read(f, l4, 8, &header))
			goto malformed;
		rpol_take_ports(f, &header, p);
	} else if (need & (RPOL_ICMP | RPOL_MALFORMED) && proto == 1 && f->has & RPOL_IP4) {
		if (left < 8 || !rpol_l4_read(f, l4, 8, &header))
			goto malformed;
		rpol_take_icmp(f, &header, RPOL_ICMP, p);
	} else if (need & (RPOL_ICMP6 | RPOL_MALFORMED) && proto == 58 && f->has & RPOL_IP6) {
		if (left < 4 || !rpol_l4_read(f, l4, 4, &header))
			goto malformed;
		rpol_take_icmp(f, &header, RPOL_ICMP6, p);
	} else if (proto == 47 && need & (RPOL_GRE | RPOL_GRE_KEY | RPOL_MALFORMED)) {
		if (!rpol_parse_gre(f, p))
			goto malformed;
	}
	return;
malformed:
	f->has |= RPOL_MALFORMED & need;
}

/* ---- L3 ------------------------------------------------------------------------------------- */

static __always_inline int rpol_parse_ip4(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	__u32 copy[5], size = 20;
	const void *ip;

	if (!rpol_header(f, f->l3, copy, 20, &ip))
		goto malformed;
	__u8 first = *(__u8 *)ip;
	__u32 len = be16(*(__u16 *)(ip + 2));
	if (f->direct) {
		if (first != 0x45)
			return RPOL_ELSEWHERE;
	} else {
		size = (first & 0xf) * 4;
		if (first >> 4 != 4 || size < 20)
			goto malformed;
	}
	/* len <= bytes there and size <= len: the header is all there. */
	if (len < size || len > f->there - f->l3)
		goto malformed;

	__u16 offset = *(__u16 *)(ip + 6);
	p->tos = *(__u8 *)(ip + 1);
	p->ip4_id = be16(*(__u16 *)(ip + 4));
	p->len = len;
	p->ttl = *(__u8 *)(ip + 8);
	p->proto = f->proto = *(__u8 *)(ip + 9);
	if (need & RPOL_ADDRS) {
		p->src.w[0] = *(__u32 *)(ip + 12);
		p->dst.w[0] = *(__u32 *)(ip + 16);
	}
	f->has |= RPOL_IP | RPOL_IP4 | RPOL_PROTO;
	p->l4 = f->l4 = f->l3 + size;
	f->left = len - size;
	if (size > 20)
		f->has |= RPOL_OPTIONS & need;
	if (offset & be16(0x4000))
		f->has |= RPOL_DF & need;
	f->fragment = offset & be16(0x3fff);
	if (f->fragment)
		f->has |= RPOL_FRAGMENT & need;
	if (!(offset & be16(0x1fff)))
		return RPOL_READ_ON;
	f->has |= RPOL_FRAGMENT_LATER & need;
	return RPOL_READ;
malformed:
	f->has |= RPOL_MALFORMED & need;
	return RPOL_READ;
}

static __always_inline int rpol_parse_ip6(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	__u32 copy[10];
	const void *ip;

	if (!rpol_header(f, f->l3, copy, 40, &ip))
		goto malformed;
	__u32 first = be32(*(__u32 *)ip), next = *(__u8 *)(ip + 6), at = 40;
	__u32 len = 40 + be16(*(__u16 *)(ip + 4)), flags = RPOL_PROTO;
	if (first >> 28 != 6 || len > f->there - f->l3)
		goto malformed;

	p->tos = first >> 20;
	p->label = first & 0xfffff;
	p->len = len;
	p->ttl = *(__u8 *)(ip + 7);
	if (need & RPOL_ADDRS)
		for (int i = 0; i < 4; i++) {
			p->src.w[i] = *(__u32 *)(ip + 8 + 4 * i);
			p->dst.w[i] = *(__u32 *)(ip + 24 + 4 * i);
		}
	f->has |= RPOL_IP | RPOL_IP6;
	if (next == 0)
		f->has |= RPOL_OPTIONS & need;
	if (!(need & (RPOL_NEEDS_PROTO | RPOL_EXT)))
		return RPOL_READ;
	/* Most are not, and it is known sooner. */
	if (next != 6 && next != 17 && rpol_is_extension(next)) {
		f->has |= RPOL_EXT & need;
		if (!(need & RPOL_NEEDS_PROTO))
			return RPOL_READ;
		if (f->direct)
			return RPOL_ELSEWHERE;
		__u64 walked = rpol_walk(f->ctx, f->tc, f->l3, len, next);

		flags = RPOL_WALKED_FLAGS(walked);
		next = RPOL_WALKED_PROTO(walked);
		at = RPOL_WALKED_OFFSET(walked);
	}
	f->has |= flags & (need | RPOL_PROTO);
	p->proto = f->proto = next;
	p->l4 = f->l4 = f->l3 + at;
	f->left = len - at;
	f->fragment = flags & RPOL_FRAGMENT;
	return flags & RPOL_PROTO && !(flags & RPOL_FRAGMENT_LATER) ? RPOL_READ_ON : RPOL_READ;
malformed:
	f->has |= RPOL_MALFORMED & need;
	return RPOL_READ;
}

static __always_inline void rpol_parse_arp(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	__u32 copy[2];
	const void *arp;

	if (!rpol_header(f, f->l3, copy, 8, &arp)) {
		f->has |= RPOL_MALFORMED & need;
		return;
	}
	p->arp_op = be16(*(__u16 *)(arp + 6));
	f->has |= RPOL_ARP;
}

static __always_inline void rpol_parse_mpls(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	__u32 copy;
	const void *mpls;

	if (!rpol_header(f, f->l3, &copy, 4, &mpls)) {
		f->has |= RPOL_MALFORMED & need;
		return;
	}
	p->label = be32(*(__u32 *)mpls) >> 12;
	f->has |= RPOL_MPLS;
}

/* ---- L2 ------------------------------------------------------------------------------------- */

/* The tag at an offset: its TCI, and the type behind it. 0: it is cut off. */
static __always_inline int rpol_tag(struct rpol_frame *f, __u32 offset, __u16 *tci, __u16 *type)
{
	__u16 copy[2];
	const __u16 *tag;

	if (!rpol_header(f, offset, copy, 4, (const void **)&tag))
		return 0;
	*tci = be16(tag[0]);
	*type = be16(tag[1]);
	return 1;
}

static __always_inline void rpol_outer(struct rpol_frame *f, __u32 tci, __u32 need,
				       struct rpol_pkt *p)
{
	p->vlan = tci & 0xfff;
	p->vlan_pcp = tci >> 13 & 7;
	if (need & (RPOL_VLAN | RPOL_VLAN2))
		f->has |= RPOL_VLAN;
}

static __always_inline void rpol_inner(struct rpol_frame *f, __u32 tci, __u32 need,
				       struct rpol_pkt *p)
{
	p->vlan_inner = tci & 0xfff;
	p->vlan_inner_pcp = tci >> 13 & 7;
	f->has |= RPOL_VLAN2 & need;
}

static __always_inline int rpol_parse_frame(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	__u16 copy[7], type, tci;
	const void *ethernet;
	int read = RPOL_READ;

	if (!rpol_header(f, 0, copy, 14, &ethernet))
		goto malformed;
	if (*(__u8 *)ethernet & 1)
		f->has |= RPOL_GROUP_MAC & need;
	f->has |= RPOL_L2 & need;
	if (need & RPOL_L2)
		for (int i = 0; i < 3; i++) {
			p->eth_dst[i] = *(__u16 *)(ethernet + 2 * i);
			p->eth_src[i] = *(__u16 *)(ethernet + 6 + 2 * i);
		}
	type = be16(*(__u16 *)(ethernet + 12));
	f->l3 = 14;
	if (rpol_is_tag(type)) {
		if (f->tc && f->direct)
			return RPOL_ELSEWHERE;
		if (!rpol_tag(f, 14, &tci, &type))
			goto malformed;
		f->l3 = 18;
		if (f->tagged) {
			rpol_inner(f, tci, need, p);
		} else {
			rpol_outer(f, tci, need, p);
			if (rpol_is_tag(type)) {
				if (!rpol_tag(f, 18, &tci, &type))
					goto malformed;
				rpol_inner(f, tci, need, p);
				f->l3 = 22;
			}
		}
	}
	p->eth_type = type;
	f->has |= RPOL_ETH;
	if (type == 0x0800 && need & RPOL_IP4)
		read = rpol_parse_ip4(f, need, p);
	else if (type == 0x86dd && need & RPOL_IP6)
		read = rpol_parse_ip6(f, need, p);
	else if (type == 0x0806 && need & (RPOL_ARP | RPOL_MALFORMED))
		rpol_parse_arp(f, need, p);
	else if ((type == 0x8847 || type == 0x8848) && need & (RPOL_MPLS | RPOL_MALFORMED))
		rpol_parse_mpls(f, need, p);
	if (read == RPOL_READ_ON && need & RPOL_NEEDS_L4)
		rpol_parse_l4(f, need, p);
	return read == RPOL_ELSEWHERE ? read : RPOL_READ;
malformed:
	f->has |= RPOL_MALFORMED & need;
	return RPOL_READ;
}

/* Needs: p zeroed, but for what is known of a tag from the metadata. Leaves: p, but for what is no
 * header; RPOL_ELSEWHERE: it is to be cleared and read the other way. */
static __always_inline int rpol_parse(struct rpol_frame *f, __u32 need, struct rpol_pkt *p)
{
	int read = rpol_parse_frame(f, need, p);

	p->has = f->has;
	p->l3 = f->l3;
	return read;
}

#endif
