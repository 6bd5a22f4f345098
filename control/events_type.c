/* SPDX-License-Identifier: GPL-2.0-only */
#include "events.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

int events_type(const char *text, const struct btf *base, struct type **out, struct err *err)
{
	static const struct {
		const char *word;
		uint32_t kind;
	} kinds[] = {
		{ "struct ", BTF_KIND_STRUCT },
		{ "union ", BTF_KIND_UNION },
		{ "enum ", BTF_KIND_ENUM },
	};
	int id = -ENOENT;

	if (!base) {
		err_set(err, ERR_NOT_FOUND, ENOENT, text,
			"there is no BTF to look in: the map has none, nor has a program that "
			"uses it");
		return err_hint(err, "without --as the bytes are shown");
	}
	for (size_t i = 0; id < 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i].word);

		if (strncmp(text, kinds[i].word, length) == 0)
			id = btf__find_by_name_kind(base, text + length, kinds[i].kind);
	}
	if (id < 0)
		id = btf__find_by_name_kind(base, text, BTF_KIND_TYPEDEF);
	if (id < 0)
		id = btf__find_by_name_kind(base, text, BTF_KIND_INT);
	if (id >= 0)
		return type_from_btf(base, (uint32_t)id, out, err);
	err_set(err, ERR_NOT_FOUND, ENOENT, text, "the BTF of the map's program has no such type");
	return err_hint(err, "write 'struct NAME' or the name of a typedef; `bpftool btf dump` "
			     "lists them");
}
