/* SPDX-License-Identifier: GPL-2.0-only */
#include "bulk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "entry.h"
#include "items.h"
#include "bulk_replace.h"
#include "spool.h"

static void tell(const struct bulk *bulk, const char *what, uint64_t done, uint64_t total)
{
	if (bulk->progress)
		bulk->progress(bulk->context, what, done, total);
}

/* The error is one of this line. */
static int at_line(const struct items *items, int ret, struct err *err)
{
	char place[40], message[sizeof(err->message)];

	if (!err)
		return ret;
	snprintf(message, sizeof(message), "%s%s%.800s", err->object, err->object[0] ? ": " : "",
		 err->message);
	memcpy(err->message, message, sizeof(message));
	snprintf(err->object, sizeof(err->object), "%s", items_place(items, place));
	err->code = ERR_USAGE;
	if (!err->hint[0])
		err_hint(err, "nothing was changed");
	return ret;
}

/* A key that the map cannot have is found before anything is written. */
static int check_key(const struct map *map, const void *key, struct err *err)
{
	uint64_t index;

	if (!(map->kind->traits & MAP_INDEXED) || map->key_size != 4)
		return 0;
	index = load_unsigned(key, 4);
	if (index < map->max_entries)
		return 0;
	return err_set(err, ERR_USAGE, ENOENT, NULL, "key %llu: the map has %u entries",
		       (unsigned long long)index, map->max_entries);
}

static int read_all(struct bulk *bulk, int fd, struct spool *spool, struct err *err)
{
	struct items items;
	const char *text;
	size_t length;
	int ret;

	items_start(&items, fd);
	while ((ret = items_next(&items, &text, &length, err)) > 0) {
		void *key = spool_key(spool);

		ret = entry_parse(bulk->map, text, length, key, spool_value(spool), bulk->env, err);
		ret = ret ?: check_key(bulk->map, key, err);
		if (ret) {
			ret = at_line(&items, ret, err);
			break;
		}
		ret = spool_add(spool, err);
		if (ret)
			break;
		if (spool->count % 65536 == 0)
			tell(bulk, "read", spool->count, 0);
	}
	items_stop(&items);
	bulk->read = spool->count;
	return ret ?: spool_finish(spool, err);
}

static int write_all(struct bulk *bulk, const struct spool *spool, struct err *err)
{
	uint64_t blocks = spool_blocks(spool);

	for (uint64_t i = 0; i < blocks; i++) {
		const char *keys, *values;
		uint32_t count = spool_read(spool, i, &keys, &values), done;
		int ret = edit_set_many(bulk->map, keys, values, count, &done, err);

		bulk->written += done;
		if (ret)
			return ret;
		tell(bulk, "written", bulk->written, spool->count);
	}
	return 0;
}

int bulk_load(struct bulk *bulk, int fd, struct err *err)
{
	const struct map *map = bulk->map;
	struct spool spool = { 0 };
	int ret;

	if (map->kind->no_set)
		return edit_refuse(map, "load elements", map->kind->no_set, err);
	if (!map->key)
		return err_set(err, ERR_USAGE, EINVAL, map->object, "a %s has no keys",
			       map->kind->name);
	ret = spool_start(&spool, map->key_size, map_room(map), err);
	ret = ret ?: read_all(bulk, fd, &spool, err);
	if (!ret && bulk->replace)
		ret = bulk_replace(bulk, &spool, err);
	else if (!ret)
		ret = write_all(bulk, &spool, err);
	spool_stop(&spool);
	return ret;
}
