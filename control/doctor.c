/* SPDX-License-Identifier: GPL-2.0-only */
#include "doctor.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "genl.h"
#include "load.h"
#include "preflight.h"
#include "privilege.h"
#include "program.h"

struct report {
	struct check *check;
	unsigned int count, room;
	const char *subject;
};

/* A new check to fill; never NULL. */
static struct check *add(struct report *report, const char *name, enum answer answer)
{
	struct check *check;

	if (report->count == report->room) {
		report->room = report->room ? report->room * 2 : 64;
		report->check = realloc(report->check, report->room * sizeof(*check));
		if (!report->check)
			abort();
	}
	check = &report->check[report->count++];
	*check = (struct check){ .name = name, .answer = answer };
	snprintf(check->subject, sizeof(check->subject), "%s", report->subject);
	return check;
}

__attribute__((format(printf, 2, 3))) static void detail(struct check *check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(check->detail, sizeof(check->detail), fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void mend(struct check *check, const char *fmt, ...)
{
	va_list args;

	if (check->answer == ANSWER_YES)
		return;
	va_start(args, fmt);
	vsnprintf(check->mend, sizeof(check->mend), fmt, args);
	va_end(args);
}

/* ---- kernel */

static void check_version(struct report *report)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;
	struct check *check;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		major = 0;
	check = add(report, "Linux 5.10 or later",
		    major > 5 || (major == 5 && minor >= 10) ? ANSWER_YES : ANSWER_NO);
	detail(check, "%s", name.release);
	mend(check, "boot a newer kernel; older ones are not tested");
}

/* The kernel tells of each loaded program whether it was compiled. */
static enum answer jit_answer(void)
{
	struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpctl_probe", "GPL", pass, 2, NULL);
	enum answer answer = ANSWER_UNKNOWN;

	if (fd < 0)
		return ANSWER_UNKNOWN;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0)
		answer = info.jited_prog_len ? ANSWER_YES : ANSWER_NO;
	close(fd);
	return answer;
}

/* Lockdown refuses the load itself: fentry on a function that exists for tests in every kernel
 * with BPF networking, net/bpf/test_run.c. 0 or -errno. */
static int load_fentry(void)
{
	struct bpf_insn zero[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY), fd;

	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "xdpctl_probe", "GPL", zero, 2, &opts);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* The state's file is there only where securityfs is mounted. */
static void check_lockdown(struct report *report)
{
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	int ret = load_fentry();
	char line[80] = "";
	struct check *check;

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	check = add(report, "tracing programs (fentry, freplace)",
		    ret == 0	     ? ANSWER_YES
		    : ret == -ENOENT ? ANSWER_UNKNOWN
				     : ANSWER_NO);
	if (ret)
		detail(check, "%s; lockdown: %s", strerror(-ret),
		       line[0] ? line : "not readable (securityfs is not mounted)");
	mend(check,
	     "not needed to attach; kernel lockdown forbids them, or CAP_BPF and CAP_PERFMON "
	     "are missing");
}

/* What a libbpf probe said: 1, 0 or -errno. Without privileges it says 0 to everything. */
static void add_probe(struct report *report, const char *name, int probe, bool may_load)
{
	struct check *check = add(report, name,
				  probe > 0		   ? ANSWER_YES
				  : probe == 0 && may_load ? ANSWER_NO
							   : ANSWER_UNKNOWN);

	if (probe < 0)
		detail(check, "%s", strerror(-probe));
	mend(check, "run as root, or on a kernel that has it");
}

