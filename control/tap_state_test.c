/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "tap_state.h"

#define NO_MAP	  (-1)
#define LONG_DEAD 1 /* a beat of the time when the machine came up */

struct owner {
	unsigned int place;
	uint64_t beat;
};

static struct owner claim(struct tap_state *state, int taps)
{
	struct owner owner = { .place = TAPS };

	assert_int_equal(tap_state_claim(state, taps, false, &owner.place, &owner.beat), 0);
	assert_true(owner.place < TAPS);
	assert_true(owner.beat != 0);
	assert_true(tap_is_live(state, owner.place));
	return owner;
}

static int try_claim(struct tap_state *state)
{
	struct owner owner;

	return tap_state_claim(state, NO_MAP, false, &owner.place, &owner.beat);
}

static bool release(struct tap_state *state, const struct owner *owner)
{
	bool last;

	assert_int_equal(tap_state_release(state, NO_MAP, owner->place, owner->beat, &last), 0);
	assert_int_equal(state->place[owner->place].steal, 0);
	return last;
}

static void die(struct tap_state *state, const struct owner *owner)
{
	state->place[owner->place].beat = LONG_DEAD;
	assert_false(tap_is_live(state, owner->place));
}

static void test_state_places_are_given_once_until_full(void **state)
{
	struct tap_state s = { 0 };
	struct owner owner[TAPS];

	(void)state;
	for (unsigned int i = 0; i < TAPS; i++) {
		owner[i] = claim(&s, NO_MAP);
		assert_int_equal(owner[i].place, i);
		assert_int_equal(s.taken, (1u << (i + 1)) - 1);
		assert_int_equal(s.place[i].pid, getpid());
		assert_int_equal(s.place[i].beat, owner[i].beat);
	}
	assert_int_equal(try_claim(&s), -EBUSY);
	assert_false(release(&s, &owner[3]));
	assert_int_equal(claim(&s, NO_MAP).place, 3);
	assert_int_equal(try_claim(&s), -EBUSY);
}

static void test_state_last_one_closes(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP), b = claim(&s, NO_MAP), c = claim(&s, NO_MAP);

	(void)state;
	assert_false(release(&s, &b));
	assert_false(release(&s, &a));
	assert_int_equal(try_claim(&s), 0); /* not closed yet */
	assert_false(release(&s, &c));
	c = (struct owner){ .place = 0, .beat = s.place[0].beat };
	assert_true(release(&s, &c));
	assert_int_equal(s.taken, TAP_CLOSED);
	assert_int_equal(try_claim(&s), -ESHUTDOWN);
	for (unsigned int i = 0; i < TAPS; i++)
		assert_false(tap_is_live(&s, i));
}

static void test_state_only_one_is_the_last(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP);

	(void)state;
	assert_true(release(&s, &a));
	assert_int_equal(s.taken, TAP_CLOSED);
}

static void test_state_beat_is_a_sign_of_life(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP);
	uint64_t before = a.beat;

	(void)state;
	assert_int_equal(tap_state_beat(&s, a.place, &a.beat), 0);
	assert_true(a.beat >= before);
	assert_int_equal(s.place[a.place].beat, a.beat);
	assert_true(tap_now() - a.beat < TAP_DEAD_AFTER);
	/* at the very edge of the time that one may stand still */
	s.place[a.place].beat = tap_now() - TAP_DEAD_AFTER / 2;
	assert_true(tap_is_live(&s, a.place));
	s.place[a.place].beat = tap_now() - TAP_DEAD_AFTER - 1;
	assert_false(tap_is_live(&s, a.place));
	s.place[a.place].beat = tap_now() + TAP_DEAD_AFTER * 10; /* of a clock ahead of ours */
	assert_true(tap_is_live(&s, a.place));
	s.place[a.place].beat = 0; /* is just coming or going */
	assert_true(tap_is_live(&s, a.place));
}

