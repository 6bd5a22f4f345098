/* SPDX-License-Identifier: GPL-2.0-only */
#include "edit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "ref.h"
#include "walk.h"

#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

static const char *const edit_words[EDITS] = {
	[EDIT_GET] = "read",  [EDIT_SET] = "write", [EDIT_DELETE] = "delete",
	[EDIT_TAKE] = "take", [EDIT_PUSH] = "push",
};

int edit_refuse(const struct map *map, const char *what, const char *reason, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, map->object,
		       "a map of type %s: cannot %s: %s", map->kind->name, what, reason);
}

int edit_check(const struct map *map, enum edit edit, struct err *err)
{
	bool deletes = edit == EDIT_DELETE || edit == EDIT_TAKE;
	const char *reason = edit == EDIT_SET || edit == EDIT_PUSH ? map->kind->no_set
			     : edit != EDIT_DELETE		   ? map->kind->no_get
								   : NULL;
	char what[32];

	if (!reason && deletes)
		reason = map->kind->no_delete;
	if (!reason && deletes && map->kind->traits & KIND_FIXED)
		reason = "all of them are there from the beginning; set it to zero";
	if (!reason)
		return 0;
	snprintf(what, sizeof(what), "%s %s", edit_words[edit],
		 map->key ? "an element" : "a value");
	return edit_refuse(map, what, reason, err);
}

static int no_element(const struct map *map, const char *object, const void *key, struct err *err)
{
	uint64_t index = key && map->key_size == 4 ? load_unsigned(key, 4) : 0;

	if (map->kind->traits & KIND_INDEXED && index >= map->max_entries)
		return err_set(err, ERR_NOT_FOUND, ENOENT, object, "the map has %u entries",
			       map->max_entries);
	if (map->kind->traits & KIND_KEYLESS)
		return err_set(err, ERR_NOT_FOUND, ENOENT, map->object, "it is empty");
	return err_set(err, ERR_NOT_FOUND, ENOENT, object, "not in the map");
}

static int is_full(const struct map *map, const char *object, struct err *err)
{
	int64_t count = map->kind->traits & KIND_KEYLESS ? map->max_entries : map_count(map, NULL);

	if (count < 0)
		return err_set(err, ERR_FAILED, E2BIG, object, "the map is full: %u entries",
			       map->max_entries);
	return err_set(err, ERR_FAILED, E2BIG, object, "the map is full: %lld of %u",
		       (long long)count, map->max_entries);
}

/* The kernel says EPERM for a map that is frozen or read-only as well as for missing rights. */
static int not_permitted(const struct map *map, const char *object, int ret, struct err *err)
{
	if (map_is_frozen(map))
		return err_set(err, ERR_UNSUPPORTED, EPERM, object,
			       "the map is frozen: user space cannot write it any more");
	if (map->flags & BPF_F_RDONLY)
		return err_set(err, ERR_UNSUPPORTED, EPERM, object,
			       "the map is read-only for user space");
	if (map->flags & BPF_F_WRONLY)
		return err_set(err, ERR_UNSUPPORTED, EPERM, object,
			       "the map is write-only for user space");
	return err_set(err, ERR_PERMISSION, -ret, object, "not permitted");
}

static int set_failed(const struct map *map, const char *object, const void *key, int ret,
		      struct err *err)
{
	switch (-ret) {
	case EEXIST:
		return err_set(err, ERR_CONFLICT, EEXIST, object, "is in the map already");
	case E2BIG:
	case ENOSPC:
		if (map->kind->traits & KIND_INDEXED)
			return no_element(map, object, key, err);
		return is_full(map, object, err);
	case EOVERFLOW:
		if (map->type == BPF_MAP_TYPE_CPUMAP)
			return err_set(err, ERR_USAGE, EOVERFLOW, object,
				       "a queue has 1 to 16384 places");
		break;
	case ENODEV:
		if (map->type == BPF_MAP_TYPE_CPUMAP)
			return err_set(err, ERR_NOT_FOUND, ENODEV, object, "there is no such CPU");
		break;
	case ENOMEM: /* kernel/bpf/cpumap.c says so for both */
		if (map->type == BPF_MAP_TYPE_CPUMAP)
			return err_set(err, ERR_FAILED, ENOMEM, object,
				       "out of memory, or no program for a cpumap");
		break;
	case EBUSY:
		return err_set(err, ERR_CONFLICT, EBUSY, object,
			       "its bucket or lock is busy: try again");
	case EINVAL:
		if (map->kind->traits & KIND_HANDLE)
			return err_set(err, ERR_USAGE, EINVAL, object,
				       "the kernel does not take that object here");
		if (map->kind->traits & KIND_REFERS)
			return err_set(err, ERR_FAILED, EINVAL, object,
				       "the kernel takes no such value here (another type of "
				       "program or map, or no such interface)");
		break;
	}
	return err_set(err, err_code_of(-ret), -ret, object, "cannot write it: %s",
		       -ret == ENOTSUPP ? "not supported" : strerror(-ret));
}

