/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings in memory, of which the test is the kernel: what comes in an order that a real one shows by
 * chance only. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xskfeed_part.h"

#define RX     128
#define FRAMES 256
#define FRAME  2048

struct bench {
	struct xskfeed_queue q;
	struct xdp_desc rx[RX];
	uint64_t fill[FRAMES];
	uint32_t rx_flags, rx_producer, rx_consumer;
	uint32_t fill_flags, fill_producer, fill_consumer;
	uint32_t frames_used; /* of those in the fill ring, not yet said to the reader */
	uint8_t *frames;
};

static struct feed *bench_open(struct bench *b)
{
	*b = (struct bench){ .rx_producer = UINT32_MAX - 50, .fill_producer = 1000 };
	b->rx_consumer = b->rx_producer; /* soon it begins at 0 again */
	b->fill_consumer = b->fill_producer;
	b->frames = calloc(FRAMES, FRAME);
	b->q = (struct xskfeed_queue){
		.feed.ops = &xskfeed_ops,
		.rx = { .cached_prod = b->rx_producer,
			.cached_cons = b->rx_consumer,
			.mask = RX - 1,
			.size = RX,
			.producer = &b->rx_producer,
			.consumer = &b->rx_consumer,
			.ring = b->rx,
			.flags = &b->rx_flags },
		.fill = { .cached_prod = b->fill_producer,
			  .cached_cons = b->fill_consumer + FRAMES,
			  .mask = FRAMES - 1,
			  .size = FRAMES,
			  .producer = &b->fill_producer,
			  .consumer = &b->fill_consumer,
			  .ring = b->fill,
			  .flags = &b->fill_flags },
		.freed = b->rx_consumer,
		.at = b->rx_consumer,
		.seen = b->rx_consumer,
		.frames = b->frames,
		.frame_mask = FRAME - 1,
		.scratch = malloc((size_t)RX * FRAME),
		.number = 3,
	};
	assert_non_null(b->frames);
	assert_non_null(b->q.scratch);
	for (uint32_t i = 0; i < FRAMES; i++)
		b->fill[b->fill_producer++ & (FRAMES - 1)] = (uint64_t)i * FRAME;
	b->q.fill.cached_prod = b->fill_producer;
	return &b->q.feed;
}

static void bench_close(struct bench *b)
{
	free(b->frames);
	free(b->q.scratch);
}

/* A packet, or a part of one, of equal bytes, that many behind the frame's beginning. */
static uint8_t *arrive_at(struct bench *b, uint32_t offset, uint8_t byte, uint32_t length,
			  uint32_t options)
{
	uint32_t taken = b->fill_consumer + b->frames_used;
	struct xdp_desc *desc = &b->rx[b->rx_producer & (RX - 1)];
	uint64_t frame;

	assert_true(b->rx_producer - b->rx_consumer < RX);
	assert_true(b->fill_producer != taken);
	frame = b->fill[taken & (FRAMES - 1)];
	assert_int_equal(frame % FRAME, 0);
	assert_in_range(frame / FRAME, 0, FRAMES - 1);
	*desc = (struct xdp_desc){ .addr = frame + offset, .len = length, .options = options };
	memset(b->frames + desc->addr, byte, length);
	b->frames_used++;
	b->rx_producer++;
	return b->frames + desc->addr;
}

static uint8_t *arrive(struct bench *b, uint8_t byte, uint32_t length, uint32_t options)
{
	return arrive_at(b, 256, byte, length, options);
}

/* The kernel publishes packets first, and then that it took frames. */
static void say_taken(struct bench *b, uint32_t n)
{
	assert_true(n <= b->frames_used);
	b->fill_consumer += n;
	b->frames_used -= n;
}

static void check_bytes(const struct feed_packet *packet, size_t from, uint8_t byte, size_t count)
{
	const uint8_t *data = packet->data;

	for (size_t i = from; i < from + count; i++)
		assert_int_equal(data[i], byte);
}

