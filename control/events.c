/* SPDX-License-Identifier: GPL-2.0-only */
#include "events.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH	    65536 /* events of a ring buffer in one read: its writer may never pause */
#define ROOM	    (4u << 20)
#define ROOM_OF_ALL (64u << 20)
#define FORMAT_LOST (1U << 4) /* PERF_FORMAT_LOST, Linux 6.0 */

struct events {
	struct events_to to;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	unsigned int batch; /* events of this read */
	bool full;	    /* no more are wanted */
	bool counted;	    /* the kernel keeps a sum of what was lost */
	uint64_t lost;	    /* handed over so far */
};

/* perf_output_sample() for PERF_SAMPLE_TIME | PERF_SAMPLE_RAW. */
struct sample {
	struct perf_event_header header;
	uint64_t time;
	uint32_t size;
	uint8_t bytes[];
} __attribute__((packed));

struct lost_record {
	struct perf_event_header header;
	uint64_t id, lost;
};

bool events_counts_lost(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

/* The raw part begins with its size and ends at eight bytes, perf_prepare_sample(). */
uint32_t events_padded(const struct bpf_map_info *info, uint32_t size)
{
	if (info->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return size;
	return (size + 4 + 7) / 8 * 8 - 4;
}

static int on_ring(void *context, void *bytes, size_t size)
{
	struct events *events = context;
	struct event event = { .bytes = bytes, .size = (uint32_t)size, .cpu = -1 };

	events->full = !events->to.event(events->to.context, &event);
	return events->full || ++events->batch == BATCH ? -ECANCELED : 0;
}

static void on_lost(struct events *events, int cpu, uint64_t count)
{
	events->lost += count;
	events->to.lost(events->to.context, cpu, count);
}

static void on_sample(struct events *events, int cpu, const struct perf_event_header *header)
{
	const struct sample *sample = (const void *)header;
	struct event event = { .cpu = cpu };

	if (header->size < sizeof(*sample) || sample->size > header->size - sizeof(*sample))
		return;
	event.bytes = sample->bytes;
	event.size = sample->size;
	event.time = sample->time;
	events->full = !events->to.event(events->to.context, &event);
}

static enum bpf_perf_event_ret on_perf(void *context, int cpu, struct perf_event_header *header)
{
	struct events *events = context;

	if (header->type == PERF_RECORD_SAMPLE)
		on_sample(events, cpu, header);
	else if (header->type == PERF_RECORD_LOST && header->size >= sizeof(struct lost_record))
		on_lost(events, cpu, ((const struct lost_record *)(const void *)header)->lost);
	return events->full ? LIBBPF_PERF_EVENT_ERROR : LIBBPF_PERF_EVENT_CONT;
}

/* Enough for the bursts of a busy CPU, but not hundreds of megabytes of a large machine. */
static uint64_t usual_room(void)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t room = ROOM_OF_ALL / (uint64_t)(cpus > 0 ? cpus : 1);

	return room < ROOM ? room : ROOM;
}

static size_t pages_of(uint64_t room)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 1;

	room = room ? room : usual_room();
	while (pages * page < room)
		pages *= 2;
	return pages;
}

/* A wakeup for each event would cost its sender an interrupt. */
static struct perf_buffer *new_perf(int fd, size_t pages, bool counted, struct events *events)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_TIME,
		.sample_period = 1,
		.read_format = counted ? FORMAT_LOST : 0,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(pages * (size_t)sysconf(_SC_PAGESIZE) / 4),
	};

	events->counted = counted;
	return perf_buffer__new_raw(fd, pages, &attr, on_perf, events, NULL);
}

static int open_perf(struct events *events, int fd, uint64_t room, struct err *err)
{
	size_t pages = pages_of(room);

	events->perf = new_perf(fd, pages, true, events);
	if (!events->perf && errno == EINVAL)
		events->perf = new_perf(fd, pages, false, events);
	if (events->perf)
		return 0;
	err_set(err, errno == ENODEV ? ERR_FAILED : err_code_of(errno), errno, NULL,
		"cannot open perf buffers of %zu pages: %s", pages, strerror(errno));
	return err_hint(err, "--buffer takes a smaller number");
}

static int open_ring(struct events *events, int fd, struct err *err)
{
	events->ring = ring_buffer__new(fd, on_ring, events, NULL);
	if (events->ring)
		return 0;
	return err_set(err, err_code_of(errno), errno, NULL, "cannot map the ring buffer: %s",
		       strerror(errno));
}

int events_check(const struct bpf_map_info *info, struct err *err)
{
	const char *name = libbpf_bpf_map_type_str(info->type);

	if (info->type == BPF_MAP_TYPE_RINGBUF || info->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return 0;
	if (info->type == BPF_MAP_TYPE_USER_RINGBUF)
		return err_set(err, ERR_USAGE, EINVAL, NULL,
			       "is of type user_ringbuf: its events go the other way, from user "
			       "space to a program");
	err_set(err, ERR_USAGE, EINVAL, NULL,
		"is of type %s: only a ringbuf or perf_event_array has events",
		name ? name : "unknown");
	return err_hint(err, "`xdpctl map dump` shows what is in it");
}

int events_open(int fd, const struct bpf_map_info *info, uint64_t room, const struct events_to *to,
		struct events **out, struct err *err)
{
	int ret = events_check(info, err);
	struct events *events = ret ? NULL : calloc(1, sizeof(*events));

	if (ret)
		return ret;
	if (!events)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	events->to = *to;
	if (info->type == BPF_MAP_TYPE_RINGBUF)
		ret = open_ring(events, fd, err);
	else
		ret = open_perf(events, fd, room, err);
	if (ret) {
		events_close(events);
		return ret;
	}
	*out = events;
	return 0;
}

int events_fd(const struct events *events)
{
	return events->ring ? ring_buffer__epoll_fd(events->ring)
			    : perf_buffer__epoll_fd(events->perf);
}

/* Not by ..._poll(): who polls the epoll descriptor takes the readiness of a perf buffer away. */
int events_read(struct events *events, struct err *err)
{
	int ret;

	events->batch = 0;
	if (events->full)
		return 0;
	ret = events->ring ? ring_buffer__consume(events->ring)
			   : perf_buffer__consume(events->perf);
	if (ret >= 0 || events->full || events->batch == BATCH)
		return 0;
	return err_set(err, err_code_of(-ret), -ret, NULL, "cannot read: %s", strerror(-ret));
}

void events_settle(struct events *events)
{
	uint64_t sum = 0, count[2]; /* events, and of them lost */

	if (!events->perf || !events->counted)
		return;
	for (size_t i = 0; i < perf_buffer__buffer_cnt(events->perf); i++) {
		int fd = perf_buffer__buffer_fd(events->perf, i);

		if (fd >= 0 && read(fd, count, sizeof(count)) == sizeof(count))
			sum += count[1];
	}
	if (sum > events->lost)
		on_lost(events, -1, sum - events->lost);
}

void events_close(struct events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	perf_buffer__free(events->perf);
	free(events);
}
