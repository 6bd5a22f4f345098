/* SPDX-License-Identifier: GPL-2.0-only */
/* The hash of a flow, by where the stage steer sends its packets. */
#include "places_testing.h"

/* The nth of many flows: all that can differ does. */
static struct flow some_flow(unsigned int n)
{
	struct flow flow = flow_there;

	flow.src_mac[5] = (uint8_t)(n * 3);
	flow.src6[15] = (uint8_t)(n * 5);
	flow.dst6[14] = (uint8_t)(n * 7);
	flow.src_port = (uint16_t)(1024 + n);
	return flow;
}

static const char *const lines[] = {
	"ip4 udp data:18",
	"ip4 tcp",
	"ip4:15 tcp",
	"ip4 sctp",
	"ip4 icmp",
	"ip4 esp",
	"ip6 udp",
	"ip6 tcp",
	"ip6 hop route dst tcp",
	"ip6 auth:3 udp",
	"ip6 icmp6",
	"ip6 none",
	"ip6 frag:0 udp",
	"ip4frag:0 udp data:64",
	"vlan ip4 udp",
	"qinq vlan ip6 tcp",
	"arp",
	"other",
	"vlan other",
	"qinq vlan vlan ip4 udp",
	"ip4:3 udp",
	"ip6:4 tcp",
};

static void test_flow_both_directions_are_at_one_place(void **state)
{
	struct places places;

	(void)state;
	places_open(&places, "flow", 8);
	for (size_t i = 0; i < COUNT(lines); i++) {
		for (unsigned int n = 0; n < 24; n++) {
			struct flow there = some_flow(n);
			struct flow back = flow_back(there, LAYER_PORTS);

			if (place_of_line(&places, lines[i], there) !=
			    place_of_line(&places, lines[i], back))
				fail_msg("\"%s\", flow %u: the way back is elsewhere", lines[i], n);
		}
	}
	places_close(&places);
}

/* A flow is at one place, whatever is in front of its IP header. */
static void test_flow_does_not_depend_on_tags_and_options(void **state)
{
	static const char *const same[][4] = {
		{ "ip4 udp", "vlan ip4 udp", "qinq vlan ip4 udp data:99", "ip4:15 udp" },
		{ "ip6 tcp", "vlan:7 ip6 tcp", "ip6 hop route tcp", "ip6 dst tcp data:9" },
	};
	struct places places;

	(void)state;
	places_open(&places, "flow", 8);
	for (size_t i = 0; i < COUNT(same); i++) {
		for (unsigned int n = 0; n < 16; n++) {
			unsigned int place = place_of_line(&places, same[i][0], some_flow(n));

			for (size_t k = 1; k < 4; k++)
				assert_int_equal(place_of_line(&places, same[i][k], some_flow(n)),
						 place);
		}
	}
	places_close(&places);
}

/* ---- fragments */

/* The last fragment: the bit "more" is not set. */
static void frame_is_last(struct frame *frame)
{
	if (frame->version == 4)
		frame->data[frame->ip_at + 6] &= 0x1f;
	else
		frame->data[frame->ip_at + 40 + 3] &= 0xfe;
}

static void check_fragments(struct places *places, const char *const *parts, size_t count)
{
	static struct frame frame;

	for (unsigned int n = 0; n < 24; n++) {
		struct flow flow = some_flow(n);
		unsigned int place = place_of_line(places, parts[0], flow);

		for (size_t i = 1; i < count; i++)
			assert_int_equal(place_of_line(places, parts[i], flow), place);
		frame_build(&frame, parts[count - 1], flow);
		frame_is_last(&frame);
		assert_int_equal(place_of(places, &frame), place);
		frame_build(&frame, parts[count - 1], flow_back(flow, LAYER_IP));
		assert_int_equal(place_of(places, &frame), place);
	}
}

/* The first fragment alone has ports, and in IPv6 perhaps the only true protocol. */
static void test_flow_fragments_of_a_datagram_stay_together(void **state)
{
	static const char *const ip4[] = { "ip4frag:0 udp data:64", "ip4frag:9 rest",
					   "vlan ip4frag:300 rest" };
	static const char *const ip6[] = { "ip6 frag:0 dst udp data:64", "ip6 frag:2 dst",
					   "ip6 frag:9 rest" };
	struct places places;

	(void)state;
	places_open(&places, "flow", 8);
	check_fragments(&places, ip4, COUNT(ip4));
	check_fragments(&places, ip6, COUNT(ip6));
	places_close(&places);
}

/* "Atomic" fragments, RFC 6946: nothing is missing, so the ports count. */
static void test_flow_only_fragment_is_a_whole_datagram(void **state)
{
	static struct frame frame;
	struct places places;

	(void)state;
	places_open(&places, "flow", 8);
	for (unsigned int n = 0; n < 16; n++) {
		frame_build(&frame, "ip6 frag:0 udp", some_flow(n));
		frame_is_last(&frame);
		assert_int_equal(place_of(&places, &frame),
				 place_of_line(&places, "ip6 udp", some_flow(n)));
	}
	places_close(&places);
}

