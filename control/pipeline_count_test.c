/* SPDX-License-Identifier: GPL-2.0-only */
/* The breakdown of `count --by`. */
#include "pipeline_testing.h"

#define PORT_443 (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0xbb01 : 0x01bb)

/* What is expected of one frame: the key it counts under. */
struct counted {
	const char *line;
	struct count_key key;
};

static const struct stats_part *find_part(const struct stats *stats, const struct count_key *key)
{
	for (unsigned int i = 0; i < stats->parts; i++) {
		if (memcmp(&stats->part[i].key, key, sizeof(*key)) == 0)
			return &stats->part[i];
	}
	return NULL;
}

static struct tally parts_sum(const struct stats *stats)
{
	struct tally sum = { 0 };

	for (unsigned int i = 0; i < stats->parts; i++)
		tally_add(&sum, stats->part[i].sum);
	return sum;
}

static void check_parts_ordered(const struct stats *stats)
{
	for (unsigned int i = 1; i < stats->parts; i++)
		assert_true(stats->part[i - 1].sum.packets >= stats->part[i].sum.packets);
}

/* One more packet of each than of the one before it: every key has its own count. */
static void check_breakdown(const char *pipeline, const struct counted *list, size_t count)
{
	static struct frame frame;
	struct stats stats;
	struct bench b;

	bench_open(&b, pipeline, 0);
	for (size_t i = 0; i < count; i++) {
		frame_build(&frame, list[i].line, flow_there);
		for (size_t k = 0; k <= i; k++)
			bench_expect(&b, &frame, VERDICT_PASS, REASON_pass, &frame);
	}
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		const struct stats_part *part = find_part(&stats, &list[i].key);

		if (!part)
			fail_msg("%s: \"%s\" is not under its key", pipeline, list[i].line);
		frame_build(&frame, list[i].line, flow_there);
		check_tally(part->sum,
			    (struct tally){ .packets = i + 1, .bytes = (i + 1) * frame.length },
			    list[i].line);
	}
	assert_int_equal(stats.parts, count); /* and nothing else, nor "other" without need */
	check_tally(parts_sum(&stats), stats.total, "sum of the breakdown");
	check_parts_ordered(&stats);
	stats_free(&stats);
	bench_close(&b);
}

static void test_count_by_proto_keys_are_ethertype_and_protocol(void **state)
{
	static const struct counted list[] = {
		{ "arp", { .ethertype = 0x0806 } },
		{ "other", { .ethertype = 0x88b5 } },
		{ "ip4 udplite data:18", { .ethertype = 0x0800, .proto = 136 } },
		{ "vlan ip4 tcp", { .ethertype = 0x0800, .proto = 6 } },
		{ "ip4 icmp", { .ethertype = 0x0800, .proto = 1 } },
		{ "ip4:15 esp", { .ethertype = 0x0800, .proto = 50 } },
		{ "ip4frag:9 rest", { .ethertype = 0x0800, .proto = 17 } },
		{ "ip6 udp data:18", { .ethertype = 0x86dd, .proto = 17 } },
		{ "ip6 hop route dst tcp", { .ethertype = 0x86dd, .proto = 6 } },
		{ "qinq vlan ip6 auth:3 icmp6", { .ethertype = 0x86dd, .proto = 58 } },
		{ "ip6 frag:0 sctp", { .ethertype = 0x86dd, .proto = 132 } },
		{ "ip6 none", { .ethertype = 0x86dd, .proto = 59 } },
		{ "qinq vlan vlan ip4 udp", { .ethertype = 0x8100 } },
	};

	(void)state;
	check_breakdown("count --by proto then pass", list, COUNT(list));
}

