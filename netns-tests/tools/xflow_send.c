/* SPDX-License-Identifier: GPL-2.0-only */
#include "xflow.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xflow_shared.h"
#include "xflow_send.skel.h"

#define NS_PER_S       1000000000ULL
#define WAIT_NS	       1000000ULL /* as in xflow_send.bpf.c */
#define BATCH	       64u  /* frames that the kernel runs the program for before it flushes */
#define SIZE_MAX_BYTES 3000 /* a page less the headroom, the tailroom and the kernel's notes */

struct send_args {
	const char *dev;
	uint64_t count, rate, size, limit_ns, flows, dst_port;
	uint8_t dst_mac[6], src_mac[6];
	uint32_t src_ip, dst_ip;
};

#define FIELD(name) offsetof(struct send_args, name)
const struct option_row send_options[] = {
	{ "dev", OPTION_TEXT, FIELD(dev), 0, 0, "DEV", "device to send from" },
	{ "count", OPTION_NUMBER, FIELD(count), 1, INT_MAX, "N", "exactly so many frames" },
	{ "seconds", OPTION_SECONDS, FIELD(limit_ns), 0, 86400, "S",
	  "not longer than this (60 with --count; else one of the two is needed)" },
	{ "rate", OPTION_NUMBER, FIELD(rate), 0, 100000000, "PPS", "0: flat out (default)" },
	{ "size", OPTION_NUMBER, FIELD(size), 60, SIZE_MAX_BYTES, "BYTES", "of a frame (60)" },
	{ "flows", OPTION_NUMBER, FIELD(flows), 1, 60000, "N", "source ports from 1024 on (64)" },
	{ "dst-mac", OPTION_MAC, FIELD(dst_mac), 0, 0, "MAC", "02:00:00:00:00:02" },
	{ "src-mac", OPTION_MAC, FIELD(src_mac), 0, 0, "MAC", "02:00:00:00:00:01" },
	{ "dst-ip", OPTION_IP4, FIELD(dst_ip), 0, 0, "ADDR", "10.99.0.2" },
	{ "src-ip", OPTION_IP4, FIELD(src_ip), 0, 0, "ADDR", "10.99.0.1" },
	{ "dst-port", OPTION_NUMBER, FIELD(dst_port), 1, 65535, "PORT", "9" },
	{ 0 },
};

static uint16_t checksum(const uint8_t *data, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static struct flow_frame make_frame(const struct send_args *args)
{
	const size_t ip_at = offsetof(struct flow_frame, version_ihl);
	const size_t udp_at = offsetof(struct flow_frame, src_port);
	struct flow_frame frame = {
		.ethertype = htons(ETH_P_IP),
		.version_ihl = 0x45,
		.ip_length = htons((uint16_t)(args->size - ip_at)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.src_ip = args->src_ip,
		.dst_ip = args->dst_ip,
		.dst_port = htons((uint16_t)args->dst_port),
		.udp_length = htons((uint16_t)(args->size - udp_at)),
		.udp_checksum = 0, /* "none", which IPv4 allows */
		.magic = FLOW_MAGIC,
	};

	memcpy(frame.dst_mac, args->dst_mac, sizeof(frame.dst_mac));
	memcpy(frame.src_mac, args->src_mac, sizeof(frame.src_mac));
	frame.ip_checksum = checksum((const uint8_t *)&frame + ip_at, udp_at - ip_at);
	return frame;
}

/* Bursts of about a millisecond, so that a slow flow is even and a fast one cheap. */
static void set_pace(struct send_cfg *cfg, uint64_t rate)
{
	uint64_t burst = rate / 1000;

	cfg->burst = !rate || burst > BATCH ? BATCH : burst ? (uint32_t)burst : 1;
	cfg->interval_ns = rate ? NS_PER_S * cfg->burst / rate : 0;
}

/* Runs that are needed for what is left to send. Where the program waits for longer than it
 * may at a time, it gives up one frame for each wait. */
static int repeats(const struct send_cfg *cfg, const struct send_state *state)
{
	uint64_t left = cfg->count - state->sent, runs;

	if (!cfg->count)
		return INT_MAX;
	runs = left + left * (cfg->interval_ns / WAIT_NS);
	return runs > INT_MAX ? INT_MAX : (int)runs;
}

static int run(const struct xflow_send *skeleton, size_t size)
{
	const struct send_cfg *cfg = &skeleton->rodata->cfg;
	const struct send_state *state = &skeleton->bss->state;
	struct xdp_md ctx = { .data_end = (uint32_t)size };
	uint8_t data[SIZE_MAX_BYTES] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = (uint32_t)size,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .batch_size = cfg->burst,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int ret = 0;

	while (!stop_requested() && (!cfg->count || state->sent < cfg->count)) {
		opts.repeat = repeats(cfg, state);
		ret = bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.xflow_send), &opts);
		if (ret && ret != -EINTR)
			return ret;
	}
	return 0;
}

