/* SPDX-License-Identifier: GPL-2.0-only */
#include "events.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRAM_MAPS_MAX 4096

/* The BTF of that program, if it uses the map; 0 if not. */
static uint32_t btf_if_used(uint32_t prog, uint32_t map, uint32_t *ids)
{
	struct bpf_prog_info info = { .map_ids = (uintptr_t)ids, .nr_map_ids = PROGRAM_MAPS_MAX };
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog);
	bool used = false;

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		info.nr_map_ids = 0;
	for (__u32 i = 0; i < info.nr_map_ids && i < PROGRAM_MAPS_MAX; i++)
		used |= ids[i] == map;
	close(fd);
	return used ? info.btf_id : 0;
}

struct btf *events_btf(const struct bpf_map_info *info)
{
	uint32_t *ids = calloc(PROGRAM_MAPS_MAX, sizeof(*ids));
	uint32_t id = info->btf_id;
	__u32 prog = 0;

	while (ids && !id && bpf_prog_get_next_id(prog, &prog) == 0)
		id = btf_if_used(prog, info->id, ids);
	free(ids);
	return id ? btf__load_from_kernel_by_id(id) : NULL;
}
