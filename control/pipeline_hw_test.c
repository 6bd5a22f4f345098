/* SPDX-License-Identifier: GPL-2.0-only */
/* The build of the pipeline for devices, run in software: its configuration is a map element and
 * so are its counters. */
#include "pipeline_testing.h"

#include "pipeline_hw.skel.h"

struct hw_bench {
	struct pipeline_hw *skeleton;
	struct tally want[COUNTERS];
};

static void hw_open(struct hw_bench *b, const char *line)
{
	struct pipeline_cfg cfg;
	struct bpf_map *map;
	uint32_t key = 0;

	bench_need_root();
	*b = (struct hw_bench){ .skeleton = pipeline_hw__open() };
	assert_non_null(b->skeleton);
	bpf_object__for_each_map (map, b->skeleton->obj) {
		bool own = strcmp(bpf_map__name(map), "config") == 0 ||
			   strcmp(bpf_map__name(map), "counters") == 0;

		assert_int_equal(bpf_map__set_autocreate(map, own), 0);
	}
	assert_int_equal(pipeline_hw__load(b->skeleton), 0);
	assert_int_equal(bench_configure(line, true, 1, &cfg, NULL), 0);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(b->skeleton->maps.config), &key, &cfg, 0),
			 0);
}

static void hw_expect(struct hw_bench *b, const char *line, uint32_t verdict, uint32_t reason)
{
	static struct frame frame;
	static struct run run;
	struct tally got[COUNTERS];
	uint32_t key = 0;

	frame_build(&frame, line, flow_there);
	run = (struct run){ 0 };
	assert_int_equal(bench_try(bpf_program__fd(b->skeleton->progs.xdpctl_hw), frame.data,
				   frame.length, &run),
			 0);
	assert_int_equal(run.verdict, verdict);
	check_bytes(run.data, frame.data, frame.length);
	tally_add(&b->want[OUTCOME(verdict, reason)],
		  (struct tally){ .packets = 1, .bytes = frame.length });
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(b->skeleton->maps.counters), &key, got),
			 0);
	assert_memory_equal(got, b->want, sizeof(got));
}

static void test_hw_pipeline_gives_verdict_and_counts(void **state)
{
	static const struct {
		const char *line;
		uint32_t verdict, reason;
	} cases[] = {
		{ "pass", VERDICT_PASS, REASON_pass },
		{ "drop", VERDICT_DROP, REASON_drop },
		{ "count then drop", VERDICT_DROP, REASON_drop },
		{ "count", VERDICT_PASS, REASON_end_of_pipeline },
		{ "", VERDICT_PASS, REASON_end_of_pipeline },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hw_bench b;

		hw_open(&b, cases[i].line);
		hw_expect(&b, "arp", cases[i].verdict, cases[i].reason);
		hw_expect(&b, "ip4 udp data:18", cases[i].verdict, cases[i].reason);
		hw_expect(&b, "qinq vlan ip6 hop tcp", cases[i].verdict, cases[i].reason);
		pipeline_hw__destroy(b.skeleton);
	}
}

static void test_hw_pipeline_without_configuration_passes(void **state)
{
	static const struct pipeline_cfg none;
	struct hw_bench b;
	uint32_t key = 0;

	(void)state;
	hw_open(&b, "drop");
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(b.skeleton->maps.config), &key, &none, 0),
			 0);
	hw_expect(&b, "ip4 udp data:18", VERDICT_PASS, REASON_end_of_pipeline);
	pipeline_hw__destroy(b.skeleton);
}

static void test_hw_stage_that_devices_cannot_run_is_refused(void **state)
{
	static const struct {
		const char *line, *object;
	} cases[] = {
		{ "reflect", "reflect" },
		{ "redirect #7", "redirect" },
		{ "count --by proto then pass", "count" },
		{ "count then redirect #7 #8", "redirect" },
		{ "steer 0", "steer" },
		{ "count then steer 0-3", "steer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program program = { .fd = -1 };
		struct pipeline_cfg cfg;
		struct err err = { .errnum = 0 };

		assert_int_equal(bench_configure(cases[i].line, true, 1, &cfg, NULL), 0);
		assert_int_equal(pipeline_load(&cfg, NULL, 1, &program, &err), -EOPNOTSUPP);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		assert_string_equal(err.object, cases[i].object);
		assert_true(err.hint[0]);
	}
}

/* A veth runs no programs itself. */
static void test_hw_device_without_offload_is_unsupported(void **state)
{
	struct program program = { .fd = -1 };
	struct pipeline_cfg cfg;
	struct err err = { .errnum = 0 };
	ifindex_t ifindex;

	(void)state;
	bench_need_root();
	ifindex = if_nametoindex(INGRESS);
	assert_int_equal(bench_configure("pass", true, ifindex, &cfg, NULL), 0);
	assert_true(pipeline_load(&cfg, NULL, ifindex, &program, &err) < 0);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hw_pipeline_gives_verdict_and_counts),
		cmocka_unit_test(test_hw_pipeline_without_configuration_passes),
		cmocka_unit_test(test_hw_stage_that_devices_cannot_run_is_refused),
		cmocka_unit_test(test_hw_device_without_offload_is_unsupported),
	};

	return cmocka_run_group_tests_name("pipeline_hw", tests, bench_setup, NULL);
}
