/* SPDX-License-Identifier: GPL-2.0-only */
/* xskbare DEV: the least that receives by AF_XDP, for scripts/bench_capture.sh: one socket on queue
 * 0 in copy mode, looked at every 200 us, packets counted and not even read (which would cost it
 * nothing that can be seen). Until a signal. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "bench_xsk.skel.h"

#define FRAMES	   32768 /* the fill ring's, too */
#define FRAME_SIZE 2048
#define RX_RING	   16384
#define BATCH	   64
#define PAUSE_NS   200000

enum { EXIT_USAGE = 2 };

struct bare {
	struct bench_xsk *skeleton;
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons complete, receive;
	uint64_t received;
	int link;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int open_umem(struct bare *bare)
{
	const struct xsk_umem_config config = {
		.fill_size = FRAMES,
		.comp_size = XSK_RING_CONS__DEFAULT_NUM_DESCS,
		.frame_size = FRAME_SIZE,
	};
	size_t bytes = (size_t)FRAMES * FRAME_SIZE;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint32_t at;
	int ret;

	if (memory == MAP_FAILED)
		return -errno;
	ret = xsk_umem__create(&bare->umem, memory, bytes, &bare->fill, &bare->complete, &config);
	if (ret)
		return ret;
	if (xsk_ring_prod__reserve(&bare->fill, FRAMES, &at) != FRAMES)
		return -ENOSPC;
	for (uint32_t i = 0; i < FRAMES; i++)
		*xsk_ring_prod__fill_addr(&bare->fill, at + i) = (uint64_t)i * FRAME_SIZE;
	xsk_ring_prod__submit(&bare->fill, FRAMES);
	return 0;
}

static int open_socket(struct bare *bare, const char *dev)
{
	const struct xsk_socket_config config = {
		.rx_size = RX_RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_USE_NEED_WAKEUP | XDP_COPY,
	};
	uint32_t queue = 0;
	int fd, ret;

	ret = xsk_socket__create(&bare->socket, dev, queue, bare->umem, &bare->receive, NULL,
				 &config);
	if (ret)
		return ret;
	bare->skeleton = bench_xsk__open_and_load();
	if (!bare->skeleton)
		return -errno;
	fd = xsk_socket__fd(bare->socket);
	return bpf_map_update_elem(bpf_map__fd(bare->skeleton->maps.sockets), &queue, &fd, 0);
}

/* The link's file descriptor is its only owner: however this process ends, the device is free. */
static int attach(struct bare *bare, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);

	bare->link = bpf_link_create(bpf_program__fd(bare->skeleton->progs.bench_xsk), (int)ifindex,
				     BPF_XDP, &opts);
	return bare->link < 0 ? bare->link : 0;
}

/* A frame that is taken goes back at once, so there is always room for it in the fill ring. */
static bool take(struct bare *bare)
{
	uint32_t from, to, n = xsk_ring_cons__peek(&bare->receive, BATCH, &from);

	if (!n)
		return false;
	while (xsk_ring_prod__reserve(&bare->fill, n, &to) != n)
		;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t addr = xsk_ring_cons__rx_desc(&bare->receive, from + i)->addr;

		*xsk_ring_prod__fill_addr(&bare->fill, to + i) = addr - addr % FRAME_SIZE;
	}
	xsk_ring_prod__submit(&bare->fill, n);
	xsk_ring_cons__release(&bare->receive, n);
	bare->received += n;
	return true;
}

static void receive(struct bare *bare)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int fd = xsk_socket__fd(bare->socket);

	while (!stop) {
		if (take(bare))
			continue;
		if (xsk_ring_prod__needs_wakeup(&bare->fill))
			recvfrom(fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
		nanosleep(&pause, NULL);
	}
	close(bare->link);
	bare->link = -1;
	while (take(bare))
		;
}

static void report(const struct bare *bare)
{
	struct xdp_statistics lost = { 0 };
	socklen_t size = sizeof(lost);

	getsockopt(xsk_socket__fd(bare->socket), SOL_XDP, XDP_STATISTICS, &lost, &size);
	printf("{\"received\":%llu,\"dropped\":%llu,\"ring_full\":%llu}\n",
	       (unsigned long long)bare->received, (unsigned long long)lost.rx_dropped,
	       (unsigned long long)lost.rx_ring_full);
}

static void bare_close(struct bare *bare)
{
	if (bare->link >= 0)
		close(bare->link);
	if (bare->socket)
		xsk_socket__delete(bare->socket);
	if (bare->umem)
		xsk_umem__delete(bare->umem);
	bench_xsk__destroy(bare->skeleton);
}

static int run(const char *dev, uint32_t ifindex)
{
	struct bare bare = { .link = -1 };
	int ret = open_umem(&bare);

	ret = ret ?: open_socket(&bare, dev);
	ret = ret ?: attach(&bare, ifindex);
	if (ret) {
		fprintf(stderr, "xskbare: %s: cannot receive: %s\n", dev, strerror(-ret));
	} else {
		fprintf(stderr, "ready\n");
		receive(&bare);
		report(&bare);
	}
	bare_close(&bare);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	const struct sigaction action = { .sa_handler = on_signal };
	uint32_t ifindex = argc == 2 ? if_nametoindex(argv[1]) : 0;

	if (!ifindex) {
		fprintf(stderr, "xskbare: one device is needed\n");
		return EXIT_USAGE;
	}
	setrlimit(RLIMIT_MEMLOCK, &all); /* Linux 5.10 counts the memory of sockets and maps */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return run(argv[1], ifindex);
}
