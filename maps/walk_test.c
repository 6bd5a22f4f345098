/* SPDX-License-Identifier: GPL-2.0-only */
#include "walk.h"

#include <net/if.h>
#include <sched.h>

#include "edit.h"
#include "map_testing.h"

struct seen {
	const struct map *map;
	uint64_t count, sum, blocks;
	uint32_t last; /* the last key of the block before */
	int answer;
};

static int look(void *context, const void *keys, const void *values, uint32_t count,
		struct err *err)
{
	struct seen *seen = context;
	const char *value = values;

	(void)keys;
	(void)err;
	assert_true(count > 0);
	for (uint32_t i = 0; i < count; i++)
		seen->sum += load_unsigned(value + i * map_room(seen->map), 8);
	seen->count += count;
	seen->blocks++;
	return seen->answer;
}

static void fill(const struct map *map, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		put(map, i, i);
}

static void test_walk_reads_each_element_once(void **state)
{
	static const uint32_t counts[] = { 0, 1, 2, 4095, 4096, 4097, 10000 };
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH };
	struct err err = { 0 };

	(void)state;
	for (unsigned int type = 0; type < COUNT(types); type++) {
		for (unsigned int i = 0; i < COUNT(counts); i++) {
			uint64_t n = counts[i];
			struct map map = new_numbers(types[type], 20000, 0);
			struct seen seen = { .map = &map };

			fill(&map, counts[i]);
			assert_int_equal(map_walk(&map, WALK_READ, look, &seen, &err), 0);
			assert_int_equal(seen.count, n);
			assert_int_equal(seen.sum, n ? n * (n - 1) / 2 : 0);
			assert_int_equal(map_count(&map, &err), n);
			map_close(&map);
		}
	}
}

static void test_walk_drains_all(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 10000, 0);
	struct seen seen = { .map = &map };
	struct err err = { 0 };

	(void)state;
	fill(&map, 10000);
	assert_int_equal(map_walk(&map, WALK_DRAIN, look, &seen, &err), 0);
	assert_int_equal(seen.count, 10000);
	assert_int_equal(seen.sum, 10000 * 9999 / 2);
	assert_int_equal(map_count(&map, &err), 0);
	map_close(&map);
}

/* A bucket with more elements than the buffer has room for. Values of almost 1 MiB: one a time. */
static void test_walk_grows_for_a_full_bucket(void **state)
{
	const uint32_t size = 900000, count = 16;
	struct map map = new_map(BPF_MAP_TYPE_HASH, 4, size, count, BPF_F_NO_PREALLOC);
	struct err err = { 0 };

	(void)state;
	for (int drain = 0; drain < 2; drain++) {
		struct seen seen = { .map = &map };
		uint64_t *value = calloc(1, size);

		for (uint32_t i = 0; i < count; i++) {
			*value = i;
			assert_int_equal(bpf_map_update_elem(map.fd, &i, value, BPF_ANY), 0);
		}
		free(value);
		assert_int_equal(map_walk(&map, drain ? WALK_DRAIN : WALK_READ, look, &seen, &err),
				 0);
		assert_int_equal(seen.count, count);
		assert_int_equal(seen.sum, count * (count - 1) / 2);
		assert_true(seen.blocks > 1);
	}
	assert_int_equal(map_count(&map, &err), 0);
	map_close(&map);
}

/* What the callback returns ends the walk, by batches and key by key. */
static void test_walk_ends_with_the_callback(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 10000, 0);
	struct seen seen = { .map = &map, .answer = -ECANCELED };
	struct err err = { 0 };

	(void)state;
	fill(&map, 10000);
	assert_int_equal(map_walk(&map, WALK_READ, look, &seen, &err), -ECANCELED);
	assert_int_equal(seen.blocks, 1);
	map_close(&map);
}

/* Takes the last key of each block away, and puts the one before it back: the kernel cannot find
 * where the walk was, and begins anew. */
static int displace(void *context, const void *keys, const void *values, uint32_t count,
		    struct err *err)
{
	struct seen *seen = context;
	const char *last = (const char *)keys + (size_t)(count - 1) * seen->map->key_size;
	uint32_t ifindex = 1;

