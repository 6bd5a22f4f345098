/* SPDX-License-Identifier: GPL-2.0-only */
/* One AF_XDP socket: its rings, its frames, its queue, and why the kernel refuses it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

#include "xskfeed_part.h"

/* A socket that was just closed still has its queue for a moment: the kernel puts its buffers away
 * later, xp_put_pool() in net/xdp/xsk_buff_pool.c. */
#define BUSY_TRIES   30
#define BUSY_WAIT_MS 10

static const struct {
	int errnum;
	enum err_code code;
	const char *text, *hint;
} refusals[] = {
	{ EBUSY, ERR_CONFLICT, "another AF_XDP socket receives from it",
	  "`ss --xdp -p` shows whose it is" },
	{ EPERM, ERR_PERMISSION, "AF_XDP sockets need CAP_NET_RAW", "run it as root" },
	{ ENOBUFS, ERR_PERMISSION, "its memory is more than may be locked without CAP_IPC_LOCK",
	  "run it as root, or raise `ulimit -l`, or give the capture less memory" },
	{ EAFNOSUPPORT, ERR_UNSUPPORTED, "this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS)",
	  "capture by a copy in the kernel instead" },
	{ EOPNOTSUPP, ERR_UNSUPPORTED, "the driver cannot give its packets to an AF_XDP socket",
	  "capture by a copy in the kernel instead" },
	{ ENODEV, ERR_NOT_FOUND, "the interface is gone", "`ip link` lists those there are" },
	{ EINVAL, ERR_UNSUPPORTED, "the kernel or its driver refuses an AF_XDP socket there",
	  "capture by a copy in the kernel instead" },
};

static int refused(const struct xskfeed *feed, unsigned int number, int ret, struct err *err)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].errnum != -ret)
			continue;
		err_set(err, refusals[i].code, -ret, feed->ifname, "queue %u: %s", number,
			refusals[i].text);
		return err_hint(err, "%s", refusals[i].hint);
	}
	return err_set(err, err_code_of(-ret), -ret, feed->ifname,
		       "queue %u: cannot open an AF_XDP socket: %s", number, strerror(-ret));
}

static int register_frames(struct xskfeed *feed, struct xskfeed_queue *q)
{
	size_t length = (size_t)feed->sizes.frames * feed->sizes.frame;
	const struct xsk_umem_config config = { .fill_size = feed->sizes.frames,
						.comp_size = 64,
						.frame_size = feed->sizes.frame };

	return xsk_umem__create(&q->umem, q->frames, length, &q->fill, &q->completion, &config);
}

/* As far as we may. */
static bool raise_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0)
		return true;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == limit.rlim_max)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

/* Without CAP_IPC_LOCK there is a limit. */
static int register_frames_raised(struct xskfeed *feed, struct xskfeed_queue *q)
{
	int ret = register_frames(feed, q);

	if (ret != -ENOBUFS || !raise_limit())
		return ret;
	return register_frames(feed, q);
}

static void fill_all(struct xskfeed *feed, struct xskfeed_queue *q)
{
	uint32_t n = feed->sizes.frames, place;

	n = xsk_ring_prod__reserve(&q->fill, n, &place);
	for (uint32_t i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&q->fill, place + i) = (uint64_t)i * feed->sizes.frame;
	xsk_ring_prod__submit(&q->fill, n);
}

static int bind_socket(struct xskfeed *feed, struct xskfeed_queue *q, bool copy)
{
	const struct xsk_socket_config config = {
		.rx_size = feed->sizes.rx,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (uint16_t)(XDP_USE_NEED_WAKEUP | (copy ? XDP_COPY : 0) |
					 (feed->multi_buffer ? XDP_USE_SG : 0)),
	};
	int ret;

	for (int tries = 0; tries < BUSY_TRIES; tries++) {
		ret = xsk_socket__create(&q->socket, feed->ifname, q->number, q->umem, &q->rx, NULL,
					 &config);
		if (ret != -EBUSY)
			return ret;
		poll(NULL, 0, BUSY_WAIT_MS);
	}
	return ret;
}

int xskfeed_bind(struct xskfeed *feed, unsigned int number, bool copy, struct err *err)
{
	struct xskfeed_queue *q = &feed->queue[number];
	size_t room = (size_t)feed->sizes.frames * feed->sizes.frame;
	int ret;

	*q = (struct xskfeed_queue){ .feed.ops = &xskfeed_ops,
				     .frames = feed->frames + number * room,
				     .frame_mask = feed->sizes.frame - 1,
				     .number = (uint16_t)number };
	if (feed->scratch)
		q->scratch = feed->scratch + (size_t)number * feed->sizes.rx * feed->sizes.frame;
	ret = register_frames_raised(feed, q);
	if (!ret) {
		(void)fcntl(xsk_umem__fd(q->umem), F_SETFD, FD_CLOEXEC);
		fill_all(feed, q);
		ret = bind_socket(feed, q, copy);
	}
	if (!ret)
		return 0;
	xskfeed_unbind(q);
	return refused(feed, number, ret, err);
}

void xskfeed_unbind(struct xskfeed_queue *q)
{
	xsk_socket__delete(q->socket);
	xsk_umem__delete(q->umem);
	q->socket = NULL;
	q->umem = NULL;
}
