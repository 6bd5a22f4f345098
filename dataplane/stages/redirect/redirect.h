/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_STAGE_REDIRECT_H
#define XDPCTL_STAGE_REDIRECT_H

#include "types.h"

enum { redirect_is_last = 1, redirect_in_hw = 0 };

#define REDIRECT_PORTS 32

#define REDIRECT_REASONS(R)                                                                \
	R(redirected)                                                                      \
	R(redirect_no_port)	 /* the map holds no port for it: passed to the stack */   \
	R(redirect_too_long)	 /* longer than a port takes: dropped */                   \
	R(redirect_multi_buffer) /* the kernel cannot copy it to several ports: dropped */ \
	R(redirect_short)	 /* no whole Ethernet header to write to: passed to the stack */

enum { REWRITE_SWAP = 1, REWRITE_SRC = 2, REWRITE_DST = 4 };

struct redirect_cfg {
	ifindex_t port[REDIRECT_PORTS];
	__u32 ports;
	__u32 max_length; /* bytes with Ethernet header; 0 if every frame fits */
	__u8 flood;	  /* a copy to each port but the one it came from */
	__u8 both;	  /* attached together with the way back */
	__u8 rewrite;	  /* REWRITE_*: what happens to the MAC addresses */
	__u8 reserved[5];
	mac_addr src_mac;
	mac_addr dst_mac;
};

#endif
