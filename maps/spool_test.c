/* SPDX-License-Identifier: GPL-2.0-only */
#include "spool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fill(struct spool *spool, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		memset(spool_key(spool), (int)(i % 251), spool->key_size);
		memset(spool_value(spool), (int)(i % 241), spool->value_size);
		assert_int_equal(spool_add(spool, NULL), 0);
	}
	assert_int_equal(spool_finish(spool, NULL), 0);
	assert_int_equal(spool->count, count);
}

static bool all_are(const char *bytes, size_t size, uint64_t wanted)
{
	for (size_t i = 0; i < size; i++) {
		if ((uint8_t)bytes[i] != wanted)
			return false;
	}
	return true;
}

static void check(const struct spool *spool)
{
	uint64_t seen = 0;

	for (uint64_t block = 0; block < spool_blocks(spool); block++) {
		const char *keys, *values;
		uint32_t count = spool_read(spool, block, &keys, &values);

		assert_true(count > 0 && count <= spool->block);
		for (uint32_t i = 0; i < count; i++, seen++) {
			assert_true(
				all_are(keys + i * spool->key_size, spool->key_size, seen % 251));
			assert_true(all_are(values + i * spool->value_size, spool->value_size,
					    seen % 241));
		}
	}
	assert_int_equal(seen, spool->count);
}

static void test_spool_hands_back_what_it_took(void **state)
{
	static const struct {
		size_t key, value;
		uint64_t count;
	} cases[] = {
		{ 4, 8, 0 },	 { 4, 8, 1 },	      { 4, 8, 4095 },	  { 4, 8, 4096 },
		{ 4, 8, 4097 },	 { 4, 8, 12288 },     { 1, 1, 5000 },	  { 3, 5, 5000 },
		{ 16, 0, 9000 }, { 100, 1000, 3000 }, { 4, 3u << 20, 3 }, { 512, 512, 1025 },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		struct spool spool;

		assert_int_equal(spool_start(&spool, cases[i].key, cases[i].value, NULL), 0);
		fill(&spool, cases[i].count);
		check(&spool);
		spool_stop(&spool);
	}
}

/* Without a place for files it is memory. */
static void test_spool_needs_no_file_system(void **state)
{
	struct spool spool;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(spool_start(&spool, 4, 8, NULL), 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	fill(&spool, 5000);
	check(&spool);
	spool_stop(&spool);
}

static void test_spool_full_disk_is_told(void **state)
{
	struct rlimit before, small;
	struct spool spool;
	struct err err = { 0 };
	int ret = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 100000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(spool_start(&spool, 4, 1000, NULL), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 5000 && !ret; i++)
		ret = spool_add(&spool, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(ret, -EFBIG);
	assert_string_equal(err.object, "temporary file");
	assert_non_null(strstr(err.hint, "nothing was changed"));
	spool_stop(&spool);
}

static void test_spool_zeroed_can_be_stopped(void **state)
{
	struct spool spool = { 0 };

	(void)state;
	spool_stop(&spool);
	spool_stop(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spool_hands_back_what_it_took),
		cmocka_unit_test(test_spool_needs_no_file_system),
		cmocka_unit_test(test_spool_full_disk_is_told),
		cmocka_unit_test(test_spool_zeroed_can_be_stopped),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
