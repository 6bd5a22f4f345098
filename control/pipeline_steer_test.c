/* SPDX-License-Identifier: GPL-2.0-only */
/* The stage steer, but for the hash of flows: see pipeline_flow_test.c. */
#include "places_testing.h"

static void test_steer_round_robin_takes_turns(void **state)
{
	static struct frame frame;
	struct places places;
	cpu_set_t before, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0); /* each CPU has its turns */
	frame_build(&frame, "ip4 udp", flow_there);
	for (unsigned int n = 1; n <= 5; n++) {
		places_open(&places, "round-robin", n);
		for (unsigned int turn = 0; turn < 4 * n; turn++) {
			for (unsigned int i = 0; i < n; i++)
				assert_int_equal(is_at(&places, i, frame.data, frame.length),
						 turn % n == i);
		}
		places_close(&places);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

/* ---- the map */

static bool steer_entry(const struct bench *b, uint32_t cpu, struct bpf_cpumap_val *out)
{
	return bpf_map_lookup_elem(program_map(&b->program, "steer"), &cpu, out) == 0;
}

static uint32_t steer_map_id(const struct bench *b, struct bpf_map_info *info)
{
	__u32 length = sizeof(*info);

	*info = (struct bpf_map_info){ 0 };
	assert_int_equal(bpf_obj_get_info_by_fd(program_map(&b->program, "steer"), info, &length),
			 0);
	return info->id;
}

static void test_steer_map_is_keyed_by_cpu(void **state)
{
	struct bpf_cpumap_val queue;
	struct bpf_map_info info;
	struct bench b;

	(void)state;
	bench_open(&b, "steer 0 --queue 77", 0);
	steer_map_id(&b, &info);
	assert_int_equal(info.type, BPF_MAP_TYPE_CPUMAP);
	assert_int_equal(info.key_size, 4);
	assert_int_equal(info.value_size, sizeof(struct bpf_cpumap_val));
	assert_int_equal(info.max_entries, percpu_cpus());
	assert_true(steer_entry(&b, 0, &queue));
	assert_int_equal(queue.qsize, 77);
	assert_true(queue.bpf_prog.id != 0); /* which counts what arrives */
	bench_close(&b);
	bench_open(&b, "steer 0", BENCH_NO_COUNT);
	assert_true(steer_entry(&b, 0, &queue));
	assert_int_equal(queue.bpf_prog.id, 0);
	program_close(&b.program);
}

static void test_steer_missing_entry_passes_and_is_counted(void **state)
{
	static struct frame frame;
	struct err err;
	uint32_t cpu = 0;
	struct bench b;

	(void)state;
	for (int flags = 0; flags <= BENCH_ONE_BUFFER; flags += BENCH_ONE_BUFFER) {
		frame_build(&frame, "ip4 udp", flow_there);
		bench_open(&b, "steer 0", flags | BENCH_CLOSED);
		for (int round = 0; round < 2; round++) {
			assert_false(program_is_open(&b.program));
			bench_expect(&b, &frame, VERDICT_PASS, REASON_steer_no_cpu, &frame);
			bench_start(&b);
			bench_start(&b); /* once more is no error */
			bench_expect(&b, &frame, VERDICT_REDIRECT, REASON_steered, &frame);
			assert_int_equal(program_stop(&b.program, &err), 0);
			assert_int_equal(program_stop(&b.program, &err), 0);
		}
		bench_start(&b);
		assert_int_equal(bpf_map_delete_elem(program_map(&b.program, "steer"), &cpu), 0);
		bench_expect(&b, &frame, VERDICT_PASS, REASON_steer_no_cpu, &frame);
		bench_close(&b);
	}
}

/* A test run delivers nothing, so all is lost: that is what the numbers have to say. */
static void test_steer_what_does_not_arrive_is_lost(void **state)
{
	static struct frame frame;
	struct stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, "steer 0", 0);
	frame_build(&frame, "ip4 udp", flow_there);
	for (int i = 0; i < 5; i++)
		bench_expect(&b, &frame, VERDICT_REDIRECT, REASON_steered, &frame);
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_true(stats.arrivals_known);
	assert_int_equal(stats.lost, 5);
	stats_free(&stats);
	add_queue(&b, 0); /* somebody's, which does not count */
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_false(stats.arrivals_known);
	stats_free(&stats);
	bench_close(&b);
}

