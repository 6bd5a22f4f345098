/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include "genl.h"
#include "recorded_testing.h"

enum { FAMILY = 0x14 }; /* in recorded_family_netdev */

static const char *const recorded[] = {
	recorded_features_veth,
	recorded_netdev_veth,
	recorded_family_netdev,
	recorded_link_drv,
};

/* Those of recorded_features_veth that are on. */
static const uint32_t features_on = OFFLOAD_BIT(OFFLOAD_GRO) | OFFLOAD_BIT(OFFLOAD_CSUM_GENERIC) |
				    OFFLOAD_BIT(OFFLOAD_CSUM_SCTP) |
				    OFFLOAD_BIT(OFFLOAD_SCTP_SEGMENTATION) |
				    OFFLOAD_BIT(OFFLOAD_GSO_LIST) | OFFLOADS_VLAN;

/* ---- decoding */

static void test_netdev_decode_recorded_message_is_read(void **state)
{
	struct nlmsghdr *message = message_of(recorded_netdev_veth);
	uint64_t features = 0;

	(void)state;
	assert_int_equal(netdev_decode(message, &features), 0);
	assert_int_equal(features, XDP_ACT_BASIC | XDP_ACT_REDIRECT | XDP_ACT_NDO_XMIT |
					   XDP_ACT_RX_SG | XDP_ACT_NDO_XMIT_SG);
	free(message);
}

static void test_netdev_decode_cut_message_is_refused(void **state)
{
	struct nlmsghdr *whole = message_of(recorded_netdev_veth);

	(void)state;
	for (uint32_t size = NLMSG_HDRLEN; size < whole->nlmsg_len; size++) {
		struct nlmsghdr *cut = malloc(size);
		uint64_t features = 77;
		int ret;

		memcpy(cut, whole, size);
		cut->nlmsg_len = size;
		ret = netdev_decode(cut, &features);
		/* header, the number of the device, and 8 bytes of features in their attribute */
		assert_int_equal(ret, size < 16 + 4 + 8 + 12 ? -EBADMSG : 0);
		assert_int_equal(features, ret ? 77 : 0x67);
		free(cut);
	}
	free(whole);
}

static void test_netdev_decode_other_length_is_refused(void **state)
{
	static const uint8_t zeros[12];

	(void)state;
	for (size_t length = 0; length <= sizeof(zeros); length++) {
		char buffer[128];
		struct nlmsghdr *message = nl_request(buffer, FAMILY, 0);
		uint64_t features = 77;

		mnl_nlmsg_put_extra_header(message, sizeof(struct genlmsghdr));
		mnl_attr_put(message, 3, length, zeros);
		message = message_copy(message);
		assert_int_equal(netdev_decode(message, &features), length == 8 ? 0 : -EBADMSG);
		assert_int_equal(features, length == 8 ? 0 : 77);
		free(message);
	}
}

static void test_offloads_decode_recorded_message_is_read(void **state)
{
	struct nlmsghdr *message = message_of(recorded_features_veth);
	uint32_t on = 0;

	(void)state;
	assert_int_equal(offloads_decode(message, &on), 0);
	assert_int_equal(on, features_on);
	free(message);
}

static void test_offloads_decode_cut_message_invents_nothing(void **state)
{
	struct nlmsghdr *whole = message_of(recorded_features_veth);

	(void)state;
	for (uint32_t size = NLMSG_HDRLEN; size < whole->nlmsg_len; size++) {
		struct nlmsghdr *cut = malloc(size);
		uint32_t on = 0;

		memcpy(cut, whole, size);
		cut->nlmsg_len = size;
		if (offloads_decode(cut, &on) == 0)
			assert_int_equal(on & ~features_on, 0);
		free(cut);
	}
	free(whole);
}

static void test_offloads_decode_no_bits_is_all_off(void **state)
{
	char buffer[128];
	struct nlmsghdr *message = nl_request(buffer, FAMILY, 0);
	uint32_t on = 77;

	(void)state;
	mnl_nlmsg_put_extra_header(message, sizeof(struct genlmsghdr));
	assert_int_equal(offloads_decode(message, &on), -EBADMSG);
	mnl_attr_nest_end(message, mnl_attr_nest_start(message, ETHTOOL_A_FEATURES_ACTIVE));
	assert_int_equal(offloads_decode(message, &on), 0);
	assert_int_equal(on, 0);
}

