/* SPDX-License-Identifier: GPL-2.0-only */
#include "xdp.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

static uint32_t mode_flag(enum xdp_mode mode)
{
	static const uint32_t flags[] = {
		[XDP_MODE_DRV] = XDP_FLAGS_DRV_MODE,
		[XDP_MODE_SKB] = XDP_FLAGS_SKB_MODE,
		[XDP_MODE_HW] = XDP_FLAGS_HW_MODE,
	};

	return mode < XDP_MODES ? flags[mode] : 0;
}

/* Where no program may be there, UPDATE_IF_NOEXIST says so; else REPLACE with the expected one
 * (Linux 5.7). net/core/dev.c dev_xdp_attach() */
struct nlmsghdr *xdp_encode(const struct xdp_change *change, void *buffer)
{
	struct nlmsghdr *request = nl_request(buffer, RTM_SETLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	uint32_t flags = mode_flag(change->mode);
	struct nlattr *nest;

	info->ifi_index = (int)change->ifindex;
	flags |= change->old_fd < 0 ? XDP_FLAGS_UPDATE_IF_NOEXIST : XDP_FLAGS_REPLACE;
	nest = mnl_attr_nest_start(request, IFLA_XDP);
	mnl_attr_put_u32(request, IFLA_XDP_FD, (uint32_t)change->new_fd);
	mnl_attr_put_u32(request, IFLA_XDP_FLAGS, flags);
	if (change->old_fd >= 0)
		mnl_attr_put_u32(request, IFLA_XDP_EXPECTED_FD, (uint32_t)change->old_fd);
	mnl_attr_nest_end(request, nest);
	return request;
}

int xdp_set(struct nl *nl, const struct xdp_change *change)
{
	char buffer[NL_REQUEST];

	/* the kernel reads fd -1 as "take off": refuse what nobody can have meant */
	if (change->mode == XDP_MODE_AUTO || (change->new_fd < 0 && change->old_fd < 0))
		return -EINVAL;
	return nl_talk(nl, xdp_encode(change, buffer), NULL, NULL);
}
