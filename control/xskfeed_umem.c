/* SPDX-License-Identifier: GPL-2.0-only */
/* How many queues there are, and what memory each gets. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xskfeed_part.h"

/* Rings of 2048 were seen to lose packets now and then, 16384 never. */
#define RING_MOST  65536u
#define RING_LEAST 2048u

#define QUEUES_MOST 65535u /* their numbers have 16 bits in struct capture_head */
#define TAGGED	    22u	   /* bytes of an Ethernet header with two VLAN tags */
#define HUGE_PAGE   (2u << 20)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

static unsigned int bounded(unsigned int n)
{
	return n < 1 ? 1 : n > QUEUES_MOST ? QUEUES_MOST : n;
}

/* "rx" channels are those that only receive: a driver that counts the combined ones among them too
 * is why the larger number is an upper bound only. Without channels the kernel tells how many
 * queues the device was made with; some of them may not be in use. */
struct xskfeed_range xskfeed_count_queues(const struct link *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	unsigned int rx, combined;

	if (link_ethtool(link, &channels) || !(channels.rx_count | channels.combined_count))
		return (struct xskfeed_range){ 1, bounded(link->rx_queues) };
	rx = bounded(channels.rx_count);
	combined = bounded(channels.combined_count);
	return (struct xskfeed_range){ rx > combined ? rx : combined,
				       bounded(channels.rx_count + channels.combined_count) };
}

uint32_t xskfeed_device_ring(const struct link *link)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

	return link_ethtool(link, &ring) || ring.rx_pending > 1u << 20 ? 0 : ring.rx_pending;
}

static uint32_t power_of_two(uint32_t least)
{
	uint32_t n = 1;

	while (n < least)
		n *= 2;
	return n;
}

uint64_t xskfeed_bytes(const struct xskfeed_sizes *sizes)
{
	return (uint64_t)sizes->frames * (sizes->frame + sizeof(__u64)) +
	       (uint64_t)sizes->rx * sizeof(struct xdp_desc);
}

/* A device with zero-copy holds as many frames as its own ring has entries, and our ring has to be
 * full before the fill ring is empty. */
struct xskfeed_sizes xskfeed_plan(const struct xskfeed_options *options, unsigned int queues,
				  bool multi_buffer)
{
	bool copies = options->generic || options->never_zero_copy;
	uint32_t device = copies ? 0 : xskfeed_device_ring(options->link);
	bool is_long = options->link->mtu + TAGGED > 2048 - XSKFEED_HEADROOM;
	struct xskfeed_sizes sizes = { .frame = is_long && !multi_buffer ? 4096 : 2048 };

	for (sizes.rx = RING_MOST;; sizes.rx /= 2) {
		sizes.frames = power_of_two(sizes.rx + (device > sizes.rx ? device : sizes.rx));
		if (sizes.rx == RING_LEAST || queues * xskfeed_bytes(&sizes) <= options->memory)
			return sizes;
	}
}

static size_t round_up(size_t length, size_t unit)
{
	return (length + unit - 1) / unit * unit;
}

static void *map(size_t length, int flags)
{
	void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
			-1, 0);

	if (at == MAP_FAILED)
		return NULL;
	/* pinned pages would be copied by fork(), one by one, while packets come */
	(void)madvise(at, length, MADV_DONTFORK);
	(void)madvise(at, length, MADV_HUGEPAGE);
	return at;
}

int xskfeed_map(struct xskfeed *feed, unsigned int queues, struct err *err)
{
	const struct xskfeed_sizes *sizes = &feed->sizes;

	feed->frames_length = round_up((size_t)queues * sizes->frames * sizes->frame, HUGE_PAGE);
	feed->frames = map(feed->frames_length, MAP_HUGETLB | MAP_HUGE_2MB);
	feed->hugepages = feed->frames != NULL;
	/* the kernel takes the memory of a queue when that is opened, and some may not be in use */
	if (!feed->frames)
		feed->frames = map(feed->frames_length, MAP_NORESERVE);
	/* used as far as packets of several parts come, mostly not at all */
	feed->scratch_length = (size_t)queues * sizes->rx * sizes->frame;
	if (feed->multi_buffer)
		feed->scratch = map(feed->scratch_length, MAP_NORESERVE);
	if (!feed->frames || (feed->multi_buffer && !feed->scratch))
		return err_set(err, ERR_FAILED, ENOMEM, feed->ifname,
			       "no memory for %u queues of %u frames of %u bytes", queues,
			       sizes->frames, sizes->frame);
	if (!feed->hugepages)
		(void)madvise(feed->frames, feed->frames_length, MADV_HUGEPAGE);
	return 0;
}

void xskfeed_unmap(struct xskfeed *feed)
{
	if (feed->frames)
		munmap(feed->frames, feed->frames_length);
	if (feed->scratch)
		munmap(feed->scratch, feed->scratch_length);
	feed->frames = feed->scratch = NULL;
}
