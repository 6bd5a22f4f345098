/* SPDX-License-Identifier: GPL-2.0-only */
/* The program at TC. It is called by one of the test's own, which does to the frame what the kernel
 * does before: a test run has no VLAN tag beside the frame, and no queue. */
#include "tap_testing.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <poll.h>

#define MEMORY (1u << 20)
#define MACS   12
#define TCI    0xa123 /* with priority bits */

static struct pass pass;

/* What the caller does first. */
struct before {
	uint16_t tag;	/* EtherType of a VLAN tag; 0: none */
	uint32_t queue; /* as the kernel keeps it */
};

struct bench_tc {
	struct tap tap;
	int calls;  /* program array */
	int caller; /* program */
};

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV(d, i)  INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define COPY(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define CALL(f)	   INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)

static int load_caller(const struct before *before, int calls)
{
	const struct bpf_insn insns[] = {
		COPY(6, 1),
		MOV(2, (int)before->queue),
		INSN(BPF_STX | BPF_MEM | BPF_W, 1, 2,
		     (__s16)offsetof(struct __sk_buff, queue_mapping), 0),
		MOV(0, before->tag),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0),
		MOV(2, htons(before->tag)),
		MOV(3, TCI),
		CALL(BPF_FUNC_skb_vlan_push),
		COPY(1, 6),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 2, BPF_PSEUDO_MAP_FD, 0, calls),
		INSN(0, 0, 0, 0, 0),
		MOV(3, 0),
		CALL(BPF_FUNC_tail_call),
		MOV(0, TC_ACT_SHOT),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "caller", "GPL", insns, COUNT(insns), NULL);

	assert_true(fd >= 0);
	return fd;
}

static void tc_open(struct bench_tc *t, const struct before *before,
		    enum capture_direction direction, uint32_t snaplen, const char *expression,
		    uint64_t memory)
{
	struct filter filter;
	struct err err = { .message = "" };
	uint32_t key = 0;

	bench_need_root();
	*t = (struct bench_tc){ .tap.cfg = { .snaplen = snaplen, .direction = direction } };
	filter = tap_filter(expression, snaplen);
	if (tap_rings_open(memory, &t->tap.rings, &err) ||
	    tap_load_tc(&t->tap.cfg, &filter, &t->tap.rings, &t->tap.program, &err))
		fail_msg("%s: %s; %s", err.object, err.message, err.hint);
	filter_free(&filter);
	t->calls = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "calls", 4, 4, 1, NULL);
	assert_true(t->calls >= 0);
	assert_int_equal(bpf_map_update_elem(t->calls, &key, &t->tap.program.fd, BPF_ANY), 0);
	t->caller = load_caller(before, t->calls);
}

static void tc_close(struct bench_tc *t)
{
	close(t->caller);
	close(t->calls);
	tap_end(&t->tap);
}

/* The frame as it is on the wire. */
static size_t on_wire(const struct before *before, uint8_t *out)
{
	memcpy(out, pass.in, MACS);
	if (!before->tag) {
		memcpy(out + MACS, pass.in + MACS, pass.length - MACS);
		return pass.length;
	}
	put16(out + MACS, before->tag);
	put16(out + MACS + 2, TCI);
	memcpy(out + MACS + 4, pass.in + MACS, pass.length - MACS);
	return pass.length + 4;
}

static void tc_expect(struct bench_tc *t, const struct before *before, size_t snaplen,
		      uint16_t queue)
{
	static uint8_t wire[LONGEST + 4];
	size_t length = on_wire(before, wire), captured = snaplen < length ? snaplen : length;
	struct feed_packet packet;
	struct feed *feed = tap_feed_with_packet(&t->tap, &packet);

	assert_non_null(feed);
	assert_int_equal(packet.head.length, length);
	assert_int_equal(packet.head.captured, captured);
	assert_int_equal(packet.head.outcome, CAPTURE_NO_OUTCOME);
	assert_int_equal(packet.head.direction, t->tap.cfg.direction);
	assert_int_equal(packet.head.queue, queue);
	assert_int_equal(packet.head.target, 0);
	assert_true(packet.head.time > t->tap.last && packet.head.time <= tap_now());
	t->tap.last = packet.head.time;
	check_bytes(packet.data, wire, captured);
	tap_take(feed);
	tap_empty(&t->tap);
}

