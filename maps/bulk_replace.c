/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulk_part.h"
#include "edit.h"
#include "entry.h"
#include "walk.h"

/* The elements of the file by their keys: open addressing, a slot is the number of an element + 1.
 */
struct wanted {
	struct bulk *bulk;
	const struct parts *parts;
	uint64_t count, mask, distinct;
	uint64_t *slot;
	uint8_t *done; /* a bit for each element: the map has it already, or a later one counts */
	char *doomed;  /* keys that have to go, until they are many enough; and room for one more */
	uint32_t dooms;
};

#define DOOMS 4096

static size_t key_size(const struct wanted *w)
{
	return w->bulk->map->key_size;
}

/* The key and value of an element, and how many follow it in the same block. */
static const char *element(const struct wanted *w, uint64_t number, const char **value,
			   uint64_t *run)
{
	const struct part *part = w->parts->part;
	const char *keys, *values;
	uint64_t at;

	while (number >= part->spool.count)
		number -= part++->spool.count;
	at = number % part->spool.block;
	*run = spool_read(&part->spool, number / part->spool.block, &keys, &values) - at;
	*value = values + at * part->spool.value_size;
	return keys + at * part->spool.key_size;
}

/* The slot of a key: one that has it, or the free one where it belongs. */
static uint64_t *find(const struct wanted *w, const char *key)
{
	uint64_t at = key_hash(key, key_size(w)) & w->mask;
	const char *value;
	uint64_t run;

	while (w->slot[at] &&
	       memcmp(element(w, w->slot[at] - 1, &value, &run), key, key_size(w)) != 0)
		at = (at + 1) & w->mask;
	return &w->slot[at];
}

static void set_done(struct wanted *w, uint64_t number)
{
	w->done[number / 8] |= (uint8_t)(1u << number % 8);
}

static bool is_done(const struct wanted *w, uint64_t number)
{
	return w->done[number / 8] >> number % 8 & 1;
}

static int index_all(struct wanted *w, struct err *err)
{
	uint64_t slots = 16;

	while (slots < 2 * w->count)
		slots *= 2;
	w->mask = slots - 1;
	w->slot = calloc(slots, sizeof(*w->slot));
	w->done = calloc(w->count / 8 + 1, 1);
	w->doomed = calloc(DOOMS + 1, key_size(w) + 1);
	if (!w->slot || !w->done || !w->doomed)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory; nothing was changed");
	for (uint64_t i = 0; i < w->count; i++) {
		uint64_t run, *slot;
		const char *value, *key = element(w, i, &value, &run);

		slot = find(w, key);

		if (*slot)
			set_done(w, *slot - 1);
		else
			w->distinct++;
		*slot = i + 1;
	}
	return 0;
}

static int delete_doomed(struct wanted *w, struct err *err)
{
	const struct map *map = w->bulk->map;
	uint32_t done = 0;
	int ret = w->dooms ? edit_delete_many(map, w->doomed, w->dooms, &done, err) : 0;

	w->bulk->deleted += ret ? done : w->dooms;
	w->dooms = 0;
	return ret;
}

static bool is_zero(const char *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return size == 0;
}

/* What the file does not have goes; an element of an array becomes zero instead. */
static int doom(struct wanted *w, const char *key, const char *values, struct err *err)
{
	const struct map *map = w->bulk->map;
	int ret;

	if (map->kind->traits & KIND_FIXED) {
		char *zero;

		if (is_zero(values, map_room(map)))
			return 0;
		zero = calloc(1, map_room(map));
		ret = zero ? edit_set(map, key, zero, BPF_ANY, err) : -ENOMEM;
		free(zero);
		w->bulk->deleted += ret == 0;
		return ret;
	}
	memcpy(w->doomed + w->dooms++ * key_size(w), key, key_size(w));
	return w->dooms == DOOMS ? delete_doomed(w, err) : 0;
}

/* The key of the map as it would be in the file; valid until the next one. */
static const char *normal_key(struct wanted *w, const char *key)
{
	char *copy = w->doomed + DOOMS * key_size(w);

	if (w->bulk->map->type != BPF_MAP_TYPE_LPM_TRIE)
		return key;
	memcpy(copy, key, key_size(w));
	entry_normal_key(w->bulk->map, copy);
	return copy;
}

static int compare_block(void *context, const void *keys, const void *values, uint32_t count,
			 struct err *err)
{
	struct wanted *w = context;
	size_t room = map_room(w->bulk->map);

	for (uint32_t i = 0; i < count; i++) {
		const char *key = (const char *)keys + i * key_size(w);
		const char *have = (const char *)values + i * room, *want;
		uint64_t run, number = *find(w, normal_key(w, key));

		if (!number) {
			int ret = doom(w, key, have, err);

			if (ret)
				return ret;
			continue;
		}
		element(w, number - 1, &want, &run);
		if (!is_done(w, number - 1) && memcmp(have, want, room) == 0) {
			set_done(w, number - 1);
			w->bulk->unchanged++;
		}
	}
	return 0;
}

/* Runs of elements that are to be written, block by block. */
static int write_rest(struct wanted *w, struct err *err)
{
	for (uint64_t i = 0; i < w->count;) {
		const char *value, *key;
		uint64_t run, length = 1;
		uint32_t done;
		int ret;

		if (is_done(w, i)) {
			i++;
			continue;
		}
		key = element(w, i, &value, &run);
		while (length < run && !is_done(w, i + length))
			length++;
		ret = edit_set_many(w->bulk->map, key, value, (uint32_t)length, &done, err);
		w->bulk->written += done;
		if (ret)
			return ret;
		i += length;
	}
	return 0;
}

static int check_room(const struct wanted *w, struct err *err)
{
	const struct map *map = w->bulk->map;

	if (!map->max_entries || w->distinct <= map->max_entries)
		return 0;
	err_set(err, ERR_USAGE, E2BIG, map->object, "the file has %llu keys, the map room for %u",
		(unsigned long long)w->distinct, map->max_entries);
	return err_hint(err, "nothing was changed");
}

static void stop(struct wanted *w)
{
	free(w->slot);
	free(w->done);
	free(w->doomed);
}

int parts_check_room(const struct parts *parts, struct bulk *bulk, struct err *err)
{
	struct wanted w = { .bulk = bulk, .parts = parts, .count = bulk->read };
	int ret;

	/* a storage has room for whatever has its objects */
	if (!bulk->map->max_entries || bulk->read <= bulk->map->max_entries)
		return 0;
	ret = index_all(&w, err) ?: check_room(&w, err);
	stop(&w);
	return ret;
}

int parts_replace(const struct parts *parts, struct bulk *bulk, struct err *err)
{
	struct wanted w = { .bulk = bulk, .parts = parts, .count = bulk->read };
	int ret = index_all(&w, err);

	ret = ret ?: check_room(&w, err);
	ret = ret ?: map_walk(bulk->map, WALK_READ, compare_block, &w, err);
	ret = ret ?: delete_doomed(&w, err);
	ret = ret ?: write_rest(&w, err);
	stop(&w);
	return ret;
}
