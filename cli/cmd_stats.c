/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "clock.h"
#include "show.h"
#include "status.h"

struct stats_args {
	double interval;
	uint64_t count;
	bool per_cpu;
};

static const struct field stats_options[] = {
	{ .type = FIELD_SECONDS,
	  .name = "interval",
	  .value = "SEC",
	  .offset = offsetof(struct stats_args, interval),
	  .max = 86400,
	  .help = "show again every SEC seconds, with rates, until a signal" },
	{ .type = FIELD_COUNT,
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct stats_args, count),
	  .min = 1,
	  .max = UINT32_MAX,
	  .help = "end after N rounds (with --interval)" },
	{ .type = FIELD_FLAG,
	  .name = "per-cpu",
	  .offset = offsetof(struct stats_args, per_cpu),
	  .help = "show each CPU in text (JSON always has them)" },
	{ .type = FIELD_END },
};

#define RATED 256 /* interfaces whose last totals are kept for rates */

struct rates {
	bool on;
	bool first; /* nothing to compare with yet */
	unsigned int known;
	struct {
		uint32_t ifindex;
		enum xdp_mode mode;
		struct tally total;
		double time; /* CLOCK_MONOTONIC, seconds */
	} last[RATED];
};

/* Packets and bits in a second since the round before; 0 after counters that started anew. */
static void rate(struct rates *rates, const struct status_row *row, struct tally total, double *pps,
		 double *bps)
{
	double time = clock_seconds(), seconds;
	unsigned int i = 0;

	*pps = *bps = 0;
	while (i < rates->known &&
	       (rates->last[i].ifindex != row->link.ifindex || rates->last[i].mode != row->mode))
		i++;
	if (i == RATED)
		return;
	if (i == rates->known) {
		rates->known++;
	} else if (total.packets >= rates->last[i].total.packets) {
		seconds = time - rates->last[i].time;
		*pps = (double)(total.packets - rates->last[i].total.packets) / seconds;
		*bps = (double)(total.bytes - rates->last[i].total.bytes) * 8 / seconds;
	}
	rates->last[i].ifindex = row->link.ifindex;
	rates->last[i].mode = row->mode;
	rates->last[i].total = total;
	rates->last[i].time = time;
}

static void show_tally(struct sink *sink, struct tally tally)
{
	sink_u64(sink, "packets", tally.packets, UNIT_NONE);
	sink_u64(sink, "bytes", tally.bytes, UNIT_BYTES);
}

static void part_name(const struct stats_part *part, uint32_t by, char out[static 96])
{
	const struct count_key *key = &part->key;
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (key->other) {
		snprintf(out, 96, "other");
	} else if (by == COUNT_BY_SRC && memcmp(key->src.octet, mapped, 12) == 0) {
		inet_ntop(AF_INET, key->src.octet + 12, out, 96);
	} else if (by == COUNT_BY_SRC && key->ethertype == 0x86dd) {
		inet_ntop(AF_INET6, key->src.octet, out, 96);
	} else if (key->ethertype != 0x0800 && key->ethertype != 0x86dd) {
		snprintf(out, 96, "ethertype 0x%04x", key->ethertype);
	} else if (by == COUNT_BY_SRC) {
		snprintf(out, 96, "no address");
	} else {
		const char *ip = key->ethertype == 0x86dd ? "6" : "4";
		const char *name = key->proto == IPPROTO_TCP	  ? "tcp"
				   : key->proto == IPPROTO_UDP	  ? "udp"
				   : key->proto == IPPROTO_ICMP	  ? "icmp"
				   : key->proto == IPPROTO_ICMPV6 ? "icmpv"
				   : key->proto == IPPROTO_SCTP	  ? "sctp"
								  : NULL;
		int used;

		if (name)
			used = snprintf(out, 96, "%s%s", name, ip);
		else
			used = snprintf(out, 96, "ip%s proto %u", ip, key->proto);
		if (by == COUNT_BY_PORT)
			snprintf(out + used, 96 - (size_t)used, " %u", ntohs(key->port));
	}
}

