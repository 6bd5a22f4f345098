/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

struct redirect_args {
	bool swap_mac, both;
	mac_addr src_mac, dst_mac;
};

_Static_assert(sizeof(struct redirect_args) <= STAGE_ARGS, "room in stage_use");
_Static_assert(REDIRECT_PORTS <= STAGE_WORDS, "room in stage_use");

static const struct field redirect_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "swap-mac",
	  .offset = offsetof(struct redirect_args, swap_mac),
	  .help = "exchange source and destination MAC address" },
	{ .type = FIELD_MAC,
	  .name = "src-mac",
	  .value = "MAC",
	  .offset = offsetof(struct redirect_args, src_mac),
	  .help = "set the source MAC address" },
	{ .type = FIELD_MAC,
	  .name = "dst-mac",
	  .value = "MAC",
	  .offset = offsetof(struct redirect_args, dst_mac),
	  .help = "set the destination MAC address" },
	{ .type = FIELD_FLAG,
	  .name = "both",
	  .offset = offsetof(struct redirect_args, both),
	  .help = "attach the way back to the other port too: a wire" },
	{ .type = FIELD_END },
};

static int redirect_add_port(struct redirect_cfg *redirect, const char *name, ifindex_t ifindex,
			     struct err *err)
{
	for (__u32 i = 0; i < redirect->ports; i++) {
		if (redirect->port[i] == ifindex)
			return err_set(err, ERR_USAGE, EINVAL, "redirect",
				       "%s is named twice as a port", name);
	}
	redirect->port[redirect->ports++] = ifindex;
	return 0;
}

static int redirect_check(const struct redirect_args *args, const struct redirect_cfg *redirect,
			  const struct stage_env *env, struct err *err)
{
	if (redirect->ports == 1 && redirect->port[0] == env->ifindex) {
		err_set(err, ERR_USAGE, EINVAL, "redirect", "the only port is the ingress itself");
		return err_hint(err, "use the stage reflect to send packets back");
	}
	if (args->both && redirect->ports != 1)
		return err_set(err, ERR_USAGE, EINVAL, "redirect", "--both takes one port");
	if (args->both && (!mac_is_zero(args->src_mac) || !mac_is_zero(args->dst_mac))) {
		err_set(err, ERR_USAGE, EINVAL, "redirect",
			"--both with --src-mac or --dst-mac: the way back needs other addresses");
		return err_hint(err, "attach each direction by itself");
	}
	if (args->swap_mac && (!mac_is_zero(args->src_mac) || !mac_is_zero(args->dst_mac)))
		return err_set(err, ERR_USAGE, EINVAL, "redirect",
			       "--swap-mac and --src-mac or --dst-mac exclude each other");
	return 0;
}

static int redirect_configure(const struct stage_use *use, const struct stage_env *env,
			      struct pipeline_cfg *cfg, struct err *err)
{
	const struct redirect_args *args = (const void *)use->args;
	struct redirect_cfg *redirect = &cfg->redirect;

	for (unsigned int i = 0; i < use->words; i++) {
		ifindex_t ifindex;
		int ret = env->ifindex_of(env->context, use->word[i], &ifindex, err);

		ret = ret ? ret : redirect_add_port(redirect, use->word[i], ifindex, err);
		if (ret)
			return ret;
	}
	redirect->flood = redirect->ports > 1;
	redirect->both = args->both;
	redirect->rewrite = (__u8)((args->swap_mac ? REWRITE_SWAP : 0) |
				   (mac_is_zero(args->src_mac) ? 0 : REWRITE_SRC) |
				   (mac_is_zero(args->dst_mac) ? 0 : REWRITE_DST));
	redirect->src_mac = args->src_mac;
	redirect->dst_mac = args->dst_mac;
	cfg->writes |= redirect->rewrite != 0;
	if (redirect->rewrite && cfg->parse < PARSE_L2)
		cfg->parse = PARSE_L2;
	return redirect_check(args, redirect, env, err);
}

static void redirect_recall(const struct pipeline_cfg *cfg, const struct stage_env *env,
			    struct stage_use *use)
{
	struct redirect_args *args = (void *)use->args;
	const struct redirect_cfg *redirect = &cfg->redirect;

