/* flow.h: the hash of a packet's flow, as docs/packets.md says. Only programs that ask for it
 * include it: clang keeps a function that the verifier checks on its own even where nobody calls
 * it. */
#ifndef RPOL_FLOW_H
#define RPOL_FLOW_H

/* murmur3_32 over the addresses, the ports when all fragments would have them, and the protocol. A
 * function of its own: it needs more registers than a policy has to spare. */
__noinline __u32 rpol_flow_hash(const struct rpol_pkt *p)
{
	__u32 hash = 0, length = 4;

	if (!p || !(p->has & RPOL_IP))
		return 0;
	rpol_murmur(&hash, p->src.w[0]);
	if (p->has & RPOL_IP6) {
		rpol_murmur(&hash, p->src.w[1]);
		rpol_murmur(&hash, p->src.w[2]);
		rpol_murmur(&hash, p->src.w[3]);
		rpol_murmur(&hash, p->dst.w[0]);
		rpol_murmur(&hash, p->dst.w[1]);
		rpol_murmur(&hash, p->dst.w[2]);
		rpol_murmur(&hash, p->dst.w[3]);
		length += 32;
	} else {
		rpol_murmur(&hash, p->dst.w[0]);
		length += 8;
	}
	if (p->has & RPOL_PORTS && !(p->has & RPOL_FRAGMENT)) {
		rpol_murmur(&hash, be32((__u32)p->sport << 16 | p->dport));
		length += 4;
	}
	rpol_murmur(&hash, p->has & RPOL_PROTO ? be32(p->proto) : 0);

	return rpol_murmur_end(hash, length);
}

#endif
