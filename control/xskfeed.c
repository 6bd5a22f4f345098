/* SPDX-License-Identifier: GPL-2.0-only */
#include "xskfeed.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "xskfeed_part.h"

static void close_all(struct xskfeed *feed)
{
	for (unsigned int i = 0; i < feed->count; i++)
		xskfeed_unbind(&feed->queue[i]);
	feed->count = 0;
	free(feed->queue);
	feed->queue = NULL;
	xskfeed_unmap(feed);
}

/* What open_all() has to know better before it can do it. */
struct plan {
	const struct xskfeed_options *options;
	struct xskfeed_range queues;
};

/* The kernel says EINVAL for what it does not know, and for a queue that is not there. */
static bool better_plan(struct xskfeed *feed, struct plan *plan)
{
	if (feed->count == 0 && feed->multi_buffer) {
		feed->multi_buffer = false; /* before Linux 6.6 */
		return true;
	}
	if (feed->count && feed->count >= plan->queues.least) {
		plan->queues.most = feed->count;
		return true;
	}
	return false;
}

/* 0, -errno, or 1 with a better plan. */
static int open_all(struct xskfeed *feed, struct plan *plan, struct err *err)
{
	const struct xskfeed_options *options = plan->options;
	int ret;

	feed->sizes = xskfeed_plan(options, plan->queues.most, feed->multi_buffer);
	feed->queue = calloc(plan->queues.most, sizeof(*feed->queue));
	if (!feed->queue)
		return err_set(err, ERR_FAILED, ENOMEM, feed->ifname, "no memory for %u queues",
			       plan->queues.most);
	ret = xskfeed_map(feed, plan->queues.most, err);
	while (!ret && feed->count < plan->queues.most) {
		ret = xskfeed_bind(feed, feed->count, options->generic || options->never_zero_copy,
				   err);
		if (!ret)
			feed->count++;
	}
	if (!ret)
		return 0;
	ret = ret == -EINVAL && better_plan(feed, plan) ? 1 : ret;
	close_all(feed);
	return ret;
}

int xskfeed_open(const struct xskfeed_options *options, struct xskfeed **out, struct err *err)
{
	struct plan plan = { .options = options, .queues = xskfeed_count_queues(options->link) };
	struct xskfeed *feed = calloc(1, sizeof(*feed));
	int ret;

	*out = NULL;
	if (!feed)
		return err_set(err, ERR_FAILED, ENOMEM, options->link->name, "no memory");
	snprintf(feed->ifname, sizeof(feed->ifname), "%s", options->link->name);
	feed->multi_buffer = options->multi_buffer;
	do
		ret = open_all(feed, &plan, err);
	while (ret > 0);
	/* libxdp finds the interface by its name */
	if (!ret && if_nametoindex(feed->ifname) != options->link->ifindex)
		ret = err_set(err, ERR_CONFLICT, ENODEV, feed->ifname,
			      "became another interface meanwhile");
	if (!ret)
		*out = feed;
	else
		xskfeed_close(feed);
	return ret;
}

void xskfeed_close(struct xskfeed *feed)
{
	if (!feed)
		return;
	close_all(feed);
	free(feed);
}

unsigned int xskfeed_queues(const struct xskfeed *feed)
{
	return feed->count;
}

struct feed *xskfeed_queue(struct xskfeed *feed, unsigned int queue)
{
	return &feed->queue[queue].feed;
}

int xskfeed_fd(const struct xskfeed *feed, unsigned int queue)
{
	return xsk_socket__fd(feed->queue[queue].socket);
}

static int not_enlisted(const struct xskfeed *feed, uint32_t queue, int error, struct err *err)
{
	if (error == E2BIG)
		return err_set(err, ERR_FAILED, error, feed->ifname,
			       "has %u queues, and the program's XSKMAP has no element %u",
			       feed->count, queue);
	if (error == EEXIST)
		return err_set(err, ERR_CONFLICT, error, feed->ifname,
			       "queue %u: the program gives its packets to another socket", queue);
	return err_set(err, err_code_of(error), error, feed->ifname,
		       "queue %u: cannot put its socket into the XSKMAP: %s", queue,
		       strerror(error));
}

