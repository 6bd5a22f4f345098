/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said to the kernel when it, or somebody else, does not do as expected. */
#include "nl_testing.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "tc_clsact.h"
#include "tc_recorded_testing.h"
#include "tc_wire.h"

/* That of the recorded filter. */
static const struct tc_place recorded_place = {
	.ifindex = 3, .hook = TC_INGRESS, .prog_id = 981519, .prio = 100, .handle = 1
};
static const struct link the_link = { .ifindex = 3, .name = "t0" };

/* A dump with this message, or with none. */
static void fake_dump(const char *hex)
{
	char buffer[64];

	if (hex)
		fake_recorded(hex);
	fake_message(done_message(buffer, 0));
}

/* A dump of qdiscs with one of that kind at clsact's place. */
static void fake_qdisc(const char *kind)
{
	char buffer[512];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(message, sizeof(*tc));

	message->nlmsg_type = RTM_NEWQDISC;
	message->nlmsg_flags = NLM_F_MULTI;
	tc->tcm_ifindex = 3;
	tc->tcm_parent = 0xfffffff1;
	mnl_attr_put_strz(message, TCA_KIND, kind);
	fake_message(message);
	fake_message(done_message(buffer, 0));
}

static void assert_asked(const uint16_t *types, unsigned int n)
{
	assert_int_equal(fake.sent, n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(fake_request(i)->nlmsg_type, types[i]);
	assert_int_equal(fake.taken, fake.answers);
}

#define ASKED(...)                                      \
	assert_asked((const uint16_t[]){ __VA_ARGS__ }, \
		     sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

static int attach(enum tc_hook hook, struct tc_tap *tap, struct err *err)
{
	struct tc_program program = { .hook = hook, .fd = 5, .name = "xdpctl_test" };
	struct nl nl = { .seq = 1 };

	*tap = (struct tc_tap){ .at = { .ifindex = 3, .hook = hook, .prog_id = 981519 } };
	*err = (struct err){ 0 };
	return clsact_attach(&nl, &the_link, &program, tap, err);
}

static void test_clsact_attach_taken_place_is_counted_again(void **state)
{
	const struct tcmsg *tc;
	struct tc_tap tap;
	struct err err;

	(void)state;
	fake_ack(0, NULL);
	fake_dump(NULL);
	fake_ack(-EEXIST, "Filter already exists");
	fake_ack(-EEXIST, "Exclusivity flag on, cannot modify");
	fake_qdisc("clsact");
	fake_dump(recorded_filter_ours);
	fake_ack(0, NULL);
	assert_int_equal(attach(TC_INGRESS, &tap, &err), 0);
	ASKED(RTM_NEWQDISC, RTM_GETTFILTER, RTM_NEWTFILTER, RTM_NEWQDISC, RTM_GETQDISC,
	      RTM_GETTFILTER, RTM_NEWTFILTER);
	assert_int_equal(tap.kind, TC_CLSACT);
	assert_true(tap.made_qdisc); /* in the first round */
	assert_int_equal(tap.at.prio, 99);
	tc = mnl_nlmsg_get_payload(fake_request(6));
	assert_int_equal(tc->tcm_info >> 16, 99);
}

static void test_clsact_attach_qdisc_gone_meanwhile_is_made_again(void **state)
{
	struct tc_tap tap;
	struct err err;

	(void)state;
	fake_ack(-EEXIST, NULL);
	fake_dump(recorded_qdisc_noqueue); /* it went */
	fake_ack(0, NULL);
	fake_dump(NULL);
	fake_ack(-EINVAL, "Parent Qdisc doesn't exists"); /* so did ours */
	fake_ack(0, NULL);
	fake_dump(NULL);
	fake_ack(0, NULL);
	assert_int_equal(attach(TC_EGRESS, &tap, &err), 0);
	assert_int_equal(fake.taken, fake.answers);
	assert_true(tap.made_qdisc);
}

static void test_clsact_attach_refused_filter_leaves_no_qdisc(void **state)
{
	static const struct {
		int error;
		enum err_code code;
	} cases[] = {
		{ -ENOENT, ERR_UNSUPPORTED }, /* TC classifier not found */
		{ -EPERM, ERR_PERMISSION },
		{ -EOPNOTSUPP, ERR_CONFLICT },
		{ -ENODEV, ERR_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tc_tap tap;
		struct err err;

		fake_reset();
		fake_ack(0, NULL);
		fake_dump(NULL);
		fake_ack(cases[i].error, "the kernel's words");
		fake_dump(NULL);
		fake_dump(NULL);
		fake_ack(0, NULL);
		assert_int_equal(attach(TC_INGRESS, &tap, &err), cases[i].error);
		ASKED(RTM_NEWQDISC, RTM_GETTFILTER, RTM_NEWTFILTER, RTM_GETTFILTER, RTM_GETTFILTER,
		      RTM_DELQDISC);
		assert_int_equal(tap.kind, TC_NOTHING);
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(err.object, "t0");
		if (cases[i].error != -ENODEV)
			assert_non_null(strstr(err.message, "the kernel's words"));
	}
}

static void test_clsact_attach_refused_for_ever_gives_up(void **state)
{
	struct tc_tap tap;
	struct err err;

	(void)state;
	for (int i = 0; i < 8; i++) {
		fake_ack(0, NULL);
		fake_dump(NULL);
		fake_ack(-EEXIST, "the kernel's words");
	}
	fake_dump(NULL);
	fake_dump(NULL);
	fake_ack(0, NULL);
	assert_int_equal(attach(TC_INGRESS, &tap, &err), -EEXIST);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(fake.taken, fake.answers);
	assert_int_equal(tap.kind, TC_NOTHING);
}

static void test_clsact_attach_without_the_qdisc_is_unsupported(void **state)
{
	struct tc_tap tap;
	struct err err;

	(void)state;
	fake_ack(-ENOENT, "Specified qdisc kind is unknown");
	assert_int_equal(attach(TC_INGRESS, &tap, &err), -ENOENT);
	ASKED(RTM_NEWQDISC);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "Specified qdisc kind is unknown"));
}

static void test_clsact_attach_wrong_qdisc_is_a_conflict(void **state)
{
	struct tc_tap tap;
	struct err err;

	(void)state;
	fake_ack(-EEXIST, NULL);
	fake_qdisc("ingress");
	assert_int_equal(attach(TC_EGRESS, &tap, &err), -EBUSY);
	ASKED(RTM_NEWQDISC, RTM_GETQDISC);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_true(err.hint[0]);
	fake_ack(-EEXIST, NULL);
	fake_qdisc("other");
	assert_int_equal(attach(TC_INGRESS, &tap, &err), -EBUSY);
}

static void test_clsact_remove_is_of_our_program_alone(void **state)
{
	struct tc_place in_a_chain = { .ifindex = 3, .prio = 2, .handle = 0x80000800 };
	struct tc_place wrong[] = { recorded_place, recorded_place, recorded_place };
	struct nl nl = { .seq = 1 };

	(void)state;
	wrong[0].prog_id++;
	wrong[1].prio++;
	wrong[2].handle++;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		fake_reset();
		fake_dump(recorded_filter_ours);
		assert_int_equal(clsact_remove(&nl, &wrong[i], NULL), 0);
		ASKED(RTM_GETTFILTER);
	}
	fake_reset();
	fake_dump(recorded_filter_u32);
	assert_int_equal(clsact_remove(&nl, &in_a_chain, NULL), 0);
	ASKED(RTM_GETTFILTER);
	fake_reset();
	fake_dump(recorded_filter_ours);
	fake_ack(0, NULL);
	assert_int_equal(clsact_remove(&nl, &recorded_place, NULL), 0);
	ASKED(RTM_GETTFILTER, RTM_DELTFILTER);
}

