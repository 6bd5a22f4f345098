/* SPDX-License-Identifier: GPL-2.0-only */
#include "pipeline_testing.h"

/* One of each kind. */
static const char *const lines[] = {
	"arp",
	"other",
	"llc",
	"ip4 udp data:18",
	"ip4 tcp data:6",
	"ip4 icmp data:56",
	"ip4:15 udp",
	"ip4frag:185 rest:100",
	"ip6 udp data:20",
	"ip6 tcp",
	"ip6 icmp6 data:56",
	"ip6 hop route dst frag auth udp",
	"ip6 none",
	"vlan ip4 udp data:18",
	"qinq vlan ip6 tcp",
	"qinq vlan vlan ip4 udp",
};

/* Each frame as it is, at each length from the shortest that there can be. */
static void check_unchanged(const char *pipeline, uint32_t verdict, uint32_t reason)
{
	static struct run run;
	struct bench b;

	bench_open(&b, pipeline, 0);
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct frame frame;

		frame_build(&frame, lines[i], flow_there);
		for (size_t length = 14; length <= frame.length; length++) {
			run = (struct run){ 0 };
			bench_expect_run(&b, &frame, length, &run, verdict, reason, &frame);
		}
	}
	bench_close(&b);
}

static void test_pipeline_pass_passes_unchanged(void **state)
{
	(void)state;
	check_unchanged("pass", VERDICT_PASS, REASON_pass);
}

static void test_pipeline_drop_drops_unchanged(void **state)
{
	(void)state;
	check_unchanged("drop", VERDICT_DROP, REASON_drop);
}

static void test_pipeline_count_alone_passes_unchanged(void **state)
{
	(void)state;
	check_unchanged("count", VERDICT_PASS, REASON_end_of_pipeline);
}

static void test_pipeline_empty_passes_unchanged(void **state)
{
	(void)state;
	check_unchanged("", VERDICT_PASS, REASON_end_of_pipeline);
}

static void test_pipeline_last_stage_gives_the_verdict(void **state)
{
	(void)state;
	check_unchanged("count then drop", VERDICT_DROP, REASON_drop);
	check_unchanged("count --by port then pass", VERDICT_PASS, REASON_pass);
}

/* Only what was asked for is there: neither maps nor counters of stages that are off. */
static void test_pipeline_no_count_keeps_no_counters(void **state)
{
	static const char *const pipelines[] = { "pass", "drop", "reflect", "redirect t2", "" };
	static const uint32_t verdicts[] = { VERDICT_PASS, VERDICT_DROP, VERDICT_TX,
					     VERDICT_REDIRECT, VERDICT_PASS };
	static struct run run;
	struct frame frame;

	(void)state;
	frame_build(&frame, "ip4 udp data:18", flow_there);
	for (size_t i = 0; i < COUNT(pipelines); i++) {
		struct stats stats;
		struct bench b;

		bench_open(&b, pipelines[i], BENCH_NO_COUNT);
		assert_int_equal(program_map(&b.program, "counters"), -1);
		run = (struct run){ 0 };
		bench_run(&b, frame.data, frame.length, &run);
		assert_int_equal(run.verdict, verdicts[i]);
		assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
		assert_int_equal(stats.total.packets, 0);
		assert_int_equal(stats.parts, 0);
		stats_free(&stats);
		program_close(&b.program);
	}
}

static void test_pipeline_maps_are_those_of_its_stages(void **state)
{
	static const struct {
		const char *line, *map[5];
	} cases[] = {
		{ "pass", { "counters", "prepared" } },
		{ "count then drop", { "counters", "prepared" } },
		{ "count --by src then drop", { "counters", "prepared", "count" } },
		{ "reflect", { "counters", "prepared", "reflect" } },
		{ "redirect t2", { "counters", "prepared", "redirect" } },
		{ "count --by proto then redirect t2 t3",
		  { "counters", "prepared", "redirect", "count" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned int maps = 1; /* the configuration */
		struct bench b;

		bench_open(&b, cases[i].line, BENCH_CLOSED);
		for (const char *const *map = cases[i].map; *map; map++, maps++)
			assert_true(program_map(&b.program, *map) >= 0);
		assert_int_equal(b.program.maps, maps);
		assert_int_equal(program_map(&b.program, "nothing"), -1);
		program_close(&b.program);
	}
}

static void test_pipeline_counters_are_per_cpu(void **state)
{
	struct frame frame;
	cpu_set_t all, one;
	struct stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, "drop", 0);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	for (unsigned int cpu = 0; cpu < b.cfg.cpus && cpu < CPU_SETSIZE; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!CPU_ISSET(cpu, &all) || sched_setaffinity(0, sizeof(one), &one))
			continue;
		for (unsigned int i = 0; i <= cpu; i++)
			bench_expect(&b, &frame, VERDICT_DROP, REASON_drop, &frame);
	}
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_int_equal(stats.cpus, b.cfg.cpus);
	for (unsigned int cpu = 0; cpu < stats.cpus; cpu++) {
		uint64_t packets = cpu < CPU_SETSIZE && CPU_ISSET(cpu, &all) ? cpu + 1 : 0;

		assert_int_equal(stats.cpu[cpu].packets, packets);
		assert_int_equal(stats.cpu[cpu].bytes, packets * frame.length);
	}
	stats_free(&stats);
	bench_close(&b);
}