static void decode_any(const struct nlmsghdr *message)
{
	uint64_t *features = malloc(sizeof(*features));
	uint32_t *on = malloc(sizeof(*on));

	netdev_decode(message, features);
	if (offloads_decode(message, on) == 0)
		assert_int_equal(*on >> OFFLOADS, 0);
	free(features);
	free(on);
}

static void test_genl_spoiled_messages_are_survived(void **state)
{
	(void)state;
	spoil(recorded, COUNT(recorded), decode_any);
}

static bool contains(const struct nlmsghdr *message, const char *text)
{
	/* with its end, and behind the attribute's header: not a part of a longer name */
	return memmem(message, message->nlmsg_len, text, strlen(text) + 1) != NULL;
}

/* Our names are the kernel's: a message with all it knows has them. */
static void test_offload_name_is_known_to_the_kernel(void **state)
{
	struct nlmsghdr *message = message_of(recorded_features_veth);

	(void)state;
	for (enum offload i = 0; i < OFFLOADS; i++) {
		assert_non_null(offload_name(i));
		if (!contains(message, offload_name(i)))
			fail_msg("%s is not in the kernel's list", offload_name(i));
		for (enum offload k = 0; k < i; k++)
			assert_string_not_equal(offload_name(i), offload_name(k));
	}
	assert_null(offload_name(OFFLOADS));
	free(message);
}

/* ---- conversations */

static const struct nlattr *asked(unsigned int request, uint16_t type)
{
	return nl_find(fake_request(request), sizeof(struct genlmsghdr), type);
}

static uint8_t asked_command(unsigned int request)
{
	return ((const struct genlmsghdr *)mnl_nlmsg_get_payload(fake_request(request)))->cmd;
}

static void fake_family(void)
{
	fake_recorded(recorded_family_netdev);
	fake_ack(0, NULL);
}

static void check_family_request(unsigned int request, const char *name)
{
	assert_int_equal(fake_request(request)->nlmsg_type, GENL_ID_CTRL);
	assert_int_equal(asked_command(request), CTRL_CMD_GETFAMILY);
	assert_string_equal(nl_string(asked(request, CTRL_ATTR_FAMILY_NAME)), name);
}

static void test_netdev_xdp_features_are_asked_of_the_family(void **state)
{
	struct nl nl = { .seq = 1 };
	uint64_t features = 0;

	(void)state;
	fake_family();
	fake_recorded(recorded_netdev_veth);
	fake_ack(0, NULL);
	assert_int_equal(netdev_xdp_features(&nl, 9, &features), 0);
	assert_int_equal(features, 0x67);
	assert_int_equal(fake.sent, 2);
	check_family_request(0, "netdev");
	assert_int_equal(fake_request(1)->nlmsg_type, FAMILY);
	assert_int_equal(asked_command(1), 1); /* NETDEV_CMD_DEV_GET */
	assert_int_equal(nl_u32(asked(1, 1), 0), 9);
}

/* Before 6.3: that is "unknown", not "no". */
static void test_netdev_xdp_features_without_family_are_unsupported(void **state)
{
	struct nl nl = { .seq = 1 };
	uint64_t features = 77;

	(void)state;
	fake_recorded(recorded_family_none);
	assert_int_equal(netdev_xdp_features(&nl, 9, &features), -EOPNOTSUPP);
	assert_int_equal(features, 77);
	assert_int_equal(fake.sent, 1);
}

static void test_netdev_xdp_features_refusals_are_passed_on(void **state)
{
	struct nl nl = { .seq = 1 };
	uint64_t features = 77;

	(void)state;
	fake_ack(-EPERM, NULL);
	assert_int_equal(netdev_xdp_features(&nl, 9, &features), -EPERM);
	fake_family();
	fake_ack(-ENODEV, NULL);
	assert_int_equal(netdev_xdp_features(&nl, 9, &features), -ENODEV);
	fake_recorded(recorded_link_drv); /* no family in it */
	fake_ack(0, NULL);
	assert_int_equal(netdev_xdp_features(&nl, 9, &features), -EBADMSG);
	assert_int_equal(features, 77);
}

static void test_offloads_get_asks_by_index(void **state)
{
	struct nl nl = { .seq = 1 };
	const struct nlattr *head;
	uint32_t on = 0;

	(void)state;
	fake_family();
	fake_recorded(recorded_features_veth);
	fake_ack(0, NULL);
	assert_int_equal(offloads_get(&nl, 9, &on), 0);
	assert_int_equal(on, features_on);
	check_family_request(0, "ethtool");
	assert_int_equal(asked_command(1), ETHTOOL_MSG_FEATURES_GET);
	head = asked(1, ETHTOOL_A_FEATURES_HEADER);
	assert_int_equal(nl_u32(nl_find_nested(head, ETHTOOL_A_HEADER_DEV_INDEX), 0), 9);
}

