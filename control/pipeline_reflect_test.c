/* SPDX-License-Identifier: GPL-2.0-only */
#include "pipeline_testing.h"

static const char *const level_option[] = {
	[LAYER_MAC] = "reflect",
	[LAYER_IP] = "reflect --l3",
	[LAYER_PORTS] = "reflect --l4",
};

/* The frame comes back as the builder makes the way back, with checksums of its own. */
static void check_reflected(int layer, const char *const *lines, size_t count)
{
	static struct frame in, out;
	struct bench b;

	bench_open(&b, level_option[layer], 0);
	for (size_t i = 0; i < count; i++) {
		frame_build(&in, lines[i], flow_there);
		frame_build(&out, lines[i], flow_back(flow_there, layer));
		bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	}
	bench_close(&b);
}

static const char *const ip_lines[] = {
	"ip4 udp data:18",
	"ip4 udp",
	"ip4 udp data:1",
	"ip4 udp data:1400",
	"ip4 tcp data:7",
	"ip4 tcp data:1448",
	"ip4 icmp data:56",
	"ip4 icmp:0 data:56", /* a reply stays one */
	"ip4 icmp:3 data:28",
	"ip4 udplite data:9",
	"ip4 dccp data:4",
	"ip4 esp data:9",
	"ip4:6 udp data:3",
	"ip4:15 tcp data:3",
	"ip4:7 icmp data:8",
	"ip4frag:0 udp data:64",
	"ip4frag:0 icmp data:64",
	"ip4frag:1 rest:64",
	"ip4frag:185 rest:64",
	"ip6 udp data:18",
	"ip6 udp",
	"ip6 tcp data:7",
	"ip6 icmp6 data:56",
	"ip6 icmp6:129 data:56",
	"ip6 icmp6:1 data:48",
	"ip6 none",
	"ip6 esp",
	"ip6 hop udp data:5",
	"ip6 hop:3 tcp data:5",
	"ip6 route udp",
	"ip6 dst icmp6 data:4",
	"ip6 mob udp",
	"ip6 auth:1 tcp",
	"ip6 auth:4 udp",
	"ip6 frag:0 udp data:40",
	"ip6 frag:1 rest:40",
	"ip6 frag:185 rest:40",
	"ip6 hop dst route:4 frag:0 auth dst:1 udp data:11",
	"ip6 hop frag:2 rest:40",
	"ip6 hop hop hop hop hop hop hop hop udp",
	"ip6 dst:31 udp",	  /* 256 bytes */
	"ip6 dst:255 tcp data:1", /* 2048 bytes */
	"vlan ip4 udp data:18",
	"vlan ip6 tcp data:18",
	"qinq ip4 icmp data:18",
	"qinq vlan ip6 icmp6 data:18",
	"vlan vlan ip4 tcp",
	"vlan qinq ip6 hop udp",
};

static const char *const other_lines[] = {
	"arp", "other", "llc", "vlan arp", "qinq vlan other",
};

static void test_reflect_mac_swaps_the_ethernet_addresses_alone(void **state)
{
	(void)state;
	check_reflected(LAYER_MAC, ip_lines, COUNT(ip_lines));
	check_reflected(LAYER_MAC, other_lines, COUNT(other_lines));
	check_reflected(LAYER_MAC, (const char *[]){ "qinq vlan vlan ip4 udp", "ip6 icmp6:135" },
			2);
}

static void test_reflect_l3_swaps_ip_addresses_too(void **state)
{
	(void)state;
	check_reflected(LAYER_IP, ip_lines, COUNT(ip_lines));
}

static void test_reflect_l4_swaps_ports_and_answers_echo(void **state)
{
	(void)state;
	check_reflected(LAYER_PORTS, ip_lines, COUNT(ip_lines));
}

/* --l4 implies --l3. */
static void test_reflect_l3_l4_is_l4(void **state)
{
	static struct frame in, out;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect --l3 --l4", 0);
	frame_build(&in, "ip4 icmp data:56", flow_there);
	frame_build(&out, "ip4 icmp data:56", flow_back(flow_there, LAYER_PORTS));
	bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	bench_close(&b);
}

static void check_passed(int layer, const char *line, struct flow flow, uint32_t reason)
{
	static struct frame frame;
	struct bench b;

	bench_open(&b, level_option[layer], 0);
	frame_build(&frame, line, flow);
	bench_expect(&b, &frame, VERDICT_PASS, reason, &frame);
	bench_close(&b);
}

static void test_reflect_l3_what_is_not_ip_is_passed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(other_lines); i++) {
		check_passed(LAYER_IP, other_lines[i], flow_there, REASON_reflect_not_ip);
		check_passed(LAYER_PORTS, other_lines[i], flow_there, REASON_reflect_not_ip);
	}
	check_passed(LAYER_IP, "vlan vlan vlan ip4 udp", flow_there, REASON_reflect_not_ip);
	check_passed(LAYER_PORTS, "qinq vlan vlan ip6 udp", flow_there, REASON_reflect_not_ip);
}