static void test_clsact_remove_refusal_counts_while_it_is_there(void **state)
{
	struct nl nl = { .seq = 1 };
	struct err err;

	(void)state;
	fake_dump(recorded_filter_ours);
	fake_ack(-EINVAL, "Parent Qdisc doesn't exists");
	fake_dump(NULL);
	assert_int_equal(clsact_remove(&nl, &recorded_place, &err), 0);
	fake_dump(recorded_filter_ours);
	fake_ack(-EPERM, "the kernel's words");
	fake_dump(recorded_filter_ours);
	assert_int_equal(clsact_remove(&nl, &recorded_place, &err), -EPERM);
	assert_int_equal(err.code, ERR_PERMISSION);
	assert_string_equal(err.object, "#3");
	assert_non_null(strstr(err.message, "the kernel's words"));
	assert_int_equal(fake.taken, fake.answers);
}

static void test_clsact_remove_of_all_is_not_sent(void **state)
{
	struct tc_place all = { .ifindex = 3, .prio = 100 };
	struct nl nl = { .seq = 1 };

	(void)state;
	fake_dump(recorded_filter_prio);
	assert_int_equal(clsact_remove(&nl, &all, NULL), -EINVAL);
	ASKED(RTM_GETTFILTER);
}

/* Anything on either hook keeps the qdisc, of whatever kind and chain; so does not knowing. */
static void test_clsact_detach_qdisc_stays_while_anything_is_on_it(void **state)
{
	static const char *const hooks[][2] = {
		{ recorded_filter_u32, NULL },
		{ NULL, recorded_filter_u32 },
		{ recorded_filter_prio, NULL },
		{ NULL, recorded_filter_ours },
	};
	struct tc_tap tap = { .kind = TC_CLSACT, .at = recorded_place, .made_qdisc = true };
	struct nl nl = { .seq = 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(hooks); i++) {
		fake_reset();
		fake_dump(NULL);
		fake_dump(hooks[i][0]);
		if (!hooks[i][0])
			fake_dump(hooks[i][1]);
		assert_int_equal(clsact_detach(&nl, &tap, NULL), 0);
		for (unsigned int k = 0; k < fake.sent; k++)
			assert_int_equal(fake_request(k)->nlmsg_type, RTM_GETTFILTER);
		assert_int_equal(fake.taken, fake.answers);
	}
	fake_reset();
	fake_dump(NULL);
	fake_dump(NULL);
	fake_error(ENOBUFS);
	assert_int_equal(clsact_detach(&nl, &tap, NULL), -ENOBUFS);
	ASKED(RTM_GETTFILTER, RTM_GETTFILTER, RTM_GETTFILTER);
}

