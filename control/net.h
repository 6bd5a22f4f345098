/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces, and the netlink sockets that speak to one of them. */
#ifndef XDPCTL_NET_H
#define XDPCTL_NET_H

#include "err.h"
#include "link.h"
#include "nl.h"

/* One network namespace to talk to. */
struct net {
	struct nl route; /* NETLINK_ROUTE */
	struct nl genl;	 /* NETLINK_GENERIC */
	uint64_t id;	 /* of the namespace: its cookie (Linux 5.14), else its inode; 0: unknown */
};

/* Open both sockets in the current namespace. */
int net_open(struct net *net, struct err *err);
void net_close(struct net *net);

/* Move the process into a namespace: a name of `ip netns`, a path, or "pid:N". */
int net_enter(const char *spec, struct err *err);

/* Reach the other end of a veth, in whatever namespace it is: sockets that speak to that
 * namespace, and the link. Returns 1 where there is no way to it: its namespace has no name and
 * no process that we can see, or we may not enter it. */
int net_open_peer(struct net *here, const struct link *link, struct net *there, struct link *peer);

#endif
