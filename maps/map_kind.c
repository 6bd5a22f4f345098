/* SPDX-License-Identifier: GPL-2.0-only */
#include "map_kind.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

/* Newer than the headers of an older system; from include/uapi/linux/bpf.h */
#define TYPE_CGRP_STORAGE 32 /* Linux 6.2 */
#define TYPE_ARENA	  33 /* Linux 6.9 */
#define TYPE_INSN_ARRAY	  34 /* Linux 6.19 */

#ifndef BPF_F_STACK_BUILD_ID
#define BPF_F_STACK_BUILD_ID (1U << 5)
#endif

#define NO_LIST	    "the kernel lists no elements of this type of map"
#define KEPT	    "the kernel does not hand out what it holds"
#define NO_EVENTS   "it is a buffer of events, without elements"
#define NO_KEYS	    "it has no keys"
#define WITH_CGROUP "its elements come and go with their cgroups"

const struct map_kind map_kinds[] = {
	{ .type = BPF_MAP_TYPE_HASH, .name = "hash", .traits = KIND_TABLE },
	{ .type = BPF_MAP_TYPE_ARRAY,
	  .name = "array",
	  .traits = KIND_TABLE | KIND_FIXED | KIND_INDEXED },
	{ .type = BPF_MAP_TYPE_PROG_ARRAY,
	  .name = "prog_array",
	  .traits = KIND_INDEXED | KIND_REFERS,
	  .value = "prog_ref",
	  .refers = REF_PROG },
	{ .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	  .name = "perf_event_array",
	  .traits = KIND_INDEXED | KIND_EVENTS,
	  .no_walk = KEPT,
	  .no_get = KEPT,
	  .no_set = "its elements are perf events of the program that reads them" },
	{ .type = BPF_MAP_TYPE_PERCPU_HASH,
	  .name = "percpu_hash",
	  .traits = KIND_TABLE | KIND_PERCPU },
	{ .type = BPF_MAP_TYPE_PERCPU_ARRAY,
	  .name = "percpu_array",
	  .traits = KIND_TABLE | KIND_PERCPU | KIND_FIXED | KIND_INDEXED },
	{ .type = BPF_MAP_TYPE_STACK_TRACE,
	  .name = "stack_trace",
	  .traits = KIND_INDEXED,
	  .no_set = "the kernel alone writes stack traces" },
	{ .type = BPF_MAP_TYPE_CGROUP_ARRAY,
	  .name = "cgroup_array",
	  .traits = KIND_INDEXED | KIND_HANDLE,
	  .value = "cgroup_ref",
	  .no_walk = KEPT,
	  .no_get = KEPT },
	{ .type = BPF_MAP_TYPE_LRU_HASH, .name = "lru_hash", .traits = KIND_TABLE },
	{ .type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	  .name = "lru_percpu_hash",
	  .traits = KIND_TABLE | KIND_PERCPU },
	{ .type = BPF_MAP_TYPE_LPM_TRIE, .name = "lpm_trie", .traits = KIND_TABLE },
	{ .type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	  .name = "array_of_maps",
	  .traits = KIND_INDEXED | KIND_REFERS,
	  .value = "map_ref",
	  .refers = REF_MAP },
	{ .type = BPF_MAP_TYPE_HASH_OF_MAPS,
	  .name = "hash_of_maps",
	  .traits = KIND_REFERS,
	  .value = "map_ref",
	  .refers = REF_MAP },
	{ .type = BPF_MAP_TYPE_DEVMAP,
	  .name = "devmap",
	  .traits = KIND_INDEXED | KIND_REFERS,
	  .refers = REF_PROG,
	  .refers_at = 4 },
	{ .type = BPF_MAP_TYPE_SOCKMAP,
	  .name = "sockmap",
	  .traits = KIND_INDEXED | KIND_HANDLE,
	  .value = "socket_ref" },
	{ .type = BPF_MAP_TYPE_CPUMAP,
	  .name = "cpumap",
	  .traits = KIND_INDEXED | KIND_REFERS,
	  .refers = REF_PROG,
	  .refers_at = 4 },
	{ .type = BPF_MAP_TYPE_XSKMAP,
	  .name = "xskmap",
	  .traits = KIND_INDEXED | KIND_HANDLE,
	  .value = "socket_ref",
	  .no_walk = KEPT,
	  .no_get = KEPT },
	{ .type = BPF_MAP_TYPE_SOCKHASH,
	  .name = "sockhash",
	  .traits = KIND_HANDLE,
	  .value = "socket_ref" },
	{ .type = BPF_MAP_TYPE_CGROUP_STORAGE, .name = "cgroup_storage", .no_delete = WITH_CGROUP },
	{ .type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
	  .name = "reuseport_sockarray",
	  .traits = KIND_INDEXED | KIND_HANDLE,
	  .value = "socket_ref" },
	{ .type = BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
	  .name = "percpu_cgroup_storage",
	  .traits = KIND_PERCPU,
	  .no_delete = WITH_CGROUP },
	{ .type = BPF_MAP_TYPE_QUEUE, .name = "queue", .traits = KIND_KEYLESS, .no_walk = NO_KEYS },
	{ .type = BPF_MAP_TYPE_STACK, .name = "stack", .traits = KIND_KEYLESS, .no_walk = NO_KEYS },
	{ .type = BPF_MAP_TYPE_SK_STORAGE,
	  .name = "sk_storage",
	  .traits = KIND_HANDLE,
	  .key = "socket_ref",
	  .no_walk = NO_LIST },
	{ .type = BPF_MAP_TYPE_DEVMAP_HASH,
	  .name = "devmap_hash",
	  .traits = KIND_REFERS,
	  .refers = REF_PROG,
	  .refers_at = 4 },
	{ .type = BPF_MAP_TYPE_STRUCT_OPS,
	  .traits = KIND_INDEXED,
	  .name = "struct_ops",
	  .no_set = "it is loaded and taken away by the program that owns it" },
	{ .type = BPF_MAP_TYPE_RINGBUF,
	  .name = "ringbuf",
	  .traits = KIND_EVENTS | KIND_KEYLESS,
	  .no_walk = NO_EVENTS,
	  .no_get = NO_EVENTS,
	  .no_set = NO_EVENTS,
	  .no_delete = NO_EVENTS },
	{ .type = BPF_MAP_TYPE_INODE_STORAGE,
	  .name = "inode_storage",
	  .traits = KIND_HANDLE,
	  .key = "file_ref",
	  .no_walk = NO_LIST },
	{ .type = BPF_MAP_TYPE_TASK_STORAGE,
	  .name = "task_storage",
	  .traits = KIND_HANDLE,
	  .key = "task_ref",
	  .no_walk = NO_LIST },
	{ .type = BPF_MAP_TYPE_BLOOM_FILTER,
	  .name = "bloom_filter",
	  .traits = KIND_KEYLESS,
	  .no_walk = "a bloom filter can only be asked for a value",
	  .no_delete = "nothing can be taken out of a bloom filter" },
	{ .type = BPF_MAP_TYPE_USER_RINGBUF,
	  .name = "user_ringbuf",
	  .traits = KIND_EVENTS | KIND_KEYLESS,
	  .no_walk = NO_EVENTS,
	  .no_get = NO_EVENTS,
	  .no_set = NO_EVENTS,
	  .no_delete = NO_EVENTS },
	{ .type = TYPE_CGRP_STORAGE,
	  .name = "cgrp_storage",
	  .traits = KIND_HANDLE,
	  .key = "cgroup_ref",
	  .no_walk = NO_LIST },
	{ .type = TYPE_ARENA,
	  .name = "arena",
	  .traits = KIND_KEYLESS,
	  .no_walk = "an arena is memory without elements",
	  .no_get = "an arena is memory without elements",
	  .no_set = "an arena is memory without elements",
	  .no_delete = "an arena is memory without elements" },
	{ .type = TYPE_INSN_ARRAY,
	  .name = "insn_array",
	  .traits = KIND_INDEXED | KIND_FIXED,
	  .no_set = "it belongs to the program that was loaded with it" },
	{ .type = UINT32_MAX },
};

