/* packetgen.c: random frames, built layer by layer, and spoilt ones. */
#include <string.h>

#include "packetgen.h"

struct build {
	struct dice *dice;
	const struct pool *pool;
	struct frame *frame;
	bool plain;
	uint8_t l4_proto; /* what L4 wrote */
};

static void kind(struct build *b, enum frame_kind kind)
{
	b->frame->kinds |= 1u << kind;
}

static uint8_t *room(struct build *b, size_t size)
{
	uint8_t *at = b->frame->data + b->frame->length;

	if (b->frame->length + size > FRAME_MAX)
		size = FRAME_MAX - b->frame->length;
	b->frame->length += size;
	return at;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static void put_noise(struct build *b, uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)dice_roll(b->dice);
}

static uint32_t number(struct build *b, enum rpol_type type, uint32_t max)
{
	return values_number(b->dice, b->pool, type, max);
}

/* ---- L4 -------------------------------------------------------------------------------------- */

static size_t payload_size(struct build *b, size_t headers)
{
	unsigned how = dice_below(b->dice, 100);

	if (how < 8)
		return 1498 - headers + dice_below(b->dice, 5); /* about the MTU */
	if (how < 14) {
		uint32_t length = number(b, RPOL_TYPE_BOOL, 2800); /* what `len` is compared with */

		return length >= headers && length < 2800 ? length - headers : 0;
	}
	if (how < 16)
		return 1500 + dice_below(b->dice, 1200);
	return dice_below(b->dice, 32);
}

/* The values at which updating a checksum has its corners. Others are noise, as wrong as any. */
static void put_odd_checksum(struct build *b, uint8_t *l4)
{
	static const uint16_t odd[] = {0x0000, 0xffff, 0x0001, 0xfffe};
	size_t at = b->l4_proto == 6						   ? 16
		    : b->l4_proto == 17 || b->l4_proto == 33 || b->l4_proto == 136 ? 6
		    : b->l4_proto == 58						   ? 2
										   : 0;

	if (at && dice_chance(b->dice, 35))
		put16(l4 + at, odd[dice_below(b->dice, 4)]);
}

static void put_l4(struct build *b, size_t headers)
{
	unsigned gre;
	bool udp = false;
	static const uint8_t others[] = {2, 41, 47, 50, 59, 89, 103, 112, 255, 4};
	unsigned which = dice_below(b->dice, 100);
	uint8_t *at = b->frame->data + b->frame->length;
	size_t header = 8, payload;

	if (which < 32) {
		unsigned offset = dice_chance(b->dice, 70) ? 5 : dice_between(b->dice, 5, 15);

		kind(b, FRAME_TCP);
		b->l4_proto = 6;
		header = 4 * offset;
		put_noise(b, at, header);
		at[12] = (uint8_t)(offset << 4 | (at[12] & 15));
		at[13] = dice_chance(b->dice, 60) ? (uint8_t)number(b, RPOL_TYPE_FLAGS, 255)
						  : (uint8_t)(1u << dice_below(b->dice, 8));
	} else if (which < 60) {
		kind(b, FRAME_UDP);
		b->l4_proto = 17;
		udp = true;
		put_noise(b, at, header + 8);
	} else if (which < 66) {
		kind(b, FRAME_SCTP);
		b->l4_proto = 132;
		header = 12;
		put_noise(b, at, header);
	} else if (which < 72 && !b->plain) {
		kind(b, FRAME_DCCP);
		b->l4_proto = 33;
		header = 12;
		put_noise(b, at, header);
	} else if (which < 78 && !b->plain) {
		kind(b, FRAME_UDPLITE);
		b->l4_proto = 136;
		put_noise(b, at, header);
	} else if (which < 88) {
		kind(b, FRAME_ICMP);
		b->l4_proto = 1;
		put_noise(b, at, header);
		at[0] = (uint8_t)(dice_chance(b->dice, 50) ? number(b, RPOL_TYPE_ICMP_TYPE, 255)
							   : dice_below(b->dice, 15));
		at[1] = (uint8_t)number(b, RPOL_TYPE_NUMBER, 5);
	} else if (which < 92) {
		kind(b, FRAME_ICMP6);
		b->l4_proto = 58;
		header = dice_chance(b->dice, 80) ? 8 : 4;
		put_noise(b, at, header);
		at[0] = (uint8_t)number(b, RPOL_TYPE_ICMP6_TYPE, 255);
		at[1] = (uint8_t)number(b, RPOL_TYPE_NUMBER, 5);
	} else if (which < 96) {
		kind(b, FRAME_GRE);
		b->l4_proto = 47;
		gre = dice_chance(b->dice, 60) ? 2 : dice_below(b->dice, 8);
		header = 4;
		put_noise(b, at, 16);
		at[0] = (uint8_t)((gre & 4) << 5 | (gre & 2) << 4 | (gre & 1) << 4 |
				  (at[0] & 0x4f));
		at[1] = (uint8_t)(at[1] & (dice_chance(b->dice, 90) ? 0xf8 : 0xff));
		put16(at + 2, number(b, RPOL_TYPE_ETHERTYPE, 65535));
		header += gre & 4; /* checksum */
		if (gre & 2) {
			put32(at + header, number(b, RPOL_TYPE_NUMBER, UINT32_MAX));
			header += 4;
		}
		header += 4 * (gre & 1); /* sequence number */
	} else {
		kind(b, FRAME_OTHER_L4);
		b->l4_proto = dice_chance(b->dice, 50) || b->plain
				      ? others[dice_below(b->dice, sizeof(others))]
				      : (uint8_t)number(b, RPOL_TYPE_PROTO, 255);
		header = b->plain ? 20 : dice_below(b->dice, 30);
		put_noise(b, at, header);
	}
	if (udp && dice_chance(b->dice, 20)) {
		kind(b, FRAME_VXLAN);
		at[8] = (uint8_t)(dice_chance(b->dice, 85) ? at[8] | 8 : at[8]);
		put32(at + 12, number(b, RPOL_TYPE_NUMBER, 0xffffff) << 8 | at[15]);
	}
	if (b->l4_proto == 6 || b->l4_proto == 17 || b->l4_proto == 132 || b->l4_proto == 33 ||
	    b->l4_proto == 136) {
		put16(at, number(b, RPOL_TYPE_PORT, 65535));
		put16(at + 2, number(b, RPOL_TYPE_PORT, 65535));
	}
	if (b->frame->kinds & 1u << FRAME_VXLAN) {
		put16(at + 2, 4789);
		header += 8;
	}
	put_odd_checksum(b, at);
	b->frame->length += header;
	payload = payload_size(b, headers + header);
	put_noise(b, b->frame->data + b->frame->length, payload > 64 ? 64 : payload);
	room(b, payload);
	if (udp)
		put16(at + 4, (uint32_t)(header + payload));
}

