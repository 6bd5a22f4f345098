/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap_site_testing.h"

#include <sys/wait.h>

static void test_site_pass_comes_and_goes_where_nothing_was(void **state)
{
	struct tap_site site;
	struct pipeline_cfg cfg;
	unsigned int fds = count_fds();

	(void)state;
	site_begin();
	enter(&site);
	assert_true(site.came);
	assert_false(site.steal);
	assert_int_equal(site.refused.code, ERR_NONE);
	assert_int_equal(site.mode, XDP_MODE_DRV);
	cfg = cfg_now();
	assert_int_equal(cfg.guest, 1);
	assert_int_equal(cfg.tapped, TAPPED);
	assert_int_equal(cfg.role, ROLE_PIPELINE);
	assert_int_equal(cfg.last, STAGE_pass);
	assert_int_equal(cfg.inner[0], 0);
	assert_int_equal(run_attached("ip4 udp"), XDP_PASS);
	leave(&site);
	check_nothing_attached();
	assert_int_equal(count_fds(), fds);
}

/* From the place of the pipeline that is attached to the capture's ring buffer. */
static void check_sees(unsigned int place)
{
	static struct frame frame;
	struct tap tap = { .cfg = { .snaplen = 96 } };
	const struct filter all = { 0 };
	struct err err = { .message = "" };

	enter(&tap.site);
	assert_int_equal(tap.site.place, place);
	assert_int_equal(tap_rings_open(1, &tap.rings, &err), 0);
	assert_int_equal(tap_load_xdp(&tap.site, &tap.cfg, &all, &tap.rings, 1, &tap.program, &err),
			 0);
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
	assert_int_equal(tap_seen(&tap.site), 0);
	assert_int_equal(tap_put(&tap.site, tap.program.fd, &err), 0);
	for (int i = 0; i < 3; i++) {
		frame_build(&frame, "ip4 udp", flow_there);
		assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
		tap_expect(&tap, frame.data, frame.length, frame.length,
			   OUTCOME(VERDICT_DROP, REASON_drop));
	}
	assert_int_equal(tap_seen(&tap.site), 3);
	assert_int_equal(tap_leave(&tap.site, &err), 0);
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
	tap_empty(&tap);
	assert_int_equal(tap_seen(&tap.site), 3);
	tap_close(&tap.site);
	tap_end(&tap);
}

static void test_site_program_that_is_put_in_sees_packets(void **state)
{
	struct tap_site other;

	(void)state;
	site_begin();
	attach_line("drop", false);
	check_sees(0);
	enter(&other);
	check_sees(1);
	check_sees(1); /* what the one before saw is not its own */
	leave(&other);
}

static void test_site_pipeline_goes_on_and_is_put_back(void **state)
{
	struct pipeline_cfg before, cfg;
	struct tap_site site;
	uint32_t id, tapped;

	(void)state;
	site_begin();
	attach_line("count --by proto then reflect --l4", false);
	id = id_now();
	before = cfg_now();
	for (int i = 0; i < 5; i++)
		assert_int_equal(run_attached("ip4 udp"), XDP_TX);
	enter(&site);
	assert_false(site.came);
	tapped = id_now();
	assert_int_not_equal(tapped, id);
	assert_int_equal(packets_counted(), 5);
	assert_int_equal(run_attached("ip6 tcp"), XDP_TX);
	assert_int_equal(packets_counted(), 6);
	cfg = cfg_now();
	assert_int_equal(cfg.tapped, kernel_has_frags() ? TAPPED_SAVES : TAPPED);
	assert_int_equal(cfg.guest, 0);
	cfg.tapped = TAPPED_NOT;
	assert_memory_equal(&cfg, &before, sizeof(cfg));
	leave(&site);
	assert_int_not_equal(id_now(), tapped);
	cfg = cfg_now();
	assert_memory_equal(&cfg, &before, sizeof(cfg));
	assert_int_equal(packets_counted(), 6);
	assert_int_equal(run_attached("ip4 udp"), XDP_TX);
	assert_int_equal(packets_counted(), 7);
}

