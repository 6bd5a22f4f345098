/* SPDX-License-Identifier: GPL-2.0-only */
#include "load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load_object.h"
#include "percpu.h"
#include "pipeline_hw.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

static void start_cfg(struct pipeline_cfg *cfg, uint32_t ifindex, uint64_t netns,
		      enum pipeline_role role)
{
	*cfg = (struct pipeline_cfg){
		.magic = PIPELINE_MAGIC,
		.abi = PIPELINE_ABI,
		.size = sizeof(*cfg),
		.layout = pipeline_layout(),
		.role = role,
		.cpus = percpu_cpus(),
		.netns = netns,
		.ifindex = ifindex,
		.counting = 1,
		.frags = 1,
	};
}

static int add_stage(const struct stage_use *use, bool is_final, struct pipeline_cfg *cfg,
		     unsigned int *inner, struct err *err)
{
	const struct stage *stage = use->stage;

	if (stage->is_last && !is_final) {
		err_set(err, ERR_USAGE, EINVAL, stage->name,
			"a stage behind it would never see a packet");
		return err_hint(err, "put %s at the end", stage->name);
	}
	for (unsigned int i = 0; i < *inner; i++) {
		if (cfg->inner[i] == stage->id)
			return err_set(err, ERR_USAGE, EINVAL, stage->name, "is there twice");
	}
	if (stage->is_last)
		cfg->last = stage->id;
	else if (*inner == PIPELINE_STAGES - 1)
		return err_set(err, ERR_USAGE, E2BIG, stage->name, "is one stage too many");
	else
		cfg->inner[(*inner)++] = stage->id;
	return 0;
}

int pipeline_configure(const struct stage_use *use, unsigned int uses, bool counting,
		       const struct stage_env *env, struct pipeline_cfg *cfg, struct err *err)
{
	unsigned int inner = 0;
	int ret;

	start_cfg(cfg, env->ifindex, env->netns, ROLE_PIPELINE);
	if (!cfg->cpus)
		return err_set(err, ERR_FAILED, ENOENT, "pipeline",
			       "cannot tell the number of possible CPUs");
	cfg->counting = counting;
	for (unsigned int i = 0; i < uses; i++) {
		ret = add_stage(&use[i], i == uses - 1, cfg, &inner, err);
		if (!ret && use[i].stage->configure)
			ret = use[i].stage->configure(&use[i], env, cfg, err);
		if (ret)
			return ret;
	}
	return 0;
}

bool kernel_has_frags(void)
{
	struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpctl_probe", "GPL", pass, 2, &opts);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int load_failed(int ret, struct err *err)
{
	char object[32];

	snprintf(object, sizeof(object), "pipeline");
	if (ret == -EPERM || ret == -EACCES) {
		err_set(err, ERR_PERMISSION, -ret, object, "the kernel refused to load it: %s",
			strerror(-ret));
		return err_hint(err, "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are needed");
	}
	err_set(err, ERR_FAILED, -ret, object, "the kernel refused to load it: %s", strerror(-ret));
	return err_hint(err, "-v shows the kernel's log; `xdpctl doctor` what it lacks");
}

/* Stages that are off have no maps. */
int load_leave_out(struct bpf_object *object)
{
	int ret = 0;

	for (const struct stage *const *s = stages; *s; s++) {
		const char *names[] = { (*s)->map, (*s)->side_map };

		for (size_t i = 0; i < 2 && !ret; i++) {
			struct bpf_map *map =
				names[i] ? bpf_object__find_map_by_name(object, names[i]) : NULL;

			ret = map ? bpf_map__set_autocreate(map, false) : 0;
		}
	}
	return ret;
}

/* The program id by which everything else is found. */
int load_read_back(int fd, struct program *out, struct err *err)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int ret = bpf_obj_get_info_by_fd(fd, &info, &length);

	if (ret)
		return err_set(err, ERR_FAILED, -ret, "pipeline", "cannot read it back: %s",
			       strerror(-ret));
	return program_open(info.id, out, err);
}

static int check_hw_stages(const struct pipeline_cfg *cfg, struct err *err)
{
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = stage_list(cfg, list);

	for (unsigned int i = 0; i < n; i++) {
		if (list[i]->in_hw && !(list[i]->map_needed && list[i]->map_needed(cfg)))
			continue;
		err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, list[i]->name,
			"devices cannot run this stage%s",
			list[i]->in_hw ? " with a breakdown" : "");
		return err_hint(err, "take it out or use --mode drv");
	}
	return 0;
}

static int load_hardware(struct pipeline_cfg *cfg, uint32_t ifindex, struct program *out,
			 struct err *err)
{
	struct pipeline_hw *skeleton;
	struct bpf_map *map;
	__u32 key = 0;
	int ret;

	ret = check_hw_stages(cfg, err);
	if (ret)
		return ret;
	skeleton = pipeline_hw__open();
	if (!skeleton)
		return load_failed(-errno, err);
	cfg->cpus = 1; /* its maps are shared by all queues */
	cfg->counting = 1;
	ret = load_leave_out(skeleton->obj);
	bpf_program__set_ifindex(skeleton->progs.xdpctl_hw, ifindex);
	bpf_object__for_each_map (map, skeleton->obj)
		ret = ret ?: bpf_map__set_ifindex(map, ifindex);
	ret = ret ?: pipeline_hw__load(skeleton);
	ret = ret ?: bpf_map_update_elem(bpf_map__fd(skeleton->maps.config), &key, cfg, BPF_ANY);
	if (ret) {
		load_failed(ret, err);
		if (err && ret != -EPERM)
			err->code = ERR_UNSUPPORTED;
	} else {
		ret = load_read_back(bpf_program__fd(skeleton->progs.xdpctl_hw), out, err);
	}
	pipeline_hw__destroy(skeleton);
	return ret;
}

int pipeline_load(struct pipeline_cfg *cfg, const struct program *running, uint32_t hw_ifindex,
		  struct program *out, struct err *err)
{
	if (running && (running->owner != OWNER_XDPCTL || running->cfg.ifindex != cfg->ifindex))
		running = NULL;
	return hw_ifindex ? load_hardware(cfg, hw_ifindex, out, err)
			  : load_software(cfg, running, out, err);
}

int receiver_load(uint32_t ifindex, uint64_t netns, struct program *out, struct err *err)
{
	struct pipeline_cfg cfg;

	start_cfg(&cfg, ifindex, netns, ROLE_RECEIVER);
	cfg.last = STAGE_pass;
	return pipeline_load(&cfg, NULL, 0, out, err);
}

static int stage_failed(int ret, const struct stage *stage, struct err *err)
{
	return err_set(err, ret == -ENODEV ? ERR_NOT_FOUND : ERR_FAILED, -ret, stage->name,
		       "cannot write its map: %s", strerror(-ret));
}

int program_start(const struct program *program, struct err *err)
{
	struct stage_maps maps = program_stage_maps(program);
	const struct pipeline_cfg *cfg = &program->cfg;
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = stage_list(cfg, list);
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		if (!list[i]->open || (list[i]->is_open && list[i]->is_open(cfg, &maps)))
			continue;
		ret = list[i]->open(cfg, &maps);
		if (ret)
			return stage_failed(ret, list[i], err);
	}
	return 0;
}

int program_stop(const struct program *program, struct err *err)
{
	struct stage_maps maps = program_stage_maps(program);
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = stage_list(&program->cfg, list);
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		ret = list[i]->close ? list[i]->close(&program->cfg, &maps) : 0;
		if (ret)
			return stage_failed(ret, list[i], err);
	}
	return 0;
}
