/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting an XDP program on an interface, as a compare-and-swap that the kernel does. */
#ifndef XDPCTL_XDP_H
#define XDPCTL_XDP_H

#include "link.h"
#include "nl.h"

struct xdp_change {
	uint32_t ifindex;
	enum xdp_mode mode; /* not AUTO */
	int new_fd;	    /* -1: take the program off */
	int old_fd;	    /* the program that must be there now; -1: none may be */
};

/* Write the RTM_SETLINK request for it into a buffer of NL_REQUEST bytes. */
struct nlmsghdr *xdp_encode(const struct xdp_change *change, void *buffer);

/* 0 or -errno, with nl->extack. -EBUSY or -EEXIST: something else is there (now). Never retried
 * without the comparison. */
int xdp_set(struct nl *nl, const struct xdp_change *change);

#endif
