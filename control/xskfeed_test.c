/* SPDX-License-Identifier: GPL-2.0-only */
#include "xskfeed_testing.h"

/* One of each length, and a few together. */
static void each_length(struct setting setting, size_t least, size_t most, size_t step)
{
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	stand_open(&s, setting);
	feed = xskfeed_queue(s.feed, 0);
	for (size_t length = least; length <= most; length += step) {
		uint64_t before = now_ns();
		uint32_t number = s.sent;

		for (unsigned int i = 0; i < 3; i++)
			stand_send_one(&s, length);
		for (unsigned int i = 0; i < 3; i++) {
			feed_wait(feed, &packet);
			assert_int_equal(packet.head.captured, length);
			check_packet(&packet, number + i, length);
			check_stamp(&packet.head, 0);
			assert_true(packet.head.time >= before);
			feed->ops->take(feed);
		}
		feed->ops->release(feed);
	}
	feed_empty(feed);
	stand_close(&s);
}

static void test_xskfeed_lengths_arrive_whole(void **state)
{
	(void)state;
	each_length((struct setting){ 0 }, 14, 1514, 1);
}

static void test_xskfeed_lengths_in_skb_mode_arrive_whole(void **state)
{
	(void)state;
	each_length((struct setting){ .skb = true }, 14, 1514, 7);
}

/* Of one to six frames of 1792 bytes, and just around those borders. */
static void test_xskfeed_jumbo_arrives_whole(void **state)
{
	const struct setting setting = { .mtu = 9000, .multi_buffer = true };

	(void)state;
	each_length(setting, 1600, 9014, 61);
	each_length(setting, 1790, 1795, 1);
	each_length(setting, 3582, 3587, 1);
	each_length(setting, 9010, 9014, 1);
}

/* All are valid until they are released together. */
static void test_xskfeed_jumbo_stays_until_released(void **state)
{
	static struct feed_packet packet[BURST];
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ .mtu = 9000, .multi_buffer = true });
	feed = xskfeed_queue(s.feed, 0);
	for (unsigned int round = 0; round < 3; round++) {
		uint32_t number = s.sent;

		for (unsigned int i = 0; i < BURST; i++)
			stand_send_one(&s, i % 3 ? 9000 - i : 60 + i);
		for (unsigned int i = 0; i < BURST; i++) {
			feed_wait(feed, &packet[i]);
			if (i == BURST - 1)
				break; /* this one is looked at, but not taken */
			feed->ops->take(feed);
		}
		for (unsigned int i = 0; i < BURST; i++)
			check_packet(&packet[i], number + i, i % 3 ? 9000 - i : 60 + i);
		feed->ops->release(feed);
		assert_int_equal(feed->ops->peek(feed, &packet[0]), 1);
		check_packet(&packet[0], number + BURST - 1, 60 + BURST - 1);
		check_stamp(&packet[0].head, 0);
		feed->ops->take(feed);
	}
	stand_close(&s);
}

/* A packet of several parts that was looked at when what was before it is released. */
static void test_xskfeed_release_keeps_what_was_not_taken(void **state)
{
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ .mtu = 9000, .multi_buffer = true });
	feed = xskfeed_queue(s.feed, 0);
	for (unsigned int i = 0; i < 20; i++)
		stand_send_one(&s, 8000 + i);
	for (unsigned int i = 0; i < 20; i++) {
		feed_wait(feed, &packet);
		check_packet(&packet, i, 8000 + i);
		feed->ops->release(feed);
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		check_packet(&packet, i, 8000 + i);
		check_stamp(&packet.head, 0);
		feed->ops->take(feed);
		feed->ops->take(feed); /* of nothing that was looked at: none */
	}
	feed_empty(feed);
	stand_close(&s);
}

/* Many times around both rings and all frames. */
static void test_xskfeed_rings_go_round(void **state)
{
	const unsigned int rounds = 3 * FEWEST / BURST + 1;
	struct feed_packet packet;
	struct xskfeed_stats stats;
	struct stand s;
	struct feed *feed;
	uint32_t got = 0;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	for (unsigned int round = 0; round < rounds; round++) {
		stand_send(&s, BURST, 60 + round);
		while (got < s.sent) {
			feed_wait(feed, &packet);
			check_packet(&packet, got++, 60 + round);
			check_stamp(&packet.head, 0);
			feed->ops->take(feed);
			if (got % 37 == 0)
				feed->ops->release(feed);
		}
	}
	assert_true(got > 2 * FEWEST);
	assert_int_equal(xskfeed_stats(s.feed, &stats, &s.err), 0);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(stats.fill_empty, 0);
	assert_int_equal(stats.invalid, 0);
	stand_close(&s);
}