/* Headers cut anywhere are no reason to look outside of the frame, and have a place. */
static void test_flow_cut_frames_have_a_place(void **state)
{
	static struct frame frame;
	struct places places;

	(void)state;
	places_open(&places, "flow", 3);
	for (size_t i = 0; i < COUNT(lines); i++) {
		frame_build(&frame, lines[i], flow_there);
		for (size_t length = 14; length <= frame.length; length++) {
			unsigned int found = 0;

			for (unsigned int place = 0; place < places.n; place++)
				found += is_at(&places, place, frame.data, length);
			assert_int_equal(found, 1);
		}
	}
	places_close(&places);
}

/* ---- spread */

enum { FLOWS = 2000 };

/* How flows of real networks differ from each other: as little as they can. */
static void next_port(struct flow *flow, unsigned int n)
{
	flow->src_port = (uint16_t)(1024 + n);
}

static void next_source(struct flow *flow, unsigned int n)
{
	put16(flow->src6 + 14, (uint16_t)(256 + n));
	put16(flow->src_mac + 4, (uint16_t)(256 + n));
}

static void next_destination(struct flow *flow, unsigned int n)
{
	put16(flow->dst6 + 14, (uint16_t)(256 + n));
	put16(flow->dst_mac + 4, (uint16_t)(256 + n));
}

static void next_pair(struct flow *flow, unsigned int n) /* host n talks to server n */
{
	next_source(flow, n);
	next_destination(flow, n);
}

static void next_crossed(struct flow *flow, unsigned int n) /* host n to server -n */
{
	next_source(flow, n);
	next_destination(flow, FLOWS - n);
}

static void next_even(struct flow *flow, unsigned int n) /* as some systems choose ports */
{
	flow->src_port = (uint16_t)(32768 + 2 * n);
}

struct spread {
	const char *by, *line;
	void (*next)(struct flow *flow, unsigned int n);
};

static void check_spread(const struct spread *spread, unsigned int n)
{
	unsigned int count[PLACES_MAX] = { 0 };
	struct places places;

	places_open(&places, spread->by, n);
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct flow flow = flow_there;

		spread->next(&flow, i);
		count[place_of_line(&places, spread->line, flow)]++;
	}
	/* five standard deviations of a fair die */
	for (unsigned int i = 0; i < n; i++) {
		double fair = (double)FLOWS / n, off = count[i] - fair;

		if (off * off > 25 * fair)
			fail_msg("--by %s, \"%s\": %u of %d at place %u of %u", spread->by,
				 spread->line, count[i], FLOWS, i, n);
	}
	places_close(&places);
}

static void test_flow_similar_ones_spread_evenly(void **state)
{
	static const struct spread spreads[] = {
		{ "flow", "ip4 udp", next_port },	   { "flow", "ip4 tcp", next_even },
		{ "flow", "ip4 icmp", next_source },	   { "flow", "ip4 tcp", next_pair },
		{ "flow", "ip4 esp", next_crossed },	   { "flow", "ip6 udp", next_port },
		{ "flow", "ip6 icmp6", next_destination }, { "flow", "ip6 tcp", next_pair },
		{ "flow", "other", next_source },	   { "src", "ip4 udp", next_source },
		{ "src", "ip6 udp", next_source },	   { "src", "arp", next_source },
		{ "dst", "ip4 udp", next_destination },	   { "dst", "ip6 udp", next_destination },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(spreads); i++)
		check_spread(&spreads[i], i & 1 ? 3 : 8);
}

/* One address decides, and nothing else. */
static void check_by(const char *by, void (*irrelevant)(struct flow *flow, unsigned int n))
{
	struct places places;

	places_open(&places, by, 8);
	for (size_t i = 0; i < COUNT(lines); i++) {
		unsigned int place = place_of_line(&places, lines[i], flow_there);

		for (unsigned int n = 0; n < 8; n++) {
			struct flow flow = flow_there;

			irrelevant(&flow, n);
			next_port(&flow, n);
			assert_int_equal(place_of_line(&places, lines[i], flow), place);
		}
	}
	places_close(&places);
}

static void test_flow_by_src_depends_on_the_source_alone(void **state)
{
	(void)state;
	check_by("src", next_destination);
}

static void test_flow_by_dst_depends_on_the_destination_alone(void **state)
{
	(void)state;
	check_by("dst", next_source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow_both_directions_are_at_one_place),
		cmocka_unit_test(test_flow_does_not_depend_on_tags_and_options),
		cmocka_unit_test(test_flow_fragments_of_a_datagram_stay_together),
		cmocka_unit_test(test_flow_only_fragment_is_a_whole_datagram),
		cmocka_unit_test(test_flow_cut_frames_have_a_place),
		cmocka_unit_test(test_flow_similar_ones_spread_evenly),
		cmocka_unit_test(test_flow_by_src_depends_on_the_source_alone),
		cmocka_unit_test(test_flow_by_dst_depends_on_the_destination_alone),
	};

	return cmocka_run_group_tests_name("pipeline_flow", tests, bench_setup, NULL);
}
