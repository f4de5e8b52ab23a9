/* uapi.c: prints numbers and layouts of the kernel's BPF interface; built once with our kernel.h
 * and once with the system's headers, which must agree. */
#ifdef OURS
#include "rpol/kernel.h"
#define RPOL_NUMBER_AF_INET RPOL_AF_INET
#define RPOL_NUMBER_AF_INET6 RPOL_AF_INET6
#define HELPER(name) ((long)bpf_##name)
#else
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <sys/socket.h>
#define RPOL_NUMBER_AF_INET AF_INET
#define RPOL_NUMBER_AF_INET6 AF_INET6
#define HELPER(name) ((long)BPF_FUNC_##name)
#endif
int printf(const char *format, ...);

#define NUMBER(name) printf("%s %ld\n", #name, (long)(name))
#define CALL(name) printf("helper %s %ld\n", #name, HELPER(name))
#define SIZE(type) printf("%s: %zu bytes\n", #type, sizeof(type))
#define MEMBER(type, member)                                                                       \
	printf("%s.%s at %zu, %zu bytes\n", #type, #member, __builtin_offsetof(type, member),      \
	       sizeof(((type *)0)->member))

int main(void)
{
	NUMBER(BPF_MAP_TYPE_HASH);
	NUMBER(BPF_MAP_TYPE_ARRAY);
	NUMBER(BPF_MAP_TYPE_PROG_ARRAY);
	NUMBER(BPF_MAP_TYPE_PERCPU_ARRAY);
	NUMBER(BPF_MAP_TYPE_LPM_TRIE);
	NUMBER(BPF_MAP_TYPE_DEVMAP_HASH);
	NUMBER(BPF_F_NO_PREALLOC);
	NUMBER(BPF_F_MMAPABLE);
	NUMBER(BPF_F_RECOMPUTE_CSUM);
	NUMBER(BPF_F_PSEUDO_HDR);
	NUMBER(BPF_F_MARK_MANGLED_0);
	NUMBER(XDP_ABORTED);
	NUMBER(XDP_DROP);
	NUMBER(XDP_PASS);
	NUMBER(XDP_TX);
	NUMBER(XDP_REDIRECT);
	NUMBER(TC_ACT_UNSPEC);
	NUMBER(TC_ACT_OK);
	NUMBER(TC_ACT_SHOT);
	NUMBER(BPF_FIB_LOOKUP_DIRECT);
	NUMBER(BPF_FIB_LOOKUP_OUTPUT);
	NUMBER(BPF_FIB_LKUP_RET_SUCCESS);
	NUMBER(BPF_FIB_LKUP_RET_NO_NEIGH);
	NUMBER(BPF_FIB_LKUP_RET_FRAG_NEEDED);
	NUMBER(RPOL_NUMBER_AF_INET);
	NUMBER(RPOL_NUMBER_AF_INET6);

	CALL(map_lookup_elem);
	CALL(skb_store_bytes);
	CALL(l3_csum_replace);
	CALL(l4_csum_replace);
	CALL(skb_vlan_push);
	CALL(skb_vlan_pop);
	CALL(redirect);
	CALL(skb_load_bytes);
	CALL(skb_pull_data);
	CALL(xdp_adjust_head);
	CALL(redirect_map);
	CALL(fib_lookup);
	CALL(xdp_load_bytes);
	CALL(xdp_store_bytes);

	SIZE(struct xdp_md);
	MEMBER(struct xdp_md, data);
	MEMBER(struct xdp_md, data_end);
	MEMBER(struct xdp_md, ingress_ifindex);
	/* The kernel's structure may have grown at its end: offsets are what matters. */
	MEMBER(struct __sk_buff, len);
	MEMBER(struct __sk_buff, vlan_present);
	MEMBER(struct __sk_buff, vlan_tci);
	MEMBER(struct __sk_buff, vlan_proto);
	MEMBER(struct __sk_buff, ingress_ifindex);
	MEMBER(struct __sk_buff, ifindex);
	MEMBER(struct __sk_buff, data);
	MEMBER(struct __sk_buff, data_end);
	MEMBER(struct __sk_buff, gso_size);

	SIZE(struct bpf_fib_lookup);
	MEMBER(struct bpf_fib_lookup, family);
	MEMBER(struct bpf_fib_lookup, l4_protocol);
	MEMBER(struct bpf_fib_lookup, sport);
	MEMBER(struct bpf_fib_lookup, dport);
	MEMBER(struct bpf_fib_lookup, tot_len);
	MEMBER(struct bpf_fib_lookup, ifindex);
	MEMBER(struct bpf_fib_lookup, tos);
	MEMBER(struct bpf_fib_lookup, flowinfo);
	MEMBER(struct bpf_fib_lookup, ipv4_src);
	MEMBER(struct bpf_fib_lookup, ipv6_src);
	MEMBER(struct bpf_fib_lookup, ipv4_dst);
	MEMBER(struct bpf_fib_lookup, ipv6_dst);
	MEMBER(struct bpf_fib_lookup, smac);
	MEMBER(struct bpf_fib_lookup, dmac);
	return 0;
}