const struct map_kind *map_kind_of(uint32_t type)
{
	static const struct map_kind unknown = { .type = UINT32_MAX, .name = "unknown" };

	for (const struct map_kind *kind = map_kinds; kind->name; kind++) {
		if (kind->type == type)
			return kind;
	}
	return &unknown;
}

const struct map_kind *map_kind_by_name(const char *name)
{
	for (const struct map_kind *kind = map_kinds; kind->name; kind++) {
		if (strcmp(kind->name, name) == 0)
			return kind;
	}
	return NULL;
}

/* A struct that may be written as its first member alone. */
static struct type *led(const char *name, const char *first, struct type *type, const char *second)
{
	struct type *value = type ? type_struct(name) : NULL;

	if (!value) {
		type_free(type);
		return NULL;
	}
	value->leads = true;
	if (type_add(value, first, 0, type) ||
	    (second && type_add(value, second, 4, type_noted("prog_ref"))) || type_finish(value)) {
		type_free(value);
		return NULL;
	}
	return value;
}

/* struct bpf_stack_build_id: the rows of a stack of user space */
static struct type *stack_build_id(uint32_t frames)
{
	struct type *row = type_struct("struct bpf_stack_build_id");

	if (!row)
		return NULL;
	if (type_add(row, "status", 0, type_new(TYPE_SIGNED, 4)) ||
	    type_add(row, "build_id", 4, type_new(TYPE_BYTES, BPF_BUILD_ID_SIZE)) ||
	    type_add(row, "offset", 24, type_new(TYPE_POINTER, 8)) || type_finish(row)) {
		type_free(row);
		return NULL;
	}
	return type_array(row, frames);
}

