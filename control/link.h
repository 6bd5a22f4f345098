/* SPDX-License-Identifier: GPL-2.0-only */
/* Network interfaces as rtnetlink shows them, and the XDP programs on them. */
#ifndef XDPCTL_LINK_H
#define XDPCTL_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "nl.h"

#define LINK_NAME 128 /* alternative names have up to 127 characters (ALTIFNAMSIZ) */
#define LINK_KIND 32

enum xdp_mode { XDP_MODE_AUTO, XDP_MODE_DRV, XDP_MODE_SKB, XDP_MODE_HW, XDP_MODES };

/* "drv", "skb", "hw", "auto"; NULL outside. */
const char *xdp_mode_name(enum xdp_mode mode);

struct link {
	uint32_t ifindex;
	char name[LINK_NAME];
	char kind[LINK_KIND]; /* "veth", "bridge"; "" for a device that is none of these */
	uint16_t type;	      /* ARPHRD_* */
	uint32_t flags;	      /* IFF_* */
	uint32_t mtu;	      /* bytes, without the Ethernet header */
	uint32_t rx_queues;   /* it was made with so many; those in use may be fewer */
	uint32_t peer;	      /* ifindex of the other end or lower device; 0 if none */
	int32_t peer_nsid;    /* the namespace of the peer as this one numbers it; -1: this one */
	uint32_t xdp[XDP_MODES]; /* program ids by mode, 0 if none */
};

/* Read one RTM_NEWLINK message. -EBADMSG if it is none or cut short. */
int link_decode(const struct nlmsghdr *message, struct link *out);

/* Find by name (also an alternative one) or index. nl is a NETLINK_ROUTE socket. */
int link_by_name(struct nl *nl, const char *name, struct link *out, struct err *err);
int link_by_index(struct nl *nl, uint32_t ifindex, struct link *out, struct err *err);

/* All links by ascending index; *out is an array of *count to free(). */
int link_dump(struct nl *nl, struct link **out, unsigned int *count, struct err *err);

/* The driver's name ("veth", "ixgbe"), "unknown driver" if it does not say. Works in the network
 * namespace of the process. */
char *link_driver(const struct link *link, char out[static LINK_KIND]);

/* Ask its driver by SIOCETHTOOL; the command is the first member of what data points to. 0 or
 * -errno. In the network namespace of the process. */
int link_ethtool(const struct link *link, void *data);

bool link_is_veth(const struct link *link);

/* Any program that runs in software, or 0. */
uint32_t link_xdp_software(const struct link *link);

#endif
