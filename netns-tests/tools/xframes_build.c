/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame is its header, the mark, and bytes that look random. Frames that are too short for their
 * kind's headers and the mark are of the kind raw, with as much of the mark as there is room for.
 */
#include "xframes.h"

#include <string.h>

#define ADDRESSES 12
#define TAG	  4
#define TYPE	  2
#define IP	  20
#define UDP	  8
#define TCP	  20
#define ARP	  28

#define TYPE_TAG 0x8100
#define TYPE_IP	 0x0800
#define TYPE_ARP 0x0806
#define TYPE_RAW 0x88b5 /* IEEE 802: for local experiments */

/* The number comes first, least byte first, so that short frames differ too. */
#define MARK 12
static const uint8_t magic[4] = { 0xf5, 'X', 'F', 0xa9 };

static const struct kind_row {
	uint16_t type;
	uint8_t headers, protocol;
} kinds[] = {
	[KIND_UDP] = { TYPE_IP, IP + UDP, 17 },
	[KIND_TCP] = { TYPE_IP, IP + TCP, 6 },
	[KIND_ARP] = { TYPE_ARP, ARP, 0 },
	[KIND_RAW] = { TYPE_RAW, 0, 0 },
};

static const uint8_t source[FRAME_MAC] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t addresses[8] = { 10, 99, 0, 1, 10, 99, 0, 2 };

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1071, of what a sum has already */
static uint16_t checksum(const uint8_t *data, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* splitmix64: any 64 bits give a sequence of its own. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void fill(const struct plan *plan, uint64_t number, uint8_t *out, size_t size)
{
	uint64_t state = plan->seed * 0x2545f4914f6cdd1du + number;

	for (size_t at = 0; at < size; at += 8) {
		uint64_t word = random_next(&state);

		memcpy(out + at, &word, size - at < 8 ? size - at : 8);
	}
}

static size_t l2_end(const struct plan *plan)
{
	return ADDRESSES + (plan->vlan ? TAG : 0) + TYPE;
}

size_t frame_size(const struct plan *plan, uint64_t number)
{
	return plan->sizes[number % plan->size_count];
}

static enum kind kind_of(const struct plan *plan, uint64_t number)
{
	enum kind kind = plan->kind == KIND_MIXED ? (enum kind)(number % KIND_MIXED) : plan->kind;

	return frame_size(plan, number) < l2_end(plan) + kinds[kind].headers + MARK ? KIND_RAW
										    : kind;
}

static size_t mark_at(const struct plan *plan, uint64_t number)
{
	return l2_end(plan) + kinds[kind_of(plan, number)].headers;
}

static void put_l2(const struct plan *plan, enum kind kind, uint8_t *out)
{
	memcpy(out, plan->dst, FRAME_MAC);
	memcpy(out + FRAME_MAC, source, FRAME_MAC);
	out += ADDRESSES;
	if (plan->vlan) {
		put16(out, TYPE_TAG);
		put16(out + 2, plan->vlan);
		out += TAG;
	}
	put16(out, kinds[kind].type);
}

static void put_mark(uint8_t *at, size_t room, uint64_t number)
{
	uint8_t mark[MARK];

	for (size_t i = 0; i < 8; i++)
		mark[i] = (uint8_t)(number >> 8 * i);
	memcpy(mark + 8, magic, sizeof(magic));
	memcpy(at, mark, room < MARK ? room : MARK);
}

static void put_ip(uint8_t *ip, size_t length, uint64_t number, uint8_t protocol)
{
	memset(ip, 0, IP);
	ip[0] = 0x45;
	put16(ip + 2, length);
	put16(ip + 4, number & 0xffff);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, addresses, sizeof(addresses));
	put16(ip + 10, checksum(ip, IP, 0));
}

/* Ports, lengths and the checksum; what else is in the header stays random. */
static void put_l4(uint8_t *l4, size_t length, uint64_t number, uint8_t protocol)
{
	bool udp = protocol == 17;
	size_t sum_at = udp ? 6 : 16;
	uint16_t sum;

	put16(l4, 1024 + number % 64);
	put16(l4 + 2, 9);
	if (udp) {
		put16(l4 + 4, length);
	} else {
		l4[12] = TCP / 4 << 4;
		l4[13] = 0x10; /* ACK */
		put16(l4 + 18, 0);
	}
	put16(l4 + sum_at, 0);
	/* the pseudo header: addresses, protocol, length */
	sum = checksum(addresses, sizeof(addresses), 0);
	sum = checksum(l4, length, (uint32_t)(uint16_t)~sum + protocol + (uint32_t)length);
	put16(l4 + sum_at, udp && sum == 0 ? 0xffff : sum);
}

static void put_arp(const struct plan *plan, uint8_t *arp)
{
	static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memcpy(arp, request, sizeof(request));
	memcpy(arp + 8, source, FRAME_MAC);
	memcpy(arp + 14, addresses, 4);
	memcpy(arp + 18, plan->dst, FRAME_MAC);
	memcpy(arp + 24, addresses + 4, 4);
}

size_t frame_build(const struct plan *plan, uint64_t number, uint8_t out[static FRAME_MAX])
{
	size_t size = frame_size(plan, number), l3 = l2_end(plan), at = mark_at(plan, number);
	enum kind kind = kind_of(plan, number);
	uint8_t protocol = kinds[kind].protocol;

	fill(plan, number, out, size);
	put_l2(plan, kind, out);
	put_mark(out + at, size - at, number);
	if (kind == KIND_ARP)
		put_arp(plan, out + l3);
	if (protocol) {
		put_ip(out + l3, size - l3, number, protocol);
		put_l4(out + l3 + IP, size - l3 - IP, number, protocol);
	}
	return size;
}

bool frame_is_marked(const struct plan *plan, uint64_t number, size_t captured)
{
	return captured >= mark_at(plan, number) + MARK;
}

static size_t headers_of(const uint8_t *data, size_t at)
{
	size_t type = (size_t)data[at - TYPE] << 8 | data[at - 1];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == type &&
		    (!kinds[i].protocol || data[at + 9] == kinds[i].protocol))
			return kinds[i].headers;
	}
	return 0;
}

bool frame_find_mark(const uint8_t *data, size_t captured, uint64_t *number)
{
	size_t at = ADDRESSES + TYPE;

	if (captured < at + MARK)
		return false;
	if (data[ADDRESSES] == TYPE_TAG >> 8 && data[ADDRESSES + 1] == (TYPE_TAG & 0xff))
		at += TAG;
	if (captured < at + MARK)
		return false;
	at += headers_of(data, at);
	if (captured < at + MARK || memcmp(data + at + 8, magic, sizeof(magic)))
		return false;
	*number = 0;
	for (size_t i = 0; i < 8; i++)
		*number |= (uint64_t)data[at + i] << 8 * i;
	return true;
}