static void show_parts(struct app *app, const struct stats *stats, const struct pipeline_cfg *cfg)
{
	if (!app->json && !stats->parts)
		return;
	sink_list(app->sink, "breakdown", NULL);
	for (unsigned int i = 0; i < stats->parts; i++) {
		char name[96];

		part_name(&stats->part[i], cfg->count.by, name);
		sink_object(app->sink, NULL, NULL);
		sink_string(app->sink, "key", name);
		show_tally(app->sink, stats->part[i].sum);
		sink_end(app->sink);
	}
	sink_end(app->sink);
}

static void show_cpus(struct app *app, const struct stats *stats, bool per_cpu)
{
	if (!app->json && !per_cpu)
		return;
	sink_list(app->sink, "cpus", NULL);
	for (unsigned int cpu = 0; cpu < stats->cpus; cpu++) {
		sink_object(app->sink, NULL, NULL);
		sink_u64(app->sink, "cpu", cpu, UNIT_NONE);
		show_tally(app->sink, stats->cpu[cpu]);
		sink_end(app->sink);
	}
	sink_end(app->sink);
}

static bool is_steered_to(const struct steer_cfg *steer, unsigned int cpu)
{
	for (__u32 i = 0; i < steer->cpus && i < STEER_CPUS; i++) {
		if (steer->cpu[i] == cpu)
			return true;
	}
	return false;
}

/* The share of the busiest of these CPUs over the share that each would have if all had the same;
 * not a number if nothing arrived. */
static double imbalance(const struct stats *stats, const struct steer_cfg *steer)
{
	uint64_t most = 0, sum = 0;

	for (unsigned int cpu = 0; cpu < stats->cpus; cpu++) {
		uint64_t packets = stats->arrived[cpu].packets;

		if (!is_steered_to(steer, cpu))
			continue;
		most = packets > most ? packets : most;
		sum += packets;
	}
	return sum ? (double)most * steer->cpus / (double)sum : NAN;
}

/* The CPUs that packets are steered to, and those that they were before a replacement. */
static void show_steered_to(struct sink *sink, const char *key, const char *cpu_key,
			    const struct stats *stats, const struct steer_cfg *steer)
{
	sink_list(sink, key, NULL);
	for (unsigned int cpu = 0; cpu < stats->cpus; cpu++) {
		if (!is_steered_to(steer, cpu) && !stats->arrived[cpu].packets)
			continue;
		sink_object(sink, NULL, NULL);
		sink_u64(sink, cpu_key, cpu, UNIT_NONE);
		show_tally(sink, stats->arrived[cpu]);
		sink_end(sink);
	}
	sink_end(sink);
}

static void show_steer(struct app *app, const struct stats *stats, const struct pipeline_cfg *cfg)
{
	if (!app->json && cfg->last != STAGE_steer)
		return;
	if (!app->json)
		show_steered_to(app->sink, "steer", "steered to", stats, &cfg->steer);
	sink_object(app->sink, "steer", NULL);
	if (app->json)
		show_steered_to(app->sink, "cpus", "cpu", stats, &cfg->steer);
	if (stats->arrivals_known)
		sink_u64(app->sink, "lost", stats->lost, UNIT_NONE);
	else
		sink_string(app->sink, "lost", NULL);
	sink_real(app->sink, "imbalance", imbalance(stats, &cfg->steer), UNIT_NONE);
	sink_end(app->sink);
}

static void show_counters(struct app *app, const struct stats *stats)
{
	sink_object(app->sink, "verdicts", NULL);
	for (unsigned int i = VERDICTS; i-- > 0;) {
		sink_object(app->sink, verdict_name(i), NULL);
		show_tally(app->sink, stats->verdict[i]);
		sink_end(app->sink);
	}
	sink_end(app->sink);
	sink_object(app->sink, "reasons", NULL);
	for (unsigned int i = 0; i < REASONS; i++)
		sink_u64(app->sink, reason_name(i), stats->reason[i], UNIT_COUNT);
	sink_end(app->sink);
}

/* In the round before the first one, totals are only remembered. */
static int show_row(struct app *app, const struct stats_args *args, const struct status_row *row,
		    struct rates *rates, struct err *err)
{
	struct stats stats;
	double pps = 0, bps = 0;
	int ret = stats_read(&row->program, &stats, err);

