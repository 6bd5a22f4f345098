/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "merge.h"

#define FEEDS	5
#define PACKETS 400
#define FOREVER UINT64_MAX
#define NO_FAIL UINT32_MAX

/* A feed of packets that are there from the beginning or come to be there later. */
struct fake {
	struct feed feed;
	uint64_t time[PACKETS];
	unsigned int there; /* packets that have come */
	unsigned int at;    /* the next one to be taken */
	unsigned int given; /* as far as release() gave room back */
	unsigned int fails_at;
	bool peeked;
};

static struct fake *fake_of(struct feed *feed)
{
	return (struct fake *)feed;
}

static int fake_peek(struct feed *feed, struct feed_packet *out)
{
	struct fake *fake = fake_of(feed);

	if (fake->at == fake->fails_at)
		return -EIO;
	if (fake->at == fake->there)
		return 0;
	fake->peeked = true;
	*out = (struct feed_packet){
		.head = { .time = fake->time[fake->at], .captured = 1, .length = fake->at },
		.data = &fake->time[fake->at]
	};
	return 1;
}

static void fake_take(struct feed *feed)
{
	struct fake *fake = fake_of(feed);

	assert_true(fake->peeked);
	assert_true(fake->at < fake->there);
	fake->peeked = false;
	fake->at++;
}

static void fake_release(struct feed *feed)
{
	fake_of(feed)->given = fake_of(feed)->at;
}

static const struct feed_ops fake_ops = { fake_peek, fake_take, fake_release };

static void add(struct fake *fake, uint64_t time)
{
	assert_true(fake->there < PACKETS);
	fake->time[fake->there++] = time;
}

static void open_fakes(struct merge *merge, struct fake *fakes, unsigned int count)
{
	*merge = (struct merge){ 0 };
	for (unsigned int i = 0; i < count; i++) {
		fakes[i] = (struct fake){ .feed.ops = &fake_ops, .fails_at = NO_FAIL };
		assert_int_equal(merge_add(merge, &fakes[i].feed), 0);
	}
	merge_begin(merge);
}

static void expect(struct merge *merge, uint64_t before, struct fake *from, uint64_t time)
{
	struct feed_packet packet;
	unsigned int at = from->at;

	assert_int_equal(merge_next(merge, before, &packet), 1);
	assert_int_equal(packet.head.time, time);
	assert_ptr_equal(packet.data, &from->time[at]);
	assert_int_equal(packet.head.length, at);
	assert_int_equal(from->at, at + 1);
}

static void expect_nothing(struct merge *merge, uint64_t before)
{
	struct feed_packet packet;

	assert_int_equal(merge_next(merge, before, &packet), 0);
}

static void test_merge_no_feed_gives_nothing(void **state)
{
	struct merge merge = { 0 };

	(void)state;
	merge_begin(&merge);
	expect_nothing(&merge, FOREVER);
	merge_release(&merge);
	merge_free(&merge);
	assert_int_equal(merge.count, 0);
}

static void test_merge_one_feed_is_itself(void **state)
{
	struct fake fakes[1];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 1);
	expect_nothing(&merge, FOREVER);
	for (uint64_t i = 0; i < 10; i++)
		add(fakes, i / 2);
	for (uint64_t i = 0; i < 10; i++)
		expect(&merge, FOREVER, fakes, i / 2);
	expect_nothing(&merge, FOREVER);
	add(fakes, 7);
	merge_begin(&merge);
	expect(&merge, FOREVER, fakes, 7);
	merge_free(&merge);
}

static void test_merge_feeds_come_in_the_order_of_time(void **state)
{
	struct fake fakes[3];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 3);
	add(&fakes[0], 10);
	add(&fakes[0], 40);
	add(&fakes[0], 41);
	add(&fakes[1], 5);
	add(&fakes[1], 20);
	add(&fakes[2], 30);
	add(&fakes[2], 60);
	expect(&merge, FOREVER, &fakes[1], 5);
	expect(&merge, FOREVER, &fakes[0], 10);
	expect(&merge, FOREVER, &fakes[1], 20);
	expect(&merge, FOREVER, &fakes[2], 30);
	expect(&merge, FOREVER, &fakes[0], 40);
	expect(&merge, FOREVER, &fakes[0], 41);
	expect(&merge, FOREVER, &fakes[2], 60);
	expect_nothing(&merge, FOREVER);
	merge_free(&merge);
}