static void test_reflect_bad_ip_header_is_passed(void **state)
{
	static const char *const lines[] = {
		"ip4:0 udp data:40", "ip4:1 udp data:40", "ip4:4 udp data:40",
		"ip6:4 udp data:40", "ip6:0 udp data:40", "vlan ip6:15 udp",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		check_passed(LAYER_IP, lines[i], flow_there, REASON_reflect_short);
		check_passed(LAYER_PORTS, lines[i], flow_there, REASON_reflect_short);
	}
}

static void test_reflect_version_of_the_other_protocol_is_passed(void **state)
{
	static struct frame frame;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect --l3", 0);
	frame_build(&frame, "ip4 udp data:40", flow_there);
	put16(frame.data + 12, 0x86dd);
	bench_expect(&b, &frame, VERDICT_PASS, REASON_reflect_short, &frame);
	frame_build(&frame, "ip6 udp data:40", flow_there);
	put16(frame.data + 12, 0x0800);
	bench_expect(&b, &frame, VERDICT_PASS, REASON_reflect_short, &frame);
	for (unsigned int version = 0; version < 16; version++) {
		if (version == 4)
			continue;
		frame_build(&frame, "ip4 udp data:40", flow_there);
		frame.data[frame.ip_at] = (uint8_t)(version << 4 | 5);
		bench_expect(&b, &frame, VERDICT_PASS, REASON_reflect_short, &frame);
	}
	bench_close(&b);
}

static void test_reflect_group_destination_is_passed(void **state)
{
	static const uint8_t groups[][6] = {
		{ 255, 255, 255, 255, 255, 255 },
		{ 0x01, 0x00, 0x5e, 0, 0, 1 },
		{ 0x33, 0x33, 0, 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(groups); i++) {
		struct flow flow = flow_there;

		memcpy(flow.dst_mac, groups[i], 6);
		for (int layer = LAYER_MAC; layer <= LAYER_PORTS; layer++)
			check_passed(layer, "ip4 udp", flow, REASON_reflect_group);
	}
}

static void test_reflect_neighbour_discovery_is_passed(void **state)
{
	(void)state;
	for (unsigned int type = 133; type <= 137; type++) {
		char line[64];

		snprintf(line, sizeof(line), "ip6 icmp6:%u data:24", type);
		check_passed(LAYER_IP, line, flow_there, REASON_reflect_neighbour);
		check_passed(LAYER_PORTS, line, flow_there, REASON_reflect_neighbour);
		snprintf(line, sizeof(line), "vlan ip6 hop icmp6:%u data:24", type);
		check_passed(LAYER_PORTS, line, flow_there, REASON_reflect_neighbour);
	}
	/* the types around it, and IPv4 with that type, are not */
	check_reflected(LAYER_PORTS,
			(const char *[]){ "ip6 icmp6:132 data:24", "ip6 icmp6:138 data:24",
					  "ip4 icmp:135 data:24", "ip6 udp data:24" },
			4);
}

/* ICMP of the other IP version is not ICMP. */
static void test_reflect_echo_of_the_other_version_keeps_its_type(void **state)
{
	static const char *const lines[] = { "ip4 icmp6:128 data:20", "ip6 icmp:8 data:20" };
	static struct frame in, out;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect --l4", 0);
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct flow back = flow_back(flow_there, LAYER_PORTS);

		back.answers = false;
		frame_build(&in, lines[i], flow_there);
		frame_build(&out, lines[i], back);
		bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	}
	bench_close(&b);
}

static void test_reflect_echo_with_a_code_is_no_request(void **state)
{
	static struct frame in, out;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect --l4", 0);
	frame_build(&in, "ip4 icmp data:20", flow_there);
	frame_build(&out, "ip4 icmp data:20", flow_back(flow_there, LAYER_IP));
	in.data[in.l4_at + 1] = out.data[out.l4_at + 1] = 1;
	bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	bench_close(&b);
}

/* With every checksum that there is: the request's runs through all of them. */
static void check_echo(const char *line, uint16_t seq)
{
	static struct frame in, out;
	static struct run run;
	struct bench b;

	bench_open(&b, "reflect --l4", BENCH_NO_COUNT);
	for (uint32_t id = 0; id < 65536; id++) {
		struct flow flow = flow_there;

		flow.echo_id = (uint16_t)id;
		flow.echo_seq = seq;
		frame_build(&in, line, flow);
		frame_build(&out, line, flow_back(flow, LAYER_PORTS));
		run = (struct run){ 0 };
		bench_run(&b, in.data, in.length, &run);
		assert_int_equal(run.verdict, VERDICT_TX);
		/* 0 and 0xffff are the same sum: take either if a receiver would */
		memcpy(out.data + out.l4_at + 2, run.data + out.l4_at + 2, 2);
		check_bytes(run.data, out.data, out.length);
		if (l4_sum(&out) != 0xffff)
			fail_msg("%s, id 0x%04x: the reply's checksum 0x%02x%02x is wrong", line,
				 id, out.data[out.l4_at + 2], out.data[out.l4_at + 3]);
	}
	program_close(&b.program);
}

