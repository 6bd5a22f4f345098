/* SPDX-License-Identifier: GPL-2.0-only */
#include "link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

const char *xdp_mode_name(enum xdp_mode mode)
{
	static const char *const names[] = {
		[XDP_MODE_AUTO] = "auto",
		[XDP_MODE_DRV] = "drv",
		[XDP_MODE_SKB] = "skb",
		[XDP_MODE_HW] = "hw",
	};

	return mode < XDP_MODES ? names[mode] : NULL;
}

/* Kernels before 4.19 give one IFLA_XDP_PROG_ID and the mode; later ones an id for each mode too.
 * include/uapi/linux/if_link.h, net/core/rtnetlink.c rtnl_xdp_fill() */
static void decode_xdp(const struct nlattr *xdp, struct link *out)
{
	static const enum xdp_mode modes[] = {
		[XDP_ATTACHED_DRV] = XDP_MODE_DRV,
		[XDP_ATTACHED_SKB] = XDP_MODE_SKB,
		[XDP_ATTACHED_HW] = XDP_MODE_HW,
	};
	uint8_t attached = nl_u8(nl_find_nested(xdp, IFLA_XDP_ATTACHED), XDP_ATTACHED_NONE);

	if (attached >= XDP_ATTACHED_DRV && attached <= XDP_ATTACHED_HW)
		out->xdp[modes[attached]] = nl_u32(nl_find_nested(xdp, IFLA_XDP_PROG_ID), 0);
	for (unsigned int i = 0; i < 3; i++) {
		static const uint16_t types[] = { IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID,
						  IFLA_XDP_HW_PROG_ID };
		uint32_t id = nl_u32(nl_find_nested(xdp, types[i]), 0);

		if (id)
			out->xdp[XDP_MODE_DRV + i] = id;
	}
}

int link_decode(const struct nlmsghdr *message, struct link *out)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const char *text;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return -EBADMSG;
	*out = (struct link){ .ifindex = (uint32_t)info->ifi_index,
			      .type = info->ifi_type,
			      .flags = info->ifi_flags };
	text = nl_string(nl_find(message, sizeof(*info), IFLA_IFNAME));
	if (!text || info->ifi_index <= 0)
		return -EBADMSG;
	snprintf(out->name, sizeof(out->name), "%s", text);
	text = nl_string(
		nl_find_nested(nl_find(message, sizeof(*info), IFLA_LINKINFO), IFLA_INFO_KIND));
	snprintf(out->kind, sizeof(out->kind), "%s", text ? text : "");
	out->mtu = nl_u32(nl_find(message, sizeof(*info), IFLA_MTU), 0);
	out->rx_queues = nl_u32(nl_find(message, sizeof(*info), IFLA_NUM_RX_QUEUES), 0);
	out->peer = nl_u32(nl_find(message, sizeof(*info), IFLA_LINK), 0);
	out->peer_nsid = nl_s32(nl_find(message, sizeof(*info), IFLA_LINK_NETNSID), -1);
	decode_xdp(nl_find(message, sizeof(*info), IFLA_XDP), out);
	return 0;
}

static int take_one(const struct nlmsghdr *message, void *context)
{
	return link_decode(message, context);
}

static int get_failed(struct nl *nl, int ret, const char *object, struct err *err)
{
	if (ret == -ENODEV) {
		err_set(err, ERR_NOT_FOUND, ENODEV, object,
			"no such interface in this network namespace");
		err_hint(err, "`ip link` lists those there are");
		return ret;
	}
	return err_set(err, err_code_of(-ret), -ret, object, "cannot read the interface: %s",
		       nl->extack[0] ? nl->extack : strerror(-ret));
}

static struct nlmsghdr *get_request(void *buffer, uint16_t flags, uint32_t ifindex)
{
	struct nlmsghdr *request = nl_request(buffer, RTM_GETLINK, flags);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	info->ifi_index = (int)ifindex;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return request;
}

int link_by_index(struct nl *nl, uint32_t ifindex, struct link *out, struct err *err)
{
	char buffer[NL_REQUEST], object[16];
	int ret;

	ret = nl_talk(nl, get_request(buffer, 0, ifindex), take_one, out);
	snprintf(object, sizeof(object), "#%u", ifindex);
	return ret ? get_failed(nl, ret, object, err) : 0;
}

int link_by_name(struct nl *nl, const char *name, struct link *out, struct err *err)
{
	struct nlmsghdr *request;
	char buffer[NL_REQUEST];
	size_t length = strlen(name);
	int ret;

	if (length == 0 || length >= LINK_NAME)
		return get_failed(nl, -ENODEV, name, err);
	request = get_request(buffer, 0, 0);
	mnl_attr_put_strz(request, length < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	ret = nl_talk(nl, request, take_one, out);
	if (ret == -ENODEV && length < IFNAMSIZ) { /* a short alternative name */
		request = get_request(buffer, 0, 0);
		mnl_attr_put_strz(request, IFLA_ALT_IFNAME, name);
		ret = nl_talk(nl, request, take_one, out);
	}
	return ret ? get_failed(nl, ret, name, err) : 0;
}

struct link_array {
	struct link *link;
	unsigned int count, room;
};

static int take_many(const struct nlmsghdr *message, void *context)
{
	struct link_array *array = context;

	if (array->count == array->room) {
		unsigned int room = array->room ? array->room * 2 : 16;
		struct link *grown = realloc(array->link, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		array->link = grown;
		array->room = room;
	}
	/* a message that we cannot read must not hide all the others */
	if (link_decode(message, &array->link[array->count]) == 0)
		array->count++;
	return 0;
}

static int compare_index(const void *a, const void *b)
{
	uint32_t x = ((const struct link *)a)->ifindex, y = ((const struct link *)b)->ifindex;

	return (x > y) - (x < y);
}

int link_dump(struct nl *nl, struct link **out, unsigned int *count, struct err *err)
{
	struct link_array array = { 0 };
	char buffer[NL_REQUEST];
	int ret;

	for (int attempt = 0; attempt < 10; attempt++) {
		array.count = 0;
		ret = nl_talk(nl, get_request(buffer, NLM_F_DUMP, 0), take_many, &array);
		if (ret != -EINTR) /* the list changed while it was read */
			break;
	}
	if (ret) {
		free(array.link);
		return get_failed(nl, ret, "links", err);
	}
	if (array.count)
		qsort(array.link, array.count, sizeof(*array.link), compare_index);
	*out = array.link;
	*count = array.count;
	return 0;
}

int link_ethtool(const struct link *link, void *data)
{
	struct ifreq request = { .ifr_data = data };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", link->name);
	ret = ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
	close(fd);
	return ret;
}

char *link_driver(const struct link *link, char out[static LINK_KIND])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	bool known = link_ethtool(link, &info) == 0 && info.driver[0];

	snprintf(out, LINK_KIND, "%.31s", known ? info.driver : "unknown driver");
	return out;
}

bool link_is_veth(const struct link *link)
{
	return strcmp(link->kind, "veth") == 0;
}

uint32_t link_xdp_software(const struct link *link)
{
	return link->xdp[XDP_MODE_DRV] ?: link->xdp[XDP_MODE_SKB];
}
