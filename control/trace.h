/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's trace_pipe, in which the messages of bpf_trace_printk() come, line by line. */
#ifndef XDPCTL_TRACE_H
#define XDPCTL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

enum trace_kind {
	TRACE_MESSAGE,
	TRACE_LOST,  /* the kernel overwrote events before they were read: cpu and lost */
	TRACE_OTHER, /* something else: the rest of a message with line ends in it */
};

#define TRACE_TASK  64
#define TRACE_FLAGS 16

struct trace_line {
	enum trace_kind kind;
	char task[TRACE_TASK];
	char flags[TRACE_FLAGS]; /* as the kernel prints them; "" if switched off (irq-info) */
	uint32_t pid, cpu;
	double time;   /* seconds of the trace clock, or its ticks if it counts something else */
	uint64_t lost; /* 0 if the kernel does not say how many */
	/* Parts of the line, not terminated. The message's event: "bpf_trace_printk", or a function
	 * or address before Linux 5.9; empty if there is none (a line of the function tracer). */
	const char *event, *message;
	size_t event_length, message_length;
};

/* Take a line without its line end apart; *out points into it. */
void trace_parse(const char *line, size_t length, struct trace_line *out);

/* trace_pipe, opened; at most one process at a time can have it since Linux 6.6. */
struct trace {
	int fd; /* to poll for reading; a read does not wait */
	struct buf text;
};

/* Open it where tracefs is mounted, or else through a mount that only this process can reach.
 * ERR_UNSUPPORTED: the kernel has none, or lockdown forbids it. */
int trace_open(struct trace *trace, struct err *err);
void trace_close(struct trace *trace);

/* Read once and hand over each whole line; an empty one is left out. The callback says whether to
 * go on; lines that follow are lost otherwise. 0, also if there was nothing, or -errno. */
int trace_read(struct trace *trace, bool (*line)(void *context, const struct trace_line *line),
	       void *context, struct err *err);

/* Nothing will come: tracing is switched off. */
bool trace_is_off(void);

#endif
