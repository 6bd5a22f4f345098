/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: which CPU a packet is for. A test run does not say it, so there is one program for
 * each place in the list of CPUs: it has a queue for that place alone, and passes what is for
 * others. */
#ifndef XDPCTL_PLACES_TESTING_H
#define XDPCTL_PLACES_TESTING_H

#include "pipeline_testing.h"

#define PLACES_MAX 8

struct places {
	unsigned int n;
	struct bench bench[PLACES_MAX];
};

static inline void add_queue(const struct bench *b, uint32_t cpu)
{
	struct bpf_cpumap_val value = { .qsize = 16 };

	assert_int_equal(
		bpf_map_update_elem(program_map(&b->program, "steer"), &cpu, &value, BPF_ANY), 0);
}

/* CPU 0 stands for the program's own place. No other CPU has a queue: 1 is any CPU else. */
static inline void places_open(struct places *places, const char *by, unsigned int n)
{
	struct err err = { .message = "" };
	char line[64];

	bench_need_root();
	assert_true(n <= PLACES_MAX);
	places->n = n;
	snprintf(line, sizeof(line), "steer 6-%u --by %s", 6 + n - 1, by);
	for (unsigned int i = 0; i < n; i++) {
		struct bench *b = &places->bench[i];

		*b = (struct bench){ .program = { .fd = -1 } };
		if (bench_configure(line, true, if_nametoindex(INGRESS), &b->cfg, &err))
			fail_msg("%s: %s", line, err.message);
		assert_int_equal(b->cfg.steer.cpus, n);
		for (unsigned int k = 0; k < n; k++)
			b->cfg.steer.cpu[k] = k == i ? 0 : 1;
		bench_load(b, NULL);
		add_queue(b, 0);
	}
}

static inline void places_close(struct places *places)
{
	for (unsigned int i = 0; i < places->n; i++)
		program_close(&places->bench[i].program);
}

static inline bool is_at(struct places *places, unsigned int place, const uint8_t *data,
			 size_t length)
{
	static struct run run;

	run.linear = run.ingress = 0;
	bench_run(&places->bench[place], data, length, &run);
	assert_true(run.verdict == VERDICT_REDIRECT || run.verdict == VERDICT_PASS);
	assert_int_equal(run.length, length);
	check_bytes(run.data, data, length);
	return run.verdict == VERDICT_REDIRECT;
}

static inline unsigned int place_of(struct places *places, const struct frame *frame)
{
	for (unsigned int i = 0; i < places->n; i++) {
		if (is_at(places, i, frame->data, frame->length))
			return i;
	}
	fail_msg("a frame of %zu bytes is at no place", frame->length);
	return 0;
}

static inline unsigned int place_of_line(struct places *places, const char *line, struct flow flow)
{
	static struct frame frame;

	frame_build(&frame, line, flow);
	return place_of(places, &frame);
}

#endif
