/* SPDX-License-Identifier: GPL-2.0-only */
/* A test run says what the program decided; the kernel then forwards nothing. */
#include "pipeline_testing.h"

static const uint8_t mac_a[6] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0x01 };
static const uint8_t mac_b[6] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0x02 };

static const char *const lines[] = {
	"arp",
	"other",
	"ip4 udp data:18",
	"ip4:15 tcp",
	"ip4frag:9 rest",
	"ip6 icmp6",
	"ip6 hop frag:0 tcp",
	"vlan ip4 udp",
	"qinq vlan ip6 tcp",
	"qinq vlan vlan arp",
	"ip4:3 udp",
	"ip6:4 tcp",
};

/* The rewriting that was asked for, done by hand. */
struct rewrite {
	const char *options;
	bool swap;
	const uint8_t *src, *dst;
};

static const struct rewrite rewrites[] = {
	{ "", false, NULL, NULL },
	{ " --swap-mac", true, NULL, NULL },
	{ " --src-mac 02:aa:bb:cc:dd:01", false, mac_a, NULL },
	{ " --dst-mac 02:aa:bb:cc:dd:02", false, NULL, mac_b },
	{ " --src-mac 02:aa:bb:cc:dd:01 --dst-mac 02:aa:bb:cc:dd:02", false, mac_a, mac_b },
};

static void rewrite_frame(const struct rewrite *how, struct frame *frame)
{
	if (how->swap)
		flow_swap(frame->data, frame->data + 6, 6);
	if (how->dst)
		memcpy(frame->data, how->dst, 6);
	if (how->src)
		memcpy(frame->data + 6, how->src, 6);
}

/* All frames at all lengths; open or not. */
static void check_rewrites(const char *start, bool open)
{
	static struct frame in, out;
	static struct run run;

	for (size_t r = 0; r < COUNT(rewrites); r++) {
		char pipeline[256];
		struct bench b;

		snprintf(pipeline, sizeof(pipeline), "%s%s", start, rewrites[r].options);
		bench_open(&b, pipeline, open ? 0 : BENCH_CLOSED);
		for (size_t i = 0; i < COUNT(lines); i++) {
			frame_build(&in, lines[i], flow_there);
			out = in;
			rewrite_frame(&rewrites[r], &out);
			for (size_t length = 14; length <= in.length; length++) {
				run = (struct run){ 0 };
				bench_expect_run(&b, &in, length, &run,
						 open ? VERDICT_REDIRECT : VERDICT_PASS,
						 open ? REASON_redirected : REASON_redirect_no_port,
						 open ? &out : &in);
			}
		}
		bench_close(&b);
	}
}

static void test_redirect_to_a_port_rewrites_what_was_asked(void **state)
{
	(void)state;
	check_rewrites("redirect t2", true);
}

static void test_redirect_to_several_rewrites_what_was_asked(void **state)
{
	(void)state;
	check_rewrites("redirect t1 t2 t3", true);
}

/* A packet that is passed is passed as it came. */
static void test_redirect_empty_map_passes_unchanged(void **state)
{
	(void)state;
	check_rewrites("redirect t2", false);
}

static void test_redirect_empty_map_of_several_passes_unchanged(void **state)
{
	(void)state;
	check_rewrites("redirect t1 t2 t3", false);
}

static void test_redirect_stopped_passes_until_started(void **state)
{
	static const char *const pipelines[] = { "redirect t2 --swap-mac", "redirect t2 t3" };
	static struct frame in, out;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(pipelines); i++) {
		struct bench b;

		frame_build(&in, "ip4 udp data:18", flow_there);
		frame_build(&out, "ip4 udp data:18",
			    i ? flow_there : flow_back(flow_there, LAYER_MAC));
		bench_open(&b, pipelines[i], BENCH_CLOSED);
		for (int round = 0; round < 2; round++) {
			assert_false(program_is_open(&b.program));
			bench_expect(&b, &in, VERDICT_PASS, REASON_redirect_no_port, &in);
			bench_start(&b);
			bench_start(&b); /* once more is no error */
			bench_expect(&b, &in, VERDICT_REDIRECT, REASON_redirected, &out);
			assert_int_equal(program_stop(&b.program, &err), 0);
			assert_int_equal(program_stop(&b.program, &err), 0);
		}
		bench_close(&b);
	}
}

/* The kernel takes a deleted device out of the map. */
static void test_redirect_deleted_port_passes(void **state)
{
	static struct frame frame;
	struct bench b;

	(void)state;
	bench_need_root();
	assert_int_equal(system("ip link add gone0 type veth peer name gone1"), 0);
	bench_open(&b, "redirect gone0 --swap-mac", BENCH_CLOSED);
	bench_start(&b);
	assert_int_equal(system("ip link del gone0"), 0);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	bench_expect(&b, &frame, VERDICT_PASS, REASON_redirect_no_port, &frame);
	assert_false(program_is_open(&b.program));
	bench_close(&b);
}

