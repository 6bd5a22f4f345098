/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap_state.h"

#include "clock.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t mapped(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct tap_state) + page - 1) / page * page;
}

uint64_t tap_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int tap_state_map(int fd, struct tap_state **out)
{
	void *memory = mmap(NULL, mapped(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*out = memory == MAP_FAILED ? NULL : memory;
	return memory == MAP_FAILED ? -errno : 0;
}

void tap_state_unmap(struct tap_state *state)
{
	if (state)
		munmap(state, mapped());
}

bool tap_is_dead(uint64_t beat)
{
	uint64_t now = tap_now();

	return beat && beat < now && now - beat > TAP_DEAD_AFTER;
}

static uint64_t bit(unsigned int place)
{
	return 1ULL << place;
}

static bool swap(uint64_t *word, uint64_t expected, uint64_t wanted)
{
	return __atomic_compare_exchange_n(word, &expected, wanted, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Kernel types are not the same as ours to the compiler on every architecture. */
static uint64_t *taken_of(struct tap_state *state)
{
	return (uint64_t *)&state->taken;
}

static uint64_t *beat_of(struct tap_state *state, unsigned int place)
{
	return (uint64_t *)&state->place[place].beat;
}

bool tap_is_live(const struct tap_state *state, unsigned int place)
{
	return state->taken != TAP_CLOSED && state->taken & bit(place) &&
	       !tap_is_dead(state->place[place].beat);
}

bool tap_state_steals(const struct tap_state *state, unsigned int but)
{
	for (unsigned int i = 0; i < TAPS; i++) {
		if (i != but && state->place[i].steal && tap_is_live(state, i))
			return true;
	}
	return false;
}

/* A place is its owner's from the change of the beat on that makes it so, to the one that makes it
 * 0; the bit is set and cleared in between. So whoever dies there leaves a beat that grows old. */
static bool take_over(struct tap_state *state, unsigned int place, uint64_t from, uint64_t *beat)
{
	*beat = tap_now();
	return swap(beat_of(state, place), from, *beat);
}

static void give_up(struct tap_state *state, unsigned int place, uint64_t beat)
{
	swap(beat_of(state, place), beat, 0);
}

/* Free the places of the dead. Should one of them come back, its beat is not there any more. */
static void evict(struct tap_state *state, int taps)
{
	for (unsigned int i = 0; i < TAPS; i++) {
		uint64_t beat = load(beat_of(state, i)), ours;
		uint32_t key = i;

		if (!(load(taken_of(state)) & bit(i)) || !tap_is_dead(beat) ||
		    !take_over(state, i, beat, &ours))
			continue;
		bpf_map_delete_elem(taps, &key);
		state->place[i].steal = 0;
		__atomic_and_fetch(taken_of(state), ~bit(i), __ATOMIC_SEQ_CST);
		give_up(state, i, ours);
	}
}

/* One that nobody has, nor is about to have or to leave. */
static bool is_free(const struct tap_state *state, unsigned int place, uint64_t beat)
{
	return !(state->taken & bit(place)) && (!beat || tap_is_dead(beat));
}

static int set_bit(struct tap_state *state, unsigned int place)
{
	uint64_t taken;

	do {
		taken = load(taken_of(state));
		if (taken == TAP_CLOSED)
			return -ESHUTDOWN;
	} while (!swap(taken_of(state), taken, taken | bit(place)));
	return 0;
}

int tap_state_claim(struct tap_state *state, int taps, bool steal, unsigned int *place,
		    uint64_t *beat)
{
	int ret;

	evict(state, taps);
	if (load(taken_of(state)) == TAP_CLOSED)
		return -ESHUTDOWN;
	for (unsigned int i = 0; i < TAPS; i++) {
		uint64_t before = load(beat_of(state, i));

		if (!is_free(state, i, before) || !take_over(state, i, before, beat))
			continue;
		state->place[i].pid = (uint32_t)getpid();
		state->place[i].steal = steal;
		*place = i;
		ret = set_bit(state, i);
		if (ret)
			give_up(state, i, *beat);
		return ret;
	}
	return -EBUSY;
}

int tap_state_beat(struct tap_state *state, unsigned int place, uint64_t *beat)
{
	uint64_t now = tap_now();

	if (!*beat || !swap(beat_of(state, place), *beat, now))
		return -EOWNERDEAD;
	*beat = now;
	return 0;
}

void tap_state_adopt(const struct tap_state *state, unsigned int place, uint64_t *beat)
{
	uint64_t last = load((const uint64_t *)&state->place[place].beat);

	if (state->place[place].pid == (uint32_t)getpid())
		*beat = last;
}

int tap_state_release(struct tap_state *state, int taps, unsigned int place, uint64_t beat,
		      bool *last)
{
	uint32_t key = place;
	uint64_t taken, rest;

	*last = false;
	if (!beat || !take_over(state, place, beat, &beat))
		return -EOWNERDEAD;
	bpf_map_delete_elem(taps, &key);
	state->place[place].steal = 0;
	evict(state, taps);
	do {
		taken = load(taken_of(state));
		rest = taken & ~bit(place);
	} while (!swap(taken_of(state), taken, rest ? rest : TAP_CLOSED));
	*last = !rest;
	give_up(state, place, beat);
	return 0;
}

bool tap_state_close(struct tap_state *state, int taps)
{
	evict(state, taps);
	return load(taken_of(state)) == TAP_CLOSED || swap(taken_of(state), 0, TAP_CLOSED);
}
