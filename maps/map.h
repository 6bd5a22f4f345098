/* SPDX-License-Identifier: GPL-2.0-only */
/* One BPF map: what it is, and the types of its keys and values. */
#ifndef XDPCTL_MAP_H
#define XDPCTL_MAP_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "map_kind.h"
#include "type.h"

struct btf;

struct map {
	int fd;
	uint32_t id;
	char name[BPF_OBJ_NAME_LEN];
	char object[64]; /* for messages: "map id:7 \"flows\"" */
	const struct map_kind *kind;
	uint32_t type; /* enum bpf_map_type */
	uint32_t flags, key_size, value_size, max_entries;
	uint32_t btf_id;	     /* 0 if it has none */
	uint32_t ifindex;	     /* of the device that it is offloaded to, or 0 */
	uint64_t extra;		     /* map_extra */
	bool typed_key, typed_value; /* by BTF or by the map's type: not only hex */
	struct type *key;	     /* NULL if the map has no keys */
	struct type *value;
	unsigned int values; /* in each element: one, or one for each possible CPU */
	size_t stride;	     /* from one of them to the next, bytes */
	bool btf_denied;     /* it has types, which we may not read */
	struct btf *btf;     /* what the types are from; NULL if it has none */
};

/* Take over an open map; on an error the descriptor is closed. */
int map_open(int fd, struct map *out, struct err *err);
void map_close(struct map *map); /* a zeroed one is fine */

/* Use this type for keys or values, for a map that does not say it itself. Takes the type over,
 * also on an error: ERR_USAGE if its size is not the map's. */
int map_retype(struct map *map, bool key, struct type *type, struct err *err);

/* Bytes of all the values of an element. */
size_t map_room(const struct map *map);

/* A buffer whose events user space reads: not one that it writes itself. */
bool map_has_events(const struct map *map);

/* User space may not write it any more (BPF_MAP_FREEZE). False if it cannot be told. */
bool map_is_frozen(const struct map *map);

/* The name of a flag by the number of its bit: "no_prealloc"; "bit_30" for one that is not known.
 */
#define MAP_FLAG_NAME 16
char *map_flag_name(unsigned int bit, char out[static MAP_FLAG_NAME]);
/* 0 and the bit, or -EINVAL. */
int map_flag_by_name(const char *name, uint32_t *out);

#endif
