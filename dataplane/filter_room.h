/* SPDX-License-Identifier: GPL-2.0-only */
/* What dataplane/filter.bpf.h reserves and control/filter_patch.c fills. */
#ifndef XDPCTL_FILTER_ROOM_H
#define XDPCTL_FILTER_ROOM_H

/* Instructions: 1300 hosts or 100 IPv6 networks, with which libpcap is busy for a minute. A jump
 * reaches 32767. */
#define FILTER_ROOM 8192
#define FILTER_MARK 0x66696c74 /* "filt" */

#endif
