/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <bpf/bpf.h>

struct reflect_args {
	bool l3, l4;
};

_Static_assert(sizeof(struct reflect_args) <= STAGE_ARGS, "room in stage_use");

static const struct field reflect_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "l3",
	  .offset = offsetof(struct reflect_args, l3),
	  .help = "swap IP addresses too; ARP and what else is not IP is passed" },
	{ .type = FIELD_FLAG,
	  .name = "l4",
	  .offset = offsetof(struct reflect_args, l4),
	  .help = "swap ports too (implies --l3) and answer ICMP echo requests" },
	{ .type = FIELD_END },
};

static int reflect_configure(const struct stage_use *use, const struct stage_env *env,
			     struct pipeline_cfg *cfg, struct err *err)
{
	const struct reflect_args *args = (const void *)use->args;

	(void)env;
	(void)err;
	cfg->reflect.level = args->l4 ? PARSE_L4 : args->l3 ? PARSE_L3 : PARSE_L2;
	cfg->writes = 1;
	if (cfg->parse < cfg->reflect.level)
		cfg->parse = (__u8)cfg->reflect.level;
	return 0;
}

static void reflect_recall(const struct pipeline_cfg *cfg, const struct stage_env *env,
			   struct stage_use *use)
{
	struct reflect_args *args = (void *)use->args;

	(void)env;
	args->l3 = cfg->reflect.level >= PARSE_L3;
	args->l4 = cfg->reflect.level >= PARSE_L4;
}

static int reflect_set_gate(const struct stage_maps *maps, __u32 is_open)
{
	struct reflect_gate gate = { .open = is_open };
	__u32 key = 0;

	return bpf_map_update_elem(maps->fd(maps->context, "reflect"), &key, &gate, BPF_ANY);
}

static int reflect_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	(void)cfg;
	return reflect_set_gate(maps, 1);
}

static int reflect_close(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	(void)cfg;
	return reflect_set_gate(maps, 0);
}

static bool reflect_is_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	struct reflect_gate gate = { 0 };
	__u32 key = 0;

	(void)cfg;
	return bpf_map_lookup_elem(maps->fd(maps->context, "reflect"), &key, &gate) == 0 &&
	       gate.open;
}

static unsigned int reflect_targets(const struct pipeline_cfg *cfg,
				    ifindex_t out[static STAGE_TARGETS])
{
	out[0] = cfg->ifindex;
	return 1;
}

static bool reflect_same(const struct pipeline_cfg *a, const struct pipeline_cfg *b)
{
	return a->ifindex == b->ifindex; /* the gate does not depend on what is swapped */
}

const struct stage stage_reflect = {
	.name = "reflect",
	.help = "swap MAC addresses and send the packet back out",
	.words = "",
	.options = reflect_options,
	.id = STAGE_reflect,
	.is_last = reflect_is_last,
	.in_hw = reflect_in_hw,
	.map = "reflect",
	.configure = reflect_configure,
	.recall = reflect_recall,
	.open = reflect_open,
	.close = reflect_close,
	.is_open = reflect_is_open,
	.targets = reflect_targets,
	.same = reflect_same,
};
