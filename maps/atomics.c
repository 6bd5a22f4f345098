/* SPDX-License-Identifier: GPL-2.0-only */
#include "atomics.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "atomic.h"
#include "atomic.skel.h"
#include "edit.h"

#define REASON_SIZE "only numbers of 4 or 8 bytes, in their natural places, change atomically"

struct atomics {
	const struct map *map;
	struct atomic *skeleton;
	struct bpf_program *program;
	unsigned int places;
	bool partly; /* there are numbers that cannot be changed */
	struct atomic_place place[ATOMIC_NUMBERS];
	char *wanted;
	size_t wanted_size;
	struct atomic_call *call;
};

static void find_numbers(struct atomics *a, const struct type *type, uint32_t offset)
{
	switch (type->kind) {
	case TYPE_UNSIGNED:
	case TYPE_SIGNED:
		if ((type->size == 4 || type->size == 8) && offset % type->size == 0 &&
		    a->places < ATOMIC_NUMBERS)
			a->place[a->places++] = (struct atomic_place){ offset, type->size };
		else
			a->partly = true;
		break;
	case TYPE_ARRAY:
		for (uint32_t i = 0; i < type->count; i++)
			find_numbers(a, type->element, offset + i * type->element->size);
		break;
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < type->count; i++) {
			if (type->member[i].overlaps || type->member[i].bits)
				a->partly = true;
			else
				find_numbers(a, type->member[i].type,
					     offset + type->member[i].offset);
		}
		break;
	default:
		break;
	}
}

static int load(struct atomics *a, enum atomics_mode mode)
{
	struct atomic *skeleton = a->skeleton = atomic__open();
	int ret;

	if (!skeleton)
		return -errno;
	for (unsigned int i = 0; i < a->places; i++)
		skeleton->rodata->place[i] = a->place[i];
	skeleton->rodata->places = a->places;
	a->program =
		mode == ATOMICS_ADD ? skeleton->progs.xdpctl_add : skeleton->progs.xdpctl_exchange;
	bpf_program__set_autoload(skeleton->progs.xdpctl_add, mode == ATOMICS_ADD);
	bpf_program__set_autoload(skeleton->progs.xdpctl_exchange, mode == ATOMICS_EXCHANGE);
	a->wanted_size = (a->map->key_size + 7) / 8 * 8;
	ret = bpf_map__set_value_size(skeleton->maps.wanted, (uint32_t)a->wanted_size);
	ret = ret ?: bpf_map__reuse_fd(skeleton->maps.target, a->map->fd);
	ret = ret ?: atomic__load(skeleton);
	if (ret)
		return ret;
	a->wanted = mmap(NULL, a->wanted_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_map__fd(skeleton->maps.wanted), 0);
	if (a->wanted == MAP_FAILED) {
		a->wanted = NULL;
		return -errno;
	}
	a->call = mmap(NULL, sizeof(*a->call), PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_map__fd(skeleton->maps.call), 0);
	if (a->call != MAP_FAILED)
		return 0;
	a->call = NULL;
	return -errno;
}

static int check(const struct atomics *a, enum atomics_mode mode, struct err *err)
{
	const struct map *map = a->map;
	const char *what = mode == ATOMICS_ADD ? "add to it" : "take the numbers out of it";

	if (!(map->kind->traits & KIND_TABLE))
		return edit_refuse(map, what, "its elements are no numbers that programs count up",
				   err);
	if (map_is_frozen(map))
		return edit_refuse(map, what, "it is frozen", err);
	if (map->ifindex)
		return edit_refuse(map, what, "it is on a device", err);
	if (map->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return edit_refuse(map, what, "programs may not read and write it", err);
	if (!map->typed_value) {
		edit_refuse(map, what, "the type of its values is not known", err);
		return err_hint(err, "--as says it");
	}
	if (!a->places || (mode == ATOMICS_EXCHANGE && a->partly))
		return edit_refuse(map, what, REASON_SIZE, err);
	return 0;
}

int atomics_open(const struct map *map, enum atomics_mode mode, struct atomics **out,
		 struct err *err)
{
	struct atomics *a = calloc(1, sizeof(*a));
	int ret;

	*out = NULL;
	if (!a)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	a->map = map;
	find_numbers(a, map->value, 0);
	ret = check(a, mode, err);
	if (!ret) {
		ret = load(a, mode);
		if (ret == -EPERM || ret == -EACCES)
			err_set(err, ERR_PERMISSION, -ret, map->object,
				"the kernel refused the program that does it (or programs may "
				"only read this map): %s",
				strerror(-ret));
		else if (ret)
			err_set(err, ERR_UNSUPPORTED, -ret, map->object,
				"the kernel refused the program that does it%s: %s",
				mode == ATOMICS_EXCHANGE ? " (it needs Linux 5.12)" : "",
				strerror(-ret));
	}
	if (ret)
		atomics_close(a);
	else
		*out = a;
	return ret;
}

void atomics_close(struct atomics *a)
{
	if (!a)
		return;
	if (a->wanted)
		munmap(a->wanted, a->wanted_size);
	if (a->call)
		munmap(a->call, sizeof(*a->call));
	atomic__destroy(a->skeleton);
	free(a);
}

static int run(struct atomics *a, const void *key, struct atomic_call *call, struct err *err)
{
	char packet[64] = { 0 }; /* the kernel insists on one */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);
	int ret;

	memcpy(a->wanted, key, a->map->key_size);
	*a->call = *call;
	ret = bpf_prog_test_run_opts(bpf_program__fd(a->program), &opts);
	*call = *a->call;
	if (!ret)
		return 0;
	return err_set(err, err_code_of(-ret), -ret, a->map->object,
		       "cannot run the program that does it: %s", strerror(-ret));
}