static void test_count_by_port_keys_have_the_destination_port(void **state)
{
	static const struct counted list[] = {
		{ "arp", { .ethertype = 0x0806 } },
		{ "ip4 udp data:18", { .ethertype = 0x0800, .proto = 17, .port = PORT_443 } },
		{ "vlan ip4 tcp", { .ethertype = 0x0800, .proto = 6, .port = PORT_443 } },
		{ "ip4 icmp", { .ethertype = 0x0800, .proto = 1 } },
		{ "ip4:7 sctp", { .ethertype = 0x0800, .proto = 132, .port = PORT_443 } },
		{ "ip4 dccp", { .ethertype = 0x0800, .proto = 33, .port = PORT_443 } },
		{ "ip4 udplite", { .ethertype = 0x0800, .proto = 136, .port = PORT_443 } },
		{ "ip6 udp", { .ethertype = 0x86dd, .proto = 17, .port = PORT_443 } },
		{ "ip6 hop frag:0 tcp", { .ethertype = 0x86dd, .proto = 6, .port = PORT_443 } },
		{ "ip6 icmp6", { .ethertype = 0x86dd, .proto = 58 } },
		{ "ip6 esp", { .ethertype = 0x86dd, .proto = 50 } },
		/* the bytes behind a later fragment's header are no ports */
		{ "ip4frag:9 rest", { .ethertype = 0x0800, .proto = 17 } },
		{ "ip6 hop frag:9 rest", { .ethertype = 0x86dd, .proto = 17 } },
	};

	(void)state;
	check_breakdown("count --by port then pass", list, COUNT(list));
}

static void test_count_by_src_keys_have_the_source_address(void **state)
{
	struct counted list[] = {
		{ "arp", { .ethertype = 0x0806 } },
		{ "vlan vlan other", { .ethertype = 0x88b5 } },
		{ "ip4 udp data:18", { .ethertype = 0x0800 } },
		{ "qinq vlan ip6 hop tcp", { .ethertype = 0x86dd } },
	};
	static const uint8_t mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255 };

	(void)state;
	memcpy(&list[2].key.src, mapped, sizeof(mapped));
	memcpy(&list[2].key.src.octet[12], flow_there.src6 + 12, 4);
	memcpy(&list[3].key.src, flow_there.src6, 16);
	check_breakdown("count --by src then pass", list, COUNT(list));
}

/* Of a header that is cut short, what is known is counted. */
static void test_count_cut_header_is_counted_as_far_as_it_goes(void **state)
{
	static const struct {
		struct count_key key;
		size_t from; /* bytes of the frame */
	} steps[] = {
		{ { .ethertype = 0 }, 14 }, /* a tag is cut */
		{ { .ethertype = 0x86dd }, 22 },
		{ { .ethertype = 0x86dd, .proto = 17 }, 22 + 40 + 8 + 8 },
		{ { .ethertype = 0x86dd, .proto = 17, .port = PORT_443 }, 22 + 40 + 8 + 8 + 4 },
	};
	static struct frame frame;
	static struct run run;
	struct stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by port --entries 64 then pass", 0);
	frame_build(&frame, "qinq vlan ip6 hop frag:0 udp data:3", flow_there);
	for (size_t length = 14; length <= frame.length; length++) {
		run = (struct run){ 0 };
		bench_expect_run(&b, &frame, length, &run, VERDICT_PASS, REASON_pass, &frame);
	}
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_int_equal(stats.parts, COUNT(steps));
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct stats_part *part = find_part(&stats, &steps[i].key);
		size_t to = i + 1 < COUNT(steps) ? steps[i + 1].from : frame.length + 1;

		assert_non_null(part);
		assert_int_equal(part->sum.packets, to - steps[i].from);
	}
	check_tally(parts_sum(&stats), stats.total, "sum of the breakdown");
	stats_free(&stats);
	bench_close(&b);
}

/* What finds no room is "other": the sums stay equal. */
static void check_overflow(const char *pipeline, unsigned int keys, unsigned int room)
{
	static struct frame frame;
	struct count_key other = { .other = 1 };
	const struct stats_part *rest;
	uint64_t in_rest = 0;
	struct stats stats;
	struct bench b;

	bench_open(&b, pipeline, 0);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < keys; i++) {
			struct flow flow = flow_there;

			flow.dst_port = (uint16_t)(1000 + i);
			flow.src6[15] = (uint8_t)i;
			frame_build(&frame, i & 1 ? "ip4 udp data:100" : "ip6 udp", flow);
			bench_expect(&b, &frame, VERDICT_PASS, REASON_pass, &frame);
		}
	}
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_int_equal(stats.total.packets, 3 * keys);
	check_tally(parts_sum(&stats), stats.total, "sum of the breakdown");
	assert_true(stats.parts <= room);
	rest = find_part(&stats, &other);
	for (unsigned int i = 0; i < stats.parts; i++) {
		if (&stats.part[i] == rest)
			in_rest = rest->sum.packets;
		else
			assert_int_equal(stats.part[i].sum.packets, 3);
	}
	assert_int_equal(in_rest, keys < room ? 0 : 3 * (keys - (room - 1)));
	check_parts_ordered(&stats);
	stats_free(&stats);
	bench_close(&b);
}

