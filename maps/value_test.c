/* SPDX-License-Identifier: GPL-2.0-only */
#include "value_checks_testing.h"

static void test_value_enum_of_every_width(void **state)
{
	struct type_value names[] = { { (char *)(uintptr_t) "LOW", (uint64_t)INT64_MIN },
				      { (char *)(uintptr_t) "ZERO", 0 },
				      { (char *)(uintptr_t) "TOP", (uint64_t)INT64_MAX },
				      { (char *)(uintptr_t) "ALSO_ZERO", 0 } };
	struct type type = {
		.kind = TYPE_ENUM, .is_signed = true, .size = 8, .count = 4, .value = names
	};
	int64_t value = INT64_MIN;

	(void)state;
	check_print(&type, &value, "LOW", "\"LOW\"");
	check_bytes(&type, "-9223372036854775808", &value);
	check_bytes(&type, "\"LOW\"", &value);
	value = 0;
	check_print(&type, &value, "ZERO", "\"ZERO\"");
	check_bytes(&type, "ALSO_ZERO", &value);
	value = -7;
	check_print(&type, &value, "-7", "-7");
	check_refused(&type, "9223372036854775808", "", "is not in");
	check_refused(&type, "zero", "", "none of the names");
	type.is_signed = false;
	names[0].value = UINT64_MAX;
	value = -1;
	check_print(&type, &value, "LOW", "\"LOW\"");
	value = -2;
	check_print(&type, &value, "18446744073709551614", "18446744073709551614");
	check_refused(&type, "-1", "", "is not in 0..");
	type.size = 1; /* a name that is too large for it */
	check_refused(&type, "LOW", "", "LOW is not in 0..255");
}

static void test_value_array_has_elements_or_paths(void **state)
{
	struct type *type = type_array(type_array(type_new(TYPE_UNSIGNED, 1), 2), 2);
	uint8_t bytes[] = { 1, 2, 3, 4 };
	struct err err;

	(void)state;
	assert_non_null(type);
	assert_int_equal(type_finish(type), 0);
	check_print(type, bytes, "[[1,2],[3,4]]", "[[1,2],[3,4]]");
	check_bytes(type, " [ [ 1 , 2 ] , [ 3 , 4 ] ] ", bytes);
	check_bytes(type, "hex:01 02 03 04", bytes);
	assert_int_equal(parse(type, "[1][0]=9,[0]=[7,8]", bytes, &err), 0);
	assert_memory_equal(bytes, "\7\x8\x9\4", 4);
	check_refused(type, "[[1,2],[3,400]]", "[1][1]", "400");
	check_refused(type, "[[1,2],[3]]", "[1]", "wants 2 elements, not 1");
	check_refused(type, "[2]=1", "", "[2]: there are 2 elements");
	check_refused(type, "[[[[[[[[[[", "[0][0]", "no whole number");
	check_refused(type, "a=1", "", "");
	type_free(type);
}

static void test_value_notation_names_are_quoted_where_needed(void **state)
{
	struct type *type = type_noted("ifindex_t");

	(void)state;
	assert_non_null(type);
	check_print(type, &(uint32_t){ 7 }, "eth1", "\"eth1\"");
	check_print(type, &(uint32_t){ 8 }, "\"a,b=c\"", "\"a,b=c\"");
	check_print(type, &(uint32_t){ 9 }, "#9", "\"#9\"");
	check_refused(type, "\"eth1\\u0000\"", "", "NUL byte");
	type_free(type);
	type = type_noted("ip6_addr");
	assert_non_null(type);
	check_print(type, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "::1", "\"::1\"");
	check_print(type, "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "2001::", "\"2001::\"");
	type_free(type);
	assert_null(type_noted("nothing"));
}

