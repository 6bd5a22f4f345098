/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl_testing.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "tc_recorded_testing.h"
#include "tc_wire.h"

/* Requests as they go over the wire. Numbers are those of the kernel's interface, which never
 * change: spelled out, so that a wrong name in the program is seen. */
enum { CREATE_EXCL = 0x600, PARENT_CLSACT = 0xfffffff1, HANDLE_CLSACT = 0xffff0000 };
enum { ALL_PROTOCOLS = 0x0300 /* ETH_P_ALL in network order, as a little-endian number */ };

struct wire {
	struct nlmsghdr head;
	struct tcmsg tc;
	uint16_t kind_length, kind_type;
	char kind[8]; /* "clsact", or "bpf" and the rest */
};

struct wire_filter {
	struct nlmsghdr head;
	struct tcmsg tc;
	uint16_t kind_length, kind_type;
	char kind[4];
	uint16_t nest_length, nest_type;
	uint16_t fd_length, fd_type;
	uint32_t fd;
	uint16_t name_length, name_type;
	char name[12];
	uint16_t flags_length, flags_type;
	uint32_t flags;
};

static void check_head(const struct nlmsghdr *head, uint16_t type, uint16_t flags, size_t size)
{
	assert_int_equal(head->nlmsg_len, size);
	assert_int_equal(head->nlmsg_type, type);
	assert_int_equal(head->nlmsg_flags, NLM_F_REQUEST | flags);
}

static void check_qdisc(const void *request, uint16_t type, uint16_t flags)
{
	struct wire wire;

	memcpy(&wire, request, sizeof(wire));
	check_head(&wire.head, type, flags, sizeof(wire));
	assert_int_equal(wire.tc.tcm_ifindex, 7);
	assert_int_equal(wire.tc.tcm_family, AF_UNSPEC);
	assert_int_equal((uint32_t)wire.tc.tcm_parent, (uint32_t)PARENT_CLSACT);
	assert_int_equal((uint32_t)wire.tc.tcm_handle, (uint32_t)HANDLE_CLSACT);
	assert_int_equal(wire.tc.tcm_info, 0);
	assert_int_equal(wire.kind_type, 1);
	assert_int_equal(wire.kind_length, 11);
	assert_string_equal(wire.kind, "clsact");
}

static void test_tc_encode_qdisc_is_the_kernels_request(void **state)
{
	char buffer[NL_REQUEST];

	(void)state;
	memset(buffer, 0xee, sizeof(buffer));
	check_qdisc(tc_encode_qdisc_make(7, buffer), 36, CREATE_EXCL);
	memset(buffer, 0xee, sizeof(buffer));
	/* the kind is in it: the kernel deletes no other */
	check_qdisc(tc_encode_qdisc_delete(7, buffer), 37, 0);
}

static void check_place(const struct tcmsg *tc, const struct tc_place *at)
{
	uint32_t parents[] = { [TC_INGRESS] = 0xfffffff2, [TC_EGRESS] = 0xfffffff3 };

	assert_int_equal(tc->tcm_family, AF_UNSPEC);
	assert_int_equal(tc->tcm_ifindex, at->ifindex);
	assert_int_equal(tc->tcm_parent, parents[at->hook]);
	assert_int_equal(tc->tcm_handle, at->handle);
	assert_int_equal(tc->tcm_info >> 16, at->prio);
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		assert_int_equal(tc->tcm_info & 0xffff, ALL_PROTOCOLS);
}

static const struct tc_place places[] = {
	{ .ifindex = 7, .hook = TC_INGRESS, .prio = 100, .handle = 1 },
	{ .ifindex = 7, .hook = TC_EGRESS, .prio = 65000, .handle = 1 },
	{ .ifindex = 0x7ffffffe, .hook = TC_INGRESS, .prio = 1, .handle = 0xffffffff },
	{ .ifindex = 1, .hook = TC_EGRESS, .prio = 65535, .handle = 0x80000000 },
};

