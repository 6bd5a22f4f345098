/* SPDX-License-Identifier: GPL-2.0-only */
#include "walk.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"

#define BLOCK_BYTES (1u << 20)
#define MOST_BLOCK  4096u
#define MOST_SPARE  1024u /* an LRU map may hold a few more than it says */

#ifndef ENOTSUPP
#define ENOTSUPP 524 /* the kernel's own, which leaks out of bpf() */
#endif

struct walk {
	const struct map *map;
	enum walk_mode mode;
	walk_fn each;
	void *context;
	struct err *err;
	uint32_t room; /* elements in keys and values */
	void *keys, *values;
	uint64_t seen, most;
	void *place; /* where to go on: a key, or a number of the kernel's */
	void *from;  /* the same, or NULL at the beginning */
};

static int make_room(struct walk *walk, uint32_t elements)
{
	size_t keys = walk->map->key_size, values = map_room(walk->map);

	free(walk->keys);
	free(walk->values);
	walk->room = elements;
	walk->keys = calloc(elements, keys ? keys : 1);
	walk->values = calloc(elements, values ? values : 1);
	return walk->keys && walk->values ? 0 : -ENOMEM;
}

static size_t place_size(const struct map *map)
{
	return map->key_size > 8 ? map->key_size : 8;
}

static int start(struct walk *walk)
{
	size_t element = walk->map->key_size + map_room(walk->map);
	uint32_t block = (uint32_t)(BLOCK_BYTES / (element ? element : 1));

	block = block > MOST_BLOCK ? MOST_BLOCK : block;
	/* no element is ever seen twice but where the walk restarts */
	walk->most = 2 * ((uint64_t)walk->map->max_entries + MOST_SPARE);
	walk->place = calloc(1, place_size(walk->map));
	return walk->place ? make_room(walk, block ? block : 1) : -ENOMEM;
}

static int failed(const struct walk *walk, int ret)
{
	if (ret == -EPERM || ret == -EACCES) /* it may be frozen */
		return edit_failed(walk->map, EDIT_TAKE, NULL, ret, walk->err);
	return err_set(walk->err, err_code_of(-ret), -ret, walk->map->object, "cannot %s it: %s",
		       walk->mode == WALK_DRAIN ? "drain" : "read", strerror(-ret));
}

static int too_fast(const struct walk *walk)
{
	return err_set(walk->err, ERR_CONFLICT, EAGAIN, walk->map->object,
		       "it changes faster than it can be read");
}

static int hand_on(struct walk *walk, uint32_t count)
{
	walk->seen += count;
	if (count) {
		int ret = walk->each(walk->context, walk->keys, walk->values, count, walk->err);

		if (ret)
			return ret;
	}
	if (walk->seen <= walk->most || walk->mode == WALK_DRAIN)
		return 0;
	return too_fast(walk);
}

bool errno_says_unsupported(int errnum)
{
	return errnum == ENOTSUPP || errnum == EOPNOTSUPP || errnum == ENOSYS;
}

/* Before 6.14 an element that is not there ends a batch: kernel/bpf/syscall.c
 * generic_map_lookup_batch(). What came before it has been read. */
static bool ends_early(const struct walk *walk, int error)
{
	return error == -EINTR && walk->mode == WALK_READ;
}

/* Returns 1 if the kernel has no such operation for this map, from walk->from on. */
static int walk_batches(struct walk *walk)
{
	const struct map *map = walk->map;
	void *next = calloc(1, place_size(map));
	bool first = true, last = false;
	int ret = next ? 0 : failed(walk, -ENOMEM);

	while (!ret && !last) {
		uint32_t count = walk->room;
		int error;

		if (walk->mode == WALK_DRAIN)
			error = bpf_map_lookup_and_delete_batch(
				map->fd, walk->from, next, walk->keys, walk->values, &count, NULL);
		else
			error = bpf_map_lookup_batch(map->fd, walk->from, next, walk->keys,
						     walk->values, &count, NULL);
		if (error == -ENOSPC) { /* more elements in one bucket: nothing was read */
			ret = make_room(walk, walk->room * 2) ? failed(walk, -ENOMEM) : 0;
			continue;
		}
		last = error == -ENOENT;
		if (error && !last && !ends_early(walk, error)) {
			/* EINVAL: before 5.6, or a type that came to have it later */
			if (first && (errno_says_unsupported(-error) || error == -EINVAL))
				ret = 1;
			else
				ret = failed(walk, error);
			break;
		}
		first = false;
		ret = hand_on(walk, count);
		if (count)
			walk->from = memcpy(walk->place, next, place_size(map));
		if (!ret && ends_early(walk, error)) {
			ret = 1;
			break;
		}
	}
	free(next);
	return ret;
}

