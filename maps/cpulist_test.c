/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpulist.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_cpulist_text_is_read_and_written_back(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned int count;
	} cases[] = {
		{ "0", "0", 1 },
		{ "7", "7", 1 },
		{ "0-3", "0-3", 4 },
		{ "0-3,5", "0-3,5", 5 },
		{ "5,0-3", "0-3,5", 5 },
		{ "0,1", "0,1", 2 },
		{ "0-1", "0,1", 2 },
		{ "2,1,0", "0-2", 3 },
		{ "4-4", "4", 1 },
		{ "007", "7", 1 },
		{ "63-64,66", "63,64,66", 3 },
		{ "0-8191", "0-8191", 8192 },
		{ "8191", "8191", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cpulist list = { 0 };
		unsigned int at, from = 0;
		char text[64];

		assert_int_equal(cpulist_add(&list, cases[i].in, &at), 0);
		assert_int_equal(cpulist_count(&list), cases[i].count);
		assert_string_equal(cpulist_text(&list, &from, text, sizeof(text)), cases[i].out);
		assert_string_equal(cpulist_text(&list, &from, text, sizeof(text)), "");
	}
}

static void test_cpulist_other_text_is_refused(void **state)
{
	static const struct {
		const char *text;
		int ret;
		unsigned int at;
	} cases[] = {
		{ "", -EINVAL, 0 },
		{ ",", -EINVAL, 0 },
		{ "0,", -EINVAL, 0 },
		{ ",0", -EINVAL, 0 },
		{ "0,,1", -EINVAL, 0 },
		{ "3-1", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1-", -EINVAL, 0 },
		{ "1--2", -EINVAL, 0 },
		{ "1-2-3", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0, 1", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "all", -EINVAL, 0 },
		{ "0-3a", -EINVAL, 0 },
		{ "0-9:2/4", -EINVAL, 0 },
		{ "1,1", -EEXIST, 1 },
		{ "0-3,2", -EEXIST, 2 },
		{ "2,0-3", -EEXIST, 2 },
		{ "8192", -ERANGE, 8192 },
		{ "8190-9000", -ERANGE, 8192 },
		{ "4294967296", -ERANGE, 99999999 },
		{ "99999999999999999999999", -ERANGE, 99999999 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cpulist list = { 0 };
		unsigned int at = 0;
		int ret = cpulist_add(&list, cases[i].text, &at);

		if (ret != cases[i].ret || (ret != -EINVAL && at != cases[i].at))
			fail_msg("\"%s\": %d at %u", cases[i].text, ret, at);
	}
}

/* What does not fit goes on where it ended, and nothing is cut in the middle of a number. */
static void test_cpulist_long_text_comes_in_pieces(void **state)
{
	struct cpulist list = { 0 }, back = { 0 };
	unsigned int from = 0, at;
	char text[20];

	(void)state;
	for (unsigned int cpu = 0; cpu < 300; cpu += 3)
		cpulist_put(&list, cpu);
	while (cpulist_text(&list, &from, text, sizeof(text))[0]) {
		assert_true(strlen(text) < sizeof(text));
		assert_int_equal(cpulist_add(&back, text, &at), 0);
	}
	assert_memory_equal(&list, &back, sizeof(list));
}

static void test_cpulist_file_is_read(void **state)
{
	char path[] = "/tmp/cpulist_testXXXXXX";
	struct cpulist list;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(cpulist_read(path, &list), -EIO);
	assert_int_equal(write(fd, "0-1,4\n", 6), 6);
	close(fd);
	assert_int_equal(cpulist_read(path, &list), 0);
	assert_int_equal(cpulist_count(&list), 3);
	assert_true(cpulist_has(&list, 4));
	assert_false(cpulist_has(&list, 3));
	assert_false(cpulist_has(&list, 1u << 30));
	unlink(path);
	assert_int_equal(cpulist_read(path, &list), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpulist_text_is_read_and_written_back),
		cmocka_unit_test(test_cpulist_other_text_is_refused),
		cmocka_unit_test(test_cpulist_long_text_comes_in_pieces),
		cmocka_unit_test(test_cpulist_file_is_read),
	};

	return cmocka_run_group_tests_name("cpulist", tests, NULL, NULL);
}
