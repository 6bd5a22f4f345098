/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc_testing.h"

#include <signal.h>
#include <sys/wait.h>

/* Both ways of attaching on both hooks; without TCX in the kernel, one way. */
static const struct way {
	enum tc_hook hook;
	bool force_clsact;
} ways[] = {
	{ TC_INGRESS, false },
	{ TC_INGRESS, true },
	{ TC_EGRESS, false },
	{ TC_EGRESS, true },
};

static enum tc_hook other(enum tc_hook hook)
{
	return hook == TC_INGRESS ? TC_EGRESS : TC_INGRESS;
}

static void test_tc_attach_sees_what_crosses_its_hook_alone(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
		struct tc_tap tap = attach(&lab, &counter, ways[i].hook, ways[i].force_clsact);
		struct tc_entry entry[8];

		cross(ways[i].hook, 3);
		cross(other(ways[i].hook), 5);
		wait_counted(&counter, 3);
		detach(&lab, &tap);
		detach(&lab, &tap); /* once more is nothing */
		cross(ways[i].hook, 4);
		assert_qdisc(&lab, "");
		assert_int_equal(list(&lab, entry), 0);
		assert_int_equal(counted(&counter), 3);
		free_counter(&counter);
	}
	lab_close(&lab);
}

static void test_tc_attach_two_at_once_both_see(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct counter a = new_counter("xdpctl_a", ANSWER_NEXT);
		struct counter b = new_counter("xdpctl_b", ANSWER_NEXT);
		struct tc_tap first = attach(&lab, &a, ways[i].hook, ways[i].force_clsact);
		struct tc_tap second = attach(&lab, &b, ways[i].hook, ways[i].force_clsact);
		struct tc_entry entry[8];

		cross(ways[i].hook, 3);
		wait_counted(&a, 3);
		wait_counted(&b, 3);
		assert_int_equal(list(&lab, entry), 2);
		/* ingress: the newest is first; egress: last */
		assert_int_equal(entry[ways[i].hook == TC_INGRESS ? 0 : 1].at.prog_id, b.id);
		detach(&lab, &first);
		cross(ways[i].hook, 2);
		wait_counted(&b, 5);
		assert_int_equal(counted(&a), 3);
		detach(&lab, &second);
		assert_int_equal(list(&lab, entry), 0);
		shell("tc qdisc del dev t0 clsact 2>/dev/null || true"); /* the first made it */
		free_counter(&a);
		free_counter(&b);
	}
	lab_close(&lab);
}

/* Somebody drops all: on ingress we are asked before him, on egress behind him. */
static void test_tc_attach_place_is_first_on_ingress_last_on_egress(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	shell("tc qdisc add dev t0 clsact");
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct counter drop = new_counter("foreign", ANSWER_DROP);
		struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
		bool tcx = !ways[i].force_clsact && kernel_has_tcx(&lab);
		int link = -1;
		struct tc_place filter = { 0 };
		struct tc_tap tap;

		if (tcx)
			link = foreign_tcx(&lab, &drop, ways[i].hook);
		else
			filter = foreign_filter(&lab, &drop, ways[i].hook, 49152);
		tap = attach(&lab, &counter, ways[i].hook, ways[i].force_clsact);
		cross(ways[i].hook, 3);
		wait_counted(&drop, 3);
		assert_int_equal(counted(&counter), ways[i].hook == TC_INGRESS ? 3 : 0);
		detach(&lab, &tap);
		cross(ways[i].hook, 3);
		wait_counted(&drop, 6); /* he is still there */
		if (tcx)
			close(link);
		else
			assert_int_equal(tc_remove_stale(&lab.net,
							 &(struct tc_entry){ .kind = TC_CLSACT,
									     .at = filter },
							 NULL),
					 0);
		free_counter(&drop);
		free_counter(&counter);
	}
	assert_qdisc(&lab, "clsact");
	lab_close(&lab);
}

