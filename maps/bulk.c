/* SPDX-License-Identifier: GPL-2.0-only */
#include "bulk.h"

#include <errno.h>
#include <stdlib.h>

#include "bulk_part.h"
#include "edit.h"

static void tell(const struct bulk *bulk, const char *what, uint64_t done, uint64_t total)
{
	if (bulk->progress)
		bulk->progress(bulk->context, what, done, total);
}

static int write_batches(struct bulk *bulk, const struct spool *spool, struct err *err)
{
	uint64_t blocks = spool_blocks(spool);

	for (uint64_t i = 0; i < blocks; i++) {
		const char *keys, *values;
		uint32_t count = spool_read(spool, i, &keys, &values), done;
		int ret = edit_set_many(bulk->map, keys, values, count, &done, err);

		bulk->written += done;
		if (ret)
			return ret;
		tell(bulk, "elements written", bulk->written, bulk->read);
	}
	return 0;
}

static int write_all(struct bulk *bulk, const struct parts *parts, struct err *err)
{
	int ret = bulk->read < FILL_LEAST ? 1 : parts_fill(parts, bulk, err);

	if (ret != 1)
		return ret;
	ret = 0;
	for (unsigned int i = 0; i < parts->count && !ret; i++)
		ret = write_batches(bulk, &parts->part[i].spool, err);
	return ret;
}

int bulk_load(struct bulk *bulk, int fd, struct err *err)
{
	const struct map *map = bulk->map;
	struct parts parts = { 0 };
	int ret;

	if (map->kind->no_set)
		return edit_refuse(map, "load elements", map->kind->no_set, err);
	if (!map->key)
		return err_set(err, ERR_USAGE, EINVAL, map->object, "a map of type %s has no keys",
			       map->kind->name);
	if (bulk->replace && (map->kind->no_walk ?: map->kind->no_get))
		return edit_refuse(map, "list its elements",
				   map->kind->no_walk ?: map->kind->no_get, err);
	if (map_is_frozen(map))
		return edit_failed(map, EDIT_SET, NULL, -EPERM, err);
	ret = parts_read(&parts, bulk, fd, err);
	if (!ret && bulk->replace && !bulk->read && !bulk->may_empty) {
		err_set(err, ERR_USAGE, ENODATA, "input", "there are no elements in it");
		ret = err_hint(
			err, "nothing was changed; --force or `xdpctl map clear` empties the map");
	}
	ret = ret ?: parts_check_room(&parts, bulk, err);
	if (!ret && bulk->stop && bulk->stop(bulk->context))
		ret = err_set(err, ERR_FAILED, ECANCELED, map->object,
			      "ended by a signal; nothing was changed");
	if (!ret && bulk->replace)
		ret = parts_replace(&parts, bulk, err);
	else if (!ret)
		ret = write_all(bulk, &parts, err);
	parts_stop(&parts);
	/* "wrong usage" promises that nothing was changed */
	if (ret && err && bulk->written + bulk->deleted && err->code == ERR_USAGE)
		err->code = ERR_FAILED;
	return ret;
}
