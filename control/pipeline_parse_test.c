/* SPDX-License-Identifier: GPL-2.0-only */
/* Headers that are cut short, in a later buffer, or too many: what `reflect` makes of them shows
 * what the parser found, and that it wrote nowhere else. */
#include "pipeline_testing.h"

static const char *const level_option[] = {
	[LAYER_MAC] = "reflect",
	[LAYER_IP] = "reflect --l3",
	[LAYER_PORTS] = "reflect --l4",
};

static const char *const lines[] = {
	"arp",
	"other",
	"vlan arp",
	"qinq vlan other",
	"vlan vlan vlan ip4 udp",
	"qinq qinq vlan vlan ip6 tcp",
	"ip4 udp data:18",
	"ip4 tcp data:6",
	"ip4 icmp data:9",
	"ip4 icmp:0 data:9",
	"ip4 dccp",
	"ip4 esp",
	"ip4:6 udp",
	"ip4:15 tcp data:2",
	"ip4:4 udp",
	"ip4frag:0 udp data:8",
	"ip4frag:3 rest:24",
	"vlan ip4 udp",
	"qinq vlan ip4:9 icmp",
	"ip6 udp data:18",
	"ip6 tcp",
	"ip6 icmp6 data:4",
	"ip6 icmp6:135 data:24",
	"ip6:4 udp",
	"ip6 none",
	"ip6 hop udp",
	"ip6 hop:4 tcp",
	"ip6 route:4 udp",
	"ip6 dst:2 icmp6",
	"ip6 mob tcp",
	"ip6 auth:1 udp",
	"ip6 auth:7 icmp6:136 data:16",
	"ip6 frag:0 tcp",
	"ip6 frag:9 rest:16",
	"ip6 hop frag:9 rest:16",
	"ip6 hop route dst frag:0 auth dst:3 mob hop udp",
	"ip6 hop hop hop hop hop hop hop hop icmp6 data:4",
	"vlan ip6 hop udp",
	"qinq vlan ip6 dst:1 tcp",
	"ip6 hop:2 esp",
	"ip6 route:6 none",
	"ip6 auth:9 none data:30",
	"ip6 dst:5 frag:0 none",
};

/* Longer chains than the parser follows. */
static const char *const deep_lines[] = {
	"ip6 hop hop hop hop hop hop hop hop hop udp",
	"ip6 dst dst dst dst dst dst dst dst dst dst dst dst icmp6",
	"ip6 auth auth auth auth auth auth auth auth mob tcp",
};

/* The reason that the frame has to be given if only the first bytes of it can be read. */
static uint32_t wanted_reason(const struct frame *f, size_t have, int layer)
{
	bool whole_chain = have >= f->l4_at && f->headers <= FRAME_HEADERS;

	if (have < 14)
		return REASON_reflect_short;
	if (layer == LAYER_MAC)
		return REASON_reflected;
	if (have < f->l2_end)
		return REASON_reflect_short;
	if (!f->version)
		return REASON_reflect_not_ip;
	if (f->bad_ip || have < f->ip_end)
		return REASON_reflect_short;
	if (f->discovery && whole_chain && have >= f->l4_at + f->l4_need)
		return REASON_reflect_neighbour;
	if (layer == LAYER_IP)
		return REASON_reflected;
	if (!whole_chain || (!f->later && have < f->l4_at + f->l4_need))
		return REASON_reflect_short;
	return REASON_reflected;
}

struct pair {
	struct frame in, out;
};

static struct pair *build_pair(const char *line, int layer)
{
	static struct pair pair;

	frame_build(&pair.in, line, flow_there);
	frame_build(&pair.out, line, flow_back(flow_there, layer));
	return &pair;
}

/* length: of the frame; linear: what of it is in the first buffer, 0 for all. */
static void check(struct bench *b, const struct pair *pair, const char *line, int layer,
		  size_t length, uint32_t linear)
{
	static struct run run;
	uint32_t reason = wanted_reason(&pair->in, linear ? linear : length, layer);
	bool back = reason == REASON_reflected;
	const struct frame *want = back ? &pair->out : &pair->in;

	run.linear = linear;
	run.ingress = 0;
	bench_run(b, pair->in.data, length, &run);
	if (run.verdict != (back ? VERDICT_TX : VERDICT_PASS))
		fail_msg("%s, \"%s\": %zu of %zu bytes, %u linear: verdict %u, wanted %s",
			 level_option[layer], line, length, pair->in.length, linear, run.verdict,
			 reason_name(reason));
	assert_int_equal(run.length, length);
	check_bytes(run.data, want->data, length);
	bench_counted(b, run.verdict, reason, length);
}

static void cut_everywhere(int layer, const char *const *list, size_t count)
{
	struct bench b;

	bench_open(&b, level_option[layer], 0);
	for (size_t i = 0; i < count; i++) {
		const struct pair *pair = build_pair(list[i], layer);

		for (size_t length = 14; length <= pair->in.length; length++)
			check(&b, pair, list[i], layer, length, 0);
	}
	bench_close(&b);
}

static void split_everywhere(int layer, const char *const *list, size_t count)
{
	struct bench b;

	bench_open(&b, level_option[layer], 0);
	for (size_t i = 0; i < count; i++) {
		const struct pair *pair = build_pair(list[i], layer);

		for (uint32_t linear = 1; linear <= pair->in.length; linear++)
			check(&b, pair, list[i], layer, pair->in.length, linear);
	}
	bench_close(&b);
}

