/* SPDX-License-Identifier: GPL-2.0-only */
#include "map.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "percpu.h"

/* In the order of their bits, see enum bpf_map_flags in <linux/bpf.h>; of Linux 6.12. */
static const char *const flag_names[] = {
	"no_prealloc",	  "no_common_lru",  "numa_node",     "rdonly",	     "wronly",
	"stack_build_id", "zero_seed",	    "rdonly_prog",   "wronly_prog",  "clone",
	"mmapable",	  "preserve_elems", "inner_map",     "link",	     "path_fd",
	"vtype_obj_fd",	  "token_fd",	    "segv_on_fault", "no_user_conv",
};

#define FLAG_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

char *map_flag_name(unsigned int bit, char out[static MAP_FLAG_NAME])
{
	if (bit < FLAG_NAMES)
		snprintf(out, MAP_FLAG_NAME, "%s", flag_names[bit]);
	else
		snprintf(out, MAP_FLAG_NAME, "bit_%u", bit & 31);
	return out;
}

int map_flag_by_name(const char *name, uint32_t *out)
{
	for (unsigned int bit = 0; bit < FLAG_NAMES; bit++) {
		if (strcmp(name, flag_names[bit]) == 0) {
			*out = 1u << bit;
			return 0;
		}
	}
	return -EINVAL;
}

/* A key of a trie that is a prefix length and an address is written 10.0.0.0/8. */
static struct type *as_prefix(struct type *type)
{
	const struct member *member = type->member;
	struct type *prefix;

	if (type->kind != TYPE_STRUCT || type->count != 2 || member[0].bits ||
	    member[0].type->kind != TYPE_UNSIGNED || member[0].type->size != 4 ||
	    member[1].offset != 4 || (type->size != 8 && type->size != 20) ||
	    (member[1].type->kind == TYPE_STRUCT && !member[1].type->is_union &&
	     member[1].type->count != 1))
		return type;
	prefix = type_noted(type->size == 8 ? "ip4_prefix" : "ip6_prefix");
	if (!prefix || type_finish(prefix)) {
		type_free(prefix);
		return type;
	}
	type_free(type);
	return prefix;
}

/* The type by BTF, if it has one of that size. */
static struct type *typed(const struct map *map, uint32_t id, uint32_t size)
{
	struct type *type;

	if (!map->btf || !id || type_from_btf(map->btf, id, &type, NULL))
		return NULL;
	if (type->size == size)
		return type;
	type_free(type);
	return NULL;
}

/* A set that is no number of bytes that we know how to take apart: an empty set of type void has
 * size 0, like the key of a queue. */
static int set_types(struct map *map, const struct bpf_map_info *info)
{
	map->key = typed(map, info->btf_key_type_id, map->key_size);
	if (map->key && map->type == BPF_MAP_TYPE_LPM_TRIE)
		map->key = as_prefix(map->key);
	if (!map->key || map->kind->key) {
		type_free(map->key);
		map->key = map_kind_key(map->kind, map->key_size);
	}
	map->value = typed(map, info->btf_value_type_id, map->value_size);
	if (!map->value || map->kind->value || map->kind->traits & KIND_REFERS) {
		struct type *value = map_kind_value(map->kind, map->value_size, map->flags);

		if (value) {
			type_free(map->value);
			map->value = value;
		}
	}
	map->typed_key = map->key != NULL;
	map->typed_value = map->value != NULL;
	if (!map->key && !(map->kind->traits & KIND_KEYLESS))
		map->key = type_new(TYPE_BYTES, map->key_size);
	if (!map->value)
		map->value = type_new(TYPE_BYTES, map->value_size);
	if (map->kind->traits & KIND_KEYLESS) {
		type_free(map->key);
		map->key = NULL;
	} else if (!map->key) {
		return -ENOMEM;
	}
	return map->value && map->value->size == map->value_size ? 0
	       : map->value					 ? -EINVAL
								 : -ENOMEM;
}

