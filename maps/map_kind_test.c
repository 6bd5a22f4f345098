/* SPDX-License-Identifier: GPL-2.0-only */
#include "map_kind.h"

#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

static void test_map_kind_rows_are_complete_and_in_order(void **state)
{
	uint32_t number = BPF_MAP_TYPE_HASH;

	(void)state;
	for (const struct map_kind *kind = map_kinds; kind->name; kind++, number++) {
		assert_int_equal(kind->type, number);
		assert_ptr_equal(map_kind_of(number), kind);
		assert_ptr_equal(map_kind_by_name(kind->name), kind);
		assert_true(strlen(kind->name) < 32);
		/* a reason ends "a map of type X: cannot Y: ..." */
		if (kind->no_walk)
			assert_null(strchr(kind->no_walk, '\n'));
		/* where elements are fixed, they are there to be read */
		if (kind->traits & KIND_FIXED)
			assert_null(kind->no_get);
		if (kind->traits & KIND_KEYLESS)
			assert_non_null(kind->no_walk);
	}
	assert_true(number > BPF_MAP_TYPE_BLOOM_FILTER);
}

static void test_map_kind_unknown_has_a_row(void **state)
{
	(void)state;
	assert_string_equal(map_kind_of(0)->name, "unknown");
	assert_string_equal(map_kind_of(4711)->name, "unknown");
	assert_int_equal(map_kind_of(4711)->traits, 0);
	assert_null(map_kind_by_name("unknown"));
	assert_null(map_kind_by_name(""));
	assert_null(map_kind_by_name("HASH"));
	assert_null(map_kind_by_name("has"));
}

/* Of whatever size, a type that is not the map's size is none. */
static void test_map_kind_types_have_the_size_of_the_map(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 2, 4, 8, 12, 16, 20, 64, 256 };

	(void)state;
	for (const struct map_kind *kind = map_kinds; kind->name; kind++) {
		for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct type *key = map_kind_key(kind, sizes[i]);

			/* set_types() in map.c looks at the value's, and keys have one size */
			if (key && kind->type == BPF_MAP_TYPE_LPM_TRIE)
				assert_int_equal(key->size, sizes[i]);
			else if (key)
				assert_int_equal(key->size, 4);
			type_free(key);
		}
	}
}

static void assert_described(struct type *type, const char *wanted)
{
	struct buf text = { 0 };

	assert_non_null(type);
	type_describe(type, &text);
	assert_non_null(strstr(buf_string(&text), wanted));
	buf_free(&text);
	type_free(type);
}

static void test_map_kind_values_by_their_size(void **state)
{
	const struct map_kind *devmap = map_kind_by_name("devmap");
	const struct map_kind *cpumap = map_kind_by_name("cpumap");
	const struct map_kind *sockmap = map_kind_by_name("sockmap");
	const struct map_kind *traces = map_kind_by_name("stack_trace");
	struct type *type;

	(void)state;
	type = map_kind_value(devmap, 4, 0);
	assert_int_equal(type->size, 4);
	assert_true(type->leads);
	assert_described(type, "port");
	type = map_kind_value(devmap, 8, 0);
	assert_int_equal(type->size, 8);
	assert_described(type, "prog");
	type = map_kind_value(cpumap, 8, 0);
	assert_false(type->leads);
	assert_described(type, "qsize");
	assert_described(map_kind_value(sockmap, 4, 0), "socket_ref");
	assert_described(map_kind_value(sockmap, 8, 0), "socket_cookie");
	type = map_kind_value(traces, 64, 0);
	assert_int_equal(type->size, 64);
	assert_int_equal(type->count, 8);
	type_free(type);
	type = map_kind_value(traces, 64, BPF_F_STACK_BUILD_ID);
	assert_int_equal(type->size, 64);
	assert_int_equal(type->count, 2);
	assert_described(type, "build_id");
	assert_null(map_kind_value(map_kind_by_name("hash"), 8, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_kind_rows_are_complete_and_in_order),
		cmocka_unit_test(test_map_kind_unknown_has_a_row),
		cmocka_unit_test(test_map_kind_types_have_the_size_of_the_map),
		cmocka_unit_test(test_map_kind_values_by_their_size),
	};

	return cmocka_run_group_tests_name("map_kind", tests, NULL, NULL);
}
