/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_STAGE_REFLECT_H
#define XDPCTL_STAGE_REFLECT_H

#include "types.h"

enum { reflect_is_last = 1, reflect_in_hw = 0 };

#define REFLECT_REASONS(R)                                                                       \
	R(reflected)                                                                             \
	R(reflect_closed)    /* the way out is not ready: passed to the stack */                 \
	R(reflect_group)     /* sent to a group: swapped, it would have a group as its source */ \
	R(reflect_neighbour) /* IPv6 neighbour discovery, the counterpart of ARP: passed */      \
	R(reflect_not_ip)                                                                        \
	R(reflect_short) /* the headers to swap are not all there */

struct reflect_cfg {
	__u32 level; /* enum pipeline_parse: what is swapped */
};

/* The only value of the map "reflect". */
struct reflect_gate {
	__u32 open; /* 0: packets go to the stack */
};

#endif