	(void)values;
	(void)err;
	if (seen->blocks++)
		assert_int_equal(bpf_map_update_elem(seen->map->fd, &seen->last, &ifindex, BPF_ANY),
				 0);
	memcpy(&seen->last, last, 4);
	assert_int_equal(bpf_map_delete_elem(seen->map->fd, last), 0);
	seen->count += count;
	return 0;
}

/* A type without batches, whose keys the kernel loses: a walk key by key asks for the next key
 * before the callback runs, so it goes on. */
static void test_walk_by_keys_survives_deletion(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 8192, 0);
	struct seen seen = { .map = &map };
	struct err err = { 0 };
	uint32_t ifindex = 1, key;
	uint64_t done;

	(void)state;
	for (key = 0; key < 8192; key++)
		assert_int_equal(bpf_map_update_elem(map.fd, &key, &ifindex, BPF_ANY), 0);
	assert_int_equal(map_walk(&map, WALK_READ, displace, &seen, &err), 0);
	assert_int_equal(seen.count, 8192);
	assert_int_equal(edit_clear(&map, &done, &err), 0);
	assert_int_equal(done, 8191);
	assert_int_equal(map_count(&map, &err), 0);
	map_close(&map);
}

static int displace_prefix(void *context, const void *keys, const void *values, uint32_t count,
			   struct err *err)
{
	struct seen *seen = context;
	static char before[8];
	const char *last = (const char *)keys + (size_t)(count - 1) * 8;
	uint64_t value = 0;

	(void)values;
	(void)err;
	if (seen->blocks++)
		bpf_map_update_elem(seen->map->fd, before, &value, BPF_ANY);
	memcpy(before, last, 8);
	bpf_map_delete_elem(seen->map->fd, last);
	seen->count += count;
	return 0;
}

/* A trie begins anew when the key is gone from which a batch goes on: that must not be for ever. */
static void test_walk_that_restarts_ends(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 6000, BPF_F_NO_PREALLOC);
	struct seen seen = { .map = &map };
	struct err err = { 0 };
	int ret;

	(void)state;
	for (uint32_t i = 0; i < 6000; i++) {
		uint32_t key[2] = { 32, i };
		uint64_t value = i;

		assert_int_equal(bpf_map_update_elem(map.fd, key, &value, BPF_ANY), 0);
	}
	ret = map_walk(&map, WALK_READ, displace_prefix, &seen, &err);
	if (ret) { /* else this kernel goes on behind the key */
		assert_int_equal(ret, -EAGAIN);
		assert_int_equal(err.code, ERR_CONFLICT);
	}
	assert_true(seen.count <= 2 * (6000 + 1024) + 4096);
	map_close(&map);
}

static void test_walk_refuses_what_has_no_elements(void **state)
{
	static const struct {
		enum bpf_map_type type;
		uint32_t key, value, entries;
		enum walk_mode mode;
	} cases[] = {
		{ BPF_MAP_TYPE_QUEUE, 0, 4, 4, WALK_READ },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, WALK_READ },
		{ BPF_MAP_TYPE_XSKMAP, 4, 4, 4, WALK_READ },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, WALK_READ },
		{ BPF_MAP_TYPE_ARRAY, 4, 4, 4, WALK_DRAIN },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		struct map map =
			new_map(cases[i].type, cases[i].key, cases[i].value, cases[i].entries, 0);
		struct seen seen = { .map = &map };
		struct err err = { 0 };

		assert_true(map_walk(&map, cases[i].mode, look, &seen, &err) < 0);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		assert_int_equal(seen.count, 0);
		map_close(&map);
	}
}

/* In a network namespace of its own: a devmap takes lo, which is this namespace's. */
static int own_namespace(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk_reads_each_element_once),
		cmocka_unit_test(test_walk_drains_all),
		cmocka_unit_test(test_walk_grows_for_a_full_bucket),
		cmocka_unit_test(test_walk_ends_with_the_callback),
		cmocka_unit_test(test_walk_by_keys_survives_deletion),
		cmocka_unit_test(test_walk_that_restarts_ends),
		cmocka_unit_test(test_walk_refuses_what_has_no_elements),
	};

	return cmocka_run_group_tests_name("walk", tests, own_namespace, NULL);
}
