/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "steer_arrive.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

#define QUEUE_DEFAULT 2048
#define QUEUE_MAX     16384 /* kernel/bpf/cpumap.c cpu_map_update_elem() */

struct steer_args {
	int by; /* enum steer_by */
	uint64_t queue;
};

_Static_assert(sizeof(struct steer_args) <= STAGE_ARGS, "room in stage_use");

static const char *const by_names[] = {
	[STEER_BY_FLOW] = "flow",
	[STEER_BY_SRC] = "src",
	[STEER_BY_DST] = "dst",
	[STEER_BY_ROUND_ROBIN] = "round-robin",
	NULL,
};

static const struct field steer_options[] = {
	{ .type = FIELD_CHOICE,
	  .name = "by",
	  .value = "flow|src|dst|round-robin",
	  .offset = offsetof(struct steer_args, by),
	  .choices = by_names,
	  .help = "what picks the CPU (flow); fragments go by addresses, non-IP by MACs" },
	{ .type = FIELD_COUNT,
	  .name = "queue",
	  .value = "N",
	  .offset = offsetof(struct steer_args, queue),
	  .min = 1,
	  .max = QUEUE_MAX,
	  .help = "room for each CPU (default 2048 packets); what overflows is lost, and counted" },
	{ .type = FIELD_END },
};

/* Why this one cannot be used, and which can. */
static int no_cpu(unsigned int cpu, const struct stage_env *env, struct err *err)
{
	struct cpulist possible, online;
	unsigned int from = 0;
	char text[256];
	int ret = env->cpus(env->context, &possible, &online);

	if (ret)
		return err_set(err, ERR_FAILED, -ret, "steer",
			       "cannot tell which CPUs there are: %s", strerror(-ret));
	cpulist_text(&online, &from, text, sizeof(text));
	if (!cpulist_has(&possible, cpu)) {
		err_set(err, ERR_NOT_FOUND, ENODEV, "steer", "there is no CPU %u", cpu);
		return err_hint(err, "online are %s", text);
	}
	err_set(err, ERR_NOT_FOUND, ENODEV, "steer", "CPU %u is offline", cpu);
	return err_hint(err, "online are %s; /sys/devices/system/cpu/cpu%u/online switches", text,
			cpu);
}

static int take_words(const struct stage_use *use, const struct stage_env *env,
		      struct cpulist *list, struct err *err)
{
	unsigned int at;

	for (unsigned int i = 0; i < use->words; i++) {
		int ret = cpulist_add(list, use->word[i], &at);

		if (ret == -EEXIST)
			return err_set(err, ERR_USAGE, EINVAL, "steer", "CPU %u is named twice",
				       at);
		if (ret == -ERANGE)
			return no_cpu(at, env, err);
		if (!ret)
			continue;
		err_set(err, ERR_USAGE, EINVAL, "steer", "\"%s\" is not a list of CPUs",
			use->word[i]);
		return err_hint(err, "write it as 0-3,5: whole numbers, ranges upwards, no blanks");
	}
	if (cpulist_count(list) > STEER_CPUS)
		return err_set(err, ERR_USAGE, E2BIG, "steer", "%u CPUs are too many, at most %d",
			       cpulist_count(list), STEER_CPUS);
	return 0;
}

/* All of them are online, or the first that is not is named. */
static int check_cpus(const struct cpulist *list, const struct stage_env *env, struct err *err)
{
	struct cpulist possible, online;
	unsigned int cpu;

	if (env->cpus(env->context, &possible, &online))
		return no_cpu(cpulist_next(list, 0), env, err);
	for (cpu = cpulist_next(list, 0); cpu < CPULIST_CPUS; cpu = cpulist_next(list, cpu + 1)) {
		if (!cpulist_has(&online, cpu))
			return no_cpu(cpu, env, err);
	}
	return 0;
}

static int steer_configure(const struct stage_use *use, const struct stage_env *env,
			   struct pipeline_cfg *cfg, struct err *err)
{
	const struct steer_args *args = (const void *)use->args;
	struct cpulist list = { 0 };
	unsigned int cpu;
	int ret = take_words(use, env, &list, err);

	ret = ret ?: check_cpus(&list, env, err);
	if (ret)
		return ret;
	for (cpu = cpulist_next(&list, 0); cpu < CPULIST_CPUS; cpu = cpulist_next(&list, cpu + 1))
		cfg->steer.cpu[cfg->steer.cpus++] = (__u16)cpu;
	cfg->steer.by = (__u32)args->by;
	cfg->steer.queue = args->queue ? (__u32)args->queue : QUEUE_DEFAULT;
	if (cfg->steer.cpus > 1 && args->by != STEER_BY_ROUND_ROBIN && cfg->parse < PARSE_L4)
		cfg->parse = args->by == STEER_BY_FLOW ? PARSE_L4 : PARSE_L3;
	return 0;
}

static void steer_recall(const struct pipeline_cfg *cfg, const struct stage_env *env,
			 struct stage_use *use)
{
	struct steer_args *args = (void *)use->args;
	struct cpulist list = { 0 };
	unsigned int from = 0;

