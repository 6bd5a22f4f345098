/* SPDX-License-Identifier: GPL-2.0-only */
#include "edit.h"

#include <string.h>

#include "map_testing.h"
#include "walk.h"

static uint64_t value_of(const struct map *map, uint32_t key)
{
	uint64_t value = UINT64_MAX;

	assert_int_equal(edit_get(map, &key, &value, NULL), 0);
	return value;
}

static void assert_error(const struct err *err, enum err_code code, const char *text)
{
	assert_int_equal(err->code, code);
	if (!strstr(err->message, text))
		fail_msg("\"%s\" is not in: %s", text, err->message);
}

static void test_edit_hash_tells_what_is_there(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 2, 0);
	uint32_t key = 1;
	uint64_t value = 7;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(edit_get(&map, &key, &value, &err), -ENOENT);
	assert_error(&err, ERR_NOT_FOUND, "not in the map");
	assert_string_equal(err.object, "key 1");
	assert_int_equal(edit_set(&map, &key, &value, BPF_EXIST, &err), -ENOENT);
	assert_error(&err, ERR_NOT_FOUND, "not in the map");
	assert_int_equal(edit_set(&map, &key, &value, BPF_NOEXIST, &err), 0);
	assert_int_equal(edit_set(&map, &key, &value, BPF_NOEXIST, &err), -EEXIST);
	assert_error(&err, ERR_CONFLICT, "in the map already");
	assert_int_equal(value_of(&map, 1), 7);
	put(&map, 2, 2);
	key = 3;
	assert_int_equal(edit_set(&map, &key, &value, BPF_ANY, &err), -E2BIG);
	assert_error(&err, ERR_FAILED, "full: 2 of 2");
	key = 2;
	if (edit_take(&map, &key, &value, &err) == 0) {
		assert_int_equal(value, 2);
		assert_int_equal(edit_take(&map, &key, &value, &err), -ENOENT);
	} else { /* before 5.14 */
		assert_error(&err, ERR_UNSUPPORTED, "no such operation");
		assert_int_equal(edit_delete(&map, &key, &err), 0);
	}
	assert_int_equal(edit_delete(&map, &key, &err), -ENOENT);
	key = 1;
	assert_int_equal(edit_delete(&map, &key, &err), 0);
	assert_int_equal(edit_push(&map, &value, 0, &err), -EINVAL);
	assert_error(&err, ERR_USAGE, "has keys");
	assert_int_equal(edit_peek(&map, &value, &err), -EINVAL);
	map_close(&map);
}

static void test_edit_array_has_fixed_elements(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_ARRAY, 4, 0);
	uint32_t key = 4;
	uint64_t value = 0, done;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(edit_get(&map, &key, &value, &err), -ENOENT);
	assert_error(&err, ERR_NOT_FOUND, "the map has 4 entries");
	assert_int_equal(edit_set(&map, &key, &value, BPF_ANY, &err), -ENOENT);
	assert_error(&err, ERR_NOT_FOUND, "the map has 4 entries");
	key = 3;
	assert_true(edit_delete(&map, &key, &err) < 0);
	assert_error(&err, ERR_UNSUPPORTED, "there from the beginning");
	assert_true(edit_take(&map, &key, &value, &err) < 0);
	assert_error(&err, ERR_UNSUPPORTED, "there from the beginning");
	put(&map, 3, 5);
	assert_int_equal(edit_clear(&map, &done, &err), 0);
	assert_int_equal(done, 4);
	assert_int_equal(value_of(&map, 3), 0);
	map_close(&map);
}

