/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "bulk_part.h"
#include "filler.h"

/* Each thread writes the keys whose hash is its own, so that of a key that is there twice the last
 * one counts. */
struct worker {
	const struct parts *parts;
	struct bulk *bulk;
	struct filler *filler;
	unsigned int number, count; /* this worker of so many */
	atomic_bool *stop;
	bool undone; /* it could not load a program of its own */
	int ret;
	struct err err;
};

uint64_t key_hash(const char *key, size_t size)
{
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a, eight bytes at a time, then mixed */
	uint64_t word;

	for (; size >= 8; size -= 8, key += 8) {
		memcpy(&word, key, 8);
		h = (h ^ word) * 0x100000001b3ULL;
		h ^= h >> 29;
	}
	for (; size; size--, key++)
		h = (h ^ (uint8_t)*key) * 0x100000001b3ULL;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static int fill_block(struct worker *worker, const struct spool *spool, uint64_t block)
{
	const char *keys, *values;
	uint32_t count = spool_read(spool, block, &keys, &values);
	int ret = 0;

	for (uint32_t i = 0; i < count && !ret; i++) {
		const char *key = keys + i * spool->key_size;

		if (worker->count > 1 &&
		    key_hash(key, spool->key_size) % worker->count != worker->number)
			continue;
		ret = filler_add(worker->filler, key, values + i * spool->value_size, &worker->err);
	}
	if (worker->number == 0 && worker->bulk->progress)
		worker->bulk->progress(worker->bulk->context, "elements written",
				       filler_written(worker->filler) * worker->count,
				       worker->bulk->read);
	return ret;
}

static void *fill(void *context)
{
	struct worker *worker = context;

	if (!worker->filler)
		worker->filler = filler_new(worker->bulk->map);
	worker->undone = !worker->filler;
	if (worker->undone)
		return NULL;
	for (unsigned int i = 0; i < worker->parts->count && !worker->ret; i++) {
		const struct spool *spool = &worker->parts->part[i].spool;
		uint64_t blocks = spool_blocks(spool);

		for (uint64_t block = 0; block < blocks && !worker->ret; block++) {
			if (atomic_load(worker->stop))
				return NULL;
			worker->ret = fill_block(worker, spool, block);
		}
	}
	worker->ret = worker->ret ?: filler_flush(worker->filler, &worker->err);
	if (worker->ret)
		atomic_store(worker->stop, true);
	return NULL;
}

static void run(struct worker *worker, unsigned int count)
{
	pthread_t thread[PARTS];
	bool started[PARTS] = { false };

	for (unsigned int i = 1; i < count; i++)
		started[i] = pthread_create(&thread[i], NULL, fill, &worker[i]) == 0;
	for (unsigned int i = 0; i < count; i++) {
		if (started[i])
			pthread_join(thread[i], NULL);
		else
			fill(&worker[i]);
	}
}

int parts_fill(const struct parts *parts, struct bulk *bulk, struct err *err)
{
	struct worker worker[PARTS] = { 0 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int count = cpus < 1 ? 1 : cpus > PARTS ? PARTS : (unsigned int)cpus;
	atomic_bool stop = false;
	int ret = 0;

	worker[0].filler = filler_new(bulk->map);
	if (!worker[0].filler)
		return 1;
	for (unsigned int i = 0; i < count; i++) {
		worker[i].parts = parts;
		worker[i].bulk = bulk;
		worker[i].number = i;
		worker[i].count = count;
		worker[i].stop = &stop;
	}
	run(worker, count);
	for (unsigned int i = 1; i < count; i++) {
		if (!worker[i].undone)
			continue;
		worker[i].filler = worker[0].filler;
		fill(&worker[i]);
		worker[i].filler = NULL;
	}
	for (unsigned int i = 0; i < count; i++) {
		bulk->written += worker[i].filler ? filler_written(worker[i].filler) : 0;
		if (worker[i].ret && !ret) {
			ret = worker[i].ret;
			if (err)
				*err = worker[i].err;
		}
		filler_free(worker[i].filler);
	}
	return ret;
}
