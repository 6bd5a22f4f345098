/* SPDX-License-Identifier: GPL-2.0-only */
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOREIGN_MAPS 256

/* Where the variable "cfg" is in the map's value; -ENOENT if its BTF has none. */
static int cfg_offset(const struct bpf_map_info *info)
{
	const struct btf_type *section, *variable;
	const struct btf_var_secinfo *at;
	struct btf *btf;
	int offset = -ENOENT;

	if (!info->btf_id || !info->btf_value_type_id)
		return -ENOENT;
	btf = btf__load_from_kernel_by_id(info->btf_id);
	if (!btf)
		return -errno;
	section = btf__type_by_id(btf, info->btf_value_type_id);
	if (section && btf_is_datasec(section)) {
		at = btf_var_secinfos(section);
		for (unsigned int i = 0; i < btf_vlen(section); i++) {
			variable = btf__type_by_id(btf, at[i].type);
			if (strcmp(btf__name_by_offset(btf, variable->name_off), "cfg") == 0)
				offset = (int)at[i].offset;
		}
	}
	btf__free(btf);
	return offset;
}

static enum program_owner judge(const struct pipeline_cfg *cfg, size_t size)
{
	if (size < offsetof(struct pipeline_cfg, role) || cfg->magic != PIPELINE_MAGIC)
		return OWNER_FOREIGN;
	if (cfg->abi != PIPELINE_ABI || cfg->size != sizeof(*cfg) || size < sizeof(*cfg) ||
	    cfg->layout != pipeline_layout())
		return OWNER_OTHER_BUILD;
	return OWNER_XDPCTL;
}

/* Take the configuration from the map's only value, if it holds one. */
static void read_cfg(struct program *program, int fd, const struct bpf_map_info *info, int offset)
{
	enum program_owner owner;
	struct pipeline_cfg cfg;
	size_t size;
	char *value;
	__u32 key = 0;

	if (offset < 0 || (uint32_t)offset >= info->value_size)
		return;
	value = calloc(1, info->value_size);
	if (value && bpf_map_lookup_elem(fd, &key, value) == 0) {
		size = info->value_size - (size_t)offset;
		memset(&cfg, 0, sizeof(cfg));
		memcpy(&cfg, value + offset, size < sizeof(cfg) ? size : sizeof(cfg));
		owner = judge(&cfg, size);
		if (owner != OWNER_FOREIGN) {
			program->owner = owner;
			program->cfg = cfg;
		}
	}
	free(value);
}

static bool ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

static void take_map(struct program *program, uint32_t id)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) || program->maps == PROGRAM_MAPS) {
		close(fd);
		return;
	}
	if (info.type == BPF_MAP_TYPE_ARRAY && info.max_entries == 1 &&
	    ends_with(info.name, ".rodata"))
		read_cfg(program, fd, &info, cfg_offset(&info));
	else if (info.type == BPF_MAP_TYPE_ARRAY && info.ifindex &&
		 strcmp(info.name, "config") == 0)
		read_cfg(program, fd, &info, 0);
	/* the record keeps its layout for as long as the ABI number does */
	if (strcmp(info.name, "prepared") == 0 && info.value_size != sizeof(struct preparations)) {
		close(fd);
		return;
	}
	snprintf(program->map[program->maps].name, PROGRAM_NAME, "%s", info.name);
	program->map[program->maps].id = id;
	program->map[program->maps++].fd = fd;
}

static void close_maps(struct program *program)
{
	while (program->maps)
		close(program->map[--program->maps].fd);
}

static int read_program(struct program *program)
{
	__u32 ids[FOREIGN_MAPS];
	struct bpf_prog_info info = { .map_ids = (uintptr_t)ids, .nr_map_ids = FOREIGN_MAPS };
	__u32 length = sizeof(info);
	int ret = bpf_obj_get_info_by_fd(program->fd, &info, &length);

	if (ret)
		return ret;
	snprintf(program->name, sizeof(program->name), "%s", info.name);
	for (int i = 0; i < 8; i++)
		snprintf(program->tag + 2 * i, 3, "%02x", info.tag[i]);
	/* ours has few maps: do not open hundreds of somebody else's */
	for (__u32 i = 0; i < info.nr_map_ids && info.nr_map_ids <= PROGRAM_MAPS; i++)
		take_map(program, ids[i]);
	if (program->owner == OWNER_FOREIGN || program->cfg.abi != PIPELINE_ABI)
		close_maps(program);
	return 0;
}

int program_open(uint32_t id, struct program *out, struct err *err)
{
	char object[32];
	int ret;

	*out = (struct program){ .id = id, .fd = bpf_prog_get_fd_by_id(id) };
	ret = out->fd < 0 ? out->fd : read_program(out);
	if (!ret)
		return 0;
	program_close(out);
	snprintf(object, sizeof(object), "program %u", id);
	return err_set(err, err_code_of(-ret), -ret, object, "cannot read it: %s", strerror(-ret));
}

void program_close(struct program *program)
{
	close_maps(program);
	if (program->id && program->fd >= 0)
		close(program->fd);
	*program = (struct program){ .fd = -1 };
}

int program_map(const struct program *program, const char *name)
{
	for (unsigned int i = 0; i < program->maps; i++) {
		if (strcmp(program->map[i].name, name) == 0)
			return program->map[i].fd;
	}
	return -1;
}

static int map_by_name(const void *context, const char *name)
{
	return program_map(context, name);
}

struct stage_maps program_stage_maps(const struct program *program)
{
	return (struct stage_maps){ .context = program, .fd = map_by_name };
}

bool program_is_from(const struct program *program, uint64_t netns)
{
	return program->owner != OWNER_XDPCTL || !program->cfg.netns || !netns ||
	       program->cfg.netns == netns;
}

bool program_is_open(const struct program *program)
{
	struct stage_maps maps = program_stage_maps(program);
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = stage_list(&program->cfg, list);

	for (unsigned int i = 0; i < n; i++) {
		if (list[i]->is_open && !list[i]->is_open(&program->cfg, &maps))
			return false;
	}
	return true;
}

int program_prepared(const struct program *program, struct preparations *out)
{
	int fd = program_map(program, "prepared"), ret;
	__u32 key = 0;

	*out = (struct preparations){ 0 };
	if (fd < 0)
		return 0;
	ret = bpf_map_lookup_elem(fd, &key, out);
	if (ret || out->count > PREPARATIONS)
		out->count = 0;
	return ret;
}

int program_set_prepared(const struct program *program, const struct preparations *prepared)
{
	int fd = program_map(program, "prepared");
	__u32 key = 0;

	if (fd < 0)
		return prepared->count ? -ENOENT : 0;
	return bpf_map_update_elem(fd, &key, prepared, BPF_ANY);
}