static void test_edit_queue_has_no_keys(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_QUEUE, 0, 8, 2, 0);
	uint64_t value = 1, done;
	uint32_t key = 0;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(edit_peek(&map, &value, &err), -ENOENT);
	assert_error(&err, ERR_NOT_FOUND, "empty");
	for (value = 1; value < 3; value++)
		assert_int_equal(edit_push(&map, &value, BPF_ANY, &err), 0);
	assert_int_equal(edit_push(&map, &value, BPF_ANY, &err), -E2BIG);
	assert_error(&err, ERR_FAILED, "full: 2 of 2");
	assert_int_equal(edit_push(&map, &value, BPF_EXIST, &err), 0);
	assert_int_equal(edit_peek(&map, &value, &err), 0);
	assert_int_equal(value, 2);
	assert_int_equal(edit_take(&map, NULL, &value, &err), 0);
	assert_int_equal(value, 2);
	assert_true(edit_get(&map, &key, &value, &err) < 0);
	assert_error(&err, ERR_USAGE, "no keys");
	assert_true(edit_set(&map, &key, &value, BPF_ANY, &err) < 0);
	assert_true(edit_delete(&map, &key, &err) < 0);
	assert_int_equal(edit_clear(&map, &done, &err), 0);
	assert_int_equal(done, 1);
	map_close(&map);
}

static void test_edit_many_tells_how_far_it_came(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 10, 0);
	uint32_t keys[20], done = 99;
	uint64_t values[20];
	struct err err = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		keys[i] = i;
		values[i] = i * i;
	}
	assert_int_equal(edit_set_many(&map, keys, values, 20, &done, &err), -E2BIG);
	assert_int_equal(done, 10);
	assert_error(&err, ERR_FAILED, "full: 10 of 10");
	assert_string_equal(err.object, "key 10");
	assert_int_equal(value_of(&map, 9), 81);
	/* gaps are as good as deleted */
	assert_int_equal(edit_delete(&map, &keys[0], NULL), 0);
	assert_int_equal(edit_delete(&map, &keys[5], NULL), 0);
	assert_int_equal(edit_delete_many(&map, keys, 9, &done, &err), 0);
	assert_int_equal(done, 9);
	assert_int_equal(map_count(&map, NULL), 1);
	map_close(&map);
}

static void test_edit_frozen_map_is_refused(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 10, 0);
	uint32_t keys[2] = { 1, 2 }, done = 99;
	uint64_t values[2] = { 0 }, cleared;
	struct err err = { 0 };

	(void)state;
	put(&map, 1, 1);
	assert_false(map_is_frozen(&map));
	assert_int_equal(bpf_map_freeze(map.fd), 0);
	assert_true(map_is_frozen(&map));
	assert_true(edit_set(&map, keys, values, BPF_ANY, &err) < 0);
	assert_error(&err, ERR_UNSUPPORTED, "frozen");
	assert_true(edit_set_many(&map, keys, values, 2, &done, &err) < 0);
	assert_error(&err, ERR_UNSUPPORTED, "frozen");
	assert_int_equal(done, 0);
	assert_true(edit_delete_many(&map, keys, 2, &done, &err) < 0);
	assert_error(&err, ERR_UNSUPPORTED, "frozen");
	assert_int_equal(done, 0);
	assert_true(edit_clear(&map, &cleared, &err) < 0);
	assert_error(&err, ERR_UNSUPPORTED, "frozen");
	assert_int_equal(cleared, 0);
	assert_int_equal(value_of(&map, 1), 1);
	map_close(&map);
}

/* Prefixes of any length, also where a byte is only partly theirs. */
static void test_edit_get_exact_finds_this_prefix_only(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 100, BPF_F_NO_PREALLOC);
	struct err err = { 0 };

	(void)state;
	for (uint32_t length = 0; length <= 32; length += 2) {
		uint8_t key[8] = { (uint8_t)length, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa };
		uint64_t value = length;

		assert_int_equal(edit_set(&map, key, &value, BPF_ANY, &err), 0);
	}
	for (uint32_t length = 0; length <= 32; length++) {
		uint8_t key[8] = { (uint8_t)length, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa };
		uint64_t value = 99;
		int ret;

		for (uint32_t bit = length; bit < 32; bit++) /* bits that do not count */
			key[4 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		ret = edit_get_exact(&map, key, &value, &err);
		assert_int_equal(ret, length % 2 ? -ENOENT : 0);
		if (ret)
			assert_int_equal(err.code, ERR_NOT_FOUND);
		else
			assert_int_equal(value, length);
	}
	map_close(&map);
}