/* ---- IP -------------------------------------------------------------------------------------- */

static uint8_t pick_ttl(struct build *b)
{
	unsigned how = dice_below(b->dice, 100);

	return (uint8_t)(how < 12   ? dice_below(b->dice, 3)
			 : how < 40 ? number(b, RPOL_TYPE_NUMBER, 255)
				    : 64);
}

static uint16_t checksum(const uint8_t *at, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_v4(struct build *b)
{
	static const uint16_t odd_sums[] = {0x0000, 0xffff, 0xfeff, 0x00ff, 0x0100, 0xff00};
	unsigned words = !b->plain && dice_chance(b->dice, 15) ? dice_between(b->dice, 6, 15) : 5;
	unsigned fragment = b->plain ? 99 : dice_below(b->dice, 100);
	size_t start = b->frame->length;
	uint8_t *ip = room(b, 4 * words);

	kind(b, FRAME_V4);
	put_noise(b, ip, 4 * words);
	ip[0] = (uint8_t)(0x40 | words);
	ip[1] = (uint8_t)(number(b, RPOL_TYPE_DSCP, 63) << 2 | dice_below(b->dice, 4));
	if (dice_chance(b->dice, 50))
		put16(ip + 4, number(b, RPOL_TYPE_NUMBER, 65535));
	ip[8] = pick_ttl(b);
	values_addr(b->dice, b->pool, 4, ip + 12);
	values_addr(b->dice, b->pool, 4, ip + 16);
	if (words > 5)
		kind(b, FRAME_OPTIONS);
	if (fragment < 8) {
		put16(ip + 6, 0x2000);
		kind(b, FRAME_FRAGMENT_FIRST);
	} else if (fragment < 18) {
		put16(ip + 6,
		      (dice_chance(b->dice, 50) ? 0x2000u : 0u) | dice_between(b->dice, 1, 0x1fff));
		kind(b, FRAME_FRAGMENT_LATER);
	} else {
		/* nothing, DF, or the reserved bit: none makes a fragment */
		put16(ip + 6, dice_chance(b->dice, 60)	 ? 0x4000
			      : dice_chance(b->dice, 80) ? 0
							 : 0x8000);
	}
	put_l4(b, 4 * words);
	ip[9] = b->l4_proto;
	put16(ip + 2, (uint32_t)(b->frame->length - start));
	put16(ip + 10, 0);
	put16(ip + 10,
	      dice_chance(b->dice, 80)
		      ? checksum(ip, 4 * words)
		      : odd_sums[dice_below(b->dice, sizeof(odd_sums) / sizeof(odd_sums[0]))]);
}

/* An extension header; returns where its next-header byte is. */
static uint8_t *put_extension(struct build *b, uint8_t type)
{
	unsigned n = dice_chance(b->dice, 80) ? dice_below(b->dice, 3) : dice_below(b->dice, 12);
	size_t size = type == 44 ? 8 : type == 51 ? 4 * (n + 2) : 8 * (n + 1);
	uint8_t *at = room(b, size);

	put_noise(b, at, size);
	at[1] = (uint8_t)n;
	if (type == 44) {
		unsigned how = dice_below(b->dice, 4);

		put16(at + 2,
		      how == 0	 ? 0u
		      : how == 1 ? 1u
				 : (dice_below(b->dice, 0x1fff) + 1) << 3 | dice_below(b->dice, 2));
		at[3] |= (uint8_t)(dice_below(b->dice, 4) << 1); /* reserved bits mean nothing */
		kind(b, how == 0   ? FRAME_FRAGMENT_ATOMIC
			: how == 1 ? FRAME_FRAGMENT_FIRST
				   : FRAME_FRAGMENT_LATER);
	}
	return at;
}

static void put_v6(struct build *b)
{
	static const uint8_t types[] = {0, 43, 44, 60, 51, 135, 139, 140, 44, 60};
	unsigned how = b->plain ? 0 : dice_below(b->dice, 100);
	unsigned count = how < 55   ? 0
			 : how < 90 ? dice_between(b->dice, 1, 4)
				    : dice_between(b->dice, 7, 10);
	uint8_t *ip = room(b, 40), *next = ip + 6;
	size_t start = b->frame->length;

	kind(b, FRAME_V6);
	put_noise(b, ip, 40);
	put32(ip, 0x60000000 | number(b, RPOL_TYPE_DSCP, 63) << 22 | dice_below(b->dice, 4) << 20 |
			  number(b, RPOL_TYPE_NUMBER, 0xfffff));
	ip[7] = pick_ttl(b);
	values_addr(b->dice, b->pool, 6, ip + 8);
	values_addr(b->dice, b->pool, 6, ip + 24);
	if (count)
		kind(b, FRAME_EXTENSIONS);
	if (count > 8)
		kind(b, FRAME_EXTENSIONS_9);
	for (unsigned i = 0; i < count; i++) {
		uint8_t type = types[dice_below(b->dice, sizeof(types))];

		/* hop-by-hop belongs first, but may stand anywhere; long chains are atomic, so that
		 * the walk reaches their end */
		if (type == 44 && count > 6)
			type = 60;
		*next = type;
		next = put_extension(b, type);
	}
	put_l4(b, b->frame->length - start + 40);
	*next = b->l4_proto;
	put16(ip + 4, (uint32_t)(b->frame->length - start));
}

/* ---- Ethernet -------------------------------------------------------------------------------- */

static void put_other(struct build *b, uint8_t *type)
{
	static const uint16_t types[] = {0x0806, 0x8847, 0x88cc, 0x05dc,
					 0x0600, 0x0040, 0x9100, 0x8863};
	size_t size = dice_below(b->dice, 64);
	unsigned which = dice_below(b->dice, 100);
	uint8_t *at;

	kind(b, FRAME_OTHER);
	put16(type, dice_chance(b->dice, 60)
			    ? types[dice_below(b->dice, sizeof(types) / sizeof(types[0]))]
			    : number(b, RPOL_TYPE_ETHERTYPE, 65535));
	if (which < 60)
		size = size < 8 && dice_chance(b->dice, 90) ? 8 : size;
	at = room(b, size);
	put_noise(b, at, size);
	if (size < 8)
		return;
	if (which < 30) {
		kind(b, FRAME_ARP);
		put16(type, 0x0806);
		put16(at + 6, number(b, RPOL_TYPE_ARP_OP, dice_chance(b->dice, 80) ? 3 : 65535));
	} else if (which < 60) {
		kind(b, FRAME_MPLS);
		put16(type, dice_chance(b->dice, 70) ? 0x8847 : 0x8848);
		put32(at, number(b, RPOL_TYPE_NUMBER, 0xfffff) << 12 | dice_below(b->dice, 4096));
	}
}

void frame_generate(struct dice *dice, const struct pool *pool, bool plain, struct frame *out)
{
	struct build b = {.dice = dice, .pool = pool, .frame = out, .plain = plain};
	unsigned how = plain ? 0 : dice_below(dice, 100);
	unsigned tags = how < 60 ? 0 : how < 80 ? 1 : how < 94 ? 2 : 3;
	unsigned what = dice_below(dice, plain ? 90 : 100);
	uint8_t *type;

	memset(out, 0, sizeof(*out));
	put_noise(&b, room(&b, 12), 12);
	/* the MAC addresses policies name, often */
	for (unsigned i = 0; i < 12; i += 6)
		if (dice_chance(dice, 40)) {
			memcpy(out->data + i, "\2\0\x5e\0\x53\0", 6);
			out->data[i + 5] = (uint8_t)dice_below(dice, 5);
		}
	out->data[0] &= (uint8_t)(dice_chance(dice, 8) ? 0xff : 0xfe); /* mostly to one station */
	kind(&b, FRAME_TAGS0 + tags);
	for (unsigned i = 0; i < tags; i++) {
		uint8_t *tag = room(&b, 4);

		put16(tag, dice_chance(dice, 60) ? 0x8100 : 0x88a8);
		put16(tag + 2, number(&b, RPOL_TYPE_VLAN, 4095) | dice_below(dice, 16) << 12);
	}
	type = room(&b, 2);
	if (what < 50) {
		put16(type, 0x0800);
		put_v4(&b);
	} else if (what < 90) {
		put16(type, 0x86dd);
		put_v6(&b);
	} else {
		put_other(&b, type);
	}
	if (!plain && dice_chance(dice, 15)) {
		size_t padding = dice_between(dice, 1, 46);

		put_noise(&b, out->data + out->length, padding);
		room(&b, padding);
		kind(&b, FRAME_PADDED);
	}
}

/* ---- spoilt frames --------------------------------------------------------------------------- */

/* Where the IP header begins, or 0. */
static size_t find_ip(const struct frame *frame)
{
	size_t at = 12;

	while (at + 6 <= frame->length &&
	       ((frame->data[at] == 0x81 && frame->data[at + 1] == 0) ||
		(frame->data[at] == 0x88 && frame->data[at + 1] == 0xa8)))
		at += 4;
	return at + 2 < frame->length ? at + 2 : 0;
}

static void lie(struct dice *dice, struct frame *frame)
{
	size_t ip = find_ip(frame), l4;
	uint8_t *data = frame->data;
	unsigned how = dice_below(dice, 6);
	uint16_t delta = (uint16_t)(dice_chance(dice, 70) ? dice_between(dice, 1, 12)
							  : dice_below(dice, 65536));

	if (!ip || ip + 60 > frame->length)
		return;
	if (dice_chance(dice, 60))
		delta = (uint16_t)-delta;
	l4 = ip + ((data[ip] & 0xf0) == 0x40 ? 4u * (data[ip] & 15u) : 40);
	switch (how) {
	case 0: /* total or payload length */
	case 1:
		l4 = ip + ((data[ip] & 0xf0) == 0x40 ? 2 : 4);
		put16(data + l4, (uint32_t)(data[l4] << 8 | data[l4 + 1]) + delta);
		break;
	case 2:
		data[ip] = (uint8_t)((data[ip] & 0xf0) | dice_below(dice, 16));
		break;
	case 3:
		data[ip] = (uint8_t)((data[ip] & 0x0f) | dice_below(dice, 16) << 4);
		break;
	case 4: /* UDP length */
		if (l4 + 6 <= frame->length)
			put16(data + l4 + 4, (uint32_t)(data[l4 + 4] << 8 | data[l4 + 5]) + delta);
		break;
	default: /* TCP data offset, or the length of an extension header */
		if (l4 + 13 <= frame->length) {
			data[l4 + 12] = (uint8_t)(data[l4 + 12] + (dice_below(dice, 16) << 4));
			data[l4 + 1] = (uint8_t)(data[l4 + 1] + delta);
		}
	}
	frame->kinds |= 1u << FRAME_WRONG_LENGTH;
}

void frame_mutate(struct dice *dice, struct frame *frame)
{
	unsigned how = dice_below(dice, 10);

	if (how < 3) {
		size_t headers = frame->length < 160 ? frame->length : 160;

		frame->length = dice_below(
			dice, (uint32_t)(dice_chance(dice, 80) ? headers : frame->length) + 1);
		frame->kinds |= 1u << FRAME_CUT;
	} else if (how < 6) {
		uint32_t reach = (uint32_t)(frame->length < 100 ? frame->length : 100);

		for (unsigned n = dice_between(dice, 1, 4); n && reach; n--)
			frame->data[dice_below(dice, reach)] ^=
				(uint8_t)(1u << dice_below(dice, 8));
		frame->kinds |= 1u << FRAME_FLIPPED;
	} else {
		lie(dice, frame);
	}
}

void frame_inputs(const uint8_t *data, size_t length, uint64_t *time_ns, uint32_t *random)
{
	uint64_t mixed = length;

	for (size_t i = 0; i < length; i++)
		mixed = dice_mix(mixed ^ data[i]);
	*random = (uint32_t)mixed;
	/* two weeks of 2026 */
	*time_ns = (1767225600 + dice_mix(mixed) % (14 * 86400)) * 1000000000 + mixed % 1000000000;
}