static void test_state_place_of_a_dead_one_is_taken_over(void **state)
{
	struct tap_state s = { 0 };
	struct owner owner[TAPS], other;
	bool last = true;

	(void)state;
	for (unsigned int i = 0; i < TAPS; i++)
		owner[i] = claim(&s, NO_MAP);
	die(&s, &owner[2]);
	s.place[2].steal = 1;
	s.place[2].pid = 1;
	owner[2].beat = LONG_DEAD;
	other = claim(&s, NO_MAP);
	assert_int_equal(other.place, 2);
	assert_int_equal(s.place[2].pid, getpid());
	assert_int_equal(s.place[2].steal, 0);
	assert_int_equal(try_claim(&s), -EBUSY);
	/* it comes back, and hears that it has nothing here any more */
	assert_int_equal(tap_state_beat(&s, 2, &owner[2].beat), -EOWNERDEAD);
	assert_int_equal(tap_state_release(&s, NO_MAP, 2, owner[2].beat, &last), -EOWNERDEAD);
	assert_false(last);
	assert_true(tap_is_live(&s, 2));
	assert_int_equal(s.place[2].beat, other.beat);
	assert_int_equal(s.taken, (1u << TAPS) - 1);
}

/* The one before has left its place, and nobody is in it: that is no beat to go on from. */
static void test_state_owner_of_no_place_cannot_come_back(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP), b = claim(&s, NO_MAP), none = { .beat = 0 };
	bool last;

	(void)state;
	die(&s, &a);
	assert_int_equal(try_claim(&s), 0);
	assert_false(tap_state_close(&s, NO_MAP));
	assert_false(release(&s, &b));
	b = (struct owner){ .place = 0, .beat = s.place[0].beat };
	assert_true(release(&s, &b));
	assert_int_equal(tap_state_beat(&s, 0, &none.beat), -EOWNERDEAD);
	assert_int_equal(tap_state_release(&s, NO_MAP, 0, 0, &last), -EOWNERDEAD);
	assert_int_equal(s.taken, TAP_CLOSED);
}

/* Whoever goes on for a keeper that is gone has to be the one whose place it was. */
static void test_state_adopts_its_own_place_alone(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP), keeper = a, other;
	uint64_t beat = a.beat;

	(void)state;
	assert_int_equal(tap_state_beat(&s, a.place, &keeper.beat), 0);
	tap_state_adopt(&s, a.place, &beat);
	assert_int_equal(beat, keeper.beat);
	die(&s, &a);
	other = claim(&s, NO_MAP);
	assert_int_equal(other.place, a.place);
	s.place[other.place].pid = (uint32_t)getpid() + 1;
	beat = keeper.beat;
	tap_state_adopt(&s, a.place, &beat);
	assert_int_equal(tap_state_beat(&s, a.place, &beat), -EOWNERDEAD);
	assert_int_equal(s.place[a.place].beat, other.beat);
}

static void test_state_dead_ones_do_not_keep_it_open(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP), b = claim(&s, NO_MAP), c = claim(&s, NO_MAP);

	(void)state;
	die(&s, &a);
	die(&s, &c);
	assert_true(release(&s, &b));
	assert_int_equal(s.taken, TAP_CLOSED);
}

static void test_state_close_needs_that_nobody_lives(void **state)
{
	struct tap_state s = { 0 }, empty = { 0 };
	struct owner a = claim(&s, NO_MAP), b = claim(&s, NO_MAP);

	(void)state;
	assert_false(tap_state_close(&s, NO_MAP));
	die(&s, &a);
	assert_false(tap_state_close(&s, NO_MAP));
	assert_int_equal(s.taken, 1u << b.place);
	die(&s, &b);
	assert_true(tap_state_close(&s, NO_MAP));
	assert_int_equal(s.taken, TAP_CLOSED);
	assert_true(tap_state_close(&s, NO_MAP));
	assert_int_equal(try_claim(&s), -ESHUTDOWN);
	assert_true(tap_state_close(&empty, NO_MAP));
}

