/* SPDX-License-Identifier: GPL-2.0-only */
/* xevents: a program that sends events, for those who read them.
 *
 * Prints {"ring":ID,"perf":ID,"table":ID}, of its maps, then reads lines from stdin: "ring N",
 * "perf N", "odd N" send so many events (their numbers go on from line to line), "print N" so many
 * messages to the trace. After each it prints {"sent":N,"refused":N}, both since the beginning.
 * Ends with stdin. All on CPU 0, so that events of a perf buffer have an order. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "xevents_shared.h"
#include "xevents.skel.h"

static unsigned int map_id(const struct bpf_map *map)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &length) ? 0 : info.id;
}

static int send_events(struct xevents *skeleton, const char *word, int count)
{
	static const char *const words[] = {
		[SEND_RING] = "ring",
		[SEND_PERF] = "perf",
		[SEND_ODD] = "odd",
		[SEND_PRINT] = "print",
	};
	char frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = count);
	unsigned int what = 0;

	while (what < sizeof(words) / sizeof(words[0]) && strcmp(words[what], word) != 0)
		what++;
	if (what == sizeof(words) / sizeof(words[0]))
		return -EINVAL;
	skeleton->bss->what = what;
	return bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.xevents), &opts);
}

static int serve(struct xevents *skeleton)
{
	char word[16];
	int count, ret;

	printf("{\"ring\":%u,\"perf\":%u,\"table\":%u}\n", map_id(skeleton->maps.ring),
	       map_id(skeleton->maps.perf), map_id(skeleton->maps.table));
	while (fflush(stdout) == 0 && scanf("%15s %d", word, &count) == 2) {
		ret = send_events(skeleton, word, count);
		if (ret) {
			fprintf(stderr, "xevents: %s: %s\n", word, strerror(-ret));
			return 1;
		}
		printf("{\"sent\":%u,\"refused\":%llu}\n", skeleton->bss->number,
		       (unsigned long long)skeleton->bss->refused);
	}
	return 0;
}

int main(void)
{
	struct xevents *skeleton = xevents__open_and_load();
	cpu_set_t first;
	int ret;

	if (!skeleton) {
		fprintf(stderr, "xevents: cannot load: %s\n", strerror(errno));
		return 1;
	}
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	ret = serve(skeleton);
	xevents__destroy(skeleton);
	return ret;
}
