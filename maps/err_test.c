/* SPDX-License-Identifier: GPL-2.0-only */
#include "err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_err_set_fills_all_and_returns_errno(void **state)
{
	struct err err;

	(void)state;
	memset(&err, 0xee, sizeof(err));
	assert_int_equal(err_set(&err, ERR_CONFLICT, EBUSY, "eth0", "taken by %u", 7u), -EBUSY);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(err.errnum, EBUSY);
	assert_string_equal(err.object, "eth0");
	assert_string_equal(err.message, "taken by 7");
	assert_string_equal(err.hint, "");
}

static void test_err_set_without_object_leaves_it_empty(void **state)
{
	struct err err = { .object = "before" };

	(void)state;
	err_set(&err, ERR_USAGE, EINVAL, NULL, "no");
	assert_string_equal(err.object, "");
}

static void test_err_set_null_still_returns_errno(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_FAILED, ENODEV, "eth0", "%s", "gone"), -ENODEV);
}

static void test_err_set_bad_errno_never_means_success(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, ERR_FAILED, 0, NULL, "x"), -EINVAL);
	assert_int_equal(err.errnum, EINVAL);
	assert_int_equal(err_set(&err, ERR_FAILED, -ENODEV, NULL, "x"), -EINVAL);
	assert_int_equal(err.errnum, EINVAL);
	assert_int_equal(err_set(NULL, ERR_FAILED, 0, NULL, "x"), -EINVAL);
}

static void test_err_set_long_text_is_cut_and_terminated(void **state)
{
	char text[4096];
	struct err err;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_FAILED, EIO, text, "%s", text);
	assert_int_equal(strlen(err.object), sizeof(err.object) - 1);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	err_hint(&err, "%s", text);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
}

static void test_err_set_percent_in_object_is_text(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_NOT_FOUND, ENODEV, "%s%n%d", "%s", "%n");
	assert_string_equal(err.object, "%s%n%d");
	assert_string_equal(err.message, "%n");
}

static void test_err_hint_keeps_the_rest_and_returns_its_errno(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_UNSUPPORTED, EOPNOTSUPP, "eth0", "no native XDP");
	assert_int_equal(err_hint(&err, "try --mode %s", "skb"), -EOPNOTSUPP);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_string_equal(err.object, "eth0");
	assert_string_equal(err.message, "no native XDP");
	assert_string_equal(err.hint, "try --mode skb");
}

static void test_err_set_again_forgets_the_hint(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_FAILED, EIO, NULL, "first");
	err_hint(&err, "do this");
	err_set(&err, ERR_FAILED, EIO, NULL, "second");
	assert_string_equal(err.hint, "");
}

static void test_err_hint_null_is_an_error(void **state)
{
	(void)state;
	assert_true(err_hint(NULL, "x") < 0);
}

static void test_err_code_of_errno_is_the_contract(void **state)
{
	static const struct {
		int errnum;
		enum err_code code;
	} cases[] = {
		{ EPERM, ERR_PERMISSION },   { EACCES, ERR_PERMISSION },
		{ EBUSY, ERR_CONFLICT },     { EEXIST, ERR_CONFLICT },
		{ ENODEV, ERR_NOT_FOUND },   { ENOENT, ERR_NOT_FOUND },
		{ ENXIO, ERR_NOT_FOUND },    { EOPNOTSUPP, ERR_UNSUPPORTED },
		{ ENOSYS, ERR_UNSUPPORTED }, { ENOMEM, ERR_FAILED },
		{ EIO, ERR_FAILED },	     { EINVAL, ERR_FAILED },
		{ 0, ERR_FAILED },	     { -EPERM, ERR_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(err_code_of(cases[i].errnum), cases[i].code);
}

static void test_err_code_exit_codes_are_the_contract(void **state)
{
	static const struct {
		enum err_code code;
		int exit;
		const char *name;
	} cases[] = {
		{ ERR_FAILED, 1, "failed" },	       { ERR_USAGE, 2, "usage" },
		{ ERR_UNSUPPORTED, 3, "unsupported" }, { ERR_PERMISSION, 4, "permission" },
		{ ERR_CONFLICT, 5, "conflict" },       { ERR_NOT_FOUND, 6, "not_found" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(cases[i].code, cases[i].exit);
		assert_string_equal(err_code_name(cases[i].code), cases[i].name);
	}
	assert_int_equal(ERR_NONE, 0);
}

static void test_err_code_name_outside_is_failed(void **state)
{
	(void)state;
	assert_string_equal(err_code_name((enum err_code)7), "failed");
	assert_string_equal(err_code_name((enum err_code) - 1), "failed");
	assert_string_equal(err_code_name((enum err_code)1000), "failed");
	assert_non_null(err_code_name(ERR_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_set_fills_all_and_returns_errno),
		cmocka_unit_test(test_err_set_without_object_leaves_it_empty),
		cmocka_unit_test(test_err_set_null_still_returns_errno),
		cmocka_unit_test(test_err_set_bad_errno_never_means_success),
		cmocka_unit_test(test_err_set_long_text_is_cut_and_terminated),
		cmocka_unit_test(test_err_set_percent_in_object_is_text),
		cmocka_unit_test(test_err_hint_keeps_the_rest_and_returns_its_errno),
		cmocka_unit_test(test_err_set_again_forgets_the_hint),
		cmocka_unit_test(test_err_hint_null_is_an_error),
		cmocka_unit_test(test_err_code_of_errno_is_the_contract),
		cmocka_unit_test(test_err_code_exit_codes_are_the_contract),
		cmocka_unit_test(test_err_code_name_outside_is_failed),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
