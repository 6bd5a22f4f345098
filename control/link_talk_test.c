/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "link.h"
#include "recorded_testing.h"

/* The name that a request asks for, of this type; NULL if it does not. */
static const char *asked_name(unsigned int request, uint16_t type)
{
	return nl_string(nl_find(fake_request(request), sizeof(struct ifinfomsg), type));
}

static int asked_index(unsigned int request)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(fake_request(request));

	return info->ifi_index;
}

static void test_link_by_name_short_name_is_asked_for(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_recorded(recorded_link_drv);
	fake_ack(0, NULL);
	assert_int_equal(link_by_name(&nl, "wire0", &link, &err), 0);
	assert_string_equal(link.name, "wire0");
	assert_int_equal(link.ifindex, 3);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake_request(0)->nlmsg_type, RTM_GETLINK);
	assert_string_equal(asked_name(0, IFLA_IFNAME), "wire0");
	assert_int_equal(asked_index(0), 0);
}

static void test_link_by_name_alternative_name_is_tried_next(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_ack(-ENODEV, NULL);
	fake_recorded(recorded_link_skb);
	fake_ack(0, NULL);
	assert_int_equal(link_by_name(&nl, "exactly15chars_", &link, &err), 0);
	assert_string_equal(link.name, "a0");
	assert_int_equal(fake.sent, 2);
	assert_string_equal(asked_name(0, IFLA_IFNAME), "exactly15chars_");
	assert_string_equal(asked_name(1, IFLA_ALT_IFNAME), "exactly15chars_");
	assert_null(asked_name(1, IFLA_IFNAME));
}

static void test_link_by_name_long_name_is_an_alternative_one(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_recorded(recorded_link_skb);
	fake_ack(0, NULL);
	assert_int_equal(link_by_name(&nl, "a-long-alternative-name-of-it", &link, &err), 0);
	assert_int_equal(fake.sent, 1);
	assert_string_equal(asked_name(0, IFLA_ALT_IFNAME), "a-long-alternative-name-of-it");
	assert_null(asked_name(0, IFLA_IFNAME));
}

static void test_link_by_name_absent_is_not_found(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_ack(-ENODEV, NULL);
	fake_ack(-ENODEV, NULL);
	assert_int_equal(link_by_name(&nl, "eth9", &link, &err), -ENODEV);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.object, "eth9");
	assert_true(err.hint[0]);
	assert_int_equal(fake.sent, 2);
}

static void test_link_by_name_impossible_name_is_not_asked_for(void **state)
{
	struct nl nl = { .seq = 1 };
	char name[4096];
	struct link link;
	struct err err;

	(void)state;
	assert_int_equal(link_by_name(&nl, "", &link, &err), -ENODEV);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	for (size_t length = LINK_NAME; length < sizeof(name); length += 97) {
		memset(name, 'n', length);
		name[length] = '\0';
		assert_int_equal(link_by_name(&nl, name, &link, &err), -ENODEV);
	}
	assert_int_equal(fake.sent, 0);
	name[LINK_NAME - 1] = '\0'; /* the longest that there is */
	fake_ack(-ENODEV, NULL);
	assert_int_equal(link_by_name(&nl, name, &link, &err), -ENODEV);
	assert_int_equal(fake.sent, 1);
}

static void test_link_by_name_refusal_shows_the_kernels_words(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_ack(-EPERM, "not for you");
	assert_int_equal(link_by_name(&nl, "eth0", &link, &err), -EPERM);
	assert_int_equal(err.code, ERR_PERMISSION);
	assert_non_null(strstr(err.message, "not for you"));
	fake_ack(-EPERM, NULL);
	assert_int_equal(link_by_name(&nl, "eth0", &link, &err), -EPERM);
	assert_non_null(strstr(err.message, strerror(EPERM)));
}

static void test_link_by_name_unreadable_answer_is_refused(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_recorded(recorded_netdev_veth);
	fake_ack(0, NULL);
	assert_int_equal(link_by_name(&nl, "eth0", &link, &err), -EBADMSG);
	assert_int_equal(err.code, ERR_FAILED);
}

static void test_link_by_index_is_asked_for_by_number(void **state)
{
	struct nl nl = { .seq = 1 };
	struct link link;
	struct err err;

	(void)state;
	fake_recorded(recorded_link_drv);
	fake_ack(0, NULL);
	assert_int_equal(link_by_index(&nl, 3, &link, &err), 0);
	assert_string_equal(link.name, "wire0");
	assert_int_equal(asked_index(0), 3);
	fake_ack(-ENODEV, NULL);
	assert_int_equal(link_by_index(&nl, 4000000000u, &link, &err), -ENODEV);
	assert_string_equal(err.object, "#4000000000");
	assert_int_equal(err.code, ERR_NOT_FOUND);
	fake_ack(-ENODEV, NULL);
	assert_int_equal(link_by_index(&nl, 3, &link, NULL), -ENODEV);
}