static void test_redirect_to_no_interface_is_not_started(void **state)
{
	static const char *const pipelines[] = { "redirect #9999", "redirect t2 #9999",
						 "redirect #9999 t2 t3" };

	(void)state;
	for (size_t i = 0; i < COUNT(pipelines); i++) {
		struct err err = { .errnum = 0 };
		struct bench b;

		bench_open(&b, pipelines[i], BENCH_CLOSED);
		assert_int_equal(program_start(&b.program, &err), -ENODEV);
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_false(program_is_open(&b.program));
		bench_close(&b);
	}
}

/* ---- several ports */

static void map_delete(const struct bench *b, uint32_t key)
{
	assert_int_equal(bpf_map_delete_elem(program_map(&b->program, "redirect"), &key), 0);
}

static void expect_from(struct bench *b, const struct frame *frame, const char *ingress,
			uint32_t verdict, uint32_t reason)
{
	static struct run run;

	run = (struct run){ .ingress = if_nametoindex(ingress) };
	bench_expect_run(b, frame, frame->length, &run, verdict, reason, frame);
}

/* A broadcast whose only port is the one it came from would vanish in the kernel. */
static void test_redirect_flood_does_not_count_on_the_ingress(void **state)
{
	static struct frame frame;
	static struct run run;
	struct bench b;

	(void)state;
	bench_open(&b, "redirect t2 t0 t3", BENCH_CLOSED);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	run = (struct run){ .ingress = if_nametoindex("t0") };
	if (bench_try(b.program.fd, frame.data, frame.length, &run) == -EINVAL) {
		program_close(&b.program);
		print_message("# no test run can name an ingress before Linux 5.14\n");
		skip();
	}
	assert_int_equal(run.verdict, VERDICT_PASS);
	bench_counted(&b, VERDICT_PASS, REASON_redirect_no_port, frame.length);
	bench_start(&b);
	expect_from(&b, &frame, "t0", VERDICT_REDIRECT, REASON_redirected);
	map_delete(&b, 0);
	expect_from(&b, &frame, "t0", VERDICT_REDIRECT, REASON_redirected);
	map_delete(&b, 2); /* t0 alone is left */
	expect_from(&b, &frame, "t0", VERDICT_PASS, REASON_redirect_no_port);
	expect_from(&b, &frame, "t1", VERDICT_REDIRECT, REASON_redirected);
	map_delete(&b, 1);
	expect_from(&b, &frame, "t1", VERDICT_PASS, REASON_redirect_no_port);
	bench_close(&b);
}

static void test_redirect_flood_finds_the_last_of_all_ports(void **state)
{
	char pipeline[512] = "redirect", batch[2048] = "";
	static struct frame frame;
	struct bench b;
	FILE *ip;

	(void)state;
	bench_need_root();
	for (unsigned int i = 0; i < REDIRECT_PORTS; i++) {
		size_t length = strlen(pipeline);

		snprintf(pipeline + length, sizeof(pipeline) - length, " p%u", i);
		length = strlen(batch);
		if (i % 2)
			snprintf(batch + length, sizeof(batch) - length,
				 "link add p%u type veth peer name p%u\n", i - 1, i);
	}
	ip = popen("ip -batch -", "w");
	assert_non_null(ip);
	fputs(batch, ip);
	assert_int_equal(pclose(ip), 0);
	bench_open(&b, pipeline, 0);
	frame_build(&frame, "arp", flow_there);
	for (uint32_t key = 0; key < REDIRECT_PORTS; key++) {
		bench_expect(&b, &frame, VERDICT_REDIRECT, REASON_redirected, &frame);
		map_delete(&b, key);
	}
	bench_expect(&b, &frame, VERDICT_PASS, REASON_redirect_no_port, &frame);
	bench_close(&b);
}

/* ---- a port that takes no longer frames */

static void open_limited(struct bench *b, const char *line, uint32_t bytes)
{
	bench_need_root();
	*b = (struct bench){ .program = { .fd = -1 } };
	assert_int_equal(bench_configure(line, true, if_nametoindex(INGRESS), &b->cfg, NULL), 0);
	stage_redirect.limit_length(&b->cfg, bytes);
	bench_load(b, NULL);
	bench_start(b);
}

static void check_length(struct bench *b, size_t length, bool fits)
{
	static struct frame frame, out;
	static struct run run;
	char line[64];

	snprintf(line, sizeof(line), "ip4 udp data:%zu", length - 14 - 20 - 8);
	frame_build(&frame, line, flow_there);
	out = frame;
	if (fits && b->cfg.redirect.rewrite)
		flow_swap(out.data, out.data + 6, 6);
	assert_int_equal(frame.length, length);
	run = (struct run){ 0 };
	bench_expect_run(b, &frame, length, &run, fits ? VERDICT_REDIRECT : VERDICT_DROP,
			 fits ? REASON_redirected : REASON_redirect_too_long, &out);
}

