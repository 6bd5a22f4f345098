/* SPDX-License-Identifier: GPL-2.0-only */
#include "items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "value.h"

#define FIRST_ROOM (1u << 20)
#define MOST_ROOM  (1u << 30) /* the longest item */

void items_start(struct items *items, int fd)
{
	*items = (struct items){ .fd = fd };
}

void items_start_range(struct items *items, int fd, uint64_t from, uint64_t length)
{
	*items = (struct items){
		.fd = fd, .ranged = true, .started = true, .from = from, .left = length
	};
}

void items_stop(struct items *items)
{
	free(items->data);
	*items = (struct items){ .fd = -1 };
}

char *items_place(const struct items *items, char out[static 40])
{
	snprintf(out, 40, "%s %llu", items->list ? "element" : "line",
		 (unsigned long long)items->number);
	return out;
}

static int make_room(struct items *items, struct err *err)
{
	char *data;

	if (items->start) {
		memmove(items->data, items->data + items->start, items->end - items->start);
		items->end -= items->start;
		items->start = 0;
	}
	if (items->end < items->room)
		return 0;
	if (items->room >= (items->most ? items->most : MOST_ROOM))
		return err_set(err, ERR_USAGE, EFBIG, "input",
			       "a line has more than %zu MiB; nothing was changed",
			       items->room >> 20);
	data = realloc(items->data, items->room ? items->room * 2 : FIRST_ROOM);
	if (!data)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	items->data = data;
	items->room = items->room ? items->room * 2 : FIRST_ROOM;
	return 0;
}

static ssize_t read_some(struct items *items, char *to, size_t room)
{
	ssize_t n;

	if (items->ranged && room > items->left)
		room = (size_t)items->left;
	do
		n = items->ranged ? pread(items->fd, to, room, (off_t)items->from)
				  : read(items->fd, to, room);
	while (n < 0 && errno == EINTR);
	if (items->ranged && n > 0) {
		items->from += (uint64_t)n;
		items->left -= (uint64_t)n;
	}
	return n;
}

/* More of the file behind what is there. */
static int fill(struct items *items, struct err *err)
{
	int ret = make_room(items, err);
	ssize_t n;

	if (ret)
		return ret;
	n = read_some(items, items->data + items->end, items->room - items->end);
	if (n < 0)
		return err_set(err, ERR_FAILED, errno, "input", "cannot read: %s", strerror(errno));
	items->eof = n == 0;
	items->end += (size_t)n;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first character that is not blank; the input's end if there is none. */
static int skip_blanks(struct items *items, struct err *err)
{
	for (;;) {
		while (items->start < items->end && is_blank(items->data[items->start]))
			items->start++;
		if (items->start < items->end || items->eof)
			return 0;
		if (fill(items, err))
			return -EIO;
	}
}

/* The first character that is not blank; items->end if there is none. */
static size_t behind_blanks(const struct items *items, size_t at)
{
	while (at < items->end && is_blank(items->data[at]))
		at++;
	return at;
}

/* A list of objects begins with [{" or is empty; a line may begin with [1,2] = 3 or [{a=1}] = 3. */
static int look_for_list(struct items *items, struct err *err)
{
	size_t at;

	items->started = true;
	do {
		if (fill(items, err))
			return -EIO;
		at = behind_blanks(items, items->start);
		if (at < items->end && items->data[at] != '[')
			return 0;
		at = behind_blanks(items, at + 1);
		if (at < items->end && items->data[at] == ']')
			items->list = true;
		else if (at < items->end && items->data[at] != '{')
			return 0;
		else
			at = behind_blanks(items, at + 1);
	} while (!items->list && at >= items->end && !items->eof);
	if (at < items->end && items->data[at] == '"')
		items->list = true;
	if (items->list) {
		skip_blanks(items, err);
		items->start++;
	}
	return 0;
}

static int next_line(struct items *items, const char **text, size_t *length, struct err *err)
{
	size_t looked = 0;
	int ret;

	for (;;) {
		char *from = items->data + items->start;
		size_t have = items->end - items->start;
		char *newline = have > looked ? memchr(from + looked, '\n', have - looked) : NULL;

		if (newline || (items->eof && have)) {
			*text = from;
			*length = newline ? (size_t)(newline - from) : have;
			items->start += *length + (newline != NULL);
			items->number++;
			return 1;
		}
		if (items->eof)
			return 0;
		looked = have;
		ret = fill(items, err);
		if (ret)
			return ret;
	}
}

static bool is_comment(const char *text, size_t length)
{
	while (length && is_blank(*text)) {
		text++;
		length--;
	}
	return length == 0 || (text[0] == '#' && (length == 1 || is_blank(text[1])));
}

static int bad_list(struct items *items, const char *what, struct err *err)
{
	char place[40];

	return err_set(err, ERR_USAGE, EINVAL, items_place(items, place), "%s", what);
}

static int next_element(struct items *items, const char **text, size_t *length, struct err *err)
{
	int ret = skip_blanks(items, err);

	if (ret)
		return ret;
	items->number++;
	if (items->start < items->end && items->data[items->start] == ']') {
		items->start++;
		items->closed = true;
		ret = skip_blanks(items, err);
		if (!ret && items->start < items->end)
			ret = bad_list(items, "something is left over behind the list", err);
		return ret;
	}
	for (;;) {
		const char *from = items->data + items->start, *end = items->data + items->end;
		const char *stop = value_end(from, end, ",");

		if (stop < end && (*stop == ',' || *stop == ']')) {
			*text = from;
			*length = (size_t)(stop - from);
			items->start += *length + (*stop == ',');
			return 1;
		}
		if (items->eof)
			return bad_list(items, "the list does not end with ]", err);
		ret = fill(items, err);
		if (ret)
			return ret;
	}
}

bool items_is_list(struct items *items)
{
	if (!items->started)
		look_for_list(items, NULL);
	return items->list;
}

int items_next(struct items *items, const char **text, size_t *length, struct err *err)
{
	int ret = items->started ? 0 : look_for_list(items, err);

	if (ret || items->closed)
		return ret;
	if (items->list)
		return next_element(items, text, length, err);
	do
		ret = next_line(items, text, length, err);
	while (ret > 0 && is_comment(*text, *length));
	return ret;
}