	(void)env;
	for (__u32 i = 0; i < cfg->steer.cpus && i < STEER_CPUS; i++)
		cpulist_put(&list, cfg->steer.cpu[i]);
	while (use->words < STAGE_WORDS &&
	       cpulist_text(&list, &from, use->word[use->words], STAGE_WORD_TEXT)[0])
		use->words++;
	args->by = cfg->steer.by <= STEER_BY_ROUND_ROBIN ? (int)cfg->steer.by : STEER_BY_FLOW;
	args->queue = cfg->steer.queue;
}

static int steer_setup(struct bpf_object *object, const struct pipeline_cfg *cfg)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "steer");
	struct bpf_map *turn = bpf_object__find_map_by_name(object, "steer_turn");
	__u32 last = cfg->steer.cpu[(cfg->steer.cpus - 1) % STEER_CPUS];

	return bpf_map__set_max_entries(map, cfg->cpus > last ? cfg->cpus : last + 1)
		       ?: bpf_map__set_autocreate(turn, cfg->steer.by == STEER_BY_ROUND_ROBIN);
}

/* The kernel wants a program behind a queue to be of the same kind as the one before it, multi-
 * buffer or not: kernel/bpf/core.c __bpf_prog_map_compatible(). */
static int load_arrive(const struct pipeline_cfg *cfg, const struct stage_maps *maps,
		       struct steer_arrive *skeleton)
{
	int ret = bpf_map__reuse_fd(skeleton->maps.counters, maps->fd(maps->context, "counters"));

	skeleton->rodata->frags = cfg->frags;
	if (!ret && cfg->frags)
		ret = bpf_program__set_flags(skeleton->progs.steer_arrive, BPF_F_XDP_HAS_FRAGS);
	return ret ?: steer_arrive__load(skeleton);
}

/* What is there stays: somebody may have changed its length. */
static int add_queues(const struct pipeline_cfg *cfg, int fd, int program)
{
	struct bpf_cpumap_val value;

	for (__u32 i = 0; i < cfg->steer.cpus; i++) {
		__u32 cpu = cfg->steer.cpu[i];
		int ret = 0;

		if (bpf_map_lookup_elem(fd, &cpu, &value)) {
			value = (struct bpf_cpumap_val){ .qsize = cfg->steer.queue,
							 .bpf_prog.fd = program };
			ret = bpf_map_update_elem(fd, &cpu, &value, BPF_ANY);
		}
		if (ret)
			return ret;
	}
	return 0;
}

/* The map's elements keep the program that counts what arrives. */
static int steer_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	int fd = maps->fd(maps->context, "steer"), ret;
	struct steer_arrive *skeleton;

	if (!cfg->counting)
		return add_queues(cfg, fd, 0);
	skeleton = steer_arrive__open();
	if (!skeleton)
		return -errno;
	ret = load_arrive(cfg, maps, skeleton);
	if (!ret)
		ret = add_queues(cfg, fd, bpf_program__fd(skeleton->progs.steer_arrive));
	steer_arrive__destroy(skeleton);
	return ret;
}

/* The kernel delivers what waits in a queue before it frees it: kernel/bpf/cpumap.c
 * cpu_map_kthread_run(). */
static int steer_close(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	int fd = maps->fd(maps->context, "steer");

	for (__u32 i = 0; i < cfg->steer.cpus; i++) {
		__u32 cpu = cfg->steer.cpu[i];
		int ret = bpf_map_delete_elem(fd, &cpu);

		if (ret && ret != -ENOENT)
			return ret;
	}
	return 0;
}

static bool steer_is_open(const struct pipeline_cfg *cfg, const struct stage_maps *maps)
{
	int fd = maps->fd(maps->context, "steer");
	struct bpf_cpumap_val value;

	for (__u32 i = 0; i < cfg->steer.cpus; i++) {
		__u32 cpu = cfg->steer.cpu[i];

		if (bpf_map_lookup_elem(fd, &cpu, &value))
			return false;
	}
	return true;
}

/* A map belongs to programs of one kind, multi-buffer or not, and its programs count or not. */
static bool steer_same(const struct pipeline_cfg *a, const struct pipeline_cfg *b)
{
	return a->frags == b->frags && a->counting == b->counting &&
	       a->steer.cpus == b->steer.cpus && a->steer.queue == b->steer.queue &&
	       memcmp(a->steer.cpu, b->steer.cpu, sizeof(a->steer.cpu)) == 0;
}

const struct stage stage_steer = {
	.name = "steer",
	.help = "send packets to the network stacks of other CPUs",
	.words = "CPU[,CPU-CPU...]",
	.words_key = "cpus",
	.min_words = 1,
	.max_words = STAGE_WORDS,
	.options = steer_options,
	.id = STAGE_steer,
	.is_last = steer_is_last,
	.in_hw = steer_in_hw,
	.map = "steer",
	.side_map = "steer_turn",
	.remakes = true,
	.skb_since = { 5, 15 },
	.configure = steer_configure,
	.recall = steer_recall,
	.setup = steer_setup,
	.open = steer_open,
	.close = steer_close,
	.is_open = steer_is_open,
	.same = steer_same,
};
