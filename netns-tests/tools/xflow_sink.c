/* SPDX-License-Identifier: GPL-2.0-only */
#include "xflow.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "xflow_shared.h"
#include "xflow_sink.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

#define NS_PER_MS 1000000ULL
#define POLL_NS	  (2 * NS_PER_MS)
#define SETTLE_NS (20 * NS_PER_MS) /* for a duplicate right behind the last number */
#define MAX_CPUS  1024

struct sink_args {
	const char *dev, *ready_file;
	uint64_t max, for_ns, idle_ms;
};

#define FIELD(name) offsetof(struct sink_args, name)
const struct option_row sink_options[] = {
	{ "dev", OPTION_TEXT, FIELD(dev), 0, 0, "DEV", "device to receive on" },
	{ "max", OPTION_NUMBER, FIELD(max), 0, 1u << 26, "N",
	  "numbers 0 to N-1 are expected; stop when all came (0: only count)" },
	{ "for", OPTION_SECONDS, FIELD(for_ns), 0, 86400, "S", "not longer than this (60)" },
	{ "idle", OPTION_NUMBER, FIELD(idle_ms), 0, 600000, "MS",
	  "stop when none came for so long, once one came" },
	{ "ready-file", OPTION_TEXT, FIELD(ready_file), 0, 0, "F", "made when attached" },
	{ 0 },
};

struct sink {
	const struct sink_args *args;
	struct xflow_sink *skeleton;
	const volatile uint64_t *seen; /* max of them, written by the program */
	uint64_t first_unseen;	       /* all before it have come */
	int link;
};

static struct xflow_sink *load(uint32_t max, bool frags)
{
	struct xflow_sink *skeleton = xflow_sink__open();
	int ret;

	if (!skeleton)
		return NULL;
	skeleton->rodata->max = max;
	ret = bpf_map__set_max_entries(skeleton->maps.seen, max ? max : 1);
	if (!ret && frags)
		ret = bpf_program__set_flags(skeleton->progs.xflow_sink, BPF_F_XDP_HAS_FRAGS);
	if (!ret)
		ret = xflow_sink__load(skeleton);
	if (!ret)
		return skeleton;
	xflow_sink__destroy(skeleton);
	errno = -ret;
	return NULL;
}

static size_t seen_bytes(const struct sink *sink)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = sink->args->max * sizeof(*sink->seen);

	return (bytes + page - 1) / page * page;
}

static int map_seen(struct sink *sink)
{
	int fd = bpf_map__fd(sink->skeleton->maps.seen);
	void *at;

	if (!sink->args->max)
		return 0;
	at = mmap(NULL, seen_bytes(sink), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	sink->seen = at;
	return 0;
}

static int tell_ready(const char *file)
{
	int fd;

	fprintf(stderr, "ready\n");
	if (!file)
		return 0;
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* The link's file descriptor is its only owner: however this process ends, the device is free. */
static int sink_open(struct sink *sink, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int ret;

	sink->skeleton = load((uint32_t)sink->args->max, true);
	if (!sink->skeleton) /* before 5.18 there were no frags */
		sink->skeleton = load((uint32_t)sink->args->max, false);
	if (!sink->skeleton)
		return -errno;
	ret = map_seen(sink);
	if (ret)
		return ret;
	sink->link = bpf_link_create(bpf_program__fd(sink->skeleton->progs.xflow_sink),
				     (int)ifindex, BPF_XDP, &opts);
	return sink->link < 0 ? sink->link : tell_ready(sink->args->ready_file);
}

static void detach(struct sink *sink)
{
	if (sink->link >= 0)
		close(sink->link);
	sink->link = -1;
}

static void sink_close(struct sink *sink)
{
	detach(sink);
	if (sink->seen)
		munmap((void *)sink->seen, seen_bytes(sink));
	xflow_sink__destroy(sink->skeleton);
}

static int read_count(const struct sink *sink, struct sink_count *sum)
{
	struct sink_count cpus[MAX_CPUS];
	int n = libbpf_num_possible_cpus();
	uint32_t key = 0;

	*sum = (struct sink_count){ 0 };
	if (n < 0 || n > MAX_CPUS)
		return -E2BIG;
	if (bpf_map_lookup_elem(bpf_map__fd(sink->skeleton->maps.counts), &key, cpus))
		return -errno;
	for (int i = 0; i < n; i++) {
		sum->received += cpus[i].received;
		sum->beyond += cpus[i].beyond;
		sum->other += cpus[i].other;
	}
	return 0;
}

static bool all_seen(struct sink *sink)
{
	uint64_t max = sink->args->max;

	while (sink->first_unseen < max && sink->seen[sink->first_unseen])
		sink->first_unseen++;
	return max && sink->first_unseen == max;
}

static int wait_for_end(struct sink *sink)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	uint64_t start = now_ns(), last = start, idle = sink->args->idle_ms * NS_PER_MS;
	struct sink_count count;
	uint64_t received = 0;

	while (!stop_requested() && now_ns() - start < sink->args->for_ns) {
		int ret = read_count(sink, &count);

		if (ret)
			return ret;
		if (count.received != received)
			last = now_ns();
		received = count.received;
		if (received && idle && now_ns() - last >= idle)
			break;
		if (now_ns() - last >= SETTLE_NS && all_seen(sink))
			break;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static void report(const struct sink *sink, const struct sink_count *count)
{
	uint64_t max = sink->args->max, unique = 0, times = 0;

	for (uint64_t i = 0; i < max; i++) {
		unique += sink->seen[i] != 0;
		times += sink->seen[i];
	}
	printf("{\"received\":%llu,\"unique\":%llu,\"lost\":%llu,\"duplicated\":%llu,"
	       "\"beyond\":%llu,\"other\":%llu}\n",
	       (unsigned long long)count->received, (unsigned long long)unique,
	       (unsigned long long)(max - unique), (unsigned long long)(times - unique),
	       (unsigned long long)count->beyond, (unsigned long long)count->other);
}

static int receive(const struct sink_args *args, uint32_t ifindex)
{
	struct sink sink = { .args = args, .link = -1 };
	struct sink_count count;
	int ret;

	ret = sink_open(&sink, ifindex);
	if (ret) {
		fprintf(stderr, "xflow: %s: cannot attach the sink: %s\n", args->dev,
			strerror(-ret));
		goto out;
	}
	ret = wait_for_end(&sink);
	detach(&sink); /* so that the numbers below agree with each other */
	if (!ret)
		ret = read_count(&sink, &count);
	if (!ret)
		report(&sink, &count);
out:
	sink_close(&sink);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_sink(char **words)
{
	struct sink_args args = { .for_ns = 60000 * NS_PER_MS };
	uint32_t ifindex;

	if (!options_parse(sink_options, words, &args))
		return EXIT_USAGE;
	if (!args.dev) {
		fprintf(stderr, "xflow: sink: --dev is needed\n");
		return EXIT_USAGE;
	}
	ifindex = if_nametoindex(args.dev);
	if (!ifindex) {
		fprintf(stderr, "xflow: %s: no such device\n", args.dev);
		return EXIT_USAGE;
	}
	stop_on_signals();
	return receive(&args, ifindex);
}