/* As of a devmap: an interface, and perhaps a program. */
static void test_value_leading_member_may_stand_alone(void **state)
{
	struct type *type = type_struct("devmap");
	struct {
		uint32_t ifindex, prog;
	} one = { 7, 0 }, two = { 7, 3 }, comma = { 8, 3 };

	(void)state;
	assert_non_null(type);
	assert_int_equal(type_add(type, "ifindex", 0, type_noted("ifindex_t")), 0);
	assert_int_equal(type_add(type, "prog", 4, type_noted("prog_ref")), 0);
	type->leads = true;
	assert_int_equal(type_finish(type), 0);
	check_print(type, &one, "eth1", "{\"ifindex\":\"eth1\",\"prog\":0}");
	check_print(type, &two, "ifindex=eth1,prog=id:3", "{\"ifindex\":\"eth1\",\"prog\":3}");
	check_bytes(type, "eth1", &one);
	check_bytes(type, "\"eth1\"", &one);
	check_bytes(type, "eth1,prog=3", &two);
	check_bytes(type, "eth1 , prog = 3", &two);
	check_bytes(type, "{\"ifindex\":\"eth1\",\"prog\":3}", &two);
	check_bytes(type, "{ifindex=eth1,prog=3}", &two);
	check_bytes(type, "\"a,b=c\",prog=3", &comma);
	check_bytes(type, "hex:07 00 00 00 03 00 00 00", &two);
	check_bytes(type, "\"hex:07 00 00 00 03 00 00 00\"", &two);
	check_refused(type, "eth9", "ifindex", "eth9: no such interface");
	check_refused(type, "eth1,prog=x", "prog", "");
	check_refused(type, "eth1,nosuch=1", "", "no member");
	check_refused(type, "eth1,", "", "a comma without a member");
	check_refused(type, "", "", "a value is missing");
	type_free(type);
}

static void test_value_of_the_kernel_alone_is_empty(void **state)
{
	struct type *type = type_struct("locked");

	(void)state;
	assert_non_null(type);
	assert_int_equal(type_add(type, "lock", 0, type_new(TYPE_OPAQUE, 4)), 0);
	assert_int_equal(type_finish(type), 0);
	check_print(type, "\0\0\0\0", "{}", "{}");
	check_print(type->member[0].type, "\0\0\0\0", "-", "null");
	type_free(type);
}

static void test_value_section_variable_may_have_a_dot(void **state)
{
	struct type *type = type_struct(".bss");
	struct type *inner = type_struct("in");
	uint8_t bytes[] = { 1, 2, 3 };

	(void)state;
	assert_true(type && inner);
	assert_int_equal(type_add(inner, "x", 0, type_new(TYPE_UNSIGNED, 1)), 0);
	assert_int_equal(type_add(type, "fn", 0, type_new(TYPE_UNSIGNED, 1)), 0);
	assert_int_equal(type_add(type, "fn.count", 1, type_new(TYPE_UNSIGNED, 1)), 0);
	assert_int_equal(type_add(type, "fn.state", 2, inner), 0);
	assert_int_equal(type_finish(type), 0);
	check_print(type, bytes, "fn=1,fn.count=2,fn.state={x=3}",
		    "{\"fn\":1,\"fn.count\":2,\"fn.state\":{\"x\":3}}");
	check_bytes(type, "fn.state.x=3,fn.count=2,fn=1", bytes);
	check_refused(type, "fn.nosuch=1", "", "has no members");
	type_free(type);
}

static void test_value_duplicate_behind_many_members_is_noticed(void **state)
{
	struct type *type = type_struct("many");
	char name[16], text[4096] = "";
	uint8_t bytes[200];

	(void)state;
	assert_non_null(type);
	for (uint32_t i = 0; i < sizeof(bytes); i++) {
		snprintf(name, sizeof(name), "m%u", i);
		assert_int_equal(type_add(type, name, i, type_new(TYPE_UNSIGNED, 1)), 0);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%sm%u=%u", i ? "," : "",
			 i, i);
		bytes[i] = (uint8_t)i;
	}
	assert_int_equal(type_finish(type), 0);
	check_bytes(type, text, bytes);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",m150=1");
	check_refused(type, text, "m150", "is given twice");
	type_free(type);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_enum_of_every_width),
		cmocka_unit_test(test_value_array_has_elements_or_paths),
		cmocka_unit_test(test_value_notation_names_are_quoted_where_needed),
		cmocka_unit_test(test_value_leading_member_may_stand_alone),
		cmocka_unit_test(test_value_of_the_kernel_alone_is_empty),
		cmocka_unit_test(test_value_section_variable_may_have_a_dot),
		cmocka_unit_test(test_value_duplicate_behind_many_members_is_noticed),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
