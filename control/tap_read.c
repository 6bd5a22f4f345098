/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be told of captures by looking at a pipeline. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tap_load.h"
#include "tap_site.h"

int tap_read(const struct program *program, struct tap_state *out)
{
	int fd = program_map(program, "tap_state");
	uint32_t key = 0;

	*out = (struct tap_state){ 0 };
	if (!program->cfg.tapped || fd < 0)
		return -ENOENT;
	return bpf_map_lookup_elem(fd, &key, out);
}

unsigned int tap_live(const struct program *program)
{
	struct tap_state state;
	unsigned int live = 0;

	if (tap_read(program, &state))
		return 0;
	for (unsigned int i = 0; i < TAPS; i++)
		live += tap_is_live(&state, i);
	return live;
}

bool tap_steals(const struct program *program)
{
	struct tap_state state;

	return tap_read(program, &state) == 0 && tap_state_steals(&state, TAPS);
}

/* The only value of an array whose name ends so, if it has that size. */
static int read_value(uint32_t map_id, const char *end, void *value, uint32_t size)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), key = 0;
	int fd = bpf_map_get_fd_by_id(map_id), ret;
	size_t name, tail = strlen(end);

	if (fd < 0)
		return fd;
	ret = bpf_obj_get_info_by_fd(fd, &info, &length);
	name = strlen(info.name);
	if (!ret && (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != size || name < tail ||
		     strcmp(info.name + name - tail, end) != 0))
		ret = -ENOENT;
	ret = ret ?: bpf_map_lookup_elem(fd, &key, value);
	close(fd);
	return ret;
}

/* The same of the program's map that is one. */
static int read_value_of(uint32_t prog_id, const char *end, void *value, uint32_t size)
{
	__u32 ids[PROGRAM_MAPS], length;
	struct bpf_prog_info info = { .map_ids = (uintptr_t)ids, .nr_map_ids = PROGRAM_MAPS };
	int fd = bpf_prog_get_fd_by_id(prog_id), ret;

	if (fd < 0)
		return fd;
	length = sizeof(info);
	ret = bpf_obj_get_info_by_fd(fd, &info, &length);
	close(fd);
	for (__u32 i = 0; !ret && i < info.nr_map_ids && i < PROGRAM_MAPS; i++) {
		if (read_value(ids[i], end, value, size) == 0)
			return 0;
	}
	return ret ?: -ENOENT;
}

/* The program has no other constant. */
int tap_read_cfg(const struct program *program, unsigned int place, struct tap_cfg *out)
{
	int fd = program_map(program, "taps"), ret;
	uint32_t key = place, id;

	if (fd < 0)
		return -ENOENT;
	ret = bpf_map_lookup_elem(fd, &key, &id);
	ret = ret ?: read_value_of(id, ".rodata", out, sizeof(*out));
	return ret ?: out->magic == TAP_MAGIC ? 0 : -ENOENT;
}

bool tap_tc_is_dead(uint32_t prog_id)
{
	uint64_t beat;

	return read_value_of(prog_id, "tap_beat", &beat, sizeof(beat)) == 0 && tap_is_dead(beat);
}