/* Numbers that go to their places; what is left of delta then is none of them. */
static int take_numbers(const struct atomics *a, const void *delta, struct atomic_call *call,
			struct err *err)
{
	uint8_t *rest = malloc(a->map->value_size);
	bool left = false;

	if (!rest)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	memcpy(rest, delta, a->map->value_size);
	for (unsigned int i = 0; i < a->places; i++) {
		call->number[i] = load_unsigned(rest + a->place[i].offset, a->place[i].size);
		memset(rest + a->place[i].offset, 0, a->place[i].size);
	}
	for (uint32_t i = 0; i < a->map->value_size; i++)
		left |= rest[i] != 0;
	free(rest);
	return left ? edit_refuse(a->map, "add to all of that", REASON_SIZE, err) : 0;
}

/* An element of zeros, unless there is one: also in an LPM trie exactly this key. */
static int make(const struct map *map, const void *key, struct err *err)
{
	struct err local = { 0 };
	void *zero;
	int ret;

	if (map->kind->traits & KIND_FIXED)
		return 0;
	zero = calloc(1, map_room(map));
	ret = zero ? edit_set(map, key, zero, BPF_NOEXIST, &local)
		   : err_set(&local, ERR_FAILED, ENOMEM, NULL, "out of memory");
	free(zero);
	if (!ret || ret == -EEXIST)
		return 0;
	if (err)
		*err = local;
	return ret;
}

int atomics_add(struct atomics *a, const void *key, const void *delta, bool subtract,
		struct err *err)
{
	struct atomic_call call = { 0 };
	int ret = take_numbers(a, delta, &call, err);

	for (unsigned int i = 0; i < a->places && subtract; i++)
		call.number[i] = -call.number[i];
	ret = ret ?: make(a->map, key, err);
	ret = ret ?: run(a, key, &call, err);
	if (!ret && !call.found)
		ret = edit_failed(a->map, EDIT_GET, key, -ENOENT, err);
	return ret;
}

static int exchange_one(struct atomics *a, const char *key, char *value, struct err *err)
{
	struct atomic_call call = { 0 };
	int ret = run(a, key, &call, err);

	for (unsigned int i = 0; i < a->places && !ret; i++)
		store_number(value + a->place[i].offset, a->place[i].size,
			     call.found ? call.number[i] : 0);
	return ret;
}

/* A program that counts on one CPU is never between reading and writing its number while we run
 * there: so each CPU's numbers are taken on it. */
static int exchange_percpu(struct atomics *a, const char *keys, char *values, uint32_t count,
			   struct err *err)
{
	const struct map *map = a->map;
	cpu_set_t before, one;
	int ret = 0;

	if (sched_getaffinity(0, sizeof(before), &before))
		return err_set(err, ERR_FAILED, errno, map->object, "cannot move between CPUs: %s",
			       strerror(errno));
	for (unsigned int cpu = 0; cpu < map->values && !ret; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one)) {
			/* offline: nothing counts there; its numbers stay */
			for (uint32_t i = 0; i < count; i++)
				memset(values + i * map_room(map) + cpu * map->stride, 0,
				       map->stride);
			continue;
		}
		for (uint32_t i = 0; i < count && !ret; i++)
			ret = exchange_one(a, keys + i * map->key_size,
					   values + i * map_room(map) + cpu * map->stride, err);
	}
	sched_setaffinity(0, sizeof(before), &before);
	return ret;
}

int atomics_exchange(struct atomics *a, const void *keys, void *values, uint32_t count,
		     struct err *err)
{
	const struct map *map = a->map;
	int ret = 0;

	if (map->kind->traits & KIND_PERCPU)
		return exchange_percpu(a, keys, values, count, err);
	for (uint32_t i = 0; i < count && !ret; i++)
		ret = exchange_one(a, (const char *)keys + (size_t)i * map->key_size,
				   (char *)values + i * map_room(map), err);
	return ret;
}
