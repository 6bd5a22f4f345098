/* SPDX-License-Identifier: GPL-2.0-only */
/* A real ring buffer, filled by a program in the kernel (netns-tests/tools/ringfeed_fixture.bpf.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ringfeed.h"
#include "ringfeed_fixture.skel.h"

#define SMALL	  4096
#define LARGE	  (256u << 10)
#define HEAD	  ((uint32_t)sizeof(struct capture_head))
#define DISCARDED 200

struct stand {
	struct ringfeed *ring;
	struct feed *feed;
	struct ringfeed_fixture *skeleton;
	uint8_t *data;	/* bytes of the next packets */
	uint64_t taken; /* packets */
};

/* ---- libbpf's own, which may be told to refuse */

static uint32_t too_large = UINT32_MAX;
static int refusal;

int bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size,
		   __u32 max_entries, const struct bpf_map_create_opts *opts)
{
	int (*real)(enum bpf_map_type, const char *, __u32, __u32, __u32,
		    const struct bpf_map_create_opts *);

	if (type == BPF_MAP_TYPE_RINGBUF && max_entries >= too_large)
		return refusal;
	*(void **)&real = dlsym(RTLD_NEXT, "bpf_map_create");
	return real(type, name, key_size, value_size, max_entries, opts);
}

/* ---- */

static void map_source(struct stand *s)
{
	size_t size = HEAD + CAPTURE_SNAPLEN + 1;
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			       bpf_map__fd(s->skeleton->maps.source), 0);

	assert_true(memory != MAP_FAILED);
	s->data = memory + HEAD;
	for (uint32_t i = 0; i < CAPTURE_SNAPLEN; i++)
		s->data[i] = (uint8_t)(i * 2654435761u >> 13);
}

static void stand_open(struct stand *s, uint32_t bytes)
{
	struct err err;

	if (geteuid() != 0)
		skip();
	*s = (struct stand){ 0 };
	assert_int_equal(ringfeed_open(bytes, &s->ring, &err), 0);
	assert_int_equal(ringfeed_bytes(s->ring), bytes);
	s->feed = ringfeed_feed(s->ring);
	s->skeleton = ringfeed_fixture__open();
	assert_non_null(s->skeleton);
	assert_int_equal(bpf_map__reuse_fd(s->skeleton->maps.ring, ringfeed_fd(s->ring)), 0);
	assert_int_equal(ringfeed_fixture__load(s->skeleton), 0);
	map_source(s);
}

static void stand_close(struct stand *s)
{
	munmap(s->data - HEAD, HEAD + CAPTURE_SNAPLEN + 1);
	ringfeed_fixture__destroy(s->skeleton);
	ringfeed_close(s->ring);
}

static void run(struct stand *s, uint32_t verdict)
{
	static const uint8_t frame[60];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(s->skeleton->progs.ringfeed_fill),
						&opts),
			 0);
	assert_int_equal(opts.retval, verdict);
}

/* One run each: the kernel makes those that repeat wait for it. */
static void fill(struct stand *s, uint32_t bytes, uint32_t times)
{
	s->skeleton->bss->wish.bytes = bytes;
	s->skeleton->bss->wish.discard = 0;
	for (uint32_t i = 0; i < times; i++)
		run(s, XDP_PASS);
}

static void discard(struct stand *s)
{
	s->skeleton->bss->wish.discard = 1;
	run(s, XDP_DROP);
}