static void test_tc_detach_interface_gone_is_fine(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct counter counter;
		struct tc_program program = { .hook = ways[i].hook,
					      .name = "xdpctl_x",
					      .force_clsact = ways[i].force_clsact };
		struct tc_entry entry[8];
		struct err err = { 0 };
		struct tc_tap tap;
		struct lab lab;

		lab_open(&lab);
		counter = new_counter("xdpctl_count", ANSWER_NEXT);
		tap = attach(&lab, &counter, ways[i].hook, ways[i].force_clsact);
		shell("ip link del t0");
		assert_int_equal(list(&lab, entry), 0);
		detach(&lab, &tap);
		program.fd = counter.fd;
		assert_int_equal(tc_attach(&lab.net, &lab.link, &program, &tap, &err), -ENODEV);
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_string_equal(err.object, "t0");
		free_counter(&counter);
		lab_close(&lab);
	}
}

static void test_tc_list_has_ours_alone_in_the_kernels_order(void **state)
{
	struct counter counter, foreign;
	struct tc_entry entry[8];
	struct tc_tap tap[COUNT(ways)];
	int link = -1;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	foreign = new_counter("foreign", ANSWER_NEXT);
	for (size_t i = 0; i < COUNT(ways); i++)
		tap[i] = attach(&lab, &counter, ways[i].hook, ways[i].force_clsact);
	foreign_filter(&lab, &foreign, TC_INGRESS, 50);
	if (kernel_has_tcx(&lab))
		link = foreign_tcx(&lab, &foreign, TC_EGRESS);
	assert_int_equal(list(&lab, entry), COUNT(ways));
	for (size_t i = 0; i < COUNT(ways) && link >= 0; i++) {
		assert_int_equal(entry[i].kind, tap[i].kind);
		assert_memory_equal(&entry[i].at, &tap[i].at, sizeof(tap[i].at));
		assert_string_equal(entry[i].name,
				    ways[i].force_clsact ? "xdpctl_test" : "xdpctl_count");
	}
	if (link >= 0) { /* it is nobody's to take off while its process lives */
		struct err err = { 0 };

		assert_int_equal(tc_remove_stale(&lab.net, &entry[0], &err), -EBUSY);
		assert_int_equal(err.code, ERR_CONFLICT);
		close(link);
	}
	for (size_t i = 0; i < COUNT(ways); i++)
		detach(&lab, &tap[i]);
	assert_int_equal(list(&lab, entry), 0);
	free_counter(&counter);
	free_counter(&foreign);
	lab_close(&lab);
}

