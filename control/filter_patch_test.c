/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_testing.h"

#include <linux/bpf.h>

#include "filter_room.h"
#include "pipeline_xdp.skel.h"

/* The last instruction of the room is used. */
static void test_filter_that_fills_the_room_is_loaded(void **state)
{
	unsigned int count = FILTER_ROOM - 2 - 5; /* guard, beginning */
	struct filter filter = { calloc(count + 1, sizeof(*filter.insns)), count + 1 };
	struct packet_in p = { .length = 0 };
	struct filter_patch patch;
	struct tester t;
	uint32_t got;

	(void)state;
	need_root();
	assert_non_null(filter.insns);
	for (unsigned int i = 0; i < count; i++)
		filter.insns[i] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD, 3);
	filter.insns[count].code = BPF_RET | BPF_A;
	assert_int_equal(filter_patch_begin(&patch, "xdp", &filter, FILTER_LINEAR, NULL), -E2BIG);
	filter.count = count;
	filter.insns[count - 1].code = BPF_RET | BPF_A;
	assert_int_equal(filter_patch_begin(&patch, "xdp", &filter, FILTER_LINEAR, NULL), 0);
	assert_int_equal(patch.count, FILTER_ROOM - 2);
	filter_patch_end(&patch);
	assert_true(tester_open(&t, &ways[0], &filter, "full room"));
	assert_int_equal(tester_ask(&t, &p, &got), 0);
	assert_int_equal(got, 3 * (count - 1));
	tester_close(&t);
	filter_free(&filter);
}

static uint32_t kernel_insns(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	return info.xlated_prog_len / (uint32_t)sizeof(struct bpf_insn);
}

/* Of the room nothing is left where the filter is off, and of a filter only what it needs. */
static void test_filter_room_costs_nothing(void **state)
{
	struct filter_fixture *skeleton;
	struct filter filter;
	struct tester t;

	(void)state;
	need_root();
	skeleton = filter_fixture__open();
	assert_non_null(skeleton);
	assert_int_equal(filter_fixture__load(skeleton), 0);
	assert_in_range(kernel_insns(bpf_program__fd(skeleton->progs.filter_xdp)), 2, 9);
	assert_in_range(kernel_insns(bpf_program__fd(skeleton->progs.filter_tc)), 2, 9);
	filter_fixture__destroy(skeleton);

	filter = compile("ip");
	assert_true(tester_open(&t, &ways[0], &filter, "ip"));
	assert_in_range(kernel_insns(t.fd), 20, 50);
	tester_close(&t);
	filter_free(&filter);
}

static void test_filter_program_without_room_is_not_loaded(void **state)
{
	struct pipeline_xdp *skeleton;
	struct filter_patch patch;
	struct filter filter;

	(void)state;
	need_root();
	filter = compile("ip");
	assert_int_equal(filter_patch_begin(&patch, "xdp", &filter, FILTER_LINEAR, NULL), 0);
	skeleton = pipeline_xdp__open();
	assert_non_null(skeleton);
	libbpf_set_print(NULL);
	assert_int_equal(pipeline_xdp__load(skeleton), -ENOENT);
	pipeline_xdp__destroy(skeleton);
	filter_patch_end(&patch);
	filter_free(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_that_fills_the_room_is_loaded),
		cmocka_unit_test(test_filter_room_costs_nothing),
		cmocka_unit_test(test_filter_program_without_room_is_not_loaded),
	};

	return cmocka_run_group_tests_name("filter_patch", tests, NULL, NULL);
}