static uint32_t in_ring(uint32_t bytes)
{
	return (bytes + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

/* The next packet, byte for byte; it stays where it is. */
static const void *look(struct stand *s, uint32_t bytes)
{
	struct feed_packet packet;

	assert_int_equal(s->feed->ops->peek(s->feed, &packet), 1);
	assert_int_equal(packet.head.time, s->taken + 1);
	assert_int_equal(packet.head.captured, bytes);
	assert_int_equal(packet.head.length, bytes + 3);
	assert_int_equal(packet.head.queue, 17);
	assert_int_equal(packet.head.outcome, 0x123);
	assert_memory_equal(packet.data, s->data, bytes);
	return packet.data;
}

static void take(struct stand *s, uint32_t bytes)
{
	look(s, bytes);
	look(s, bytes);
	s->feed->ops->take(s->feed);
	s->taken++;
}

static void expect_nothing(struct stand *s)
{
	struct feed_packet packet;

	assert_int_equal(s->feed->ops->peek(s->feed, &packet), 0);
}

static void hand_back(struct stand *s)
{
	s->feed->ops->release(s->feed);
}

static void test_ringfeed_packets_of_every_length_are_whole(void **state)
{
	struct stand s;

	(void)state;
	stand_open(&s, LARGE);
	expect_nothing(&s);
	for (uint32_t bytes = 1; bytes <= CAPTURE_SNAPLEN; bytes++) {
		fill(&s, bytes, 1);
		take(&s, bytes);
		expect_nothing(&s);
		assert_int_equal(ringfeed_used(s.ring), in_ring(HEAD + bytes));
		hand_back(&s);
		assert_int_equal(ringfeed_used(s.ring), 0);
	}
	assert_int_equal(s.skeleton->bss->failed, 0);
	stand_close(&s);
}

/* Many at once, so that some lie over the end of the ring. */
static void test_ringfeed_goes_around_many_times(void **state)
{
	struct stand s;

	(void)state;
	stand_open(&s, SMALL);
	for (uint32_t turn = 0; turn < 1000; turn++) {
		uint32_t bytes = 1 + turn % 900, times = SMALL / (bytes + 40);

		fill(&s, bytes, times);
		for (uint32_t i = 0; i < times; i++)
			take(&s, bytes);
		expect_nothing(&s);
		hand_back(&s);
	}
	assert_int_equal(s.skeleton->bss->failed, 0);
	stand_close(&s);
}

static void test_ringfeed_discarded_records_are_skipped(void **state)
{
	uint32_t gone = in_ring(DISCARDED), kept = in_ring(HEAD + 77);
	struct stand s;

	(void)state;
	stand_open(&s, SMALL);
	for (int turn = 0; turn < 100; turn++) {
		discard(&s);
		expect_nothing(&s);
		hand_back(&s);
		assert_int_equal(ringfeed_used(s.ring), 0); /* their room comes back, too */
		discard(&s);
		discard(&s);
		fill(&s, 77, 2);
		discard(&s);
		fill(&s, 77, 1);
		for (int i = 0; i < 3; i++)
			take(&s, 77);
		discard(&s);
		assert_int_equal(ringfeed_used(s.ring), 4 * gone + 3 * kept);
		expect_nothing(&s);
		hand_back(&s);
		assert_int_equal(ringfeed_used(s.ring), 0);
	}
	stand_close(&s);
}

/* Of a full ring nothing is lost but what its producer counts. */
static void test_ringfeed_full_ring_keeps_what_it_has(void **state)
{
	const uint32_t each = in_ring(HEAD + 100), room = SMALL / each;
	struct stand s;

	(void)state;
	stand_open(&s, SMALL);
	fill(&s, 100, 1000);
	assert_in_range(s.skeleton->bss->written, room - 1, room);
	assert_int_equal(s.skeleton->bss->written + s.skeleton->bss->failed, 1000);
	assert_int_equal(ringfeed_used(s.ring), s.skeleton->bss->written * each);
	/* what was taken is the kernel's again when it is handed back, not before */
	take(&s, 100);
	take(&s, 100);
	fill(&s, 100, 1);
	assert_int_equal(s.skeleton->bss->written + s.skeleton->bss->failed, 1001);
	assert_int_equal(s.skeleton->bss->failed, 1001 - s.skeleton->bss->written);
	hand_back(&s);
	fill(&s, 100, 5);
	assert_int_equal(s.skeleton->bss->written + s.skeleton->bss->failed, 1006);
	while (s.taken < s.skeleton->bss->written)
		take(&s, 100);
	expect_nothing(&s);
	assert_in_range(s.taken, room + 1, room + 2);
	hand_back(&s);
	fill(&s, 100, 1);
	take(&s, 100);
	stand_close(&s);
}

static void test_ringfeed_peeked_record_is_not_handed_back(void **state)
{
	struct stand s;

	(void)state;
	stand_open(&s, SMALL);
	fill(&s, 30, 2);
	take(&s, 30);
	look(&s, 30);
	hand_back(&s);
	assert_int_equal(ringfeed_used(s.ring), in_ring(HEAD + 30));
	take(&s, 30);
	stand_close(&s);
}

/* ---- records that are still being written: no program can stop there, so the test lays memory of
 * its own over the ring's */

static uint8_t *lay_over(struct stand *s, const uint8_t *data)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), ring = ringfeed_bytes(s->ring);
	uint8_t *begin = (uint8_t *)(uintptr_t)data - page;
	int flags = MAP_SHARED | MAP_FIXED, prot = PROT_READ | PROT_WRITE;
	int fd = memfd_create("ring", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, begin, page + ring), page + ring);
	assert_true(mmap(begin, page + ring, prot, flags, fd, 0) == begin);
	assert_true(mmap(begin + page + ring, ring, prot, flags, fd, (off_t)page) ==
		    begin + page + ring);
	close(fd);
	return begin + page;
}

