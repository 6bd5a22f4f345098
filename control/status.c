/* SPDX-License-Identifier: GPL-2.0-only */
#include "status.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "tap_site.h"

#define NOTE(plan, ...)                                                                  \
	do {                                                                             \
		if ((plan)->notes < PLAN_NOTES)                                          \
			snprintf((plan)->note[(plan)->notes++], PLAN_NOTE, __VA_ARGS__); \
	} while (0)

/* The checks of an attach, asked again: the machine may have changed since. */
static void examine(struct net *net, struct status_row *row)
{
	struct preflight pre = {
		.net = net, .link = &row->link, .mode = row->mode, .running = &row->prepared
	};
	struct pipeline_cfg cfg = row->program.cfg;
	struct stage_env env = control_env(net, cfg.ifindex);
	char text[32], port[STAGE_WORD_TEXT];
	struct plan plan;
	struct err err;

	if (!program_is_open(&row->program))
		NOTE(&row->health,
		     "%s: a port or a queue is gone or the attach was interrupted: packets it had are passed "
		     "to the stack; attach --replace or detach",
		     row->link.name);
	if (cfg.tapped && !tap_live(&row->program))
		NOTE(&row->health,
		     "%.40s: a capture ended without taking its tap out: packets pass as before; "
		     "`xdpctl detach %.40s%s` clears it",
		     row->link.name, row->link.name, cfg.guest ? "" : " --taps");
	if (preflight(&pre, &cfg, &plan, &err)) {
		if (err.code != ERR_NOT_FOUND) /* a port that is gone was said already */
			NOTE(&row->health, "%s: %.180s", err.object, err.message);
		return;
	}
	for (unsigned int i = 0; i < plan.notes; i++)
		NOTE(&row->health, "%s", plan.note[i]);
	for (uint32_t i = 0; i < plan.needs.count; i++) {
		const struct preparation *item = &plan.needs.item[i];

		if (!plan.satisfied[i])
			NOTE(&row->health, "%s%s: needs %s, or packets are lost",
			     env.name_of(env.context, item->port, port),
			     item->at_peer ? "'s peer" : "",
			     preparation_text(item, text, sizeof(text)));
	}
}

static int read_row(struct net *net, const struct link *link, enum xdp_mode mode,
		    struct status_row *row, struct err *err)
{
	struct stats stats;
	int ret;

	*row = (struct status_row){ .link = *link, .mode = mode };
	ret = program_open(link->xdp[mode], &row->program, err);
	if (row->program.owner == OWNER_OTHER_BUILD)
		NOTE(&row->health,
		     "%s: attached by another build of xdpctl: neither its stages nor its counters "
		     "can be read; attach --replace or detach",
		     link->name);
	if (ret || row->program.owner != OWNER_XDPCTL)
		return ret;
	if (program_is_from(&row->program, net->id))
		program_prepared(&row->program, &row->prepared);
	if (row->program.cfg.counting) {
		ret = stats_read(&row->program, &stats, err);
		if (ret)
			return ret;
		row->total = stats.total;
		stats_free(&stats);
	}
	if (!program_is_from(&row->program, net->id))
		NOTE(&row->health,
		     "%s: was attached in another network namespace: the ports it is about are there, "
		     "and what was prepared for it stays when it is detached here",
		     link->name);
	else if (mode != XDP_MODE_HW)
		examine(net, row);
	return 0;
}

static int read_links(struct net *net, const char *ifname, struct link **links, unsigned int *count,
		      struct err *err)
{
	int ret;

	if (!ifname)
		return link_dump(&net->route, links, count, err);
	*links = calloc(1, sizeof(**links));
	if (!*links)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	*count = 1;
	ret = link_by_name(&net->route, ifname, *links, err);
	if (ret)
		free(*links);
	return ret;
}

void status_free(struct status_row *rows, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		program_close(&rows[i].program);
	free(rows);
}

static unsigned int count_programs(const struct link *links, unsigned int count)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++) {
		for (enum xdp_mode mode = XDP_MODE_DRV; mode < XDP_MODES; mode++)
			n += links[i].xdp[mode] != 0;
	}
	return n;
}

int status_read(struct net *net, const char *ifname, struct status_row **rows, unsigned int *count,
		struct err *err)
{
	struct link *links;
	unsigned int n, room;
	int ret = read_links(net, ifname, &links, &n, err);

	*count = 0;
	if (ret)
		return ret;
	room = count_programs(links, n);
	*rows = calloc(room ? room : 1, sizeof(**rows));
	if (!*rows)
		ret = err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	for (unsigned int i = 0; i < n && !ret; i++) {
		for (enum xdp_mode mode = XDP_MODE_DRV; mode < XDP_MODES && !ret; mode++) {
			if (!links[i].xdp[mode])
				continue;
			ret = read_row(net, &links[i], mode, &(*rows)[*count], err);
			if (ret == -ENOENT) { /* taken off while we looked */
				program_close(&(*rows)[*count].program);
				ret = 0;
				continue;
			}
			(*count)++;
		}
	}
	free(links);
	if (ret) {
		status_free(*rows, *count);
		*count = 0;
	}
	return ret;
}

