/* SPDX-License-Identifier: GPL-2.0-only */
#include "dissect.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

/* not in netinet/in.h */
#define PROTO_MOBILITY 135

struct reader {
	const uint8_t *data;
	uint64_t at, captured;
	uint64_t end; /* on the wire, of the innermost layer that says its length; never below at */
	struct dissected *out;
};

static uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static bool malformed(struct reader *r)
{
	r->out->cut = DISSECT_MALFORMED;
	return false;
}

/* The next bytes; the reader is behind them then. NULL: they are not there. */
static const uint8_t *take(struct reader *r, uint64_t bytes)
{
	if (bytes > r->end - r->at) {
		malformed(r);
		return NULL;
	}
	if (r->at + bytes > r->captured) {
		if (r->out->cut == DISSECT_WHOLE)
			r->out->cut = DISSECT_SNAPPED;
		return NULL;
	}
	r->at += bytes;
	return r->data + r->at - bytes;
}

/* Go on behind bytes that nobody needs, captured or not. */
static bool skip(struct reader *r, uint64_t bytes)
{
	if (bytes > r->end - r->at)
		return malformed(r);
	r->at += bytes;
	return true;
}

/* A layer says that it has so many bytes from there on. What is too long is read as far as the
 * frame goes. */
static bool bound(struct reader *r, uint64_t from, uint64_t bytes)
{
	if (from + bytes < r->at)
		return malformed(r);
	if (from + bytes > r->end)
		malformed(r);
	else
		r->end = from + bytes;
	return true;
}

static void payload_is_here(struct reader *r)
{
	r->out->has_payload = true;
	r->out->payload = (uint32_t)(r->end - r->at);
}

/* ---- what is in an IP packet. The reader is behind IP, and its end is the packet's. */

static bool read_ports(struct reader *r)
{
	const uint8_t *at = take(r, 4);

	if (!at)
		return false;
	r->out->has_ports = true;
	r->out->src_port = be16(at);
	r->out->dst_port = be16(at + 2);
	r->out->depth = DISSECT_PORTS;
	return true;
}

/* RFC 9293, 3.1 */
static bool read_tcp(struct reader *r)
{
	struct dissected *out = r->out;
	const uint8_t *at = read_ports(r) ? take(r, 16) : NULL;

	if (!at)
		return false;
	if (at[8] >> 4 < 5 || !skip(r, (at[8] >> 4) * 4u - 20))
		return malformed(r);
	out->tcp_seq = be32(at);
	out->tcp_ack = be32(at + 4);
	out->tcp_flags = be16(at + 8) & 0x1ff; /* with AE (RFC 9768), once NS */
	out->tcp_window = be16(at + 10);
	return true;
}

/* RFC 768. The length may be 0 in IPv6 (RFC 2675, 4), and in a first fragment it is that of all of
 * them. */
static bool read_udp(struct reader *r)
{
	const uint8_t *at = read_ports(r) ? take(r, 4) : NULL;
	uint16_t length;

	if (!at)
		return false;
	length = be16(at);
	if (length < 8 && (length || r->out->ip_version == 4))
		return malformed(r);
	r->out->udp_length = length;
	if (!length)
		return true;
	if (r->out->more_fragments && length > r->end - r->at + 8)
		return true;
	return bound(r, r->at - 8, length);
}

/* RFC 9260, 3.1 */
static bool read_sctp(struct reader *r)
{
	return read_ports(r) && take(r, 8);
}

/* RFC 3828: in place of the length is how much the checksum covers */
static bool read_udplite(struct reader *r)
{
	return read_ports(r) && take(r, 4);
}

/* RFC 4340, 5.1 */
static bool read_dccp(struct reader *r)
{
	const uint8_t *at = read_ports(r) ? take(r, 8) : NULL;

	if (!at)
		return false;
	return at[0] < 3 ? malformed(r) : skip(r, at[0] * 4u - 12);
}

/* RFC 792: all messages have 8 bytes of header. RFC 4443, 2.1: those of ICMPv6 have 4, and all that
 * there are have 4 more. */
