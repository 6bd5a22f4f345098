/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "walk.h"

static bool no_batches(int ret)
{
	/* EINVAL: before 5.6, or a type that came to have it later */
	return errno_says_unsupported(-ret) || ret == -EINVAL;
}

static int set_each(const struct map *map, const char *keys, const char *values, uint32_t count,
		    uint32_t *done, struct err *err)
{
	for (*done = 0; *done < count; (*done)++) {
		int ret = edit_set(map, keys + (size_t)*done * map->key_size,
				   values + *done * map_room(map), BPF_ANY, err);

		if (ret)
			return ret;
	}
	return 0;
}

int edit_set_many(const struct map *map, const void *keys, const void *values, uint32_t count,
		  uint32_t *done, struct err *err)
{
	const char *key = keys;
	int ret;

	if (map->kind->no_set || !map->key || !(map->kind->traits & KIND_TABLE))
		return set_each(map, keys, values, count, done, err);
	*done = count;
	ret = bpf_map_update_batch(map->fd, keys, values, done, NULL);
	if (!ret)
		return 0;
	if (no_batches(ret))
		return set_each(map, keys, values, count, done, err);
	if (*done >= count) /* it was refused before it began */
		*done = 0;
	return edit_failed(map, EDIT_SET, key + (size_t)*done * map->key_size, ret, err);
}

/* What has gone meanwhile is as good as deleted. */
static int delete_each(const struct map *map, const char *keys, uint32_t count, uint32_t *done,
		       struct err *err)
{
	struct err local;

	for (*done = 0; *done < count; (*done)++) {
		int ret = edit_delete(map, keys + (size_t)*done * map->key_size, err ?: &local);

		if (ret && ret != -ENOENT)
			return ret;
	}
	if (err)
		*err = (struct err){ 0 };
	return 0;
}

int edit_delete_many(const struct map *map, const void *keys, uint32_t count, uint32_t *done,
		     struct err *err)
{
	uint32_t gone;
	int ret;

	if (!(map->kind->traits & KIND_TABLE) || map->kind->traits & KIND_FIXED)
		return delete_each(map, keys, count, done, err);
	*done = count;
	ret = bpf_map_delete_batch(map->fd, keys, done, NULL);
	if (!ret)
		return 0;
	if (no_batches(ret) || *done >= count)
		*done = 0;
	if (!no_batches(ret) && ret != -ENOENT)
		return edit_failed(map, EDIT_DELETE, NULL, ret, err);
	/* the first one that had gone ended the batch */
	gone = *done;
	ret = delete_each(map, (const char *)keys + (size_t)gone * map->key_size, count - gone,
			  done, err);
	*done += gone;
	return ret;
}

struct clearing {
	const struct map *map;
	uint64_t done;
};

static int clear_block(void *context, const void *keys, const void *values, uint32_t count,
		       struct err *err)
{
	struct clearing *clearing = context;
	uint32_t gone;
	int ret = edit_delete_many(clearing->map, keys, count, &gone, err);

	(void)values;
	clearing->done += ret ? gone : count;
	return ret;
}

static int clear_queue(const struct map *map, uint64_t *done, struct err *err)
{
	void *value = calloc(1, map_room(map));
	int ret = value ? 0 : err_set(err, ERR_FAILED, ENOMEM, map->object, "out of memory");
	struct err end = { 0 };

	while (!ret && *done < map->max_entries) {
		ret = edit_take(map, NULL, value, &end);
		*done += ret == 0;
	}
	free(value);
	if (ret == -ENOENT)
		return 0;
	if (end.code && err)
		*err = end;
	return ret;
}

static int clear_array(const struct map *map, uint64_t *done, struct err *err)
{
	void *zero = calloc(1, map_room(map));
	int ret = zero ? 0 : err_set(err, ERR_FAILED, ENOMEM, map->object, "out of memory");
	uint32_t key;

	for (key = 0; key < map->max_entries && !ret; key++) {
		ret = edit_set(map, &key, zero, BPF_ANY, err);
		*done += ret == 0;
	}
	free(zero);
	return ret;
}

int edit_clear(const struct map *map, uint64_t *done, struct err *err)
{
	struct clearing clearing = { .map = map };
	int ret;

	*done = 0;
	if (map->kind->traits & KIND_FIXED && map->kind->traits & KIND_INDEXED)
		return clear_array(map, done, err);
	if (map->kind->no_delete)
		return edit_refuse(map, "clear it", map->kind->no_delete, err);
	if (map->kind->traits & KIND_KEYLESS)
		return clear_queue(map, done, err);
	ret = map_walk(map, WALK_READ, clear_block, &clearing, err);
	*done = clearing.done;
	return ret;
}
