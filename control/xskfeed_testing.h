/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: a veth pair in a network namespace of the test's own, a program on one end that gives
 * frames to AF_XDP sockets, and a sender of numbered frames on the other. */
#ifndef XDPCTL_XSKFEED_TESTING_H
#define XDPCTL_XSKFEED_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "xskfeed.h"
#include "xskfeed_fixture.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

#define SMALL_MEMORY 1 /* bytes: the shortest rings that there are */
#define SHORTEST     2048
#define FEWEST	     4096 /* frames */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FRAME_LEAST  ETH_HLEN
#define FRAME_MOST   9014
#define BURST	     100 /* a veth's ring has 256 places */
#define PATIENCE_NS  10000000000ull

/* How a test wants its link and its feeds. */
struct setting {
	unsigned int queues; /* 0: one */
	unsigned int mtu;    /* 0: 1500 */
	bool skb;
	bool multi_buffer;
	uint64_t memory;
};

struct stand {
	struct setting setting;
	struct net net;
	struct link link;
	struct xskfeed_fixture *skeleton;
	struct xskfeed *feed;
	int sender;    /* AF_PACKET */
	uint32_t sent; /* frames so far: the number of the next */
	struct err err;
};

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int stand_namespace(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("# only root can make network namespaces\n");
		return 0; /* each test is skipped */
	}
	return unshare(CLONE_NEWNET);
}

static inline void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static inline bool kernel_has_multi_buffer(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0 &&
	       system("grep -qa xdp_zc_max_segs /sys/kernel/btf/vmlinux") == 0;
}

static inline void stand_link(struct stand *s)
{
	unsigned int queues = s->setting.queues ?: 1, mtu = s->setting.mtu ?: 1500;
	char command[512];

	snprintf(command, sizeof(command),
		 "ip link add near mtu %u numrxqueues %u numtxqueues %u type veth "
		 "peer name far mtu %u numrxqueues %u numtxqueues %u && "
		 "ip link set near up && ip link set far up",
		 mtu, queues, queues, mtu, queues, queues);
	run(command);
	assert_int_equal(net_open(&s->net, &s->err), 0);
	assert_int_equal(link_by_name(&s->net.route, "near", &s->link, &s->err), 0);
}

static inline void stand_sender(struct stand *s)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex("far") };

	s->sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(s->sender >= 0);
	assert_int_equal(bind(s->sender, (struct sockaddr *)&at, sizeof(at)), 0);
}

static inline void stand_program(struct stand *s)
{
	uint32_t mode = s->setting.skb ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;

	s->skeleton = xskfeed_fixture__open();
	assert_non_null(s->skeleton);
	s->skeleton->rodata->cfg.frags = s->setting.multi_buffer;
	if (s->setting.multi_buffer)
		bpf_program__set_flags(s->skeleton->progs.xskfeed_xdp, BPF_F_XDP_HAS_FRAGS);
	assert_int_equal(xskfeed_fixture__load(s->skeleton), 0);
	s->skeleton->bss->wish.stamp = 1;
	assert_int_equal(bpf_xdp_attach((int)s->link.ifindex,
					bpf_program__fd(s->skeleton->progs.xskfeed_xdp), mode,
					NULL),
			 0);
}

static inline int stand_open_feed(struct stand *s, struct xskfeed **out)
{
	const struct xskfeed_options options = { .link = &s->link,
						 .generic = s->setting.skb,
						 .multi_buffer = s->setting.multi_buffer,
						 .memory = s->setting.memory };

	return xskfeed_open(&options, out, &s->err);
}

static inline int stand_xskmap(const struct stand *s)
{
	return bpf_map__fd(s->skeleton->maps.sockets);
}

static inline void stand_open(struct stand *s, struct setting setting)
{
	if (geteuid() != 0 || (setting.multi_buffer && !kernel_has_multi_buffer()))
		skip();
	*s = (struct stand){ .setting = setting, .sender = -1 };
	if (if_nametoindex("near")) /* left by a test that failed */
		run("ip link del near");
	stand_link(s);
	stand_sender(s);
	stand_program(s);
	if (stand_open_feed(s, &s->feed) || xskfeed_enlist(s->feed, stand_xskmap(s), &s->err))
		fail_msg("%s: %s", s->err.object, s->err.message);
}

static inline void stand_close(struct stand *s)
{
	xskfeed_close(s->feed);
	xskfeed_fixture__destroy(s->skeleton);
	close(s->sender);
	net_close(&s->net);
	if (if_nametoindex("near"))
		run("ip link del near");
}

/* ---- frames: the number is in the source address, all else follows from it and the length. Those
 * that are long enough are IPv4, between many hosts, so that a sender spreads them over queues. */

