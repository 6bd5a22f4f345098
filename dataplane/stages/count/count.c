/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "percpu.h"

struct count_args {
	int by; /* enum count_by */
	uint64_t entries;
};

_Static_assert(sizeof(struct count_args) <= STAGE_ARGS, "room in stage_use");
_Static_assert(sizeof(struct count_key) == 24, "ABI of the map");

static const char *const by_names[] = {
	[COUNT_BY_NOTHING] = "none",
	[COUNT_BY_PROTO] = "proto",
	[COUNT_BY_PORT] = "port",
	[COUNT_BY_SRC] = "src",
	NULL,
};

static const struct field count_options[] = {
	{ .type = FIELD_CHOICE,
	  .name = "by",
	  .value = "none|proto|port|src",
	  .offset = offsetof(struct count_args, by),
	  .choices = by_names,
	  .help = "break down by IP protocol, destination port or source address" },
	{ .type = FIELD_COUNT,
	  .name = "entries",
	  .value = "N",
	  .offset = offsetof(struct count_args, entries),
	  .min = 2,
	  .max = 1 << 20,
	  .help = "room of the breakdown (default 10240); the rest counts as \"other\"" },
	{ .type = FIELD_END },
};

static int count_configure(const struct stage_use *use, const struct stage_env *env,
			   struct pipeline_cfg *cfg, struct err *err)
{
	const struct count_args *args = (const void *)use->args;

	(void)env;
	if (args->entries && args->by == COUNT_BY_NOTHING)
		return err_set(err, ERR_USAGE, EINVAL, "count", "--entries without --by");
	cfg->count.by = (__u32)args->by;
	if (!args->by)
		return 0;
	cfg->count.entries = args->entries ? (__u32)args->entries : 10240;
	if (cfg->parse < (args->by == COUNT_BY_PORT ? PARSE_L4 : PARSE_L3))
		cfg->parse = args->by == COUNT_BY_PORT ? PARSE_L4 : PARSE_L3;
	return 0;
}

static void count_recall(const struct pipeline_cfg *cfg, const struct stage_env *env,
			 struct stage_use *use)
{
	struct count_args *args = (void *)use->args;

	(void)env;
	args->by = cfg->count.by <= COUNT_BY_SRC ? (int)cfg->count.by : COUNT_BY_NOTHING;
	args->entries = cfg->count.entries;
}

static bool count_map_needed(const struct pipeline_cfg *cfg)
{
	return cfg->count.by != COUNT_BY_NOTHING;
}

static int count_setup(struct bpf_object *object, const struct pipeline_cfg *cfg)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "count");

	return bpf_map__set_max_entries(map, cfg->count.entries);
}

/* Make room beforehand for what will find no room. */
static int count_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	struct count_key other = { .other = 1 };
	struct counter *zero;
	int fd = maps->fd(maps->context, "count"), ret;

	if (!count_map_needed(cfg))
		return 0;
	zero = calloc(percpu_cpus(), sizeof(*zero));
	if (!zero)
		return -ENOMEM;
	ret = bpf_map_update_elem(fd, &other, zero, BPF_NOEXIST);
	free(zero);
	return ret == -EEXIST ? 0 : ret;
}

static bool count_same(const struct pipeline_cfg *a, const struct pipeline_cfg *b)
{
	return a->count.by == b->count.by && a->count.entries == b->count.entries;
}

const struct stage stage_count = {
	.name = "count",
	.help = "count by verdict and reason (always on), with --by also a breakdown",
	.words = "",
	.options = count_options,
	.id = STAGE_count,
	.is_last = count_is_last,
	.in_hw = count_in_hw,
	.map = "count",
	.configure = count_configure,
	.recall = count_recall,
	.map_needed = count_map_needed,
	.setup = count_setup,
	.open = count_open,
	.same = count_same,
};