int edit_failed(const struct map *map, enum edit edit, const void *key, int ret, struct err *err)
{
	char object[128] = "";

	if (!ret)
		return 0;
	if (key)
		entry_key_text(map, key, NULL, object);
	else
		snprintf(object, sizeof(object), "%s", map->object);
	if (ret == -ENOENT)
		return no_element(map, object, key, err);
	if (ret == -EPERM || ret == -EACCES)
		return not_permitted(map, object, ret, err);
	if (ret == -EINVAL && map->type == BPF_MAP_TYPE_LPM_TRIE)
		return err_set(err, ERR_USAGE, EINVAL, object,
			       "a prefix of this map has up to %u bits", (map->key_size - 4) * 8);
	if ((ret == -EBADF || ret == -ENOTSOCK) && map->kind->traits & KIND_HANDLE)
		return err_set(err, ERR_USAGE, -ret, object,
			       "that is no object of the kind that this map has");
	if (errno_says_unsupported(-ret) ||
	    (ret == -EINVAL && edit != EDIT_SET && edit != EDIT_PUSH)) {
		char what[32];

		snprintf(what, sizeof(what), "%s an element", edit_words[edit]);
		return edit_refuse(map, what, "the kernel has no such operation for it", err);
	}
	if (ret == -ENOSPC && edit == EDIT_GET && map->kind->traits & KIND_HANDLE)
		return edit_refuse(map, "read an element",
				   "its values have 4 bytes, the kernel hands out sockets as 8",
				   err);
	if (ret == -E2BIG && edit == EDIT_PUSH)
		return is_full(map, object, err);
	if (edit == EDIT_SET || edit == EDIT_PUSH)
		return set_failed(map, object, key, ret, err);
	if (ret == -E2BIG)
		return no_element(map, object, key, err);
	return err_set(err, err_code_of(-ret), -ret, object, "cannot %s it: %s", edit_words[edit],
		       strerror(-ret));
}

static int refuse_keyless(const struct map *map, struct err *err)
{
	err_set(err, ERR_USAGE, EINVAL, map->object, "a map of type %s has no keys",
		map->kind->name);
	return err_hint(err, map_has_events(map) ? "`xdpctl events` shows its events"
						 : "use push, pop and peek");
}

int edit_get(const struct map *map, const void *key, void *values, struct err *err)
{
	int ret = edit_check(map, EDIT_GET, err);

	if (ret)
		return ret;
	if (!map->key)
		return refuse_keyless(map, err);
	return edit_failed(map, EDIT_GET, key,
			   bpf_map_lookup_elem(map->fd, key, values) ? -errno : 0, err);
}

/* kernel/bpf/lpm_trie.c trie_get_next_key(): behind a key that is not there comes the first of all,
 * behind one that is there never. */
static bool is_in_trie(const struct map *map, const void *key)
{
	char first[512], behind[512];

	if (map->key_size > sizeof(first) || bpf_map_get_next_key(map->fd, NULL, first))
		return false;
	return bpf_map_get_next_key(map->fd, key, behind) ||
	       memcmp(first, behind, map->key_size) != 0;
}

int edit_get_exact(const struct map *map, const void *key, void *values, struct err *err)
{
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && !is_in_trie(map, key))
		return edit_failed(map, EDIT_GET, key, -ENOENT, err);
	return edit_get(map, key, values, err);
}

/* Before 6.13 a trie takes flags and does not look at them. */
static int check_trie(const struct map *map, const void *key, uint64_t flags)
{
	if (map->type != BPF_MAP_TYPE_LPM_TRIE || !(flags & (BPF_NOEXIST | BPF_EXIST)))
		return 0;
	if (is_in_trie(map, key))
		return flags & BPF_NOEXIST ? -EEXIST : 0;
	return flags & BPF_EXIST ? -ENOENT : 0;
}

/* Where the kernel wants a descriptor, the value has an id: write it with one. *fd is to close. */
static int refer(const struct map *map, void *values, int *fd, struct err *err)
{
	uint32_t id, at = map->kind->refers_at;

	*fd = -1;
	if (!(map->kind->traits & KIND_REFERS) || at + 4 > map->value_size)
		return 0;
	id = (uint32_t)load_unsigned((char *)values + at, 4);
	if (!id && at) /* a port or CPU without a program */
		return 0;
	if (!id)
		return err_set(err, ERR_USAGE, EINVAL, "value", "id 0 is no %s",
			       map->kind->refers == REF_MAP ? "map" : "program");
	*fd = ref_open_id(map->kind->refers, id, err);
	if (*fd < 0)
		return *fd;
	store_number((char *)values + at, 4, (uint32_t)*fd);
	return 0;
}

