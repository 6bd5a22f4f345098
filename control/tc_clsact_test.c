/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc_testing.h"

#include <sys/wait.h>

static void dump(char *out, size_t size)
{
	FILE *pipe = popen("tc qdisc show dev t0; tc filter show dev t0 ingress; "
			   "tc filter show dev t0 egress",
			   "r");
	size_t used;

	assert_non_null(pipe);
	used = fread(out, 1, size - 1, pipe);
	out[used] = '\0';
	pclose(pipe);
	assert_true(used > 0 && used < size - 1);
}

/* Filters at both ends of the priorities, of another kind and of another protocol. */
static void test_tc_clsact_foreign_filters_are_untouched(void **state)
{
	static char before[16384], during[16384], after[16384];
	struct lab lab;

	(void)state;
	lab_open(&lab);
	shell("tc qdisc add dev t0 clsact");
	for (enum tc_hook hook = TC_INGRESS; hook < TC_HOOKS; hook++) {
		struct counter foreign = new_counter("foreign", ANSWER_NEXT);
		struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
		struct tc_tap tap[3];
		char command[256];

		foreign_filter(&lab, &foreign, hook, 1);
		foreign_filter(&lab, &foreign, hook, 65535);
		snprintf(command, sizeof(command),
			 "tc filter add dev t0 %s prio 2 protocol ip u32 match u32 0 0 flowid 1:1",
			 hook == TC_INGRESS ? "ingress" : "egress");
		shell(command);
		dump(before, sizeof(before));
		for (size_t i = 0; i < COUNT(tap); i++)
			tap[i] = attach(&lab, &counter, hook, true);
		dump(during, sizeof(during));
		assert_non_null(strstr(during, "xdpctl_test direct-action"));
		cross(hook, 2);
		wait_counted(&foreign, 4);
		wait_counted(&counter, 6);
		for (size_t i = 0; i < COUNT(tap); i++) {
			assert_false(tap[i].made_qdisc);
			detach(&lab, &tap[i]);
		}
		dump(after, sizeof(after));
		assert_string_equal(before, after);
		free_counter(&foreign);
		free_counter(&counter);
	}
	lab_close(&lab);
}

static void test_tc_clsact_made_by_us_stays_for_others(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	for (enum tc_hook hook = TC_INGRESS; hook < TC_HOOKS; hook++) {
		struct counter foreign = new_counter("foreign", ANSWER_NEXT);
		struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
		struct tc_tap tap = attach(&lab, &counter, hook, true);

		assert_true(tap.made_qdisc);
		foreign_filter(&lab, &foreign, TC_EGRESS, 1);
		detach(&lab, &tap);
		assert_qdisc(&lab, "clsact");
		cross(TC_EGRESS, 2);
		wait_counted(&foreign, 2);
		shell("tc qdisc del dev t0 clsact");
		free_counter(&foreign);
		free_counter(&counter);
	}
	lab_close(&lab);
}

static void test_tc_clsact_empty_one_of_others_stays(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	shell("tc qdisc add dev t0 clsact");
	for (enum tc_hook hook = TC_INGRESS; hook < TC_HOOKS; hook++) {
		struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
		struct tc_tap tap = attach(&lab, &counter, hook, true);

		assert_false(tap.made_qdisc);
		detach(&lab, &tap);
		assert_qdisc(&lab, "clsact");
		free_counter(&counter);
	}
	lab_close(&lab);
}

static void test_tc_clsact_qdisc_ingress_has_one_hook(void **state)
{
	struct counter counter;
	struct tc_program program = { .hook = TC_EGRESS, .name = "xdpctl_x", .force_clsact = true };
	struct tc_entry entry[8];
	struct err err = { 0 };
	struct tc_tap tap;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	shell("tc qdisc add dev t0 ingress");
	program.fd = counter.fd;
	assert_int_equal(tc_attach(&lab.net, &lab.link, &program, &tap, &err), -EBUSY);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "\"ingress\""));
	assert_int_equal(tap.kind, TC_NOTHING);
	tap = attach(&lab, &counter, TC_INGRESS, true);
	assert_false(tap.made_qdisc);
	cross(TC_INGRESS, 2);
	cross(TC_EGRESS, 7);
	wait_counted(&counter, 2);
	assert_int_equal(list(&lab, entry), 1); /* and not once for each hook */
	assert_int_equal(entry[0].at.hook, TC_INGRESS);
	detach(&lab, &tap);
	assert_qdisc(&lab, "ingress");
	free_counter(&counter);
	lab_close(&lab);
}

