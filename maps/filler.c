/* SPDX-License-Identifier: GPL-2.0-only */
#include "filler.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "edit.h"
#include "fill.h"
#include "fill.skel.h"

struct filler {
	const struct map *map;
	struct fill *skeleton;
	char *staged;
	size_t element, value_at, bytes;
	uint32_t count;
	uint64_t written;
};

/* Values in which the kernel keeps something for itself go through the ordinary way. */
static bool has_opaque(const struct type *type)
{
	if (type->kind == TYPE_OPAQUE)
		return true;
	for (uint32_t i = 0; type->member && i < type->count; i++) {
		if (has_opaque(type->member[i].type))
			return true;
	}
	return type->element && has_opaque(type->element);
}

static bool can_fill(const struct map *map)
{
	return (map->type == BPF_MAP_TYPE_HASH || map->type == BPF_MAP_TYPE_LRU_HASH) &&
	       !map->ifindex && !has_opaque(map->value) && !(map->flags & BPF_F_RDONLY_PROG) &&
	       !map_is_frozen(map) && map->key_size + map->value_size < 4096;
}

static size_t round8(size_t size)
{
	return (size + 7) / 8 * 8;
}

static int load(struct filler *filler)
{
	struct fill *skeleton = filler->skeleton = fill__open();
	const struct map *map = filler->map;
	int ret;

	if (!skeleton)
		return -errno;
	filler->value_at = round8(map->key_size);
	filler->element = filler->value_at + round8(map->value_size);
	filler->bytes = filler->element * FILL_BLOCK;
	skeleton->rodata->value_at = (uint32_t)filler->value_at;
	ret = bpf_map__set_value_size(skeleton->maps.staged, (uint32_t)filler->element);
	ret = ret ?: bpf_map__reuse_fd(skeleton->maps.target, map->fd);
	ret = ret ?: fill__load(skeleton);
	if (ret)
		return ret;
	filler->staged = mmap(NULL, filler->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			      bpf_map__fd(skeleton->maps.staged), 0);
	if (filler->staged != MAP_FAILED)
		return 0;
	filler->staged = NULL;
	return -errno;
}

struct filler *filler_new(const struct map *map)
{
	struct filler *filler = can_fill(map) ? calloc(1, sizeof(*filler)) : NULL;

	if (!filler)
		return NULL;
	filler->map = map;
	if (load(filler) == 0)
		return filler;
	filler_free(filler);
	return NULL;
}

void filler_free(struct filler *filler)
{
	if (!filler)
		return;
	if (filler->staged)
		munmap(filler->staged, filler->bytes);
	fill__destroy(filler->skeleton);
	free(filler);
}

int filler_flush(struct filler *filler, struct err *err)
{
	struct fill_call call = { .flags = BPF_ANY, .count = filler->count };
	/* the kernel writes it back to where it came from: net/bpf/test_run.c */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &call, .ctx_size_in = sizeof(call));
	int ret;

	if (!filler->count)
		return 0;
	ret = bpf_prog_test_run_opts(bpf_program__fd(filler->skeleton->progs.xdpctl_fill), &opts);
	if (ret)
		return err_set(err, err_code_of(-ret), -ret, filler->map->object,
			       "cannot write it: %s", strerror(-ret));
	filler->written += call.done;
	filler->count = 0;
	if (!call.error)
		return 0;
	return edit_failed(filler->map, EDIT_SET, filler->staged + call.done * filler->element,
			   call.error, err);
}

int filler_add(struct filler *filler, const void *key, const void *value, struct err *err)
{
	char *to = filler->staged + filler->count++ * filler->element;

	memcpy(to, key, filler->map->key_size);
	memcpy(to + filler->value_at, value, filler->map->value_size);
	return filler->count == FILL_BLOCK ? filler_flush(filler, err) : 0;
}

uint64_t filler_written(const struct filler *filler)
{
	return filler->written;
}
