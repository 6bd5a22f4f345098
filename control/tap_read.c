/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be told of captures by looking at a pipeline. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

/* The frozen .rodata begins with it: the program has no other constant. */
static int read_rodata(uint32_t id, struct tap_cfg *out)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), key = 0;
	int fd = bpf_map_get_fd_by_id(id), ret;

	if (fd < 0)
		return fd;
	ret = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (!ret && (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != sizeof(*out)))
		ret = -ENOENT;
	ret = ret ?: bpf_map_lookup_elem(fd, &key, out);
	if (!ret && out->magic != TAP_MAGIC)
		ret = -ENOENT;
	close(fd);
	return ret;
}

static int read_program(uint32_t id, struct tap_cfg *out)
{
	__u32 ids[16], length;
	struct bpf_prog_info info = { .map_ids = (uintptr_t)ids, .nr_map_ids = 16 };
	int fd = bpf_prog_get_fd_by_id(id), ret;

	if (fd < 0)
		return fd;
	length = sizeof(info);
	ret = bpf_obj_get_info_by_fd(fd, &info, &length);
	close(fd);
	for (__u32 i = 0; !ret && i < info.nr_map_ids && i < 16; i++) {
		if (read_rodata(ids[i], out) == 0)
			return 0;
	}
	return ret ?: -ENOENT;
}

int tap_read_cfg(const struct program *program, unsigned int place, struct tap_cfg *out)
{
	int fd = program_map(program, "taps"), ret;
	uint32_t key = place, id;

	if (fd < 0)
		return -ENOENT;
	ret = bpf_map_lookup_elem(fd, &key, &id);
	return ret ?: read_program(id, out);
}
