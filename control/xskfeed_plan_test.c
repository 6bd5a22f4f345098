/* SPDX-License-Identifier: GPL-2.0-only */
/* What memory, queues and modes a wish becomes. */
#include "xskfeed_testing.h"

#include "xskfeed_part.h"

#define MIB (1ull << 20)

/* Of 2 MiB, if that is their size. */
static unsigned int free_hugepages(void)
{
	FILE *from = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	unsigned int n = 0;

	if (from && fscanf(from, "%u", &n) != 1)
		n = 0;
	if (from)
		fclose(from);
	return n;
}

static void test_xskfeed_info_says_what_it_got(void **state)
{
	unsigned int hugepages = free_hugepages();
	struct xskfeed_info info;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .memory = 100 * MIB });
	xskfeed_describe(s.feed, &info);
	assert_int_equal(info.queues, 1);
	assert_int_equal(info.zero_copy, 0); /* veth has none */
	assert_false(info.multi_buffer);
	assert_int_equal(info.max_packet, 1792);
	assert_int_equal(info.ring, 16384);
	assert_int_equal(info.frames, 32768);
	assert_int_equal(info.frame_size, 2048);
	assert_in_range(info.memory, 64 * MIB, 65 * MIB);
	assert_int_equal(info.hugepages, hugepages >= 32);
	stand_close(&s);
}

/* Where the kernel does not know it, frames have to be longer. */
static void test_xskfeed_multi_buffer_is_tried(void **state)
{
	const bool has = kernel_has_multi_buffer();
	struct xskfeed_info info;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .memory = 100 * MIB, .mtu = 9000, .skb = true });
	xskfeed_close(s.feed);
	s.setting.multi_buffer = true;
	if (stand_open_feed(&s, &s.feed))
		fail_msg("%s", s.err.message);
	xskfeed_describe(s.feed, &info);
	assert_int_equal(info.multi_buffer, has);
	assert_int_equal(info.frame_size, has ? 2048 : 4096);
	assert_int_equal(info.max_packet, has ? 0 : 4096 - 256);
	assert_int_equal(info.ring, has ? 16384 : 8192);
	stand_close(&s);
}

/* It says that it has 256 queues, of which but one is in use. */
static void test_xskfeed_unused_queues_are_left_out(void **state)
{
	struct xskfeed_info info;
	struct xskfeed *feed;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .memory = 100 * MIB, .skb = true });
	if (system("ip tuntap add tap0 mode tap multi_queue 2>/dev/null") != 0) {
		stand_close(&s);
		print_message("# no tap device\n");
		skip();
	}
	assert_int_equal(link_by_name(&s.net.route, "tap0", &s.link, &s.err), 0);
	assert_in_range(s.link.rx_queues, 2, 65535);
	if (stand_open_feed(&s, &feed))
		fail_msg("%s", s.err.message);
	xskfeed_describe(feed, &info);
	assert_int_equal(info.queues, 1);
	assert_int_equal(info.ring, 16384); /* as for one */
	xskfeed_close(feed);
	run("ip link del tap0");
	stand_close(&s);
}

static void test_xskfeed_plan_keeps_to_the_budget(void **state)
{
	static const struct {
		unsigned int queues, mtu;
		bool multi_buffer;
		uint64_t memory;
		struct xskfeed_sizes want;
	} cases[] = {
		{ 1, 1500, false, 65 * MIB, { 16384, 32768, 2048 } },
		{ 1, 1500, false, 64 * MIB, { 8192, 16384, 2048 } },
		{ 1, 1770, false, 65 * MIB, { 16384, 32768, 2048 } },
		{ 1, 1771, false, 65 * MIB, { 8192, 16384, 4096 } },
		{ 1, 9000, true, 65 * MIB, { 16384, 32768, 2048 } },
		{ 4, 1500, false, 65 * MIB, { 4096, 8192, 2048 } },
		{ 64, 1500, false, 65 * MIB, { 2048, 4096, 2048 } },
		{ 1, 1500, false, 0, { 2048, 4096, 2048 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct link link = { .name = "absent", .mtu = cases[i].mtu };
		const struct xskfeed_options options = { .link = &link, .memory = cases[i].memory };
		struct xskfeed_sizes got =
			xskfeed_plan(&options, cases[i].queues, cases[i].multi_buffer);

		if (memcmp(&got, &cases[i].want, sizeof(got)) != 0)
			fail_msg("case %zu: %u %u %u", i, got.rx, got.frames, got.frame);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xskfeed_info_says_what_it_got),
		cmocka_unit_test(test_xskfeed_multi_buffer_is_tried),
		cmocka_unit_test(test_xskfeed_unused_queues_are_left_out),
		cmocka_unit_test(test_xskfeed_plan_keeps_to_the_budget),
	};

	return cmocka_run_group_tests_name("xskfeed_plan", tests, stand_namespace, NULL);
}
