/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a captured Ethernet frame, taken apart. Numbers are in host order, lengths in
 * bytes. */
#ifndef XDPCTL_DISSECT_H
#define XDPCTL_DISSECT_H

#include <stdbool.h>
#include <stdint.h>

#include "types.h"

#define DISSECT_TAGS 2 /* VLAN tags that are looked behind, as a pipeline does */

/* IEEE 802.3, 3.2.6: what is below it is a length and no EtherType */
#define DISSECT_ETHERTYPES 0x600u

/* How far a packet was read. Each includes those before it. */
enum dissect_depth {
	DISSECT_NOTHING,
	DISSECT_MACS,
	DISSECT_TYPE,	   /* VLAN tags, EtherType */
	DISSECT_ADDRESSES, /* IP header */
	DISSECT_PROTOCOL,  /* what is behind it and its extension headers; whether a fragment */
	DISSECT_PORTS,	   /* or type and code of ICMP */
	DISSECT_UPPER,	   /* the rest of that header; all of ARP */
};

enum dissect_cut {
	DISSECT_WHOLE,	   /* nothing that could have been read is missing, but payload may be */
	DISSECT_SNAPPED,   /* headers go on behind the captured bytes */
	DISSECT_MALFORMED, /* lengths, versions do not fit together, or the frame is too short */
};

/* What lies beyond depth is 0, or incomplete. */
struct dissected {
	uint8_t depth; /* enum dissect_depth */
	uint8_t cut;   /* enum dissect_cut; malformed, if both */

	uint8_t vlans; /* how many tags; the outer one is first */
	uint16_t vlan[DISSECT_TAGS];
	uint16_t ethertype; /* behind the tags */
	mac_addr src_mac, dst_mac;

	uint8_t ip_version; /* 4, 6; 0: it is not IP, or what makes no IP header */
	uint8_t address;    /* bytes of src and dst: 4 (ARP too), 16, or 0: it has none */
	uint8_t src[16], dst[16];
	uint8_t ttl;	  /* or hop limit */
	uint8_t protocol; /* of IP; behind a later fragment's header, whatever it says */
	bool is_fragment; /* an atomic one (RFC 6946) is none */
	bool more_fragments;
	uint32_t fragment_offset; /* nothing behind IP is read if it is not 0 */

	bool has_ports; /* TCP, UDP, SCTP, UDP-Lite, DCCP */
	uint16_t src_port, dst_port;
	uint16_t tcp_flags, tcp_window; /* as in the header: bit 0 is FIN, not scaled */
	uint32_t tcp_seq, tcp_ack;
	uint16_t udp_length; /* as in the header, which it includes */

	uint8_t icmp_type, icmp_code; /* or ICMPv6 */
	uint32_t icmp_rest;	      /* the header's other 4 bytes: echo's id and number, MTU */
	uint8_t nd_target[16];	      /* of neighbour solicitation and advertisement */
	bool has_nd_mac;
	mac_addr nd_mac; /* the link-layer address that it tells */

	uint16_t arp_op; /* the protocol's addresses are src and dst; 0: not of IPv4 and Ethernet */
	mac_addr arp_src_mac, arp_dst_mac;

	bool has_payload;
	/* On the wire, in this fragment, without Ethernet's padding: behind the headers of TCP, UDP
	 * (and others with ports) and ICMP (8 bytes), else behind IP's, else behind EtherType. */
	uint32_t payload;
};

/* Whatever the bytes are, it fills all of *out, and reads nothing behind captured. length is the
 * packet's on the wire; if less than captured, the rest is ignored. */
void dissect(const void *data, uint32_t captured, uint32_t length, struct dissected *out);

#endif
