/* SPDX-License-Identifier: GPL-2.0-only */
#include "packet_text.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "packet_icmp.h"

#define TCP_ACK	  0x10u
#define TCP_FLAGS 9

/* IANA, "Protocol Numbers": what people know by name */
static const char *const protocols[256] = {
	[IPPROTO_ICMP] = "ICMP",
	[IPPROTO_IGMP] = "IGMP",
	[IPPROTO_IPIP] = "IPv4 in IP",
	[IPPROTO_TCP] = "TCP",
	[IPPROTO_UDP] = "UDP",
	[IPPROTO_DCCP] = "DCCP",
	[IPPROTO_GRE] = "GRE",
	[IPPROTO_IPV6] = "IPv6 in IP",
	[IPPROTO_ESP] = "ESP",
	[IPPROTO_AH] = "AH",
	[IPPROTO_ICMPV6] = "ICMP6",
	[89] = "OSPF",
	[IPPROTO_PIM] = "PIM",
	[112] = "VRRP",
	[115] = "L2TP",
	[IPPROTO_SCTP] = "SCTP",
	[IPPROTO_UDPLITE] = "UDP-Lite",
};

/* Returns the end. */
static char *put_flags(char *to, uint16_t flags)
{
	static const char names[TCP_FLAGS] = "FSRP.UEWe";

	for (int i = 0; i < TCP_FLAGS; i++) {
		if (flags >> i & 1)
			*to++ = names[i];
	}
	return to;
}

