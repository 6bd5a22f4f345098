/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a packet comes into a capture: byte for byte, whatever its length and snap length, how
 * many buffers it is in, and by which of its ways the program copies. */
#include "tap_testing.h"

#include "tap_xdp.skel.h"

#define DROPPED OUTCOME(VERDICT_DROP, REASON_drop)
#define MEMORY	(2u << 20)

static struct pass pass;
static struct frame frame, turned;

/* Sizes of records, see capture_put(). */
static const size_t rooms[] = { 64,   128,  256,  512,	 1024,	1536,
				2048, 4096, 9216, 16384, 32768, CAPTURE_SNAPLEN };

static void run_one(struct tapped *t, struct tap *tap, size_t length, uint32_t linear,
		    size_t captured)
{
	pass_make(&pass, length);
	pass.linear = linear;
	pass_run(t->b.program.fd, &pass);
	pass_check(&pass, VERDICT_DROP, pass.in);
	tap_expect(tap, pass.in, length, captured, DROPPED);
	tap_empty(tap);
}

static void check_lengths(const char *line, const char *expression, int flags)
{
	struct tapped t;
	struct tap *tap;

	tapped_open(&t, line, flags);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, expression, MEMORY);
	for (size_t length = 14; length <= 1514; length++)
		run_one(&t, tap, length, 0, length);
	tap_check_counts(tap, 1501, (struct tap_counts){ .matched = 1501 });
	tapped_close(&t);
}

static void test_tap_bytes_of_every_length_are_whole(void **state)
{
	(void)state;
	check_lengths("drop", "", 0);
	check_lengths("drop", "", BENCH_ONE_BUFFER);
	check_lengths("count --by proto then drop", "not tcp", 0);
	check_lengths("drop", "not tcp", BENCH_ONE_BUFFER);
}

