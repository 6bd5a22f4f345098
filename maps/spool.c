/* SPDX-License-Identifier: GPL-2.0-only */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_BYTES (1u << 20)
#define MOST_BLOCK  4096u

static int open_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && dir[0] ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : memfd_create("xdpctl", MFD_CLOEXEC);
}

static int failed(int error, struct err *err)
{
	err_set(err, ERR_FAILED, error, "temporary file", "cannot write it: %s", strerror(error));
	return err_hint(err, "nothing was changed; TMPDIR names another place");
}

int spool_start(struct spool *spool, size_t key_size, size_t value_size, struct err *err)
{
	size_t element = key_size + value_size, page = (size_t)sysconf(_SC_PAGESIZE);

	*spool =
		(struct spool){ .fd = open_file(), .key_size = key_size, .value_size = value_size };
	spool->block = (uint32_t)(BLOCK_BYTES / (element ? element : 1));
	spool->block = spool->block > MOST_BLOCK ? MOST_BLOCK : spool->block ? spool->block : 1;
	spool->block_bytes = (spool->block * element + page - 1) / page * page;
	spool->buffer = spool->fd < 0 ? NULL : malloc(spool->block_bytes);
	if (spool->buffer)
		return 0;
	return failed(spool->fd < 0 ? errno : ENOMEM, err);
}

void *spool_key(struct spool *spool)
{
	return spool->buffer + spool->count % spool->block * spool->key_size;
}

void *spool_value(struct spool *spool)
{
	return spool->buffer + spool->block * spool->key_size +
	       spool->count % spool->block * spool->value_size;
}

static int write_block(struct spool *spool, struct err *err)
{
	size_t done = 0;

	while (done < spool->block_bytes) {
		ssize_t n = write(spool->fd, spool->buffer + done, spool->block_bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(n ? errno : ENOSPC, err);
		done += (size_t)n;
	}
	return 0;
}

int spool_add(struct spool *spool, struct err *err)
{
	spool->count++;
	return spool->count % spool->block ? 0 : write_block(spool, err);
}

int spool_finish(struct spool *spool, struct err *err)
{
	int ret = spool->count % spool->block ? write_block(spool, err) : 0;

	if (ret || !spool->count)
		return ret;
	spool->mapped = (size_t)spool_blocks(spool) * spool->block_bytes;
	spool->mapping = mmap(NULL, spool->mapped, PROT_READ, MAP_SHARED, spool->fd, 0);
	if (spool->mapping == MAP_FAILED) {
		spool->mapping = NULL;
		return failed(errno, err);
	}
	return 0;
}

uint64_t spool_blocks(const struct spool *spool)
{
	return (spool->count + spool->block - 1) / spool->block;
}

uint32_t spool_read(const struct spool *spool, uint64_t block, const char **keys,
		    const char **values)
{
	uint64_t rest = spool->count - block * spool->block;

	*keys = spool->mapping + block * spool->block_bytes;
	*values = *keys + spool->block * spool->key_size;
	return rest < spool->block ? (uint32_t)rest : spool->block;
}

void spool_stop(struct spool *spool)
{
	if (spool->mapping)
		munmap(spool->mapping, spool->mapped);
	free(spool->buffer);
	if (spool->block)
		close(spool->fd);
	*spool = (struct spool){ .fd = -1 };
}