static void test_ringfeed_record_being_written_holds_up_the_rest(void **state)
{
	uint32_t each = in_ring(HEAD + 50), *second, *third;
	struct stand s;
	uint8_t *ring;

	(void)state;
	stand_open(&s, SMALL);
	fill(&s, 50, 4);
	ring = lay_over(&s, (const uint8_t *)look(&s, 50) - HEAD - BPF_RINGBUF_HDR_SZ);
	second = (uint32_t *)(void *)(ring + each);
	third = (uint32_t *)(void *)(ring + 2 * each);
	*second |= BPF_RINGBUF_BUSY_BIT;
	take(&s, 50);
	expect_nothing(&s);
	expect_nothing(&s);
	hand_back(&s);
	assert_int_equal(ringfeed_used(s.ring), 3 * each);
	*second &= ~BPF_RINGBUF_BUSY_BIT;
	take(&s, 50);
	*third |= BPF_RINGBUF_BUSY_BIT;
	expect_nothing(&s);
	*third ^= BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT; /* it was thought better of */
	s.taken++;
	take(&s, 50);
	expect_nothing(&s);
	hand_back(&s);
	assert_int_equal(ringfeed_used(s.ring), 0);
	stand_close(&s);
}

/* ---- sizes */

static void test_ringfeed_takes_half_where_memory_is_short(void **state)
{
	struct ringfeed *ring;
	struct err err;

	(void)state;
	if (geteuid() != 0)
		skip();
	refusal = -ENOMEM;
	too_large = 2u << 20;
	assert_int_equal(ringfeed_open(16u << 20, &ring, &err), 0);
	assert_int_equal(ringfeed_bytes(ring), 1u << 20);
	ringfeed_close(ring);
	too_large = LARGE + 1; /* the least that is tried */
	assert_int_equal(ringfeed_open(16u << 20, &ring, &err), 0);
	assert_int_equal(ringfeed_bytes(ring), LARGE);
	ringfeed_close(ring);
	too_large = LARGE;
	assert_int_equal(ringfeed_open(16u << 20, &ring, &err), -ENOMEM);
	assert_null(ring);
	assert_string_equal(err.object, "capture");
	assert_non_null(strstr(err.message, "16777216 bytes"));
	too_large = 1; /* what is no lack of memory does not get better by halves */
	refusal = -EPERM;
	assert_int_equal(ringfeed_open(16u << 20, &ring, &err), -EPERM);
	assert_int_equal(err.code, ERR_PERMISSION);
	refusal = -EINVAL;
	assert_int_equal(ringfeed_open(16u << 20, &ring, &err), -EINVAL);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	too_large = UINT32_MAX;
	ringfeed_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ringfeed_packets_of_every_length_are_whole),
		cmocka_unit_test(test_ringfeed_goes_around_many_times),
		cmocka_unit_test(test_ringfeed_discarded_records_are_skipped),
		cmocka_unit_test(test_ringfeed_full_ring_keeps_what_it_has),
		cmocka_unit_test(test_ringfeed_peeked_record_is_not_handed_back),
		cmocka_unit_test(test_ringfeed_record_being_written_holds_up_the_rest),
		cmocka_unit_test(test_ringfeed_takes_half_where_memory_is_short),
	};

	return cmocka_run_group_tests_name("ringfeed", tests, NULL, NULL);
}
