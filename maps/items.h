/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of elements cut into its items: lines, or the objects of a JSON list. Reads as it goes, in
 * the memory of one item. */
#ifndef XDPCTL_ITEMS_H
#define XDPCTL_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct items {
	int fd; /* stays the caller's */
	char *data;
	size_t room, start, end; /* what has been read and not handed out yet */
	bool eof, list, started, closed;
	bool borrowed; /* data is somebody else's */
	bool ranged;   /* of the file: from here, so many bytes */
	uint64_t from, left;
	size_t most;	 /* bytes of an item; 0: 1 GiB */
	uint64_t number; /* of the item: its line, from 1; in a list its place, from 1 */
};

void items_start(struct items *items, int fd);

/* The same for a part of a file that begins and ends with a line; the file's position stays. */
void items_start_range(struct items *items, int fd, uint64_t from, uint64_t length);

/* The input is a JSON list; reads its beginning. */
bool items_is_list(struct items *items);

/* The next item, valid until the next call: 1, or 0 at the end, or -errno with err filled. Blank
 * lines and lines that begin with "# " are left out. */
int items_next(struct items *items, const char **text, size_t *length, struct err *err);

/* "line 7" or "element 7" for messages. */
char *items_place(const struct items *items, char out[static 40]);

void items_stop(struct items *items);

#endif
