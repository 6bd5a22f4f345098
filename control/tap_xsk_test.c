/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that go to an AF_XDP socket, with what the reader is to know in front of them: those that
 * the pipeline drops, for a tap; all or those that match, for a capture that takes them away. A
 * test run sends none on its way. */
#include "tap_testing.h"

#include <linux/if_xdp.h>
#include <sys/socket.h>

#include "filter_patch.h"

#define MEMORY (1u << 20)
#define HEAD   sizeof(struct capture_head)

static struct pass pass;

/* All that a map of sockets asks for. */
static int open_socket(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), entries = 64;

	if (fd < 0)
		skip();
	assert_int_equal(setsockopt(fd, SOL_XDP, XDP_RX_RING, &entries, sizeof(entries)), 0);
	return fd;
}

static void enlist(int map, int fd)
{
	uint32_t queue = 0;

	assert_int_equal(bpf_map_update_elem(map, &queue, &fd, BPF_ANY), 0);
}

static void expect_sent(uint32_t outcome)
{
	uint64_t now = tap_now();
	struct capture_head head;

	assert_int_equal(pass.verdict, XDP_REDIRECT);
	assert_int_equal(pass.out_length, HEAD + pass.length);
	memcpy(&head, pass.out, HEAD);
	assert_int_equal(head.captured, CAPTURE_MARK);
	assert_int_equal(head.length, pass.length);
	assert_int_equal(head.outcome, outcome);
	assert_int_equal(head.direction, CAPTURE_IN);
	assert_int_equal(head.queue, 0);
	assert_int_equal(head.target, 0);
	assert_int_equal(head.flags, 0);
	assert_true(head.time && head.time <= now);
	check_bytes(pass.out + HEAD, pass.in, pass.length);
}

/* ---- taps */

static struct tap *add_with_socket(struct tapped *t, unsigned int place, int fd)
{
	struct tap *tap = &t->tap[place];
	const struct filter all = { 0 };
	struct err err = { .message = "" };