/* What offloads_set() of the mask writes, read back bit by bit. */
static void check_wanted(unsigned int request, uint32_t mask, bool on)
{
	const struct nlattr *wanted = asked(request, ETHTOOL_A_FEATURES_WANTED);
	const struct nlattr *bits = nl_find_nested(wanted, ETHTOOL_A_BITSET_BITS), *bit = NULL;

	assert_int_equal(asked_command(request), ETHTOOL_MSG_FEATURES_SET);
	assert_non_null(bits);
	/* with a mask: what is not named is not touched */
	assert_null(nl_find_nested(wanted, ETHTOOL_A_BITSET_NOMASK));
	for (enum offload i = 0; i < OFFLOADS; i++) {
		if (!(mask & OFFLOAD_BIT(i)))
			continue;
		bit = nl_next_nested(bits, bit);
		assert_non_null(bit);
		assert_string_equal(nl_string(nl_find_nested(bit, ETHTOOL_A_BITSET_BIT_NAME)),
				    offload_name(i));
		assert_true(on == (nl_find_nested(bit, ETHTOOL_A_BITSET_BIT_VALUE) != NULL));
	}
	assert_null(nl_next_nested(bits, bit));
}

static void fake_set(int error)
{
	fake_family();
	fake_ack(error, NULL);
	if (error)
		return;
	fake_family();
	fake_recorded(recorded_features_veth);
	fake_ack(0, NULL);
}

static void test_offloads_set_names_each_bit_of_the_mask(void **state)
{
	struct nl nl = { .seq = 1 };

	(void)state;
	fake_set(0);
	assert_int_equal(offloads_set(&nl, 9, features_on, true), 0);
	check_wanted(1, features_on, true);
	fake_set(0);
	assert_int_equal(offloads_set(&nl, 9, OFFLOADS_TSO & ~features_on, false), 0);
	check_wanted(5, OFFLOADS_TSO & ~features_on, false);
}

static void test_offloads_set_kept_feature_is_unsupported(void **state)
{
	struct nl nl = { .seq = 1 };

	(void)state;
	fake_set(0);
	assert_int_equal(offloads_set(&nl, 9, OFFLOAD_BIT(OFFLOAD_GRO), false), -EOPNOTSUPP);
	fake_set(0);
	assert_int_equal(offloads_set(&nl, 9, OFFLOAD_BIT(OFFLOAD_TSO), true), -EOPNOTSUPP);
	fake_set(0); /* one of the two */
	assert_int_equal(offloads_set(&nl, 9, OFFLOAD_BIT(OFFLOAD_GRO) | OFFLOAD_BIT(OFFLOAD_TSO),
				      true),
			 -EOPNOTSUPP);
}

static void test_offloads_set_refusal_is_passed_on(void **state)
{
	struct nl nl = { .seq = 1 };

	(void)state;
	fake_set(-EPERM);
	assert_int_equal(offloads_set(&nl, 9, OFFLOADS_CSUM, false), -EPERM);
	fake_recorded(recorded_family_none);
	assert_int_equal(offloads_set(&nl, 9, OFFLOADS_CSUM, false), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_netdev_decode_recorded_message_is_read),
		nl_unit_test(test_netdev_decode_cut_message_is_refused),
		nl_unit_test(test_netdev_decode_other_length_is_refused),
		nl_unit_test(test_offloads_decode_recorded_message_is_read),
		nl_unit_test(test_offloads_decode_cut_message_invents_nothing),
		nl_unit_test(test_offloads_decode_no_bits_is_all_off),
		nl_unit_test(test_genl_spoiled_messages_are_survived),
		nl_unit_test(test_offload_name_is_known_to_the_kernel),
		nl_unit_test(test_netdev_xdp_features_are_asked_of_the_family),
		nl_unit_test(test_netdev_xdp_features_without_family_are_unsupported),
		nl_unit_test(test_netdev_xdp_features_refusals_are_passed_on),
		nl_unit_test(test_offloads_get_asks_by_index),
		nl_unit_test(test_offloads_set_names_each_bit_of_the_mask),
		nl_unit_test(test_offloads_set_kept_feature_is_unsupported),
		nl_unit_test(test_offloads_set_refusal_is_passed_on),
	};

	return cmocka_run_group_tests_name("genl", tests, NULL, NULL);
}
