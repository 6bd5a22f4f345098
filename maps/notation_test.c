/* SPDX-License-Identifier: GPL-2.0-only */
#include "notation.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int fake_ifindex(void *context, const char *name, ifindex_t *out, struct err *err)
{
	(void)context;
	if (strcmp(name, "eth1") == 0)
		*out = 7;
	else
		return err_set(err, ERR_NOT_FOUND, ENODEV, name, "no such interface");
	return 0;
}

/* 7 is eth1; some have names that cannot be written as they are */
static bool fake_ifname(void *context, ifindex_t ifindex, char out[static NOTATION_TEXT])
{
	static const char *const names[] = {
		[7] = "eth1", [8] = "#7", [9] = "a\xff", [10] = "a,b"
	};

	(void)context;
	if (ifindex >= COUNT(names) || !names[ifindex])
		return false;
	snprintf(out, NOTATION_TEXT, "%s", names[ifindex]);
	return true;
}

static const struct value_env fake = { .ifindex_of = fake_ifindex, .ifname_of = fake_ifname };

struct notation_case {
	const char *name, *text;
	const char *bytes; /* NULL: refused */
	const char *again; /* what it prints, if not the text */
};

static void check(const struct notation_case *c)
{
	const struct notation *notation = notation_by_name(c->name);
	char *text = strdup(c->text);
	struct buf out = { 0 };
	struct err err = { 0 };
	uint8_t *bytes;
	int ret;

	assert_non_null(notation);
	assert_non_null(text);
	bytes = calloc(1, notation->size);
	assert_non_null(bytes);
	ret = notation->parse(text, bytes, &fake, &err);
	if ((ret == 0) != (c->bytes != NULL))
		fail_msg("%s \"%s\": %d %s", c->name, c->text, ret, err.message);
	if (c->bytes) {
		assert_memory_equal(bytes, c->bytes, notation->size);
		notation->print(bytes, &fake, &out);
		assert_string_equal(buf_string(&out), c->again ? c->again : c->text);
	} else {
		assert_int_equal(ret, -err.errnum);
		assert_true(err.code && err.message[0]);
	}
	buf_free(&out);
	free(bytes);
	free(text);
}

static void check_all(const struct notation_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&cases[i]);
}