static void check_types(struct report *report)
{
	static const struct {
		enum bpf_prog_type type;
		const char *name;
	} progs[] = {
		{ BPF_PROG_TYPE_XDP, "program type xdp" },
		{ BPF_PROG_TYPE_SCHED_CLS, "program type sched_cls" },
		{ BPF_PROG_TYPE_SOCKET_FILTER, "program type socket_filter" },
		{ BPF_PROG_TYPE_SOCK_OPS, "program type sock_ops" },
		{ BPF_PROG_TYPE_SK_MSG, "program type sk_msg" },
	};
	static const struct {
		enum bpf_map_type type;
		const char *name;
	} maps[] = {
		{ BPF_MAP_TYPE_PERCPU_ARRAY, "map type percpu_array" },
		{ BPF_MAP_TYPE_PERCPU_HASH, "map type percpu_hash" },
		{ BPF_MAP_TYPE_DEVMAP, "map type devmap" },
		{ BPF_MAP_TYPE_DEVMAP_HASH, "map type devmap_hash" },
		{ BPF_MAP_TYPE_CPUMAP, "map type cpumap" },
		{ BPF_MAP_TYPE_XSKMAP, "map type xskmap" },
		{ BPF_MAP_TYPE_SOCKHASH, "map type sockhash" },
		{ BPF_MAP_TYPE_RINGBUF, "map type ringbuf" },
	};

	bool may_load = jit_answer() != ANSWER_UNKNOWN;

	for (size_t i = 0; i < sizeof(progs) / sizeof(progs[0]); i++)
		add_probe(report, progs[i].name, libbpf_probe_bpf_prog_type(progs[i].type, NULL),
			  may_load);
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		add_probe(report, maps[i].name, libbpf_probe_bpf_map_type(maps[i].type, NULL),
			  may_load);
}

static void check_kernel(struct net *net, struct report *report)
{
	struct check *check;
	uint64_t features;
	int ret;

	report->subject = "kernel";
	check_version(report);
	check = add(report, "BPF compiler (JIT)", jit_answer());
	mend(check, check->answer == ANSWER_NO ? "sysctl net.core.bpf_jit_enable=1: programs run "
						 "several times slower without"
					       : "run as root to find out");
	check_types(report);
	check = add(report, "multi-buffer XDP (jumbo frames)",
		    kernel_has_frags()		     ? ANSWER_YES
		    : jit_answer() == ANSWER_UNKNOWN ? ANSWER_UNKNOWN
						     : ANSWER_NO);
	mend(check, "from Linux 5.18; without, an MTU above about 3500 cannot have native XDP");
	ret = netdev_xdp_features(&net->genl, 1, &features);
	check = add(report, "driver features readable (netdev family)",
		    ret == -EOPNOTSUPP ? ANSWER_NO : ANSWER_YES);
	mend(check, "from Linux 6.3; without, what a driver can do is found by trying");
	check_lockdown(report);
}

static void check_user(struct report *report)
{
	report->subject = "user";
	for (const struct privilege *p = privileges; p->name; p++) {
		struct check *check =
			add(report, p->name, privilege_has(p) ? ANSWER_YES : ANSWER_NO);

		detail(check, "%s", p->use);
		mend(check, "run as root");
	}
}

/* ---- one interface */

static enum answer feature(uint64_t features, uint64_t wanted, bool known)
{
	return !known ? ANSWER_UNKNOWN : (features & wanted) ? ANSWER_YES : ANSWER_NO;
}

static void check_attached(const struct link *link, struct report *report)
{
	struct program program;

	for (enum xdp_mode mode = XDP_MODE_DRV; mode < XDP_MODES; mode++) {
		struct check *check;

		if (!link->xdp[mode])
			continue;
		if (program_open(link->xdp[mode], &program, NULL)) {
			check = add(report, "free for a pipeline", ANSWER_UNKNOWN);
			detail(check, "program %u in %s mode", link->xdp[mode],
			       xdp_mode_name(mode));
			mend(check, "run as root to see whose it is");
			continue;
		}
		check = add(report, "free for a pipeline",
			    program.owner == OWNER_FOREIGN ? ANSWER_NO : ANSWER_YES);
		detail(check, "%s program %u \"%s\" in %s mode",
		       program.owner == OWNER_FOREIGN ? "foreign" : "xdpctl's", program.id,
		       program.name, xdp_mode_name(mode));
		mend(check, "attach --replace displaces it, detach --force takes it off");
		program_close(&program);
	}
}

