/* SPDX-License-Identifier: GPL-2.0-only */
#include "buf.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_buf_empty_is_an_empty_text(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_add(&buf, NULL, 0);
	buf_text(&buf, "");
	buf_hex(&buf, "", 0);
	buf_format(&buf, "%s", "");
	assert_int_equal(buf.length, 0);
	assert_string_equal(buf_string(&buf), "");
	assert_int_equal(buf.length, 0);
	buf_free(&buf);
	buf_free(&buf);
}

static void test_buf_pieces_are_kept_across_growth(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		buf_format(&buf, "%u,", i);
	for (unsigned int i = 0, at = 0; i < 1000; i++) {
		char piece[16];
		int length = snprintf(piece, sizeof(piece), "%u,", i);

		assert_memory_equal(buf.data + at, piece, (size_t)length);
		at += (unsigned int)length;
	}
	assert_false(buf.failed);
	assert_true(buf.length <= buf.room);
	buf_clear(&buf);
	assert_string_equal(buf_string(&buf), "");
	buf_free(&buf);
}

static void test_buf_space_too_large_is_remembered_as_failure(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_text(&buf, "abc");
	assert_null(buf_space(&buf, SIZE_MAX / 2));
	assert_true(buf.failed);
	buf_text(&buf, "d"); /* what is there stays */
	assert_string_equal(buf_string(&buf), "");
	buf_clear(&buf);
	buf_text(&buf, "e");
	assert_string_equal(buf_string(&buf), "e");
	buf_free(&buf);
}

static void test_buf_numbers_are_decimal(void **state)
{
	struct buf buf = { 0 };
	char expect[32];
	uint64_t value = 1;

	(void)state;
	for (int i = 0; i < 64; i++, value <<= 1) {
		for (int less = 0; less < 2; less++) {
			buf_clear(&buf);
			buf_u64(&buf, value - (uint64_t)less);
			snprintf(expect, sizeof(expect), "%" PRIu64, value - (uint64_t)less);
			assert_string_equal(buf_string(&buf), expect);
			buf_clear(&buf);
			buf_i64(&buf, (int64_t)(value - (uint64_t)less));
			snprintf(expect, sizeof(expect), "%" PRId64,
				 (int64_t)(value - (uint64_t)less));
			assert_string_equal(buf_string(&buf), expect);
		}
	}
	for (unsigned int i = 0; i < 1100; i++) {
		buf_clear(&buf);
		buf_u64(&buf, i);
		snprintf(expect, sizeof(expect), "%u", i);
		assert_string_equal(buf_string(&buf), expect);
	}
	buf_clear(&buf);
	buf_u64(&buf, UINT64_MAX);
	buf_i64(&buf, INT64_MIN);
	assert_string_equal(buf_string(&buf), "18446744073709551615-9223372036854775808");
	buf_free(&buf);
}

static void test_buf_hex_has_blanks_between_bytes(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_hex(&buf, "\x00", 1);
	buf_char(&buf, '|');
	buf_hex(&buf, "\x0a\xff\x10", 3);
	assert_string_equal(buf_string(&buf), "00|0a ff 10");
	buf_free(&buf);
}

static void test_buf_json_escapes_and_replaces(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *json;
	} cases[] = {
		{ "", 0, "\"\"" },
		{ "abc", 3, "\"abc\"" },
		{ "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\n\t\x1f\x7f", 4, "\"\\u000a\\u0009\\u001f\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "a\xff"
		  "b\xc3",
		  4, "\"a\\ufffdb\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf buf = { 0 };

		buf_json(&buf, cases[i].text, cases[i].length);
		assert_string_equal(buf_string(&buf), cases[i].json);
		buf_free(&buf);
	}
}

/* RFC 3629, section 4 */
static void test_buf_utf8_length_knows_all_forms(void **state)
{
	static const struct {
		const char *text;
		size_t length, expect;
	} cases[] = {
		{ "", 0, 0 },
		{ "a", 1, 1 },
		{ "\x7f", 1, 1 },
		{ "\x80", 1, 0 },
		{ "\xbf", 1, 0 },
		{ "\xc0\x80", 2, 0 },
		{ "\xc1\xbf", 2, 0 },
		{ "\xc2\x80", 2, 2 },
		{ "\xdf\xbf", 2, 2 },
		{ "\xdf", 1, 0 },
		{ "\xdf\x41", 2, 0 },
		{ "\xe0\x9f\xbf", 3, 0 },
		{ "\xe0\xa0\x80", 3, 3 },
		{ "\xed\x9f\xbf", 3, 3 },
		{ "\xed\xa0\x80", 3, 0 },
		{ "\xef\xbf\xbf", 3, 3 },
		{ "\xef\xbf", 2, 0 },
		{ "\xef\xbf\x41", 3, 0 },
		{ "\xf0\x8f\xbf\xbf", 4, 0 },
		{ "\xf0\x90\x80\x80", 4, 4 },
		{ "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xf4\x90\x80\x80", 4, 0 },
		{ "\xf5\x80\x80\x80", 4, 0 },
		{ "\xf8\x80\x80\x80", 4, 0 },
		{ "\xff", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *exact = malloc(cases[i].length ? cases[i].length : 1);

		assert_non_null(exact);
		memcpy(exact, cases[i].text, cases[i].length);
		if (utf8_length(exact, cases[i].length) != cases[i].expect)
			fail_msg("case %zu: %zu", i, utf8_length(exact, cases[i].length));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_empty_is_an_empty_text),
		cmocka_unit_test(test_buf_pieces_are_kept_across_growth),
		cmocka_unit_test(test_buf_space_too_large_is_remembered_as_failure),
		cmocka_unit_test(test_buf_numbers_are_decimal),
		cmocka_unit_test(test_buf_hex_has_blanks_between_bytes),
		cmocka_unit_test(test_buf_json_escapes_and_replaces),
		cmocka_unit_test(test_buf_utf8_length_knows_all_forms),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