static bool read_icmp(struct reader *r)
{
	const uint8_t *at = take(r, 2);

	if (!at)
		return false;
	r->out->icmp_type = at[0];
	r->out->icmp_code = at[1];
	r->out->depth = DISSECT_PORTS;
	at = take(r, 6);
	if (!at)
		return false;
	r->out->icmp_rest = be32(at + 2);
	return true;
}

/* RFC 4861, 4.6: options. In a solicitation the one that tells an address is of type 1 (source), in
 * an advertisement of type 2 (target). */
static bool read_nd_options(struct reader *r, uint8_t wanted)
{
	while (r->at < r->end) {
		const uint8_t *at = take(r, 8);

		if (!at)
			return false;
		if (at[1] == 0)
			return malformed(r);
		if (at[0] == wanted && at[1] == 1) { /* RFC 2464, 6: of Ethernet */
			r->out->has_nd_mac = true;
			memcpy(&r->out->nd_mac, at + 2, sizeof(mac_addr));
		}
		if (!skip(r, at[1] * 8u - 8))
			return false;
	}
	return true;
}

/* RFC 4861, 4.3 and 4.4 */
static bool read_icmp6(struct reader *r)
{
	enum { SOLICITATION = 135, ADVERTISEMENT };
	const uint8_t *at;
	uint64_t payload;
	uint8_t type;

	if (!read_icmp(r))
		return false;
	payload = r->at;
	type = r->out->icmp_type;
	if ((type != SOLICITATION && type != ADVERTISEMENT) || r->out->more_fragments)
		return true;
	at = take(r, 16);
	if (!at)
		return false;
	memcpy(r->out->nd_target, at, 16);
	if (!read_nd_options(r, type == SOLICITATION ? 1 : 2))
		return false;
	r->at = payload;
	return true;
}

static const struct upper {
	uint8_t protocol, ip_version; /* 0: any */
	bool (*read)(struct reader *r);
} uppers[] = {
	{ IPPROTO_TCP, 0, read_tcp },	{ IPPROTO_UDP, 0, read_udp },
	{ IPPROTO_ICMP, 4, read_icmp }, { IPPROTO_ICMPV6, 6, read_icmp6 },
	{ IPPROTO_SCTP, 0, read_sctp }, { IPPROTO_UDPLITE, 0, read_udplite },
	{ IPPROTO_DCCP, 0, read_dccp },
};

static bool read_upper(struct reader *r)
{
	struct dissected *out = r->out;

	for (size_t i = 0; i < sizeof(uppers) / sizeof(uppers[0]) && !out->fragment_offset; i++) {
		const struct upper *upper = &uppers[i];

		if (upper->protocol != out->protocol ||
		    (upper->ip_version && upper->ip_version != out->ip_version))
			continue;
		if (!upper->read(r))
			return false;
		out->depth = DISSECT_UPPER;
		break;
	}
	payload_is_here(r);
	return true;
}

/* ---- IP */

static void set_fragment(struct dissected *out, uint32_t offset, bool more)
{
	out->fragment_offset = offset;
	out->more_fragments = more;
	out->is_fragment = offset || more;
}

/* RFC 791, 3.1 */
static bool read_ip4(struct reader *r)
{
	struct dissected *out = r->out;
	uint64_t from = r->at;
	const uint8_t *at = take(r, 20);
	uint16_t total;

	if (!at)
		return false;
	if (at[0] >> 4 != 4 || (at[0] & 15) < 5)
		return malformed(r);
	total = be16(at + 2);
	set_fragment(out, (be16(at + 6) & 0x1fff) * 8u, at[6] & 0x20);
	out->ip_version = 4;
	out->ttl = at[8];
	out->protocol = at[9];
	out->address = 4;
	memcpy(out->src, at + 12, 4);
	memcpy(out->dst, at + 16, 4);
	out->depth = DISSECT_PROTOCOL;
	/* 0: longer than 65535, as Linux has it before segmentation (BIG TCP, since 6.3) */
	if (total && !bound(r, from, total))
		return false;
	return skip(r, (at[0] & 15) * 4u - 20) && read_upper(r);
}

static bool is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS ||
	       protocol == IPPROTO_AH || protocol == PROTO_MOBILITY;
}

