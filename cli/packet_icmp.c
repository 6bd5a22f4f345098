/* SPDX-License-Identifier: GPL-2.0-only */
#include "packet_icmp.h"

#include "address.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ANY	     256 /* of the codes */

enum { SOLICITATION = 135, ADVERTISEMENT };

/* What the rest of the header is. */
enum rest { NOTHING, ECHO, MTU, GATEWAY };

struct message {
	uint16_t type, code;
	enum rest rest;
	const char *text;
};

/* IANA, "ICMP Parameters". The first row that fits counts. */
static const struct message icmp4_messages[] = {
	{ 8, ANY, ECHO, "echo request" },
	{ 0, ANY, ECHO, "echo reply" },
	{ 3, 0, NOTHING, "network unreachable" },
	{ 3, 1, NOTHING, "host unreachable" },
	{ 3, 2, NOTHING, "protocol unreachable" },
	{ 3, 3, NOTHING, "port unreachable" },
	{ 3, 4, MTU, "fragmentation needed" }, /* RFC 1191, 4 */
	{ 3, 5, NOTHING, "source route failed" },
	{ 3, 6, NOTHING, "network unknown" },
	{ 3, 7, NOTHING, "host unknown" },
	{ 3, 9, NOTHING, "network prohibited" },
	{ 3, 10, NOTHING, "host prohibited" },
	{ 3, 13, NOTHING, "prohibited by a filter" },
	{ 3, ANY, NOTHING, "unreachable" },
	{ 4, ANY, NOTHING, "source quench" },
	{ 5, ANY, GATEWAY, "redirect" },
	{ 9, ANY, NOTHING, "router advertisement" },
	{ 10, ANY, NOTHING, "router solicitation" },
	{ 11, 0, NOTHING, "time exceeded on the way" },
	{ 11, 1, NOTHING, "time exceeded at reassembly" },
	{ 12, ANY, NOTHING, "parameter problem" },
	{ 13, ANY, ECHO, "timestamp request" },
	{ 14, ANY, ECHO, "timestamp reply" },
};

/* IANA, "ICMPv6 Parameters" */
static const struct message icmp6_messages[] = {
	{ 128, ANY, ECHO, "echo request" },
	{ 129, ANY, ECHO, "echo reply" },
	{ SOLICITATION, ANY, NOTHING, "neighbour solicitation" },
	{ ADVERTISEMENT, ANY, NOTHING, "neighbour advertisement" },
	{ 133, ANY, NOTHING, "router solicitation" },
	{ 134, ANY, NOTHING, "router advertisement" },
	{ 137, ANY, NOTHING, "redirect" },
	{ 1, 0, NOTHING, "no route" },
	{ 1, 1, NOTHING, "prohibited by a filter" },
	{ 1, 2, NOTHING, "beyond the source's scope" },
	{ 1, 3, NOTHING, "host unreachable" },
	{ 1, 4, NOTHING, "port unreachable" },
	{ 1, 5, NOTHING, "source address refused" },
	{ 1, 6, NOTHING, "route rejects" },
	{ 1, ANY, NOTHING, "unreachable" },
	{ 2, ANY, MTU, "packet too big" },
	{ 3, 0, NOTHING, "time exceeded on the way" },
	{ 3, 1, NOTHING, "time exceeded at reassembly" },
	{ 4, ANY, NOTHING, "parameter problem" },
	{ 130, ANY, NOTHING, "multicast query" },
	{ 131, ANY, NOTHING, "multicast report" },
	{ 132, ANY, NOTHING, "multicast done" },
	{ 143, ANY, NOTHING, "multicast report v2" },
};

static const struct message *find(const struct message *list, size_t count,
				  const struct dissected *packet)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].type == packet->icmp_type &&
		    (list[i].code == ANY || list[i].code == packet->icmp_code))
			return &list[i];
	}
	return NULL;
}

static void put_rest(enum rest rest, const struct dissected *packet, struct buf *out)
{
	uint32_t value = packet->icmp_rest;
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			     (uint8_t)value };

	switch (rest) {
	case ECHO:
		buf_text(out, " id ");
		buf_u64(out, value >> 16);
		buf_text(out, " seq ");
		buf_u64(out, value & 0xffff);
		break;
	case MTU: /* of ICMP the upper half is unused */
		buf_text(out, " mtu ");
		buf_u64(out, packet->ip_version == 4 ? value & 0xffff : value);
		break;
	case GATEWAY:
		buf_text(out, " to ");
		buf_ip(out, bytes, 4);
		break;
	case NOTHING:
		break;
	}
}

static bool is_neighbour(const struct dissected *packet)
{
	return packet->icmp_type == SOLICITATION || packet->icmp_type == ADVERTISEMENT;
}

/* RFC 4861, 4.3 and 4.4. A solicitation without an address of its own is that of duplicate address
 * detection or a probe whether the neighbour is still there. */
static void put_neighbour(const struct dissected *packet, struct buf *out)
{
	bool asks = packet->icmp_type == SOLICITATION;

	if (asks)
		buf_text(out, "who has ");
	buf_ip(out, packet->nd_target, 16);
	if (packet->has_nd_mac) {
		buf_text(out, asks ? " tell " : " is at ");
		buf_mac(out, &packet->nd_mac);
	} else if (!asks) {
		buf_text(out, " is here");
	}
}

static void put_number(const struct dissected *packet, struct buf *out)
{
	buf_text(out, "type ");
	buf_u64(out, packet->icmp_type);
	buf_text(out, " code ");
	buf_u64(out, packet->icmp_code);
}

bool packet_icmp(const struct dissected *packet, struct buf *out)
{
	bool v4 = packet->ip_version == 4, whole = packet->depth == DISSECT_UPPER;
	const struct message *message = v4 ? find(icmp4_messages, COUNT(icmp4_messages), packet)
					   : find(icmp6_messages, COUNT(icmp6_messages), packet);

	if (!v4 && whole && !packet->more_fragments && is_neighbour(packet)) {
		put_neighbour(packet, out);
		return false;
	}
	if (message)
		buf_text(out, message->text);
	else
		put_number(packet, out);
	if (message && whole)
		put_rest(message->rest, packet, out);
	return true;
}
