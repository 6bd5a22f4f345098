/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: captures that enter and leave the pipeline of t0, one end of a veth in a network
 * namespace of the test's own. */
#ifndef XDPCTL_TAP_SITE_TESTING_H
#define XDPCTL_TAP_SITE_TESTING_H

#include "tap_testing.h"

#include <dirent.h>

#include "attach.h"
#include "net.h"
#include "xdp.h"

#define LONG_DEAD 1 /* a beat of the time when the machine came up */

static struct net net;

static inline int site_setup(void **state)
{
	struct err err;

	if (bench_setup(state))
		return -1;
	return geteuid() == 0 ? net_open(&net, &err) : 0;
}

static inline int site_teardown(void **state)
{
	(void)state;
	if (geteuid() == 0)
		net_close(&net);
	return 0;
}

/* New interfaces for each test: nothing of the one before is left. */
static inline void site_begin(void)
{
	bench_need_root();
	/* the kernel's own packets would be counted, too */
	if (system("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
		   "ip link del t0 2>/dev/null; ip link add t0 type veth peer name t1 && "
		   "ip link set t0 up && ip link set t1 up") != 0)
		fail_msg("no veth");
}

static inline unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- what is attached */

static inline struct link link_now(void)
{
	struct link link;
	struct err err;

	assert_int_equal(link_by_name(&net.route, INGRESS, &link, &err), 0);
	return link;
}

static inline uint32_t id_now(void)
{
	struct link link = link_now();

	return link_xdp_software(&link);
}

/* The caller closes it. */
static inline struct program running_now(void)
{
	struct program program;
	struct err err = { .message = "" };

	if (program_open(id_now(), &program, &err))
		fail_msg("%s", err.message);
	return program;
}

static inline struct pipeline_cfg cfg_now(void)
{
	struct program program = running_now();
	struct pipeline_cfg cfg = program.cfg;

	assert_int_equal(program.owner, OWNER_XDPCTL);
	program_close(&program);
	return cfg;
}

static inline void check_nothing_attached(void)
{
	assert_int_equal(id_now(), 0);
}

static inline int try_attach_in(enum xdp_mode mode, const char *line, bool replace, struct err *err)
{
	static struct attach_result results[ATTACH_LEGS];
	struct attach_request request = { .ifname = INGRESS, .mode = mode, .replace = replace };
	unsigned int count;

	request.uses = take_line(line, request.use);
	return attach(&net, &request, results, &count, err);
}

static inline int try_attach(const char *line, bool replace, struct err *err)
{
	return try_attach_in(XDP_MODE_AUTO, line, replace, err);
}

static inline void attach_line(const char *line, bool replace)
{
	struct err err = { .message = "" };

	if (try_attach(line, replace, &err))
		fail_msg("%s: %s: %s", line, err.object, err.message);
}

/* One frame through what is attached. */
static inline uint32_t run_attached(const char *line)
{
	static struct frame frame;
	static struct pass pass;
	struct program program = running_now();

	frame_build(&frame, line, flow_there);
	pass_frame(&pass, &frame);
	pass_run(program.fd, &pass);
	program_close(&program);
	return pass.verdict;
}

static inline uint64_t packets_counted(void)
{
	struct program program = running_now();
	struct stats stats;
	uint64_t packets;
	struct err err;

	assert_int_equal(stats_read(&program, &stats, &err), 0);
	packets = stats.total.packets;
	stats_free(&stats);
	program_close(&program);
	return packets;
}

/* A program of somebody else. */
static inline int foreign_load(void)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

static inline void put_on(int fd, int instead_of)
{
	struct link link = link_now();
	const struct xdp_change change = {
		.ifindex = link.ifindex, .mode = XDP_MODE_DRV, .new_fd = fd, .old_fd = instead_of
	};

	assert_int_equal(xdp_set(&net.route, &change), 0);
}

/* ---- captures */

static inline void enter(struct tap_site *site)
{
	struct err err = { .message = "" };

	if (tap_enter(&net, INGRESS, NULL, site, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	assert_int_equal(tap_check(site, &err), 0);
	assert_int_equal(tap_beat(site), 0);
	assert_int_not_equal(cfg_now().tapped, TAPPED_NOT);
}

static inline void leave(struct tap_site *site)
{
	struct err err = { .message = "" };

	if (tap_leave(site, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	tap_close(site);
	assert_int_equal(site->taps, -1);
	assert_null(site->state);
}

/* As if its process had been killed some time ago. */
static inline void die(const struct tap_site *site)
{
	site->state->place[site->place].beat = LONG_DEAD;
}

static inline void clear(bool wanted)
{
	struct err err = { .message = "" };
	bool done;

	if (tap_clear(&net, INGRESS, &done, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	assert_int_equal(done, wanted);
}

#endif