static void test_xskfeed_parts_wait_for_the_last(void **state)
{
	struct feed_packet packet;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	for (unsigned int round = 0; round < 40; round++) {
		arrive(&b, 1, 60, 0);
		arrive(&b, 2, 1792, XDP_PKT_CONTD);
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		assert_int_equal(packet.head.length, 60);
		feed->ops->take(feed);
		assert_int_equal(feed->ops->peek(feed, &packet), 0);
		feed->ops->take(feed); /* nothing to take */
		arrive(&b, 3, 1792, XDP_PKT_CONTD);
		assert_int_equal(feed->ops->peek(feed, &packet), 0);
		feed->ops->release(feed);
		assert_int_equal(feed->ops->peek(feed, &packet), 0);
		arrive(&b, 4, 100, 0);
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		assert_int_equal(packet.head.length, 2 * 1792 + 100);
		assert_int_equal(packet.head.captured, 2 * 1792 + 100);
		assert_int_equal(packet.head.queue, 3);
		check_bytes(&packet, 0, 2, 1792);
		check_bytes(&packet, 1792, 3, 1792);
		check_bytes(&packet, 2 * 1792, 4, 100);
		feed->ops->take(feed);
		assert_int_equal(feed->ops->peek(feed, &packet), 0);
		say_taken(&b, 4);
		feed->ops->release(feed);
		assert_int_equal(b.rx_consumer, b.rx_producer);
		assert_int_equal(b.fill_producer - b.fill_consumer, FRAMES);
	}
	bench_close(&b);
}

static void arrive_in_parts(struct bench *b, uint8_t byte)
{
	arrive(b, byte, 1792, XDP_PKT_CONTD);
	arrive(b, byte, 1000, 0);
}

/* One that was looked at when others were released has to be put together anew. */
static void test_xskfeed_joined_packets_have_a_place_each(void **state)
{
	struct feed_packet packet[3], again;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	for (uint8_t i = 0; i < 3; i++)
		arrive_in_parts(&b, i);
	say_taken(&b, 6);
	for (uint8_t i = 0; i < 3; i++) {
		assert_int_equal(feed->ops->peek(feed, &packet[i]), 1);
		assert_int_equal(feed->ops->peek(feed, &again), 1);
		assert_ptr_equal(again.data, packet[i].data);
		if (i == 0) {
			feed->ops->release(feed);
			assert_int_equal(feed->ops->peek(feed, &packet[i]), 1);
		}
		feed->ops->take(feed);
	}
	for (uint8_t i = 0; i < 3; i++) {
		assert_int_equal(packet[i].head.captured, 2792);
		check_bytes(&packet[i], 0, i, 2792);
	}
	bench_close(&b);
}

/* The beginning of a packet without its end, and behind it others, whose metadata tells. */
static void test_xskfeed_left_over_parts_are_skipped(void **state)
{
	const struct capture_head head = { .captured = CAPTURE_MARK };
	struct feed_packet packet;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		memcpy(arrive(&b, i, 1792, XDP_PKT_CONTD) - sizeof(head), &head, sizeof(head));
		if (i < 2)
			arrive(&b, i, 1792, XDP_PKT_CONTD);
	}
	arrive(&b, 3, 8, 0);
	memcpy(arrive(&b, 7, 1792, XDP_PKT_CONTD) - sizeof(head), &head, sizeof(head));
	memcpy(arrive(&b, 8, 60, 0) - sizeof(head), &head, sizeof(head));
	say_taken(&b, 9);
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	assert_int_equal(packet.head.length, 1800);
	check_bytes(&packet, 0, 3, 1800);
	feed->ops->take(feed);
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	assert_int_equal(packet.head.length, 60);
	check_bytes(&packet, 0, 8, 60);
	feed->ops->take(feed);
	assert_int_equal(feed->ops->peek(feed, &packet), 0);
	feed->ops->release(feed);
	assert_int_equal(b.rx_consumer, b.rx_producer);
	for (uint32_t i = 0; i < FRAMES; i++) {
		memcpy(&packet.head, b.frames + i * FRAME + 256 - sizeof(head), sizeof(head));
		assert_int_equal(packet.head.captured, 0);
	}
	bench_close(&b);
}

static void test_xskfeed_long_packet_is_cut(void **state)
{
	const uint32_t parts = CAPTURE_SNAPLEN / 1792 + 2;
	struct feed_packet packet;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	for (uint32_t i = 0; i < parts; i++)
		arrive(&b, (uint8_t)i, 1792, i < parts - 1 ? XDP_PKT_CONTD : 0);
	arrive(&b, 99, 60, 0);
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	assert_int_equal(packet.head.length, parts * 1792);
	assert_int_equal(packet.head.captured, CAPTURE_SNAPLEN);
	for (uint32_t i = 0; i < parts - 2; i++)
		check_bytes(&packet, i * 1792, (uint8_t)i, 1792);
	check_bytes(&packet, (parts - 2) * 1792, (uint8_t)(parts - 2), CAPTURE_SNAPLEN % 1792);
	feed->ops->take(feed);
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	assert_int_equal(packet.head.length, 60);
	check_bytes(&packet, 0, 99, 60);
	bench_close(&b);
}