/* Packets of several parts, so that the last one before the end of the ring is across it. */
static void test_xskfeed_jumbo_goes_round(void **state)
{
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;
	uint32_t got = 0;

	(void)state;
	stand_open(&s,
		   (struct setting){ .mtu = 9000, .multi_buffer = true, .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	while (s.sent * 5 < 3 * FEWEST) {
		stand_send(&s, BURST, 9000);
		while (got < s.sent) {
			feed_wait(feed, &packet);
			check_packet(&packet, got++, 9000);
			check_stamp(&packet.head, 0);
			feed->ops->take(feed);
		}
		feed->ops->release(feed);
	}
	feed_empty(feed);
	stand_close(&s);
}

/* Each frame had metadata before. */
static void test_xskfeed_stale_mark_is_not_believed(void **state)
{
	const unsigned int rounds = FEWEST / BURST + 1;
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;
	uint32_t got = 0;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	for (unsigned int round = 0; round < 2 * rounds; round++) {
		bool stamped = round < rounds;

		s.skeleton->bss->wish.stamp = stamped;
		stand_send(&s, BURST, 99);
		while (got < s.sent) {
			feed_wait(feed, &packet);
			check_packet(&packet, got++, 99);
			if (stamped)
				check_stamp(&packet.head, 0);
			else
				check_no_stamp(&packet.head, 0);
			feed->ops->take(feed);
		}
		feed->ops->release(feed);
	}
	stand_close(&s);
}

static void test_xskfeed_cut_packet_has_its_own_length(void **state)
{
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ 0 });
	feed = xskfeed_queue(s.feed, 0);
	s.skeleton->bss->wish.cut = 96;
	stand_send(&s, 10, 1000);
	for (unsigned int i = 0; i < 10; i++) {
		feed_wait(feed, &packet);
		assert_int_equal(packet.head.captured, 96);
		check_packet(&packet, i, 1000);
		feed->ops->take(feed);
	}
	s.skeleton->bss->wish.stamp = 0;
	stand_send(&s, 1, 1000);
	feed_wait(feed, &packet);
	assert_int_equal(packet.head.length, 96);
	assert_int_equal(packet.head.captured, 96);
	stand_close(&s);
}

/* Which queue takes a frame is up to the sender's end; without NAPI a veth takes one for all. */
static void several_queues(bool skb)
{
	struct feed_packet packet;
	unsigned int per_queue[3] = { 0 };
	struct xskfeed_info info;
	uint8_t *had;
	struct stand s;

	stand_open(&s, (struct setting){ .queues = 3, .skb = skb });
	xskfeed_describe(s.feed, &info);
	assert_int_equal(info.queues, 3);
	assert_int_equal(xskfeed_queues(s.feed), 3);
	stand_send(&s, 8 * BURST, 200);
	stand_quiet(&s);
	had = calloc(s.sent, 1);
	assert_non_null(had);
	for (unsigned int queue = 0; queue < 3; queue++) {
		struct feed *feed = xskfeed_queue(s.feed, queue);

		while (feed->ops->peek(feed, &packet)) {
			uint32_t number = frame_number(packet.data);

			assert_true(number < s.sent && !had[number]);
			had[number] = 1;
			check_packet(&packet, number, 200);
			check_stamp(&packet.head, queue);
			per_queue[queue]++;
			feed->ops->take(feed);
		}
		feed->ops->release(feed);
	}
	free(had);
	assert_int_equal(per_queue[0] + per_queue[1] + per_queue[2], s.sent);
	assert_true(skb || (per_queue[0] && per_queue[1] && per_queue[2]));
	stand_close(&s);
}

static void test_xskfeed_queues_each_have_a_feed(void **state)
{
	(void)state;
	several_queues(false);
}

static void test_xskfeed_queues_in_skb_mode_each_have_a_feed(void **state)
{
	(void)state;
	several_queues(true);
}

static void test_xskfeed_descriptor_is_readable_with_packets(void **state)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ 0 });
	feed = xskfeed_queue(s.feed, 0);
	poll_fd.fd = xskfeed_fd(s.feed, 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(poll(&poll_fd, 1, 0), 0);
		stand_send(&s, 1, 80);
		assert_int_equal(poll(&poll_fd, 1, 5000), 1);
		assert_int_equal(poll_fd.revents, POLLIN);
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		check_packet(&packet, i, 80);
		feed->ops->take(feed);
		feed->ops->release(feed);
	}
	stand_send(&s, 1, 80);
	stand_quiet(&s);
	run("ip link set near down"); /* poll() may say nothing now, but the packet is there */
	print_message("# poll() while the interface is down: %d\n", poll(&poll_fd, 1, 0));
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	check_packet(&packet, 3, 80);
	assert_int_equal(xskfeed_check(s.feed, &s.err), 0);
	stand_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xskfeed_lengths_arrive_whole),
		cmocka_unit_test(test_xskfeed_lengths_in_skb_mode_arrive_whole),
		cmocka_unit_test(test_xskfeed_jumbo_arrives_whole),
		cmocka_unit_test(test_xskfeed_jumbo_stays_until_released),
		cmocka_unit_test(test_xskfeed_release_keeps_what_was_not_taken),
		cmocka_unit_test(test_xskfeed_rings_go_round),
		cmocka_unit_test(test_xskfeed_jumbo_goes_round),
		cmocka_unit_test(test_xskfeed_stale_mark_is_not_believed),
		cmocka_unit_test(test_xskfeed_cut_packet_has_its_own_length),
		cmocka_unit_test(test_xskfeed_queues_each_have_a_feed),
		cmocka_unit_test(test_xskfeed_queues_in_skb_mode_each_have_a_feed),
		cmocka_unit_test(test_xskfeed_descriptor_is_readable_with_packets),
	};

	return cmocka_run_group_tests_name("xskfeed", tests, stand_namespace, NULL);
}
