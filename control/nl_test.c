/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <linux/rtnetlink.h>

#include "recorded_testing.h"

static const char *const recorded_acks[] = {
	recorded_ack_busy_capped,  recorded_ack_busy_uncapped,	   recorded_ack_busy_plain,
	recorded_ack_modes_capped, recorded_ack_mismatch_uncapped, recorded_family_none,
};

static const char *const recorded_others[] = {
	recorded_link_drv,    recorded_link_skb,      recorded_link_bridge,
	recorded_netdev_veth, recorded_family_netdev,
};

/* ---- extended acknowledgements */

static void check_extack(const struct nlmsghdr *message, const char *want)
{
	struct nlmsghdr *copy = message_copy(message);
	char text[NL_EXTACK] = "before";

	nl_extack(copy, text, sizeof(text));
	assert_string_equal(text, want);
	free(copy);
}

static void test_nl_extack_recorded_text_is_found(void **state)
{
	static const struct {
		const char *hex, *text;
	} cases[] = {
		{ recorded_ack_busy_capped, "XDP program already attached" },
		{ recorded_ack_busy_uncapped, "XDP program already attached" },
		{ recorded_ack_busy_plain, "" },
		{ recorded_ack_modes_capped,
		  "Native and generic XDP can't be active at the same time" },
		{ recorded_ack_mismatch_uncapped, "Active program does not match expected" },
		{ recorded_family_none, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nlmsghdr *message = message_of(cases[i].hex);

		check_extack(message, cases[i].text);
		free(message);
	}
}

/* A refusal of a request with so many bytes of payload. */
static struct nlmsghdr *refusal(void *buffer, bool capped, size_t payload)
{
	struct nlmsghdr *message = ack_message(buffer, -EINVAL, NULL);
	struct nlmsgerr *body = mnl_nlmsg_get_payload(message);

	message->nlmsg_flags = (uint16_t)(NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0));
	body->msg.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + payload);
	if (!capped && payload)
		memset(mnl_nlmsg_put_extra_header(message, payload), 0x11, payload);
	return message;
}

static void test_nl_extack_uncapped_is_behind_the_request(void **state)
{
	(void)state;
	for (size_t payload = 0; payload < 70; payload++) {
		char buffer[512];
		struct nlmsghdr *message = refusal(buffer, false, payload);

		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "behind");
		check_extack(message, "behind");
		message = refusal(buffer, true, payload);
		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "capped");
		check_extack(message, "capped");
	}
}

/* The repeated request has an attribute of the text's type: it is not the kernel's text. */
static void test_nl_extack_attribute_of_the_request_is_not_the_text(void **state)
{
	char buffer[512];
	struct nlmsghdr *message = refusal(buffer, false, 0);
	struct nlmsgerr *body = mnl_nlmsg_get_payload(message);

	(void)state;
	mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "of the request");
	body->msg.nlmsg_len += message->nlmsg_len - NLMSG_HDRLEN - (uint32_t)sizeof(*body);
	check_extack(message, "");
	mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "of the kernel");
	check_extack(message, "of the kernel");
}

static void test_nl_extack_other_attributes_are_skipped(void **state)
{
	char buffer[512], cookie[20] = "cookie";
	struct nlmsghdr *message = refusal(buffer, true, 8);

	(void)state;
	mnl_attr_put_u32(message, NLMSGERR_ATTR_OFFS, 24);
	mnl_attr_put(message, NLMSGERR_ATTR_COOKIE, sizeof(cookie), cookie);
	mnl_attr_put(message, 77, 0, NULL);
	check_extack(message, "");
	mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "the words");
	mnl_attr_put_u32(message, NLMSGERR_ATTR_MISS_TYPE, 1);
	check_extack(message, "the words");
}

static void test_nl_extack_without_the_flag_is_empty(void **state)
{
	struct nlmsghdr *message = message_of(recorded_ack_busy_capped);

	(void)state;
	message->nlmsg_flags &= (uint16_t)~NLM_F_ACK_TLVS;
	check_extack(message, "");
	free(message);
}

static void test_nl_extack_end_of_dump_has_text_too(void **state)
{
	char buffer[512];
	struct nlmsghdr *message = done_message(buffer, -EINVAL);

	(void)state;
	message->nlmsg_flags |= NLM_F_ACK_TLVS;
	check_extack(message, "");
	mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "dump refused");
	check_extack(message, "dump refused");
}

static void test_nl_extack_unterminated_text_is_ignored(void **state)
{
	static const char words[] = "no end";

	(void)state;
	for (size_t length = 0; length < sizeof(words); length++) {
		char buffer[512];
		struct nlmsghdr *message = refusal(buffer, true, 0);

		mnl_attr_put(message, NLMSGERR_ATTR_MSG, length, words);
		/* the attribute's padding is not part of it */
		message->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + sizeof(struct nlmsgerr) +
						sizeof(struct nlattr) + length);
		check_extack(message, "");
	}
}

