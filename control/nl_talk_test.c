/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>

#include "link.h"
#include "recorded_testing.h"

/* What a callback saw. */
struct seen {
	unsigned int calls;
	uint16_t type[16];
	int result; /* what it answers */
};

static int see(const struct nlmsghdr *message, void *context)
{
	struct seen *seen = context;

	if (seen->calls < COUNT(seen->type))
		seen->type[seen->calls] = message->nlmsg_type;
	seen->calls++;
	return seen->result;
}

static int talk(struct nl *nl, uint16_t flags, struct seen *seen)
{
	char buffer[NL_REQUEST];

	return nl_talk(nl, nl_request(buffer, RTM_GETLINK, flags), see, seen);
}

/* A message of a dump that only has a header. */
static struct nlmsghdr *part(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	return message;
}

static void test_nl_talk_acknowledged_is_success(void **state)
{
	struct nl nl = { .seq = 41 };
	struct seen seen = { 0 };

	(void)state;
	strcpy(nl.extack, "of the request before");
	fake_ack(0, NULL);
	assert_int_equal(talk(&nl, 0, &seen), 0);
	assert_int_equal(seen.calls, 0);
	assert_string_equal(nl.extack, "");
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake_request(0)->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(fake_request(0)->nlmsg_seq, 41);
	assert_int_equal(nl.seq, 42);
}

static void test_nl_talk_reply_then_acknowledgement_is_read_to_its_end(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };
	struct link link;
	char buffer[NL_REQUEST];

	(void)state;
	fake_recorded(recorded_link_drv);
	fake_ack(0, NULL);
	assert_int_equal(talk(&nl, 0, &seen), 0);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.type[0], RTM_NEWLINK);
	assert_int_equal(fake.taken, 2);
	/* without a callback it is read all the same */
	fake_recorded(recorded_link_drv);
	fake_ack(0, NULL);
	assert_int_equal(nl_talk(&nl, nl_request(buffer, RTM_GETLINK, 0), NULL, &link), 0);
	assert_int_equal(fake.taken, 4);
}

static void test_nl_talk_refused_gives_errno_and_words(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };

	(void)state;
	fake_ack(-EBUSY, "XDP program already attached");
	assert_int_equal(talk(&nl, 0, &seen), -EBUSY);
	assert_string_equal(nl.extack, "XDP program already attached");
	fake_ack(-ENODEV, NULL);
	assert_int_equal(talk(&nl, 0, &seen), -ENODEV);
	assert_string_equal(nl.extack, "");
	assert_int_equal(seen.calls, 0);
}

static void test_nl_talk_recorded_refusals_are_understood(void **state)
{
	static const struct {
		const char *hex;
		int ret;
	} cases[] = {
		{ recorded_ack_busy_capped, -EBUSY },	     { recorded_ack_busy_uncapped, -EBUSY },
		{ recorded_ack_busy_plain, -EBUSY },	     { recorded_ack_modes_capped, -EEXIST },
		{ recorded_ack_mismatch_uncapped, -EEXIST }, { recorded_family_none, -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nl nl = { .seq = 1 };
		struct seen seen = { 0 };

		fake_recorded(cases[i].hex);
		assert_int_equal(talk(&nl, 0, &seen), cases[i].ret);
	}
}

static void test_nl_talk_dump_takes_all_parts(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };
	char a[64], b[64], c[64], done[64];

	(void)state;
	fake_message(part(a, 16, NLM_F_MULTI));
	fake_more(part(b, 17, NLM_F_MULTI));
	fake_message(part(c, 18, NLM_F_MULTI));
	fake_more(done_message(done, 0));
	assert_int_equal(talk(&nl, NLM_F_DUMP, &seen), 0);
	assert_int_equal(seen.calls, 3);
	assert_int_equal(seen.type[0], 16);
	assert_int_equal(seen.type[1], 17);
	assert_int_equal(seen.type[2], 18);
	/* the end of a dump is its acknowledgement */
	assert_int_equal(fake_request(0)->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
}

static void test_nl_talk_dump_failing_at_its_end_gives_errno(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };
	char a[64], done[64];

	(void)state;
	fake_message(part(a, 16, NLM_F_MULTI));
	fake_more(done_message(done, -EMSGSIZE));
	assert_int_equal(talk(&nl, NLM_F_DUMP, &seen), -EMSGSIZE);
	assert_int_equal(seen.calls, 1);
}

