/* SPDX-License-Identifier: GPL-2.0-only */
#include "create.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "c_type.h"
#include "edit.h"
#include "percpu.h"
#include "text.h"

/* Bytes of key and value of the types of maps that take no others. */
struct sizes {
	uint32_t type, key, value;
};

static const struct sizes fixed_sizes[] = {
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4 },   { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4 }, { BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS, 0, 4 }, { BPF_MAP_TYPE_DEVMAP, 4, 8 },
	{ BPF_MAP_TYPE_DEVMAP_HASH, 4, 8 },  { BPF_MAP_TYPE_CPUMAP, 4, 8 },
	{ BPF_MAP_TYPE_XSKMAP, 4, 4 },	     { BPF_MAP_TYPE_SOCKMAP, 4, 8 },
	{ BPF_MAP_TYPE_SOCKHASH, 0, 8 },     { BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8 },
	{ BPF_MAP_TYPE_STACK_TRACE, 4, 0 },  { BPF_MAP_TYPE_ARRAY, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 0 },
};

struct side {
	const char *text;
	bool sized;    /* text is a number of bytes */
	uint32_t size; /* bytes, 0 if it is not known yet */
	__u32 id;      /* in the BTF, or 0 */
};

static uint32_t fixed_size(uint32_t type, bool key)
{
	for (unsigned int i = 0; i < sizeof(fixed_sizes) / sizeof(fixed_sizes[0]); i++) {
		if (fixed_sizes[i].type == type)
			return key ? fixed_sizes[i].key : fixed_sizes[i].value;
	}
	return 0;
}

static int add_type(struct btf *btf, struct side *side, struct err *err)
{
	/* a notation that the map's type has; in BTF it is a struct of that form */
	const char *text = strcmp(side->text, "ip4_prefix") == 0
				   ? "struct ip4_prefix { __u32 prefixlen; ip4_be address; }"
			   : strcmp(side->text, "ip6_prefix") == 0
				   ? "struct ip6_prefix { __u32 prefixlen; ip6_addr address; }"
				   : side->text;
	int ret = ctype_btf(text, btf, &side->id, err);
	int64_t size = ret ? 0 : btf__resolve_size(btf, side->id);

	if (ret)
		return ret;
	if (size <= 0 || size > INT32_MAX)
		return err_set(err, ERR_USAGE, EINVAL, NULL, "%.60s: no type of a fixed size",
			       side->text);
	side->size = (uint32_t)size;
	return 0;
}

static int set_side(struct side *side, const char *text, bool key, const struct map_kind *kind,
		    struct btf *btf, struct err *err)
{
	const char *what = key ? "--key" : "--value";
	uint32_t fixed = fixed_size(kind->type, key);
	bool none = kind->traits & KIND_EVENTS ? !fixed : key && kind->traits & KIND_KEYLESS;
	uint64_t size;
	int ret = 0;

	*side = (struct side){ .text = text, .size = fixed };
	if (none && text)
		return err_set(err, ERR_USAGE, EINVAL, what, "a map of type %s has none",
			       kind->name);
	if (none)
		return 0;
	if (!text && !fixed)
		return err_set(err, ERR_USAGE, EINVAL, what,
			       "is needed: a C type such as u32 or 'struct { ... }', or a number "
			       "of bytes");
	if (!text)
		return 0;
	side->sized = text_to_u64(text, INT32_MAX, &size) == 0;
	if (side->sized)
		side->size = (uint32_t)size;
	else
		ret = add_type(btf, side, err);
	if (ret && err && !err->object[0])
		snprintf(err->object, sizeof(err->object), "%s", what);
	if (!ret && fixed && side->size != fixed &&
	    !(kind->traits & (KIND_REFERS | KIND_HANDLE) && !key && side->size == 4))
		ret = err_set(err, ERR_USAGE, EINVAL, what,
			      "has %u bytes in a map of type %s, not %u", fixed, kind->name,
			      side->size);
	return ret;
}

