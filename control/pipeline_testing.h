/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: load a pipeline from a line such as "count --by proto then reflect --l3", attach it
 * nowhere, and run frames through it in the kernel (BPF_PROG_TEST_RUN). Interfaces are those of a
 * network namespace of the test's own. */
#ifndef XDPCTL_PIPELINE_TESTING_H
#define XDPCTL_PIPELINE_TESTING_H

#include "frame_testing.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include "field.h"
#include "load.h"
#include "status.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BENCH_USES   8
#define INGRESS	     "t0"

struct bench {
	struct program program;
	struct pipeline_cfg cfg;
	struct tally want[COUNTERS]; /* what has to be counted by now */
};

/* ---- the namespace */

static inline int bench_setup(void **state)
{
	static const char links[] = "ip link add t0 type veth peer name t1 && "
				    "ip link add t2 type veth peer name t3";

	(void)state;
	if (geteuid() != 0) {
		print_message("# only root can load programs\n");
		return 0; /* each test is skipped */
	}
	if (unshare(CLONE_NEWNET)) {
		print_error("no network namespace of our own: %s\n", strerror(errno));
		return -1;
	}
	if (system(links) != 0) {
		print_error("no veth in a new network namespace: %s\n", links);
		return -1;
	}
	return 0;
}

static inline void bench_need_root(void)
{
	if (geteuid() != 0)
		skip();
}

/* ---- from text to stages */

static inline int name_to_index(void *context, const char *name, ifindex_t *out, struct err *err)
{
	(void)context;
	*out = name[0] == '#' ? (ifindex_t)strtoul(name + 1, NULL, 10) : if_nametoindex(name);
	return *out ? 0 : err_set(err, ERR_NOT_FOUND, ENODEV, name, "no such interface");
}

static inline char *index_to_name(void *context, ifindex_t ifindex,
				  char out[static STAGE_WORD_TEXT])
{
	(void)context;
	snprintf(out, STAGE_WORD_TEXT, "#%u", ifindex);
	return out;
}

/* As on a machine with 300 CPUs, of which two are not online. */
static inline int some_cpus(void *context, struct cpulist *possible, struct cpulist *online)
{
	unsigned int at;

	(void)context;
	*possible = *online = (struct cpulist){ 0 };
	return cpulist_add(possible, "0-299", &at) ?: cpulist_add(online, "0-3,6-299", &at);
}

static inline void take_option(struct stage_use *use, const char *name, char **rest)
{
	const struct field *field = field_by_name(use->stage->options, name, strlen(name));
	const char *value = "";

	if (!field)
		fail_msg("%s has no option %s", use->stage->name, name);
	if (field->type != FIELD_FLAG)
		value = strtok_r(NULL, " ", rest);
	assert_int_equal(field_parse(field, use->args, value, NULL), 0);
}

static inline unsigned int take_line(const char *line, struct stage_use use[static BENCH_USES])
{
	char text[1024], *rest = NULL;
	struct stage_use *at = NULL;
	unsigned int uses = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (!at) {
			assert_true(uses < BENCH_USES);
			at = &use[uses++];
			*at = (struct stage_use){ .stage = stage_by_name(word) };
			assert_non_null(at->stage);
		} else if (strcmp(word, "then") == 0) {
			at = NULL;
		} else if (strncmp(word, "--", 2) == 0) {
			take_option(at, word + 2, &rest);
		} else {
			assert_true(at->words < STAGE_WORDS);
			snprintf(at->word[at->words++], STAGE_WORD_TEXT, "%s", word);
		}
	}
	return uses;
}

static inline int bench_configure(const char *line, bool counting, ifindex_t ifindex,
				  struct pipeline_cfg *cfg, struct err *err)
{
	static struct stage_use use[BENCH_USES];
	struct stage_env env = { .ifindex = ifindex,
				 .ifindex_of = name_to_index,
				 .name_of = index_to_name,
				 .cpus = some_cpus };

	return pipeline_configure(use, take_line(line, use), counting, &env, cfg, err);
}

/* ---- programs */

enum { BENCH_NO_COUNT = 1, BENCH_CLOSED = 2, BENCH_ONE_BUFFER = 4 };

