/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap_state.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static size_t mapped(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct tap_state) + page - 1) / page * page;
}

uint64_t tap_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
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

/* A beat of 0: somebody is just taking or leaving it. */
static bool is_dead(uint64_t beat)
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
	       !is_dead(state->place[place].beat);
}

bool tap_state_steals(const struct tap_state *state, unsigned int but)
{
	for (unsigned int i = 0; i < TAPS; i++) {
		if (i != but && state->place[i].steal && tap_is_live(state, i))
			return true;
	}
	return false;
}

/* Free the places of the dead. Only who changes the beat may clear the bit: the owner, should it
 * come back, sees that too. */
static void evict(struct tap_state *state, int taps)
{
	for (unsigned int i = 0; i < TAPS; i++) {
		uint64_t beat = load(beat_of(state, i));
		uint32_t key = i;

		if (!(load(taken_of(state)) & bit(i)) || !is_dead(beat) ||
		    !swap(beat_of(state, i), beat, 0))
			continue;
		bpf_map_delete_elem(taps, &key);
		state->place[i].steal = 0;
		__atomic_and_fetch(taken_of(state), ~bit(i), __ATOMIC_SEQ_CST);
	}
}

int tap_state_claim(struct tap_state *state, int taps, bool steal, unsigned int *place,
		    uint64_t *beat)
{
	unsigned int i = 0;

	evict(state, taps);
	while (i < TAPS) {
		uint64_t taken = load(taken_of(state));

		if (taken == TAP_CLOSED)
			return -ESHUTDOWN;
		if (taken & bit(i))
			i++;
		else if (swap(taken_of(state), taken, taken | bit(i)))
			break;
	}
	if (i == TAPS)
		return -EBUSY;
	state->place[i].pid = (uint32_t)getpid();
	state->place[i].steal = steal;
	*beat = tap_now();
	__atomic_store_n(beat_of(state, i), *beat, __ATOMIC_SEQ_CST);
	*place = i;
	return 0;
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

	*last = false;
	if (!beat || !swap(beat_of(state, place), beat, 0))
		return -EOWNERDEAD;
	bpf_map_delete_elem(taps, &key);
	state->place[place].steal = 0;
	evict(state, taps);
	for (;;) {
		uint64_t taken = load(taken_of(state)), rest = taken & ~bit(place);

		if (swap(taken_of(state), taken, rest ? rest : TAP_CLOSED)) {
			*last = !rest;
			return 0;
		}
	}
}

bool tap_state_close(struct tap_state *state, int taps)
{
	evict(state, taps);
	return load(taken_of(state)) == TAP_CLOSED || swap(taken_of(state), 0, TAP_CLOSED);
}
