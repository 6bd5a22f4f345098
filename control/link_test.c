/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "link.h"
#include "recorded_testing.h"

static const char *const recorded[] = {
	recorded_link_drv,    recorded_link_skb,	  recorded_link_bridge,
	recorded_netdev_veth, recorded_ack_busy_uncapped,
};

/* What the recorded messages say. */
static const struct link link_drv = {
	.ifindex = 3,
	.name = "wire0",
	.kind = "veth",
	.type = ARPHRD_ETHER,
	.flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST,
	.mtu = 1500,
	.rx_queues = 2,
	.peer = 2,
	.peer_nsid = 0,
	.xdp = { [XDP_MODE_DRV] = 0x147d },
};

static const struct link link_skb = {
	.ifindex = 6,
	.name = "a0",
	.kind = "veth",
	.type = ARPHRD_ETHER,
	.flags = IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST | (1 << 16), /* LOWER_UP */
	.mtu = 1500,
	.rx_queues = 2,
	.peer = 5,
	.peer_nsid = -1,
	.xdp = { [XDP_MODE_SKB] = 0x1485 },
};

static const struct link link_bridge = {
	.ifindex = 4,
	.name = "br0",
	.kind = "bridge",
	.type = ARPHRD_ETHER,
	.flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST,
	.mtu = 1500,
	.rx_queues = 1,
	.peer_nsid = -1,
};

static const struct {
	const char *hex;
	const struct link *link;
} known[] = {
	{ recorded_link_drv, &link_drv },
	{ recorded_link_skb, &link_skb },
	{ recorded_link_bridge, &link_bridge },
};

static void check_link(const struct link *link, const struct link *want)
{
	assert_int_equal(link->ifindex, want->ifindex);
	assert_string_equal(link->name, want->name);
	assert_string_equal(link->kind, want->kind);
	assert_int_equal(link->type, want->type);
	assert_int_equal(link->flags, want->flags);
	assert_int_equal(link->mtu, want->mtu);
	assert_int_equal(link->rx_queues, want->rx_queues);
	assert_int_equal(link->peer, want->peer);
	assert_int_equal(link->peer_nsid, want->peer_nsid);
	assert_memory_equal(link->xdp, want->xdp, sizeof(link->xdp));
}

static void test_link_decode_recorded_message_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		struct nlmsghdr *message = message_of(known[i].hex);
		struct link link;

		memset(&link, 0xee, sizeof(link));
		assert_int_equal(link_decode(message, &link), 0);
		check_link(&link, known[i].link);
		free(message);
	}
}

/* Of a message that ends early, each value is the right one or absent. */
static void test_link_decode_cut_message_is_refused_or_partial(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		struct nlmsghdr *whole = message_of(known[i].hex);
		const struct link *want = known[i].link;
		unsigned int refused = 0;

		for (uint32_t size = NLMSG_HDRLEN; size < whole->nlmsg_len; size++) {
			struct nlmsghdr *cut = malloc(size);
			struct link link;
			int ret;

			memcpy(cut, whole, size);
			cut->nlmsg_len = size;
			ret = link_decode(cut, &link);
			free(cut);
			if (ret) {
				assert_int_equal(ret, -EBADMSG);
				refused++;
				continue;
			}
			assert_string_equal(link.name, want->name);
			assert_true(!link.mtu || link.mtu == want->mtu);
			assert_true(!link.peer || link.peer == want->peer);
			assert_true(!link.kind[0] || !strcmp(link.kind, want->kind));
			for (int mode = 0; mode < XDP_MODES; mode++)
				assert_true(!link.xdp[mode] || link.xdp[mode] == want->xdp[mode]);
		}
		/* header, ifinfomsg, and the name, which is the first attribute */
		assert_true(refused >= sizeof(struct ifinfomsg) + 4 + strlen(want->name));
		free(whole);
	}
}

static void decode_any(const struct nlmsghdr *message)
{
	struct link *link = malloc(sizeof(*link));

	if (link_decode(message, link) == 0) {
		assert_true(link->ifindex > 0 && link->ifindex <= INT32_MAX);
		assert_non_null(memchr(link->name, '\0', sizeof(link->name)));
		assert_non_null(memchr(link->kind, '\0', sizeof(link->kind)));
	}
	free(link);
}

static void test_link_decode_spoiled_messages_are_survived(void **state)
{
	(void)state;
	spoil(recorded, COUNT(recorded), decode_any);
}

/* A link message with the name "x" and what the caller adds. */
static struct nlmsghdr *link_message(void *buffer, int ifindex)
{
	struct nlmsghdr *message = nl_request(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->ifi_index = ifindex;
	mnl_attr_put_strz(message, IFLA_IFNAME, "x");
	return message;
}

static void test_link_decode_other_messages_are_refused(void **state)
{
	char buffer[NL_REQUEST];
	struct nlmsghdr *message = link_message(buffer, 1);
	struct link link;

	(void)state;
	assert_int_equal(link_decode(message, &link), 0);
	message->nlmsg_type = RTM_DELLINK;
	assert_int_equal(link_decode(message, &link), -EBADMSG);
	assert_int_equal(link_decode(link_message(buffer, 0), &link), -EBADMSG);
	assert_int_equal(link_decode(link_message(buffer, -1), &link), -EBADMSG);
	message = nl_request(buffer, RTM_NEWLINK, 0);
	((struct ifinfomsg *)mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg)))
		->ifi_index = 1;
	assert_int_equal(link_decode(message, &link), -EBADMSG); /* no name */
	mnl_attr_put(message, IFLA_IFNAME, 3, "abc");
	assert_int_equal(link_decode(message, &link), -EBADMSG); /* without end */
}