static void test_clsact_detach_qdisc_of_others_is_not_asked_about(void **state)
{
	struct tc_tap tap = { .kind = TC_CLSACT, .at = recorded_place };
	struct nl nl = { .seq = 1 };

	(void)state;
	fake_dump(recorded_filter_ours);
	fake_ack(0, NULL);
	assert_int_equal(clsact_detach(&nl, &tap, NULL), 0);
	ASKED(RTM_GETTFILTER, RTM_DELTFILTER);
}

static void test_clsact_detach_qdisc_gone_is_fine(void **state)
{
	static const struct {
		int error, ret;
	} cases[] = {
		{ -ENOENT, 0 },
		{ -EINVAL, 0 }, /* Invalid qdisc name: another kind */
		{ -ENODEV, 0 },
		{ -EPERM, -EPERM },
	};
	struct tc_tap tap = { .kind = TC_CLSACT, .at = recorded_place, .made_qdisc = true };
	struct nl nl = { .seq = 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		fake_reset();
		fake_dump(NULL);
		fake_dump(NULL);
		fake_dump(NULL);
		fake_ack(cases[i].error, NULL);
		assert_int_equal(clsact_detach(&nl, &tap, NULL), cases[i].ret);
		ASKED(RTM_GETTFILTER, RTM_GETTFILTER, RTM_GETTFILTER, RTM_DELQDISC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_unit_test(test_clsact_attach_taken_place_is_counted_again),
		nl_unit_test(test_clsact_attach_qdisc_gone_meanwhile_is_made_again),
		nl_unit_test(test_clsact_attach_refused_filter_leaves_no_qdisc),
		nl_unit_test(test_clsact_attach_refused_for_ever_gives_up),
		nl_unit_test(test_clsact_attach_without_the_qdisc_is_unsupported),
		nl_unit_test(test_clsact_attach_wrong_qdisc_is_a_conflict),
		nl_unit_test(test_clsact_remove_is_of_our_program_alone),
		nl_unit_test(test_clsact_remove_refusal_counts_while_it_is_there),
		nl_unit_test(test_clsact_remove_of_all_is_not_sent),
		nl_unit_test(test_clsact_detach_qdisc_stays_while_anything_is_on_it),
		nl_unit_test(test_clsact_detach_qdisc_of_others_is_not_asked_about),
		nl_unit_test(test_clsact_detach_qdisc_gone_is_fine),
	};

	return cmocka_run_group_tests_name("tc_clsact_talk", tests, NULL, NULL);
}