/* ---- frames of several buffers */

static const size_t jumbo_lengths[] = { 1514, 3520, 3521, 4095, 4096, 4097, 9014, 9018, 16000 };

/* A program for one buffer, as it is loaded where the MTU needs no more, does the same. */
static void test_pipeline_of_one_buffer_gives_the_same(void **state)
{
	static struct frame in, out;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by proto then reflect --l4", BENCH_ONE_BUFFER);
	assert_int_equal(b.program.cfg.frags, 0);
	for (size_t length = 0; length <= 1472; length += 32) {
		char line[64];

		snprintf(line, sizeof(line), "ip4 udp data:%zu", length);
		frame_build(&in, line, flow_there);
		frame_build(&out, line, flow_back(flow_there, LAYER_PORTS));
		bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	}
	bench_close(&b);
}

static void check_jumbo(const char *pipeline, const char *start, uint32_t verdict, uint32_t reason,
			int layer)
{
	static struct frame in, out;
	static struct run run;
	struct bench b;

	bench_open(&b, pipeline, 0);
	if (!b.cfg.frags) {
		program_close(&b.program);
		print_message("# no multi-buffer programs before Linux 5.18\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(jumbo_lengths); i++) {
		char line[64];

		frame_build(&in, start, flow_there);
		snprintf(line, sizeof(line), "%s data:%zu", start, jumbo_lengths[i] - in.length);
		frame_build(&in, line, flow_there);
		frame_build(&out, line, layer ? flow_back(flow_there, layer) : flow_there);
		assert_int_equal(in.length, jumbo_lengths[i]);
		run = (struct run){ 0 };
		bench_expect_run(&b, &in, in.length, &run, verdict, reason, &out);
	}
	bench_close(&b);
}

static void test_pipeline_jumbo_is_counted_in_full(void **state)
{
	(void)state;
	check_jumbo("pass", "ip4 udp", VERDICT_PASS, REASON_pass, 0);
	check_jumbo("drop", "ip6 tcp", VERDICT_DROP, REASON_drop, 0);
	check_jumbo("count --by port", "ip6 hop tcp", VERDICT_PASS, REASON_end_of_pipeline, 0);
	check_jumbo("redirect t2", "ip4 tcp", VERDICT_REDIRECT, REASON_redirected, 0);
}

static void test_pipeline_jumbo_is_rewritten(void **state)
{
	(void)state;
	check_jumbo("redirect t2 --swap-mac", "ip4 tcp", VERDICT_REDIRECT, REASON_redirected,
		    LAYER_MAC);
	check_jumbo("reflect", "ip4 udp", VERDICT_TX, REASON_reflected, LAYER_MAC);
	check_jumbo("reflect --l3", "ip6 udp", VERDICT_TX, REASON_reflected, LAYER_IP);
	check_jumbo("reflect --l4", "ip4 icmp", VERDICT_TX, REASON_reflected, LAYER_PORTS);
	check_jumbo("reflect --l4", "qinq vlan ip6 dst tcp", VERDICT_TX, REASON_reflected,
		    LAYER_PORTS);
}

/* ---- replacing */

static void test_pipeline_replacement_goes_on_counting(void **state)
{
	static const char *const lines_after[] = { "drop", "count --by proto then pass",
						   "reflect --l3", "redirect t2", "pass" };
	struct bench a, b;
	struct frame frame;
	struct stats stats;

	(void)state;
	frame_build(&frame, "ip4 udp data:18", flow_there);
	bench_open(&a, "pass", 0);
	bench_expect(&a, &frame, VERDICT_PASS, REASON_pass, &frame);
	for (size_t i = 0; i < COUNT(lines_after); i++) {
		static struct run run;

		memset(&b, 0, sizeof(b));
		assert_int_equal(bench_configure(lines_after[i], true, if_nametoindex(INGRESS),
						 &b.cfg, NULL),
				 0);
		bench_load(&b, &a.program);
		bench_start(&b);
		run = (struct run){ 0 };
		bench_run(&b, frame.data, frame.length, &run);
		assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
		assert_int_equal(stats.total.packets, i + 2);
		assert_int_equal(stats.total.bytes, (i + 2) * frame.length);
		stats_free(&stats);
		program_close(&a.program); /* the maps are the new one's now */
		a.program = b.program;
	}
	program_close(&a.program);
}

static void test_pipeline_replacement_keeps_maps_of_the_same_stage(void **state)
{
	static const struct {
		const char *before, *after, *map;
		bool kept;
	} cases[] = {
		{ "count --by src then pass", "count --by src then drop", "count", true },
		{ "count --by src then pass", "count --by proto then pass", "count", false },
		{ "count --by src --entries 7", "count --by src --entries 8", "count", false },
		{ "redirect t2", "redirect t2 --swap-mac", "redirect", true },
		{ "redirect t2", "redirect t3", "redirect", false },
		{ "redirect t2 t3", "redirect t3 t2", "redirect", false },
		{ "redirect t2", "redirect t2 t3", "redirect", false },
		{ "reflect", "reflect --l4", "reflect", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bpf_map_info before = { 0 }, after = { 0 };
		uint32_t size = sizeof(before);
		struct bench a, b = { .want = { { 0 } } };

		bench_open(&a, cases[i].before, 0);
		assert_int_equal(bench_configure(cases[i].after, true, if_nametoindex(INGRESS),
						 &b.cfg, NULL),
				 0);
		bench_load(&b, &a.program);
		bpf_obj_get_info_by_fd(program_map(&a.program, cases[i].map), &before, &size);
		bpf_obj_get_info_by_fd(program_map(&b.program, cases[i].map), &after, &size);
		assert_true(before.id && after.id);
		if ((before.id == after.id) != cases[i].kept)
			fail_msg("%s, then %s", cases[i].before, cases[i].after);
		program_close(&a.program);
		program_close(&b.program);
	}
}

/* Another interface's pipeline is not continued. */
static void test_pipeline_replacement_of_another_interface_starts_anew(void **state)
{
	struct bench a, b = { .want = { { 0 } } };
	struct frame frame;

	(void)state;
	bench_open(&a, "pass", 0);
	frame_build(&frame, "arp", flow_there);
	bench_expect(&a, &frame, VERDICT_PASS, REASON_pass, &frame);
	assert_int_equal(bench_configure("pass", true, if_nametoindex("t2"), &b.cfg, NULL), 0);
	bench_load(&b, &a.program);
	bench_check_stats(&b);
	bench_close(&a);
	program_close(&b.program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipeline_pass_passes_unchanged),
		cmocka_unit_test(test_pipeline_drop_drops_unchanged),
		cmocka_unit_test(test_pipeline_count_alone_passes_unchanged),
		cmocka_unit_test(test_pipeline_empty_passes_unchanged),
		cmocka_unit_test(test_pipeline_last_stage_gives_the_verdict),
		cmocka_unit_test(test_pipeline_no_count_keeps_no_counters),
		cmocka_unit_test(test_pipeline_maps_are_those_of_its_stages),
		cmocka_unit_test(test_pipeline_counters_are_per_cpu),
		cmocka_unit_test(test_pipeline_of_one_buffer_gives_the_same),
		cmocka_unit_test(test_pipeline_jumbo_is_counted_in_full),
		cmocka_unit_test(test_pipeline_jumbo_is_rewritten),
		cmocka_unit_test(test_pipeline_replacement_goes_on_counting),
		cmocka_unit_test(test_pipeline_replacement_keeps_maps_of_the_same_stage),
		cmocka_unit_test(test_pipeline_replacement_of_another_interface_starts_anew),
	};

	return cmocka_run_group_tests_name("pipeline_verdict", tests, bench_setup, NULL);
}
