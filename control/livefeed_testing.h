/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: two ends of a veth in a network namespace of the test's own, v0 with a feed, and
 * frames put on either end. */
#ifndef XDPCTL_LIVEFEED_TESTING_H
#define XDPCTL_LIVEFEED_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"
#include "livefeed.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define MS	       1000000ull
#define LIMIT_NS       (5000 * MS)
#define FRAME	       1514
#define HEADER	       14
#define TAG	       4
#define ON_LINKS(test) cmocka_unit_test_setup_teardown(test, links_up, links_down)

/* ---- the place */

static inline int own_namespace(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("# only root can capture\n");
		return 0; /* each test is skipped */
	}
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	print_error("no network namespace of our own: %s\n", strerror(errno));
	return -1;
}

/* Nobody sends but the test. */
static inline int links_up(void **state)
{
	static const char commands[] =
		"for d in all default; do echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; done; "
		"ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up";

	(void)state;
	return geteuid() == 0 && system(commands) != 0 ? -1 : 0;
}

static inline int links_down(void **state)
{
	(void)state;
	if (geteuid() == 0 && if_nametoindex("v0"))
		return system("ip link del v0");
	return 0;
}

static inline void command(const char *line)
{
	if (system(line) != 0)
		fail_msg("%s", line);
}

static inline uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 * MS + (uint64_t)time.tv_nsec;
}

/* ---- frames */

/* Number i, for a size of at least HEADER + 4; tag 0: none. */
static inline const uint8_t *numbered(uint32_t i, size_t size, uint16_t tag)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	static uint8_t frame[FRAME + TAG];
	size_t at = sizeof(addresses);

	memcpy(frame, addresses, at);
	if (tag) {
		memcpy(frame + at, (uint8_t[]){ 0x81, 0, (uint8_t)(tag >> 8), (uint8_t)tag }, TAG);
		at += TAG;
	}
	memcpy(frame + at, (uint8_t[]){ 0x88, 0xb5 }, 2);
	for (at += 2; at < size; at++)
		frame[at] = (uint8_t)(i * 31 + at * 7);
	memcpy(frame + size - 4, &i, 4);
	return frame;
}

static inline int socket_on(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline void put(int fd, const void *frame, size_t size)
{
	assert_int_equal(send(fd, frame, size, 0), size);
}

/* Frames first to first + count - 1. */
static inline void put_numbered(const char *interface, uint32_t first, uint32_t count, size_t size)
{
	int fd = socket_on(interface);

	for (uint32_t i = first; i < first + count; i++)
		put(fd, numbered(i, size, 0), size);
	close(fd);
}

/* ---- the feed */

static inline struct livefeed *must_open(enum capture_direction direction,
					 const struct filter *filter, uint32_t snaplen)
{
	const struct livefeed_options options = {
		.interface = "v0", .direction = direction, .snaplen = snaplen, .filter = filter
	};
	struct err err = { .message = "" };
	struct livefeed *live;

	if (geteuid() != 0)
		skip();
	if (livefeed_open(&options, &live, &err))
		fail_msg("%s: %s", err.object, err.message);
	return live;
}

/* Wait for the next packet; what peek() returns, 0 if there is none for a long time. */
static inline int next(struct livefeed *live, uint64_t wait_ns, struct feed_packet *packet)
{
	struct feed *feed = livefeed_feed(live);
	uint64_t end = now_ns() + wait_ns;
	int ret;

	while ((ret = feed->ops->peek(feed, packet)) == 0 && now_ns() < end)
		usleep(500);
	return ret;
}

static inline void take(struct livefeed *live)
{
	livefeed_feed(live)->ops->take(livefeed_feed(live));
}

static inline void release(struct livefeed *live)
{
	livefeed_feed(live)->ops->release(livefeed_feed(live));
}

static inline void check_packet(const struct feed_packet *packet, const void *frame,
				uint32_t captured, uint32_t length)
{
	assert_int_equal(packet->head.length, length);
	assert_int_equal(packet->head.captured, captured);
	assert_memory_equal(packet->data, frame, captured);
}

static inline void must_come(struct livefeed *live, const void *frame, uint32_t size)
{
	struct feed_packet packet;

	assert_int_equal(next(live, LIMIT_NS, &packet), 1);
	check_packet(&packet, frame, size, size);
	take(live);
	release(live);
}

/* Long enough for a block of the ring to be handed over. */
static inline void nothing_comes(struct livefeed *live)
{
	struct feed_packet packet;

	assert_int_equal(next(live, 5 * LIVEFEED_DELAY_MS * MS, &packet), 0);
}

#endif