static void test_count_full_breakdown_counts_the_rest_as_other(void **state)
{
	(void)state;
	check_overflow("count --by port --entries 2 then pass", 40, 2);
	check_overflow("count --by src --entries 2 then pass", 40, 2);
	check_overflow("count --by port --entries 17 then pass", 40, 17);
	check_overflow("count --by src --entries 40 then pass", 40, 40);
}

static void test_count_breakdown_with_room_has_no_other(void **state)
{
	(void)state;
	check_overflow("count --by port --entries 41 then pass", 40, 41);
	check_overflow("count --by src then pass", 40, 10240);
	check_overflow("count --by port --entries 2 then pass", 1, 2);
}

/* The breakdown does not need the counters by verdict. */
static void test_count_breakdown_works_without_counters(void **state)
{
	static struct run run;
	static struct frame frame;
	struct stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by proto then drop", BENCH_NO_COUNT);
	frame_build(&frame, "ip4 udp data:18", flow_there);
	run = (struct run){ 0 };
	bench_run(&b, frame.data, frame.length, &run);
	assert_int_equal(run.verdict, VERDICT_DROP);
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_int_equal(stats.parts, 1);
	assert_int_equal(stats.part[0].sum.packets, 1);
	assert_int_equal(stats.part[0].sum.bytes, frame.length);
	stats_free(&stats);
	program_close(&b.program);
}

/* Counted before the last stage changes the packet. */
static void test_count_sees_the_frame_as_it_came(void **state)
{
	static struct frame in, out;
	struct count_key key = { .ethertype = 0x86dd };
	struct stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by src then reflect --l3", 0);
	frame_build(&in, "ip6 udp", flow_there);
	frame_build(&out, "ip6 udp", flow_back(flow_there, LAYER_IP));
	bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	memcpy(&key.src, flow_there.src6, 16);
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_int_equal(stats.parts, 1);
	assert_non_null(find_part(&stats, &key));
	stats_free(&stats);
	bench_close(&b);
}

/* Started again, as after an interrupted attach: nothing that was counted is lost. */
static void test_count_started_again_keeps_its_breakdown(void **state)
{
	static struct frame frame;
	struct stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by port --entries 2 then pass", 0);
	for (uint16_t i = 0; i < 5; i++) {
		struct flow flow = flow_there;

		flow.dst_port = i;
		frame_build(&frame, "ip4 udp", flow);
		bench_expect(&b, &frame, VERDICT_PASS, REASON_pass, &frame);
	}
	bench_start(&b);
	assert_int_equal(stats_read(&b.program, &stats, NULL), 0);
	assert_int_equal(stats.parts, 2);
	assert_int_equal(stats.part[0].key.other, 1);
	assert_int_equal(stats.part[0].sum.packets, 4);
	stats_free(&stats);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count_by_proto_keys_are_ethertype_and_protocol),
		cmocka_unit_test(test_count_by_port_keys_have_the_destination_port),
		cmocka_unit_test(test_count_by_src_keys_have_the_source_address),
		cmocka_unit_test(test_count_cut_header_is_counted_as_far_as_it_goes),
		cmocka_unit_test(test_count_full_breakdown_counts_the_rest_as_other),
		cmocka_unit_test(test_count_breakdown_with_room_has_no_other),
		cmocka_unit_test(test_count_breakdown_works_without_counters),
		cmocka_unit_test(test_count_sees_the_frame_as_it_came),
		cmocka_unit_test(test_count_started_again_keeps_its_breakdown),
	};

	return cmocka_run_group_tests_name("pipeline_count", tests, bench_setup, NULL);
}
