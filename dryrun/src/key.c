/* key.c: the values of fields, one after the other. */
#include "key.h"

#include <string.h>

#include "bytes.h"
#include "fields.h"

bool rpol_packet_key(const struct rpol_packet *packet, const struct rpol_interface *iface,
		     const enum rpol_field *fields, size_t nfields, uint8_t out[RPOL_MAX_KEY])
{
	for (size_t i = 0; i < nfields; i++) {
		const struct rpol_addr *addr;
		const uint8_t *mac;
		uint32_t number = 0;

		switch (rpol_field_info(fields[i])->type) {
		case RPOL_TYPE_ADDR:
			addr = rpol_packet_addr(packet, fields[i]);
			if (!addr)
				return false;
			memset(out, 0, 16);
			if (addr->family == 4) {
				out[10] = out[11] = 0xff;
				memcpy(out + 12, addr->bytes, 4);
			} else {
				memcpy(out, addr->bytes, 16);
			}
			break;
		case RPOL_TYPE_MAC:
			mac = rpol_packet_mac(packet, fields[i]);
			if (!mac)
				return false;
			memcpy(out, mac, 6);
			break;
		case RPOL_TYPE_IFACE:
			put_be32(out, iface->index - iface->ordinal + 1);
			break;
		default:
			if (!rpol_packet_number(packet, fields[i], &number))
				return false;
			put_be32(out, number);
			break;
		}
		out += rpol_key_field_size(fields[i]);
	}
	return true;
}
