/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct sample {
	const char *line;
	const char *task;
	uint32_t pid, cpu;
	const char *flags;
	double time;
	const char *event, *message;
};

static const struct sample samples[] = {
	{ "           <...>-28593   [000] b..11 13068.274264: bpf_trace_printk: number 0", "<...>",
	  28593, 0, "b..11", 13068.274264, "bpf_trace_printk", "number 0" },
	{ "          <idle>-0       [001] ..s2.   10.000001: bpf_trace_printk: x", "<idle>", 0, 1,
	  "..s2.", 10.000001, "bpf_trace_printk", "x" },
	/* Linux 5.10: one flag less; before 5.9 an address for an event */
	{ "            bash-1234    [003] d... 42.123456: bpf_trace_printk: a: b: c", "bash", 1234,
	  3, "d...", 42.123456, "bpf_trace_printk", "a: b: c" },
	{ "            bash-1234  [003] d... 42.123456: 0x00000001: old", "bash", 1234, 3, "d...",
	  42.123456, "0x00000001", "old" },
	/* names with what else means something */
	{ "    Web Content -4711     [000] ....1 1.000000: bpf_trace_printk: m", "Web Content ",
	  4711, 0, "....1", 1, "bpf_trace_printk", "m" },
	{ "     kworker/0:1-17      [000] ....1 1.000000: bpf_trace_printk: m", "kworker/0:1", 17,
	  0, "....1", 1, "bpf_trace_printk", "m" },
	{ "  a-b-1 [000] c:-17      [002] ....1 1.000000: bpf_trace_printk: m",
	  "a-b-1 [000] c:", 17, 2, "....1", 1, "bpf_trace_printk", "m" },
	{ "   a-1 [0] 1.0: -17      [002] ....1 1.000000: bpf_trace_printk: m", "a-1 [0] 1.0: ", 17,
	  2, "....1", 1, "bpf_trace_printk", "m" },
	{ "  a-1 [0] 1.0: x-17      [002] ....1 1.000000: bpf_trace_printk: m", "a-1 [0] 1.0: x",
	  17, 2, "....1", 1, "bpf_trace_printk", "m" },
	{ "              -9-17      [002] ....1 1.000000: bpf_trace_printk: m", "-9", 17, 2,
	  "....1", 1, "bpf_trace_printk", "m" },
	{ "                -17      [002] ....1 1.000000: bpf_trace_printk: m", "", 17, 2, "....1",
	  1, "bpf_trace_printk", "m" },
	{ "   (sd-executor)-17      [002] ....1 1.000000: bpf_trace_printk: m", "(sd-executor)", 17,
	  2, "....1", 1, "bpf_trace_printk", "m" },
	/* a message that looks like a line */
	{ "               x-17      [002] ....1 1.000000: bpf_trace_printk: y-1 [000] .... 2.0: z",
	  "x", 17, 2, "....1", 1, "bpf_trace_printk", "y-1 [000] .... 2.0: z" },
	/* options of the trace: record-tgid, noirq-info, another clock */
	{ "               x-17      (     16) [002] ....1 1.500000: bpf_trace_printk: m", "x", 17,
	  2, "....1", 1.5, "bpf_trace_printk", "m" },
	{ "               x-17      (-------) [002] ....1 1.500000: bpf_trace_printk: m", "x", 17,
	  2, "....1", 1.5, "bpf_trace_printk", "m" },
	{ "               x-17      [002]     1.500000: bpf_trace_printk: m", "x", 17, 2, "", 1.5,
	  "bpf_trace_printk", "m" },
	{ "               x-17      [002] ....1     31415926535: bpf_trace_printk: m", "x", 17, 2,
	  "....1", 31415926535.0, "bpf_trace_printk", "m" },
	/* more columns than usual: large numbers, a longer name */
	{ "               x-4194303 [1023] ....1 1234567.500000: bpf_trace_printk: m", "x", 4194303,
	  1023, "....1", 1234567.5, "bpf_trace_printk", "m" },
	{ "kworker/u64:3-events-17 [002] ....1 1.500000: bpf_trace_printk: m",
	  "kworker/u64:3-events", 17, 2, "....1", 1.5, "bpf_trace_printk", "m" },
	/* other events, the function tracer, messages that are empty or look like an event */
	{ "               x-17      [002] d..2. 1.500000: sched_switch: prev_comm=x ==> next", "x",
	  17, 2, "d..2.", 1.5, "sched_switch", "prev_comm=x ==> next" },
	{ "               x-17      [002] ..... 1.500000: vfs_read <-ksys_read", "x", 17, 2,
	  ".....", 1.5, "", "vfs_read <-ksys_read" },
	{ "               x-17      [002] ..... 1.500000: bpf_trace_printk: ", "x", 17, 2, ".....",
	  1.5, "bpf_trace_printk", "" },
	{ "               x-17      [002] ..... 1.500000: bpf_trace_printk:", "x", 17, 2, ".....",
	  1.5, "bpf_trace_printk", "" },
	{ "               x-17      [002] ..... 1.500000: ", "x", 17, 2, ".....", 1.5, "", "" },
	{ "               x-17      [002] ..... 1.500000: bpf_trace_printk: key: v", "x", 17, 2,
	  ".....", 1.5, "bpf_trace_printk", "key: v" },
};