static void test_site_pipeline_stays_in_its_mode(void **state)
{
	struct tap_site site;
	struct err err;

	(void)state;
	site_begin();
	assert_int_equal(try_attach_in(XDP_MODE_SKB, "drop", false, &err), 0);
	enter(&site);
	assert_int_equal(site.mode, XDP_MODE_SKB);
	assert_int_not_equal(link_now().xdp[XDP_MODE_SKB], 0);
	assert_int_equal(link_now().xdp[XDP_MODE_DRV], 0);
	leave(&site);
	assert_int_not_equal(link_now().xdp[XDP_MODE_SKB], 0);
	assert_int_equal(link_now().xdp[XDP_MODE_DRV], 0);
	assert_int_equal(cfg_now().tapped, TAPPED_NOT);
}

/* As status shows them. */
static void check_live(unsigned int live)
{
	struct program running = running_now();
	struct tap_state copy;

	assert_int_equal(tap_live(&running), live);
	assert_false(tap_steals(&running));
	assert_int_equal(tap_read(&running, &copy), running.cfg.tapped ? 0 : -ENOENT);
	for (unsigned int i = 0; i < TAPS && running.cfg.tapped; i++)
		assert_int_equal(copy.place[i].pid, i < 2 ? getpid() : 0);
	program_close(&running);
}

static void test_site_captures_are_told_by_the_pipeline(void **state)
{
	struct tap_site a, b;

	(void)state;
	site_begin();
	attach_line("drop", false);
	check_live(0);
	enter(&a);
	enter(&b);
	check_live(2);
	die(&a);
	check_live(1);
	leave(&b);
	check_live(0);
	assert_int_equal(tap_beat(&a), -EOWNERDEAD);
	tap_close(&a);
}

/* A bare pass for a driver that takes redirected frames only so: nobody redirects here any more. */
static void test_site_receiver_is_a_pipeline_too(void **state)
{
	struct program receiver;
	struct tap_site site;
	struct err err;

	(void)state;
	site_begin();
	assert_int_equal(receiver_load(link_now().ifindex, net.id, &receiver, &err), 0);
	put_on(receiver.fd, -1);
	program_close(&receiver);
	enter(&site);
	assert_false(site.came);
	assert_int_equal(cfg_now().role, ROLE_RECEIVER);
	assert_int_equal(cfg_now().guest, 0);
	assert_int_equal(run_attached("ip4 udp"), XDP_PASS);
	leave(&site);
	check_nothing_attached();
}

static void test_site_foreign_program_is_left_alone(void **state)
{
	unsigned int fds = count_fds();
	struct tap_site site;
	struct err err;
	int foreign;
	uint32_t id;

	(void)state;
	site_begin();
	foreign = foreign_load();
	put_on(foreign, -1);
	id = id_now();
	assert_int_equal(tap_enter(&net, INGRESS, NULL, &site, &err), -EEXIST);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.object, INGRESS);
	assert_non_null(strstr(err.message, "foreign"));
	assert_int_equal(id_now(), id);
	clear(false);
	assert_int_equal(id_now(), id);
	close(foreign);
	assert_int_equal(count_fds(), fds);
}

static void test_site_unknown_interface_is_not_found(void **state)
{
	struct tap_site site;
	struct err err;

	(void)state;
	bench_need_root();
	assert_int_equal(tap_enter(&net, "none", NULL, &site, &err), -ENODEV);
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

/* The seventh is refused; who leaves makes room; the last one puts back. */
static void check_full(const char *line, const unsigned int order[TAPS])
{
	struct tap_site site[TAPS], more;
	unsigned int taken = 0, fds;
	uint32_t id = 0;
	struct err err;

	site_begin();
	if (line)
		attach_line(line, false);
	fds = count_fds();
	for (unsigned int i = 0; i < TAPS; i++) {
		enter(&site[i]);
		assert_false(taken & 1u << site[i].place);
		taken |= 1u << site[i].place;
		assert_int_equal(site[i].id, site[0].id);
		assert_int_equal(site[i].came, !line && !i);
		assert_true(!i || id_now() == id); /* one change is enough for all */
		id = id_now();
	}
	assert_int_equal(tap_enter(&net, INGRESS, NULL, &more, &err), -EBUSY);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.message, "6 captures"));
	leave(&site[order[0]]);
	assert_int_equal(id_now(), id);
	enter(&site[order[0]]);
	for (unsigned int i = 0; i < TAPS; i++) {
		assert_int_equal(id_now(), id);
		leave(&site[order[i]]);
		for (unsigned int k = i + 1; k < TAPS; k++)
			assert_int_equal(tap_beat(&site[order[k]]), 0);
	}
	if (line)
		assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	else
		check_nothing_attached();
	assert_int_equal(count_fds(), fds);
}