static void test_link_decode_long_texts_are_cut(void **state)
{
	char buffer[NL_REQUEST], text[600];
	struct nlmsghdr *message = nl_request(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	struct nlattr *nest;
	struct link link;

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	info->ifi_index = 1;
	mnl_attr_put_strz(message, IFLA_IFNAME, text);
	nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, text);
	mnl_attr_nest_end(message, nest);
	assert_int_equal(link_decode(message, &link), 0);
	assert_int_equal(strlen(link.name), LINK_NAME - 1);
	assert_int_equal(strlen(link.kind), LINK_KIND - 1);
}

struct xdp_case {
	int attached; /* -1: not told */
	uint32_t id, drv, skb, hw;
	uint32_t want[XDP_MODES];
};

static void check_xdp(const struct xdp_case *c)
{
	char buffer[NL_REQUEST];
	struct nlmsghdr *message = link_message(buffer, 1);
	struct nlattr *nest = mnl_attr_nest_start(message, IFLA_XDP);
	struct link link;

	if (c->attached >= 0)
		mnl_attr_put_u8(message, IFLA_XDP_ATTACHED, (uint8_t)c->attached);
	if (c->id)
		mnl_attr_put_u32(message, IFLA_XDP_PROG_ID, c->id);
	if (c->drv)
		mnl_attr_put_u32(message, IFLA_XDP_DRV_PROG_ID, c->drv);
	if (c->skb)
		mnl_attr_put_u32(message, IFLA_XDP_SKB_PROG_ID, c->skb);
	if (c->hw)
		mnl_attr_put_u32(message, IFLA_XDP_HW_PROG_ID, c->hw);
	mnl_attr_nest_end(message, nest);
	assert_int_equal(link_decode(message, &link), 0);
	assert_memory_equal(link.xdp, c->want, sizeof(c->want));
}

static void test_link_decode_xdp_ids_go_to_their_modes(void **state)
{
	static const struct xdp_case cases[] = {
		{ -1, 0, 0, 0, 0, { 0 } },
		{ XDP_ATTACHED_NONE, 0, 0, 0, 0, { 0 } },
		{ XDP_ATTACHED_DRV, 7, 7, 0, 0, { [XDP_MODE_DRV] = 7 } },
		{ XDP_ATTACHED_SKB, 7, 0, 7, 0, { [XDP_MODE_SKB] = 7 } },
		{ XDP_ATTACHED_HW, 7, 0, 0, 7, { [XDP_MODE_HW] = 7 } },
		/* before 4.19 only one id and the mode */
		{ XDP_ATTACHED_DRV, 7, 0, 0, 0, { [XDP_MODE_DRV] = 7 } },
		{ XDP_ATTACHED_SKB, 7, 0, 0, 0, { [XDP_MODE_SKB] = 7 } },
		{ XDP_ATTACHED_HW, 7, 0, 0, 0, { [XDP_MODE_HW] = 7 } },
		/* several at once have no common id */
		{ XDP_ATTACHED_MULTI, 0, 7, 0, 9, { [XDP_MODE_DRV] = 7, [XDP_MODE_HW] = 9 } },
		{ XDP_ATTACHED_MULTI, 0, 0, 8, 9, { [XDP_MODE_SKB] = 8, [XDP_MODE_HW] = 9 } },
		/* modes that nobody knows yet */
		{ XDP_ATTACHED_MULTI + 1, 7, 0, 0, 0, { 0 } },
		{ 255, 7, 0, 0, 0, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_xdp(&cases[i]);
}

static void test_link_software_program_is_drv_or_skb(void **state)
{
	struct link link = { .xdp = { [XDP_MODE_HW] = 9 } };

	(void)state;
	assert_int_equal(link_xdp_software(&link), 0);
	link.xdp[XDP_MODE_SKB] = 8;
	assert_int_equal(link_xdp_software(&link), 8);
	link.xdp[XDP_MODE_DRV] = 7;
	assert_int_equal(link_xdp_software(&link), 7);
}

static void test_link_veth_is_known_by_its_kind(void **state)
{
	struct link link = { .name = "veth0" };

	(void)state;
	assert_false(link_is_veth(&link));
	strcpy(link.kind, "veth");
	assert_true(link_is_veth(&link));
	strcpy(link.kind, "vet");
	assert_false(link_is_veth(&link));
}

static void test_link_mode_names_are_the_options(void **state)
{
	(void)state;
	assert_string_equal(xdp_mode_name(XDP_MODE_AUTO), "auto");
	assert_string_equal(xdp_mode_name(XDP_MODE_DRV), "drv");
	assert_string_equal(xdp_mode_name(XDP_MODE_SKB), "skb");
	assert_string_equal(xdp_mode_name(XDP_MODE_HW), "hw");
	assert_null(xdp_mode_name(XDP_MODES));
	assert_null(xdp_mode_name((enum xdp_mode) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_link_decode_recorded_message_is_read),
		nl_unit_test(test_link_decode_cut_message_is_refused_or_partial),
		nl_unit_test(test_link_decode_spoiled_messages_are_survived),
		nl_unit_test(test_link_decode_other_messages_are_refused),
		nl_unit_test(test_link_decode_long_texts_are_cut),
		nl_unit_test(test_link_decode_xdp_ids_go_to_their_modes),
		nl_unit_test(test_link_software_program_is_drv_or_skb),
		nl_unit_test(test_link_veth_is_known_by_its_kind),
		nl_unit_test(test_link_mode_names_are_the_options),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