struct type *map_kind_value(const struct map_kind *kind, uint32_t value_size, uint32_t flags)
{
	struct type *type = NULL;
	bool has_program = value_size == 8; /* Linux 5.8, of a cpumap 5.9; before, 4 bytes */

	if (kind->type == BPF_MAP_TYPE_DEVMAP || kind->type == BPF_MAP_TYPE_DEVMAP_HASH)
		type = led("struct bpf_devmap_val", "port", type_noted("ifindex_t"),
			   has_program ? "prog" : NULL);
	else if (kind->type == BPF_MAP_TYPE_CPUMAP)
		type = led("struct bpf_cpumap_val", "qsize", type_new(TYPE_UNSIGNED, 4),
			   has_program ? "prog" : NULL);
	else if (kind->type == BPF_MAP_TYPE_STACK_TRACE && flags & BPF_F_STACK_BUILD_ID)
		type = stack_build_id(value_size / 32);
	else if (kind->type == BPF_MAP_TYPE_STACK_TRACE)
		type = type_array(type_new(TYPE_POINTER, 8), value_size / 8);
	else if (kind->value && value_size == 8)
		type = type_noted("socket_cookie");
	else if (kind->value)
		type = type_noted(kind->value);
	if (type && kind->type == BPF_MAP_TYPE_CPUMAP)
		type->leads = false; /* qsize=2048 says what the number is */
	if (type && type_finish(type) == 0)
		return type;
	type_free(type);
	return NULL;
}

struct type *map_kind_key(const struct map_kind *kind, uint32_t key_size)
{
	struct type *type = NULL;

	if (kind->key)
		type = type_noted(kind->key);
	else if ((kind->traits & KIND_INDEXED || kind->type == BPF_MAP_TYPE_DEVMAP_HASH) &&
		 key_size == 4)
		type = type_new(TYPE_UNSIGNED, 4);
	else if (kind->type == BPF_MAP_TYPE_LPM_TRIE && key_size == 8)
		type = type_noted("ip4_prefix");
	else if (kind->type == BPF_MAP_TYPE_LPM_TRIE && key_size == 20)
		type = type_noted("ip6_prefix");
	if (type && type_finish(type) == 0)
		return type;
	type_free(type);
	return NULL;
}
