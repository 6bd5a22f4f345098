/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNTOUCHED    0xfeedfacecafebeefULL

/* The text in a buffer of its size, so that a sanitizer sees a read behind its end. */
static char *exact(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

struct u64_case {
	const char *text;
	uint64_t max;
	int ret;
	uint64_t value;
};

static void check_u64(const struct u64_case *c)
{
	char *text = exact(c->text);
	uint64_t out = UNTOUCHED;
	int ret = text_to_u64(text, c->max, &out);

	if (ret != c->ret || out != (ret ? UNTOUCHED : c->value))
		fail_msg("\"%s\" up to %" PRIu64 ": %d, %" PRIu64, c->text, c->max, ret, out);
	free(text);
}

static void test_text_u64_whole_number_is_read(void **state)
{
	static const struct u64_case cases[] = {
		{ "0", 255, 0, 0 },
		{ "1", 255, 0, 1 },
		{ "255", 255, 0, 255 },
		{ "0", 0, 0, 0 },
		{ "010", 255, 0, 10 }, /* decimal, never octal */
		{ "00000000000000000000000000007", 255, 0, 7 },
		{ "0x0", 255, 0, 0 },
		{ "0xff", 255, 0, 255 },
		{ "0XfF", 255, 0, 255 },
		{ "0x00000000000000000000000ff", 255, 0, 255 },
		{ "65535", 65535, 0, 65535 },
		{ "4294967296", UINT64_MAX, 0, 4294967296 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_u64(&cases[i]);
}

static void test_text_u64_other_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"12abc",
		"abc",
		"-1",
		"-0",
		"+1",
		" 1",
		"1 ",
		"\t1",
		"1\n",
		"1 2",
		"0x",
		"0X",
		"x1",
		"0xg",
		"0x1g",
		"0x-1",
		"0x 1",
		"0x+1",
		"0x0x1",
		"00x1",
		"1.0",
		"1e3",
		"1,000",
		"0b1",
		"1_000",
		"--1",
		"'1'",
		"1k",
		"ff",
		"22zzz",
		"1;",
		"0x1.8",
		"\xc2\xb2",
		"-18446744073709551615",
		"18446744073709551616x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_u64(&(struct u64_case){ texts[i], UINT64_MAX, -EINVAL, 0 });
}

static void test_text_u64_too_large_is_out_of_range(void **state)
{
	static const struct u64_case cases[] = {
		{ "256", 255, -ERANGE, 0 },
		{ "0x100", 255, -ERANGE, 0 },
		{ "1", 0, -ERANGE, 0 },
		{ "65536", 65535, -ERANGE, 0 },
		{ "4294967296", UINT32_MAX, -ERANGE, 0 },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "0x10000000000000000", UINT64_MAX, -ERANGE, 0 },
		{ "18446744073709551871", 255, -ERANGE, 0 }, /* 2^64 + 255 */
		{ "99999999999999999999999999999999999999", UINT64_MAX, -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_u64(&cases[i]);
}

static void test_text_u64_every_byte_round_trips(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 512; i++) {
		char decimal[24], hex[24];
		int ret = i < 256 ? 0 : -ERANGE;

		snprintf(decimal, sizeof(decimal), "%" PRIu64, i);
		snprintf(hex, sizeof(hex), "0x%" PRIx64, i);
		check_u64(&(struct u64_case){ decimal, 255, ret, i });
		check_u64(&(struct u64_case){ hex, 255, ret, i });
	}
}

struct seconds_case {
	const char *text;
	double max;
	int ret;
	double value;
};

static void check_seconds(const struct seconds_case *c)
{
	char *text = exact(c->text);
	double out = -1;
	int ret = text_to_seconds(text, c->max, &out);
	double want = ret ? -1 : c->value;

	if (ret != c->ret || out < want || out > want)
		fail_msg("\"%s\" up to %g: %d, %g", c->text, c->max, ret, out);
	free(text);
}

static void test_text_seconds_fraction_is_read(void **state)
{
	static const struct seconds_case cases[] = {
		{ "1", 10, 0, 1 },	  { "0.5", 10, 0, 0.5 },	{ "10", 10, 0, 10 },
		{ "10.0", 10, 0, 10 },	  { "007", 10, 0, 7 },		{ "0.001", 10, 0, 0.001 },
		{ "2.250", 10, 0, 2.25 }, { "86400", 86400, 0, 86400 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_seconds(&cases[i]);
}

static void test_text_seconds_other_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",    "-1",  "+1",  " 1",    "1 ",  ".5",  "1s",   "1,5", "1.2.3", "nan",
		"inf", "1e3", "1E3", "0x1p4", "0x1", "1p3", "1.5x", "one", "1\n",   "infinity",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_seconds(&(struct seconds_case){ texts[i], 10, -EINVAL, 0 });
}

static void test_text_seconds_zero_or_too_large_is_out_of_range(void **state)
{
	static const struct seconds_case cases[] = {
		{ "0", 10, -ERANGE, 0 },
		{ "0.0", 10, -ERANGE, 0 },
		{ "10.001", 10, -ERANGE, 0 },
		{ "86401", 86400, -ERANGE, 0 },
		{ "99999999999999999999999999", 86400, -ERANGE, 0 },
	};
	char huge[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_seconds(&cases[i]);
	memset(huge, '9', sizeof(huge) - 1); /* above the largest double */
	huge[sizeof(huge) - 1] = '\0';
	check_seconds(&(struct seconds_case){ huge, 1e308, -ERANGE, 0 });
}

struct mac_case {
	const char *text;
	mac_addr mac;
};

static void test_text_mac_octets_are_read(void **state)
{
	static const struct mac_case cases[] = {
		{ "00:11:22:33:44:55", { { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55 } } },
		{ "02:aB:Cd:eF:0a:b0", { { 0x02, 0xab, 0xcd, 0xef, 0x0a, 0xb0 } } },
		{ "2:0:0:0:0:1", { { 2, 0, 0, 0, 0, 1 } } },
		{ "f:F:0f:f0:9:a", { { 0x0f, 0x0f, 0x0f, 0xf0, 0x09, 0x0a } } },
		{ "ff:ff:ff:ff:ff:ff", { { 255, 255, 255, 255, 255, 255 } } },
		{ "00:00:00:00:00:00", { { 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = exact(cases[i].text);
		mac_addr out = { { 0xee } };

		assert_int_equal(text_to_mac(text, &out), 0);
		assert_memory_equal(&out, &cases[i].mac, sizeof(out));
		free(text);
	}
}

static void test_text_mac_other_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		"00",
		"00:11:22:33:44",
		"00:11:22:33:44:",
		"00:11:22:33:44:55:66",
		"00:11:22:33:44:55:",
		"00:11:22:33:44:555",
		"000:11:22:33:44:55",
		"00:11:22:33:44:5g",
		"g0:11:22:33:44:55",
		"00-11-22-33-44-55",
		"001122334455",
		"0011.2233.4455",
		" 00:11:22:33:44:55",
		"00:11:22:33:44:55 ",
		"00::22:33:44:55",
		":11:22:33:44:55",
		"00:11:22:33:44:5:5",
		"00:11:22:33:44:-5",
		"00:11:22:33:44:+5",
		"0x:11:22:33:44:55",
		"00:11:22:33:44:55\n",
		"00 11 22 33 44 55",
		"00:11:22:33:44:\xc2\xb2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *text = exact(texts[i]);
		mac_addr out = { { 1, 2, 3, 4, 5, 6 } };
		static const mac_addr before = { { 1, 2, 3, 4, 5, 6 } };

		if (text_to_mac(text, &out) != -EINVAL)
			fail_msg("\"%s\" was taken", texts[i]);
		assert_memory_equal(&out, &before, sizeof(out));
		free(text);
	}
}

static void test_text_mac_cut_anywhere_is_refused(void **state)
{
	static const char whole[] = "10:11:22:33:44:55";
	mac_addr out;

	(void)state;
	for (size_t length = 0; length < strlen(whole); length++) {
		char *text = strndup(whole, length);
		/* the last octet may have one digit */
		int want = length == strlen(whole) - 1 ? 0 : -EINVAL;

		assert_int_equal(text_to_mac(text, &out), want);
		free(text);
	}
}

static void test_text_mac_written_text_reads_back(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		uint8_t b = (uint8_t)i;
		mac_addr mac = { { b, (uint8_t)~b, 0, b, 0xff, (uint8_t)(b ^ 0x55) } }, back;
		char text[MAC_TEXT];

		assert_ptr_equal(mac_text(text, mac), text);
		assert_int_equal(strlen(text), MAC_TEXT - 1);
		assert_int_equal(text_to_mac(text, &back), 0);
		assert_memory_equal(&mac, &back, sizeof(mac));
	}
}

static void test_text_mac_is_zero_only_without_any_bit(void **state)
{
	mac_addr mac = { { 0 } };

	(void)state;
	assert_true(mac_is_zero(mac));
	for (unsigned int i = 0; i < 48; i++) {
		mac = (mac_addr){ { 0 } };
		mac.octet[i / 8] = (uint8_t)(1u << i % 8);
		assert_false(mac_is_zero(mac));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_u64_whole_number_is_read),
		cmocka_unit_test(test_text_u64_other_text_is_refused),
		cmocka_unit_test(test_text_u64_too_large_is_out_of_range),
		cmocka_unit_test(test_text_u64_every_byte_round_trips),
		cmocka_unit_test(test_text_seconds_fraction_is_read),
		cmocka_unit_test(test_text_seconds_other_text_is_refused),
		cmocka_unit_test(test_text_seconds_zero_or_too_large_is_out_of_range),
		cmocka_unit_test(test_text_mac_octets_are_read),
		cmocka_unit_test(test_text_mac_other_text_is_refused),
		cmocka_unit_test(test_text_mac_cut_anywhere_is_refused),
		cmocka_unit_test(test_text_mac_written_text_reads_back),
		cmocka_unit_test(test_text_mac_is_zero_only_without_any_bit),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