	for (__u32 i = 0; i < redirect->ports && i < REDIRECT_PORTS; i++)
		env->name_of(env->context, redirect->port[i], use->word[use->words++]);
	args->both = redirect->both;
	args->swap_mac = redirect->rewrite & REWRITE_SWAP;
	args->src_mac = redirect->src_mac;
	args->dst_mac = redirect->dst_mac;
}

static int redirect_setup(struct bpf_object *object, const struct pipeline_cfg *cfg)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "redirect");

	if (!cfg->redirect.flood)
		return 0;
	return bpf_map__set_type(map, BPF_MAP_TYPE_DEVMAP_HASH)
		       ?: bpf_map__set_max_entries(map, REDIRECT_PORTS);
}

static int redirect_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	int fd = maps->fd(maps->context, "redirect");

	for (__u32 key = 0; key < cfg->redirect.ports; key++) {
		/* program 0: none */
		struct bpf_devmap_val port = { .ifindex = cfg->redirect.port[key] };
		int ret = bpf_map_update_elem(fd, &key, &port, BPF_ANY);

		if (ret) /* EINVAL: no such device. kernel/bpf/devmap.c __dev_map_alloc_node() */
			return ret == -EINVAL ? -ENODEV : ret;
	}
	return 0;
}

static int redirect_close(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	int fd = maps->fd(maps->context, "redirect");

	for (__u32 key = 0; key < cfg->redirect.ports; key++) {
		int ret = bpf_map_delete_elem(fd, &key);

		if (ret && ret != -ENOENT)
			return ret;
	}
	return 0;
}

static bool redirect_is_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	int fd = maps->fd(maps->context, "redirect");
	struct bpf_devmap_val port;

	for (__u32 key = 0; key < cfg->redirect.ports; key++) {
		if (bpf_map_lookup_elem(fd, &key, &port))
			return false;
	}
	return true;
}

static unsigned int redirect_targets(const struct pipeline_cfg *cfg,
				     ifindex_t out[static STAGE_TARGETS])
{
	unsigned int n = 0;

	for (__u32 i = 0; i < cfg->redirect.ports; i++) {
		if (cfg->redirect.port[i] != cfg->ifindex)
			out[n++] = cfg->redirect.port[i];
	}
	return n;
}

/* Programs that share a map of devices or CPUs have to be of one kind, multi-buffer or not:
 * kernel/bpf/core.c __bpf_prog_map_compatible() */
static bool redirect_same(const struct pipeline_cfg *a, const struct pipeline_cfg *b)
{
	return a->frags == b->frags && a->redirect.ports == b->redirect.ports &&
	       a->redirect.flood == b->redirect.flood &&
	       memcmp(a->redirect.port, b->redirect.port, sizeof(a->redirect.port)) == 0;
}

static bool redirect_reverse(const struct stage_use *use, const char *ifname,
			     struct stage_use *back, const char **other)
{
	const struct redirect_args *args = (const void *)use->args;

	if (!args->both || use->words != 1)
		return false;
	*other = use->word[0];
	snprintf(back->word[0], sizeof(back->word[0]), "%s", ifname);
	return true;
}

static bool redirect_one_buffer(const struct pipeline_cfg *cfg)
{
	return cfg->redirect.flood; /* the kernel copies frames of one buffer only */
}

static void redirect_limit_length(struct pipeline_cfg *cfg, uint32_t bytes)
{
	if (!cfg->redirect.max_length || bytes < cfg->redirect.max_length)
		cfg->redirect.max_length = bytes;
}

const struct stage stage_redirect = {
	.name = "redirect",
	.help = "send the packet out of another port, or a copy to each of several",
	.words = "IFACE [IFACE...]",
	.words_key = "ports",
	.min_words = 1,
	.max_words = REDIRECT_PORTS,
	.options = redirect_options,
	.id = STAGE_redirect,
	.is_last = redirect_is_last,
	.in_hw = redirect_in_hw,
	.map = "redirect",
	.configure = redirect_configure,
	.recall = redirect_recall,
	.setup = redirect_setup,
	.open = redirect_open,
	.close = redirect_close,
	.is_open = redirect_is_open,
	.targets = redirect_targets,
	.same = redirect_same,
	.reverse = redirect_reverse,
	.one_buffer = redirect_one_buffer,
	.limit_length = redirect_limit_length,
};