static void test_site_six_fill_it(void **state)
{
	(void)state;
	check_full(NULL, (const unsigned int[]){ 0, 1, 2, 3, 4, 5 });
	check_full("drop", (const unsigned int[]){ 5, 0, 4, 2, 1, 3 });
}

static void check_two(const char *line, bool first_leaves_first)
{
	struct tap_site a, b;

	site_begin();
	if (line)
		attach_line(line, false);
	enter(&a);
	enter(&b);
	assert_int_not_equal(a.place, b.place);
	leave(first_leaves_first ? &a : &b);
	assert_int_not_equal(cfg_now().tapped, TAPPED_NOT);
	assert_int_equal(tap_beat(first_leaves_first ? &b : &a), 0);
	leave(first_leaves_first ? &b : &a);
	if (line)
		assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	else
		check_nothing_attached();
}

static void test_site_two_leave_in_both_orders(void **state)
{
	(void)state;
	check_two(NULL, true);
	check_two(NULL, false);
	check_two("count --by src then drop", true);
	check_two("count --by src then drop", false);
}

/* ---- pipelines that change under a capture */

static void test_site_pipeline_that_is_replaced_keeps_its_taps(void **state)
{
	struct tap_site site;
	struct err err;

	(void)state;
	site_begin();
	attach_line("pass", false);
	enter(&site);
	assert_int_equal(try_attach("drop", false, &err), -EEXIST);
	attach_line("drop", true);
	assert_int_equal(tap_check(&site, &err), 0);
	assert_int_equal(cfg_now().tapped, TAPPED);
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
	leave(&site);
	assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
}

/* The capture's pass is nobody's: a pipeline takes its place, and stays when the capture goes. */
static void test_site_pipeline_may_come_while_a_capture_runs(void **state)
{
	struct tap_site site;
	struct err err;

	(void)state;
	site_begin();
	enter(&site);
	attach_line("drop", false);
	assert_int_equal(tap_check(&site, &err), 0);
	assert_int_equal(cfg_now().guest, 0);
	leave(&site);
	assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
}

/* ---- many processes */

#define PROCESSES 5
#define TURNS	  6

/* Exit code: 0, or what was wrong. */
static int come_and_go(unsigned int seed)
{
	struct tap_site site;
	struct net own;
	struct err err;
	int ret;

	srand(seed);
	if (net_open(&own, &err))
		return 1;
	for (int i = 0; i < TURNS; i++) {
		ret = tap_enter(&own, INGRESS, NULL, &site, &err);
		if (ret)
			return 2;
		for (int beats = rand() % 20; beats; beats--) {
			if (tap_beat(&site))
				return 3;
			if (tap_check(&site, &err))
				return 4;
		}
		if (tap_leave(&site, &err))
			return 5;
		tap_close(&site);
	}
	net_close(&own);
	return 0;
}

static void check_many(const char *line)
{
	pid_t child[PROCESSES];
	int status;

	site_begin();
	if (line)
		attach_line(line, false);
	for (unsigned int i = 0; i < PROCESSES; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0)
			_exit(come_and_go(i));
	}
	for (unsigned int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	if (line)
		assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	else
		check_nothing_attached();
}

static void test_site_many_come_and_go(void **state)
{
	(void)state;
	check_many(NULL);
	check_many("drop");
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site_pass_comes_and_goes_where_nothing_was),
		cmocka_unit_test(test_site_program_that_is_put_in_sees_packets),
		cmocka_unit_test(test_site_pipeline_goes_on_and_is_put_back),
		cmocka_unit_test(test_site_pipeline_stays_in_its_mode),
		cmocka_unit_test(test_site_captures_are_told_by_the_pipeline),
		cmocka_unit_test(test_site_receiver_is_a_pipeline_too),
		cmocka_unit_test(test_site_foreign_program_is_left_alone),
		cmocka_unit_test(test_site_unknown_interface_is_not_found),
		cmocka_unit_test(test_site_six_fill_it),
		cmocka_unit_test(test_site_two_leave_in_both_orders),
		cmocka_unit_test(test_site_pipeline_that_is_replaced_keeps_its_taps),
		cmocka_unit_test(test_site_pipeline_may_come_while_a_capture_runs),
		cmocka_unit_test(test_site_many_come_and_go),
	};

	return cmocka_run_group_tests_name("tap_site", tests, site_setup, site_teardown);
}
