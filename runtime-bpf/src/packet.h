/* packet.h: what is known of a packet while it is judged, and the words rules are written in. */
#ifndef RPOL_PACKET_H
#define RPOL_PACKET_H

/* rpol_pkt.has: which layers are whole, and the yes-or-no fields. */
enum {
	RPOL_ETH = 1 << 0,   /* EtherType after the tags */
	RPOL_VLAN = 1 << 1,  /* one tag or more */
	RPOL_VLAN2 = 1 << 2, /* two */
	RPOL_IP = 1 << 3,
	RPOL_IP4 = 1 << 4,
	RPOL_IP6 = 1 << 5,
	RPOL_PROTO = 1 << 6, /* the final protocol */
	RPOL_PORTS = 1 << 7,
	RPOL_TCP = 1 << 8,
	RPOL_UDP = 1 << 9,
	RPOL_ICMP = 1 << 10,
	RPOL_FRAGMENT = 1 << 11,
	RPOL_FRAGMENT_LATER = 1 << 12,
	RPOL_MALFORMED = 1 << 13,
	RPOL_OPTIONS = 1 << 14,	  /* IPv4 options, or IPv6 hop-by-hop first */
	RPOL_GROUP_MAC = 1 << 15, /* sent to a group address */
	RPOL_ICMP6 = 1 << 16,
	RPOL_GRE = 1 << 17,
	RPOL_GRE_KEY = 1 << 18, /* GRE with a key */
	RPOL_VXLAN = 1 << 19,
	RPOL_ARP = 1 << 20,
	RPOL_MPLS = 1 << 21,
	RPOL_DF = 1 << 22,  /* IPv4's "don't fragment" */
	RPOL_EXT = 1 << 23, /* an extension header follows IPv6's fixed header */
	RPOL_L2 = 1 << 24,  /* both MAC addresses */
};

/* What a program asks for is such bits: the layers its tests hang on and the yes-or-no fields it
 * tests, which of RPOL_IP4 and RPOL_IP6 it looks at below Ethernet, and what is no layer. It is a
 * constant wherever packets are read (`need`), so that what nobody asks for is no code. A layer
 * that is read comes with all those it implies. */
enum {
	RPOL_ADDRS = 1 << 25, /* the addresses of IP */
	RPOL_META = 1 << 26,  /* what the kernel keeps beside the frame */
	RPOL_TIME = 1 << 27,
	RPOL_OPAQUE = 1 << 28, /* rpol_opaque is worth it: many ways through, many rules */
};

#define RPOL_NEEDS_FRAME (~(RPOL_META | RPOL_TIME | RPOL_OPAQUE))
#define RPOL_NEEDS_L4                                                                              \
	(RPOL_PORTS | RPOL_TCP | RPOL_UDP | RPOL_ICMP | RPOL_ICMP6 | RPOL_GRE | RPOL_GRE_KEY |     \
	 RPOL_VXLAN | RPOL_MALFORMED)
#define RPOL_NEEDS_PROTO (RPOL_NEEDS_L4 | RPOL_PROTO | RPOL_FRAGMENT | RPOL_FRAGMENT_LATER)

struct rpol_addr {
	__u32 w[4]; /* as on the wire; IPv4 in the first */
};

/* Numbers in host order. Zero where the layer is not there. No padding: it is passed to functions
 * that the verifier checks on their own. */
struct rpol_pkt {
	struct rpol_addr src, dst;
	__u32 has;
	__u32 bytes;   /* of the frame, tags included wherever they sit */
	__u32 ifindex; /* came in on; tc egress: leaves by */
	__u32 len;     /* of the IP packet */
	__u32 l3;      /* where it begins */
	__u32 l4;      /* where what follows its headers begins; meaningful with RPOL_PROTO */
	__u32 mark, priority;
	__u32 second; /* of the day */
	__u32 label;  /* IPv6 flow label or MPLS label: a packet has one of them */
	__u32 gre_key;
	__u32 vni;
	__u16 eth_dst[3], eth_src[3]; /* as on the wire */
	__u16 eth_type;
	__u16 vlan, vlan_inner;
	__u16 sport, dport;
	__u16 udp_len;
	__u16 ip4_id;
	__u16 arp_op;
	__u16 gre_proto;
	__u8 weekday; /* 1 Monday .. 7 Sunday */
	__u8 vlan_pcp, vlan_inner_pcp;
	__u8 ttl, tos, proto;
	__u8 tcp_flags;
	__u8 icmp_type, icmp_code; /* ICMPv6's too */
	__u8 pad[1];
} __attribute__((aligned(8))); /* it is cleared and copied in words of that size */

/* True when all the layers are there. */
#define RPOL_HAS(p, layers) (((p)->has & (layers)) == (layers))

