/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps of the running kernel for unit tests. */
#ifndef XDPCTL_MAP_TESTING_H
#define XDPCTL_MAP_TESTING_H

#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "c_type.h"
#include "map.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The name has the process's number, so that tests side by side do not find each other's. */
static inline char *unit_name(char out[static BPF_OBJ_NAME_LEN], const char *suffix)
{
	snprintf(out, BPF_OBJ_NAME_LEN, "u%d%s", (int)getpid() % 1000000, suffix);
	return out;
}

static inline struct map new_map(enum bpf_map_type type, uint32_t key, uint32_t value,
				 uint32_t entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	char name[BPF_OBJ_NAME_LEN];
	int fd = bpf_map_create(type, unit_name(name, ""), key, value, entries, &opts);
	struct map map = { 0 };

	if (fd < 0)
		fail_msg("a map of type %d: %s", type, strerror(errno));
	assert_int_equal(map_open(fd, &map, NULL), 0);
	return map;
}

static inline void set_type(struct map *map, bool key, const char *text)
{
	struct type *type;
	struct err err = { 0 };

	if (ctype_parse(text, NULL, &type, &err) || map_retype(map, key, type, &err))
		fail_msg("%s: %s", text, err.message);
}

/* A map whose keys and values are numbers of four and eight bytes. */
static inline struct map new_numbers(enum bpf_map_type type, uint32_t entries, uint32_t flags)
{
	struct map map = new_map(type, 4, 8, entries, flags);

	set_type(&map, true, "u32");
	set_type(&map, false, "u64");
	return map;
}

static inline void put(const struct map *map, uint32_t key, uint64_t value)
{
	if (bpf_map_update_elem(map->fd, &key, &value, BPF_ANY))
		fail_msg("key %u: %s", key, strerror(errno));
}

#endif