/* RFC 8200, 4: a header begins with the type of the next one and its own length in units of 8
 * bytes, without the first 8. That of AH is in units of 4 bytes (RFC 4302, 2.2), and a fragment's
 * has no length. */
static bool read_extensions(struct reader *r, uint8_t next)
{
	while (is_extension(next) && !r->out->fragment_offset) {
		const uint8_t *at = take(r, 8);
		unsigned int rest;

		if (!at)
			return false;
		rest = next == IPPROTO_AH ? at[1] * 4u : at[1] * 8u;
		if (next == IPPROTO_FRAGMENT) {
			set_fragment(r->out, be16(at + 2) & 0xfff8, at[3] & 1);
			rest = 0;
		}
		if (!skip(r, rest))
			return false;
		next = at[0];
	}
	r->out->protocol = next;
	r->out->depth = DISSECT_PROTOCOL;
	return true;
}

/* RFC 8200, 3 */
static bool read_ip6(struct reader *r)
{
	struct dissected *out = r->out;
	const uint8_t *at = take(r, 40);
	uint16_t length;

	if (!at)
		return false;
	if (at[0] >> 4 != 6)
		return malformed(r);
	length = be16(at + 4);
	out->ip_version = 6;
	out->ttl = at[7];
	out->address = 16;
	memcpy(out->src, at + 8, 16);
	memcpy(out->dst, at + 24, 16);
	out->depth = DISSECT_ADDRESSES;
	/* RFC 2675: the length of a jumbogram is 0, and in a hop-by-hop option */
	if ((length || at[6] != IPPROTO_HOPOPTS) && !bound(r, r->at, length))
		return false;
	return read_extensions(r, at[6]) && read_upper(r);
}

/* ---- Ethernet */

/* RFC 826. Of other hardware or protocols (addresses of other lengths) nothing is known. */
static bool read_arp(struct reader *r)
{
	static const uint8_t ip4_on_ethernet[6] = { 0, 1, 8, 0, 6, 4 };
	struct dissected *out = r->out;
	const uint8_t *at = take(r, 8), *addresses;

	if (!at)
		return false;
	if (memcmp(at, ip4_on_ethernet, sizeof(ip4_on_ethernet)) != 0)
		return true;
	addresses = take(r, 20);
	if (!addresses)
		return false;
	out->arp_op = be16(at + 6);
	memcpy(&out->arp_src_mac, addresses, 6);
	memcpy(out->src, addresses + 6, 4);
	memcpy(&out->arp_dst_mac, addresses + 10, 6);
	memcpy(out->dst, addresses + 16, 4);
	out->address = 4;
	out->depth = DISSECT_UPPER;
	return true;
}

/* IEEE 802.3, 3.2; IEEE 802.1Q, 9.6 */
static bool read_ethernet(struct reader *r)
{
	struct dissected *out = r->out;
	const uint8_t *at = take(r, 12);

	if (!at)
		return false;
	memcpy(&out->dst_mac, at, 6);
	memcpy(&out->src_mac, at + 6, 6);
	out->depth = DISSECT_MACS;
	while ((at = take(r, 2))) {
		out->ethertype = be16(at);
		if (out->vlans == DISSECT_TAGS ||
		    (out->ethertype != ETH_P_8021Q && out->ethertype != ETH_P_8021AD))
			break;
		at = take(r, 2);
		if (!at)
			return false;
		out->vlan[out->vlans++] = be16(at) & 0xfff;
	}
	if (at)
		out->depth = DISSECT_TYPE;
	return at;
}

void dissect(const void *data, uint32_t captured, uint32_t length, struct dissected *out)
{
	struct reader r = { .data = data, .captured = captured, .end = length, .out = out };

	*out = (struct dissected){ 0 };
	if (!read_ethernet(&r))
		return;
	switch (out->ethertype) {
	case ETH_P_IP:
		read_ip4(&r);
		break;
	case ETH_P_IPV6:
		read_ip6(&r);
		break;
	case ETH_P_ARP:
		read_arp(&r);
		break;
	default:
		if (out->ethertype < DISSECT_ETHERTYPES)
			bound(&r, r.at, out->ethertype);
		payload_is_here(&r);
	}
}