static void test_merge_equal_times_lose_none(void **state)
{
	struct fake fakes[3];
	struct feed_packet packet;
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 3);
	for (int i = 0; i < 30; i++)
		add(&fakes[i % 3], 100);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(merge_next(&merge, 100, &packet), 1);
		assert_int_equal(packet.head.time, 100);
	}
	expect_nothing(&merge, 100);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fakes[i].at, 10);
	merge_free(&merge);
}

/* What is newer waits; equal is not newer. */
static void test_merge_horizon_holds_back_what_is_newer(void **state)
{
	struct fake fakes[2];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 2);
	add(&fakes[0], 10);
	add(&fakes[0], 20);
	add(&fakes[0], 21);
	add(&fakes[1], 19);
	add(&fakes[1], 22);
	expect_nothing(&merge, 9);
	assert_int_equal(fakes[0].at, 0);
	merge_begin(&merge);
	expect(&merge, 20, &fakes[0], 10);
	expect(&merge, 20, &fakes[1], 19);
	expect(&merge, 20, &fakes[0], 20);
	expect_nothing(&merge, 20);
	expect_nothing(&merge, 20);
	merge_begin(&merge);
	expect(&merge, 21, &fakes[0], 21);
	expect_nothing(&merge, 21);
	merge_begin(&merge);
	expect(&merge, FOREVER, &fakes[1], 22);
	expect_nothing(&merge, FOREVER);
	merge_free(&merge);
}

/* The next round may be of an earlier time. */
static void test_merge_horizon_may_go_back(void **state)
{
	struct fake fakes[2];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 2);
	add(&fakes[0], 10);
	add(&fakes[0], 50);
	add(&fakes[1], 60);
	expect(&merge, 100, &fakes[0], 10);
	merge_begin(&merge);
	expect_nothing(&merge, 20);
	merge_begin(&merge);
	expect(&merge, 55, &fakes[0], 50);
	expect_nothing(&merge, 55);
	merge_free(&merge);
}

/* One that runs on alone stops at the horizon, too. */
static void test_merge_horizon_holds_back_the_only_one_that_is_full(void **state)
{
	struct fake fakes[2];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 2);
	for (uint64_t i = 1; i <= 10; i++)
		add(&fakes[1], i);
	for (uint64_t i = 1; i <= 5; i++)
		expect(&merge, 5, &fakes[1], i);
	expect_nothing(&merge, 5);
	add(&fakes[0], 6);
	merge_begin(&merge);
	expect(&merge, 7, &fakes[0], 6);
	expect(&merge, 7, &fakes[1], 6);
	expect(&merge, 7, &fakes[1], 7);
	expect_nothing(&merge, 7);
	merge_free(&merge);
}

/* While one runs on, another that was empty fills: the next round has it in order. */
static void test_merge_feed_that_fills_later_is_in_order(void **state)
{
	struct fake fakes[2];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 2);
	add(&fakes[0], 10);
	add(&fakes[0], 30);
	add(&fakes[0], 50);
	expect(&merge, 20, &fakes[0], 10);
	add(&fakes[1], 25);
	add(&fakes[1], 40);
	expect_nothing(&merge, 20);
	merge_begin(&merge);
	expect(&merge, 60, &fakes[1], 25);
	expect(&merge, 60, &fakes[0], 30);
	expect(&merge, 60, &fakes[1], 40);
	expect(&merge, 60, &fakes[0], 50);
	expect_nothing(&merge, 60);
	add(&fakes[0], 55); /* in the same round */
	expect(&merge, 60, &fakes[0], 55);
	merge_free(&merge);
}

static void test_merge_error_of_a_feed_is_told(void **state)
{
	struct fake fakes[3];
	struct feed_packet packet;
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 3);
	add(&fakes[0], 1);
	add(&fakes[1], 2);
	add(&fakes[2], 3);
	fakes[1].fails_at = 1;
	expect(&merge, FOREVER, &fakes[0], 1);
	expect(&merge, FOREVER, &fakes[1], 2);
	assert_int_equal(merge_next(&merge, FOREVER, &packet), -EIO);
	assert_int_equal(merge_next(&merge, FOREVER, &packet), -EIO);
	fakes[1].fails_at = NO_FAIL; /* none is lost by it */
	expect(&merge, FOREVER, &fakes[2], 3);
	expect_nothing(&merge, FOREVER);
	merge_free(&merge);
}

