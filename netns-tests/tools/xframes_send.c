/* SPDX-License-Identifier: GPL-2.0-only */
#include "xframes.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S     1000000000ull
#define BATCH	     64u
#define AGAIN_NS     100000 /* when a queue is full */
#define AGAIN_MAX    50000  /* times in a row: five seconds */
#define BURSTS_PER_S 1000

static volatile sig_atomic_t stop;

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	uint8_t frames[BATCH][FRAME_MAX];
};

struct sent {
	uint64_t frames, bytes;
};

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int complain(const char *interface, const char *what)
{
	fprintf(stderr, "xframes: %s: %s: %s\n", interface, what, strerror(errno));
	return -1;
}

static int open_socket(const char *interface, bool bypass)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(interface) };
	const int on = 1;
	int fd;

	if (!address.sll_ifindex)
		return complain(interface, "no such interface");
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* receives nothing */
	if (fd < 0)
		return complain(interface, "cannot open a packet socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    (bypass && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))) {
		complain(interface, "cannot send there");
		close(fd);
		return -1;
	}
	return fd;
}

static void build(struct batch *batch, const struct plan *plan, uint64_t first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		batch->parts[i] = (struct iovec){ batch->frames[i],
						  frame_build(plan, first + i, batch->frames[i]) };
		batch->messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = &batch->parts[i], .msg_iovlen = 1 };
	}
}

/* A frame that the queue had no room for was not sent: it is tried again, so that each is sent
 * once. */
static int send_batch(int fd, struct batch *batch, unsigned int n, struct sent *sent)
{
	const struct timespec again = { .tv_nsec = AGAIN_NS };
	unsigned int done = 0, tries = 0;

	while (done < n) {
		int ret = sendmmsg(fd, batch->messages + done, n - done, 0);

		for (int i = 0; i < ret; i++, done++) {
			sent->frames++;
			sent->bytes += batch->parts[done].iov_len;
		}
		if (ret > 0) {
			tries = 0;
			continue;
		}
		if ((errno != ENOBUFS && errno != EAGAIN && errno != EINTR) ||
		    ++tries > AGAIN_MAX || stop)
			return -1;
		nanosleep(&again, NULL);
	}
	return 0;
}

/* The moment of a frame follows from its number alone, so a late one is made up for. */
static void wait_turn(const struct timespec *start, uint64_t number, uint64_t rate)
{
	uint64_t ns = (uint64_t)start->tv_nsec + number % rate * NS_PER_S / rate;
	const struct timespec when = {
		.tv_sec = start->tv_sec + (time_t)(number / rate + ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S),
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static int send_all(int fd, const struct options *options, struct sent *sent)
{
	uint64_t burst = options->rate / BURSTS_PER_S, count = options->plan.count;
	static struct batch batch;
	struct timespec start;
	unsigned int n;

	if (!options->rate || burst > BATCH)
		burst = BATCH;
	if (!burst)
		burst = 1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t number = 0; number < count && !stop; number += n) {
		n = (unsigned int)(count - number < burst ? count - number : burst);
		build(&batch, &options->plan, number, n);
		if (options->rate)
			wait_turn(&start, number, options->rate);
		if (send_batch(fd, &batch, n, sent))
			return -1;
	}
	return 0;
}

int frames_send(const char *interface, const struct options *options)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct sent sent = { 0 };
	int fd, ret;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	fd = open_socket(interface, options->bypass);
	if (fd < 0)
		return EXIT_FAILURE;
	ret = send_all(fd, options, &sent);
	if (ret)
		complain(interface, "cannot send");
	close(fd);
	printf("sent %" PRIu64 " frames %" PRIu64 " bytes\n", sent.frames, sent.bytes);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
