/* SPDX-License-Identifier: GPL-2.0-only */
/* What a packet socket hands over: bytes, directions, times. */
#include "livefeed_testing.h"

static const uint32_t sizes[] = { HEADER + 4, 60, 61, 1000, FRAME };

static void check_each_size(const char *sender, enum capture_direction direction)
{
	struct livefeed *live = must_open(direction, NULL, 0);
	struct feed_packet packet;

	for (uint32_t i = 0; i < 10 * COUNT(sizes); i++) {
		uint32_t size = sizes[i % COUNT(sizes)];

		put_numbered(sender, i, 1, size);
		assert_int_equal(next(live, LIMIT_NS, &packet), 1);
		check_packet(&packet, numbered(i, size, 0), size, size);
		assert_int_equal(packet.head.direction, direction);
		assert_int_equal(packet.head.outcome, CAPTURE_NO_OUTCOME);
		assert_int_equal(packet.head.queue, 0);
		assert_int_equal(packet.head.target, 0);
		take(live);
		release(live);
	}
	nothing_comes(live);
	livefeed_close(live);
}

static void test_livefeed_in_gives_what_arrives(void **state)
{
	(void)state;
	check_each_size("v1", CAPTURE_IN);
}

static void test_livefeed_out_gives_what_is_sent(void **state)
{
	(void)state;
	check_each_size("v0", CAPTURE_OUT);
}

static void test_livefeed_two_directions_are_two_feeds(void **state)
{
	struct livefeed *in = must_open(CAPTURE_IN, NULL, 0);
	struct livefeed *out = must_open(CAPTURE_OUT, NULL, 0);
	struct livefeed_counts counts;
	int far = socket_on("v1"), near = socket_on("v0");

	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		put(far, numbered(i, 60, 0), 60);
		put(near, numbered(1000 + i, 70, 0), 70);
	}
	for (uint32_t i = 0; i < 50; i++) {
		must_come(in, numbered(i, 60, 0), 60);
		must_come(out, numbered(1000 + i, 70, 0), 70);
	}
	nothing_comes(in);
	nothing_comes(out);
	livefeed_counts(in, &counts);
	assert_int_equal(counts.received, 50);
	assert_int_equal(counts.lost, 0);
	livefeed_close(in);
	livefeed_close(out);
	close(far);
	close(near);
}

static void test_livefeed_what_was_there_before_does_not_come(void **state)
{
	struct livefeed *live;

	(void)state;
	if (geteuid() != 0)
		skip();
	put_numbered("v1", 0, 100, 60);
	live = must_open(CAPTURE_IN, NULL, 0);
	put_numbered("v1", 100, 1, 60);
	must_come(live, numbered(100, 60, 0), 60);
	livefeed_close(live);
}

/* Between what the clock says before and after, whatever the wall clock is; and never back. */
static void test_livefeed_time_is_monotonic(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);
	uint64_t last = 0;

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		uint64_t before = now_ns(), after;
		struct feed_packet packet;

		put_numbered("v1", i, 1, 60);
		after = now_ns();
		assert_int_equal(next(live, LIMIT_NS, &packet), 1);
		/* the clocks are compared with some doubt */
		assert_true(packet.head.time + MS >= before);
		assert_true(packet.head.time <= after + MS);
		assert_true(packet.head.time >= last);
		last = packet.head.time;
		take(live);
		release(live);
	}
	livefeed_close(live);
}

static void test_livefeed_many_at_once_are_in_order(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);
	uint64_t last = 0, began = now_ns();

	(void)state;
	for (uint32_t i = 0; i < 2000; i += 100) {
		struct feed_packet packet;

		put_numbered("v1", i, 100, 300);
		for (uint32_t k = i; k < i + 100; k++) {
			assert_int_equal(next(live, LIMIT_NS, &packet), 1);
			check_packet(&packet, numbered(k, 300, 0), 300, 300);
			assert_true(packet.head.time >= last && packet.head.time >= began);
			assert_true(packet.head.time <= now_ns());
			last = packet.head.time;
			take(live);
			release(live);
		}
	}
	livefeed_close(live);
}

static void test_livefeed_peek_gives_the_same_until_taken(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);
	struct feed_packet packet;

	(void)state;
	put_numbered("v1", 1, 2, 200);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(next(live, LIMIT_NS, &packet), 1);
		check_packet(&packet, numbered(1, 200, 0), 200, 200);
		release(live); /* it was not taken */
	}
	take(live);
	must_come(live, numbered(2, 200, 0), 200);
	livefeed_close(live);
}

static void test_livefeed_data_stays_until_release(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);
	struct feed_packet packets[200];

	(void)state;
	put_numbered("v1", 0, COUNT(packets) + 1, 900);
	for (size_t i = 0; i < COUNT(packets); i++) {
		assert_int_equal(next(live, LIMIT_NS, &packets[i]), 1);
		take(live);
	}
	assert_int_equal(next(live, LIMIT_NS, &(struct feed_packet){ 0 }), 1);
	for (uint32_t i = 0; i < COUNT(packets); i++)
		check_packet(&packets[i], numbered(i, 900, 0), 900, 900);
	release(live);
	must_come(live, numbered(COUNT(packets), 900, 0), 900);
	livefeed_close(live);
}

/* Who never releases is held up and loses nothing that the ring has room for. */
static void test_livefeed_without_release_waits(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);
	struct feed_packet packet;
	uint32_t taken = 0;

	(void)state;
	for (uint32_t i = 0; i < 900; i += 90) {
		put_numbered("v1", i, 90, FRAME);
		while (next(live, 5 * LIVEFEED_DELAY_MS * MS, &packet) == 1) {
			check_packet(&packet, numbered(taken++, FRAME, 0), FRAME, FRAME);
			take(live);
		}
	}
	assert_true(taken > 400 && taken < 900);
	release(live);
	for (; taken < 900; taken++)
		must_come(live, numbered(taken, FRAME, 0), FRAME);
	livefeed_close(live);
}

/* Each packet takes a block of the ring: libpcap's own size has eight of them. */
static void test_livefeed_slow_packets_wait_for_a_late_reader(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		put_numbered("v1", i, 1, 60);
		usleep((LIVEFEED_DELAY_MS + 5) * 1000);
	}
	for (uint32_t i = 0; i < 20; i++)
		must_come(live, numbered(i, 60, 0), 60);
	livefeed_close(live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LINKS(test_livefeed_in_gives_what_arrives),
		ON_LINKS(test_livefeed_out_gives_what_is_sent),
		ON_LINKS(test_livefeed_two_directions_are_two_feeds),
		ON_LINKS(test_livefeed_what_was_there_before_does_not_come),
		ON_LINKS(test_livefeed_time_is_monotonic),
		ON_LINKS(test_livefeed_many_at_once_are_in_order),
		ON_LINKS(test_livefeed_peek_gives_the_same_until_taken),
		ON_LINKS(test_livefeed_data_stays_until_release),
		ON_LINKS(test_livefeed_without_release_waits),
		ON_LINKS(test_livefeed_slow_packets_wait_for_a_late_reader),
	};

	return cmocka_run_group_tests_name("livefeed", tests, own_namespace, NULL);
}