static void test_reflect_echo4_checksum_is_right_for_all_values(void **state)
{
	(void)state;
	check_echo("ip4 icmp", 7);
	check_echo("ip4 icmp data:9", 0xffff);
}

static void test_reflect_echo6_checksum_is_right_for_all_values(void **state)
{
	(void)state;
	check_echo("ip6 icmp6", 0);
	check_echo("ip6 hop icmp6 data:9", 0xffff);
}

/* A reply of nothing but zeros has the checksum 0xffff: with 0 its sum would be +0 and a receiver
 * drops it. RFC 1624, section 3 */
static void test_reflect_echo4_of_zeros_has_a_checksum(void **state)
{
	(void)state;
	check_echo("ip4 icmp", 0);
	check_echo("ip4 icmp zeros:56", 0);
}

/* UDP without a checksum still has none. */
static void test_reflect_udp_without_checksum_stays_so(void **state)
{
	static struct frame in, out;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect --l4", 0);
	frame_build(&in, "ip4 udp data:10", flow_there);
	frame_build(&out, "ip4 udp data:10", flow_back(flow_there, LAYER_PORTS));
	put16(in.data + in.l4_at + 6, 0);
	put16(out.data + out.l4_at + 6, 0);
	bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	bench_close(&b);
}

/* SCTP has a CRC-32c over its ports, which does depend on their order. RFC 9260, appendix A */
static void test_reflect_sctp_checksum_stays_right(void **state)
{
	static const char *const lines[] = { "ip4 sctp data:16", "ip6 sctp data:16" };
	static struct frame in, out;
	static struct run run;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect --l4", BENCH_NO_COUNT);
	for (size_t i = 0; i < COUNT(lines); i++) {
		uint8_t sent[4];

		frame_build(&in, lines[i], flow_there);
		run = (struct run){ 0 };
		bench_run(&b, in.data, in.length, &run);
		if (run.verdict != VERDICT_TX)
			continue;
		out = in;
		memcpy(out.data, run.data, in.length);
		memcpy(sent, out.data + out.l4_at + 8, 4);
		finish_l4(&out);
		assert_memory_equal(out.data + out.l4_at + 8, sent, 4);
	}
	program_close(&b.program);
}

static void test_reflect_closed_gate_passes_unchanged(void **state)
{
	static struct frame in, out;
	struct err err;
	struct bench b;

	(void)state;
	frame_build(&in, "ip4 udp data:18", flow_there);
	frame_build(&out, "ip4 udp data:18", flow_back(flow_there, LAYER_PORTS));
	bench_open(&b, "reflect --l4", BENCH_CLOSED);
	assert_false(program_is_open(&b.program));
	bench_expect(&b, &in, VERDICT_PASS, REASON_reflect_closed, &in);
	bench_start(&b);
	bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	assert_int_equal(program_stop(&b.program, &err), 0);
	assert_false(program_is_open(&b.program));
	bench_expect(&b, &in, VERDICT_PASS, REASON_reflect_closed, &in);
	bench_start(&b);
	bench_expect(&b, &in, VERDICT_TX, REASON_reflected, &out);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reflect_mac_swaps_the_ethernet_addresses_alone),
		cmocka_unit_test(test_reflect_l3_swaps_ip_addresses_too),
		cmocka_unit_test(test_reflect_l4_swaps_ports_and_answers_echo),
		cmocka_unit_test(test_reflect_l3_l4_is_l4),
		cmocka_unit_test(test_reflect_l3_what_is_not_ip_is_passed),
		cmocka_unit_test(test_reflect_bad_ip_header_is_passed),
		cmocka_unit_test(test_reflect_version_of_the_other_protocol_is_passed),
		cmocka_unit_test(test_reflect_group_destination_is_passed),
		cmocka_unit_test(test_reflect_neighbour_discovery_is_passed),
		cmocka_unit_test(test_reflect_echo_of_the_other_version_keeps_its_type),
		cmocka_unit_test(test_reflect_echo_with_a_code_is_no_request),
		cmocka_unit_test(test_reflect_echo4_checksum_is_right_for_all_values),
		cmocka_unit_test(test_reflect_echo6_checksum_is_right_for_all_values),
		cmocka_unit_test(test_reflect_echo4_of_zeros_has_a_checksum),
		cmocka_unit_test(test_reflect_udp_without_checksum_stays_so),
		cmocka_unit_test(test_reflect_sctp_checksum_stays_right),
		cmocka_unit_test(test_reflect_closed_gate_passes_unchanged),
	};

	return cmocka_run_group_tests_name("pipeline_reflect", tests, bench_setup, NULL);
}
