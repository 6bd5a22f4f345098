/* SPDX-License-Identifier: GPL-2.0-only */
#include "value_checks_testing.h"

/* ---- numbers */

static void test_value_integer_bounds_are_exact(void **state)
{
	static const struct {
		enum type_kind kind;
		uint32_t size;
		const char *least, *most, *below, *above;
	} cases[] = {
		{ TYPE_UNSIGNED, 1, "0", "255", "-1", "256" },
		{ TYPE_UNSIGNED, 2, "0", "65535", "-1", "65536" },
		{ TYPE_UNSIGNED, 4, "0", "4294967295", "-1", "4294967296" },
		{ TYPE_UNSIGNED, 8, "0", "18446744073709551615", "-1", "18446744073709551616" },
		{ TYPE_UNSIGNED, 16, "0", "340282366920938463463374607431768211455", "-1",
		  "340282366920938463463374607431768211456" },
		{ TYPE_SIGNED, 1, "-128", "127", "-129", "128" },
		{ TYPE_SIGNED, 2, "-32768", "32767", "-32769", "32768" },
		{ TYPE_SIGNED, 4, "-2147483648", "2147483647", "-2147483649", "2147483648" },
		{ TYPE_SIGNED, 8, "-9223372036854775808", "9223372036854775807",
		  "-9223372036854775809", "9223372036854775808" },
		{ TYPE_SIGNED, 16, "-170141183460469231731687303715884105728",
		  "170141183460469231731687303715884105727",
		  "-170141183460469231731687303715884105729",
		  "170141183460469231731687303715884105728" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct type type = { .kind = cases[i].kind, .size = cases[i].size };
		uint8_t least[16] = { 0 }, most[16];

		memset(most, 0xff, sizeof(most));
		if (type.kind == TYPE_SIGNED) {
			least[type.size - 1] = 0x80;
			most[type.size - 1] = 0x7f;
		}
		check_bytes(&type, cases[i].least, least);
		check_bytes(&type, cases[i].most, most);
		check_print(&type, least, cases[i].least, cases[i].least);
		check_print(&type, most, cases[i].most, cases[i].most);
		check_refused(&type, cases[i].below, "",
			      type.size == 16 ? "does not fit" : "is not in ");
		check_refused(&type, cases[i].above, "",
			      type.size == 16 ? "does not fit" : "is not in ");
	}
}

static void test_value_integer_is_read_whole_or_refused(void **state)
{
	static const char *const refused[] = { "",
					       "12abc",
					       "abc",
					       "1 2",
					       "+1",
					       "1.0",
					       "1e3",
					       "0x",
					       "0xg",
					       "x1",
					       "--1",
					       "-",
					       "1,",
					       "1]",
					       "1}",
					       "{1}",
					       "[1]",
					       "\"1\"",
					       "\"\"",
					       "null",
					       "true",
					       "1\n2",
					       "99999999999999999999999999"
					       "99999999999999999999",
					       "0x100",
					       "\xff",
					       "#1",
					       "hex:",
					       "hex:0",
					       "hex:00 01",
					       "hex:0g" };
	struct type u8 = { .kind = TYPE_UNSIGNED, .size = 1 };
	struct type s8 = { .kind = TYPE_SIGNED, .size = 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		check_refused(&u8, refused[i], "", "");
		check_refused(&s8, refused[i], "", "");
	}
	check_refused(&u8, "-0", "", "is not in 0..255");
	check_bytes(&u8, "  7\t\n", "\7");
	check_bytes(&u8, "0x7f", "\x7f");
	check_bytes(&u8, "0XfF", "\xff");
	check_bytes(&u8, "007", "\7");
	check_bytes(&u8, "00000000000000000000000000000000000000007", "\7");
	check_bytes(&u8, "hex:2a", "\x2a");
	check_bytes(&s8, "-0x80", "\x80");
	check_bytes(&s8, "-1", "\xff");
	check_bytes(&s8, "-0", "\0");
}

static void test_value_bool_is_a_word_or_a_number(void **state)
{
	struct type type = { .kind = TYPE_BOOL, .size = 1 };

	(void)state;
	check_print(&type, "\0", "false", "false");
	check_print(&type, "\1", "true", "true");
	check_print(&type, "\5", "5", "5");
	check_bytes(&type, "1", "\1");
	check_refused(&type, "True", "", "no whole number");
	check_refused(&type, "truee", "", "no whole number");
	check_refused(&type, "\"true\"", "", "wants a number");
	check_refused(&type, "256", "", "0..255");
}

static void check_double(double value, const char *text)
{
	struct type type = { .kind = TYPE_FLOAT, .size = 8 };

	check_print(&type, &value, text, text);
}

static void check_single(float value, const char *text)
{
	struct type type = { .kind = TYPE_FLOAT, .size = 4 };

	check_print(&type, &value, text, text);
}

static void test_value_float_is_the_shortest_that_reads_back(void **state)
{
	static const char *const refused[] = { "",   "nan", "inf",   "-inf", "1e999", "1x",
					       "x",  "0x1", "0x1p3", " + 1", "+1",    "1 2",
					       "1e", "e1",  "\"1\"", "1,5",  "1e5-3", "infinity" };
	struct type type = { .kind = TYPE_FLOAT, .size = 8 },
		    single = { .kind = TYPE_FLOAT, .size = 4 };
	double out;
	struct err err;

	(void)state;
	check_double(0, "0");
	check_double(-0.0, "-0");
	check_double(0.1, "0.1");
	check_double(-1.5e300, "-1.5e+300");
	check_double(5e-324, "4.94065645841247e-324");
	check_double(1.7976931348623157e308, "1.7976931348623157e+308");
	check_double(1.0 / 3, "0.3333333333333333");
	check_single(0.1f, "0.1");
	check_single(1e-45f, "1.4013e-45");
	check_single(16777217.0f, "16777216");
	check_single(-1000000, "-1000000");
	check_double(999999999999999, "999999999999999");
	check_double(1e15, "1e+15");
	check_single(3.4028235e38f, "3.4028235e+38");
	for (size_t i = 0; i < COUNT(refused); i++)
		check_refused(&type, refused[i], "", "");
	check_refused(&single, "1e39", "", "too large");
	assert_int_equal(value_parse(&type, "1\0x", 3, &out, NULL, &err), -EINVAL);
	check_bytes(&type, ".5", &(double){ 0.5 });
	check_bytes(&type, "1E+2", &(double){ 100 });
}

static void test_value_float_without_a_number_is_hex(void **state)
{
	struct type type = { .kind = TYPE_FLOAT, .size = 4 };

	(void)state;
	check_print(&type, "\0\0\x80\x7f", "hex:00 00 80 7f", "\"hex:00 00 80 7f\"");
	check_print(&type, "\1\0\xc0\xff", "hex:01 00 c0 ff", "\"hex:01 00 c0 ff\"");
}

/* ---- text */

static void test_value_text_round_trips(void **state)
{
	static const struct {
		const char bytes[8], *text, *json;
	} cases[] = {
		{ "", "\"\"", "\"\"" },
		{ "eth0", "eth0", "\"eth0\"" },
		{ "12345678", "12345678", "\"12345678\"" },
		{ "a b", "\"a b\"", "\"a b\"" },
		{ " a", "\" a\"", "\" a\"" },
		{ "a,b=c", "\"a,b=c\"", "\"a,b=c\"" },
		{ "{a}", "\"{a}\"", "\"{a}\"" },
		{ "\"\\", "\"\\\"\\\\\"", "\"\\\"\\\\\"" },
		{ "a\0b", "\"a\\u0000b\"", "\"a\\u0000b\"" },
		{ "\0\0\0\0\0\0\0a", "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000a\"",
		  "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000a\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"", "\"\xc3\xa9\"" },
		{ "\xff", "hex:ff 00 00 00 00 00 00 00", "\"hex:ff 00 00 00 00 00 00 00\"" },
		{ "hex:00", "hex:68 65 78 3a 30 30 00 00", "\"hex:68 65 78 3a 30 30 00 00\"" },
		{ "hex", "hex", "\"hex\"" },
		{ "-", "\"-\"", "\"-\"" },
		{ "/x", "\"/x\"", "\"/x\"" },
		{ "null", "null", "\"null\"" },
		{ "[1]", "\"[1]\"", "\"[1]\"" },
		{ "\n\x7f", "\"\\u000a\\u007f\"", "\"\\u000a\\u007f\"" },
	};
	struct type type = { .kind = TYPE_TEXT, .size = 8 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_print(&type, cases[i].bytes, cases[i].text, cases[i].json);
}

static void test_value_text_escapes_are_those_of_json(void **state)
{
	static const struct {
		const char *text;
		const char bytes[8];
	} cases[] = {
		{ "\"\\b\\f\\n\\r\\t\\/\"", "\b\f\n\r\t/" },
		{ "\"\\u0041\\u00e9\"", "A\xc3\xa9" },
		{ "\"\\u20AC\\uffff\"", "\xe2\x82\xac\xef\xbf\xbf" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf" },
		{ "\"\\ud840\\udc00\"", "\xf0\xa0\x80\x80" },
		{ "\"a\\\"b\"", "a\"b" },
		{ "", "" },
		{ "  a b ", "a b" },
	};
	static const char *const refused[] = {
		"\"",
		"\"abc",
		"\"a\\",
		"\"a\\\"",
		"\"\\x41\"",
		"\"\\",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\ud83d\"",
		"\"\\ude00\"",
		"\"\\ud83d\\u0041\"",
		"\"\\ud83dabc\"",
		"\"\\ud83d\\ud83d\"",
		"\"abc\"d",
		"123456789",
		"\"123456789\"",
		"\"\\u",
		"hex:00",
		"\"hex:00\"",
		"\"a\" \"b\"",
	};
	struct type type = { .kind = TYPE_TEXT, .size = 8 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_bytes(&type, cases[i].text, cases[i].bytes);
	for (size_t i = 0; i < COUNT(refused); i++)
		check_refused(&type, refused[i], "", "");
	check_refused(&type, "123456789", "", "has 9 bytes, there is room for 8");
}

static void test_value_unknown_type_is_hex(void **state)
{
	struct type type = { .kind = TYPE_BYTES, .size = 4 };

	(void)state;
	check_print(&type, "\x0a\0\0\xff", "hex:0a 00 00 ff", "\"hex:0a 00 00 ff\"");
	check_bytes(&type, "hex:0a0000FF", "\x0a\0\0\xff");
	check_bytes(&type, "hex: 0a:00:00:ff ", "\x0a\0\0\xff");
	check_bytes(&type, "\"hex:0a 00 00 ff\"", "\x0a\0\0\xff");
	check_refused(&type, "hex:0a 00 00", "", "wants 4 bytes in hexadecimal, not 3");
	check_refused(&type, "hex:0a 00 00 ff 00", "", "wants 4 bytes in hexadecimal, not 5");
	check_refused(&type, "hex:0a 00 00 f", "", "\"f\" is no byte");
	check_refused(&type, "10", "", "type is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_integer_bounds_are_exact),
		cmocka_unit_test(test_value_integer_is_read_whole_or_refused),
		cmocka_unit_test(test_value_bool_is_a_word_or_a_number),
		cmocka_unit_test(test_value_float_is_the_shortest_that_reads_back),
		cmocka_unit_test(test_value_float_without_a_number_is_hex),
		cmocka_unit_test(test_value_text_round_trips),
		cmocka_unit_test(test_value_text_escapes_are_those_of_json),
		cmocka_unit_test(test_value_unknown_type_is_hex),
	};

	return cmocka_run_group_tests_name("value_scalar", tests, NULL, NULL);
}