/* ---- counters */

static void take_counter(struct stats *stats, uint32_t index, const struct tally *values)
{
	struct tally sum = tally_sum(values, stats->cpus);

	tally_add(&stats->total, sum);
	tally_add(&stats->verdict[OUTCOME_VERDICT(index)], sum);
	stats->reason[OUTCOME_REASON(index)] += sum.packets;
	for (unsigned int cpu = 0; cpu < stats->cpus; cpu++)
		tally_add(&stats->cpu[cpu], values[cpu]);
}

static int read_counters(int fd, struct stats *stats, struct tally *values)
{
	int ret = 0;

	for (uint32_t index = 0; index < COUNTERS && !ret; index++) {
		if (OUTCOME_REASON(index) >= REASONS)
			continue;
		ret = percpu_read(fd, &index, stats->cpus, values);
		if (!ret)
			take_counter(stats, index, values);
	}
	return ret;
}

/* A device has all its counters in one element. */
static int read_hw_counters(int fd, struct stats *stats)
{
	struct tally values[COUNTERS];
	__u32 key = 0;
	int ret = bpf_map_lookup_elem(fd, &key, values);

	for (uint32_t index = 0; index < COUNTERS && !ret; index++) {
		if (OUTCOME_REASON(index) < REASONS)
			take_counter(stats, index, &values[index]);
	}
	return ret;
}

static int by_packets(const void *a, const void *b)
{
	uint64_t x = ((const struct stats_part *)a)->sum.packets;
	uint64_t y = ((const struct stats_part *)b)->sum.packets;

	return (x < y) - (x > y);
}

static int read_parts(int fd, const struct pipeline_cfg *cfg, struct stats *stats,
		      struct tally *values)
{
	struct count_key key, next;
	const void *from = NULL;

	stats->part = calloc(cfg->count.entries, sizeof(*stats->part));
	if (!stats->part)
		return -ENOMEM;
	/* nothing is ever deleted from this map, so the walk cannot restart */
	while (stats->parts < cfg->count.entries && bpf_map_get_next_key(fd, from, &next) == 0) {
		key = next;
		from = &key;
		if (percpu_read(fd, &key, stats->cpus, values))
			continue;
		stats->part[stats->parts].key = key;
		stats->part[stats->parts].sum = tally_sum(values, stats->cpus);
		stats->parts += stats->part[stats->parts].sum.packets != 0;
	}
	qsort(stats->part, stats->parts, sizeof(*stats->part), by_packets);
	return 0;
}

/* A queue that somebody changed by other means may have lost the program that counts. */
static bool queues_count(const struct program *program)
{
	const struct steer_cfg *steer = &program->cfg.steer;
	int fd = program_map(program, "steer");
	struct bpf_cpumap_val queue;

	for (__u32 i = 0; i < steer->cpus && i < STEER_CPUS; i++) {
		__u32 cpu = steer->cpu[i];

		if (bpf_map_lookup_elem(fd, &cpu, &queue) == 0 && !queue.bpf_prog.id)
			return false;
	}
	return program->cfg.last == STAGE_steer;
}

/* Read after what was steered, so that what arrives meanwhile is not counted as lost. */
static int read_arrived(int fd, const struct program *program, struct stats *stats)
{
	const uint32_t index = COUNTER_ARRIVED;
	uint64_t steered = stats->reason[REASON_steered], arrived;
	int ret = percpu_read(fd, &index, stats->cpus, stats->arrived);

	if (ret)
		return ret;
	arrived = tally_sum(stats->arrived, stats->cpus).packets;
	stats->lost = steered > arrived ? steered - arrived : 0;
	stats->arrivals_known = queues_count(program);
	return 0;
}

int stats_read(const struct program *program, struct stats *out, struct err *err)
{
	int counters = program_map(program, "counters"), parts = program_map(program, "count");
	struct tally *values;
	int ret;

	/* what the kernel writes decides, not what the program says of itself */
	*out = (struct stats){ .cpus = program_map(program, "config") >= 0 ? 1 : percpu_cpus() };
	out->cpu = calloc(out->cpus, sizeof(*out->cpu));
	out->arrived = calloc(out->cpus, sizeof(*out->arrived));
	values = calloc(out->cpus, sizeof(*values));
	if (!out->cpus)
		ret = -ENOTSUP;
	else if (!out->cpu || !out->arrived || !values)
		ret = -ENOMEM;
	else if (counters < 0)
		ret = program->cfg.counting ? -ENOENT : 0;
	else if (program_map(program, "config") >= 0)
		ret = read_hw_counters(counters, out);
	else
		ret = read_counters(counters, out, values) ?: read_arrived(counters, program, out);
	if (!ret && parts >= 0)
		ret = read_parts(parts, &program->cfg, out, values);
	free(values);
	if (!ret)
		return 0;
	stats_free(out);
	return err_set(err, err_code_of(-ret), -ret, "counters", "cannot read them: %s",
		       strerror(-ret));
}

void stats_free(struct stats *stats)
{
	free(stats->cpu);
	free(stats->part);
	free(stats->arrived);
	*stats = (struct stats){ 0 };
}