/* Frames that the device has taken, modulo 2^32. Not from /sys, which may show another
 * namespace. */
static uint32_t device_sent(const char *dev)
{
	struct ifaddrs *list, *i;
	uint32_t sent = 0;

	if (getifaddrs(&list))
		return 0;
	for (i = list; i; i = i->ifa_next) {
		if (!strcmp(i->ifa_name, dev) && i->ifa_addr &&
		    i->ifa_addr->sa_family == AF_PACKET && i->ifa_data)
			sent = ((struct rtnl_link_stats *)i->ifa_data)->tx_packets;
	}
	freeifaddrs(list);
	return sent;
}

/* The kernel drops frames that are too long for the device and tells nobody. */
static bool fits(const char *dev, uint64_t size)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return true;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", dev);
	ret = ioctl(fd, SIOCGIFMTU, &request);
	close(fd);
	return ret || size <= (uint64_t)request.ifr_mtu + ETH_HLEN;
}

static void report(const struct send_state *state)
{
	double seconds = (double)(state->last_ns - state->first_ns) / 1e9;

	printf("{\"sent\":%llu,\"seconds\":%.6f,\"pps\":%.0f,\"late\":%llu}\n",
	       (unsigned long long)state->sent, seconds,
	       seconds > 0 ? (double)state->sent / seconds : 0, (unsigned long long)state->late);
}

static int send_frames(const struct send_args *args, uint32_t ifindex)
{
	struct xflow_send *skeleton = xflow_send__open();
	struct send_cfg cfg = { .frame = make_frame(args),
				.count = args->count,
				.flows = (uint32_t)args->flows };
	int ret = skeleton ? 0 : -errno;
	uint32_t key = 0, before = device_sent(args->dev);

	if (ret)
		goto out;
	set_pace(&cfg, args->rate);
	skeleton->rodata->cfg = cfg;
	ret = xflow_send__load(skeleton);
	if (!ret)
		ret = bpf_map_update_elem(bpf_map__fd(skeleton->maps.device), &key, &ifindex, 0);
	if (ret)
		goto out;
	stop_after(args->limit_ns);
	ret = run(skeleton, args->size);
	if (ret)
		goto out;
	report(&skeleton->bss->state);
	if (skeleton->bss->state.sent && device_sent(args->dev) == before)
		fprintf(stderr, "xflow: %s: took no frame; a veth's peer needs XDP or GRO\n",
			args->dev);
out:
	if (ret)
		fprintf(stderr, "xflow: %s: cannot send: %s\n", args->dev, strerror(-ret));
	xflow_send__destroy(skeleton);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_send(char **words)
{
	struct send_args args = {
		.size = 60,
		.flows = 64,
		.dst_port = 9,
		.dst_mac = { 2, 0, 0, 0, 0, 2 },
		.src_mac = { 2, 0, 0, 0, 0, 1 },
		.src_ip = htonl(0x0a630001),
		.dst_ip = htonl(0x0a630002),
	};
	uint32_t ifindex;

	if (!options_parse(send_options, words, &args))
		return EXIT_USAGE;
	if (!args.dev || (!args.count && !args.limit_ns)) {
		fprintf(stderr, "xflow: send: --dev and --count or --seconds are needed\n");
		return EXIT_USAGE;
	}
	ifindex = if_nametoindex(args.dev);
	if (!ifindex) {
		fprintf(stderr, "xflow: %s: no such device\n", args.dev);
		return EXIT_USAGE;
	}
	if (!fits(args.dev, args.size)) {
		fprintf(stderr, "xflow: %s: --size %llu is more than its MTU lets through\n",
			args.dev, (unsigned long long)args.size);
		return EXIT_USAGE;
	}
	if (!args.limit_ns)
		args.limit_ns = 60 * NS_PER_S;
	stop_on_signals();
	return send_frames(&args, ifindex);
}
