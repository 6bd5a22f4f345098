/* SPDX-License-Identifier: GPL-2.0-only */
/* Part of packet_text: what a message of ICMP or ICMPv6 says. */
#ifndef XDPCTL_PACKET_ICMP_H
#define XDPCTL_PACKET_ICMP_H

#include "buf.h"
#include "dissect.h"

/* Of a packet that was read at least up to type and code: "echo request id 7 seq 1", "who has
 * fd00::2". False: that says it all, and how many bytes there are does not matter. */
bool packet_icmp(const struct dissected *packet, struct buf *out);

#endif
