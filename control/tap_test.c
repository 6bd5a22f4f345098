/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap_testing.h"

static struct pass pass;
static struct frame frame, turned;

#define MEMORY (1u << 20)

/* ---- what the stages decided */

struct decided {
	const char *line, *frame;
	uint32_t verdict, reason;
	int layer; /* of flow_back(): the packet comes out turned round; 0: as it came */
};

static const struct decided decisions[] = {
	{ "pass", "ip4 udp data:18", VERDICT_PASS, REASON_pass, 0 },
	{ "drop", "ip4 udp data:18", VERDICT_DROP, REASON_drop, 0 },
	{ "count --by proto then drop", "ip6 tcp data:9", VERDICT_DROP, REASON_drop, 0 },
	{ "count --by src then pass", "arp", VERDICT_PASS, REASON_pass, 0 },
	{ "count", "ip4 tcp", VERDICT_PASS, REASON_end_of_pipeline, 0 },
	{ "reflect", "ip4 udp data:18", VERDICT_TX, REASON_reflected, LAYER_MAC },
	{ "reflect --l3", "ip4 udp data:18", VERDICT_TX, REASON_reflected, LAYER_IP },
	{ "reflect --l4", "ip4 udp data:18", VERDICT_TX, REASON_reflected, LAYER_PORTS },
	{ "reflect --l4", "ip4 tcp data:1400", VERDICT_TX, REASON_reflected, LAYER_PORTS },
	{ "reflect --l4", "qinq vlan ip6 hop:3 route dst icmp6 data:80", VERDICT_TX,
	  REASON_reflected, LAYER_PORTS },
	{ "reflect --l4", "ip6 hop:20 udp data:300", VERDICT_TX, REASON_reflected, LAYER_PORTS },
	{ "reflect --l3", "arp", VERDICT_PASS, REASON_reflect_not_ip, 0 },
	{ "count --by port then reflect --l4", "ip6 udp data:200", VERDICT_TX, REASON_reflected,
	  LAYER_PORTS },
	{ "redirect t2", "ip4 udp", VERDICT_REDIRECT, REASON_redirected, 0 },
	{ "redirect t2 --swap-mac", "ip4 udp", VERDICT_REDIRECT, REASON_redirected, LAYER_MAC },
};

static void check_decision(const struct decided *d, int flags)
{
	uint32_t outcome = OUTCOME(d->verdict, d->reason);
	struct tapped t;
	struct tap *tap;

	tapped_open(&t, d->line, flags);
	frame_build(&frame, d->frame, flow_there);
	frame_build(&turned, d->frame, d->layer ? flow_back(flow_there, d->layer) : flow_there);
	/* nobody looks: an untapped program's verdict and bytes */
	bench_expect(&t.b, &frame, d->verdict, d->reason, &turned);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	tap_empty(tap);
	for (int i = 0; i < 3; i++) {
		bench_expect(&t.b, &frame, d->verdict, d->reason, &turned);
		tap_expect(tap, frame.data, frame.length, frame.length, outcome);
		tap_empty(tap);
	}
	tap_check_counts(tap, 3, (struct tap_counts){ .matched = 3 });
	tapped_remove(&t, 0);
	bench_expect(&t.b, &frame, d->verdict, d->reason, &turned);
	tap_empty(tap);
	tap_check_counts(tap, 3, (struct tap_counts){ .matched = 3 });
	bench_check_stats(&t.b);
	tapped_close(&t);
}

static void test_tap_sees_the_packet_as_it_came_and_what_became_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(decisions); i++) {
		check_decision(&decisions[i], 0);
		check_decision(&decisions[i], BENCH_ONE_BUFFER);
		check_decision(&decisions[i], BENCH_NO_COUNT);
	}
}

/* A pipeline that writes to no packet saves none: that would cost. */
static void test_tap_packets_are_saved_only_where_a_stage_writes(void **state)
{
	struct tapped t;

	(void)state;
	tapped_open(&t, "count --by proto then drop", 0);
	assert_int_equal(t.b.program.cfg.tapped, TAPPED);
	tapped_close(&t);
	tapped_open(&t, "redirect t2 --src-mac 02:aa:bb:cc:dd:01", 0);
	assert_int_equal(t.b.program.cfg.tapped, kernel_has_frags() ? TAPPED_SAVES : TAPPED);
	tapped_close(&t);
}