static void test_parse_mac_cut_frame_has_the_right_reason(void **state)
{
	(void)state;
	cut_everywhere(LAYER_MAC, lines, COUNT(lines));
}

static void test_parse_l3_cut_frame_has_the_right_reason(void **state)
{
	(void)state;
	cut_everywhere(LAYER_IP, lines, COUNT(lines));
}

static void test_parse_l4_cut_frame_has_the_right_reason(void **state)
{
	(void)state;
	cut_everywhere(LAYER_PORTS, lines, COUNT(lines));
}

/* Ports that were not found are not swapped, so the frame does not go back half swapped. */
static void test_parse_l4_too_many_headers_are_not_reflected(void **state)
{
	(void)state;
	cut_everywhere(LAYER_PORTS, deep_lines, COUNT(deep_lines));
}

static void test_parse_l3_too_many_headers_are_of_no_matter(void **state)
{
	(void)state;
	cut_everywhere(LAYER_IP, deep_lines, COUNT(deep_lines));
}

static void need_split(void)
{
	bench_need_root();
	if (bench_can_split())
		return;
	print_message("# only Linux 6.18 and later can split a test frame anywhere\n");
	skip();
}

static void test_parse_mac_header_in_a_later_buffer_is_not_there(void **state)
{
	(void)state;
	need_split();
	split_everywhere(LAYER_MAC, lines, COUNT(lines));
}

static void test_parse_l3_header_in_a_later_buffer_is_not_there(void **state)
{
	(void)state;
	need_split();
	split_everywhere(LAYER_IP, lines, COUNT(lines));
}

static void test_parse_l4_header_in_a_later_buffer_is_not_there(void **state)
{
	(void)state;
	need_split();
	split_everywhere(LAYER_PORTS, lines, COUNT(lines));
}

/* Frames that the kernel itself refuses to test with are not ours to judge. */
static void test_parse_runt_is_refused_by_the_kernel(void **state)
{
	static const uint8_t bytes[14];
	static struct run run;
	struct bench b;

	(void)state;
	bench_open(&b, "reflect", 0);
	for (size_t length = 0; length < 14; length++) {
		run = (struct run){ 0 };
		assert_int_equal(bench_try(b.program.fd, bytes, length, &run), -EINVAL);
	}
	bench_close(&b);
}

/* An Ethernet header and nothing else: only some EtherTypes promise more. */
static void test_parse_bare_ethernet_header_is_survived(void **state)
{
	static const uint16_t begins[] = { 0x0800, 0x86dd, 0x8100, 0x88a8 };
	static struct frame frame;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by port then reflect --l4", 0);
	frame_build(&frame, "", flow_there);
	for (size_t i = 0; i < COUNT(begins); i++) {
		put16(frame.data + 12, begins[i]);
		bench_expect(&b, &frame, VERDICT_PASS, REASON_reflect_short, &frame);
	}
	for (uint32_t type = 0; type < 65536; type += 17) { /* none of the above */
		put16(frame.data + 12, (uint16_t)type);
		bench_expect(&b, &frame, VERDICT_PASS, REASON_reflect_not_ip, &frame);
	}
	bench_close(&b);
}

static uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Any bytes: a verdict of the pipeline's own, nothing aborted, and what passes is unchanged. */
static void test_parse_noise_is_never_aborted(void **state)
{
	static struct pair pair;
	static struct run run;
	uint32_t seed = 2463534242;
	struct bench b;

	(void)state;
	bench_open(&b, "count --by src then reflect --l4", BENCH_NO_COUNT);
	for (int round = 0; round < 20000; round++) {
		frame_build(&pair.in, lines[random_next(&seed) % COUNT(lines)], flow_there);
		for (int i = 0; i < 3; i++)
			pair.in.data[12 + random_next(&seed) % (pair.in.length - 12)] =
				(uint8_t)random_next(&seed);
		pair.in.data[0] &= 0xfe;
		run = (struct run){ 0 };
		bench_run(&b, pair.in.data, pair.in.length, &run);
		assert_true(run.verdict == VERDICT_PASS || run.verdict == VERDICT_TX);
		assert_int_equal(run.length, pair.in.length);
		if (run.verdict == VERDICT_PASS)
			check_bytes(run.data, pair.in.data, run.length);
		else
			assert_memory_equal(run.data, pair.in.data + 6, 6);
	}
	program_close(&b.program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_mac_cut_frame_has_the_right_reason),
		cmocka_unit_test(test_parse_l3_cut_frame_has_the_right_reason),
		cmocka_unit_test(test_parse_l4_cut_frame_has_the_right_reason),
		cmocka_unit_test(test_parse_l4_too_many_headers_are_not_reflected),
		cmocka_unit_test(test_parse_l3_too_many_headers_are_of_no_matter),
		cmocka_unit_test(test_parse_mac_header_in_a_later_buffer_is_not_there),
		cmocka_unit_test(test_parse_l3_header_in_a_later_buffer_is_not_there),
		cmocka_unit_test(test_parse_l4_header_in_a_later_buffer_is_not_there),
		cmocka_unit_test(test_parse_runt_is_refused_by_the_kernel),
		cmocka_unit_test(test_parse_bare_ethernet_header_is_survived),
		cmocka_unit_test(test_parse_noise_is_never_aborted),
	};

	return cmocka_run_group_tests_name("pipeline_parse", tests, bench_setup, NULL);
}