static inline void bench_load(struct bench *b, const struct program *running)
{
	struct err err = { .message = "" };

	if (pipeline_load(&b->cfg, running, 0, &b->program, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	assert_int_equal(b->program.owner, OWNER_XDPCTL);
	assert_memory_equal(&b->program.cfg, &b->cfg, sizeof(b->cfg));
}

static inline void bench_start(struct bench *b)
{
	struct err err = { .message = "" };

	if (program_start(&b->program, &err))
		fail_msg("%s: %s", err.object, err.message);
	assert_true(program_is_open(&b->program));
}

static inline void bench_open(struct bench *b, const char *line, int flags)
{
	struct err err = { .message = "" };

	bench_need_root();
	*b = (struct bench){ .program = { .fd = -1 } };
	if (bench_configure(line, !(flags & BENCH_NO_COUNT), if_nametoindex(INGRESS), &b->cfg,
			    &err))
		fail_msg("%s: %s: %s", line, err.object, err.message);
	b->cfg.frags = !(flags & BENCH_ONE_BUFFER);
	bench_load(b, NULL);
	if (!(flags & BENCH_CLOSED))
		bench_start(b);
}

/* ---- counters */

static inline void check_tally(struct tally got, struct tally want, const char *what)
{
	if (got.packets != want.packets || got.bytes != want.bytes)
		fail_msg("%s: %llu packets, %llu bytes; wanted %llu, %llu", what,
			 (unsigned long long)got.packets, (unsigned long long)got.bytes,
			 (unsigned long long)want.packets, (unsigned long long)want.bytes);
}

static inline void bench_counted(struct bench *b, unsigned int verdict, unsigned int reason,
				 size_t bytes)
{
	uint32_t index = OUTCOME(verdict, reason);
	struct tally values[b->cfg.cpus];
	char what[128];

	if (!b->cfg.counting)
		return;
	tally_add(&b->want[index], (struct tally){ .packets = 1, .bytes = bytes });
	snprintf(what, sizeof(what), "%s by %s", verdict_name(verdict), reason_name(reason));
	assert_int_equal(
		percpu_read(program_map(&b->program, "counters"), &index, b->cfg.cpus, values), 0);
	check_tally(tally_sum(values, b->cfg.cpus), b->want[index], what);
}

/* All counters, as `xdpctl stats` reads them. */
static inline void bench_check_stats(const struct bench *b)
{
	struct tally total = { 0 }, verdict[VERDICTS] = { { 0 } }, cpus;
	uint64_t reason[REASON_ROOM] = { 0 };
	struct stats stats;
	struct err err;

	assert_int_equal(stats_read(&b->program, &stats, &err), 0);
	for (uint32_t i = 0; i < COUNTERS; i++) {
		tally_add(&total, b->want[i]);
		tally_add(&verdict[OUTCOME_VERDICT(i)], b->want[i]);
		reason[OUTCOME_REASON(i)] += b->want[i].packets;
	}
	check_tally(stats.total, total, "total");
	for (unsigned int i = 0; i < VERDICTS; i++)
		check_tally(stats.verdict[i], verdict[i], verdict_name(i));
	for (unsigned int i = 0; i < REASONS; i++)
		assert_int_equal(stats.reason[i], reason[i]);
	cpus = tally_sum(stats.cpu, stats.cpus);
	check_tally(cpus, total, "sum of the CPUs");
	stats_free(&stats);
}

static inline void bench_close(struct bench *b)
{
	bench_check_stats(b);
	program_close(&b->program);
}

/* ---- runs */

struct run {
	uint32_t linear;   /* bytes in the first buffer; 0: as the kernel does it */
	ifindex_t ingress; /* 0: the loopback device */
	uint32_t verdict;
	size_t length;
	uint8_t data[FRAME_ROOM];
};

/* 0 or -errno. The bytes in are in a buffer of exactly their size. */
static inline int bench_try(int fd, const uint8_t *data, size_t length, struct run *run)
{
	struct xdp_md context = { .data_end = run->linear ? run->linear : (uint32_t)length,
				  .ingress_ifindex = run->ingress };
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	void *in = malloc(length ? length : 1);
	int ret;

	assert_non_null(in);
	memcpy(in, data, length);
	opts.data_in = in;
	opts.data_size_in = (uint32_t)length;
	opts.data_out = run->data;
	opts.data_size_out = sizeof(run->data);
	if (run->linear || run->ingress) {
		opts.ctx_in = &context;
		opts.ctx_size_in = sizeof(context);
	}
	ret = bpf_prog_test_run_opts(fd, &opts);
	free(in);
	run->verdict = opts.retval;
	run->length = opts.data_size_out;
	return ret;
}

static inline void bench_run(struct bench *b, const uint8_t *data, size_t length, struct run *run)
{
	int ret = bench_try(b->program.fd, data, length, run);

	if (ret)
		fail_msg("test run of %zu bytes: %s", length, strerror(-ret));
}

static inline void check_bytes(const uint8_t *got, const uint8_t *want, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (got[i] != want[i])
			fail_msg("byte %zu of %zu is %02x, wanted %02x", i, length, got[i],
				 want[i]);
	}
}

/* Run the first length bytes of a frame: verdict, all bytes that come out and counters are these.
 */
static inline void bench_expect_run(struct bench *b, const struct frame *in, size_t length,
				    struct run *run, uint32_t verdict, uint32_t reason,
				    const struct frame *out)
{
	bench_run(b, in->data, length, run);
	if (run->verdict != verdict)
		fail_msg("verdict %u, wanted %u by %s", run->verdict, verdict, reason_name(reason));
	assert_int_equal(run->length, length);
	check_bytes(run->data, out->data, length);
	bench_counted(b, verdict, reason, length);
}

static inline void bench_expect(struct bench *b, const struct frame *in, uint32_t verdict,
				uint32_t reason, const struct frame *out)
{
	static struct run run;

	run.linear = run.ingress = 0;
	bench_expect_run(b, in, in->length, &run, verdict, reason, out);
}

/* Linux 6.18 lets a test say how much of a frame is in its first buffer. */
static inline bool bench_can_split(void)
{
	static const uint8_t frame[60];
	static struct run run;
	struct bench b;
	int ret;

	bench_open(&b, "pass", BENCH_NO_COUNT);
	run = (struct run){ .linear = 20 };
	ret = b.cfg.frags ? bench_try(b.program.fd, frame, sizeof(frame), &run) : -EINVAL;
	program_close(&b.program);
	return ret == 0;
}

#endif
