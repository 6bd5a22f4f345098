/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot.h"

#include "buf.h"
#include "map_testing.h"

/* "+3" new, "~2" changed, "-1" gone, "=4" the same */
static void note(void *context, enum change_state state, const void *key, const void *before,
		 const void *now)
{
	static const char mark[] = { [ELEMENT_SAME] = '=',
				     [ELEMENT_NEW] = '+',
				     [ELEMENT_CHANGED] = '~',
				     [ELEMENT_GONE] = '-' };

	assert_int_equal(before == NULL, state == ELEMENT_NEW);
	assert_int_equal(now == NULL, state == ELEMENT_GONE);
	buf_format(context, "%c%llu ", mark[state], (unsigned long long)load_unsigned(key, 4));
	if (before)
		buf_format(context, "(%llu) ", (unsigned long long)load_unsigned(before, 8));
}

static void test_snapshot_compare_tells_changes_in_order(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 1000, 0);
	struct snapshot before = { 0 }, now = { 0 };
	struct buf out = { 0 };
	uint32_t key = 256;

	(void)state;
	put(&map, 256, 1); /* by its bytes it would be before 2 */
	put(&map, 2, 2);
	put(&map, 300, 3);
	assert_int_equal(snapshot_take(&map, &before, NULL), 0);
	snapshot_compare(&before, &before, note, &out);
	assert_string_equal(buf_string(&out), "=2 (2) =256 (1) =300 (3) ");
	buf_clear(&out);
	assert_int_equal(bpf_map_delete_elem(map.fd, &key), 0);
	put(&map, 2, 7);
	put(&map, 1, 1);
	put(&map, 400, 4);
	assert_int_equal(snapshot_take(&map, &now, NULL), 0);
	snapshot_compare(&before, &now, note, &out);
	assert_string_equal(buf_string(&out), "+1 ~2 (2) -256 (1) =300 (3) +400 ");
	buf_clear(&out);
	snapshot_compare(&now, &before, note, &out);
	assert_string_equal(buf_string(&out), "-1 (1) ~2 (7) +256 =300 (3) -400 (4) ");
	snapshot_free(&before);
	snapshot_free(&now);
	snapshot_free(&now);
	buf_free(&out);
	map_close(&map);
}

static void test_snapshot_of_many_is_sorted_and_whole(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 20000, 0);
	struct snapshot now;

	(void)state;
	assert_int_equal(snapshot_take(&map, &now, NULL), 0);
	assert_int_equal(now.count, 0);
	snapshot_free(&now);
	for (uint32_t i = 0; i < 20000; i++)
		put(&map, i * 7919u % 20011u, i);
	assert_int_equal(snapshot_take(&map, &now, NULL), 0);
	assert_int_equal(now.count, 20000);
	for (uint64_t i = 1; i < now.count; i++) {
		const char *at = now.data + i * now.element;

		assert_true(load_unsigned(at - now.element, 4) < load_unsigned(at, 4));
	}
	snapshot_free(&now);
	map_close(&map);
}

static void test_snapshot_that_cannot_be_taken_is_empty(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0);
	struct snapshot now;
	struct err err = { 0 };

	(void)state;
	assert_true(snapshot_take(&map, &now, &err) < 0);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_null(now.data);
	snapshot_free(&now);
	map_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot_compare_tells_changes_in_order),
		cmocka_unit_test(test_snapshot_of_many_is_sorted_and_whole),
		cmocka_unit_test(test_snapshot_that_cannot_be_taken_is_empty),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
