/* SPDX-License-Identifier: GPL-2.0-only */
/* A line, as trace_print_context() in kernel/trace/trace_output.c makes it:
 *
 *     "%16s-%-7d " task pid, "(%7d) " thread group if record-tgid, "[%03d] " cpu, flags unless
 *     noirq-info, " %5lu.%06lu" or " %12llu" time, ": ", and what the event prints
 *
 * A task may be called anything, but takes 16 columns, so that is where the number is expected
 * first. */
#include "trace.h"

#include <string.h>

#define TASK_COLUMNS 16

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static unsigned int take_blanks(struct cursor *c)
{
	unsigned int n = 0;

	while (take(c, ' '))
		n++;
	return n;
}

/* Digits, and how many. */
static unsigned int take_number(struct cursor *c, uint64_t *out)
{
	unsigned int n = 0;

	*out = 0;
	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && n < 19; c->at++, n++)
		*out = *out * 10 + (uint64_t)(*c->at - '0');
	return n;
}

static bool take_u32(struct cursor *c, uint32_t *out)
{
	uint64_t value;
	unsigned int digits = take_number(c, &value);

	*out = (uint32_t)value;
	return digits && value <= UINT32_MAX;
}

/* "(   1234) " or "(-------) ", which may be missing */
static bool take_group(struct cursor *c)
{
	if (!take(c, '('))
		return true;
	while (c->at < c->end &&
	       (*c->at == ' ' || *c->at == '-' || (*c->at >= '0' && *c->at <= '9')))
		c->at++;
	return take(c, ')') && take(c, ' ');
}

static bool take_flags(struct cursor *c, char out[static TRACE_FLAGS])
{
	size_t n = 0;

	while (c->at + n < c->end && c->at[n] != ' ')
		n++;
	if (c->at + n == c->end || n == 0 || n >= TRACE_FLAGS)
		return false;
	memcpy(out, c->at, n);
	out[n] = '\0';
	c->at += n;
	return true;
}

/* "1234.567890: ", "1234567890: " */
static bool take_time(struct cursor *c, double *out)
{
	uint64_t whole, part = 0;
	unsigned int digits = 0;
	double scale = 1;

	if (!take_number(c, &whole))
		return false;
	if (take(c, '.')) {
		digits = take_number(c, &part);
		if (!digits)
			return false;
	}
	while (digits--)
		scale *= 10;
	*out = (double)whole + (double)part / scale;
	return take(c, ':') && (take(c, ' ') || c->at == c->end);
}

/* Flags and time, or the time alone. */
static bool take_when(struct cursor *c, struct trace_line *out)
{
	struct cursor before = *c;

	take_blanks(c);
	if (take_time(c, &out->time))
		return true;
	*c = before;
	return take_flags(c, out->flags) && take_blanks(c) && take_time(c, &out->time);
}

/* What stands behind the dash after the task. */
static bool take_context(struct cursor *c, struct trace_line *out)
{
	return take_u32(c, &out->pid) && take_blanks(c) && take_group(c) && take(c, '[') &&
	       take_u32(c, &out->cpu) && take(c, ']') && take(c, ' ') && take_when(c, out);
}

/* "bpf_trace_printk: text": an event's name has no blanks. */
static void split_message(struct cursor c, struct trace_line *out)
{
	const char *end = c.at;

	while (end < c.end && *end != ' ' && *end != ':')
		end++;
	out->event = c.at;
	if (end > c.at && end + 1 < c.end && end[0] == ':' && end[1] == ' ') {
		out->event_length = (size_t)(end - c.at);
		c.at = end + 2;
	} else if (end > c.at && end + 1 == c.end && *end == ':') {
		out->event_length = (size_t)(end - c.at);
		c.at = end + 1;
	}
	out->message = c.at;
	out->message_length = (size_t)(c.end - c.at);
}

static bool parse_message(const char *line, size_t length, size_t dash, struct trace_line *out)
{
	struct cursor c = { line + dash + 1, line + length };
	size_t skip = 0, n;

	if (dash >= length || line[dash] != '-')
		return false;
	*out = (struct trace_line){ .kind = TRACE_MESSAGE };
	if (!take_context(&c, out))
		return false;
	while (skip < dash && line[skip] == ' ')
		skip++;
	n = dash - skip < TRACE_TASK ? dash - skip : TRACE_TASK - 1;
	memcpy(out->task, line + skip, n);
	out->task[n] = '\0';
	split_message(c, out);
	return true;
}

/* "CPU:3 [LOST 12 EVENTS]", or "[LOST EVENTS]" */
static bool parse_lost(const char *line, size_t length, struct trace_line *out)
{
	static const char before[] = "CPU:", lost[] = " [LOST ", end[] = "EVENTS]";
	struct cursor c = { line, line + length };

	*out = (struct trace_line){ .kind = TRACE_LOST };
	if (length < sizeof(before) || memcmp(line, before, sizeof(before) - 1) != 0)
		return false;
	c.at += sizeof(before) - 1;
	if (!take_u32(&c, &out->cpu) || (size_t)(c.end - c.at) < sizeof(lost) - 1 ||
	    memcmp(c.at, lost, sizeof(lost) - 1) != 0)
		return false;
	c.at += sizeof(lost) - 1;
	if (take_number(&c, &out->lost) && !take(&c, ' '))
		return false;
	return (size_t)(c.end - c.at) == sizeof(end) - 1 && memcmp(c.at, end, sizeof(end) - 1) == 0;
}

void trace_parse(const char *line, size_t length, struct trace_line *out)
{
	if (parse_lost(line, length, out) || parse_message(line, length, TASK_COLUMNS, out))
		return;
	for (size_t dash = 0; dash < length; dash++) {
		if (parse_message(line, length, dash, out))
			return;
	}
	*out = (struct trace_line){
		.kind = TRACE_OTHER,
		.event = line,
		.message = line,
		.message_length = length,
	};
}