static void test_nl_extack_request_longer_than_the_message_is_ignored(void **state)
{
	static const uint32_t lengths[] = {
		0x40, 0x60, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char buffer[512];
		struct nlmsghdr *message = refusal(buffer, false, 0);
		struct nlmsgerr *body = mnl_nlmsg_get_payload(message);

		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "words");
		body->msg.nlmsg_len = lengths[i];
		check_extack(message, "");
	}
}

static void test_nl_extack_control_characters_become_blanks(void **state)
{
	char buffer[512], text[2] = "", want[] = "a b";

	(void)state;
	for (int c = 1; c < 256; c++) {
		struct nlmsghdr *message = refusal(buffer, true, 0);
		char words[] = { 'a', (char)c, 'b', '\0' };

		want[1] = (char)(c < ' ' ? ' ' : c);
		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, words);
		check_extack(message, want);
	}
	nl_extack(refusal(buffer, true, 0), text, sizeof(text));
	assert_string_equal(text, "");
}

static void test_nl_extack_long_text_is_cut_and_terminated(void **state)
{
	struct nlmsghdr *message = message_of(recorded_ack_modes_capped);
	static const char words[] = "Native and generic XDP can't be active at the same time";

	(void)state;
	for (size_t size = 1; size <= sizeof(words) + 4; size++) {
		char *out = malloc(size);
		size_t length = size <= sizeof(words) ? size - 1 : sizeof(words) - 1;

		nl_extack(message, out, size);
		assert_int_equal(strlen(out), length);
		assert_memory_equal(out, words, length);
		free(out);
	}
	free(message);
}

static void extack_any(const struct nlmsghdr *message)
{
	char *text = malloc(NL_EXTACK);

	nl_extack(message, text, NL_EXTACK);
	assert_non_null(memchr(text, '\0', NL_EXTACK));
	free(text);
}

static void test_nl_extack_spoiled_messages_are_survived(void **state)
{
	(void)state;
	spoil(recorded_acks, COUNT(recorded_acks), extack_any);
	spoil(recorded_others, COUNT(recorded_others), extack_any);
}

/* ---- attributes */

static void test_nl_find_first_of_the_type_is_found(void **state)
{
	char buffer[512], head[5] = { 0 };
	struct nlmsghdr *message = nl_request(buffer, RTM_GETLINK, 0);
	const struct nlattr *attr;

	(void)state;
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof(head)), head, sizeof(head));
	mnl_attr_put_u8(message, 1, 11);
	mnl_attr_put_u32(message, 2, 22);
	mnl_attr_put_u32(message, 2, 33);
	mnl_attr_put_strz(message, 3 | NLA_F_NESTED, "text");
	message = message_copy(message);
	assert_int_equal(nl_u8(nl_find(message, sizeof(head), 1), 0), 11);
	assert_int_equal(nl_u32(nl_find(message, sizeof(head), 2), 0), 22);
	attr = nl_find(message, sizeof(head), 3); /* whatever the flags say */
	assert_string_equal(nl_string(attr), "text");
	assert_null(nl_find(message, sizeof(head), 4));
	assert_null(nl_find(message, sizeof(head), 0));
	assert_null(nl_find(message, message->nlmsg_len, 1));
	free(message);
}

static void test_nl_find_broken_attribute_ends_the_search(void **state)
{
	static const uint16_t lengths[] = { 0, 1, 2, 3, 17, 0x8000, 0xffff };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char buffer[512];
		struct nlmsghdr *message = nl_request(buffer, RTM_GETLINK, 0);
		struct nlattr *broken = mnl_nlmsg_get_payload_tail(message);

		mnl_attr_put_u32(message, 1, 1);
		mnl_attr_put_u32(message, 2, 2);
		broken->nla_len = lengths[i];
		message = message_copy(message);
		assert_null(nl_find(message, 0, 1));
		assert_null(nl_find(message, 0, 2));
		free(message);
	}
}

static void test_nl_value_of_another_length_counts_as_absent(void **state)
{
	static const uint8_t zeros[16];

	(void)state;
	assert_int_equal(nl_u32(NULL, 7), 7);
	assert_int_equal(nl_s32(NULL, -7), -7);
	assert_int_equal(nl_u8(NULL, 7), 7);
	assert_null(nl_string(NULL));
	for (size_t length = 0; length <= sizeof(zeros); length++) {
		char buffer[64];
		struct nlmsghdr *message = nl_request(buffer, RTM_GETLINK, 0);
		const struct nlattr *attr;

		mnl_attr_put(message, 1, length, zeros);
		message = message_copy(message);
		attr = nl_find(message, 0, 1);
		assert_int_equal(nl_u32(attr, 7), length == 4 ? 0 : 7);
		assert_int_equal(nl_s32(attr, -7), length == 4 ? 0 : -7);
		assert_int_equal(nl_u8(attr, 7), length == 1 ? 0 : 7);
		free(message);
	}
}