static void test_tc_encode_filter_make_is_the_kernels_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		char buffer[NL_REQUEST];
		struct wire_filter wire;

		memset(buffer, 0xee, sizeof(buffer));
		assert_ptr_equal(tc_encode_filter_make(&places[i], 5, "xdpctl_test", buffer),
				 buffer);
		memcpy(&wire, buffer, sizeof(wire));
		check_head(&wire.head, 44, CREATE_EXCL, sizeof(wire));
		check_place(&wire.tc, &places[i]);
		assert_int_equal(wire.kind_type, 1);
		assert_int_equal(wire.kind_length, 8);
		assert_string_equal(wire.kind, "bpf");
		assert_int_equal(wire.nest_type, 0x8000 | 2);
		assert_int_equal(wire.nest_length, 4 + 8 + 16 + 8);
		assert_int_equal(wire.fd_type, 6);
		assert_int_equal(wire.fd_length, 8);
		assert_int_equal(wire.fd, 5);
		assert_int_equal(wire.name_type, 7);
		assert_int_equal(wire.name_length, 16);
		assert_string_equal(wire.name, "xdpctl_test");
		assert_int_equal(wire.flags_type, 8);
		assert_int_equal(wire.flags_length, 8);
		assert_int_equal(wire.flags, 1); /* direct action */
	}
}

static void test_tc_encode_filter_delete_is_of_one_filter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		char buffer[NL_REQUEST];
		struct wire wire;

		memset(buffer, 0xee, sizeof(buffer));
		assert_ptr_equal(tc_encode_filter_delete(&places[i], buffer), buffer);
		memcpy(&wire, buffer, sizeof(wire));
		check_head(&wire.head, 45, 0, sizeof(wire) - 4);
		check_place(&wire.tc, &places[i]);
		assert_int_equal(wire.kind_type, 1);
		assert_int_equal(wire.kind_length, 8);
		assert_string_equal(wire.kind, "bpf");
	}
}

/* To the kernel, priority 0 is every filter of the hook and handle 0 every one of the priority. */
static void test_tc_encode_filter_delete_of_all_is_refused(void **state)
{
	static const struct tc_place all[] = {
		{ .ifindex = 7, .prio = 0, .handle = 1 },
		{ .ifindex = 7, .prio = 100, .handle = 0 },
		{ .ifindex = 7, .prio = 0x10000, .handle = 1 },
		{ .ifindex = 7 },
	};
	char buffer[NL_REQUEST];

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		assert_null(tc_encode_filter_delete(&all[i], buffer));
}

static void decode(const struct nlmsghdr *message)
{
	struct tc_filter filter;

	if (tc_decode_filter(message, &filter) == 0)
		assert_true(memchr(filter.name, '\0', sizeof(filter.name)) &&
			    filter.at.prio < 65536);
}

