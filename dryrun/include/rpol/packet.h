/* packet.h: what a frame says, read the slow and plain way.
 *
 * The reference reading of docs/language.md, "Packets". Shares nothing with runtime-bpf/: were
 * both to use one parser, comparing the engines would prove nothing. */
#ifndef RPOL_PACKET_H
#define RPOL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpol/addr.h"

/* Everything in host order but addresses. A value is meaningful only where its flag is set. */
struct rpol_packet {
	const uint8_t *data; /* the frame, from its destination MAC on; borrowed */
	size_t length;

	bool malformed;
	bool has_l2; /* both MAC addresses */
	uint8_t eth_dst[6], eth_src[6];
	bool has_eth; /* EtherType after the tags read */
	uint16_t eth_type;
	unsigned ntags;	  /* 0..2 */
	uint16_t vlan[2]; /* VLAN IDs, outer first */
	uint8_t vlan_pcp; /* the outer tag's priority */

	bool has_arp;
	uint16_t arp_op;
	bool has_mpls;
	uint32_t mpls_label; /* the outermost */

	bool has_ip;	  /* a whole IPv4 header with options, or IPv6 fixed header */
	uint8_t family;	  /* 4 or 6 */
	size_t ip_offset; /* from data */
	size_t ip_length; /* as stated by the header */
	struct rpol_addr src, dst;
	uint8_t ttl, dscp, ecn;
	bool options; /* IPv4: header longer than 20 bytes; IPv6: hop-by-hop header */
	bool fragment, fragment_later;
	uint16_t ip4_id; /* IPv4 */
	bool ip4_df;
	bool ip4_options;
	uint32_t ip6_flow; /* IPv6 */
	bool ip6_ext;	   /* the fixed header is followed by an extension header */

	bool has_proto;
	uint8_t proto;
	size_t l4_offset; /* from data; what follows the headers of IP */

	bool has_ports;
	uint16_t sport, dport;
	bool has_tcp;
	uint8_t tcp_flags;
	bool has_udp;
	uint16_t udp_len;
	bool has_icmp;
	uint8_t icmp_type, icmp_code;
	bool has_icmp6;
	uint8_t icmp6_type, icmp6_code;
	bool has_gre, has_gre_key;
	uint16_t gre_proto;
	uint32_t gre_key;
	bool has_vxlan;
	uint32_t vxlan_vni;

	/* What the kernel keeps beside the frame; at XDP there is no such thing. */
	uint32_t mark, priority;

	/* What a dry run gives it; rpol_packet_read leaves them 0. */
	uint64_t time_ns; /* since the epoch */
	uint32_t random;
};

/* Reads an Ethernet frame of any length, 0 included. Never fails: what is not whole is absent. */
void rpol_packet_read(const uint8_t *data, size_t length, struct rpol_packet *out);

/* murmur3_32 (seed 0) over the flow: source address, destination address, then when there are
 * ports and the packet is no fragment (sport << 16 | dport) as a big-endian word, then the protocol
 * as a big-endian word (0 when unknown). For choosing a bucket: (hash * 256) >> 32. 0 when !has_ip.
 */
uint32_t rpol_packet_flow_hash(const struct rpol_packet *packet);

#endif