/* What a successor does with the running map. */
static void test_steer_replaced_keeps_the_map_if_it_can(void **state)
{
	static const struct {
		const char *line;
		int flags;
		bool keeps;
	} cases[] = {
		{ "steer 0 --queue 100", 0, true },
		{ "count --by proto then steer 0 --by src --queue 100", 0, true },
		{ "steer 0 --by round-robin --queue 100", 0, true },
		{ "steer 0 --queue 101", 0, false },
		{ "steer 0 --queue 100", BENCH_ONE_BUFFER, false }, /* the kernel would refuse */
		{ "steer 0 --queue 100", BENCH_NO_COUNT, false },
	};
	struct bpf_map_info info;
	struct bench a, b;
	uint32_t id;

	(void)state;
	bench_open(&a, "steer 0 --queue 100", 0);
	id = steer_map_id(&a, &info);
	for (size_t i = 0; i < COUNT(cases); i++) {
		b = (struct bench){ .program = { .fd = -1 } };
		assert_int_equal(bench_configure(cases[i].line, !(cases[i].flags & BENCH_NO_COUNT),
						 if_nametoindex(INGRESS), &b.cfg, NULL),
				 0);
		b.cfg.frags = a.cfg.frags && !(cases[i].flags & BENCH_ONE_BUFFER);
		bench_load(&b, &a.program);
		if (a.cfg.frags || !(cases[i].flags & BENCH_ONE_BUFFER))
			assert_int_equal(steer_map_id(&b, &info) == id, cases[i].keeps);
		assert_int_equal(program_is_open(&b.program), steer_map_id(&b, &info) == id);
		bench_start(&b);
		program_close(&b.program);
	}
	bench_close(&a);
}

/* ---- the command line */

static void test_steer_list_is_sorted_and_defaults_are_set(void **state)
{
	struct pipeline_cfg cfg;

	(void)state;
	assert_int_equal(bench_configure("steer 8,0-2 6", true, 5, &cfg, NULL), 0);
	assert_int_equal(cfg.steer.cpus, 5);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(cfg.steer.cpu[i], i < 3 ? i : i == 3 ? 6 : 8);
	assert_int_equal(cfg.steer.by, STEER_BY_FLOW);
	assert_int_equal(cfg.steer.queue, 2048);
	assert_int_equal(bench_configure("steer 6-133", true, 5, &cfg, NULL), 0);
	assert_int_equal(cfg.steer.cpus, STEER_CPUS);
}

static void test_steer_wrong_list_is_refused_by_name(void **state)
{
	static const struct {
		const char *line, *word;
		enum err_code code;
	} cases[] = {
		{ "steer 3-1", "3-1", ERR_USAGE },
		{ "steer 0,", "0,", ERR_USAGE },
		{ "steer ,0", ",0", ERR_USAGE },
		{ "steer 0x1", "0x1", ERR_USAGE },
		{ "steer eth1", "eth1", ERR_USAGE },
		{ "steer -1", "-1", ERR_USAGE },
		{ "steer 1,1", "CPU 1 is named twice", ERR_USAGE },
		{ "steer 0-3 2", "CPU 2 is named twice", ERR_USAGE },
		{ "steer 6-134", "129 CPUs", ERR_USAGE },
		{ "steer 0-2000", "2001 CPUs", ERR_USAGE },
		{ "steer 0,300", "no CPU 300", ERR_NOT_FOUND },
		{ "steer 8191", "no CPU 8191", ERR_NOT_FOUND },
		{ "steer 99999999999", "there is no CPU", ERR_NOT_FOUND },
		{ "steer 4", "CPU 4 is offline", ERR_NOT_FOUND },
		{ "steer 2-6", "CPU 4 is offline", ERR_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { .code = ERR_NONE };
		struct pipeline_cfg cfg;

		assert_true(bench_configure(cases[i].line, true, 5, &cfg, &err) < 0);
		if (err.code != cases[i].code || !strstr(err.message, cases[i].word))
			fail_msg("%s: %d \"%s\"", cases[i].line, err.code, err.message);
		assert_string_equal(err.object, "steer");
		if (err.code == ERR_NOT_FOUND)
			assert_non_null(strstr(err.hint, "0-3,6-299"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steer_round_robin_takes_turns),
		cmocka_unit_test(test_steer_map_is_keyed_by_cpu),
		cmocka_unit_test(test_steer_missing_entry_passes_and_is_counted),
		cmocka_unit_test(test_steer_what_does_not_arrive_is_lost),
		cmocka_unit_test(test_steer_replaced_keeps_the_map_if_it_can),
		cmocka_unit_test(test_steer_list_is_sorted_and_defaults_are_set),
		cmocka_unit_test(test_steer_wrong_list_is_refused_by_name),
	};

	return cmocka_run_group_tests_name("pipeline_steer", tests, bench_setup, NULL);
}
