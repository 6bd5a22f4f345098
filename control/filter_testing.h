/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: a filter in the kernel, in each of the ways it may be used, and the same packets
 * through it and through libpcap's bpf_filter(). */
#ifndef XDPCTL_FILTER_TESTING_H
#define XDPCTL_FILTER_TESTING_H

#include "filter_frames_testing.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <unistd.h>

#include "filter.h"
#include "filter_fixture.skel.h"
#include "filter_patch.h"
#include "load.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

#define LINEAR_SKIP  16
#define LINEAR_ROOM  3072 /* bytes that a test run puts into one buffer on every kernel */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* libpcap's, whose header cannot be here: it defines struct bpf_insn again. */
unsigned int bpf_filter(const void *insns, const unsigned char *packet, unsigned int wire_length,
			unsigned int length);

/* A way to use a filter. */
struct way {
	const char *name;
	enum filter_reach reach;
	uint32_t skip, extra;
	uint32_t least, most; /* bytes of a packet */
	bool by_helper;	      /* nothing is read through a pointer */
	bool split;	      /* the first buffer has but the first bytes: Linux 6.18 */
};

static const struct way ways[] = {
	{ .name = "linear",
	  .reach = FILTER_LINEAR,
	  .skip = LINEAR_SKIP,
	  .least = 0,
	  .most = LINEAR_ROOM },
	{ .name = "xdp", .reach = FILTER_XDP, .least = ETH_HLEN, .most = PACKET_ROOM },
	{ .name = "xdp split",
	  .reach = FILTER_XDP,
	  .least = 41,
	  .most = PACKET_ROOM,
	  .split = true },
	{ .name = "xdp by helper",
	  .reach = FILTER_XDP,
	  .extra = 1,
	  .least = ETH_HLEN,
	  .most = PACKET_ROOM,
	  .by_helper = true },
	{ .name = "tc", .reach = FILTER_SKB, .least = ETH_HLEN, .most = LINEAR_ROOM },
	{ .name = "tc by helper",
	  .reach = FILTER_SKB,
	  .extra = 1,
	  .least = ETH_HLEN,
	  .most = LINEAR_ROOM,
	  .by_helper = true },
};

struct tester {
	const struct way *way;
	const struct filter *filter;
	struct filter_fixture *skeleton;
	int fd;
	unsigned int runs, matches;
};

static inline void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static inline struct filter compile(const char *expression)
{
	struct err err = { .message = "" };
	struct filter filter;

	if (filter_compile(expression, 0, &filter, &err))
		fail_msg("%s: %s", expression, err.message);
	return filter;
}

static inline struct bpf_program *tester_program(const struct tester *t)
{
	return t->way->reach == FILTER_SKB ? t->skeleton->progs.filter_tc
					   : t->skeleton->progs.filter_xdp;
}

/* "if R3 <= R8", the end of the first buffer, becomes never true. */
static inline void tester_use_helper(struct filter_patch *patch)
{
	for (unsigned int i = 1; i < patch->count; i++) {
		struct bpf_insn *insn = &patch->insns[i];

		if (insn->code != (BPF_JMP | BPF_JLE | BPF_X) || insn->dst_reg != 3)
			continue;
		insn[-1] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 };
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JNE | BPF_K,
					   .dst_reg = 3,
					   .off = insn->off };
	}
}

static inline int tester_try(struct tester *t)
{
	bool frags = t->way->reach == FILTER_XDP;
	int ret;

	t->skeleton = filter_fixture__open();
	assert_non_null(t->skeleton);
	t->skeleton->rodata->cfg.on = 1;
	t->skeleton->rodata->cfg.skip = t->way->skip;
	t->skeleton->rodata->cfg.extra = t->way->extra;
	t->skeleton->rodata->cfg.frags = frags;
	bpf_program__set_autoload(t->skeleton->progs.filter_xdp, t->way->reach != FILTER_SKB);
	bpf_program__set_autoload(t->skeleton->progs.filter_tc, t->way->reach == FILTER_SKB);
	ret = frags ? bpf_program__set_flags(tester_program(t), BPF_F_XDP_HAS_FRAGS) : 0;
	ret = ret ?: filter_fixture__load(t->skeleton);
	t->fd = ret ? -1 : bpf_program__fd(tester_program(t));
	return ret;
}

/* False: this kernel has no such way. */
static inline bool tester_open(struct tester *t, const struct way *way, const struct filter *filter,
			       const char *what)
{
	struct err err = { .message = "" };
	struct filter_patch patch;
	int ret;

	*t = (struct tester){ .way = way, .filter = filter };
	if (way->reach == FILTER_XDP && !kernel_has_frags())
		return false;
	if (filter_patch_begin(&patch, way->reach == FILTER_SKB ? "tc" : "xdp", filter, way->reach,
			       &err))
		fail_msg("%s, %s: %s: %s; %s", what, way->name, err.object, err.message, err.hint);
	if (way->by_helper)
		tester_use_helper(&patch);
	ret = tester_try(t);
	filter_patch_end(&patch);
	if (ret)
		fail_msg("%s, %s: not loaded: %s", what, way->name, strerror(-ret));
	return true;
}

static inline void tester_close(struct tester *t)
{
	filter_fixture__destroy(t->skeleton);
}

/* What the kernel says; -errno where it does not run such a packet. */
static inline int tester_ask(const struct tester *t, const struct packet_in *p, uint32_t *answer)
{
	static uint8_t in[LINEAR_SKIP + PACKET_ROOM];
	struct xdp_md context = { .data_end = 20 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in,
		    .data_size_in = t->way->skip + p->length);
	int ret;

	memcpy(in + t->way->skip, p->data, p->length);
	if (t->way->split) {
		opts.ctx_in = &context;
		opts.ctx_size_in = sizeof(context);
	}
	ret = bpf_prog_test_run_opts(t->fd, &opts);
	*answer = opts.retval;
	return ret;
}

static inline void tester_compare(struct tester *t, const struct packet_in *p, const char *what)
{
	uint32_t got, want;
	uint8_t *exact;
	int ret;

	if (p->length < t->way->least || p->length > t->way->most)
		return;
	ret = tester_ask(t, p, &got);
	/* older kernels cannot split; as an sk_buff none takes half an IP header */
	if (ret == -EINVAL && (t->way->split || t->way->reach == FILTER_SKB))
		return;
	if (ret)
		fail_msg("%s, %s: test run of %u bytes: %s", what, t->way->name, p->length,
			 strerror(-ret));
	exact = malloc(p->length ?: 1); /* for the sanitizer */
	assert_non_null(exact);
	memcpy(exact, p->data, p->length);
	want = bpf_filter(t->filter->insns, exact, p->length + t->way->extra, p->length);
	free(exact);
	if (got != want)
		fail_msg("%s, %s: %u bytes: %u, wanted %u", what, t->way->name, p->length, got,
			 want);
	t->runs++;
	t->matches += want != 0;
}

#endif
