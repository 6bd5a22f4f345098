/* SPDX-License-Identifier: GPL-2.0-only */
#include "ringfeed.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RING_LEAST (256u << 10)

/* The layout is the kernel's: Documentation/bpf/ringbuf.rst, kernel/bpf/ringbuf.c */
struct ringfeed {
	struct feed feed;
	int fd;
	uint32_t bytes;
	size_t page;
	uint64_t *consumer;	  /* a page of its own, which we write */
	const uint64_t *producer; /* a page, behind it the data twice in a row */
	const uint8_t *data;
	uint64_t at;	 /* of the next record */
	uint64_t behind; /* the end of the one that was peeked at */
	uint64_t known;	 /* as far as records were seen to reach */
};

static struct ringfeed *ring_of(struct feed *feed)
{
	return (struct ringfeed *)feed;
}

static const struct capture_head *next_record(struct ringfeed *ring)
{
	while (ring->at < ring->known ||
	       ring->at < (ring->known = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE))) {
		const uint8_t *record = ring->data + (ring->at & (ring->bytes - 1));
		uint32_t head = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		uint32_t length = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (head & BPF_RINGBUF_BUSY_BIT) /* still being written */
			return NULL;
		ring->behind = ring->at + ((length + BPF_RINGBUF_HDR_SZ + 7) & ~7u);
		if (!(head & BPF_RINGBUF_DISCARD_BIT))
			return (const struct capture_head *)(record + BPF_RINGBUF_HDR_SZ);
		ring->at = ring->behind;
	}
	return NULL;
}

static int ring_peek(struct feed *feed, struct feed_packet *out)
{
	const struct capture_head *head = next_record(ring_of(feed));

	if (!head)
		return 0;
	out->head = *head;
	out->data = head + 1;
	return 1;
}

static void ring_take(struct feed *feed)
{
	ring_of(feed)->at = ring_of(feed)->behind;
}

static void ring_release(struct feed *feed)
{
	struct ringfeed *ring = ring_of(feed);

	if (*ring->consumer != ring->at)
		__atomic_store_n(ring->consumer, ring->at, __ATOMIC_RELEASE);
}

static const struct feed_ops ring_ops = {
	.peek = ring_peek,
	.take = ring_take,
	.release = ring_release,
};

static int create(struct ringfeed *ring, uint32_t bytes)
{
	ring->bytes = bytes;
	do {
		ring->fd =
			bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tap_ring", 0, 0, ring->bytes, NULL);
		if (ring->fd >= 0)
			return 0;
		ring->bytes /= 2;
	} while (ring->fd == -ENOMEM && ring->bytes >= RING_LEAST);
	return ring->fd;
}

static int map(struct ringfeed *ring)
{
	void *consumer, *producer;

	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	consumer = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	ring->consumer = consumer;
	producer = mmap(NULL, ring->page + 2 * (size_t)ring->bytes, PROT_READ, MAP_SHARED, ring->fd,
			(off_t)ring->page);
	if (producer == MAP_FAILED)
		return -errno;
	ring->producer = producer;
	ring->data = (const uint8_t *)producer + ring->page;
	return 0;
}

int ringfeed_open(uint32_t bytes, struct ringfeed **out, struct err *err)
{
	struct ringfeed *ring = calloc(1, sizeof(*ring));
	int ret;

	*out = NULL;
	if (!ring)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	ring->feed.ops = &ring_ops;
	ret = create(ring, bytes);
	ret = ret ?: map(ring);
	if (!ret) {
		*out = ring;
		return 0;
	}
	ringfeed_close(ring);
	if (ret == -EINVAL)
		return err_set(err, ERR_UNSUPPORTED, EINVAL, "capture",
			       "this kernel has no BPF ring buffer (Linux 5.8)");
	return err_set(err, err_code_of(-ret), -ret, "capture",
		       "cannot make a ring buffer of %u bytes: %s", bytes, strerror(-ret));
}

void ringfeed_close(struct ringfeed *ring)
{
	if (!ring)
		return;
	if (ring->producer)
		munmap((void *)(uintptr_t)ring->producer, ring->page + 2 * (size_t)ring->bytes);
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring);
}

struct feed *ringfeed_feed(struct ringfeed *ring)
{
	return &ring->feed;
}

int ringfeed_fd(const struct ringfeed *ring)
{
	return ring->fd;
}

uint32_t ringfeed_bytes(const struct ringfeed *ring)
{
	return ring->bytes;
}

uint32_t ringfeed_used(const struct ringfeed *ring)
{
	uint64_t produced = __atomic_load_n(ring->producer, __ATOMIC_RELAXED);

	return (uint32_t)(produced - *ring->consumer);
}