static void test_tc_decode_filter_recorded_is_understood(void **state)
{
	static const struct {
		const char *hex;
		struct tc_filter want;
	} cases[] = {
		{ recorded_filter_prio, { .at = { .prio = 100 } } },
		{ recorded_filter_ours,
		  { .at = { .prio = 100, .handle = 1, .prog_id = 981519 },
		    .name = "xdpctl_test" } },
		{ recorded_filter_u32, { .at = { .prio = 2, .handle = 0x80000800 }, .chain = 7 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nlmsghdr *message = message_of(cases[i].hex);
		struct tc_filter filter;

		assert_int_equal(tc_decode_filter(message, &filter), 0);
		assert_memory_equal(&filter.at, &cases[i].want.at, sizeof(filter.at));
		assert_int_equal(filter.chain, cases[i].want.chain);
		assert_string_equal(filter.name, cases[i].want.name);
		free(message);
	}
}

static void test_tc_decode_filter_spoiled_reads_nothing_behind(void **state)
{
	static const char *const recorded[] = { recorded_filter_prio, recorded_filter_ours,
						recorded_filter_u32 };
	struct nlmsghdr *other = message_of(recorded_qdisc_clsact);
	struct tc_filter filter;

	(void)state;
	spoil(recorded, COUNT(recorded), decode);
	assert_int_equal(tc_decode_filter(other, &filter), -EBADMSG);
	free(other);
}

static void test_tc_filters_interrupted_dump_is_asked_again(void **state)
{
	struct nl nl = { .seq = 1 };
	struct nlmsghdr *message = message_of(recorded_filter_ours);
	struct tc_filter *filters;
	unsigned int count;
	char buffer[64];

	(void)state;
	message->nlmsg_flags |= NLM_F_DUMP_INTR;
	fake_message(message);
	fake_more(done_message(buffer, 0));
	fake_recorded(recorded_filter_prio);
	fake_recorded(recorded_filter_ours);
	fake_message(done_message(buffer, 0));
	assert_int_equal(tc_filters(&nl, 3, TC_EGRESS, &filters, &count), 0);
	assert_int_equal(fake.sent, 2);
	assert_int_equal(count, 2);
	assert_int_equal(filters[1].at.ifindex, 3);
	assert_int_equal(filters[1].at.hook, TC_EGRESS);
	free(filters);
	free(message);
}

static void test_tc_filters_unreadable_one_is_an_error(void **state)
{
	struct nl nl = { .seq = 1 };
	struct tc_filter *filters;
	unsigned int count;
	char buffer[64];

	(void)state;
	fake_recorded(recorded_filter_ours);
	fake_recorded(recorded_qdisc_clsact);
	fake_message(done_message(buffer, 0));
	assert_int_equal(tc_filters(&nl, 3, TC_INGRESS, &filters, &count), -EBADMSG);
	assert_null(filters);
	assert_int_equal(count, 0);
}

static void test_tc_qdisc_kind_is_that_at_clsacts_place(void **state)
{
	struct nl nl = { .seq = 1 };
	char kind[TC_QDISC_KIND], buffer[64];

	(void)state;
	for (uint32_t ifindex = 3; ifindex <= 4; ifindex++) {
		fake_recorded(recorded_qdisc_noqueue);
		fake_recorded(recorded_qdisc_clsact);
		fake_recorded(recorded_qdisc_noqueue);
		fake_message(done_message(buffer, 0));
		assert_int_equal(tc_qdisc_kind(&nl, ifindex, kind), 0);
		assert_string_equal(kind, ifindex == 3 ? "clsact" : "");
	}
}

struct priority_case {
	enum tc_hook hook;
	uint32_t want;
	uint32_t used[6];
};

static const struct priority_case priority_cases[] = {
	{ TC_INGRESS, 100, { 0 } },
	{ TC_INGRESS, 100, { 101, 49152, 65535 } },
	{ TC_INGRESS, 99, { 100 } },
	{ TC_INGRESS, 49, { 49152, 50, 50, 60 } },
	{ TC_INGRESS, 1, { 2 } },
	{ TC_INGRESS, 2, { 1 } },
	{ TC_INGRESS, 4, { 3, 1, 2, 100, 49152 } },
	{ TC_EGRESS, 65000, { 0 } },
	{ TC_EGRESS, 65000, { 1, 49152, 64999 } },
	{ TC_EGRESS, 65001, { 65000 } },
	{ TC_EGRESS, 65401, { 65100, 65400, 1 } },
	{ TC_EGRESS, 65535, { 65534 } },
	{ TC_EGRESS, 65534, { 65535 } },
	{ TC_EGRESS, 65531, { 65535, 65533, 65532, 65534 } },
};

static void test_tc_free_priority_is_before_or_behind_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(priority_cases); i++) {
		const struct priority_case *c = &priority_cases[i];
		struct tc_filter filter[COUNT(c->used)] = { 0 };
		unsigned int count = 0;

		while (count < COUNT(c->used) && c->used[count]) {
			filter[count].at.prio = c->used[count];
			count++;
		}
		assert_int_equal(tc_free_priority(filter, count, c->hook), c->want);
	}
}

static void test_tc_free_priority_none_left_is_zero(void **state)
{
	struct tc_filter *filter = calloc(65535, sizeof(*filter));

	(void)state;
	assert_non_null(filter);
	for (uint32_t i = 0; i < 65535; i++)
		filter[i].at.prio = i + 1;
	for (enum tc_hook hook = TC_INGRESS; hook < TC_HOOKS; hook++) {
		assert_int_equal(tc_free_priority(filter, 65535, hook), 0);
		filter[30000].at.prio = 1; /* twice: 30001 is free */
		assert_int_equal(tc_free_priority(filter, 65535, hook), 30001);
		filter[30000].at.prio = 30001;
	}
	free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_tc_encode_qdisc_is_the_kernels_request),
		nl_unit_test(test_tc_encode_filter_make_is_the_kernels_request),
		nl_unit_test(test_tc_encode_filter_delete_is_of_one_filter),
		nl_unit_test(test_tc_encode_filter_delete_of_all_is_refused),
		nl_unit_test(test_tc_decode_filter_recorded_is_understood),
		nl_unit_test(test_tc_decode_filter_spoiled_reads_nothing_behind),
		nl_unit_test(test_tc_filters_interrupted_dump_is_asked_again),
		nl_unit_test(test_tc_filters_unreadable_one_is_an_error),
		nl_unit_test(test_tc_qdisc_kind_is_that_at_clsacts_place),
		nl_unit_test(test_tc_free_priority_is_before_or_behind_all),
		nl_unit_test(test_tc_free_priority_none_left_is_zero),
	};

	return cmocka_run_group_tests_name("tc_wire", tests, NULL, NULL);
}