static void test_state_steals_says_who_else(void **state)
{
	struct tap_state s = { 0 };
	struct owner a = claim(&s, NO_MAP), b;

	(void)state;
	assert_false(tap_state_steals(&s, TAPS));
	assert_int_equal(tap_state_claim(&s, NO_MAP, true, &b.place, &b.beat), 0);
	assert_true(tap_state_steals(&s, TAPS));
	assert_true(tap_state_steals(&s, a.place));
	assert_false(tap_state_steals(&s, b.place));
	die(&s, &b);
	assert_false(tap_state_steals(&s, TAPS));
	s.place[b.place].beat = b.beat;
	assert_true(tap_state_steals(&s, TAPS));
	release(&s, &b);
	assert_false(tap_state_steals(&s, TAPS));
}

/* ---- the program array */

static int load_pass(void)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);
}

static bool has_program(int taps, uint32_t key)
{
	uint32_t id;

	return bpf_map_lookup_elem(taps, &key, &id) == 0;
}

static void test_state_programs_of_who_left_are_taken_out(void **state)
{
	struct tap_state s = { 0 };
	struct owner a, b, c;
	int taps, pass;
	bool last;

	(void)state;
	if (geteuid() != 0)
		skip();
	taps = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "taps", 4, 4, TAPS, NULL);
	pass = load_pass();
	assert_true(taps >= 0 && pass >= 0);
	a = claim(&s, taps);
	b = claim(&s, taps);
	c = claim(&s, taps);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(bpf_map_update_elem(taps, &i, &pass, BPF_ANY), 0);
	assert_int_equal(tap_state_release(&s, taps, b.place, b.beat, &last), 0);
	assert_true(has_program(taps, a.place));
	assert_false(has_program(taps, b.place));
	assert_true(has_program(taps, c.place));
	assert_int_equal(tap_state_release(&s, taps, b.place, b.beat, &last), -EOWNERDEAD);
	die(&s, &c);
	assert_false(tap_state_close(&s, taps));
	assert_true(has_program(taps, a.place));
	assert_false(has_program(taps, c.place));
	/* nothing of a place that somebody lives in is touched by who once had it */
	c.beat = LONG_DEAD;
	c.place = a.place;
	assert_int_equal(tap_state_release(&s, taps, c.place, c.beat, &last), -EOWNERDEAD);
	assert_true(has_program(taps, a.place));
	close(taps);
	close(pass);
}

/* ---- the memory of a map */

static void test_state_map_is_shared(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	struct tap_state *a, *b, copy;
	uint32_t key = 0;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tap_state", 4, sizeof(*a), 1, &opts);
	assert_true(fd >= 0);
	assert_int_equal(tap_state_map(fd, &a), 0);
	assert_int_equal(tap_state_map(fd, &b), 0);
	assert_int_equal(claim(a, NO_MAP).place, 0);
	assert_int_equal(claim(b, NO_MAP).place, 1);
	assert_int_equal(bpf_map_lookup_elem(fd, &key, &copy), 0);
	assert_int_equal(copy.taken, 3);
	tap_state_unmap(a);
	tap_state_unmap(b);
	tap_state_unmap(NULL);
	close(fd);
	assert_int_equal(tap_state_map(fd, &a), -EBADF);
	assert_null(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_places_are_given_once_until_full),
		cmocka_unit_test(test_state_last_one_closes),
		cmocka_unit_test(test_state_only_one_is_the_last),
		cmocka_unit_test(test_state_beat_is_a_sign_of_life),
		cmocka_unit_test(test_state_place_of_a_dead_one_is_taken_over),
		cmocka_unit_test(test_state_owner_of_no_place_cannot_come_back),
		cmocka_unit_test(test_state_adopts_its_own_place_alone),
		cmocka_unit_test(test_state_dead_ones_do_not_keep_it_open),
		cmocka_unit_test(test_state_close_needs_that_nobody_lives),
		cmocka_unit_test(test_state_steals_says_who_else),
		cmocka_unit_test(test_state_programs_of_who_left_are_taken_out),
		cmocka_unit_test(test_state_map_is_shared),
	};

	return cmocka_run_group_tests_name("tap_state", tests, NULL, NULL);
}