static void test_nl_talk_interrupted_dump_gives_eintr(void **state)
{
	char a[64], b[64], done[64];
	struct nl nl = { .seq = 1 };

	(void)state;
	for (unsigned int where = 0; where < 3; where++) {
		struct seen seen = { 0 };
		struct nlmsghdr *parts[] = { part(a, 16, NLM_F_MULTI), part(b, 17, NLM_F_MULTI),
					     done_message(done, 0) };

		parts[where]->nlmsg_flags |= NLM_F_DUMP_INTR;
		fake_message(parts[0]);
		fake_message(parts[1]);
		fake_more(parts[2]);
		assert_int_equal(talk(&nl, NLM_F_DUMP, &seen), -EINTR);
		assert_int_equal(seen.calls, 2);
	}
}

static void test_nl_talk_callback_failure_still_reads_to_the_end(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { .result = -EBADMSG };
	char a[64], b[64], done[64];

	(void)state;
	fake_message(part(a, 16, NLM_F_MULTI));
	fake_message(part(b, 17, NLM_F_MULTI));
	fake_message(done_message(done, 0));
	assert_int_equal(talk(&nl, NLM_F_DUMP, &seen), -EBADMSG);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(fake.taken, 3);
}

static void test_nl_talk_stale_answer_is_skipped(void **state)
{
	struct nl nl = { .seq = 7 };
	struct seen seen = { 0 };
	char a[64], b[64], buffer[64];

	(void)state;
	fake_message(part(a, 16, 0))->stale = true;
	fake_message(ack_message(buffer, -EPERM, NULL))->stale = true;
	fake_message(part(b, 17, 0));
	fake_ack(0, NULL);
	assert_int_equal(talk(&nl, 0, &seen), 0);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.type[0], 17);
}

static void test_nl_talk_stale_interrupted_dump_does_not_count(void **state)
{
	struct nl nl = { .seq = 7 };
	struct seen seen = { 0 };
	char a[64];

	(void)state;
	fake_message(part(a, 16, NLM_F_MULTI | NLM_F_DUMP_INTR))->stale = true;
	fake_ack(0, NULL);
	assert_int_equal(talk(&nl, 0, &seen), 0);
}

static void test_nl_talk_cut_acknowledgement_is_an_error(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };
	char a[64];

	(void)state;
	for (uint32_t size = 0; size < sizeof(int); size++) {
		struct nlmsghdr *message = part(a, NLMSG_ERROR, 0);

		mnl_nlmsg_put_extra_header(message, 4);
		message->nlmsg_len = NLMSG_HDRLEN + size;
		fake_message(message);
		assert_int_equal(talk(&nl, 0, &seen), -EPROTO);
	}
}

static void test_nl_talk_done_without_payload_is_success(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };
	char a[64];

	(void)state;
	fake_message(part(a, NLMSG_DONE, NLM_F_MULTI));
	assert_int_equal(talk(&nl, NLM_F_DUMP, &seen), 0);
}

static void test_nl_talk_send_failure_gives_errno(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };

	(void)state;
	fake.send_error = EPERM;
	assert_int_equal(talk(&nl, 0, &seen), -EPERM);
	assert_int_equal(fake.taken, 0);
}

static void test_nl_talk_receive_failure_gives_errno(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };

	(void)state;
	fake_error(ENOBUFS);
	assert_int_equal(talk(&nl, 0, &seen), -ENOBUFS);
}

static void test_nl_talk_signal_is_not_the_end(void **state)
{
	struct nl nl = { .seq = 1 };
	struct seen seen = { 0 };

	(void)state;
	fake_error(EINTR);
	fake_error(EINTR);
	fake_ack(0, NULL);
	assert_int_equal(talk(&nl, 0, &seen), 0);
}

/* NLM_F_REPLACE and NLM_F_EXCL are the two halves of NLM_F_DUMP: without an acknowledgement the
 * kernel would not answer a success at all. */