/* A child attaches and says so; it never ends by itself. */
static pid_t attached_child(struct lab *lab, const struct counter *counter, struct way way)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct tc_program program = { .hook = way.hook,
					      .fd = counter->fd,
					      .name = "xdpctl_child",
					      .force_clsact = way.force_clsact };
		struct tc_tap tap;
		bool ok = tc_attach(&lab->net, &lab->link, &program, &tap, NULL) == 0;

		alarm(60); /* should the test go first */
		if (ok && write(ends[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void test_tc_list_finds_what_a_killed_process_left(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct counter counter = new_counter("xdpctl_count", ANSWER_NEXT);
		bool tcx = !ways[i].force_clsact && kernel_has_tcx(&lab);
		pid_t pid = attached_child(&lab, &counter, ways[i]);
		struct tc_entry entry[8];
		uint64_t seen;

		assert_int_equal(list(&lab, entry), 1);
		cross(ways[i].hook, 3);
		wait_counted(&counter, 3);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		for (int64_t end = now_ms() + DEADLINE_MS; tcx && now_ms() < end; rest()) {
			if (list(&lab, entry) == 0)
				break;
		}
		assert_int_equal(list(&lab, entry), tcx ? 0 : 1);
		cross(ways[i].hook, 3);
		seen = tcx ? 3 : 6;
		wait_counted(&counter, seen);
		if (!tcx) {
			assert_int_equal(entry[0].kind, TC_CLSACT);
			assert_int_equal(entry[0].at.prog_id, counter.id);
			assert_string_equal(entry[0].name, "xdpctl_child");
			assert_int_equal(tc_remove_stale(&lab.net, &entry[0], NULL), 0);
			assert_int_equal(tc_remove_stale(&lab.net, &entry[0], NULL), 0);
			assert_int_equal(list(&lab, entry), 0);
			cross(ways[i].hook, 3);
			assert_int_equal(counted(&counter), seen);
			shell("tc qdisc del dev t0 clsact");
		}
		free_counter(&counter);
	}
	lab_close(&lab);
}

/* The child has the link's descriptor too and keeps it. */
static void test_tc_detach_forked_copy_keeps_nothing_alive(void **state)
{
	struct counter counter;
	struct tc_entry entry[8];
	struct tc_tap tap;
	struct lab lab;
	pid_t pid;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	tap = attach(&lab, &counter, TC_INGRESS, false);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		for (;;)
			pause();
	}
	detach(&lab, &tap);
	cross(TC_INGRESS, 2);
	assert_int_equal(list(&lab, entry), 0);
	assert_int_equal(counted(&counter), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free_counter(&counter);
	lab_close(&lab);
}

static void test_tc_attach_full_hook_is_a_conflict(void **state)
{
	struct counter counter[64];
	struct tc_program program = { .name = "xdpctl_x" };
	struct err err = { 0 };
	struct tc_tap tap;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	if (!kernel_has_tcx(&lab)) {
		lab_close(&lab);
		skip();
	}
	for (size_t i = 0; i < COUNT(counter); i++)
		counter[i] = new_counter("foreign", ANSWER_NEXT);
	for (size_t i = 0; i < 63; i++) /* BPF_MPROG_MAX counts the end of the list */
		foreign_tcx(&lab, &counter[i], TC_INGRESS); /* left to the end of the process */
	program.fd = counter[63].fd;
	assert_int_equal(tc_attach(&lab.net, &lab.link, &program, &tap, &err), -ERANGE);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_qdisc(&lab, "");
	for (size_t i = 0; i < COUNT(counter); i++)
		free_counter(&counter[i]);
	lab_close(&lab);
}

static void test_tc_attach_what_cannot_be_found_again_is_refused(void **state)
{
	static const char *const names[] = {
		"",
		"foreign",
		"xdpct",
		"xdpctl_0123456789012345678901234567890123456789012345678901234567",
	};
	const struct bpf_insn pass[] = { INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 2),
					 INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0) };
	struct tc_program program = { .name = "xdpctl_x" };
	struct counter counter;
	struct err err = { 0 };
	struct tc_tap tap;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	counter = new_counter("xdpctl_count", ANSWER_NEXT);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct tc_program named = { .fd = counter.fd, .name = names[i] };

		assert_int_equal(tc_attach(&lab.net, &lab.link, &named, &tap, NULL), -EINVAL);
	}
	program.fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "x", "GPL", pass, COUNT(pass), NULL);
	assert_true(program.fd >= 0);
	assert_int_equal(tc_attach(&lab.net, &lab.link, &program, &tap, &err), -EINVAL);
	assert_non_null(strstr(err.message, "not one for traffic control"));
	close(program.fd);
	program.fd = -1;
	assert_true(tc_attach(&lab.net, &lab.link, &program, &tap, NULL) < 0); /* EBADF or EBADFD */
	assert_qdisc(&lab, "");
	free_counter(&counter);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_unit_test(test_tc_attach_sees_what_crosses_its_hook_alone),
		lab_unit_test(test_tc_attach_two_at_once_both_see),
		lab_unit_test(test_tc_attach_place_is_first_on_ingress_last_on_egress),
		lab_unit_test(test_tc_attach_full_hook_is_a_conflict),
		lab_unit_test(test_tc_attach_what_cannot_be_found_again_is_refused),
		lab_unit_test(test_tc_detach_interface_gone_is_fine),
		lab_unit_test(test_tc_detach_forked_copy_keeps_nothing_alive),
		lab_unit_test(test_tc_list_has_ours_alone_in_the_kernels_order),
		lab_unit_test(test_tc_list_finds_what_a_killed_process_left),
	};

	return cmocka_run_group_tests_name("tc", tests, lab_setup, NULL);
}
