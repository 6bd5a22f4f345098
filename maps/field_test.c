/* SPDX-License-Identifier: GPL-2.0-only */
#include "field.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Guards around each member show a write that is too wide. */
struct sample {
	uint8_t guard0[8];
	bool flag;
	uint8_t guard1[8];
	uint64_t count;
	uint8_t guard2[8];
	double seconds;
	uint8_t guard3[8];
	int choice;
	uint8_t guard4[8];
	mac_addr mac;
	uint8_t guard5[8];
	const char *text;
	uint8_t guard6[8];
};

static const char *const colours[] = { "red", "green", "blue", NULL };

static const struct field table[] = {
	{ .type = FIELD_FLAG,
	  .letter = 'f',
	  .name = "flag",
	  .offset = offsetof(struct sample, flag) },
	{ .type = FIELD_COUNT,
	  .letter = 'c',
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct sample, count),
	  .min = 2,
	  .max = 255 },
	{ .type = FIELD_SECONDS,
	  .name = "seconds",
	  .value = "SEC",
	  .offset = offsetof(struct sample, seconds),
	  .max = 86400 },
	{ .type = FIELD_CHOICE,
	  .name = "choice",
	  .value = "COLOUR",
	  .offset = offsetof(struct sample, choice),
	  .choices = colours },
	{ .type = FIELD_MAC,
	  .name = "mac",
	  .value = "MAC",
	  .offset = offsetof(struct sample, mac) },
	{ .type = FIELD_TEXT,
	  .letter = 't',
	  .name = "text",
	  .value = "NAME",
	  .offset = offsetof(struct sample, text) },
	{ .type = FIELD_END },
};

static const struct field *field(const char *name)
{
	const struct field *found = field_by_name(table, name, strlen(name));

	assert_non_null(found);
	return found;
}

static void set_guards(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->guard0, 0xa5, 8);
	memset(s->guard1, 0xa5, 8);
	memset(s->guard2, 0xa5, 8);
	memset(s->guard3, 0xa5, 8);
	memset(s->guard4, 0xa5, 8);
	memset(s->guard5, 0xa5, 8);
	memset(s->guard6, 0xa5, 8);
}

static void check_guards(const struct sample *s)
{
	static const uint8_t whole[8] = { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5 };

	assert_memory_equal(s->guard0, whole, 8);
	assert_memory_equal(s->guard1, whole, 8);
	assert_memory_equal(s->guard2, whole, 8);
	assert_memory_equal(s->guard3, whole, 8);
	assert_memory_equal(s->guard4, whole, 8);
	assert_memory_equal(s->guard5, whole, 8);
	assert_memory_equal(s->guard6, whole, 8);
}

static void test_field_parse_good_value_round_trips_to_text(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} cases[] = {
		{ "flag", "", "true" },
		{ "count", "2", "2" },
		{ "count", "255", "255" },
		{ "count", "0x10", "16" },
		{ "seconds", "0.5", "0.5" },
		{ "seconds", "86400", "86400" },
		{ "seconds", "1.25", "1.25" },
		{ "choice", "red", "red" },
		{ "choice", "green", "green" },
		{ "choice", "blue", "blue" },
		{ "mac", "02:00:00:00:00:01", "02:00:00:00:00:01" },
		{ "mac", "2:0:0:0:0:aB", "02:00:00:00:00:ab" },
		{ "text", "eth0", "eth0" },
		{ "text", " ", " " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct field *f = field(cases[i].name);
		struct err err = { .errnum = 0 };
		struct sample s;
		char text[64];

		set_guards(&s);
		assert_int_equal(field_parse(f, &s, cases[i].in, &err), 0);
		assert_int_equal(err.errnum, 0);
		check_guards(&s);
		assert_ptr_equal(field_text(f, &s, text, sizeof(text)), text);
		assert_string_equal(text, cases[i].out);
	}
}

