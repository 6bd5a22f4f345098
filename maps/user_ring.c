/* SPDX-License-Identifier: GPL-2.0-only */
#include "user_ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

static int failed(const struct map *map, int error, struct err *err)
{
	if (error == ENOSPC)
		return err_set(err, ERR_FAILED, ENOSPC, map->object,
			       "no room: its program has not drained it yet");
	if (error == E2BIG)
		return err_set(err, ERR_USAGE, E2BIG, map->object,
			       "the sample is larger than the buffer: %u bytes", map->max_entries);
	return err_set(err, err_code_of(error), error, map->object, "cannot write to it: %s",
		       strerror(error));
}

int user_ring_push(const struct map *map, const void *sample, size_t size, struct err *err)
{
	struct user_ring_buffer *ring = user_ring_buffer__new(map->fd, NULL);
	void *room = ring ? user_ring_buffer__reserve(ring, (__u32)size) : NULL;
	int ret = 0;

	if (room) {
		memcpy(room, sample, size);
		user_ring_buffer__submit(ring, room);
	} else {
		ret = failed(map, errno, err);
	}
	user_ring_buffer__free(ring);
	return ret;
}