/* A CPU that is there, and has a queue. */
static void test_tap_target_is_the_cpu_of_steer(void **state)
{
	struct bpf_cpumap_val value = { .qsize = 16 };
	struct feed_packet packet;
	struct tapped t = { .b.program.fd = -1 };
	uint32_t cpu = percpu_cpus() > 1;
	struct tap *tap;
	struct feed *feed;

	(void)state;
	bench_need_root();
	assert_int_equal(bench_configure("steer 2", true, 1, &t.b.cfg, NULL), 0);
	t.b.cfg.tapped = TAPPED;
	t.b.cfg.steer.cpu[0] = (__u16)cpu;
	bench_load(&t.b, NULL);
	assert_int_equal(
		bpf_map_update_elem(program_map(&t.b.program, "steer"), &cpu, &value, BPF_ANY), 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	frame_build(&frame, "ip4 udp", flow_there);
	pass_frame(&pass, &frame);
	pass_run(t.b.program.fd, &pass);
	pass_check(&pass, VERDICT_REDIRECT, frame.data);
	feed = tap_feed_with_packet(tap, &packet);
	assert_non_null(feed);
	assert_int_equal(packet.head.outcome, OUTCOME(VERDICT_REDIRECT, REASON_steered));
	assert_int_equal(packet.head.target, cpu);
	tapped_close(&t);
}

/* ---- several at once */

static void test_tap_two_at_once_both_see_all(void **state)
{
	const uint32_t outcome = OUTCOME(VERDICT_TX, REASON_reflected);
	struct tap *a, *b;
	struct tapped t;

	(void)state;
	tapped_open(&t, "reflect --l4", 0);
	b = tapped_add(&t, 4, 20, "udp", MEMORY);
	a = tapped_add(&t, 1, CAPTURE_SNAPLEN, "", MEMORY);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	frame_build(&turned, "ip4 udp data:18", flow_back(flow_there, LAYER_PORTS));
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	tap_expect(a, frame.data, frame.length, frame.length, outcome);
	tap_expect(b, frame.data, frame.length, 20, outcome);
	tapped_remove(&t, 1); /* the first goes, the other looks on */
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	tap_empty(a);
	tap_expect(b, frame.data, frame.length, 20, outcome);
	frame_build(&frame, "ip4 tcp data:18", flow_there);
	frame_build(&turned, "ip4 tcp data:18", flow_back(flow_there, LAYER_PORTS));
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	tap_empty(b);
	tap_check_counts(a, 1, (struct tap_counts){ .matched = 1 });
	tap_check_counts(b, 3, (struct tap_counts){ .matched = 2 });
	tapped_remove(&t, 4);
	bench_expect(&t.b, &frame, VERDICT_TX, REASON_reflected, &turned);
	tap_check_counts(b, 3, (struct tap_counts){ .matched = 2 });
	bench_check_stats(&t.b);
	tapped_close(&t);
}

/* Whichever places are taken: verdict and bytes are the pipeline's, and all who are there see. */
static void test_tap_any_set_of_places_works(void **state)
{
	uint64_t seen[TAPS] = { 0 };
	struct tapped t;

	(void)state;
	tapped_open(&t, "redirect t2 --swap-mac", 0);
	frame_build(&frame, "ip6 tcp data:100", flow_there);
	frame_build(&turned, "ip6 tcp data:100", flow_back(flow_there, LAYER_MAC));
	for (unsigned int i = 0; i < TAPS; i++)
		tapped_add(&t, i, 54 + i, "", MEMORY);
	for (unsigned int set = 0; set < 1u << TAPS; set++) {
		for (unsigned int i = 0; i < TAPS; i++) {
			uint32_t key = i;

			bpf_map_delete_elem(t.tap[i].site.taps, &key);
			if (set & 1u << i)
				assert_int_equal(tap_put(&t.tap[i].site, t.tap[i].program.fd, NULL),
						 0);
		}
		bench_expect(&t.b, &frame, VERDICT_REDIRECT, REASON_redirected, &turned);
		for (unsigned int i = 0; i < TAPS; i++) {
			if (set & 1u << i)
				tap_expect(&t.tap[i], frame.data, frame.length, 54 + i,
					   OUTCOME(VERDICT_REDIRECT, REASON_redirected));
			tap_empty(&t.tap[i]);
			seen[i] += set >> i & 1;
			tap_check_counts(&t.tap[i], seen[i],
					 (struct tap_counts){ .matched = seen[i] });
		}
	}
	bench_check_stats(&t.b);
	tapped_close(&t);
}

/* The next capture in a place begins with nothing seen. */
static void test_tap_next_one_in_a_place_counts_for_itself(void **state)
{
	struct tapped t;
	struct tap *tap;

	(void)state;
	tapped_open(&t, "drop", 0);
	tap = tapped_add(&t, 2, 60, "", MEMORY);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	for (int i = 0; i < 5; i++)
		bench_expect(&t.b, &frame, VERDICT_DROP, REASON_drop, &frame);
	tap_check_counts(tap, 5, (struct tap_counts){ .matched = 5 });
	tap_end(tap);
	tap = tapped_add(&t, 2, 60, "", MEMORY);
	tap_check_counts(tap, 0, (struct tap_counts){ 0 });
	bench_expect(&t.b, &frame, VERDICT_DROP, REASON_drop, &frame);
	tap_check_counts(tap, 1, (struct tap_counts){ .matched = 1 });
	tapped_close(&t);
}

/* A program that is gone leaves its place by itself when the array's last holder closes it. */
static void test_tap_reads_what_it_was_made_for(void **state)
{
	struct tap_cfg cfg;
	struct tapped t;

	(void)state;
	tapped_open(&t, "drop", 0);
	tapped_add(&t, 3, 77, "udp port 53", MEMORY);
	assert_int_equal(tap_read_cfg(&t.b.program, 3, &cfg), 0);
	assert_int_equal(cfg.magic, TAP_MAGIC);
	assert_int_equal(cfg.snaplen, 77);
	assert_int_equal(cfg.place, 3);
	assert_int_equal(cfg.filter, 1);
	assert_int_equal(cfg.frags, t.b.cfg.frags);
	assert_string_equal(cfg.text, "udp port 53");
	assert_int_equal(tap_read_cfg(&t.b.program, 2, &cfg), -ENOENT);
	tapped_remove(&t, 3);
	assert_int_equal(tap_read_cfg(&t.b.program, 3, &cfg), -ENOENT);
	tapped_close(&t);
}

/* ---- losses */

static void test_tap_full_ring_is_counted_and_the_rest_is_whole(void **state)
{
	const uint32_t outcome = OUTCOME(VERDICT_DROP, REASON_drop);
	struct tap_counts counts;
	uint64_t whole = 0;
	struct tapped t;
	struct tap *tap;

	(void)state;
	tapped_open(&t, "drop", 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", 1);
	assert_int_equal(tap->rings.count, 1);
	frame_build(&frame, "ip4 udp data:1472", flow_there);
	for (int i = 0; i < 400; i++)
		bench_expect(&t.b, &frame, VERDICT_DROP, REASON_drop, &frame);
	assert_int_equal(tap_sum(tap->program.counts, &counts), 0);
	assert_int_equal(counts.matched, 400);
	assert_in_range(counts.full, 1, 399);
	for (; whole < 400 - counts.full; whole++)
		tap_expect(tap, frame.data, frame.length, frame.length, outcome);
	tap_empty(tap);
	bench_expect(&t.b, &frame, VERDICT_DROP, REASON_drop, &frame);
	tap_expect(tap, frame.data, frame.length, frame.length, outcome);
	tap_check_counts(tap, 401, (struct tap_counts){ .matched = 401, .full = counts.full });
	tapped_close(&t);
}

/* The tap by itself, told of a packet that is longer than the one there. */
static void test_tap_what_cannot_be_copied_is_counted(void **state)
{
	struct tap_scratch *scratch;
	unsigned int cpus;
	uint32_t key = 0;
	struct tapped t;
	struct tap *tap;

	(void)state;
	tapped_open(&t, "drop", 0);
	tap = tapped_add(&t, 0, CAPTURE_SNAPLEN, "", MEMORY);
	cpus = t.b.cfg.cpus;
	scratch = calloc(cpus, sizeof(*scratch));
	assert_non_null(scratch);
	for (unsigned int i = 0; i < cpus; i++)
		scratch[i] =
			(struct tap_scratch){ .length = 200, .outcome = OUTCOME(VERDICT_TX, 0) };
	assert_int_equal(bpf_map_update_elem(tap->site.scratch, &key, scratch, BPF_ANY), 0);
	pass_make(&pass, 60);
	pass_run(tap->program.fd, &pass);
	pass_check(&pass, VERDICT_TX, pass.in);
	tap_empty(tap);
	tap_check_counts(tap, 1, (struct tap_counts){ .matched = 1, .uncopied = 1 });
	free(scratch);
	tapped_close(&t);
}

/* ---- rings */

static void test_tap_rings_share_the_memory(void **state)
{
	struct tap_rings rings;
	struct err err;

	(void)state;
	bench_need_root();
	for (uint64_t memory = 1; memory < 64u << 20; memory = memory * 3 + 1) {
		uint64_t bytes = 0, each;

		assert_int_equal(tap_rings_open(memory, &rings, &err), 0);
		assert_in_range(rings.count, 1, TAP_RINGS);
		assert_int_equal(rings.count & (rings.count - 1), 0);
		each = ringfeed_bytes(rings.ring[0]);
		for (unsigned int i = 0; i < rings.count; i++)
			bytes += ringfeed_bytes(rings.ring[i]);
		assert_int_equal(bytes, each * rings.count);
		assert_true(each >= 256u << 10);
		assert_true(bytes <= (memory > 256u << 10 ? memory : 256u << 10));
		assert_true(bytes > memory / 2);
		tap_rings_close(&rings);
		assert_int_equal(rings.count, 0);
	}
	rings = (struct tap_rings){ 0 };
	tap_rings_close(&rings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap_sees_the_packet_as_it_came_and_what_became_of_it),
		cmocka_unit_test(test_tap_packets_are_saved_only_where_a_stage_writes),
		cmocka_unit_test(test_tap_target_is_the_cpu_of_steer),
		cmocka_unit_test(test_tap_two_at_once_both_see_all),
		cmocka_unit_test(test_tap_any_set_of_places_works),
		cmocka_unit_test(test_tap_next_one_in_a_place_counts_for_itself),
		cmocka_unit_test(test_tap_reads_what_it_was_made_for),
		cmocka_unit_test(test_tap_full_ring_is_counted_and_the_rest_is_whole),
		cmocka_unit_test(test_tap_what_cannot_be_copied_is_counted),
		cmocka_unit_test(test_tap_rings_share_the_memory),
	};

	return cmocka_run_group_tests_name("tap", tests, bench_setup, NULL);
}
