/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "load.h"
#include "load_object.h"
#include "pipeline_steal.skel.h"
#include "pipeline_xdp.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

/* One of the two objects, which differ in whether a capture can take packets away. */
struct software {
	void *memory; /* its skeleton */
	struct bpf_object_skeleton *skeleton;
	struct bpf_object *object;
	struct bpf_program *program;
	struct pipeline_cfg *cfg;
};

static int open_plain(struct software *out)
{
	struct pipeline_xdp *s = pipeline_xdp__open();

	if (s)
		*out = (struct software){ s, s->skeleton, s->obj, s->progs.xdpctl_xdp,
					  &s->rodata->cfg };
	return s ? 0 : -errno;
}

static int open_stealing(struct software *out)
{
	struct pipeline_steal *s = pipeline_steal__open();

	if (s)
		*out = (struct software){ s, s->skeleton, s->obj, s->progs.xdpctl_xdp,
					  &s->rodata->cfg };
	return s ? 0 : -errno;
}

static struct bpf_map *map_of(const struct software *software, const char *name)
{
	return bpf_object__find_map_by_name(software->object, name);
}

static int reuse(struct bpf_map *map, const struct program *running)
{
	int fd = running ? program_map(running, bpf_map__name(map)) : -1;

	return fd < 0 ? 0 : bpf_map__reuse_fd(map, fd);
}

static int setup_stage(struct bpf_object *object, const struct stage *stage,
		       const struct pipeline_cfg *cfg, const struct program *running)
{
	struct bpf_map *map;
	int ret = 0;

	if (!stage->map || (stage->map_needed && !stage->map_needed(cfg)))
		return 0;
	map = bpf_object__find_map_by_name(object, stage->map);
	ret = bpf_map__set_autocreate(map, true);
	if (!ret && stage->setup)
		ret = stage->setup(object, cfg);
	if (!ret && running && stage->same && stage->same(cfg, &running->cfg))
		ret = reuse(map, running);
	return ret;
}

/* Only the maps that this configuration uses come to be. */
static int setup_maps(struct bpf_object *object, const struct pipeline_cfg *cfg,
		      const struct program *running)
{
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = stage_list(cfg, list);
	struct bpf_map *map;
	int ret = load_leave_out(object);

	for (unsigned int i = 0; i < n; i++)
		ret = ret ?: setup_stage(object, list[i], cfg, running);
	map = bpf_object__find_map_by_name(object, "counters");
	if (!cfg->counting)
		ret = ret ?: bpf_map__set_autocreate(map, false);
	else
		ret = ret ?: reuse(map, running);
	return ret;
}

/* The taps' maps are those of the running pipeline, or new ones without a tap. */
static int setup_tap_maps(const struct software *software, const struct pipeline_cfg *cfg,
			  const struct program *running)
{
	static const char *const names[] = { "taps", "tap_scratch", "tap_state" };
	int ret = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !ret; i++) {
		struct bpf_map *map = map_of(software, names[i]);

		ret = cfg->tapped ? reuse(map, running) : bpf_map__set_autocreate(map, false);
	}
	if (!ret && cfg->steal)
		ret = bpf_map__set_max_entries(map_of(software, "steal_xsks"), cfg->queues);
	return ret;
}

static int bind(const struct software *software, const char *name)
{
	return bpf_prog_bind_map(bpf_program__fd(software->program),
				 bpf_map__fd(map_of(software, name)), NULL);
}

static int load(const struct software *software, struct pipeline_cfg *cfg,
		const struct program *running)
{
	bool same_role = running && running->cfg.role == cfg->role;
	int ret;

	*software->cfg = *cfg;
	ret = setup_maps(software->object, cfg, same_role ? running : NULL);
	ret = ret ?: setup_tap_maps(software, cfg, running);
	if (!ret && cfg->frags)
		ret = bpf_program__set_flags(software->program, BPF_F_XDP_HAS_FRAGS);
	ret = ret ?: bpf_object__load_skeleton(software->skeleton);
	ret = ret ?: bind(software, "prepared");
	if (!ret && cfg->tapped)
		ret = bind(software, "tap_state");
	return ret;
}

int load_software(struct pipeline_cfg *cfg, const struct program *running, struct program *out,
		  struct err *err)
{
	struct software software;
	int ret;

	ret = cfg->steal ? open_stealing(&software) : open_plain(&software);
	if (ret)
		return load_failed(ret, err);
	cfg->frags = cfg->frags && kernel_has_frags();
	if (cfg->tapped)
		cfg->tapped = cfg->writes && kernel_has_frags() ? TAPPED_SAVES : TAPPED;
	ret = load(&software, cfg, running);
	if (ret)
		load_failed(ret, err);
	else
		ret = load_read_back(bpf_program__fd(software.program), out, err);
	bpf_object__destroy_skeleton(software.skeleton);
	free(software.memory);
	return ret;
}
