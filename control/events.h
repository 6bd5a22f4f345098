/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that programs send through a ring buffer or a perf buffer (a map of type ringbuf or
 * perf_event_array). */
#ifndef XDPCTL_EVENTS_H
#define XDPCTL_EVENTS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct events;
struct btf;

struct event {
	const void *bytes;
	uint32_t size; /* as the kernel gives it: with the padding of a perf sample */
	int cpu;       /* -1: a ring buffer does not tell */
	uint64_t time; /* ns, CLOCK_MONOTONIC; 0: a ring buffer does not tell */
};

/* Whom to hand things to. */
struct events_to {
	void *context;
	/* False: no more. The event is taken out; those behind it stay where they are. */
	bool (*event)(void *context, const struct event *event);
	/* So many were lost before the next event of that CPU; -1: somewhere. */
	void (*lost)(void *context, int cpu, uint64_t count);
};

/* ERR_USAGE, with what to do, for a map of any other type. */
int events_check(const struct bpf_map_info *info, struct err *err);

/* The kernel counts what does not fit into a buffer of that type. */
bool events_counts_lost(const struct bpf_map_info *info);

/* Begin to read. The map stays the caller's and has to stay open; room is for each CPU in bytes, of
 * a perf buffer alone (a ring buffer has its own); 0: the usual. Into the slots of a
 * perf_event_array it puts buffers of ours, in place of those of any other reader. */
int events_open(int fd, const struct bpf_map_info *info, uint64_t room, const struct events_to *to,
		struct events **out, struct err *err);

/* For poll: there is something to read. Not every event wakes a reader, so look now and then. */
int events_fd(const struct events *events);

/* Hand over what is there, or a good part of it. 0 or -errno. */
int events_read(struct events *events, struct err *err);

/* Hand over the number of lost events of which no record was in a buffer (Linux 6.0). */
void events_settle(struct events *events);

/* Empties the slots of a perf_event_array that were ours. NULL is fine. */
void events_close(struct events *events);

/* Bytes of an event of size bytes that may be in a sample of a perf buffer, or ring buffer. */
uint32_t events_padded(const struct bpf_map_info *info, uint32_t size);

/* Another process that reads them, as far as can be seen: in this PID namespace, and with the map
 * open. 0 if there is none. */
#define EVENTS_COMM 16
pid_t events_reader(const struct bpf_map_info *info, char comm[static EVENTS_COMM]);

/* BTF in which the types of a map's events are: its own or, because libbpf gives none to buffers,
 * that of a program that uses it. NULL if there is none. For btf__free(). */
struct btf *events_btf(const struct bpf_map_info *info);

#endif