static void test_notation_address_is_read_and_written(void **state)
{
	static const struct notation_case cases[] = {
		{ "ip4_be", "10.0.0.1", "\x0a\0\0\1", NULL },
		{ "in_addr", "255.255.255.255", "\xff\xff\xff\xff", NULL },
		{ "ip4_be", "0.0.0.0", "\0\0\0\0", NULL },
		{ "ip4_be", "10.0.0", NULL, NULL },
		{ "ip4_be", "10.0.0.256", NULL, NULL },
		{ "ip4_be", "10.0.0.1 ", NULL, NULL },
		{ "ip4_be", "10.0.0.1/8", NULL, NULL },
		{ "ip4_be", "167772161", NULL, NULL },
		{ "ip4_be", "", NULL, NULL },
		{ "ip6_addr", "2001:db8::1", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", NULL },
		{ "in6_addr", "::", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NULL },
		{ "ip6_addr", "::ffff:10.0.0.1", "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", NULL },
		{ "ip6_addr", "10.0.0.1", "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1",
		  "::ffff:10.0.0.1" },
		{ "ip6_addr", "1::2::3", NULL, NULL },
		{ "ip6_addr", "::1%eth0", NULL, NULL },
		{ "mac_addr", "00:11:22:aa:bb:cc", "\x00\x11\x22\xaa\xbb\xcc", NULL },
		{ "mac_addr", "0:1:2:3:4:5", "\0\1\2\3\4\5", "00:01:02:03:04:05" },
		{ "mac_addr", "00:11:22:aa:bb", NULL, NULL },
		{ "mac_addr", "00-11-22-aa-bb-cc", NULL, NULL },
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void test_notation_big_endian_number_keeps_its_bounds(void **state)
{
	static const struct notation_case cases[] = {
		{ "port_be", "443", "\x01\xbb", NULL },
		{ "__be16", "65535", "\xff\xff", NULL },
		{ "__be16", "0x1bb", "\x01\xbb", "443" },
		{ "in_port_t", "65536", NULL, NULL },
		{ "port_be", "-1", NULL, NULL },
		{ "port_be", "443x", NULL, NULL },
		{ "port_be", "", NULL, NULL },
		{ "__be32", "1", "\0\0\0\1", NULL },
		{ "be32", "4294967295", "\xff\xff\xff\xff", NULL },
		{ "be32", "4294967296", NULL, NULL },
		{ "__be64", "258", "\0\0\0\0\0\0\1\2", NULL },
		{ "be64", "18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff", NULL },
		{ "be64", "18446744073709551616", NULL, NULL },
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void test_notation_interface_is_a_name_or_a_number(void **state)
{
	const struct notation *notation = notation_by_name("ifindex_t");
	struct buf out = { 0 };
	struct err err = { 0 };
	uint32_t value;

	(void)state;
	assert_int_equal(notation->parse("eth1", &value, &fake, &err), 0);
	assert_int_equal(value, 7);
	assert_int_equal(notation->parse("#7", &value, NULL, &err), 0);
	assert_int_equal(value, 7);
	assert_int_equal(notation->parse("#4294967295", &value, &fake, &err), 0);
	assert_int_equal(value, UINT32_MAX);
	assert_int_equal(notation->parse("#4294967296", &value, &fake, &err), -ENODEV);
	assert_int_equal(notation->parse("eth9", &value, &fake, &err), -ENODEV);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(notation->parse("eth1", &value, NULL, &err), -EINVAL);
	for (value = 6; value <= 10; value++) {
		notation->print(&value, &fake, &out);
		buf_char(&out, ' ');
	}
	value = 0;
	notation->print(&value, &fake, &out);
	value = 7;
	notation->print(&value, NULL, &out);
	assert_string_equal(buf_string(&out), "#6 eth1 #8 #9 a,b #0#7");
	buf_free(&out);
}

static void check_time(const char *text, uint64_t nsec, const char *again)
{
	struct notation_case c = { "nsec_t", text, (const char *)&nsec, again };

	check(&c);
}

static void test_notation_time_is_exact(void **state)
{
	static const char *const refused[] = { "",	   "s",
					       "1.s",	   ".5s",
					       "1.5.5s",   "-1s",
					       "1 s",	   "1sec",
					       "1e9",	   "1.5",
					       "1.0005us", "0x10s",
					       "1.5sx",	   "1..5ms",
					       "nan",	   "18446744073709551616",
					       "5124096h", "18446744073710ms" };

	(void)state;
	check_time("1500", 1500, "1.5us");
	check_time("0", 0, "0ns");
	check_time("999", 999, "999ns");
	check_time("1.5ms", 1500000, NULL);
	check_time("1.05us", 1050, NULL);
	check_time("1.005us", 1005, NULL);
	check_time("2s", 2000000000, NULL);
	check_time("1.500s", 1500000000, "1.5s");
	check_time("1.000000001s", 1000000001, "1000000.001us");
	check_time("1min", 60000000000, "60s");
	check_time("1.5h", 5400000000000, "5400s");
	check_time("18446744073709551615ns", UINT64_MAX, "18446744073709551.615us");
	for (size_t i = 0; i < COUNT(refused); i++)
		check(&(struct notation_case){ "nsec_t", refused[i], NULL, NULL });
}

static void test_notation_every_time_reads_back(void **state)
{
	const struct notation *notation = notation_by_name("nsec_t");
	struct buf out = { 0 };
	struct err err;

	(void)state;
	for (uint64_t value = 1; value < 1ULL << 62; value += value / 2 + 7) {
		uint64_t again = 0, round = value - value % 1000;

		buf_clear(&out);
		notation->print(&value, NULL, &out);
		assert_int_equal(notation->parse(buf_string(&out), &again, NULL, &err), 0);
		assert_true(again == value);
		buf_clear(&out);
		notation->print(&round, NULL, &out);
		assert_int_equal(notation->parse(buf_string(&out), &again, NULL, &err), 0);
		assert_true(again == round);
	}
	buf_free(&out);
}

static void test_notation_verdict_is_a_name_or_a_number(void **state)
{
	static const char *const names[] = { "aborted", "drop", "pass", "tx", "redirect" };
	const struct notation *notation = notation_by_name("verdict_t");
	struct buf out = { 0 };
	struct err err;
	uint32_t value;

	(void)state;
	for (uint32_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(notation->parse(names[i], &value, NULL, &err), 0);
		assert_int_equal(value, i);
		buf_clear(&out);
		notation->print(&value, NULL, &out);
		assert_string_equal(buf_string(&out), names[i]);
	}
	assert_int_equal(notation->parse("4294967295", &value, NULL, &err), 0);
	assert_int_equal(value, UINT32_MAX);
	buf_clear(&out);
	notation->print(&value, NULL, &out);
	assert_string_equal(buf_string(&out), "4294967295");
	assert_int_equal(notation->parse("4294967296", &value, NULL, &err), -EINVAL);
	assert_int_equal(notation->parse("DROP", &value, NULL, &err), -EINVAL);
	assert_int_equal(notation->parse("dropped", &value, NULL, &err), -EINVAL);
	buf_free(&out);
}

static void test_notation_is_found_by_name_and_size(void **state)
{
	(void)state;
	assert_non_null(notation_of("ip4_be", 4));
	assert_null(notation_of("ip4_be", 8));
	assert_null(notation_of("ip4", 4));
	assert_null(notation_of("", 4));
	assert_non_null(notation_of("xdp_action", 4));
	/* references are for types of our own, never for a typedef of that name */
	assert_null(notation_of("prog_ref", 4));
	assert_null(notation_of("map_ref", 4));
	assert_null(notation_of("file_ref", 4));
	assert_null(notation_of("socket_ref", 4));
	assert_non_null(notation_by_name("prog_ref"));
	assert_non_null(notation_by_name("cgroup_ref"));
	assert_null(notation_by_name("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notation_address_is_read_and_written),
		cmocka_unit_test(test_notation_big_endian_number_keeps_its_bounds),
		cmocka_unit_test(test_notation_interface_is_a_name_or_a_number),
		cmocka_unit_test(test_notation_time_is_exact),
		cmocka_unit_test(test_notation_every_time_reads_back),
		cmocka_unit_test(test_notation_verdict_is_a_name_or_a_number),
		cmocka_unit_test(test_notation_is_found_by_name_and_size),
	};

	return cmocka_run_group_tests_name("notation", tests, NULL, NULL);
}