static void run_one(struct bench_tc *t, size_t length)
{
	pass_make(&pass, length);
	pass_run(t->caller, &pass);
	assert_int_equal((int)pass.verdict, TC_ACT_UNSPEC);
}

static void check_lengths(const struct before *before, const char *expression)
{
	uint64_t packets = 0;
	struct tap_counts got;
	struct bench_tc t;

	tc_open(&t, before, CAPTURE_OUT, CAPTURE_SNAPLEN, expression, MEMORY);
	for (size_t length = 14; length <= 1514; length++, packets++) {
		run_one(&t, length);
		tc_expect(&t, before, CAPTURE_SNAPLEN, (uint16_t)before->queue);
	}
	for (size_t length = 2040; length <= 2050; length++, packets++) {
		run_one(&t, length);
		tc_expect(&t, before, CAPTURE_SNAPLEN, (uint16_t)before->queue);
	}
	assert_int_equal(tap_sum(t.tap.program.counts, &got), 0);
	assert_int_equal(got.seen, packets);
	assert_int_equal(got.matched, packets);
	assert_int_equal(got.full + got.uncopied + got.xsk, 0);
	tc_close(&t);
}

static void test_tc_bytes_of_every_length_are_whole(void **state)
{
	(void)state;
	check_lengths(&(struct before){ 0 }, "");
	check_lengths(&(struct before){ .queue = 3 }, "not tcp");
}

static void test_tc_tag_beside_the_frame_is_put_where_it_belongs(void **state)
{
	(void)state;
	check_lengths(&(struct before){ .tag = ETH_P_8021Q }, "");
	check_lengths(&(struct before){ .tag = ETH_P_8021AD, .queue = 1 }, "");
}

static void check_snaplens(const struct before *before, size_t length)
{
	for (uint32_t snaplen = 1; snaplen < 300; snaplen = next_snaplen(snaplen)) {
		struct bench_tc t;

		tc_open(&t, before, CAPTURE_OUT, snaplen, "", 1);
		run_one(&t, length);
		tc_expect(&t, before, snaplen, 0);
		tc_close(&t);
	}
}

static void test_tc_bytes_end_at_the_snap_length(void **state)
{
	(void)state;
	check_snaplens(&(struct before){ 0 }, 200);
	check_snaplens(&(struct before){ .tag = ETH_P_8021Q }, 200);
	check_snaplens(&(struct before){ .tag = ETH_P_8021Q }, 14);
}

/* The kernel counts received ones from 1, and 0 is none. */
static void test_tc_queue_is_the_one_of_its_direction(void **state)
{
	static const struct {
		enum capture_direction direction;
		uint32_t kept;
		uint16_t queue;
	} list[] = { { CAPTURE_IN, 0, 0 },  { CAPTURE_IN, 1, 0 },  { CAPTURE_IN, 9, 8 },
		     { CAPTURE_OUT, 0, 0 }, { CAPTURE_OUT, 1, 1 }, { CAPTURE_OUT, 9, 9 } };

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		const struct before before = { .queue = list[i].kept };
		struct bench_tc t;

		tc_open(&t, &before, list[i].direction, 96, "", 1);
		run_one(&t, 60);
		tc_expect(&t, &before, 96, list[i].queue);
		tc_close(&t);
	}
}

