/* SPDX-License-Identifier: GPL-2.0-only */
/* Writers of a BPF map with keys of four bytes and values of up to eight, for the tests of
 * `xdpctl map` while others write:
 *
 *     xmap fill PIN COUNT VALUE		each of four threads sets COUNT keys of its own,
 *						waiting for room where the map is full
 *     xmap churn PIN FIRST COUNT VALUE	until SIGTERM set and delete these keys at random
 *     xmap add PIN COUNT VALUE			push COUNT values to a queue
 *
 * Ends with the number of what was written on standard output. */
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4

struct writer {
	pthread_t thread;
	int fd;
	uint32_t first, count;
	uint64_t value, written, state;
	int error;
};

static atomic_bool stop;

static uint32_t roll(struct writer *writer)
{
	uint64_t z = writer->state += 0x9e3779b97f4a7c15ULL; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)(z ^ z >> 31);
}

static void *fill(void *context)
{
	struct writer *writer = context;

	for (uint32_t i = 0; i < writer->count; i++) {
		uint32_t key = writer->first + i;

		while (bpf_map_update_elem(writer->fd, &key, &writer->value, BPF_NOEXIST)) {
			if ((errno != E2BIG && errno != EBUSY && errno != ENOMEM) ||
			    atomic_load(&stop)) {
				writer->error = errno;
				return NULL;
			}
			sched_yield();
		}
		writer->written++;
	}
	return NULL;
}

static void *churn(void *context)
{
	struct writer *writer = context;

	while (!atomic_load(&stop)) {
		uint32_t key = writer->first + roll(writer) % writer->count;

		if (roll(writer) & 1)
			bpf_map_delete_elem(writer->fd, &key);
		else if (!bpf_map_update_elem(writer->fd, &key, &writer->value, BPF_ANY))
			writer->written++;
	}
	return NULL;
}

static void *push(void *context)
{
	struct writer *writer = context;

	while (writer->written < writer->count && !atomic_load(&stop)) {
		if (!bpf_map_update_elem(writer->fd, NULL, &writer->value, BPF_ANY))
			writer->written++;
		else
			sched_yield();
	}
	return NULL;
}

static const struct job {
	const char *name;
	int words;
	void *(*run)(void *);
} jobs[] = {
	{ "fill", 5, fill },
	{ "churn", 6, churn },
	{ "add", 5, push },
};

static void on_term(int signal)
{
	(void)signal;
	atomic_store(&stop, true);
}

static int run(const struct job *job, int fd, char **word)
{
	struct writer writer[THREADS] = { 0 };
	bool churns = job->run == churn;
	uint64_t written = 0;
	int error = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		struct writer *w = &writer[i];

		w->fd = fd;
		w->state = i;
		w->count = (uint32_t)strtoul(word[churns ? 4 : 3], NULL, 0);
		w->value = strtoull(word[churns ? 5 : 4], NULL, 0);
		w->first = churns ? (uint32_t)strtoul(word[3], NULL, 0) : i * w->count;
		if (pthread_create(&w->thread, NULL, job->run, w))
			return ENOMEM;
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(writer[i].thread, NULL);
		written += writer[i].written;
		error = error ? error : writer[i].error;
	}
	printf("%" PRIu64 "\n", written);
	return error;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_term };

	sigaction(SIGTERM, &action, NULL);
	for (unsigned int i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		int fd, error;

		if (argc != jobs[i].words || strcmp(argv[1], jobs[i].name) != 0)
			continue;
		fd = bpf_obj_get(argv[2]);
		error = fd < 0 ? errno : run(&jobs[i], fd, argv);
		if (error)
			fprintf(stderr, "xmap: %s: %s\n", argv[2], strerror(error));
		return error != 0;
	}
	fprintf(stderr, "usage: xmap fill|add PIN COUNT VALUE | churn PIN FIRST COUNT VALUE\n");
	return 2;
}
