/* SPDX-License-Identifier: GPL-2.0-only */
#include "xbench.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* UDP from 10.99.0.1 port 1024 to 10.99.0.2 port 9 */
static const uint8_t packet[60] = {
	[0] = 2,   [5] = 2,   [6] = 2,	   [11] = 1,	[12] = 8,  [14] = 0x45, [17] = 46,
	[22] = 64, [23] = 17, [24] = 0x65, [25] = 0xf7, [26] = 10, [27] = 99,	[29] = 1,
	[30] = 10, [31] = 99, [33] = 2,	   [34] = 4,	[37] = 9,  [39] = 26,
};

struct samples {
	double hand[MAX_ROUNDS], pipeline[MAX_ROUNDS], above[MAX_ROUNDS];
};

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The clock is read here because the kernel rounds its own figure down to whole nanoseconds. */
static int run(const struct comparison *c, int fd, double *ns)
{
	struct xdp_md ctx = { .data_end = sizeof(packet), .ingress_ifindex = c->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = (int)c->repeat);
	double start = now_ns();
	int ret = bpf_prog_test_run_opts(fd, &opts);

	*ns = (now_ns() - start) / c->repeat;
	if (!ret && opts.retval != XDP_REDIRECT)
		return -EPROTO;
	return ret;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct summary summarise(double *values, uint32_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return (struct summary){ .min = values[0],
				 .median = (values[(n - 1) / 2] + values[n / 2]) / 2 };
}

static int one_round(const struct comparison *c, uint32_t round, struct samples *s)
{
	bool hand_first = round % 2 == 0;
	int ret = 0;

	if (hand_first)
		ret = run(c, c->hand_fd, &s->hand[round]);
	if (!ret)
		ret = run(c, c->pipeline_fd, &s->pipeline[round]);
	if (!ret && !hand_first)
		ret = run(c, c->hand_fd, &s->hand[round]);
	s->above[round] = s->pipeline[round] - s->hand[round];
	return ret;
}

int compare(struct comparison *c)
{
	struct samples *s = calloc(1, sizeof(*s));
	int ret = s ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < c->rounds && !ret; i++)
		ret = one_round(c, i, s);
	if (ret)
		goto out;
	c->hand = summarise(s->hand, c->rounds);
	c->pipeline = summarise(s->pipeline, c->rounds);
	c->above = summarise(s->above, c->rounds);
out:
	free(s);
	return ret;
}