/* What field_text() writes is what field_parse() reads, and the value is the same. */
static void test_field_text_is_parsed_to_the_same_value(void **state)
{
	static const char *const values[][2] = {
		{ "count", "0xfe" },	  { "seconds", "3.75" }, { "seconds", "0.001" },
		{ "seconds", "12345.5" }, { "choice", "blue" },	 { "mac", "fe:1:2:3:4:5" },
		{ "text", "a name" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const struct field *f = field(values[i][0]);
		struct sample a, b;
		char text[64], again[64];

		set_guards(&a);
		set_guards(&b);
		assert_int_equal(field_parse(f, &a, values[i][1], NULL), 0);
		field_text(f, &a, text, sizeof(text));
		assert_int_equal(field_parse(f, &b, text, NULL), 0);
		field_text(f, &b, again, sizeof(again));
		assert_string_equal(text, again);
		if (f->type != FIELD_TEXT) /* which points to either text */
			assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void check_refused(const char *name, const char *in, const char *word)
{
	const struct field *f = field(name);
	struct err err = { .errnum = 0 };
	struct sample s, before;
	char option[32] = "--", quoted[64];

	set_guards(&s);
	before = s;
	if (field_parse(f, &s, in, &err) != -EINVAL)
		fail_msg("--%s took \"%s\"", name, in);
	check_guards(&s);
	if (f->type != FIELD_COUNT)
		assert_memory_equal(&s, &before, sizeof(s));
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(err.errnum, EINVAL);
	strcat(option, name);
	assert_non_null(strstr(err.message, option));
	strcpy(quoted, "\"");
	strcat(strcat(quoted, in), "\"");
	assert_non_null(strstr(err.message, quoted));
	if (!strstr(err.message, word))
		fail_msg("no \"%s\" in: %s", word, err.message);
}

static void test_field_parse_bad_value_is_refused_by_name(void **state)
{
	static const char *const cases[][3] = {
		{ "count", "", "whole number from 2 to 255" },
		{ "count", "1", "whole number from 2 to 255" },
		{ "count", "0", "whole number" },
		{ "count", "256", "whole number" },
		{ "count", "-1", "whole number" },
		{ "count", "12abc", "whole number" },
		{ "count", " 3", "whole number" },
		{ "count", "0x", "whole number" },
		{ "count", "2.5", "whole number" },
		{ "count", "18446744073709551618", "whole number" },
		{ "seconds", "", "seconds" },
		{ "seconds", "0", "above 0" },
		{ "seconds", "-1", "seconds" },
		{ "seconds", "86400.5", "at most 86400" },
		{ "seconds", "1s", "seconds" },
		{ "seconds", "inf", "seconds" },
		{ "choice", "", "red, green, blue" },
		{ "choice", "re", "one of" },
		{ "choice", "redd", "one of" },
		{ "choice", "RED", "one of" },
		{ "choice", "1", "one of" },
		{ "mac", "", "MAC" },
		{ "mac", "02:00:00:00:00", "MAC" },
		{ "mac", "02:00:00:00:00:01:02", "MAC" },
		{ "mac", "02:00:00:00:00:zz", "MAC" },
		{ "mac", "00:00:00:00:00:00", "zero or a group" },
		{ "mac", "01:00:5e:00:00:01", "zero or a group" },
		{ "mac", "33:33:00:00:00:01", "zero or a group" },
		{ "mac", "ff:ff:ff:ff:ff:ff", "zero or a group" },
		{ "text", "", "name" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(cases[i][0], cases[i][1], cases[i][2]);
}

static void test_field_parse_long_text_is_cut_in_the_message(void **state)
{
	char text[5000];
	struct sample s;
	struct err err;

	(void)state;
	memset(text, '7', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (const struct field *f = table; f->type != FIELD_END; f++) {
		if (f->type == FIELD_FLAG || f->type == FIELD_TEXT)
			continue;
		set_guards(&s);
		assert_int_equal(field_parse(f, &s, text, &err), -EINVAL);
		assert_non_null(memchr(err.message, '\0', sizeof(err.message)));
	}
}

static void test_field_parse_many_choices_fit_in_the_message(void **state)
{
	static const char *const many[] = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
					    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
					    "cccccccccccccccccccccccccccccccccccccccccccccccc",
					    "dddddddddddddddddddddddddddddddddddddddddddddddd",
					    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
					    NULL };
	struct field f = { .type = FIELD_CHOICE, .name = "many", .choices = many };
	struct err err;
	int choice = -1;

	(void)state;
	assert_int_equal(field_parse(&f, &choice, "x", &err), -EINVAL);
	assert_int_equal(choice, -1);
	assert_int_equal(field_parse(&f, &choice, many[4], &err), 0);
	assert_int_equal(choice, 4);
}

static void test_field_parse_end_of_table_is_refused(void **state)
{
	struct field end = { .type = FIELD_END, .name = "end" };
	struct sample s;
	struct err err;

	(void)state;
	set_guards(&s);
	assert_int_equal(field_parse(&end, &s, "1", &err), -EINVAL);
	assert_int_equal(err.code, ERR_FAILED);
	check_guards(&s);
}

static void test_field_by_name_needs_the_whole_name(void **state)
{
	(void)state;
	assert_ptr_equal(field_by_name(table, "count", 5), &table[1]);
	assert_ptr_equal(field_by_name(table, "count=7", 5), &table[1]);
	assert_null(field_by_name(table, "count", 4));
	assert_null(field_by_name(table, "counts", 6));
	assert_null(field_by_name(table, "", 0));
	assert_null(field_by_name(table, "Count", 5));
	assert_null(field_by_name(NULL, "count", 5));
}

static void test_field_by_letter_zero_matches_none(void **state)
{
	(void)state;
	assert_ptr_equal(field_by_letter(table, 'c'), &table[1]);
	assert_ptr_equal(field_by_letter(table, 't'), &table[5]);
	assert_null(field_by_letter(table, 'z'));
	assert_null(field_by_letter(table, '\0')); /* fields without a letter have 0 */
	assert_null(field_by_letter(NULL, 'c'));
}

static void test_field_text_not_given_is_empty(void **state)
{
	struct sample s;
	char text[32] = "before";

	(void)state;
	set_guards(&s);
	assert_string_equal(field_text(field("mac"), &s, text, sizeof(text)), "");
	strcpy(text, "before");
	assert_string_equal(field_text(field("text"), &s, text, sizeof(text)), "");
	assert_string_equal(field_text(field("flag"), &s, text, sizeof(text)), "false");
}

static void test_field_text_is_cut_at_any_size(void **state)
{
	static const char whole[] = "02:00:00:00:00:01";
	struct sample s;

	(void)state;
	set_guards(&s);
	assert_int_equal(field_parse(field("mac"), &s, whole, NULL), 0);
	for (size_t size = 1; size <= sizeof(whole); size++) {
		char *out = malloc(size); /* exactly, for the sanitizer */

		assert_ptr_equal(field_text(field("mac"), &s, out, size), out);
		assert_int_equal(strlen(out), size - 1);
		assert_memory_equal(out, whole, size - 1);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_parse_good_value_round_trips_to_text),
		cmocka_unit_test(test_field_text_is_parsed_to_the_same_value),
		cmocka_unit_test(test_field_parse_bad_value_is_refused_by_name),
		cmocka_unit_test(test_field_parse_long_text_is_cut_in_the_message),
		cmocka_unit_test(test_field_parse_many_choices_fit_in_the_message),
		cmocka_unit_test(test_field_parse_end_of_table_is_refused),
		cmocka_unit_test(test_field_by_name_needs_the_whole_name),
		cmocka_unit_test(test_field_by_letter_zero_matches_none),
		cmocka_unit_test(test_field_text_not_given_is_empty),
		cmocka_unit_test(test_field_text_is_cut_at_any_size),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