/* All recorded links, the highest index first, and something that is none. */
static void fake_dump(uint16_t flags)
{
	static const char *const links[] = { recorded_link_skb, recorded_netdev_veth,
					     recorded_link_drv, recorded_link_bridge };
	char buffer[64];

	for (size_t i = 0; i < COUNT(links); i++) {
		struct nlmsghdr *message = message_of(links[i]);

		message->nlmsg_flags |= (uint16_t)(NLM_F_MULTI | flags);
		if (i == 2)
			fake_more(message);
		else
			fake_message(message);
		free(message);
	}
	fake_message(done_message(buffer, 0));
}

static void test_link_dump_is_ordered_by_index(void **state)
{
	struct nl nl = { .seq = 1 };
	unsigned int count;
	struct link *links;
	struct err err;

	(void)state;
	fake_dump(0);
	assert_int_equal(link_dump(&nl, &links, &count, &err), 0);
	assert_int_equal(count, 3); /* what cannot be read hides nothing else */
	assert_string_equal(links[0].name, "wire0");
	assert_string_equal(links[1].name, "br0");
	assert_string_equal(links[2].name, "a0");
	assert_int_equal(fake_request(0)->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
	free(links);
}

static void test_link_dump_many_links_are_all_there(void **state)
{
	struct nlmsghdr *message = message_of(recorded_link_drv);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct nl nl = { .seq = 1 };
	unsigned int count;
	struct link *links;
	char buffer[64];

	(void)state;
	for (int i = 100; i > 0; i--) {
		info->ifi_index = i;
		if (i % 50 == 0)
			fake_message(message);
		else
			fake_more(message);
	}
	fake_more(done_message(buffer, 0));
	assert_int_equal(link_dump(&nl, &links, &count, NULL), 0);
	assert_int_equal(count, 100);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(links[i].ifindex, i + 1);
	free(links);
	free(message);
}

static void test_link_dump_interrupted_is_asked_again(void **state)
{
	struct nl nl = { .seq = 1 };
	unsigned int count;
	struct link *links;
	struct err err;

	(void)state;
	fake_dump(NLM_F_DUMP_INTR);
	fake_dump(NLM_F_DUMP_INTR);
	fake_dump(0);
	assert_int_equal(link_dump(&nl, &links, &count, &err), 0);
	assert_int_equal(fake.sent, 3);
	assert_int_equal(count, 3); /* not those of all three rounds */
	free(links);
}

static void test_link_dump_interrupted_for_ever_gives_up(void **state)
{
	struct nl nl = { .seq = 1 };
	unsigned int count = 77;
	struct link *links = NULL;
	char buffer[64];
	struct err err;

	(void)state;
	for (int i = 0; i < FAKE_ANSWERS; i++) {
		struct nlmsghdr *done = done_message(buffer, 0);

		done->nlmsg_flags |= NLM_F_DUMP_INTR;
		fake_message(done);
	}
	assert_int_equal(link_dump(&nl, &links, &count, &err), -EINTR);
	assert_true(fake.sent > 1 && fake.sent < FAKE_ANSWERS);
}

static void test_link_dump_refused_leaves_nothing(void **state)
{
	struct nl nl = { .seq = 1 };
	unsigned int count;
	struct link *links;
	struct err err;

	(void)state;
	fake_recorded(recorded_link_drv);
	fake_error(ENOBUFS);
	assert_int_equal(link_dump(&nl, &links, &count, &err), -ENOBUFS);
	assert_int_equal(err.code, ERR_FAILED);
	assert_string_equal(err.object, "links");
}

static void test_link_dump_empty_is_no_error(void **state)
{
	struct nl nl = { .seq = 1 };
	unsigned int count = 77;
	struct link *links;
	char buffer[64];

	(void)state;
	fake_message(done_message(buffer, 0));
	assert_int_equal(link_dump(&nl, &links, &count, NULL), 0);
	assert_int_equal(count, 0);
	free(links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_link_by_name_short_name_is_asked_for),
		nl_unit_test(test_link_by_name_alternative_name_is_tried_next),
		nl_unit_test(test_link_by_name_long_name_is_an_alternative_one),
		nl_unit_test(test_link_by_name_absent_is_not_found),
		nl_unit_test(test_link_by_name_impossible_name_is_not_asked_for),
		nl_unit_test(test_link_by_name_refusal_shows_the_kernels_words),
		nl_unit_test(test_link_by_name_unreadable_answer_is_refused),
		nl_unit_test(test_link_by_index_is_asked_for_by_number),
		nl_unit_test(test_link_dump_is_ordered_by_index),
		nl_unit_test(test_link_dump_many_links_are_all_there),
		nl_unit_test(test_link_dump_interrupted_is_asked_again),
		nl_unit_test(test_link_dump_interrupted_for_ever_gives_up),
		nl_unit_test(test_link_dump_refused_leaves_nothing),
		nl_unit_test(test_link_dump_empty_is_no_error),
	};

	return cmocka_run_group_tests_name("link_talk", tests, NULL, NULL);
}
