/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: a tapped pipeline that is attached nowhere, with captures' programs in its places, and
 * what they put into their ring buffers when frames are run through it (BPF_PROG_TEST_RUN). */
#ifndef XDPCTL_TAP_TESTING_H
#define XDPCTL_TAP_TESTING_H

#include "pipeline_testing.h"

#include "tap_load.h"

#define LONGEST	   66000 /* bytes of a frame: a test run takes a little more than 65536 */
#define ONE_BUFFER 3400	 /* bytes of a frame that is in one buffer on every kernel */

/* A capture's part. */
struct tap {
	struct tap_site site;
	struct tap_rings rings;
	struct tap_program program;
	struct tap_cfg cfg;
	uint64_t last; /* time of its last packet */
};

struct tapped {
	struct bench b;
	struct tap tap[TAPS]; /* by place */
};

/* What went through, and what came out. */
struct pass {
	size_t length;
	uint32_t linear, verdict;
	uint8_t in[LONGEST], out[LONGEST];
	size_t out_length;
};

static inline void tapped_open(struct tapped *t, const char *line, int flags)
{
	struct err err = { .message = "" };

	bench_need_root();
	*t = (struct tapped){ .b.program.fd = -1 };
	if (bench_configure(line, !(flags & BENCH_NO_COUNT), if_nametoindex(INGRESS), &t->b.cfg,
			    &err))
		fail_msg("%s: %s: %s", line, err.object, err.message);
	t->b.cfg.frags = !(flags & BENCH_ONE_BUFFER);
	t->b.cfg.tapped = TAPPED;
	bench_load(&t->b, NULL);
	assert_true(program_map(&t->b.program, "taps") >= 0);
	if (!(flags & BENCH_CLOSED))
		bench_start(&t->b);
}

static inline struct filter tap_filter(const char *expression, uint32_t snaplen)
{
	struct filter filter = { 0 };
	struct err err;

	if (*expression && filter_compile(expression, snaplen, &filter, &err))
		fail_msg("%s: %s", expression, err.message);
	return filter;
}

/* Load a capture's program for this place, with rings of that much memory; put it in. */
static inline struct tap *tapped_add(struct tapped *t, unsigned int place, uint32_t snaplen,
				     const char *expression, uint64_t memory)
{
	struct filter filter = tap_filter(expression, snaplen);
	struct tap *tap = &t->tap[place];
	struct err err = { .message = "" };

	*tap = (struct tap){ .cfg = { .snaplen = snaplen } };
	snprintf(tap->cfg.text, sizeof(tap->cfg.text), "%s", expression);
	tap->site = (struct tap_site){ .taps = program_map(&t->b.program, "taps"),
				       .scratch = program_map(&t->b.program, "tap_scratch"),
				       .frags = t->b.cfg.frags,
				       .place = place };
	tap->site.seen = tap_seen(&tap->site);
	if (tap_rings_open(memory, &tap->rings, &err) ||
	    tap_load_xdp(&tap->site, &tap->cfg, &filter, &tap->rings, 1, &tap->program, &err) ||
	    tap_put(&tap->site, tap->program.fd, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	filter_free(&filter);
	return tap;
}

static inline void tapped_remove(struct tapped *t, unsigned int place)
{
	uint32_t key = place;

	assert_int_equal(bpf_map_delete_elem(program_map(&t->b.program, "taps"), &key), 0);
}

static inline void tap_end(struct tap *tap)
{
	tap_program_close(&tap->program);
	tap_rings_close(&tap->rings);
}

static inline void tapped_close(struct tapped *t)
{
	for (unsigned int i = 0; i < TAPS; i++) {
		if (t->tap[i].rings.count)
			tap_end(&t->tap[i]);
	}
	program_close(&t->b.program);
}

/* ---- runs */

static inline void pass_make(struct pass *pass, size_t length)
{
	assert_true(length <= LONGEST);
	*pass = (struct pass){ .length = length };
	for (size_t i = 0; i < length; i++)
		pass->in[i] = (uint8_t)((i * 2654435761u + length) >> 7);
	if (length >= 14)
		put16(pass->in + 12, 0x88b5);
	pass->in[0] &= 0xfe; /* to one station */
}

static inline void pass_frame(struct pass *pass, const struct frame *frame)
{
	*pass = (struct pass){ .length = frame->length };
	memcpy(pass->in, frame->data, frame->length);
}

static inline void pass_run(int fd, struct pass *pass)
{
	struct xdp_md context = { .data_end = pass->linear };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pass->in,
		    .data_size_in = (uint32_t)pass->length, .data_out = pass->out,
		    .data_size_out = sizeof(pass->out));
	int ret;

	if (pass->linear) {
		opts.ctx_in = &context;
		opts.ctx_size_in = sizeof(context);
	}
	ret = bpf_prog_test_run_opts(fd, &opts);
	if (ret)
		fail_msg("test run of %zu bytes: %s", pass->length, strerror(-ret));
	pass->verdict = opts.retval;
	pass->out_length = opts.data_size_out;
}

static inline void pass_check(const struct pass *pass, uint32_t verdict, const uint8_t *out)
{
	assert_int_equal(pass->verdict, verdict);
	assert_int_equal(pass->out_length, pass->length);
	check_bytes(pass->out, out, pass->length);
}

/* All short ones, then those around powers of two: each is a program. */
static inline uint32_t next_snaplen(uint32_t snaplen)
{
	return snaplen < 35 || (snaplen + 4) % 64 < 8 ? snaplen + 1 : (snaplen + 4) / 64 * 64 + 60;
}

/* ---- what a capture has of it */

static inline struct feed *tap_feed_with_packet(struct tap *tap, struct feed_packet *packet)
{
	for (unsigned int i = 0; i < tap->rings.count; i++) {
		struct feed *feed = ringfeed_feed(tap->rings.ring[i]);

		if (feed->ops->peek(feed, packet) == 1)
			return feed;
	}
	return NULL;
}

static inline void tap_empty(struct tap *tap)
{
	struct feed_packet packet;

	assert_null(tap_feed_with_packet(tap, &packet));
}

static inline void tap_take(struct feed *feed)
{
	feed->ops->take(feed);
	feed->ops->release(feed);
}

/* The first bytes as they came, and all about them. */
static inline void tap_expect(struct tap *tap, const uint8_t *data, size_t length, size_t captured,
			      uint32_t outcome)
{
	struct feed_packet packet;
	struct feed *feed = tap_feed_with_packet(tap, &packet);

	if (!feed)
		fail_msg("the capture has nothing of a frame of %zu bytes", length);
	assert_int_equal(packet.head.length, length);
	assert_int_equal(packet.head.captured, captured);
	assert_int_equal(packet.head.outcome, outcome);
	assert_int_equal(packet.head.queue, 0);
	assert_int_equal(packet.head.target, 0);
	assert_int_equal(packet.head.direction, CAPTURE_IN);
	assert_int_equal(packet.head.flags, 0);
	assert_true(packet.head.time > tap->last && packet.head.time <= tap_now());
	tap->last = packet.head.time;
	check_bytes(packet.data, data, captured);
	tap_take(feed);
}

static inline void tap_check_counts(const struct tap *tap, uint64_t seen, struct tap_counts want)
{
	struct tap_counts got;

	assert_int_equal(tap_sum(tap->program.counts, &got), 0);
	assert_int_equal(tap_seen(&tap->site), seen);
	assert_int_equal(got.matched, want.matched);
	assert_int_equal(got.full, want.full);
	assert_int_equal(got.uncopied, want.uncopied);
	assert_int_equal(got.xsk, want.xsk);
}

#endif