/* Rewritten packets: as they came into the capture, as rewritten out of the program. */
static void test_tap_bytes_of_rewritten_packets_are_those_that_came(void **state)
{
	static const char *const ends[] = { "ip4 udp data:", "ip6 hop:9 route tcp data:",
					    "qinq vlan ip6 udp data:" };
	char line[64];
	struct tapped t;
	struct tap *tap;

	(void)state;
	if (!kernel_has_frags())
		skip();
	tapped_open(&t, "reflect --l4", 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	for (int data = 0; data <= 1200; data += data < 300 ? 1 : 37) {
		for (size_t i = 0; i < COUNT(ends); i++) {
			snprintf(line, sizeof(line), "%s%d", ends[i], data);
			frame_build(&frame, line, flow_there);
			frame_build(&turned, line, flow_back(flow_there, LAYER_PORTS));
			bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
			tap_expect(tap, frame.data, frame.length, frame.length,
				   OUTCOME(VERDICT_TX, REASON_reflected));
			tap_empty(tap);
		}
	}
	bench_check_stats(&t.b);
	tapped_close(&t);
}

/* Behind what is saved, the capture shows what the stages left; out of the program comes all that
 * they wrote. */
static void test_tap_bytes_behind_the_saved_ones_are_those_that_were_left(void **state)
{
	static uint8_t want[FRAME_ROOM];
	struct tapped t;
	struct tap *tap;

	(void)state;
	if (!kernel_has_frags())
		skip();
	tapped_open(&t, "reflect --l4", 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	frame_build(&frame, "ip6 hop:30 udp data:100", flow_there);
	frame_build(&turned, "ip6 hop:30 udp data:100", flow_back(flow_there, LAYER_PORTS));
	assert_true(frame.l4_at > TAP_SAVED);
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	memcpy(want, turned.data, turned.length);
	memcpy(want, frame.data, TAP_SAVED);
	tap_expect(tap, want, frame.length, frame.length, OUTCOME(VERDICT_TX, REASON_reflected));
	tapped_close(&t);
}

/* Where a record of the next size begins; with several buffers from 3.5 KiB or so. */
static void test_tap_bytes_around_the_sizes_of_records_are_whole(void **state)
{
	struct tapped t;
	struct tap *tap;
	size_t least;

	(void)state;
	tapped_open(&t, "drop", 0);
	least = t.b.cfg.frags ? LONGEST : ONE_BUFFER;
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	for (size_t i = 0; i < COUNT(rooms); i++) {
		for (size_t length = rooms[i] - 3; length <= rooms[i] + 3; length++) {
			if (length <= least)
				run_one(&t, tap, length, 0,
					length < CAPTURE_SNAPLEN ? length : CAPTURE_SNAPLEN);
		}
	}
	tapped_close(&t);
}

static void check_snaplens(size_t length, uint32_t linear, const char *expression, int flags)
{
	struct tapped t;

	tapped_open(&t, "drop", flags);
	for (uint32_t snaplen = 1; snaplen < 300; snaplen = next_snaplen(snaplen)) {
		struct tap *tap = tapped_add(&t, 0, snaplen, expression, 1);

		run_one(&t, tap, length, linear, snaplen < length ? snaplen : length);
		tap_end(tap);
		tap->rings.count = 0;
	}
	tapped_close(&t);
}

static void test_tap_bytes_end_at_the_snap_length(void **state)
{
	(void)state;
	check_snaplens(200, 0, "", 0);
	check_snaplens(64, 0, "ether proto 0x88b5", 0);
	check_snaplens(280, 0, "", BENCH_ONE_BUFFER);
}

/* Frames that go on in a further buffer after so many bytes (Linux 6.18). */
static void test_tap_bytes_of_several_buffers_are_whole(void **state)
{
	static const size_t lengths[] = { 60, 64, 65, 128, 129, 200, 1514 };
	struct tapped t;
	struct tap *tap;

	(void)state;
	if (!bench_can_split())
		skip();
	tapped_open(&t, "drop", 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "ether proto 0x88b5", MEMORY);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (uint32_t linear = 14; linear < lengths[i]; linear += linear < 200 ? 1 : 113)
			run_one(&t, tap, lengths[i], linear, lengths[i]);
	}
	tapped_close(&t);
	check_snaplens(200, 40, "ether proto 0x88b5", 0);
}

/* The same where a stage writes to the first buffer. */
static void test_tap_bytes_of_several_rewritten_buffers_are_those_that_came(void **state)
{
	struct tapped t;
	struct tap *tap;

	(void)state;
	if (!bench_can_split())
		skip();
	tapped_open(&t, "redirect t2 --swap-mac", 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	frame_build(&frame, "ip4 udp data:700", flow_there);
	frame_build(&turned, "ip4 udp data:700", flow_back(flow_there, LAYER_MAC));
	for (uint32_t linear = 14; linear < 700; linear++) {
		pass_frame(&pass, &frame);
		pass.linear = linear;
		pass_run(t.b.program.fd, &pass);
		if (pass.verdict == VERDICT_REDIRECT)
			pass_check(&pass, VERDICT_REDIRECT, turned.data);
		else /* a port that takes no such frames */
			pass_check(&pass, VERDICT_DROP, pass.in);
		tap_expect(tap, frame.data, frame.length, frame.length,
			   pass.verdict == VERDICT_REDIRECT
				   ? OUTCOME(VERDICT_REDIRECT, REASON_redirected)
				   : OUTCOME(VERDICT_DROP, REASON_redirect_multi_buffer));
		tap_empty(tap);
	}
	tapped_close(&t);
}

/* ---- filters */

static void check_filter(int flags)
{
	static const struct {
		const char *frame;
		bool matches;
	} list[] = {
		{ "ip4 udp data:18", true },	{ "ip4 tcp data:18", false },
		{ "ip6 udp data:18", true },	{ "arp", false },
		{ "ip4 udp data:1400", true },	{ "vlan ip4 udp", false },
		{ "ip6 tcp data:1200", false },
	};
	uint64_t matched = 0;
	struct tapped t;
	struct tap *tap;

	tapped_open(&t, "drop", flags);
	tap = tapped_add(&t, 0, 50, "udp port 443", MEMORY);
	for (size_t i = 0; i < COUNT(list); i++) {
		frame_build(&frame, list[i].frame, flow_there);
		bench_expect(&t.b, &frame, VERDICT_DROP, REASON_drop, &frame);
		matched += list[i].matches;
		if (list[i].matches)
			tap_expect(tap, frame.data, frame.length, 50, DROPPED);
		tap_empty(tap);
		tap_check_counts(tap, i + 1, (struct tap_counts){ .matched = matched });
	}
	bench_check_stats(&t.b);
	tapped_close(&t);
}

static void test_tap_filter_takes_what_matches(void **state)
{
	(void)state;
	check_filter(0);
	check_filter(BENCH_ONE_BUFFER);
}

/* It is asked about the packet that came, not about what the stages made of it. */
static void test_tap_filter_looks_at_the_packet_as_it_came(void **state)
{
	struct tapped t;
	struct tap *there, *back;

	(void)state;
	if (!kernel_has_frags())
		skip();
	tapped_open(&t, "reflect --l4", 0);
	there = tapped_add(&t, 0, CAPTURE_SNAPLEN, "dst port 443", MEMORY);
	back = tapped_add(&t, 1, CAPTURE_SNAPLEN, "src port 443", MEMORY);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	frame_build(&turned, "ip4 udp data:18", flow_back(flow_there, LAYER_PORTS));
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	tap_expect(there, frame.data, frame.length, frame.length,
		   OUTCOME(VERDICT_TX, REASON_reflected));
	tap_empty(back);
	tap_check_counts(back, 1, (struct tap_counts){ 0 });
	tapped_close(&t);
}

/* ---- other ways to copy */

/* The program as tap_load_xdp() loads it, but as for another kernel or with sockets to send to. */
static void load_variant(struct tapped *t, struct tap *tap, bool load_bytes, bool xsk)
{
	struct tap_xdp *s = tap_xdp__open();
	struct tap_cfg *cfg;
	struct err err;

	assert_non_null(s);
	*tap = (struct tap){ .site = { .taps = program_map(&t->b.program, "taps"),
				       .scratch = program_map(&t->b.program, "tap_scratch") } };
	assert_int_equal(tap_rings_open(1, &tap->rings, &err), 0);
	cfg = (struct tap_cfg *)(uintptr_t)&s->rodata->tap;
	*cfg = (struct tap_cfg){ .magic = TAP_MAGIC,
				 .snaplen = CAPTURE_SNAPLEN,
				 .rings = tap->rings.count,
				 .load_bytes = load_bytes,
				 .xsk = xsk };
	assert_int_equal(bpf_map__reuse_fd(s->maps.tap_rings, tap->rings.map), 0);
	assert_int_equal(bpf_map__reuse_fd(s->maps.taps, tap->site.taps), 0);
	assert_int_equal(bpf_map__reuse_fd(s->maps.tap_scratch, tap->site.scratch), 0);
	assert_int_equal(tap_xdp__load(s), 0);
	tap->program = (struct tap_program){ dup(bpf_program__fd(s->progs.xdpctl_tap)),
					     dup(bpf_map__fd(s->maps.tap_counts)), -1, -1 };
	tap_xdp__destroy(s);
	assert_int_equal(tap_put(&tap->site, tap->program.fd, &err), 0);
}

static void check_variant(bool load_bytes, bool xsk)
{
	struct tapped t;

	tapped_open(&t, "drop", BENCH_ONE_BUFFER);
	load_variant(&t, &t.tap[0], load_bytes, xsk);
	for (size_t length = 14; length <= 1514; length += length < 300 ? 1 : 11)
		run_one(&t, &t.tap[0], length, 0, length);
	for (size_t i = 0; i < COUNT(rooms) && rooms[i] < ONE_BUFFER; i++) {
		for (size_t length = rooms[i] - 3; length <= rooms[i] + 3; length++)
			run_one(&t, &t.tap[0], length, 0, length);
	}
	tapped_close(&t);
}

static void test_tap_bytes_are_whole_where_the_kernel_is_older(void **state)
{
	(void)state;
	check_variant(false, false);
}

/* What could not go to a socket goes into the ring buffer, and leaves nothing in front of it. */
static void test_tap_bytes_without_a_socket_are_whole(void **state)
{
	(void)state;
	check_variant(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap_bytes_of_every_length_are_whole),
		cmocka_unit_test(test_tap_bytes_of_rewritten_packets_are_those_that_came),
		cmocka_unit_test(test_tap_bytes_behind_the_saved_ones_are_those_that_were_left),
		cmocka_unit_test(test_tap_bytes_around_the_sizes_of_records_are_whole),
		cmocka_unit_test(test_tap_bytes_end_at_the_snap_length),
		cmocka_unit_test(test_tap_bytes_of_several_buffers_are_whole),
		cmocka_unit_test(test_tap_bytes_of_several_rewritten_buffers_are_those_that_came),
		cmocka_unit_test(test_tap_filter_takes_what_matches),
		cmocka_unit_test(test_tap_filter_looks_at_the_packet_as_it_came),
		cmocka_unit_test(test_tap_bytes_are_whole_where_the_kernel_is_older),
		cmocka_unit_test(test_tap_bytes_without_a_socket_are_whole),
	};

	return cmocka_run_group_tests_name("tap_bytes", tests, bench_setup, NULL);
}
