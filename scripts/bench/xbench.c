/* SPDX-License-Identifier: GPL-2.0-only */
/* xbench: the parts of scripts/bench.sh that a shell cannot measure. */
#include "xbench.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_devmap.skel.h"

enum { EXIT_USAGE = 2 };

static int cmd_attach(char **words);
static int cmd_compare(char **words);

static const struct command {
	const char *name;
	int words;
	int (*run)(char **words);
	const char *usage;
} commands[] = {
	{ "attach", 2, cmd_attach, "DEV PORT: put the hand-written program on DEV" },
	{ "compare", 5, cmd_compare,
	  "PROG_ID DEV PORT ROUNDS REPEAT: time it against the hand-written one" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool parse_u32(const char *text, uint32_t max, uint32_t *out)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !value || value > max) {
		fprintf(stderr, "xbench: %s: not a number from 1 to %u\n", text, max);
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

static bool parse_device(const char *name, uint32_t *ifindex)
{
	*ifindex = if_nametoindex(name);
	if (!*ifindex)
		fprintf(stderr, "xbench: %s: no such device\n", name);
	return *ifindex;
}

static struct bench_devmap *load_by_hand(uint32_t port)
{
	struct bench_devmap *skeleton = bench_devmap__open_and_load();
	uint32_t key = 0;

	if (skeleton && !bpf_map_update_elem(bpf_map__fd(skeleton->maps.port), &key, &port, 0))
		return skeleton;
	fprintf(stderr, "xbench: cannot load the hand-written program: %s\n", strerror(errno));
	bench_devmap__destroy(skeleton);
	return NULL;
}

/* By netlink, so that it stays when this process ends; `ip link set DEV xdp off` removes it. */
static int cmd_attach(char **words)
{
	struct bench_devmap *skeleton;
	uint32_t ifindex, port;
	int ret;

	if (!parse_device(words[0], &ifindex) || !parse_device(words[1], &port))
		return EXIT_USAGE;
	skeleton = load_by_hand(port);
	if (!skeleton)
		return EXIT_FAILURE;
	ret = bpf_xdp_attach((int)ifindex, bpf_program__fd(skeleton->progs.bench_devmap),
			     XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (ret)
		fprintf(stderr, "xbench: %s: cannot attach: %s\n", words[0], strerror(-ret));
	bench_devmap__destroy(skeleton);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print(int ret, const struct comparison *c)
{
	if (ret) {
		fprintf(stderr, "xbench: cannot time: %s\n", strerror(-ret));
		return EXIT_FAILURE;
	}
	printf("{\"hand\":{\"min\":%.3f,\"median\":%.3f},"
	       "\"pipeline\":{\"min\":%.3f,\"median\":%.3f},\"above\":%.3f}\n",
	       c->hand.min, c->hand.median, c->pipeline.min, c->pipeline.median, c->above.median);
	return EXIT_SUCCESS;
}

/* The hand-written program is put on the port for as long, since the pipeline is attached too. */
static int compare_by_id(struct comparison *c, uint32_t id, uint32_t port)
{
	struct bench_devmap *skeleton = load_by_hand(port);
	int link = -1, ret = -1;

	if (!skeleton)
		return EXIT_FAILURE;
	c->hand_fd = bpf_program__fd(skeleton->progs.bench_devmap);
	c->pipeline_fd = bpf_prog_get_fd_by_id(id);
	if (c->pipeline_fd < 0) {
		fprintf(stderr, "xbench: program %u: %s\n", id, strerror(errno));
		goto out;
	}
	link = bpf_link_create(c->hand_fd, (int)port, BPF_XDP, NULL);
	ret = print(link < 0 ? link : compare(c), c);
out:
	if (link >= 0)
		close(link);
	if (c->pipeline_fd >= 0)
		close(c->pipeline_fd);
	bench_devmap__destroy(skeleton);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int cmd_compare(char **words)
{
	struct comparison c = { 0 };
	uint32_t id, port;

	if (!parse_u32(words[0], UINT32_MAX, &id) || !parse_device(words[1], &c.ifindex) ||
	    !parse_device(words[2], &port) || !parse_u32(words[3], MAX_ROUNDS, &c.rounds) ||
	    !parse_u32(words[4], 10000000, &c.repeat))
		return EXIT_USAGE;
	return compare_by_id(&c, id, port);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name) && argc - 2 == commands[i].words)
			return commands[i].run(argv + 2);
	}
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stderr, "xbench %s %s\n", commands[i].name, commands[i].usage);
	return EXIT_USAGE;
}