/* Filters of a block that several interfaces share are not one interface's. */
static void test_tc_clsact_shared_block_is_refused(void **state)
{
	struct counter counter;
	struct tc_program program = { .name = "xdpctl_x", .force_clsact = true };
	struct err err = { 0 };
	struct tc_tap tap;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	shell("tc qdisc add dev t0 ingress_block 1 clsact");
	program.fd = counter.fd;
	assert_true(tc_attach(&lab.net, &lab.link, &program, &tap, &err) < 0);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "shared"));
	assert_qdisc(&lab, "clsact");
	free_counter(&counter);
	lab_close(&lab);
}

static void test_tc_clsact_qdisc_gone_is_fine(void **state)
{
	struct counter counter;
	struct tc_tap tap;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	tap = attach(&lab, &counter, TC_EGRESS, true);
	shell("tc qdisc del dev t0 clsact");
	detach(&lab, &tap);
	tap = attach(&lab, &counter, TC_EGRESS, true);
	shell("tc qdisc del dev t0 clsact; tc qdisc add dev t0 ingress");
	detach(&lab, &tap);
	assert_qdisc(&lab, "ingress");
	free_counter(&counter);
	lab_close(&lab);
}

/* Somebody took ours off and put his at the same priority and handle. */
static void test_tc_clsact_what_replaced_us_stays(void **state)
{
	struct counter counter, foreign;
	struct tc_tap tap;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	foreign = new_counter("foreign", ANSWER_NEXT);
	tap = attach(&lab, &counter, TC_INGRESS, true);
	shell("tc filter del dev t0 ingress");
	foreign_filter(&lab, &foreign, TC_INGRESS, tap.at.prio);
	detach(&lab, &tap);
	cross(TC_INGRESS, 2);
	wait_counted(&foreign, 2);
	assert_int_equal(counted(&counter), 0);
	free_counter(&counter);
	free_counter(&foreign);
	lab_close(&lab);
}

/* Attach, see one frame at least, detach. */
static bool one_round(struct lab *lab, const struct counter *counter)
{
	struct tc_program program = { .fd = counter->fd, .name = "xdpctl_x", .force_clsact = true };
	uint64_t before = counted(counter);
	int64_t end = now_ms() + DEADLINE_MS;
	struct tc_tap tap;

	if (tc_attach(&lab->net, &lab->link, &program, &tap, NULL))
		return false;
	cross(TC_INGRESS, 1);
	while (counted(counter) == before) {
		if (now_ms() > end)
			return false;
		rest();
	}
	return tc_detach(&lab->net, &tap, NULL) == 0;
}

#define ROUNDS 25

static void come_and_go(struct lab *lab)
{
	struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
	bool ok = net_open(&lab->net, NULL) == 0; /* not the parent's conversation */

	for (int round = 0; ok && round < ROUNDS; round++)
		ok = one_round(lab, &counter);
	_exit(ok ? 0 : 1);
}

/* Processes that come and go at once on somebody's clsact. */
static void test_tc_clsact_side_by_side_nobody_is_displaced(void **state)
{
	struct counter foreign;
	struct tc_entry entry[8];
	struct lab lab;
	pid_t pid[4];

	(void)state;
	lab_open(&lab);
	foreign = new_counter("foreign", ANSWER_NEXT);
	shell("tc qdisc add dev t0 clsact");
	foreign_filter(&lab, &foreign, TC_INGRESS, 1);
	for (size_t i = 0; i < COUNT(pid); i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			come_and_go(&lab);
	}
	for (size_t i = 0; i < COUNT(pid); i++) {
		int status = -1;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(list(&lab, entry), 0);
	wait_counted(&foreign, ROUNDS * COUNT(pid));
	assert_qdisc(&lab, "clsact");
	free_counter(&foreign);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_unit_test(test_tc_clsact_foreign_filters_are_untouched),
		lab_unit_test(test_tc_clsact_made_by_us_stays_for_others),
		lab_unit_test(test_tc_clsact_empty_one_of_others_stays),
		lab_unit_test(test_tc_clsact_qdisc_ingress_has_one_hook),
		lab_unit_test(test_tc_clsact_shared_block_is_refused),
		lab_unit_test(test_tc_clsact_qdisc_gone_is_fine),
		lab_unit_test(test_tc_clsact_what_replaced_us_stays),
		lab_unit_test(test_tc_clsact_side_by_side_nobody_is_displaced),
	};

	return cmocka_run_group_tests_name("tc_clsact", tests, lab_setup, NULL);
}
