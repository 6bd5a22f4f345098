/* SPDX-License-Identifier: GPL-2.0-only */
#include "genl.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <string.h>

/* Of include/uapi/linux/netdev.h, which Debian 12's headers do not have. */
enum { NETDEV_CMD_DEV_GET = 1 };
enum { NETDEV_A_DEV_IFINDEX = 1, NETDEV_A_DEV_XDP_FEATURES = 3 };

static struct nlmsghdr *genl_request(void *buffer, uint16_t family, uint8_t command)
{
	struct nlmsghdr *request = nl_request(buffer, family, 0);
	struct genlmsghdr *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));

	head->cmd = command;
	head->version = 1;
	return request;
}

static int take_family(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *id = nl_find(message, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_ID);

	if (!id || mnl_attr_get_payload_len(id) != sizeof(uint16_t))
		return -EBADMSG;
	*(uint16_t *)context = mnl_attr_get_u16(id);
	return 0;
}

static int family_id(struct nl *genl, const char *name, uint16_t *out)
{
	char buffer[NL_REQUEST];
	struct nlmsghdr *request = genl_request(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int ret;

	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, name);
	ret = nl_talk(genl, request, take_family, out);
	return ret == -ENOENT ? -EOPNOTSUPP : ret;
}

int netdev_decode(const struct nlmsghdr *message, uint64_t *out)
{
	const struct nlattr *features =
		nl_find(message, sizeof(struct genlmsghdr), NETDEV_A_DEV_XDP_FEATURES);

	if (!features || mnl_attr_get_payload_len(features) != sizeof(uint64_t))
		return -EBADMSG;
	*out = mnl_attr_get_u64(features);
	return 0;
}

static int take_netdev(const struct nlmsghdr *message, void *context)
{
	return netdev_decode(message, context);
}

int netdev_xdp_features(struct nl *genl, uint32_t ifindex, uint64_t *out)
{
	struct nlmsghdr *request;
	char buffer[NL_REQUEST];
	uint16_t family;
	int ret;

	ret = family_id(genl, "netdev", &family);
	if (ret)
		return ret;
	request = genl_request(buffer, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(request, NETDEV_A_DEV_IFINDEX, ifindex);
	return nl_talk(genl, request, take_netdev, out);
}

/* The kernel's table is net/ethtool/common.c netdev_features_strings */
static const char *const offload_names[] = {
	[OFFLOAD_GRO] = "rx-gro",
	[OFFLOAD_CSUM_GENERIC] = "tx-checksum-ip-generic",
	[OFFLOAD_CSUM_IPV4] = "tx-checksum-ipv4",
	[OFFLOAD_CSUM_IPV6] = "tx-checksum-ipv6",
	[OFFLOAD_CSUM_SCTP] = "tx-checksum-sctp",
	[OFFLOAD_TSO] = "tx-tcp-segmentation",
	[OFFLOAD_TSO_ECN] = "tx-tcp-ecn-segmentation",
	[OFFLOAD_TSO_MANGLEID] = "tx-tcp-mangleid-segmentation",
	[OFFLOAD_TSO6] = "tx-tcp6-segmentation",
	[OFFLOAD_USO] = "tx-udp-segmentation",
	[OFFLOAD_SCTP_SEGMENTATION] = "tx-sctp-segmentation",
	[OFFLOAD_GSO_LIST] = "tx-gso-list",
	[OFFLOAD_VLAN] = "tx-vlan-hw-insert",
	[OFFLOAD_STAG] = "tx-vlan-stag-hw-insert",
};

const char *offload_name(enum offload offload)
{
	return offload < OFFLOADS ? offload_names[offload] : NULL;
}

static uint32_t offload_bit(const char *name)
{
	for (uint32_t i = 0; name && i < OFFLOADS; i++) {
		if (strcmp(name, offload_names[i]) == 0)
			return OFFLOAD_BIT(i);
	}
	return 0;
}

/* A bit set without mask lists the bits that are set. Documentation/networking/ethtool-netlink */
int offloads_decode(const struct nlmsghdr *message, uint32_t *out)
{
	const struct nlattr *active =
		nl_find(message, sizeof(struct genlmsghdr), ETHTOOL_A_FEATURES_ACTIVE);
	const struct nlattr *bits = nl_find_nested(active, ETHTOOL_A_BITSET_BITS), *bit = NULL;

	if (!active)
		return -EBADMSG;
	*out = 0;
	if (!bits)
		return 0;
	while ((bit = nl_next_nested(bits, bit))) {
		if (mnl_attr_get_type(bit) == ETHTOOL_A_BITSET_BITS_BIT)
			*out |= offload_bit(
				nl_string(nl_find_nested(bit, ETHTOOL_A_BITSET_BIT_NAME)));
	}
	return 0;
}

static int take_offloads(const struct nlmsghdr *message, void *context)
{
	return offloads_decode(message, context);
}

static struct nlmsghdr *features_request(void *buffer, uint16_t family, uint8_t command,
					 uint32_t ifindex, uint32_t flags)
{
	struct nlmsghdr *request = genl_request(buffer, family, command);
	struct nlattr *head = mnl_attr_nest_start(request, ETHTOOL_A_FEATURES_HEADER);

	mnl_attr_put_u32(request, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
	if (flags)
		mnl_attr_put_u32(request, ETHTOOL_A_HEADER_FLAGS, flags);
	mnl_attr_nest_end(request, head);
	return request;
}

int offloads_get(struct nl *genl, uint32_t ifindex, uint32_t *out)
{
	char buffer[NL_REQUEST];
	uint16_t family;
	int ret;

	ret = family_id(genl, "ethtool", &family);
	if (ret)
		return ret;
	return nl_talk(genl, features_request(buffer, family, ETHTOOL_MSG_FEATURES_GET, ifindex, 0),
		       take_offloads, out);
}

static void put_wanted(struct nlmsghdr *request, uint32_t mask, bool on)
{
	struct nlattr *wanted = mnl_attr_nest_start(request, ETHTOOL_A_FEATURES_WANTED);
	struct nlattr *bits = mnl_attr_nest_start(request, ETHTOOL_A_BITSET_BITS);

	for (uint32_t i = 0; i < OFFLOADS; i++) {
		struct nlattr *bit;

		if (!(mask & OFFLOAD_BIT(i)))
			continue;
		bit = mnl_attr_nest_start(request, ETHTOOL_A_BITSET_BITS_BIT);
		mnl_attr_put_strz(request, ETHTOOL_A_BITSET_BIT_NAME, offload_names[i]);
		if (on)
			mnl_attr_put(request, ETHTOOL_A_BITSET_BIT_VALUE, 0, NULL);
		mnl_attr_nest_end(request, bit);
	}
	mnl_attr_nest_end(request, bits);
	mnl_attr_nest_end(request, wanted);
}

int offloads_set(struct nl *genl, uint32_t ifindex, uint32_t mask, bool on)
{
	struct nlmsghdr *request;
	char buffer[NL_REQUEST];
	uint32_t now;
	uint16_t family;
	int ret;

	ret = family_id(genl, "ethtool", &family);
	if (ret)
		return ret;
	request = features_request(buffer, family, ETHTOOL_MSG_FEATURES_SET, ifindex,
				   ETHTOOL_FLAG_OMIT_REPLY);
	put_wanted(request, mask, on);
	ret = nl_talk(genl, request, NULL, NULL);
	if (ret)
		return ret;
	ret = offloads_get(genl, ifindex, &now);
	if (ret)
		return ret;
	return (now & mask) == (on ? mask : 0) ? 0 : -EOPNOTSUPP;
}