static bool is_icmp(const struct dissected *packet)
{
	return packet->protocol == (packet->ip_version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* ---- text */

static void put_number(struct buf *out, const char *name, uint64_t value)
{
	buf_text(out, name);
	buf_u64(out, value);
}

static void put_payload(const struct dissected *packet, struct buf *out)
{
	if (!packet->has_payload)
		return;
	put_number(out, ", ", packet->payload);
	buf_text(out, packet->payload == 1 ? " byte" : " bytes");
}

static void put_vlans(const struct dissected *packet, struct buf *out)
{
	for (int i = 0; i < packet->vlans; i++)
		put_number(out, i ? "." : "vlan ", packet->vlan[i]);
	if (packet->vlans)
		buf_text(out, ": ");
}

static void put_type(const struct dissected *packet, struct buf *out)
{
	char text[16];

	if (packet->ethertype == ETH_P_IP || packet->ethertype == ETH_P_IPV6) {
		buf_text(out, packet->ethertype == ETH_P_IP ? "IPv4" : "IPv6");
	} else if (packet->ethertype == ETH_P_ARP) {
		buf_text(out, "ARP");
	} else if (packet->ethertype < DISSECT_ETHERTYPES) {
		buf_text(out, "802.3");
	} else {
		snprintf(text, sizeof(text), "type 0x%04x", packet->ethertype);
		buf_text(out, text);
	}
}

/* What no more is known of than who sent it. */
static void put_frame(const struct dissected *packet, struct buf *out)
{
	if (packet->depth < DISSECT_MACS) {
		buf_text(out, "Ethernet");
		return;
	}
	buf_mac(out, &packet->src_mac);
	buf_text(out, " > ");
	buf_mac(out, &packet->dst_mac);
	if (packet->depth >= DISSECT_TYPE) {
		buf_text(out, ": ");
		put_type(packet, out);
	}
	put_payload(packet, out);
}

static void put_arp(const struct dissected *packet, struct buf *out)
{
	enum { REQUEST = 1, REPLY };

	switch (packet->arp_op) {
	case REQUEST:
		buf_text(out, "ARP who has ");
		buf_ip(out, packet->dst, 4);
		buf_text(out, " tell ");
		buf_ip(out, packet->src, 4);
		break;
	case REPLY:
		buf_text(out, "ARP ");
		buf_ip(out, packet->src, 4);
		buf_text(out, " is at ");
		buf_mac(out, &packet->arp_src_mac);
		break;
	default:
		put_number(out, "ARP op ", packet->arp_op);
		buf_text(out, " of ");
		buf_ip(out, packet->src, 4);
		buf_text(out, " to ");
		buf_ip(out, packet->dst, 4);
	}
}

static void put_tcp(const struct dissected *packet, struct buf *out)
{
	char flags[TCP_FLAGS];

	buf_text(out, " [");
	buf_add(out, flags, (size_t)(put_flags(flags, packet->tcp_flags) - flags));
	put_number(out, "] seq ", packet->tcp_seq);
	if (packet->tcp_flags & TCP_ACK)
		put_number(out, " ack ", packet->tcp_ack);
	put_number(out, " win ", packet->tcp_window);
}

static void put_upper(const struct dissected *packet, struct buf *out)
{
	const char *name = protocols[packet->protocol];

	if (name)
		buf_text(out, name);
	else
		put_number(out, "protocol ", packet->protocol);
	if (is_icmp(packet) && packet->depth >= DISSECT_PORTS) {
		buf_char(out, ' ');
		if (!packet_icmp(packet, out))
			return;
	}
	if (packet->protocol == IPPROTO_TCP && packet->depth == DISSECT_UPPER)
		put_tcp(packet, out);
	put_payload(packet, out);
}

static void put_end(const struct dissected *packet, const uint8_t *ip, uint16_t port,
		    struct buf *out)
{
	buf_ip(out, ip, packet->address);
	if (packet->has_ports)
		put_number(out, ".", port);
}

static void put_ip(const struct dissected *packet, struct buf *out)
{
	put_end(packet, packet->src, packet->src_port, out);
	buf_text(out, " > ");
	put_end(packet, packet->dst, packet->dst_port, out);
	buf_text(out, ": ");
	if (packet->depth >= DISSECT_PROTOCOL)
		put_upper(packet, out);
	else
		put_type(packet, out);
	if (packet->is_fragment)
		put_number(out, ", fragment offset ", packet->fragment_offset);
	if (packet->more_fragments)
		buf_text(out, ", more follow");
}

void packet_text_of(const struct dissected *packet, struct buf *out)
{
	static const char *const mark[] = {
		[DISSECT_WHOLE] = "",
		[DISSECT_SNAPPED] = " [cut]",
		[DISSECT_MALFORMED] = " [malformed]",
	};

	put_vlans(packet, out);
	if (packet->ip_version)
		put_ip(packet, out);
	else if (packet->address)
		put_arp(packet, out);
	else
		put_frame(packet, out);
	buf_text(out, mark[packet->cut]);
}

void packet_text(const void *data, uint32_t captured, uint32_t length, struct buf *out)
{
	struct dissected packet;

	dissect(data, captured, length, &packet);
	packet_text_of(&packet, out);
}

/* ---- fields */

static void field_number(struct sink *sink, const char *key, bool known, uint64_t value)
{
	if (known)
		sink_u64(sink, key, value, UNIT_NONE);
	else
		sink_null(sink, key);
}

static void field_mac(struct sink *sink, const char *key, bool known, const mac_addr *mac)
{
	char text[ADDRESS_TEXT];

	*address_mac(text, mac) = '\0';
	sink_string(sink, key, known ? text : NULL);
}

static void field_ip(struct sink *sink, const char *key, const uint8_t *ip, unsigned int size)
{
	char text[ADDRESS_TEXT] = "";

	if (size)
		*address_ip(text, ip, size) = '\0';
	sink_string(sink, key, size ? text : NULL);
}

static void field_proto(struct sink *sink, const struct dissected *packet)
{
	char text[8] = "ip-";

	if (packet->ethertype == ETH_P_ARP)
		strcpy(text, "arp");
	else if (packet->protocol == IPPROTO_TCP)
		strcpy(text, "tcp");
	else if (packet->protocol == IPPROTO_UDP)
		strcpy(text, "udp");
	else if (is_icmp(packet))
		strcpy(text, packet->ip_version == 4 ? "icmp" : "icmp6");
	else
		*u64_text(text + 3, packet->protocol) = '\0';
	sink_string(sink, "proto",
		    packet->ethertype == ETH_P_ARP || packet->depth >= DISSECT_PROTOCOL ? text
											: NULL);
}

static void field_flags(struct sink *sink, const struct dissected *packet)
{
	char text[TCP_FLAGS + 1];

	*put_flags(text, packet->tcp_flags) = '\0';
	sink_string(sink, "tcp_flags",
		    packet->protocol == IPPROTO_TCP && packet->depth == DISSECT_UPPER ? text
										      : NULL);
}

void packet_fields(struct sink *sink, const struct dissected *packet)
{
	bool ip = packet->ip_version;

	field_mac(sink, "src_mac", packet->depth >= DISSECT_MACS, &packet->src_mac);
	field_mac(sink, "dst_mac", packet->depth >= DISSECT_MACS, &packet->dst_mac);
	sink_list(sink, "vlan", NULL);
	for (int i = 0; i < packet->vlans; i++)
		sink_u64(sink, NULL, packet->vlan[i], UNIT_NONE);
	sink_end(sink);
	field_number(sink, "ethertype",
		     packet->depth >= DISSECT_TYPE && packet->ethertype >= DISSECT_ETHERTYPES,
		     packet->ethertype);
	field_ip(sink, "src", packet->src, packet->address);
	field_ip(sink, "dst", packet->dst, packet->address);
	field_proto(sink, packet);
	field_number(sink, "src_port", packet->has_ports, packet->src_port);
	field_number(sink, "dst_port", packet->has_ports, packet->dst_port);
	field_flags(sink, packet);
	field_number(sink, "payload", packet->has_payload, packet->payload);
	if (ip && packet->depth >= DISSECT_PROTOCOL)
		sink_bool(sink, "fragment", packet->is_fragment);
	else
		sink_null(sink, "fragment");
}
