/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: programs for traffic control that count frames of one ethertype, and a pair of veths,
 * t0 and t1, to send such frames over, in a network namespace of the test's own. */
#ifndef XDPCTL_TC_TESTING_H
#define XDPCTL_TC_TESTING_H

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tc.h"
#include "tc_wire.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ETHERTYPE    0x88b5 /* for experiments: nobody else in the namespace sends it */
#define FRAME	     60
#define DEADLINE_MS  5000

enum { ANSWER_NEXT = -1, ANSWER_DROP = 2 }; /* TC_ACT_UNSPEC, TC_ACT_SHOT */

struct counter {
	int map, fd;
	uint32_t id;
};

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

static inline int load_counter(int map, const char *name, int answer)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct __sk_buff, protocol), 0),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 9, htons(ETHERTYPE)),
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, answer),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", insns, COUNT(insns), NULL);
}

static inline struct counter new_counter(const char *name, int answer)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	struct counter counter;

	counter.map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "count", 4, 8, 1, NULL);
	assert_true(counter.map >= 0);
	counter.fd = load_counter(counter.map, name, answer);
	if (counter.fd < 0)
		fail_msg("program %s: %s", name, strerror(errno));
	assert_int_equal(bpf_obj_get_info_by_fd(counter.fd, &info, &length), 0);
	counter.id = info.id;
	return counter;
}

static inline void free_counter(struct counter *counter)
{
	close(counter->fd);
	close(counter->map);
}

static inline uint64_t counted(const struct counter *counter)
{
	uint64_t value = 0;
	uint32_t key = 0;

	assert_int_equal(bpf_map_lookup_elem(counter->map, &key, &value), 0);
	return value;
}

static inline int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static inline void wait_counted(const struct counter *counter, uint64_t want)
{
	int64_t end = now_ms() + DEADLINE_MS;

	while (counted(counter) < want && now_ms() < end)
		rest();
	assert_int_equal(counted(counter), want);
}

static inline void send_frames(const char *ifname, unsigned int n)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(ifname) };
	uint8_t frame[FRAME] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,	       2,
				 0,    0,    0,	   0,	 1,    ETHERTYPE >> 8, ETHERTYPE & 0xff };

	assert_true(fd >= 0);
	for (unsigned int i = 0; i < n; i++)
		sendto(fd, frame, sizeof(frame), 0, (void *)&to, sizeof(to)); /* or dropped */
	close(fd);
}

/* Frames that cross the hook of t0. */
static inline void cross(enum tc_hook hook, unsigned int n)
{
	send_frames(hook == TC_INGRESS ? "t1" : "t0", n);
}

static inline void shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

struct lab {
	struct net net;
	struct link link; /* t0 */
};

static inline void lab_open(struct lab *lab)
{
	struct err err = { 0 };

	if (geteuid() != 0)
		skip();
	shell("ip link add t0 type veth peer name t1 && ip link set t0 up && ip link set t1 up");
	if (net_open(&lab->net, &err) || link_by_name(&lab->net.route, "t0", &lab->link, &err))
		fail_msg("%s: %s", err.object, err.message);
}

static inline void lab_close(struct lab *lab)
{
	net_close(&lab->net);
	shell("ip link del t0 2>/dev/null || true");
}

static inline int lab_setup(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("# only root can load programs\n");
		return 0; /* each test is skipped */
	}
	if (unshare(CLONE_NEWNET)) {
		print_error("no network namespace of our own: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

/* Where a test failed, its interfaces are still there. */
static inline int lab_clean(void **state)
{
	(void)state;
	return geteuid() == 0 && system("ip link del t0 2>/dev/null || true") ? -1 : 0;
}

static inline bool kernel_has_tcx(const struct lab *lab)
{
	__u32 count = 0;

	return bpf_prog_query((int)lab->link.ifindex, (enum bpf_attach_type)46, 0, NULL, NULL,
			      &count) == 0;
}

static inline struct tc_tap attach(struct lab *lab, const struct counter *counter,
				   enum tc_hook hook, bool force_clsact)
{
	struct tc_program program = {
		.hook = hook,
		.fd = counter->fd,
		.name = "xdpctl_test",
		.force_clsact = force_clsact,
	};
	struct err err = { 0 };
	struct tc_tap tap;

	if (tc_attach(&lab->net, &lab->link, &program, &tap, &err))
		fail_msg("%s: %s", err.object, err.message);
	assert_int_equal(tap.kind, force_clsact || !kernel_has_tcx(lab) ? TC_CLSACT : TC_TCX);
	assert_int_equal(tap.at.prog_id, counter->id);
	assert_int_equal(tap.at.ifindex, lab->link.ifindex);
	assert_int_equal(tap.at.hook, hook);
	return tap;
}

static inline void detach(struct lab *lab, struct tc_tap *tap)
{
	static const struct tc_tap nothing;
	struct err err = { 0 };

	if (tc_detach(&lab->net, tap, &err))
		fail_msg("%s: %s", err.object, err.message);
	assert_memory_equal(tap, &nothing, sizeof(nothing));
}

static inline void assert_qdisc(struct lab *lab, const char *kind)
{
	char is[TC_QDISC_KIND];

	assert_int_equal(tc_qdisc_kind(&lab->net.route, lab->link.ifindex, is), 0);
	assert_string_equal(is, kind);
}

static inline unsigned int list(struct lab *lab, struct tc_entry out[static 8])
{
	struct tc_entry *entries;
	unsigned int count;
	struct err err = { 0 };

	if (tc_list(&lab->net, &lab->link, &entries, &count, &err))
		fail_msg("%s: %s", err.object, err.message);
	assert_true(count <= 8);
	if (count)
		memcpy(out, entries, count * sizeof(*entries));
	free(entries);
	return count;
}

/* A filter of somebody else: clsact is there already. */
static inline struct tc_place foreign_filter(struct lab *lab, const struct counter *counter,
					     enum tc_hook hook, uint32_t prio)
{
	struct tc_place at = {
		.ifindex = lab->link.ifindex,
		.hook = hook,
		.prog_id = counter->id,
		.prio = prio,
		.handle = 1,
	};
	char buffer[NL_REQUEST];

	assert_int_equal(nl_talk(&lab->net.route,
				 tc_encode_filter_make(&at, counter->fd, "foreign", buffer), NULL,
				 NULL),
			 0);
	return at;
}

/* A TCX program of somebody else, behind all others; its descriptor. */
static inline int foreign_tcx(struct lab *lab, const struct counter *counter, enum tc_hook hook)
{
	int fd = bpf_link_create(counter->fd, (int)lab->link.ifindex,
				 (enum bpf_attach_type)(hook == TC_INGRESS ? 46 : 47), NULL);

	assert_true(fd >= 0);
	return fd;
}

#define lab_unit_test(test) cmocka_unit_test_setup_teardown(test, NULL, lab_clean)

#endif
