/* rewrite.h: what actions do to a packet, as far as it is the same at both hooks.
 *
 * Each action is a function the verifier checks on its own. It changes the frame, the checksums
 * that cover what changed, and `p`; which layers there are stays as it was read. It returns 0, or
 * -1 when memory ran out half-way: such a packet is dropped. Whoever calls has asked for the
 * field's layer. Numbers come in host order, addresses as on the wire. */
#ifndef RPOL_REWRITE_H
#define RPOL_REWRITE_H

/* Which of two: addresses, ports. */
enum { RPOL_TO, RPOL_FROM };

/* An IPv6 address as two arguments. */
#define RPOL_HALVES(...) RPOL_HALVES_(__VA_ARGS__)
#define RPOL_HALVES_(a, b, c, d) be32(a) | (__u64)be32(b) << 32, be32(c) | (__u64)be32(d) << 32

#define RPOL_DO(counter, action)                                                                   \
	do {                                                                                       \
		if (action)                                                                        \
			return RPOL_DECIDE(counter, RPOL_DROP);                                    \
	} while (0)

/* What changing a word, or its lower half, adds to the sum behind a checksum. */
static __always_inline __u32 rpol_change(__u32 before, __u32 after)
{
	return (__u16)~before + (__u16) ~(before >> 16) + (__u16)after + (after >> 16);
}

/* RFC 1624, eqn 3. The sum is never +0, so the checksum never 0xffff; the kernel does the same. */
static __always_inline __u16 rpol_checksum_after(__u16 check, __u32 change)
{
	__u32 sum = 0xffff + (__u16)~check + change;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Where the checksum behind IP is, from its header; 0: none. addresses: they have changed. */
static __always_inline __u32 rpol_l4_check(volatile struct rpol_pkt *p, int addresses)
{
	__u32 has = p->has, proto = p->proto;

	if (has & RPOL_PORTS)
		return proto == 6 ? 16 : proto == 132 ? 0 : 6;
	return addresses && has & RPOL_ICMP6 ? 2 : 0;
}

/* UDP and UDP-Lite: 0 means that there is no checksum. */
static __always_inline int rpol_l4_optional(volatile struct rpol_pkt *p)
{
	return p->proto == 17 || p->proto == 136;
}

/* A MAC address is written; mac: its bytes in order from the lowest on. */
static __always_inline void rpol_mac_set(volatile struct rpol_pkt *p, __u32 from, __u64 mac)
{
	if (from) {
		p->eth_src[0] = mac;
		p->eth_src[1] = mac >> 16;
		p->eth_src[2] = mac >> 32;
		return;
	}
	p->eth_dst[0] = mac;
	p->eth_dst[1] = mac >> 16;
	p->eth_dst[2] = mac >> 32;
	p->has &= ~RPOL_GROUP_MAC;
	if (mac & 1)
		p->has |= RPOL_GROUP_MAC;
}

/* The outer tag's TCI is written: the bits of mask got those of value. */
static __always_inline void rpol_tagged(volatile struct rpol_pkt *p, __u32 mask, __u32 value)
{
	__u32 tci = (((__u32)p->vlan_pcp << 13 | p->vlan) & ~mask) | value;

	p->vlan = tci & 0xfff;
	p->vlan_pcp = tci >> 13 & 7;
}

static __always_inline void rpol_pushed(volatile struct rpol_pkt *p, __u32 id, __u32 by)
{
	if (p->has & RPOL_VLAN)
		p->has |= RPOL_VLAN2;
	p->has |= RPOL_VLAN;
	p->vlan_inner = p->vlan;
	p->vlan_inner_pcp = p->vlan_pcp;
	p->vlan = id;
	p->vlan_pcp = 0;
	p->l3 += by;
	p->l4 += by;
}

static __always_inline void rpol_popped(volatile struct rpol_pkt *p, __u32 by)
{
	if (p->has & RPOL_VLAN2)
		p->has &= ~RPOL_VLAN2;
	else
		p->has &= ~RPOL_VLAN;
	p->vlan = p->vlan_inner;
	p->vlan_pcp = p->vlan_inner_pcp;
	p->l3 -= by;
	p->l4 -= by;
}

#endif