int xskfeed_enlist(const struct xskfeed *feed, int xskmap_fd, struct err *err)
{
	for (uint32_t i = 0; i < feed->count; i++) {
		int fd = xskfeed_fd(feed, i), error;

		if (bpf_map_update_elem(xskmap_fd, &i, &fd, BPF_NOEXIST) == 0)
			continue;
		error = errno;
		for (uint32_t k = 0; k < i; k++)
			(void)bpf_map_delete_elem(xskmap_fd, &k);
		return not_enlisted(feed, i, error, err);
	}
	return 0;
}

int xskfeed_withdraw(const struct xskfeed *feed, int xskmap_fd, struct err *err)
{
	int ret = 0;

	for (uint32_t i = 0; i < feed->count; i++) {
		if (bpf_map_delete_elem(xskmap_fd, &i) && errno != ENOENT && !ret)
			ret = err_set(err, err_code_of(errno), errno, feed->ifname,
				      "queue %u: cannot take its socket out of the XSKMAP: %s", i,
				      strerror(errno));
	}
	return ret;
}

int xskfeed_check(struct xskfeed *feed, struct err *err)
{
	bool gone = false;

	for (unsigned int i = 0; i < feed->count; i++) {
		struct xskfeed_queue *q = &feed->queue[i];
		socklen_t length = sizeof(int);
		int error = 0;

		/* the kernel says it once, xsk_notifier() */
		if (getsockopt(xskfeed_fd(feed, i), SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
		    error == ENETDOWN)
			q->gone = true;
		gone |= q->gone;
	}
	if (!gone)
		return 0;
	return err_set(err, ERR_NOT_FOUND, ENETDOWN, feed->ifname, "the interface was removed");
}

int xskfeed_stats(const struct xskfeed *feed, struct xskfeed_stats *out, struct err *err)
{
	*out = (struct xskfeed_stats){ 0 };
	for (unsigned int i = 0; i < feed->count; i++) {
		struct xdp_statistics queue = { 0 };
		socklen_t length = sizeof(queue);

		if (getsockopt(xskfeed_fd(feed, i), SOL_XDP, XDP_STATISTICS, &queue, &length))
			return err_set(err, err_code_of(errno), errno, feed->ifname,
				       "queue %u: cannot read what was lost: %s", i,
				       strerror(errno));
		out->rx_dropped += queue.rx_dropped;
		out->rx_ring_full += queue.rx_ring_full;
		out->fill_empty += queue.rx_fill_ring_empty_descs;
		out->invalid += queue.rx_invalid_descs;
	}
	out->lost = out->rx_dropped + out->rx_ring_full;
	return 0;
}

static bool is_zero_copy(const struct xskfeed *feed, unsigned int queue)
{
	struct xdp_options options = { 0 };
	socklen_t length = sizeof(options);

	return getsockopt(xskfeed_fd(feed, queue), SOL_XDP, XDP_OPTIONS, &options, &length) == 0 &&
	       (options.flags & XDP_OPTIONS_ZEROCOPY);
}

void xskfeed_describe(const struct xskfeed *feed, struct xskfeed_info *out)
{
	const struct xskfeed_sizes *sizes = &feed->sizes;

	*out = (struct xskfeed_info){
		.queues = feed->count,
		.hugepages = feed->hugepages,
		.multi_buffer = feed->multi_buffer,
		.max_packet = feed->multi_buffer ? 0 : sizes->frame - XSKFEED_HEADROOM,
		.ring = sizes->rx,
		.frames = sizes->frames,
		.frame_size = sizes->frame,
		.memory = feed->count * xskfeed_bytes(sizes),
	};
	for (unsigned int i = 0; i < feed->count; i++)
		out->zero_copy += is_zero_copy(feed, i);
}