static void test_nl_string_needs_its_end_inside(void **state)
{
	char buffer[64];
	struct nlmsghdr *message = nl_request(buffer, RTM_GETLINK, 0);

	(void)state;
	mnl_attr_put(message, 1, 4, "abcd");
	mnl_attr_put(message, 2, 4, "abc\0");
	mnl_attr_put(message, 3, 4, "a\0c\0");
	mnl_attr_put(message, 4, 0, "");
	assert_null(nl_string(nl_find(message, 0, 1)));
	assert_string_equal(nl_string(nl_find(message, 0, 2)), "abc");
	assert_string_equal(nl_string(nl_find(message, 0, 3)), "a");
	assert_null(nl_string(nl_find(message, 0, 4)));
}

static void test_nl_nested_walk_visits_each_once(void **state)
{
	const struct nlattr *found, *at = NULL;
	char buffer[512];
	struct nlmsghdr *message = nl_request(buffer, RTM_GETLINK, 0);
	struct nlattr *nest = mnl_attr_nest_start(message, 9);
	uint16_t seen = 0;

	(void)state;
	for (uint16_t i = 1; i <= 20; i++)
		mnl_attr_put(message, i, i, "01234567890123456789");
	mnl_attr_nest_end(message, nest);
	mnl_attr_put_u32(message, 21, 21); /* behind the nest */
	message = message_copy(message);
	found = nl_find(message, 0, 9);
	while ((at = nl_next_nested(found, at))) {
		assert_int_equal(mnl_attr_get_type(at), ++seen);
		assert_ptr_equal(nl_find_nested(found, seen), at);
	}
	assert_int_equal(seen, 20);
	assert_null(nl_find_nested(found, 21));
	assert_null(nl_find_nested(NULL, 1));
	free(message);
}

static void test_nl_nested_empty_has_none(void **state)
{
	char buffer[64];
	struct nlmsghdr *message = nl_request(buffer, RTM_GETLINK, 0);

	(void)state;
	mnl_attr_put(message, 9, 0, NULL);
	message = message_copy(message);
	assert_null(nl_next_nested(nl_find(message, 0, 9), NULL));
	assert_null(nl_find_nested(nl_find(message, 0, 9), 1));
	free(message);
}

/* Walks into every attribute as if it were a nest: any of them may be. */
static void walk_any(const struct nlmsghdr *message)
{
	unsigned int steps = 0;

	for (uint16_t type = 0; type < 70; type++) {
		const struct nlattr *nest = nl_find(message, 16, type), *at = NULL;

		while (nest && (at = nl_next_nested(nest, at))) {
			nl_u32(at, 0);
			nl_u8(at, 0);
			nl_string(at);
			nl_find_nested(at, 1);
			assert_true(++steps < 70 * message->nlmsg_len);
		}
	}
}

static void test_nl_find_spoiled_messages_are_survived(void **state)
{
	(void)state;
	spoil(recorded_others, COUNT(recorded_others), walk_any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_nl_extack_recorded_text_is_found),
		nl_unit_test(test_nl_extack_uncapped_is_behind_the_request),
		nl_unit_test(test_nl_extack_attribute_of_the_request_is_not_the_text),
		nl_unit_test(test_nl_extack_other_attributes_are_skipped),
		nl_unit_test(test_nl_extack_without_the_flag_is_empty),
		nl_unit_test(test_nl_extack_end_of_dump_has_text_too),
		nl_unit_test(test_nl_extack_unterminated_text_is_ignored),
		nl_unit_test(test_nl_extack_request_longer_than_the_message_is_ignored),
		nl_unit_test(test_nl_extack_control_characters_become_blanks),
		nl_unit_test(test_nl_extack_long_text_is_cut_and_terminated),
		nl_unit_test(test_nl_extack_spoiled_messages_are_survived),
		nl_unit_test(test_nl_find_first_of_the_type_is_found),
		nl_unit_test(test_nl_find_broken_attribute_ends_the_search),
		nl_unit_test(test_nl_value_of_another_length_counts_as_absent),
		nl_unit_test(test_nl_string_needs_its_end_inside),
		nl_unit_test(test_nl_nested_walk_visits_each_once),
		nl_unit_test(test_nl_nested_empty_has_none),
		nl_unit_test(test_nl_find_spoiled_messages_are_survived),
	};

	return cmocka_run_group_tests_name("nl", tests, NULL, NULL);
}
