/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_STAGE_COUNT_H
#define XDPCTL_STAGE_COUNT_H

#include "types.h"

enum { count_is_last = 0, count_in_hw = 1 };

#define COUNT_REASONS(R)

enum count_by { COUNT_BY_NOTHING, COUNT_BY_PROTO, COUNT_BY_PORT, COUNT_BY_SRC };

struct count_cfg {
	__u32 by; /* enum count_by */
	__u32 entries;
};

/* Key of the map "count". What the breakdown does not use is zero. */
struct count_key {
	ip6_addr src;	 /* by src: IPv4 as ::ffff:a.b.c.d; zero for what is not IP */
	__u16 ethertype; /* host order: 0x0800 */
	port_be port;	 /* by port: destination port */
	__u8 proto;	 /* by proto, port: IP protocol */
	__u8 other;	 /* 1: everything for which the map had no room */
	__u8 reserved[2];
};

#endif