	*tap = (struct tap){ .cfg = { .snaplen = CAPTURE_SNAPLEN, .xsk = 1 } };
	tap->site = (struct tap_site){ .taps = program_map(&t->b.program, "taps"),
				       .scratch = program_map(&t->b.program, "tap_scratch"),
				       .frags = t->b.cfg.frags,
				       .place = place };
	if (tap_rings_open(MEMORY, &tap->rings, &err) ||
	    tap_load_xdp(&tap->site, &tap->cfg, &all, &tap->rings, 1, &tap->program, &err) ||
	    tap_put(&tap->site, tap->program.fd, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	if (fd >= 0)
		enlist(tap->program.xsks, fd);
	return tap;
}

static void test_xsk_gets_what_the_pipeline_drops(void **state)
{
	const uint32_t outcome = OUTCOME(VERDICT_DROP, REASON_drop);
	uint64_t sent = 0;
	struct tapped t;
	struct tap *tap;
	int fd;

	(void)state;
	bench_need_root();
	fd = open_socket();
	tapped_open(&t, "drop", 0);
	tap = add_with_socket(&t, 0, fd);
	for (size_t length = 14; length <= 1514; length += 25, sent++) {
		pass_make(&pass, length);
		pass_run(t.b.program.fd, &pass);
		expect_sent(outcome);
		tap_empty(tap);
	}
	tap_check_counts(tap, sent, (struct tap_counts){ .matched = sent, .xsk = sent });
	tapped_close(&t);
	close(fd);
}

static void test_xsk_gets_nothing_that_has_a_way_to_go(void **state)
{
	struct tapped t;
	struct tap *tap;
	int fd;

	(void)state;
	bench_need_root();
	fd = open_socket();
	tapped_open(&t, "pass", 0);
	tap = add_with_socket(&t, 0, fd);
	pass_make(&pass, 100);
	pass_run(t.b.program.fd, &pass);
	pass_check(&pass, VERDICT_PASS, pass.in);
	tap_expect(tap, pass.in, 100, 100, OUTCOME(VERDICT_PASS, REASON_pass));
	tap_check_counts(tap, 1, (struct tap_counts){ .matched = 1 });
	tapped_close(&t);
	close(fd);
}

/* A packet can be sent once: the others get their copy. */
static void test_xsk_gets_a_packet_once(void **state)
{
	const uint32_t outcome = OUTCOME(VERDICT_DROP, REASON_drop);
	struct tap *copies, *socket, *late;
	struct tapped t;
	int fd;

	(void)state;
	bench_need_root();
	fd = open_socket();
	tapped_open(&t, "drop", 0);
	copies = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	socket = add_with_socket(&t, 2, fd);
	late = add_with_socket(&t, 3, fd);
	for (uint64_t i = 1; i < 4; i++) {
		pass_make(&pass, 100 * i);
		pass_run(t.b.program.fd, &pass);
		expect_sent(outcome);
		tap_expect(copies, pass.in, pass.length, pass.length, outcome);
		tap_empty(socket);
		tap_expect(late, pass.in, pass.length, pass.length, outcome);
		tap_check_counts(socket, i, (struct tap_counts){ .matched = i, .xsk = i });
		tap_check_counts(late, i, (struct tap_counts){ .matched = i });
	}
	/* the socket's process ends: the packet is dropped as before, and copied */
	bpf_map_delete_elem(socket->program.xsks, &(uint32_t){ 0 });
	bpf_map_delete_elem(late->program.xsks, &(uint32_t){ 0 });
	pass_make(&pass, 77);
	pass_run(t.b.program.fd, &pass);
	pass_check(&pass, VERDICT_DROP, pass.in);
	tap_expect(copies, pass.in, 77, 77, outcome);
	tap_expect(socket, pass.in, 77, 77, outcome);
	tap_expect(late, pass.in, 77, 77, outcome);
	tapped_close(&t);
	close(fd);
}

/* ---- taking away */

static void open_stealing(struct tapped *t, const char *line, const char *expression)
{
	struct filter filter = tap_filter(expression, 0);
	struct filter_patch patch;
	struct err err = { .message = "" };

	*t = (struct tapped){ .b.program.fd = -1 };
	assert_int_equal(bench_configure(line, true, if_nametoindex(INGRESS), &t->b.cfg, &err), 0);
	t->b.cfg.frags = 1;
	t->b.cfg.tapped = TAPPED;
	t->b.cfg.steal = filter.count ? STEAL_MATCHES : STEAL_ALL;
	t->b.cfg.queues = 1;
	if (filter.count)
		assert_int_equal(filter_patch_begin(&patch, "xdp", &filter,
						    kernel_has_frags() ? FILTER_XDP : FILTER_LINEAR,
						    &err),
				 0);
	bench_load(&t->b, NULL);
	if (filter.count)
		filter_patch_end(&patch);
	filter_free(&filter);
	bench_start(&t->b);
}

static void check_steal_counts(const struct tapped *t, uint64_t seen, uint64_t taken)
{
	struct tap_counts got;

	assert_int_equal(tap_sum(program_map(&t->b.program, "steal_counts"), &got), 0);
	assert_int_equal(got.seen, seen);
	assert_int_equal(got.matched, taken);
	assert_int_equal(got.xsk, taken);
	assert_int_equal(got.full + got.uncopied, 0);
}

static void test_xsk_takes_packets_from_all_stages(void **state)
{
	static struct frame frame, turned;
	struct tapped t;
	int fd;

	(void)state;
	bench_need_root();
	fd = open_socket();
	open_stealing(&t, "count --by proto then reflect --l4", "");
	frame_build(&frame, "ip4 udp data:100", flow_there);
	frame_build(&turned, "ip4 udp data:100", flow_back(flow_there, LAYER_PORTS));
	/* no socket: as if nobody were there */
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	check_steal_counts(&t, 1, 0);
	enlist(program_map(&t.b.program, "steal_xsks"), fd);
	pass_frame(&pass, &frame);
	pass_run(t.b.program.fd, &pass);
	expect_sent(OUTCOME(VERDICT_REDIRECT, REASON_stolen));
	bench_counted(&t.b, VERDICT_REDIRECT, REASON_stolen, frame.length);
	check_steal_counts(&t, 2, 1);
	bench_check_stats(&t.b);
	tapped_close(&t);
	close(fd);
}

static void test_xsk_takes_what_matches_alone(void **state)
{
	static struct frame frame;
	struct tapped t;
	struct tap *tap;
	int fd;

	(void)state;
	bench_need_root();
	fd = open_socket();
	open_stealing(&t, "drop", "udp port 443");
	enlist(program_map(&t.b.program, "steal_xsks"), fd);
	tap = tapped_add(&t, 1, CAPTURE_SNAPLEN, "", MEMORY);
	frame_build(&frame, "ip4 tcp data:100", flow_there);
	bench_expect(&t.b, &frame, VERDICT_DROP, REASON_drop, &frame);
	tap_expect(tap, frame.data, frame.length, frame.length, OUTCOME(VERDICT_DROP, REASON_drop));
	check_steal_counts(&t, 1, 0);
	frame_build(&frame, "ip6 udp data:100", flow_there);
	pass_frame(&pass, &frame);
	pass_run(t.b.program.fd, &pass);
	expect_sent(OUTCOME(VERDICT_REDIRECT, REASON_stolen));
	bench_counted(&t.b, VERDICT_REDIRECT, REASON_stolen, frame.length);
	check_steal_counts(&t, 2, 1);
	tap_empty(tap); /* no stage and no tap has seen it */
	tap_check_counts(tap, 1, (struct tap_counts){ .matched = 1 });
	bench_check_stats(&t.b);
	tapped_close(&t);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xsk_gets_what_the_pipeline_drops),
		cmocka_unit_test(test_xsk_gets_nothing_that_has_a_way_to_go),
		cmocka_unit_test(test_xsk_gets_a_packet_once),
		cmocka_unit_test(test_xsk_takes_packets_from_all_stages),
		cmocka_unit_test(test_xsk_takes_what_matches_alone),
	};

	return cmocka_run_group_tests_name("tap_xsk", tests, bench_setup, NULL);
}
