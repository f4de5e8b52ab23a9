/* hand.bpf.c: small.rpol as somebody would write it by hand who wants the same: up to two VLAN
 * tags, IPv4 with options and fragments, IPv6 without extension headers, packets and bytes of every
 * rule counted. And the empty program. */
#include "rpol/kernel.h"

char LICENSE[] SEC("license") = "GPL";

struct counter {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct counter);
	__uint(max_entries, 11);
} counters SEC(".maps");

static __always_inline int count(struct xdp_md *ctx, __u32 rule, int action)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &rule);

	if (counter) {
		counter->packets++;
		counter->bytes += ctx->data_end - ctx->data;
	}
	return action;
}

SEC("xdp")
int hand(struct xdp_md *ctx)
{
	__u8 *at = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 src = 0, dst = 0, length, four = 0;
	__u16 type, sport = 0, dport = 0;
	__u8 proto, ttl;
	int tcp = 0, udp = 0;

	if (at + 14 > end)
		return count(ctx, 10, XDP_PASS);
	type = *(__u16 *)(at + 12);
	at += 14;
	for (int i = 0; i < 2; i++)
		if (type == be16(0x8100) || type == be16(0x88a8)) {
			if (at + 4 > end)
				return count(ctx, 10, XDP_PASS);
			type = *(__u16 *)(at + 2);
			at += 4;
		}
	if (type == be16(0x0800)) {
		if (at + 20 > end)
			return count(ctx, 10, XDP_PASS);
		__u32 header = (at[0] & 15) * 4;
		int later = *(__u16 *)(at + 6) & be16(0x1fff);

		if (header < 20)
			return count(ctx, 10, XDP_PASS);
		length = be16(*(__u16 *)(at + 2));
		ttl = at[8];
		proto = later ? 0 : at[9];
		src = be32(*(__u32 *)(at + 12));
		dst = be32(*(__u32 *)(at + 16));
		four = 1;
		at += header;
	} else if (type == be16(0x86dd)) {
		if (at + 40 > end)
			return count(ctx, 10, XDP_PASS);
		length = be16(*(__u16 *)(at + 4)) + 40;
		proto = at[6];
		ttl = at[7];
		at += 40;
	} else {
		return count(ctx, 10, XDP_PASS);
	}
	if (proto == 6 && at + 20 <= end)
		tcp = 1;
	else if (proto == 17 && at + 8 <= end)
		udp = 1;
	if (tcp || udp) {
		sport = be16(*(__u16 *)at);
		dport = be16(*(__u16 *)(at + 2));
	}
	if (tcp && dport == 23)
		return count(ctx, 0, XDP_DROP);
	if (tcp && dport == 445)
		return count(ctx, 1, XDP_DROP);
	if (four && src >> 8 == 0xc00002 && tcp && dport == 22)
		return count(ctx, 2, XDP_PASS);
	if (tcp && dport == 22)
		return count(ctx, 3, XDP_DROP);
	if (udp && sport == 123 && length > 468)
		return count(ctx, 4, XDP_DROP);
	if (udp && sport == 11211)
		return count(ctx, 5, XDP_DROP);
	if (four && src >> 24 == 10)
		return count(ctx, 6, XDP_DROP);
	if (four && src >> 20 == 0xac1)
		return count(ctx, 7, XDP_DROP);
	if (ttl < 2)
		return count(ctx, 8, XDP_DROP);
	if (udp && dport == 53 && four && dst >> 8 == 0xcb0071)
		return count(ctx, 9, XDP_PASS);
	return count(ctx, 10, XDP_PASS);
}

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