static void test_tc_filter_takes_what_matches(void **state)
{
	static struct frame frame;
	struct tap_counts got;
	struct bench_tc t;

	(void)state;
	tc_open(&t, &(struct before){ 0 }, CAPTURE_OUT, 60, "udp port 443", MEMORY);
	frame_build(&frame, "ip4 tcp data:100", flow_there);
	pass_frame(&pass, &frame);
	pass_run(t.caller, &pass);
	assert_int_equal((int)pass.verdict, TC_ACT_UNSPEC);
	tap_empty(&t.tap);
	frame_build(&frame, "ip6 udp data:100", flow_there);
	pass_frame(&pass, &frame);
	pass_run(t.caller, &pass);
	assert_int_equal((int)pass.verdict, TC_ACT_UNSPEC);
	tc_expect(&t, &(struct before){ 0 }, 60, 0);
	assert_int_equal(tap_sum(t.tap.program.counts, &got), 0);
	assert_int_equal(got.seen, 2);
	assert_int_equal(got.matched, 1);
	tc_close(&t);
}

static void test_tc_full_ring_is_counted(void **state)
{
	struct tap_counts got;
	struct bench_tc t;
	uint64_t whole = 0;

	(void)state;
	tc_open(&t, &(struct before){ 0 }, CAPTURE_OUT, CAPTURE_SNAPLEN, "", 1);
	for (int i = 0; i < 300; i++)
		run_one(&t, 1400);
	assert_int_equal(tap_sum(t.tap.program.counts, &got), 0);
	assert_int_equal(got.matched, 300);
	assert_in_range(got.full, 1, 299);
	for (struct feed_packet packet; whole < 300 - got.full; whole++) {
		struct feed *feed = tap_feed_with_packet(&t.tap, &packet);

		assert_non_null(feed);
		check_bytes(packet.data, pass.in, 1400);
		tap_take(feed);
	}
	tap_empty(&t.tap);
	tc_close(&t);
}

/* ---- signs of life */

static void set_beat(const struct bench_tc *t, uint64_t beat)
{
	uint32_t key = 0;

	assert_int_equal(bpf_map_update_elem(t->tap.program.beat, &key, &beat, BPF_ANY), 0);
}

static uint32_t id_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	return info.id;
}

static void test_tc_program_without_a_beat_is_dead(void **state)
{
	struct tap_program none = { -1, -1, -1, -1 };
	struct bench_tc t;
	uint32_t id;

	(void)state;
	tc_open(&t, &(struct before){ 0 }, CAPTURE_OUT, 60, "", 1);
	id = id_of(t.tap.program.fd);
	assert_false(tap_tc_is_dead(id)); /* has just come */
	set_beat(&t, 1);
	assert_true(tap_tc_is_dead(id));
	tap_tc_beat(&t.tap.program);
	assert_false(tap_tc_is_dead(id));
	set_beat(&t, tap_now() - TAP_DEAD_AFTER - 1);
	assert_true(tap_tc_is_dead(id));
	set_beat(&t, tap_now() - TAP_DEAD_AFTER / 2);
	assert_false(tap_tc_is_dead(id));
	set_beat(&t, tap_now() + TAP_DEAD_AFTER * 9);
	assert_false(tap_tc_is_dead(id));
	set_beat(&t, 1);
	assert_false(tap_tc_is_dead(id_of(t.caller))); /* is none of ours */
	tap_tc_beat(&none);
	tc_close(&t);
	for (int waited = 0; tap_tc_is_dead(id); waited++) { /* until it is gone */
		assert_true(waited < 3000);
		poll(NULL, 0, 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tc_bytes_of_every_length_are_whole),
		cmocka_unit_test(test_tc_tag_beside_the_frame_is_put_where_it_belongs),
		cmocka_unit_test(test_tc_bytes_end_at_the_snap_length),
		cmocka_unit_test(test_tc_queue_is_the_one_of_its_direction),
		cmocka_unit_test(test_tc_filter_takes_what_matches),
		cmocka_unit_test(test_tc_full_ring_is_counted),
		cmocka_unit_test(test_tc_program_without_a_beat_is_dead),
	};

	return cmocka_run_group_tests_name("tap_tc", tests, NULL, NULL);
}