/* The key behind the one at walk->keys, which is NULL in the beginning. */
static int next_key(const struct walk *walk, const void *key, void *next)
{
	int ret = bpf_map_get_next_key(walk->map->fd, key, next);

	return ret ? -errno : 0;
}

/* -ENOENT: it has gone since its key was read */
static int fetch(const struct walk *walk, const void *key, void *values)
{
	if (walk->mode == WALK_READ)
		return bpf_map_lookup_elem(walk->map->fd, key, values) ? -errno : 0;
	return bpf_map_lookup_and_delete_elem(walk->map->fd, key, values) ? -errno : 0;
}

static int keys_failed(const struct walk *walk, int ret)
{
	if (walk->mode == WALK_DRAIN && (errno_says_unsupported(-ret) || ret == -EINVAL))
		return edit_refuse(walk->map, "drain it",
				   "the kernel cannot read and delete its elements in one step",
				   walk->err);
	return edit_failed(walk->map, EDIT_GET, NULL, ret, walk->err);
}

/* Key by key, in blocks all the same. The next key is asked for before an element is handed on, so
 * that a walk which deletes goes on where it was. Where a key has gone meanwhile the kernel begins
 * anew: the number of steps ends that. */
static int walk_keys(struct walk *walk)
{
	const struct map *map = walk->map;
	char *key = calloc(2, map->key_size ? map->key_size : 1), *next;
	uint64_t steps = 0;
	uint32_t n = 0;
	int ret;

	if (!key)
		return failed(walk, -ENOMEM);
	next = key + map->key_size;
	ret = next_key(walk, walk->from, key);
	while (!ret) {
		int more = next_key(walk, key, next);

		memcpy((char *)walk->keys + (size_t)n * map->key_size, key, map->key_size);
		ret = fetch(walk, key, (char *)walk->values + n * map_room(map));
		n += ret == 0;
		/* of an array of programs or ports, a slot may be empty */
		if (!ret || ret == -ENOENT)
			ret = steps++ > walk->most ? -ENOENT : more;
		memcpy(key, next, map->key_size);
		if (n == walk->room || (ret && n)) {
			int stop = hand_on(walk, n);

			n = 0;
			if (stop) {
				free(key);
				return stop;
			}
		}
	}
	free(key);
	if (steps > walk->most && walk->mode == WALK_READ)
		return too_fast(walk);
	return ret == -ENOENT ? 0 : keys_failed(walk, ret);
}

int map_walk(const struct map *map, enum walk_mode mode, walk_fn each, void *context,
	     struct err *err)
{
	struct walk walk = {
		.map = map, .mode = mode, .each = each, .context = context, .err = err
	};
	const char *reason = map->kind->no_walk ?: map->kind->no_get;
	int ret;

	if (reason) {
		edit_refuse(map, "list its elements", reason, err);
		return map->type == BPF_MAP_TYPE_QUEUE || map->type == BPF_MAP_TYPE_STACK
			       ? err_hint(err, "peek shows the next value, drain takes out all")
		       : map_has_events(map) ? err_hint(err, "`xdpctl events` shows them")
					     : -EOPNOTSUPP;
	}
	if (mode == WALK_DRAIN && (map->kind->no_delete || map->kind->traits & KIND_FIXED))
		return edit_refuse(map, "drain it",
				   map->kind->no_delete ?: "elements of an array cannot go", err);
	ret = start(&walk) ? failed(&walk, -ENOMEM) : walk_batches(&walk);
	if (ret == 1)
		ret = walk_keys(&walk);
	free(walk.keys);
	free(walk.values);
	free(walk.place);
	return ret;
}

static int count_block(void *context, const void *keys, const void *values, uint32_t count,
		       struct err *err)
{
	(void)keys;
	(void)values;
	(void)err;
	*(int64_t *)context += count;
	return 0;
}

int64_t map_count(const struct map *map, struct err *err)
{
	int64_t count = 0;
	int ret = map_walk(map, WALK_READ, count_block, &count, err);

	return ret ? ret : count;
}