static void test_redirect_longer_frames_are_dropped_by_name(void **state)
{
	static const char *const pipelines[] = { "redirect t2", "redirect t2 --swap-mac",
						 "redirect t2 t3", "redirect t2 t3 --swap-mac" };

	(void)state;
	for (size_t i = 0; i < COUNT(pipelines); i++) {
		struct bench b;

		open_limited(&b, pipelines[i], 1514);
		check_length(&b, 60, true);
		check_length(&b, 1513, true);
		check_length(&b, 1514, true);
		check_length(&b, 1515, false);
		check_length(&b, 3000, false);
		bench_close(&b);
	}
}

/* The length over all buffers counts, not that of the first. */
static void test_redirect_longer_jumbo_frames_are_dropped(void **state)
{
	struct bench b;

	(void)state;
	open_limited(&b, "redirect t2", 9014);
	if (!b.cfg.frags) {
		program_close(&b.program);
		print_message("# no multi-buffer programs before Linux 5.18\n");
		skip();
	}
	check_length(&b, 9013, true);
	check_length(&b, 9014, true);
	check_length(&b, 9015, false);
	check_length(&b, 16000, false);
	bench_close(&b);
}

/* The kernel frees the copies of a frame of several buffers without a trace. */
static void test_redirect_flood_of_several_buffers_is_dropped_by_name(void **state)
{
	static struct frame frame;
	static struct run run;
	bool can_split;
	struct bench b;

	(void)state;
	bench_open(&b, "redirect t2 t3 --swap-mac", 0);
	if (!b.cfg.frags) {
		program_close(&b.program);
		print_message("# no multi-buffer programs before Linux 5.18\n");
		skip();
	}
	frame_build(&frame, "ip4 udp data:9000", flow_there);
	run = (struct run){ 0 };
	bench_expect_run(&b, &frame, frame.length, &run, VERDICT_DROP, REASON_redirect_multi_buffer,
			 &frame);
	can_split = bench_can_split();
	for (uint32_t linear = 1; can_split && linear < 100; linear++) {
		run = (struct run){ .linear = linear };
		bench_expect_run(&b, &frame, 100, &run, VERDICT_DROP, REASON_redirect_multi_buffer,
				 &frame);
	}
	bench_close(&b);
}

static void test_redirect_limit_is_that_of_the_smallest_port(void **state)
{
	struct pipeline_cfg cfg = { .redirect = { .max_length = 0 } };

	(void)state;
	stage_redirect.limit_length(&cfg, 9014);
	assert_int_equal(cfg.redirect.max_length, 9014);
	stage_redirect.limit_length(&cfg, 1514);
	assert_int_equal(cfg.redirect.max_length, 1514);
	stage_redirect.limit_length(&cfg, 9014);
	assert_int_equal(cfg.redirect.max_length, 1514);
}

/* ---- without a whole Ethernet header in the first buffer */

static void test_redirect_short_passes_if_it_has_to_be_written(void **state)
{
	static struct frame frame;
	static struct run run;
	struct bench plain, rewriting;

	(void)state;
	bench_need_root();
	if (!bench_can_split()) {
		print_message("# only Linux 6.18 and later can split a test frame anywhere\n");
		skip();
	}
	frame_build(&frame, "ip4 udp data:18", flow_there);
	bench_open(&plain, "redirect t2", 0);
	bench_open(&rewriting, "redirect t2 --swap-mac", 0);
	for (uint32_t linear = 1; linear < 14; linear++) {
		run = (struct run){ .linear = linear };
		bench_expect_run(&plain, &frame, frame.length, &run, VERDICT_REDIRECT,
				 REASON_redirected, &frame);
		run = (struct run){ .linear = linear };
		bench_expect_run(&rewriting, &frame, frame.length, &run, VERDICT_PASS,
				 REASON_redirect_short, &frame);
	}
	bench_close(&plain);
	bench_close(&rewriting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirect_to_a_port_rewrites_what_was_asked),
		cmocka_unit_test(test_redirect_to_several_rewrites_what_was_asked),
		cmocka_unit_test(test_redirect_empty_map_passes_unchanged),
		cmocka_unit_test(test_redirect_empty_map_of_several_passes_unchanged),
		cmocka_unit_test(test_redirect_stopped_passes_until_started),
		cmocka_unit_test(test_redirect_deleted_port_passes),
		cmocka_unit_test(test_redirect_to_no_interface_is_not_started),
		cmocka_unit_test(test_redirect_flood_does_not_count_on_the_ingress),
		cmocka_unit_test(test_redirect_flood_finds_the_last_of_all_ports),
		cmocka_unit_test(test_redirect_longer_frames_are_dropped_by_name),
		cmocka_unit_test(test_redirect_longer_jumbo_frames_are_dropped),
		cmocka_unit_test(test_redirect_flood_of_several_buffers_is_dropped_by_name),
		cmocka_unit_test(test_redirect_limit_is_that_of_the_smallest_port),
		cmocka_unit_test(test_redirect_short_passes_if_it_has_to_be_written),
	};

	return cmocka_run_group_tests_name("pipeline_redirect", tests, bench_setup, NULL);
}