/* What a sender leaves to the device and a native redirect loses. */
static void check_sender(struct net *net, const struct link *link, struct report *report)
{
	struct check *check;
	struct link peer;
	struct net there;
	uint32_t now;

	if (!link_is_veth(link))
		return;
	if (net_open_peer(net, link, &there, &peer)) {
		check = add(report, "peer reachable", ANSWER_NO);
		detail(check, "its network namespace cannot be entered from here");
		mend(check, "there: ethtool -K DEV gro on tx off; attach cannot do it from here");
		return;
	}
	if (offloads_get(&there.genl, peer.ifindex, &now) == 0) {
		check = add(report, "peer finishes checksums",
			    now & OFFLOADS_CSUM ? ANSWER_NO : ANSWER_YES);
		detail(check, "peer %s: tx-checksum %s", peer.name,
		       now & OFFLOADS_CSUM ? "on: a native redirect would send them unfinished"
					   : "off");
		mend(check, "attach switches it off until detach (ethtool -K %s tx off)",
		     peer.name);
		check = add(report, "peer sends single frames",
			    now & OFFLOADS_TSO ? ANSWER_NO : ANSWER_YES);
		detail(check, "peer %s: segmentation offload %s", peer.name,
		       now & OFFLOADS_TSO ? "on: too long for a generic redirect" : "off");
		mend(check, "attach in skb mode switches it off; native mode does so by itself");
	}
	net_close(&there);
}

static void check_receiver(const struct link *link, uint64_t features, bool known,
			   struct report *report)
{
	struct check *check = add(report, "takes redirected frames (native)",
				  feature(features, XDP_ACT_NDO_XMIT, known));

	if (link_is_veth(link))
		mend(check, "its peer needs GRO or an XDP program; attach switches GRO on there "
			    "(ethtool -K PEER gro on)");
	else if (!known)
		mend(check, "try with traffic; some drivers need a program on this port");
	else if (features & XDP_ACT_BASIC)
		mend(check, "its driver needs a program here; attach puts a pass program on it");
	else
		mend(check, "attach the ingress with --mode skb");
}

static void check_link(struct net *net, const struct link *link, struct report *report)
{
	char driver[LINK_KIND];
	uint64_t features = 0;
	struct check *check;
	bool known;

	report->subject = link->name;
	known = netdev_xdp_features(&net->genl, link->ifindex, &features) == 0;
	link_driver(link, driver);
	check = add(report, "up", link->flags & IFF_UP ? ANSWER_YES : ANSWER_NO);
	detail(check, "driver %s, MTU %u", driver, link->mtu);
	mend(check, "ip link set dev %s up", link->name);
	check_attached(link, report);
	check = add(report, "native XDP (drv)", feature(features, XDP_ACT_BASIC, known));
	mend(check, known ? "--mode skb runs it before the stack, at about half the speed"
			  : "attach tries it and falls back to skb");
	if (known && link_is_veth(link) && !(features & XDP_ACT_BASIC))
		snprintf(check->mend, sizeof(check->mend),
			 "give it as many receive queues as its peer has transmit queues");
	check = add(report, "native XDP for jumbo frames", feature(features, XDP_ACT_RX_SG, known));
	mend(check, "an MTU that fits one buffer (about 3500), or --mode skb");
	check_receiver(link, features, known, report);
	check_sender(net, link, report);
	check = add(report, "AF_XDP zero-copy", feature(features, XDP_ACT_XSK_ZC, known));
	mend(check, "AF_XDP works by copying");
	check = add(report, "runs programs itself (hw)", feature(features, XDP_ACT_HW, known));
	mend(check, "--mode drv");
}

int doctor(struct net *net, const char *ifname, struct check **checks, unsigned int *count,
	   struct err *err)
{
	struct report report = { 0 };
	struct link *links, named;
	unsigned int n;
	int ret;

	if (ifname)
		ret = link_by_name(&net->route, ifname, &named, err);
	else
		ret = link_dump(&net->route, &links, &n, err);
	if (ret)
		return ret;
	check_kernel(net, &report);
	check_user(&report);
	if (ifname)
		check_link(net, &named, &report);
	for (unsigned int i = 0; !ifname && i < n; i++) {
		if (links[i].type == ARPHRD_ETHER)
			check_link(net, &links[i], &report);
	}
	if (!ifname)
		free(links);
	*checks = report.check;
	*count = report.count;
	return 0;
}