/* Also where the kernel does not look at the flags. */
static void test_edit_trie_obeys_flags(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 100, BPF_F_NO_PREALLOC);
	uint32_t wide[2] = { 8, 10 }, key[2] = { 16, 10 };
	uint64_t value = 1;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(edit_set(&map, wide, &value, BPF_NOEXIST, &err), 0);
	assert_int_equal(edit_set(&map, key, &value, BPF_EXIST, &err), -ENOENT);
	assert_error(&err, ERR_NOT_FOUND, "not in the map");
	assert_int_equal(edit_set(&map, key, &value, BPF_NOEXIST, &err), 0);
	value = 2;
	assert_int_equal(edit_set(&map, key, &value, BPF_NOEXIST, &err), -EEXIST);
	assert_error(&err, ERR_CONFLICT, "in the map already");
	assert_int_equal(edit_get(&map, key, &value, &err), 0);
	assert_int_equal(value, 1);
	value = 3;
	assert_int_equal(edit_set(&map, key, &value, BPF_EXIST, &err), 0);
	assert_int_equal(edit_get(&map, wide, &value, &err), 0);
	assert_int_equal(value, 1);
	map_close(&map);
}

static void test_edit_too_long_prefix_is_told(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 100, BPF_F_NO_PREALLOC);
	uint32_t key[2] = { 33, 0 };
	uint64_t value = 0;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(edit_set(&map, key, &value, BPF_ANY, &err), -EINVAL);
	assert_error(&err, ERR_USAGE, "up to 32 bits");
	assert_true(edit_delete(&map, key, &err) < 0);
	map_close(&map);
}

static void test_edit_deletes_nothing_from_an_empty_slot(void **state)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_CPUMAP,
						   BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_SOCKMAP };

	(void)state;
	for (unsigned int i = 0; i < COUNT(types); i++) {
		struct map map = new_map(types[i], 4, 4, 2, 0);
		uint32_t key = 1;
		struct err err = { 0 };

		assert_int_equal(edit_delete(&map, &key, &err), -ENOENT);
		assert_error(&err, ERR_NOT_FOUND, "not in the map");
		key = 2;
		assert_int_equal(edit_delete(&map, &key, &err), -ENOENT);
		assert_error(&err, ERR_NOT_FOUND, "the map has 2 entries");
		map_close(&map);
	}
}

/* Of each type, each step that its row refuses is refused before the kernel is asked. */
static void test_edit_check_says_what_the_row_says(void **state)
{
	(void)state;
	for (const struct map_kind *kind = map_kinds; kind->name; kind++) {
		struct map map = { .fd = -1, .kind = kind, .type = kind->type, .object = "map" };
		struct err err = { 0 };

		assert_int_equal(!edit_check(&map, EDIT_GET, &err), !kind->no_get);
		assert_int_equal(!edit_check(&map, EDIT_SET, &err), !kind->no_set);
		assert_int_equal(!edit_check(&map, EDIT_PUSH, &err), !kind->no_set);
		assert_int_equal(!edit_check(&map, EDIT_DELETE, &err),
				 !kind->no_delete && !(kind->traits & KIND_FIXED));
		assert_int_equal(!edit_check(&map, EDIT_TAKE, &err),
				 !kind->no_get && !kind->no_delete && !(kind->traits & KIND_FIXED));
		if (err.code)
			assert_error(&err, ERR_UNSUPPORTED, kind->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit_hash_tells_what_is_there),
		cmocka_unit_test(test_edit_array_has_fixed_elements),
		cmocka_unit_test(test_edit_queue_has_no_keys),
		cmocka_unit_test(test_edit_many_tells_how_far_it_came),
		cmocka_unit_test(test_edit_frozen_map_is_refused),
		cmocka_unit_test(test_edit_get_exact_finds_this_prefix_only),
		cmocka_unit_test(test_edit_trie_obeys_flags),
		cmocka_unit_test(test_edit_too_long_prefix_is_told),
		cmocka_unit_test(test_edit_deletes_nothing_from_an_empty_slot),
		cmocka_unit_test(test_edit_check_says_what_the_row_says),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