	if (ret)
		return ret;
	if (rates->on)
		rate(rates, row, stats.total, &pps, &bps);
	if (rates->first) {
		stats_free(&stats);
		return 0;
	}
	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "ifname", row->link.name);
	sink_string(app->sink, "hook", "xdp");
	sink_string(app->sink, "mode", xdp_mode_name(row->mode));
	show_tally(app->sink, stats.total);
	if (rates->on) {
		sink_real(app->sink, "pps", pps, UNIT_PPS);
		sink_real(app->sink, "bps", bps, UNIT_BPS);
	}
	show_counters(app, &stats);
	show_cpus(app, &stats, args->per_cpu);
	show_parts(app, &stats, &row->program.cfg);
	show_steer(app, &stats, &row->program.cfg);
	sink_end(app->sink);
	stats_free(&stats);
	return 0;
}

/* Asked for by name, it must be there and count. */
static int check_named(const struct app *app, const struct status_row *rows, unsigned int count,
		       struct err *err)
{
	const char *name = app->words ? app->word[0] : NULL;

	if (!name)
		return 0;
	for (unsigned int i = 0; i < count; i++) {
		if (rows[i].program.owner == OWNER_XDPCTL && rows[i].program.cfg.counting)
			return 0;
	}
	if (!count)
		err_set(err, ERR_NOT_FOUND, ENOENT, name, "no pipeline is attached");
	else if (rows[0].program.owner == OWNER_FOREIGN)
		err_set(err, ERR_NOT_FOUND, ENOENT, name,
			"program %u \"%s\" is not xdpctl's: it has no counters that we know",
			rows[0].program.id, rows[0].program.name);
	else if (rows[0].program.owner == OWNER_OTHER_BUILD)
		err_set(err, ERR_NOT_FOUND, ENOENT, name,
			"its pipeline was attached by another build of xdpctl: its counters mean "
			"something else");
	else
		err_set(err, ERR_NOT_FOUND, ENOENT, name,
			"its pipeline was attached with --no-count");
	return err_hint(err, "`xdpctl attach %s count` counts", name);
}

static int show_round(struct app *app, const struct stats_args *args, struct rates *rates,
		      struct err *err)
{
	struct status_row *rows;
	unsigned int count;
	int ret = status_read(&app->net, app->words ? app->word[0] : NULL, &rows, &count, err);

	if (ret)
		return ret;
	ret = check_named(app, rows, count, err);
	if (!ret && !rates->first)
		sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count && !ret; i++) {
		if (rows[i].program.owner == OWNER_XDPCTL && rows[i].program.cfg.counting)
			ret = show_row(app, args, &rows[i], rates, err);
	}
	status_free(rows, count);
	if (ret || rates->first)
		return ret;
	sink_end(app->sink);
	return app_flush(app, err);
}

/* A line each interval, from the end of the first one on, so that every rate is one. */
static int show_rounds(struct app *app, const struct stats_args *args, struct err *err)
{
	struct rates rates = { .on = true, .first = true };
	int ret;

	if (app_wait(app, 0)) /* from now on a signal ends it well */
		return 0;
	ret = show_round(app, args, &rates, err);
	rates.first = false;
	for (uint64_t round = 0; !ret && (!args->count || round < args->count); round++) {
		if (app_wait(app, args->interval))
			break;
		ret = show_round(app, args, &rates, err);
	}
	return ret;
}

static int run_stats(struct app *app, const void *args, struct err *err)
{
	const struct stats_args *a = args;
	struct rates none = { .on = false };

	if (a->count && a->interval <= 0)
		return err_set(err, ERR_USAGE, EINVAL, "stats", "--count without --interval");
	return a->interval > 0 ? show_rounds(app, a, err) : show_round(app, a, &none, err);
}

const struct command command_stats = {
	.name = "stats",
	.words = "[IFACE]",
	.help = "show the counters: verdicts, reasons, CPUs, breakdown",
	.text = "Every packet is counted once, under its verdict and its reason. \"redirect\" and\n"
		"\"tx\" count what was handed to the kernel for sending. bps is in bits of Ethernet\n"
		"frames without FCS.\n\n"
		"Of the stage steer it shows what arrived at each CPU; \"lost\" is what was steered\n"
		"but did not arrive: its queue was full, or it is still there. \"imbalance\" is the\n"
		"busiest CPU's share of what arrived over its fair share: 1 is even, 2 with four CPUs\n"
		"means that one of them gets half.",
	.options = stats_options,
	.args_size = sizeof(struct stats_args),
	.max_words = 1,
	.run = run_stats,
};
