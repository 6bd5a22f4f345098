/* SPDX-License-Identifier: GPL-2.0-only */
/* A large file is read in parts, one for each CPU. Only for bulk*.c. */
#ifndef XDPCTL_BULK_PART_H
#define XDPCTL_BULK_PART_H

#include <stdatomic.h>

#include "bulk.h"
#include "spool.h"

#define PARTS	   8	 /* at most */
#define PART_LEAST 65536 /* bytes of the file: less is not worth a thread */
#define FILL_LEAST 4096	 /* elements: less is not worth loading a program */

struct part {
	struct bulk *bulk;
	int fd;
	uint64_t from, length; /* of its lines in the file, bytes */
	struct spool spool;
	uint64_t lines; /* in this part, those left out too */
	int ret;
	struct err err;
};

struct parts {
	unsigned int count;
	struct part part[PARTS];
};

/* Read all of the file into parts, in its order. */
int parts_read(struct parts *parts, struct bulk *bulk, int fd, struct err *err);
void parts_stop(struct parts *parts);

/* Write all of them by programs in the kernel; 1 if that cannot be done here. */
int parts_fill(const struct parts *parts, struct bulk *bulk, struct err *err);

/* Make the map equal to them: delete what is not there, write what differs. Needs 16 bytes of
 * memory for each element. */
int parts_replace(const struct parts *parts, struct bulk *bulk, struct err *err);

/* Refuse what can never fit: more keys than the map has room for. */
int parts_check_room(const struct parts *parts, struct bulk *bulk, struct err *err);

/* A number that is the same for the same key. */
uint64_t key_hash(const char *key, size_t size);

#endif
