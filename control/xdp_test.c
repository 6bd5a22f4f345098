/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <linux/rtnetlink.h>

#include "recorded_testing.h"
#include "xdp.h"

/* The request as it goes over the wire. Numbers are those of the kernel's interface, which never
 * change: spelled out, so that a wrong name in the program is seen. */
struct wire {
	struct nlmsghdr head;
	struct ifinfomsg info;
	uint16_t nest_length, nest_type;
	struct {
		uint16_t length, type;
		uint32_t value;
	} attr[3];
};

enum { TYPE_FD = 1, TYPE_FLAGS = 3, TYPE_EXPECTED_FD = 8, TYPE_XDP = 43, NESTED = 0x8000 };
enum { NOEXIST = 1, SKB = 2, DRV = 4, HW = 8, REPLACE = 16 };

struct encode_case {
	struct xdp_change change;
	uint32_t flags;
};

static const struct encode_case encode_cases[] = {
	/* none may be there */
	{ { 7, XDP_MODE_DRV, .new_fd = 5, .old_fd = -1 }, NOEXIST | DRV },
	{ { 7, XDP_MODE_SKB, .new_fd = 5, .old_fd = -1 }, NOEXIST | SKB },
	{ { 7, XDP_MODE_HW, .new_fd = 5, .old_fd = -1 }, NOEXIST | HW },
	{ { 7, XDP_MODE_DRV, .new_fd = 0, .old_fd = -1 }, NOEXIST | DRV },
	/* this one must be there */
	{ { 7, XDP_MODE_DRV, .new_fd = 5, .old_fd = 4 }, REPLACE | DRV },
	{ { 7, XDP_MODE_SKB, .new_fd = 5, .old_fd = 4 }, REPLACE | SKB },
	{ { 7, XDP_MODE_HW, .new_fd = 5, .old_fd = 4 }, REPLACE | HW },
	{ { 0x7ffffffe, XDP_MODE_DRV, .new_fd = 1023, .old_fd = 0 }, REPLACE | DRV },
	/* take off, only this one */
	{ { 7, XDP_MODE_DRV, .new_fd = -1, .old_fd = 4 }, REPLACE | DRV },
	{ { 7, XDP_MODE_SKB, .new_fd = -1, .old_fd = 4 }, REPLACE | SKB },
	{ { 7, XDP_MODE_HW, .new_fd = -1, .old_fd = 4 }, REPLACE | HW },
};

static void check_attr(const struct wire *wire, unsigned int i, uint16_t type, uint32_t value)
{
	assert_int_equal(wire->attr[i].length, 8);
	assert_int_equal(wire->attr[i].type, type);
	assert_int_equal(wire->attr[i].value, value);
}

static void check_request(const void *request, const struct encode_case *c)
{
	bool swap = c->change.old_fd >= 0;
	uint32_t size = (uint32_t)sizeof(struct wire) - (swap ? 0 : 8);
	struct wire wire;

	memcpy(&wire, request, sizeof(wire));
	assert_int_equal(wire.head.nlmsg_len, size);
	assert_int_equal(wire.head.nlmsg_type, RTM_SETLINK);
	assert_int_equal(wire.head.nlmsg_flags & ~NLM_F_ACK, NLM_F_REQUEST);
	assert_int_equal(wire.info.ifi_index, c->change.ifindex);
	assert_int_equal(wire.info.ifi_family, AF_UNSPEC);
	assert_int_equal(wire.info.ifi_flags, 0); /* or the link would go up or down */
	assert_int_equal(wire.info.ifi_change, 0);
	assert_int_equal(wire.nest_length, size - sizeof(wire.head) - sizeof(wire.info));
	assert_int_equal(wire.nest_type, TYPE_XDP | NESTED);
	check_attr(&wire, 0, TYPE_FD, (uint32_t)c->change.new_fd);
	check_attr(&wire, 1, TYPE_FLAGS, c->flags);
	if (swap)
		check_attr(&wire, 2, TYPE_EXPECTED_FD, (uint32_t)c->change.old_fd);
}

static void test_xdp_encode_is_the_kernels_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(encode_cases); i++) {
		char buffer[NL_REQUEST];
		struct nlmsghdr *request;

		memset(buffer, 0xee, sizeof(buffer));
		request = xdp_encode(&encode_cases[i].change, buffer);
		assert_ptr_equal(request, buffer);
		check_request(request, &encode_cases[i]);
	}
}