static void test_nl_talk_changes_ask_for_an_acknowledgement(void **state)
{
	static const uint16_t flags[] = { 0, NLM_F_CREATE, NLM_F_CREATE | NLM_F_EXCL,
					  NLM_F_CREATE | NLM_F_REPLACE };

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct nl nl = { .seq = 1 };
		struct seen seen = { 0 };

		fake_ack(0, NULL);
		assert_int_equal(talk(&nl, flags[i], &seen), 0);
		assert_true(fake_request((unsigned int)i)->nlmsg_flags & NLM_F_ACK);
	}
}

static int decode(const struct nlmsghdr *message, void *context)
{
	return link_decode(message, context);
}

/* A header that lies: nothing is read behind what was received. */
static void test_nl_talk_unsound_header_is_not_read(void **state)
{
	static const uint32_t lengths[] = { 0,		1,	    15,		1153,	   0x10000,
					    0x7fffffff, 0x80000000, 0x80000480, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct nl nl = { .seq = 1 };
		char buffer[NL_REQUEST];
		struct link link = { .ifindex = 77 };
		struct nlmsghdr *message;

		fake_recorded(recorded_link_drv);
		message = (void *)fake.answer[fake.answers - 1].data;
		message->nlmsg_len = lengths[i];
		message->nlmsg_seq = 1;
		fake_ack(0, NULL);
		assert_int_equal(nl_talk(&nl, nl_request(buffer, RTM_GETLINK, 0), decode, &link),
				 0);
		assert_int_equal(link.ifindex, 77);
	}
}

static void test_nl_request_is_an_empty_header(void **state)
{
	char buffer[NL_REQUEST];
	struct nlmsghdr *request;

	(void)state;
	memset(buffer, 0xee, sizeof(buffer));
	request = nl_request(buffer, RTM_GETLINK, NLM_F_DUMP);
	assert_int_equal(request->nlmsg_len, NLMSG_HDRLEN);
	assert_int_equal(request->nlmsg_type, RTM_GETLINK);
	assert_int_equal(request->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(request->nlmsg_pid, 0);
}

/* ---- a real socket: nothing is asked of it */

static void test_nl_open_socket_is_closed_on_exec(void **state)
{
	struct nl nl;

	(void)state;
	assert_int_equal(nl_open(&nl, NETLINK_ROUTE), 0);
	assert_true(fcntl(mnl_socket_get_fd(nl.socket), F_GETFD) & FD_CLOEXEC);
	assert_string_equal(nl.extack, "");
	nl_close(&nl);
	assert_null(nl.socket);
	nl_close(&nl);
	nl_close(&(struct nl){ 0 });
}

static void test_nl_open_unknown_bus_is_refused(void **state)
{
	struct nl nl;

	(void)state;
	assert_int_equal(nl_open(&nl, 31), -EPROTONOSUPPORT);
	assert_null(nl.socket);
	nl_close(&nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_nl_talk_acknowledged_is_success),
		nl_unit_test(test_nl_talk_reply_then_acknowledgement_is_read_to_its_end),
		nl_unit_test(test_nl_talk_refused_gives_errno_and_words),
		nl_unit_test(test_nl_talk_recorded_refusals_are_understood),
		nl_unit_test(test_nl_talk_dump_takes_all_parts),
		nl_unit_test(test_nl_talk_dump_failing_at_its_end_gives_errno),
		nl_unit_test(test_nl_talk_interrupted_dump_gives_eintr),
		nl_unit_test(test_nl_talk_callback_failure_still_reads_to_the_end),
		nl_unit_test(test_nl_talk_stale_answer_is_skipped),
		nl_unit_test(test_nl_talk_stale_interrupted_dump_does_not_count),
		nl_unit_test(test_nl_talk_cut_acknowledgement_is_an_error),
		nl_unit_test(test_nl_talk_done_without_payload_is_success),
		nl_unit_test(test_nl_talk_send_failure_gives_errno),
		nl_unit_test(test_nl_talk_receive_failure_gives_errno),
		nl_unit_test(test_nl_talk_signal_is_not_the_end),
		nl_unit_test(test_nl_talk_changes_ask_for_an_acknowledgement),
		nl_unit_test(test_nl_talk_unsound_header_is_not_read),
		nl_unit_test(test_nl_request_is_an_empty_header),
		nl_unit_test(test_nl_open_socket_is_closed_on_exec),
		nl_unit_test(test_nl_open_unknown_bus_is_refused),
	};

	return cmocka_run_group_tests_name("nl_talk", tests, NULL, NULL);
}