#define IP_LEAST 34

static inline uint8_t frame_byte(uint32_t number, size_t length, size_t at)
{
	uint32_t x = number * 2654435761u + (uint32_t)at * 40503u + (uint32_t)length;

	return (uint8_t)(x >> 11 ^ x);
}

static inline void frame_make(uint8_t *frame, uint32_t number, size_t length)
{
	const uint32_t wire_number = htonl(number);

	for (size_t i = 0; i < length; i++)
		frame[i] = frame_byte(number, length, i);
	memcpy(frame, "\x02\x00\x00\x00\x00\x01\x02\x00", 8);
	memcpy(frame + 8, &wire_number, sizeof(wire_number));
	memcpy(frame + 12, length < IP_LEAST ? "\x88\xb5" : "\x08\x00", 2);
	if (length >= IP_LEAST)
		frame[14] = 0x45;
}

static inline uint32_t frame_number(const uint8_t *frame)
{
	uint32_t wire_number;

	memcpy(&wire_number, frame + 8, sizeof(wire_number));
	return ntohl(wire_number);
}

static inline uint64_t stand_seen(const struct stand *s)
{
	return __atomic_load_n(&s->skeleton->bss->seen, __ATOMIC_RELAXED);
}

/* Until the program had them all: veth would lose what is sent faster. */
static inline void stand_settle(const struct stand *s)
{
	uint64_t end = now_ns() + PATIENCE_NS;

	while (stand_seen(s) < s->sent) {
		if (now_ns() > end)
			fail_msg("%u frames sent, the program saw %llu", s->sent,
				 (unsigned long long)stand_seen(s));
		sched_yield();
	}
}

/* The program counts a frame before the socket has it: until no CPU is in between. */
static inline void stand_quiet(const struct stand *s)
{
	stand_settle(s);
	/* waits for what runs under RCU, as packets do: kernel/sched/membarrier.c */
	assert_int_equal(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0), 0);
}

static inline void stand_send_one(struct stand *s, size_t length)
{
	static uint8_t frame[FRAME_MOST];

	assert_in_range(length, FRAME_LEAST, FRAME_MOST);
	frame_make(frame, s->sent, length);
	if (send(s->sender, frame, length, 0) != (ssize_t)length)
		fail_msg("%zu bytes: %s", length, strerror(errno));
	s->sent++;
}

static inline void stand_send(struct stand *s, unsigned int count, size_t length)
{
	for (unsigned int i = 0; i < count; i++) {
		stand_send_one(s, length);
		if (s->sent % BURST == 0)
			stand_settle(s);
	}
	stand_settle(s);
}

/* ---- what arrived */

/* Whatever a head has to say, but for its time. */
static inline void check_packet(const struct feed_packet *packet, uint32_t number, size_t length)
{
	const uint8_t *data = packet->data;
	static uint8_t want[FRAME_MOST];

	assert_int_equal(packet->head.length, length);
	assert_true(packet->head.captured >= FRAME_LEAST && packet->head.captured <= length);
	frame_make(want, number, length);
	for (size_t i = 0; i < packet->head.captured; i++) {
		if (data[i] != want[i])
			fail_msg("frame %u of %zu bytes: byte %zu is %02x, not %02x", number,
				 length, i, data[i], want[i]);
	}
}

static inline void check_stamp(const struct capture_head *head, unsigned int queue)
{
	assert_true(head->time && head->time <= now_ns());
	assert_int_equal(head->outcome, 0x1234);
	assert_int_equal(head->target, 77);
	assert_int_equal(head->direction, CAPTURE_OUT);
	assert_int_equal(head->queue, queue);
	assert_int_equal(head->flags, 0);
}

static inline void check_no_stamp(const struct capture_head *head, unsigned int queue)
{
	assert_int_equal(head->time, 0);
	assert_int_equal(head->outcome, CAPTURE_NO_OUTCOME);
	assert_int_equal(head->target, 0);
	assert_int_equal(head->direction, CAPTURE_IN);
	assert_int_equal(head->queue, queue);
}

/* Wait for the next packet of a queue. */
static inline void feed_wait(struct feed *feed, struct feed_packet *out)
{
	uint64_t end = now_ns() + PATIENCE_NS;
	int ret;

	while (!(ret = feed->ops->peek(feed, out))) {
		if (now_ns() > end)
			fail_msg("no packet came");
		feed->ops->release(feed);
		sched_yield();
	}
	assert_int_equal(ret, 1);
}

static inline void feed_empty(struct feed *feed)
{
	struct feed_packet packet;

	assert_int_equal(feed->ops->peek(feed, &packet), 0);
}

#endif
