/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "walk.h"

static int take_block(void *context, const void *keys, const void *values, uint32_t count,
		      struct err *err)
{
	struct snapshot *snapshot = context;
	size_t key = snapshot->map->key_size, room = map_room(snapshot->map);

	if (snapshot->count + count > snapshot->room) {
		uint64_t more = 2 * (snapshot->count + count);
		char *data = realloc(snapshot->data, more * snapshot->element);

		if (!data)
			return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
		snapshot->data = data;
		snapshot->room = more;
	}
	for (uint32_t i = 0; i < count; i++) {
		char *to = snapshot->data + snapshot->count++ * snapshot->element;

		memcpy(to, (const char *)keys + i * key, key);
		memcpy(to + key, (const char *)values + i * room, room);
	}
	return 0;
}

/* Numbers in their order, everything else by its bytes. */
static int by_key(const void *a, const void *b, void *context)
{
	const struct map *map = context;
	uint64_t x, y;

	if (map->key->kind != TYPE_UNSIGNED || map->key_size > 8)
		return memcmp(a, b, map->key_size);
	x = load_unsigned(a, map->key_size);
	y = load_unsigned(b, map->key_size);
	return (x > y) - (x < y);
}

int snapshot_take(const struct map *map, struct snapshot *out, struct err *err)
{
	int ret;

	*out = (struct snapshot){ .map = map, .element = map->key_size + map_room(map) };
	ret = map_walk(map, WALK_READ, take_block, out, err);
	if (ret)
		snapshot_free(out);
	else if (out->count)
		qsort_r(out->data, out->count, out->element, by_key, (void *)(uintptr_t)map);
	return ret;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->data);
	*snapshot = (struct snapshot){ 0 };
}

void snapshot_compare(const struct snapshot *before, const struct snapshot *now, snapshot_fn each,
		      void *context)
{
	size_t key = now->map->key_size, room = map_room(now->map);
	const char *a = before->data, *a_end = a + before->count * before->element;
	const char *b = now->data, *b_end = b + now->count * now->element;

	while (a < a_end || b < b_end) {
		int order = a == a_end	 ? 1
			    : b == b_end ? -1
					 : by_key(a, b, (void *)(uintptr_t)now->map);

		if (order < 0)
			each(context, ELEMENT_GONE, a, a + key, NULL);
		else if (order > 0)
			each(context, ELEMENT_NEW, b, NULL, b + key);
		else
			each(context,
			     memcmp(a + key, b + key, room) ? ELEMENT_CHANGED : ELEMENT_SAME, b,
			     a + key, b + key);
		a += order <= 0 ? before->element : 0;
		b += order >= 0 ? now->element : 0;
	}
}
