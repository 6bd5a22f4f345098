/* SPDX-License-Identifier: GPL-2.0-only */
/* Captures of more than one file. */
#include "pcapfile_testing.h"

static void test_pcapfile_by_size_is_never_longer(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile_stats stats;
	struct pcapfile *file;
	uint64_t next = 0;

	(void)state;
	options.max_bytes = 100000;
	file = must_open(&options);
	add_many(file, 0, 3000);
	check_names("cap cap1 cap2 cap3.part ");
	must_close(file, &stats);
	check_names("cap cap1 cap2 cap3 ");
	assert_int_equal(stats.files, 4);
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "cap", "cap1", "cap2", "cap3" };
		struct reading reading = read_capture(names[i]);

		assert_int_equal(reading.first, next);
		assert_int_equal(reading.whole, reading.size);
		assert_int_equal(reading.statistics, 1);
		assert_true(reading.size <= 100000);
		assert_true(i == 3 || reading.size + RECORD > 100000);
		next = reading.last + 1;
	}
	assert_int_equal(next, 3000);
}

static void test_pcapfile_by_count_in_a_ring(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile_stats stats;
	struct pcapfile *file;

	(void)state;
	options.max_packets = 10;
	options.files = 11;
	file = must_open(&options);
	add_many(file, 0, 125);
	must_close(file, &stats);
	check_names("cap00 cap01 cap02 cap03 cap04 cap05 cap06 cap07 cap08 cap09 cap10 ");
	assert_int_equal(stats.files, 13);
	assert_int_equal(stats.written, 125);
	check_capture("cap00", 110, 10);
	check_capture("cap01", 120, 5);
	check_capture("cap02", 20, 10);
	check_capture("cap10", 100, 10);
}

static void test_pcapfile_ring_of_ten_has_one_digit(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;

	(void)state;
	options.max_packets = 1;
	options.files = 10;
	file = must_open(&options);
	add_many(file, 0, 12);
	must_close(file, NULL);
	check_names("cap0 cap1 cap2 cap3 cap4 cap5 cap6 cap7 cap8 cap9 ");
	check_capture("cap1", 11, 1);
	check_capture("cap2", 2, 1);
}

/* A name that comes again replaces its file, which then is the newest. */
static void test_pcapfile_ring_of_times_that_come_again(void **state)
{
	struct pcapfile_options options = options_for("cap-%S");
	struct pcapfile *file;

	(void)state;
	options.seconds = 30;
	options.files = 3;
	file = must_open(&options);
	for (uint64_t i = 1; i < 6; i++) {
		add_many(file, i, 1);
		assert_int_equal(pcapfile_tick(file, START + i * 30 * SECOND, NULL), 0);
	}
	must_close(file, NULL);
	check_names("cap-20 cap-50 ");
	check_capture("cap-20", 5, 1);
}

static void test_pcapfile_ring_of_one_keeps_its_name(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;

	(void)state;
	options.max_packets = 10;
	options.files = 1;
	file = must_open(&options);
	add_many(file, 0, 25);
	must_close(file, NULL);
	check_names("cap ");
	check_capture("cap", 20, 5);
}

/* By timer: also when no packet comes. */
static void test_pcapfile_by_time_needs_no_packet(void **state)
{
	struct pcapfile_options options = options_for("cap-%H%M%S");
	struct pcapfile *file;

	(void)state;
	setenv("TZ", "UTC", 1);
	options.seconds = 60;
	file = must_open(&options);
	assert_int_equal(pcapfile_due(file), START + 60 * SECOND);
	add_many(file, 0, 5);
	assert_int_equal(pcapfile_tick(file, START + 60 * SECOND - 1, NULL), 0);
	check_names("cap-221320.part ");
	assert_int_equal(pcapfile_tick(file, START + 60 * SECOND, NULL), 0);
	check_names("cap-221320 cap-221420.part ");
	check_capture("cap-221320", 0, 5);
	assert_int_equal(pcapfile_due(file), START + 120 * SECOND);
	/* late by two periods and a half: named by the period that it is now */
	assert_int_equal(pcapfile_tick(file, START + 275 * SECOND, NULL), 0);
	check_names("cap-221320 cap-221420 cap-221720.part ");
	check_capture("cap-221420", 0, 0);
	assert_int_equal(pcapfile_due(file), START + 300 * SECOND);
	must_close(file, NULL);
	check_names("cap-221320 cap-221420 cap-221720 ");
}

static void test_pcapfile_clock_set_back_begins_a_period(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;

	(void)state;
	options.seconds = 60;
	file = must_open(&options);
	assert_int_equal(pcapfile_tick(file, START - 3600 * SECOND, NULL), 0);
	assert_int_equal(pcapfile_due(file), START - 3540 * SECOND);
	assert_int_equal(pcapfile_tick(file, START - 3540 * SECOND, NULL), 0);
	must_close(file, NULL);
	check_names("cap cap1 ");
}

static void test_pcapfile_by_time_and_count_numbers_the_same_name(void **state)
{
	struct pcapfile_options options = options_for("cap-%H%M.");
	struct pcapfile *file;

	(void)state;
	setenv("TZ", "UTC", 1);
	options.seconds = 60;
	options.max_packets = 2;
	options.files = 4;
	file = must_open(&options);
	add_many(file, 0, 6);
	check_names("cap-2213. cap-2213.1 cap-2213.2.part ");
	assert_int_equal(pcapfile_tick(file, START + 60 * SECOND, NULL), 0);
	add_many(file, 6, 3);
	check_names("cap-2213. cap-2213.1 cap-2213.2 cap-2214. cap-2214.1.part ");
	must_close(file, NULL); /* the fifth: the oldest goes */
	check_names("cap-2213.1 cap-2213.2 cap-2214. cap-2214.1 ");
	check_capture("cap-2213.1", 2, 2);
	check_capture("cap-2214.1", 8, 1);
}

static void test_pcapfile_percent_without_time_is_a_percent(void **state)
{
	struct pcapfile_options options = options_for("cap-%H");

	(void)state;
	must_close(must_open(&options), NULL);
	check_names("cap-%H ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_pcapfile_by_size_is_never_longer),
		IN_DIRECTORY(test_pcapfile_by_count_in_a_ring),
		IN_DIRECTORY(test_pcapfile_ring_of_ten_has_one_digit),
		IN_DIRECTORY(test_pcapfile_ring_of_times_that_come_again),
		IN_DIRECTORY(test_pcapfile_ring_of_one_keeps_its_name),
		IN_DIRECTORY(test_pcapfile_by_time_needs_no_packet),
		IN_DIRECTORY(test_pcapfile_clock_set_back_begins_a_period),
		IN_DIRECTORY(test_pcapfile_by_time_and_count_numbers_the_same_name),
		IN_DIRECTORY(test_pcapfile_percent_without_time_is_a_percent),
	};

	return cmocka_run_group_tests_name("pcapfile ring", tests, NULL, NULL);
}