/* Room in the fill ring shows later: no frame gets lost, none is there twice. */
static void test_xskfeed_frames_are_given_back_as_there_is_room(void **state)
{
	struct feed_packet packet;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	for (unsigned int round = 0; round < 50; round++) {
		bool there[FRAMES] = { false };

		for (uint32_t i = 0; i < 100; i++)
			arrive(&b, (uint8_t)i, 60 + i, 0);
		for (uint32_t i = 0; i < 100; i++) {
			assert_int_equal(feed->ops->peek(feed, &packet), 1);
			assert_int_equal(packet.head.captured, 60 + i);
			check_bytes(&packet, 0, (uint8_t)i, 60 + i);
			feed->ops->take(feed);
		}
		feed->ops->release(feed);
		assert_int_equal(b.rx_producer - b.rx_consumer, 100);
		say_taken(&b, 30);
		feed->ops->release(feed);
		assert_int_equal(b.rx_producer - b.rx_consumer, 70);
		say_taken(&b, 70);
		feed->ops->release(feed);
		assert_int_equal(b.rx_producer, b.rx_consumer);
		for (uint32_t i = 0; i < FRAMES; i++) {
			uint64_t frame = b.fill[i] / FRAME;

			assert_true(b.fill[i] % FRAME == 0 && frame < FRAMES && !there[frame]);
			there[frame] = true;
		}
	}
	bench_close(&b);
}

/* Some drivers move packets: heads are not aligned, or have no room in the frame. */
static void test_xskfeed_head_is_read_where_it_is(void **state)
{
	struct capture_head head = { .time = 5, .captured = CAPTURE_MARK, .queue = 9 };
	struct feed_packet packet;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	for (uint32_t offset = 0; offset < 60; offset++) {
		uint8_t *data = arrive_at(&b, offset, 7, 100, 0);

		head.length = 50 + offset; /* the longer of both is right */
		if (offset >= sizeof(head))
			memcpy(data - sizeof(head), &head, sizeof(head));
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		assert_int_equal(packet.head.captured, 100);
		assert_int_equal(packet.head.length, offset > 50 ? 50 + offset : 100);
		assert_int_equal(packet.head.queue, offset >= sizeof(head) ? 9 : 3);
		assert_int_equal(packet.head.time, offset >= sizeof(head) ? 5 : 0);
		feed->ops->take(feed);
		check_bytes(&packet, 0, 7, 100);
		if (offset >= sizeof(head)) {
			memcpy(&head, data - sizeof(head), sizeof(head));
			assert_int_equal(head.captured, 0);
			head.captured = CAPTURE_MARK;
		}
		say_taken(&b, 1);
		feed->ops->release(feed);
	}
	bench_close(&b);
}

static void test_xskfeed_gone_ends_behind_the_last_packet(void **state)
{
	struct feed_packet packet;
	struct bench b;
	struct feed *feed = bench_open(&b);

	(void)state;
	arrive(&b, 1, 60, 0);
	arrive(&b, 2, 1792, XDP_PKT_CONTD); /* its other parts will not come */
	b.q.gone = true;
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	feed->ops->take(feed);
	assert_int_equal(feed->ops->peek(feed, &packet), -ENETDOWN);
	say_taken(&b, 2);
	feed->ops->release(feed);
	assert_int_equal(feed->ops->peek(feed, &packet), -ENETDOWN);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xskfeed_parts_wait_for_the_last),
		cmocka_unit_test(test_xskfeed_joined_packets_have_a_place_each),
		cmocka_unit_test(test_xskfeed_left_over_parts_are_skipped),
		cmocka_unit_test(test_xskfeed_long_packet_is_cut),
		cmocka_unit_test(test_xskfeed_frames_are_given_back_as_there_is_room),
		cmocka_unit_test(test_xskfeed_head_is_read_where_it_is),
		cmocka_unit_test(test_xskfeed_gone_ends_behind_the_last_packet),
	};

	return cmocka_run_group_tests_name("xskfeed_read", tests, NULL, NULL);
}
