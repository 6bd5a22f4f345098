/* SPDX-License-Identifier: GPL-2.0-only */
/* A captured packet for people and for programs. */
#ifndef XDPCTL_PACKET_TEXT_H
#define XDPCTL_PACKET_TEXT_H

#include <stdint.h>

#include "buf.h"
#include "dissect.h"
#include "sink.h"

/* Add one line of printable ASCII, without the line's end:
 *
 *     10.0.0.1.443 > 10.0.0.2.51234: TCP [S.] seq 1 ack 2 win 64240, 0 bytes
 *     vlan 10: ARP who has 10.0.0.2 tell 10.0.0.1
 *
 * Bytes are those of dissected.payload. A line ends in [cut] where the captured bytes end within
 * the headers, in [malformed] where what the packet says cannot be. Length is that on the wire. */
void packet_text(const void *data, uint32_t captured, uint32_t length, struct buf *out);

/* The same of a packet that was taken apart already. */
void packet_text_of(const struct dissected *packet, struct buf *out);

/* Put it into the object that is open, always with the same keys. What a packet does not have, or
 * what was not captured, is null:
 *
 *     src_mac, dst_mac   text
 *     vlan               list of ids, the outer one first
 *     ethertype          behind the tags; null for 802.3, which has a length there
 *     src, dst           text: addresses of IP, or of ARP's protocol
 *     proto              "tcp", "udp", "icmp", "icmp6", "arp", else of IP "ip-47"
 *     src_port, dst_port
 *     tcp_flags          text: of FSRP.UEWe (FIN SYN RST PSH ACK URG ECE CWR AE) those that are set
 *     payload            bytes, see dissected.payload
 *     fragment           of IP: whether it is one */
void packet_fields(struct sink *sink, const struct dissected *packet);

#endif