/* kernel/bpf/cpumap.c cpu_map_update_elem(): 0 deletes the queue */
int edit_check_value(const struct map *map, const void *values, struct err *err)
{
	uint32_t qsize;

	if (map->type != BPF_MAP_TYPE_CPUMAP)
		return 0;
	qsize = (uint32_t)load_unsigned(values, 4);
	if (qsize >= 1 && qsize <= 16384)
		return 0;
	err_set(err, ERR_USAGE, ERANGE, "value.qsize", "%u: a queue has 1 to 16384 places", qsize);
	return qsize ? -ERANGE : err_hint(err, "`xdpctl map del` takes a queue away");
}

int edit_set(const struct map *map, const void *key, const void *values, uint64_t flags,
	     struct err *err)
{
	char copy[16];
	const void *value = values;
	int fd = -1, ret;

	ret = edit_check(map, EDIT_SET, err);
	if (ret)
		return ret;
	if (!map->key)
		return refuse_keyless(map, err);
	ret = edit_check_value(map, values, err);
	if (ret)
		return ret;
	if (map->kind->traits & KIND_REFERS && map->value_size <= sizeof(copy)) {
		memcpy(copy, values, map->value_size);
		ret = refer(map, copy, &fd, err);
		if (ret)
			return ret;
		value = copy;
	}
	ret = check_trie(map, key, flags);
	if (!ret && bpf_map_update_elem(map->fd, key, value, flags))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	return edit_failed(map, EDIT_SET, key, ret, err);
}

/* The kernel deletes from a devmap or cpumap what is not there, too: kernel/bpf/devmap.c. */
static bool is_empty_slot(const struct map *map, const void *key)
{
	char value[16];

	return map->kind->traits & KIND_INDEXED && map->kind->traits & KIND_REFERS &&
	       map->value_size <= sizeof(value) && bpf_map_lookup_elem(map->fd, key, value) &&
	       errno == ENOENT;
}

int edit_delete(const struct map *map, const void *key, struct err *err)
{
	int ret = edit_check(map, EDIT_DELETE, err);

	if (ret)
		return ret;
	if (!map->key)
		return refuse_keyless(map, err);
	ret = is_empty_slot(map, key) ? -ENOENT : bpf_map_delete_elem(map->fd, key) ? -errno : 0;
	/* of a sockmap: net/core/sock_map.c */
	if (ret == -EINVAL && map->type == BPF_MAP_TYPE_SOCKMAP)
		ret = -ENOENT;
	return edit_failed(map, EDIT_DELETE, key, ret, err);
}

int edit_take(const struct map *map, const void *key, void *values, struct err *err)
{
	int ret = edit_check(map, EDIT_TAKE, err);

	if (ret)
		return ret;
	return edit_failed(map, EDIT_TAKE, key,
			   bpf_map_lookup_and_delete_elem(map->fd, key, values) ? -errno : 0, err);
}

static int needs_queue(const struct map *map, struct err *err)
{
	if (map->kind->traits & KIND_KEYLESS)
		return 0;
	err_set(err, ERR_USAGE, EINVAL, map->object, "a map of type %s has keys", map->kind->name);
	return err_hint(err, "use get, set and del");
}

int edit_peek(const struct map *map, void *value, struct err *err)
{
	int ret = needs_queue(map, err);

	if (ret)
		return ret;
	ret = edit_check(map, EDIT_GET, err);
	if (ret)
		return ret;
	ret = bpf_map_lookup_elem(map->fd, NULL, value) ? -errno : 0;
	if (ret == -ENOENT && map->type == BPF_MAP_TYPE_BLOOM_FILTER)
		return err_set(err, ERR_NOT_FOUND, ENOENT, map->object, "the value is not in it");
	return edit_failed(map, EDIT_GET, NULL, ret, err);
}

int edit_push(const struct map *map, const void *value, uint64_t flags, struct err *err)
{
	int ret = needs_queue(map, err);

	if (ret)
		return ret;
	ret = edit_check(map, EDIT_PUSH, err);
	if (ret)
		return ret;
	return edit_failed(map, EDIT_PUSH, NULL,
			   bpf_map_update_elem(map->fd, NULL, value, flags) ? -errno : 0, err);
}
