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
	unsigned int count = 0;
	atomic_bool stop = false;
	long most = sysconf(_SC_NPROCESSORS_ONLN);
	int ret = 0;

	while (count < PARTS && count < (most < 1 ? 1 : most)) {
		worker[count].filler = filler_new(bulk->map);
		if (!worker[count].filler)
			break;
		count++;
	}
	for (unsigned int i = 0; i < count; i++) {
		worker[i].parts = parts;
		worker[i].bulk = bulk;
		worker[i].number = i;
		worker[i].count = count;
		worker[i].stop = &stop;
	}
	run(worker, count);
	for (unsigned int i = 0; i < count; i++) {
		bulk->written += filler_written(worker[i].filler);
		if (worker[i].ret && !ret) {
			ret = worker[i].ret;
			if (err)
				*err = worker[i].err;
		}
		filler_free(worker[i].filler);
	}
	return count ? ret : 1;
}
