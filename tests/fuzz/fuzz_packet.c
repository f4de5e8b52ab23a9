/* fuzz_packet.c: any bytes are a frame. What the reader says of it must lie within it and agree
 * with itself. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "rpol/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): that is gone in builds with NDEBUG. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpol_packet p;

	rpol_packet_read(data, size, &p);
	REQUIRE(p.data == data && p.length == size);
	REQUIRE(p.ntags <= 2);
	REQUIRE(p.has_eth || (p.malformed && !p.has_ip));
	REQUIRE(!p.has_eth || size >= 14 + 4 * p.ntags);
	for (unsigned i = 0; i < p.ntags; i++)
		REQUIRE(p.vlan[i] < 4096);
	if (p.has_ip) {
		size_t header = p.family == 4 ? 20 : 40;
		REQUIRE(p.family == 4 || p.family == 6);
		REQUIRE(p.eth_type == (p.family == 4 ? 0x0800 : 0x86dd));
		REQUIRE(p.ip_offset == 14 + 4 * p.ntags);
		REQUIRE(p.ip_length >= header && p.ip_length <= size - p.ip_offset);
		REQUIRE(p.src.family == p.family && p.dst.family == p.family);
		REQUIRE(p.dscp < 64);
	}
	REQUIRE(p.has_ip || !(p.has_proto || p.fragment || p.options));
	REQUIRE(!p.fragment_later || p.fragment);
	REQUIRE(!p.has_ip || p.has_proto || p.malformed);
	REQUIRE(!p.has_ports || (p.has_proto && !p.fragment_later && !p.malformed));
	REQUIRE(!p.has_tcp || (p.has_ports && p.proto == 6));
	REQUIRE(!p.has_udp || (p.has_ports && p.proto == 17 && p.udp_len >= 8));
	REQUIRE(!p.has_icmp || (p.family == 4 && p.proto == 1 && !p.has_ports));
	REQUIRE(p.has_ip || rpol_packet_flow_hash(&p) == 0);
	rpol_packet_flow_hash(&p);
	return 0;
}