/* A packet that was looked at and not taken keeps its room. */
static void test_merge_release_gives_back_what_was_taken(void **state)
{
	struct fake fakes[2];
	struct merge merge;

	(void)state;
	open_fakes(&merge, fakes, 2);
	add(&fakes[0], 1);
	add(&fakes[0], 3);
	add(&fakes[1], 2);
	add(&fakes[1], 4);
	expect(&merge, FOREVER, &fakes[0], 1);
	assert_int_equal(fakes[0].given, 0);
	merge_release(&merge);
	assert_int_equal(fakes[0].given, 1);
	assert_int_equal(fakes[1].given, 0);
	expect(&merge, FOREVER, &fakes[1], 2);
	expect(&merge, FOREVER, &fakes[0], 3);
	merge_release(&merge);
	assert_int_equal(fakes[0].given, 2);
	assert_int_equal(fakes[1].given, 1);
	expect(&merge, FOREVER, &fakes[1], 4);
	merge_free(&merge);
}

/* ---- at random */

struct world {
	struct fake fakes[FEEDS];
	unsigned int count, left; /* feeds; packets that have still to come */
	uint64_t clock, last;	  /* time that all feeds have reached; of the last packet out */
};

/* Packets come in the order of time, up to the clock. */
static void let_time_pass(struct world *w)
{
	unsigned int step = (unsigned int)rand() % 20;
	uint64_t until = w->clock + step;

	for (unsigned int i = 0; i < w->count; i++) {
		uint64_t time = w->clock;

		while (w->left && rand() % 3) {
			time += (uint64_t)rand() % 8;
			if (time > until)
				break;
			if (w->fakes[i].there == PACKETS)
				break;
			add(&w->fakes[i], time);
			w->left--;
		}
	}
	w->clock = until;
}

/* All that is not newer than before, in order, and nothing else. */
static void drain(struct world *w, struct merge *merge, uint64_t before)
{
	unsigned int most = (unsigned int)rand() % 40;
	struct feed_packet packet;
	int ret = 1;

	merge_begin(merge);
	for (unsigned int i = 0; before == FOREVER || i < most; i++) {
		ret = merge_next(merge, before, &packet);
		if (!ret)
			break;
		assert_int_equal(ret, 1);
		assert_true(packet.head.time >= w->last);
		assert_true(packet.head.time <= before);
		w->last = packet.head.time;
	}
	for (unsigned int i = 0; !ret && i < w->count; i++)
		assert_true(w->fakes[i].at == w->fakes[i].there ||
			    w->fakes[i].time[w->fakes[i].at] > before);
	merge_release(merge);
}

static void test_merge_random_feeds_are_in_order_and_whole(void **state)
{
	static struct world w;

	(void)state;
	srand(1);
	for (unsigned int turn = 0; turn < 3000; turn++) {
		struct merge merge;

		w = (struct world){ .count = 1 + turn % FEEDS, .left = (unsigned int)rand() % 300 };
		open_fakes(&merge, w.fakes, w.count);
		while (w.left) {
			let_time_pass(&w);
			/* what comes next is not older than the clock */
			drain(&w, &merge, w.clock ? w.clock - 1 : 0);
			if (w.fakes[0].there == PACKETS)
				break;
		}
		drain(&w, &merge, FOREVER);
		for (unsigned int i = 0; i < w.count; i++) {
			assert_int_equal(w.fakes[i].at, w.fakes[i].there);
			assert_int_equal(w.fakes[i].given, w.fakes[i].there);
		}
		merge_free(&merge);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge_no_feed_gives_nothing),
		cmocka_unit_test(test_merge_one_feed_is_itself),
		cmocka_unit_test(test_merge_feeds_come_in_the_order_of_time),
		cmocka_unit_test(test_merge_equal_times_lose_none),
		cmocka_unit_test(test_merge_horizon_holds_back_what_is_newer),
		cmocka_unit_test(test_merge_horizon_may_go_back),
		cmocka_unit_test(test_merge_horizon_holds_back_the_only_one_that_is_full),
		cmocka_unit_test(test_merge_feed_that_fills_later_is_in_order),
		cmocka_unit_test(test_merge_error_of_a_feed_is_told),
		cmocka_unit_test(test_merge_release_gives_back_what_was_taken),
		cmocka_unit_test(test_merge_random_feeds_are_in_order_and_whole),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
