/* SPDX-License-Identifier: GPL-2.0-only */
/* One element of a map: read, write, delete, with the kernel's reasons in plain words. */
#ifndef XDPCTL_EDIT_H
#define XDPCTL_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "map.h"
#include "notation.h"

enum edit { EDIT_GET, EDIT_SET, EDIT_DELETE, EDIT_TAKE, EDIT_PUSH, EDITS };

/* What an errno of the kernel means for such a step on that map: fills err and returns ret. key is
 * for the message and may be NULL. */
int edit_failed(const struct map *map, enum edit edit, const void *key, int ret, struct err *err);

/* ERR_UNSUPPORTED with a reason: "cannot WHAT: REASON". */
int edit_refuse(const struct map *map, const char *what, const char *reason, struct err *err);

/* The same before anything is read or parsed, if this type of map cannot have that step; else 0. */
int edit_check(const struct map *map, enum edit edit, struct err *err);

/* It is the kernel's way to say that it has no such operation. */
bool errno_says_unsupported(int errnum);

/* values is map_room() bytes, key map->key_size. -ENOENT (ERR_NOT_FOUND) if there is no such
 * element. */
int edit_get(const struct map *map, const void *key, void *values, struct err *err);

/* The same for this very key: in an LPM trie edit_get() finds the longest prefix that covers it. */
int edit_get_exact(const struct map *map, const void *key, void *values, struct err *err);

/* flags: BPF_ANY, BPF_NOEXIST (-EEXIST is ERR_CONFLICT) or BPF_EXIST. Ids of programs and maps in
 * the value become descriptors for the call. */
int edit_set(const struct map *map, const void *key, const void *values, uint64_t flags,
	     struct err *err);

/* A value that the kernel would refuse, or take for something else, whatever the key is. */
int edit_check_value(const struct map *map, const void *values, struct err *err);

int edit_delete(const struct map *map, const void *key, struct err *err);

/* Read and delete in one step. Of a queue or stack: take what is next (key NULL). */
int edit_take(const struct map *map, const void *key, void *values, struct err *err);

/* Of a queue or stack: what is next. Of a bloom filter: whether value may be in it (0), or is not
 * for sure (-ENOENT, ERR_NOT_FOUND). */
int edit_peek(const struct map *map, void *value, struct err *err);
int edit_push(const struct map *map, const void *value, uint64_t flags, struct err *err);

/* Write or delete many, in batches where the kernel has them; *done tells how many before an
 * error. */
int edit_set_many(const struct map *map, const void *keys, const void *values, uint32_t count,
		  uint32_t *done, struct err *err);
int edit_delete_many(const struct map *map, const void *keys, uint32_t count, uint32_t *done,
		     struct err *err);

/* Delete everything, or set all elements of an array to zero; *done is their number. */
int edit_clear(const struct map *map, uint64_t *done, struct err *err);

#endif