/* The value, but neither clang nor the verifier knows any more what they knew of it. Both would
 * otherwise follow each way through the reading of a packet separately through all rules: clang
 * by copying code, the verifier by counting instructions. number: below 2^31, but nothing learnt of
 * it says so: a length, or a field of the context that is read again. */
static __always_inline __u64 rpol_opaque(__u64 value, __u32 number)
{
	return value ^ (__u64)((int)number >> 31);
}

/* Keeps clang from checking one register and using another that it knows to be related: the
 * verifier does not see the relation. */
#define RPOL_ONE_REGISTER(variable) asm volatile("" : "+r"(variable))

/* Ends one of two branches that write a field each: made one, with the field's place chosen at run
 * time, they are refused without CAP_PERFMON. */
#define RPOL_KEEP_BRANCH() asm volatile("")

/* Keeps clang from passing anything at all for an argument that a function happens not to use: the
 * verifier wants it as it is declared. */
#define RPOL_USED(variable) asm volatile("" ::"r"(variable))

/* ---- addresses ---------------------------------------------------------------------------- */

/* 10.0.0.0 and 2001:db8::1 as words in reading order. */
#define IP4(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define IP6(a, b, c, d, e, f, g, h)                                                                \
	(0x##a##u << 16 | 0x##b), (0x##c##u << 16 | 0x##d), (0x##e##u << 16 | 0x##f),              \
		(0x##g##u << 16 | 0x##h)

/* The first n bits of a word, n being any number. */
#define RPOL_MASK(n) ((n) >= 32 ? ~0u : (n) <= 0 ? 0u : ~0u << (31 - (((n) - 1) & 31)))
#define RPOL_WORD_IN(word, n, value) ((n) <= 0 || ((word) & be32(RPOL_MASK(n))) == be32((value)))

/* True when the address is in value/n. */
#define RPOL_IN4(addr, n, value) RPOL_WORD_IN((addr).w[0], n, value)
#define RPOL_IN6(addr, n, ...) RPOL_IN6_(addr, n, __VA_ARGS__)
#define RPOL_IN6_(addr, n, a, b, c, d)                                                             \
	(RPOL_WORD_IN((addr).w[0], (n), a) && RPOL_WORD_IN((addr).w[1], (n) - 32, b) &&            \
	 RPOL_WORD_IN((addr).w[2], (n) - 64, c) && RPOL_WORD_IN((addr).w[3], (n) - 96, d))

/* An address as four arguments. */
#define RPOL_WORDS(addr) (addr).w[0], (addr).w[1], (addr).w[2], (addr).w[3]

/* True when a MAC address is these three words in reading order. */
#define RPOL_MAC_IS(mac, a, b, c)                                                                  \
	((mac)[0] == be16(a) && (mac)[1] == be16(b) && (mac)[2] == be16(c))

/* A MAC address as a number, its first byte the highest. */
#define RPOL_MAC(mac) ((__u64)be16((mac)[0]) << 32 | (__u32)be16((mac)[1]) << 16 | be16((mac)[2]))

/* ---- numbers ------------------------------------------------------------------------------ */

/* low <= number <= high, all of 32 bits: a number over 2^31 is a long in C. */
#define RPOL_RANGE(number, low, high)                                                              \
	((__u32)(number) - (__u32)(low) <= (__u32)(high) - (__u32)(low))

/* One step of a search without branches: half when the value is not below the bound, else 0. */
static __always_inline __u32 rpol_step(__u32 bound, __u32 value, __u32 half)
{
	return half & ~(__u32)(((__u64)value - bound) >> 32);
}

/* True when bit `number` is set in an array of words whose last bit is `last`. */
static __always_inline int rpol_bit(const __u32 *words, __u32 last, __u32 number)
{
	return number <= last && (words[number / 32] >> (number % 32) & 1);
}

/* ---- decisions ---------------------------------------------------------------------------- */

/* Verdict numbers are those of verdicts.def; GROUP is a route whose member is not chosen yet. */
enum {
	RPOL_DROP = 0,
	RPOL_PASS = 1,
	RPOL_FIB = 2,
	RPOL_ROUTE = 3,
	RPOL_SEND = 5,
	RPOL_BOUNCE = 6,
	RPOL_CONTINUE = 7,
	RPOL_GROUP = 8,
	RPOL_CPU = 9,
};

/* A verdict with its operand: next hop, group, interface or CPU. */
#define RPOL_VERDICT(kind, operand) ((__u32)(kind) | (__u32)(operand) << 8)
#define RPOL_VERDICT_KIND(verdict) ((verdict) & 0xff)
#define RPOL_VERDICT_OPERAND(verdict) ((__u32)(verdict) >> 8)
#define RPOL_NOTHING 0xffu /* a lookup that found no entry */

/* Which rule decided, and how. RPOL_NEXT: none of these rules did. */
#define RPOL_DECIDE(counter, verdict) ((__u64)(counter) << 32 | (__u32)(verdict))
#define RPOL_NEXT (~0ull)

#endif
