/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink: the families "netdev" (XDP features of a device, Linux 6.3) and "ethtool"
 * (offload features, Linux 5.6). */
#ifndef XDPCTL_GENL_H
#define XDPCTL_GENL_H

#include <stdbool.h>
#include <stdint.h>

#include "nl.h"

/* enum netdev_xdp_act of Documentation/netlink/specs/netdev.yaml */
#define XDP_ACT_BASIC	    (1u << 0)
#define XDP_ACT_REDIRECT    (1u << 1)
#define XDP_ACT_NDO_XMIT    (1u << 2)
#define XDP_ACT_XSK_ZC	    (1u << 3)
#define XDP_ACT_HW	    (1u << 4)
#define XDP_ACT_RX_SG	    (1u << 5)
#define XDP_ACT_NDO_XMIT_SG (1u << 6)

/* What the device's driver can do with XDP. -EOPNOTSUPP where the kernel does not tell (before
 * 6.3): that is "unknown", not "no". genl is a NETLINK_GENERIC socket. */
int netdev_xdp_features(struct nl *genl, uint32_t ifindex, uint64_t *out);

/* Offload features that matter to XDP, as bits of our own. */
enum offload {
	OFFLOAD_GRO,
	OFFLOAD_CSUM_GENERIC,
	OFFLOAD_CSUM_IPV4,
	OFFLOAD_CSUM_IPV6,
	OFFLOAD_CSUM_SCTP,
	OFFLOAD_TSO,
	OFFLOAD_TSO_ECN,
	OFFLOAD_TSO_MANGLEID,
	OFFLOAD_TSO6,
	OFFLOAD_USO,
	OFFLOAD_SCTP_SEGMENTATION,
	OFFLOAD_GSO_LIST,
	OFFLOAD_VLAN,
	OFFLOAD_STAG,
	OFFLOADS,
};

#define OFFLOAD_BIT(offload) (1u << (offload))
#define OFFLOADS_CSUM                                                         \
	(OFFLOAD_BIT(OFFLOAD_CSUM_GENERIC) | OFFLOAD_BIT(OFFLOAD_CSUM_IPV4) | \
	 OFFLOAD_BIT(OFFLOAD_CSUM_IPV6) | OFFLOAD_BIT(OFFLOAD_CSUM_SCTP))
#define OFFLOADS_VLAN (OFFLOAD_BIT(OFFLOAD_VLAN) | OFFLOAD_BIT(OFFLOAD_STAG))
#define OFFLOADS_TSO                                                         \
	(OFFLOAD_BIT(OFFLOAD_TSO) | OFFLOAD_BIT(OFFLOAD_TSO_ECN) |           \
	 OFFLOAD_BIT(OFFLOAD_TSO_MANGLEID) | OFFLOAD_BIT(OFFLOAD_TSO6) |     \
	 OFFLOAD_BIT(OFFLOAD_USO) | OFFLOAD_BIT(OFFLOAD_SCTP_SEGMENTATION) | \
	 OFFLOAD_BIT(OFFLOAD_GSO_LIST))

/* The kernel's name, as `ethtool -k` lists it ("rx-gro"). */
const char *offload_name(enum offload offload);

/* Those that are on now. 0 or -errno. */
int offloads_get(struct nl *genl, uint32_t ifindex, uint32_t *out);

/* Switch the features of the mask on or off and check that they are. -EOPNOTSUPP if the device
 * keeps one of them as it was. */
int offloads_set(struct nl *genl, uint32_t ifindex, uint32_t mask, bool on);

/* Read the offloads of a feature message's bit set (attribute ETHTOOL_A_FEATURES_ACTIVE). */
int offloads_decode(const struct nlmsghdr *message, uint32_t *out);
int netdev_decode(const struct nlmsghdr *message, uint64_t *out);

#endif