/* Both would be "must not be there" and "must be there" at once: the kernel refuses it, but an
 * older one would take the first. */
static void test_xdp_encode_compares_in_one_way_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(encode_cases); i++) {
		uint32_t flags = encode_cases[i].flags;
		char buffer[NL_REQUEST];
		const struct wire *wire = (void *)buffer;

		xdp_encode(&encode_cases[i].change, buffer);
		assert_true(!(flags & NOEXIST) != !(flags & REPLACE));
		assert_true(!(wire->attr[1].value & NOEXIST) != !(wire->attr[1].value & REPLACE));
	}
}

static void test_xdp_set_sends_the_encoded_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(encode_cases); i++) {
		struct nl nl = { .seq = 1 };

		fake_ack(0, NULL);
		assert_int_equal(xdp_set(&nl, &encode_cases[i].change), 0);
		assert_int_equal(fake.sent, i + 1);
		check_request(fake_request((unsigned int)i), &encode_cases[i]);
		assert_true(fake_request((unsigned int)i)->nlmsg_flags & NLM_F_ACK);
	}
}

static void test_xdp_set_what_nobody_meant_is_not_sent(void **state)
{
	static const struct xdp_change changes[] = {
		{ 7, XDP_MODE_AUTO, .new_fd = 5, .old_fd = -1 },
		{ 7, XDP_MODE_AUTO, .new_fd = 5, .old_fd = 4 },
		{ 7, XDP_MODE_AUTO, .new_fd = -1, .old_fd = 4 },
		{ 7, XDP_MODE_DRV, .new_fd = -1, .old_fd = -1 },
		{ 7, XDP_MODE_SKB, .new_fd = -1, .old_fd = -1 },
		{ 7, XDP_MODE_HW, .new_fd = -1, .old_fd = -1 },
		{ 7, XDP_MODE_DRV, .new_fd = -EINVAL, .old_fd = -1 }, /* of a failed load */
		{ 7, XDP_MODE_DRV, .new_fd = -1, .old_fd = -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct nl nl = { .seq = 1 };

		assert_int_equal(xdp_set(&nl, &changes[i]), -EINVAL);
		assert_int_equal(fake.sent, 0);
		assert_int_equal(nl.seq, 1);
	}
}

/* A refusal is one: nothing is tried again without the comparison. */
static void test_xdp_set_refusal_is_never_retried(void **state)
{
	static const int errors[] = { -EBUSY, -EEXIST, -EINVAL, -EOPNOTSUPP, -EPERM, -ENODEV };
	struct xdp_change change = { 7, XDP_MODE_DRV, .new_fd = 5, .old_fd = 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct nl nl = { .seq = 1 };

		fake_reset();
		fake_ack(errors[i], "the kernel's words");
		assert_int_equal(xdp_set(&nl, &change), errors[i]);
		assert_string_equal(nl.extack, "the kernel's words");
		assert_int_equal(fake.sent, 1);
	}
}

static void test_xdp_set_recorded_refusals_are_shown_verbatim(void **state)
{
	static const struct {
		const char *hex, *text;
		int ret;
	} cases[] = {
		{ recorded_ack_busy_capped, "XDP program already attached", -EBUSY },
		{ recorded_ack_busy_uncapped, "XDP program already attached", -EBUSY },
		{ recorded_ack_modes_capped,
		  "Native and generic XDP can't be active at the same time", -EEXIST },
		{ recorded_ack_mismatch_uncapped, "Active program does not match expected",
		  -EEXIST },
	};
	struct xdp_change change = { 7, XDP_MODE_DRV, .new_fd = 5, .old_fd = -1 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nl nl = { .seq = 1 };

		fake_recorded(cases[i].hex);
		assert_int_equal(xdp_set(&nl, &change), cases[i].ret);
		assert_string_equal(nl.extack, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_xdp_encode_is_the_kernels_request),
		nl_unit_test(test_xdp_encode_compares_in_one_way_only),
		nl_unit_test(test_xdp_set_sends_the_encoded_request),
		nl_unit_test(test_xdp_set_what_nobody_meant_is_not_sent),
		nl_unit_test(test_xdp_set_refusal_is_never_retried),
		nl_unit_test(test_xdp_set_recorded_refusals_are_shown_verbatim),
	};

	return cmocka_run_group_tests_name("xdp", tests, NULL, NULL);
}
