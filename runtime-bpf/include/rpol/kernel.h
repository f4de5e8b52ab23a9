/* kernel.h: the part of the kernel's BPF interface that generated programs use, declared here so
 * that compiling needs no header of the machine. Numbers and layouts are the kernel's stable user
 * API; tests/compiler compares them with the system's <linux/bpf.h>. */
#ifndef RPOL_KERNEL_H
#define RPOL_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

/* ---- maps -------------------------------------------------------------------------------- */

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_CPUMAP = 16,
	BPF_MAP_TYPE_DEVMAP_HASH = 25,
};

enum {
	BPF_F_NO_PREALLOC = 1 << 0, /* an LPM trie must have it */
	BPF_F_MMAPABLE = 1 << 10,
};

/* A program's context is read and written at constant offsets from the pointer the kernel gave; the
 * verifier refuses what clang makes of a field's address that several branches share. */
#ifdef __bpf__
#define RPOL_CONTEXT __attribute__((preserve_static_offset))
#else
#define RPOL_CONTEXT
#endif

/* ---- XDP --------------------------------------------------------------------------------- */

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
} RPOL_CONTEXT;

enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

/* ---- TC ---------------------------------------------------------------------------------- */

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__u64 flow_keys;
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	__u64 sk;
	__u32 gso_size;
} RPOL_CONTEXT;

enum { TC_ACT_UNSPEC = -1, TC_ACT_OK = 0, TC_ACT_SHOT = 2 };

enum {
	BPF_F_RECOMPUTE_CSUM = 1 << 0, /* bpf_skb_store_bytes */
	BPF_F_PSEUDO_HDR = 1 << 4,     /* bpf_l4_csum_replace */
	BPF_F_MARK_MANGLED_0 = 1 << 5,
};

/* ---- routing ----------------------------------------------------------------------------- */

enum { RPOL_AF_INET = 2, RPOL_AF_INET6 = 10 };

enum { BPF_FIB_LOOKUP_DIRECT = 1 << 0, BPF_FIB_LOOKUP_OUTPUT = 1 << 1 };

enum {
	BPF_FIB_LKUP_RET_SUCCESS = 0,
	BPF_FIB_LKUP_RET_NO_NEIGH = 7,
	BPF_FIB_LKUP_RET_FRAG_NEEDED = 8,
};

struct bpf_fib_lookup {
	__u8 family;
	__u8 l4_protocol;
	__u16 sport;
	__u16 dport;
	__u16 tot_len; /* bytes of the IP packet; 0: do not compare with the MTU */
	__u32 ifindex; /* in: came in, or with OUTPUT leaves by; out: leaves by */
	union {
		__u8 tos;	/* IPv4 */
		__u32 flowinfo; /* IPv6, network order */
	};
	union {
		__u32 ipv4_src;
		__u32 ipv6_src[4];
	};
	union {
		__u32 ipv4_dst;
		__u32 ipv6_dst[4];
	};
	__u32 tbid;
	__u8 smac[6];
	__u8 dmac[6];
};

/* ---- helpers ----------------------------------------------------------------------------- */

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static long (*const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from,
					 __u32 length, __u64 flags) = (void *)9;
static long (*const bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to,
					 __u64 flags) = (void *)10;
static long (*const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to,
					 __u64 flags) = (void *)11;
static long (*const bpf_skb_vlan_push)(struct __sk_buff *skb, __u16 type, __u16 tci) = (void *)18;
static long (*const bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *)19;
static long (*const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)23;
static long (*const bpf_skb_load_bytes)(const struct __sk_buff *skb, __u32 offset, void *to,
					__u32 length) = (void *)26;
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 length) = (void *)39;
static long (*const bpf_xdp_adjust_head)(struct xdp_md *xdp, int delta) = (void *)44;
static long (*const bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;
static long (*const bpf_fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int size,
				    __u32 flags) = (void *)69;
static __u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*const bpf_loop)(__u32 count, long (*step)(__u64 number, void *arg), void *arg,
			      __u64 flags) = (void *)181;
static __u64 (*const bpf_xdp_get_buff_len)(struct xdp_md *xdp) = (void *)188;
static __u64 (*const bpf_ktime_get_tai_ns)(void) = (void *)208; /* 6.1 */
static long (*const bpf_xdp_load_bytes)(struct xdp_md *xdp, __u32 offset, void *to,
					__u32 length) = (void *)189;
static long (*const bpf_xdp_store_bytes)(struct xdp_md *xdp, __u32 offset, void *from,
					 __u32 length) = (void *)190;

/* ---- the compiler ------------------------------------------------------------------------- */

#define SEC(name) __attribute__((section(name), used))
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))

/* Map definitions as BTF: an integer is an array's length, a type a pointer's target. */
#define __uint(name, value) int(*name)[value]
#define __type(name, type) __typeof__(type) *name

/* Host and network order; constants fold. Objects are little-endian. */
#define be16(x) ((__u16)__builtin_bswap16(x))
#define be32(x) ((__u32)__builtin_bswap32(x))

/* Tail call with a constant index, which the JIT turns into a direct jump. Written in assembly
 * because clang would merge two calls into one with a variable index, which is an indirect jump. */
#define RPOL_TAIL_CALL(ctx, map, index)                                                            \
	asm volatile("r1 = %[c]\n\tr2 = %[m]\n\tr3 = %[i]\n\tcall 12" ::[c] "r"(ctx),              \
		     [m] "r"(map), [i] "i"(index)                                                  \
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory")

#endif