static int read_info(struct map *map, struct bpf_map_info *info)
{
	__u32 length = sizeof(*info);
	int ret;

	memset(info, 0, sizeof(*info));
	ret = bpf_obj_get_info_by_fd(map->fd, info, &length);
	if (ret)
		return -errno;
	map->id = info->id;
	memcpy(map->name, info->name, sizeof(map->name));
	map->kind = map_kind_of(info->type);
	map->type = info->type;
	map->flags = info->map_flags;
	map->key_size = info->key_size;
	map->value_size = info->value_size;
	map->max_entries = info->max_entries;
	map->btf_id = info->btf_id;
	map->ifindex = info->ifindex;
	map->extra = info->map_extra;
	snprintf(map->object, sizeof(map->object), "map id:%u%s%s%s", map->id,
		 map->name[0] ? " \"" : "", map->name, map->name[0] ? "\"" : "");
	return 0;
}

/* The BTF of a struct_ops map is the kernel's. */
static struct btf *read_btf(const struct bpf_map_info *info)
{
	struct btf *btf = NULL;

	if (info->btf_vmlinux_value_type_id)
		btf = btf__load_vmlinux_btf();
	else if (info->btf_id)
		btf = btf__load_from_kernel_by_id(info->btf_id);
	return libbpf_get_error(btf) ? NULL : btf;
}

int map_open(int fd, struct map *out, struct err *err)
{
	struct bpf_map_info info;
	int ret;

	*out = (struct map){ .fd = fd, .values = 1 };
	ret = read_info(out, &info);
	if (!ret) {
		out->btf = read_btf(&info);
		out->btf_denied = !out->btf && info.btf_id && errno == EPERM;
		if (info.btf_vmlinux_value_type_id)
			info.btf_value_type_id = info.btf_vmlinux_value_type_id;
		if (out->kind->traits & KIND_PERCPU && !out->ifindex)
			out->values = percpu_cpus();
		/* kernel/bpf/syscall.c bpf_map_value_size() */
		out->stride = out->kind->traits & KIND_PERCPU ? (out->value_size + 7u) / 8 * 8
							      : out->value_size;
		ret = out->values ? set_types(out, &info) : -ENOTSUP;
	}
	if (!ret)
		return 0;
	map_close(out);
	return err_set(err, err_code_of(-ret), -ret, "map", "cannot read what it is: %s",
		       strerror(-ret));
}

void map_close(struct map *map)
{
	type_free(map->key);
	type_free(map->value);
	btf__free(map->btf);
	if (map->kind || map->values)
		close(map->fd);
	*map = (struct map){ .fd = -1 };
}

int map_retype(struct map *map, bool key, struct type *type, struct err *err)
{
	struct type **place = key ? &map->key : &map->value;
	uint32_t size = key ? map->key_size : map->value_size, given = type->size;

	if (key && !map->key) {
		type_free(type);
		return err_set(err, ERR_USAGE, EINVAL, map->object, "it has no keys");
	}
	if (!key && map->type == BPF_MAP_TYPE_USER_RINGBUF) {
		map->value_size = given; /* a sample has any size */
		map->stride = given;
	} else if (given != size) {
		type_free(type);
		return err_set(err, ERR_USAGE, EINVAL, map->object,
			       "its %s have %u bytes, that type has %u", key ? "keys" : "values",
			       size, given);
	}
	type_free(*place);
	*place = key && map->type == BPF_MAP_TYPE_LPM_TRIE ? as_prefix(type) : type;
	*(key ? &map->typed_key : &map->typed_value) = true;
	return 0;
}

size_t map_room(const struct map *map)
{
	return map->stride * map->values;
}

bool map_has_events(const struct map *map)
{
	return map->kind->traits & KIND_EVENTS && map->type != BPF_MAP_TYPE_USER_RINGBUF;
}

bool map_is_frozen(const struct map *map)
{
	char path[48], line[64];
	bool frozen = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map->fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		frozen |= strcmp(line, "frozen:\t1\n") == 0;
	if (file)
		fclose(file);
	return frozen;
}