static int is_too_large(const struct create *create, const char *name, struct err *err)
{
	err_set(err, ERR_USAGE, E2BIG, name, "too large for a map of type %s", create->kind->name);
	if (create->kind->type == BPF_MAP_TYPE_CPUMAP)
		return err_hint(err, "it has at most as many entries as there are CPUs: %u",
				percpu_cpus());
	if (create->kind->traits & KIND_PERCPU)
		return err_hint(err, "its values have at most 32768 bytes");
	return err_hint(err, "fewer --entries, or a smaller --key or --value");
}

static int is_invalid(const struct create *create, const char *name, struct err *err)
{
	uint32_t type = create->kind->type;

	err_set(err, ERR_USAGE, EINVAL, name,
		"the kernel makes no map of type %s with such sizes, entries and flags",
		create->kind->name);
	if (create->kind->traits & KIND_EVENTS && create->kind->traits & KIND_KEYLESS)
		return err_hint(err, "--entries of a ring buffer are bytes: a power of two, and "
				     "whole pages");
	if (create->kind->traits & KIND_FIXED || create->kind->traits & KIND_INDEXED)
		return err_hint(err, "an array takes no flag no_prealloc, and its values have a "
				     "limited size");
	if (type == BPF_MAP_TYPE_LPM_TRIE)
		return err_hint(err, "its keys are a __u32 prefixlen and 1 to 256 bytes, such as "
				     "ip4_prefix");
	if (strstr(create->kind->name, "storage"))
		return err_hint(err, "--key int --flags no_prealloc, and no --entries");
	return -EINVAL;
}

static int failed(const struct create *create, int ret, struct err *err)
{
	const char *name = create->name ?: create->kind->name;

	switch (-ret) {
	case EPERM:
		return err_set(err, ERR_PERMISSION, EPERM, name, "cannot create the map");
	case E2BIG:
	case ENOMEM:
		return is_too_large(create, name, err);
	case EINVAL:
		return is_invalid(create, name, err);
	}
	if (errno_says_unsupported(-ret))
		return err_set(err, ERR_UNSUPPORTED, -ret, name,
			       "this kernel has no map of type %s of that form",
			       create->kind->name);
	return err_set(err, err_code_of(-ret), -ret, name, "cannot create the map: %s",
		       strerror(-ret));
}

/* With the types, if both are known by BTF and the kernel keeps them for this type of map. */
static int create_typed(const struct create *create, const struct side *key,
			const struct side *value, struct btf *btf, struct err *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = create->flags);
	int fd = -1;

	if (create->inner >= 0)
		opts.inner_map_fd = (__u32)create->inner;
	if (value->id && (key->id || create->kind->traits & KIND_KEYLESS) &&
	    !btf__load_into_kernel(btf)) {
		opts.btf_fd = (__u32)btf__fd(btf);
		opts.btf_key_type_id = key->id;
		opts.btf_value_type_id = value->id;
		fd = bpf_map_create(create->kind->type, create->name, key->size, value->size,
				    create->entries, &opts);
		opts.btf_fd = opts.btf_key_type_id = opts.btf_value_type_id = 0;
	}
	if (fd < 0)
		fd = bpf_map_create(create->kind->type, create->name, key->size, value->size,
				    create->entries, &opts);
	return fd < 0 ? failed(create, fd, err) : fd;
}

int map_create(const struct create *create, struct err *err)
{
	struct btf *btf = btf__new_empty();
	struct side key, value;
	const char *key_text = create->key;
	int ret;

	if (!btf)
		return err_set(err, ERR_FAILED, errno, NULL, "out of memory");
	/* the index of an array is a number */
	if (!key_text && fixed_size(create->kind->type, true) == 4)
		key_text = "__u32";
	ret = set_side(&key, key_text, true, create->kind, btf, err);
	ret = ret ?: set_side(&value, create->value, false, create->kind, btf, err);
	ret = ret ?: create_typed(create, &key, &value, btf, err);
	btf__free(btf);
	return ret;
}
