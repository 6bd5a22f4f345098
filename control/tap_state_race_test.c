/* SPDX-License-Identifier: GPL-2.0-only */
/* Many processes that come, go and die at random, on memory that they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap_state.h"

#define NO_MAP	  (-1)
#define LONG_DEAD 1 /* a beat of the time when the machine came up */

struct owner {
	unsigned int place;
	uint64_t beat;
};

#define PROCESSES 12
#define TURNS	  30000

struct arena {
	struct tap_state state;
	uint32_t owner[TAPS]; /* pid, by the processes' own book-keeping */
	uint32_t living;      /* that have a place */
	uint32_t wrong, claims, closes, deaths;
	uint32_t closing; /* the last one is taking the taps out */
};

static struct arena *shared_arena(void)
{
	void *memory = mmap(NULL, sizeof(struct arena), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static void add_to(uint32_t *number, int by)
{
	__atomic_add_fetch(number, (uint32_t)by, __ATOMIC_SEQ_CST);
}

static bool change(uint32_t *word, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static void blame(struct arena *arena, bool wrong)
{
	if (wrong)
		add_to(&arena->wrong, 1);
}

/* The last one: nobody has a place, and nobody gets one until new taps are there. */
static void be_last(struct arena *arena)
{
	struct owner owner;

	blame(arena, !change(&arena->closing, 0, 1));
	blame(arena, __atomic_load_n(&arena->living, __ATOMIC_SEQ_CST) != 0);
	blame(arena, tap_state_claim(&arena->state, NO_MAP, false, &owner.place, &owner.beat) !=
			     -ESHUTDOWN);
	add_to(&arena->closes, 1);
	blame(arena, !change(&arena->closing, 1, 0));
	__atomic_store_n((uint64_t *)&arena->state.taken, 0, __ATOMIC_SEQ_CST);
}

static void leave(struct arena *arena, const struct owner *owner)
{
	bool last;

	/* its book says so before the place can be another's */
	blame(arena, !change(&arena->owner[owner->place], (uint32_t)getpid(), 0));
	add_to(&arena->living, -1);
	if (rand() % 8 == 0) { /* is killed */
		add_to(&arena->deaths, 1);
		__atomic_store_n((uint64_t *)&arena->state.place[owner->place].beat, LONG_DEAD,
				 __ATOMIC_SEQ_CST);
		return;
	}
	blame(arena,
	      tap_state_release(&arena->state, NO_MAP, owner->place, owner->beat, &last) != 0);
	if (last)
		be_last(arena);
}

static void live(struct arena *arena, unsigned int seed)
{
	srand(seed);
	for (unsigned int i = 0; i < TURNS; i++) {
		struct owner owner = { .place = TAPS };
		int ret = tap_state_claim(&arena->state, NO_MAP, false, &owner.place, &owner.beat);

		blame(arena, ret && ret != -EBUSY && ret != -ESHUTDOWN);
		if (ret)
			continue;
		blame(arena, owner.place >= TAPS);
		add_to(&arena->living, 1);
		blame(arena, !change(&arena->owner[owner.place], 0, (uint32_t)getpid()));
		add_to(&arena->claims, 1);
		for (int beats = rand() % 4; beats; beats--)
			blame(arena, tap_state_beat(&arena->state, owner.place, &owner.beat) != 0);
		blame(arena, __atomic_load_n((uint64_t *)&arena->state.taken, __ATOMIC_SEQ_CST) ==
				     TAP_CLOSED);
		leave(arena, &owner);
	}
}

static void test_state_many_processes_never_share_a_place(void **state)
{
	struct arena *arena = shared_arena();
	pid_t child[PROCESSES];
	int status;

	(void)state;
	for (unsigned int i = 0; i < PROCESSES; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0) {
			live(arena, i);
			_exit(0);
		}
	}
	for (unsigned int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(arena->wrong, 0);
	assert_int_equal(arena->living, 0);
	assert_true(arena->claims > PROCESSES * TURNS / 100);
	assert_true(arena->closes > 0);
	assert_true(arena->deaths > 0);
	assert_true(tap_state_close(&arena->state, NO_MAP)); /* no place was lost */
	munmap(arena, sizeof(*arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_many_processes_never_share_a_place),
	};

	return cmocka_run_group_tests_name("tap_state_race", tests, NULL, NULL);
}