static void check_part(const char *wanted, const char *got, size_t length)
{
	char *copy = strndup(got, length);

	assert_non_null(copy);
	assert_string_equal(copy, wanted);
	free(copy);
}

static void test_trace_parse_message_takes_every_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];
		struct trace_line line;

		trace_parse(s->line, strlen(s->line), &line);
		if (line.kind != TRACE_MESSAGE || strcmp(line.task, s->task) != 0)
			fail_msg("task \"%s\": %s", line.task, s->line);
		assert_int_equal(line.pid, s->pid);
		assert_int_equal(line.cpu, s->cpu);
		assert_string_equal(line.flags, s->flags);
		assert_true(fabs(line.time - s->time) < 1e-6);
		check_part(s->event, line.event, line.event_length);
		check_part(s->message, line.message, line.message_length);
	}
}

static void test_trace_parse_lost_tells_cpu_and_number(void **state)
{
	static const struct {
		const char *line;
		uint32_t cpu;
		uint64_t lost;
	} cases[] = {
		{ "CPU:0 [LOST 12 EVENTS]", 0, 12 },
		{ "CPU:127 [LOST 18446744073709 EVENTS]", 127, 18446744073709 },
		{ "CPU:3 [LOST EVENTS]", 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trace_line line;

		trace_parse(cases[i].line, strlen(cases[i].line), &line);
		assert_int_equal(line.kind, TRACE_LOST);
		assert_int_equal(line.cpu, cases[i].cpu);
		assert_true(line.lost == cases[i].lost);
	}
}

static void test_trace_parse_other_lines_are_kept_whole(void **state)
{
	static const char *const lines[] = {
		"second line of a message",
		"",
		"-",
		"----------------",
		"CPU:",
		"CPU:1 [LOST",
		"CPU:1 [LOST 12 EVENTS] and more",
		"CPU:99999999999 [LOST 12 EVENTS]",
		"               x-17",
		"               x-17      [002]",
		"               x-17      [002] ....1",
		"               x-17      [002] ....1 1.5",
		"               x-17      [002] ....1 1.: m",
		"               x-17      (1 [002] ....1 1.5: m",
		"               x-99999999999 [002] ....1 1.5: m",
		"               x-17      [] ....1 1.5: m",
		"               x-17      [002] .................1 1.5: m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct trace_line line;

		trace_parse(lines[i], strlen(lines[i]), &line);
		if (line.kind != TRACE_OTHER)
			fail_msg("taken for something: %s", lines[i]);
		check_part(lines[i], line.message, line.message_length);
		assert_int_equal(line.event_length, 0);
	}
}

/* Cut anywhere, nothing behind the end is looked at (run with a sanitizer). */
static void test_trace_parse_cut_line_reads_no_further(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		for (size_t n = 0; n <= strlen(samples[i].line); n++) {
			char *copy = malloc(n ? n : 1);
			struct trace_line line;

			assert_non_null(copy);
			memcpy(copy, samples[i].line, n);
			trace_parse(copy, n, &line);
			assert_true(line.message >= copy &&
				    line.message + line.message_length <= copy + n);
			free(copy);
		}
	}
}

struct seen {
	unsigned int lines;
	char text[256];
	unsigned int most; /* end after so many */
};

static bool see(void *context, const struct trace_line *line)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%.*s|", (int)line->message_length,
		 line->message);
	return ++seen->lines < seen->most;
}

/* As the kernel gives it: lines cut anywhere, empty ones after messages that end their own line. */
static void test_trace_read_joins_what_was_cut(void **state)
{
	struct seen seen = { .most = 100 };
	struct trace trace = { 0 };
	struct err err = { 0 };
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	trace.fd = pipes[0];
	assert_int_equal(write(pipes[1], "one\n\ntw", 7), 7);
	assert_int_equal(trace_read(&trace, see, &seen, &err), 0);
	assert_string_equal(seen.text, "one|");
	assert_int_equal(write(pipes[1], "o\nthree\nfo", 10), 10);
	assert_int_equal(trace_read(&trace, see, &seen, &err), 0);
	assert_string_equal(seen.text, "one|two|three|");
	seen.most = 4;
	assert_int_equal(write(pipes[1], "ur\nfive\n", 8), 8);
	assert_int_equal(trace_read(&trace, see, &seen, &err), 0);
	assert_string_equal(seen.text, "one|two|three|four|");
	close(pipes[1]);
	assert_int_equal(trace_read(&trace, see, &seen, &err), 0);
	trace_close(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace_parse_message_takes_every_field),
		cmocka_unit_test(test_trace_parse_lost_tells_cpu_and_number),
		cmocka_unit_test(test_trace_parse_other_lines_are_kept_whole),
		cmocka_unit_test(test_trace_parse_cut_line_reads_no_further),
		cmocka_unit_test(test_trace_read_joins_what_was_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
