/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulk_part.h"
#include "edit.h"
#include "entry.h"
#include "items.h"

/* The error is one of this line. */
static int at_line(const struct items *items, int ret, struct err *err)
{
	char place[40], message[sizeof(err->message)];

	snprintf(message, sizeof(message), "%s%s%.800s", err->object, err->object[0] ? ": " : "",
		 err->message);
	memcpy(err->message, message, sizeof(message));
	snprintf(err->object, sizeof(err->object), "%s", items_place(items, place));
	err->code = ERR_USAGE;
	if (err->hint[0]) {
		size_t used = strlen(err->hint);

		snprintf(err->hint + used, sizeof(err->hint) - used, "; nothing was changed");
	} else {
		err_hint(err, "nothing was changed");
	}
	return ret;
}

/* A key that the map cannot have is found before anything is written. */
static int check_key(const struct map *map, const void *key, struct err *err)
{
	uint64_t index;

	if (!(map->kind->traits & KIND_INDEXED) || map->key_size != 4)
		return 0;
	index = load_unsigned(key, 4);
	if (index < map->max_entries)
		return 0;
	return err_set(err, ERR_USAGE, ENOENT, NULL, "key %llu: the map has %u entries",
		       (unsigned long long)index, map->max_entries);
}

static int read_items(struct part *part, struct items *items)
{
	const struct bulk *bulk = part->bulk;
	struct spool *spool = &part->spool;
	struct err *err = &part->err;
	const char *text;
	size_t length;
	int ret;

	while ((ret = items_next(items, &text, &length, err)) > 0) {
		void *key = spool_key(spool);

		ret = entry_parse(bulk->map, text, length, key, spool_value(spool), bulk->env, err);
		if (!ret)
			entry_normal_key(bulk->map, key);
		ret = ret ?: check_key(bulk->map, key, err);
		ret = ret ?: edit_check_value(bulk->map, spool_value(spool), err);
		if (ret)
			return at_line(items, ret, err);
		ret = spool_add(spool, err);
		if (ret)
			return ret;
		if (bulk->progress && spool->count % 65536 == 0 && !items->ranged)
			bulk->progress(bulk->context, "elements read", spool->count, 0);
	}
	return ret ?: spool_finish(spool, err);
}

/* Bytes of a line at most: many for each byte of an element, as a short member may have a long
 * name. */
static size_t longest(const struct map *map)
{
	return (8u << 20) + 128 * (map->key_size + map_room(map));
}

static int start_part(struct parts *parts, struct bulk *bulk, struct err *err)
{
	struct part *part = &parts->part[parts->count];

	*part = (struct part){ .bulk = bulk };
	parts->count++;
	return spool_start(&part->spool, bulk->map->key_size, map_room(bulk->map), err);
}

static int read_one(struct parts *parts, struct bulk *bulk, int fd, struct err *err)
{
	struct items items;
	int ret = start_part(parts, bulk, err);

	if (ret)
		return ret;
	items_start(&items, fd);
	items.most = longest(bulk->map);
	ret = read_items(&parts->part[0], &items);
	if (ret && err)
		*err = parts->part[0].err;
	items_stop(&items);
	return ret;
}

static void *read_part(void *context)
{
	struct part *part = context;
	struct items items;

	items_start_range(&items, part->fd, part->from, part->length);
	items.most = longest(part->bulk->map);
	part->ret = read_items(part, &items);
	part->lines = items.number;
	items_stop(&items);
	return NULL;
}

/* What a value may ask about the machine is asked by one thread at a time only. */
static bool asks(const struct type *type)
{
	if (type->kind == TYPE_NOTATION)
		return notation_asks(type->notation);
	for (uint32_t i = 0; type->member && i < type->count; i++) {
		if (asks(type->member[i].type))
			return true;
	}
	return type->element && asks(type->element);
}

static unsigned int cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > PARTS ? PARTS : (unsigned int)n;
}

/* Behind the newline that is at or behind from; length if there is none. */
static uint64_t line_behind(int fd, uint64_t from, uint64_t length)
{
	char text[4096];

	while (from < length) {
		ssize_t n = pread(fd, text, sizeof(text), (off_t)from);
		const char *newline = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;

		if (newline)
			return from + (uint64_t)(newline - text) + 1;
		if (n <= 0)
			break;
		from += (uint64_t)n;
	}
	return length;
}

/* Parts of about the same length that end with a line. */
static int split(struct parts *parts, struct bulk *bulk, int fd, uint64_t length, struct err *err)
{
	uint64_t share = length / cpus(), at = 0;

	share = share < PART_LEAST ? PART_LEAST : share;
	while (at < length) {
		bool last = parts->count + 1 == PARTS || at + share >= length;
		uint64_t end = last ? length : line_behind(fd, at + share, length);
		int ret = start_part(parts, bulk, err);
		struct part *part = &parts->part[parts->count - 1];

		if (ret)
			return ret;
		part->fd = fd;
		part->from = at;
		part->length = end - at;
		at = end;
	}
	return 0;
}

/* The first line that is wrong, counted from the beginning of the file. */
static int first_error(const struct parts *parts, struct err *err)
{
	uint64_t lines = 0, line;

	for (unsigned int i = 0; i < parts->count; i++) {
		const struct part *part = &parts->part[i];

		if (part->ret && err) {
			*err = part->err;
			if (sscanf(err->object, "line %lu", &line) == 1)
				snprintf(err->object, sizeof(err->object), "line %lu",
					 line + lines);
		}
		if (part->ret)
			return part->ret;
		lines += part->lines;
	}
	return 0;
}

static int read_parts(struct parts *parts, struct err *err)
{
	pthread_t thread[PARTS];
	bool started[PARTS] = { false };

	for (unsigned int i = 1; i < parts->count; i++)
		started[i] = pthread_create(&thread[i], NULL, read_part, &parts->part[i]) == 0;
	for (unsigned int i = 0; i < parts->count; i++) {
		if (started[i])
			pthread_join(thread[i], NULL);
		else
			read_part(&parts->part[i]);
	}
	return first_error(parts, err);
}

/* Lines of an ordinary file, by several threads. Returns 1 if it is something else. */
static int read_file(struct parts *parts, struct bulk *bulk, int fd, struct err *err)
{
	struct items head;
	struct stat st;
	bool list;
	int ret;

	if (lseek(fd, 0, SEEK_CUR) != 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size < PART_LEAST || asks(bulk->map->key) || asks(bulk->map->value))
		return 1;
	items_start_range(&head, fd, 0, PART_LEAST);
	head.started = false;
	list = items_is_list(&head);
	items_stop(&head);
	if (list)
		return 1;
	ret = split(parts, bulk, fd, (uint64_t)st.st_size, err);
	return ret ?: read_parts(parts, err);
}

int parts_read(struct parts *parts, struct bulk *bulk, int fd, struct err *err)
{
	int ret = read_file(parts, bulk, fd, err);

	if (ret == 1)
		ret = read_one(parts, bulk, fd, err);
	for (unsigned int i = 0; i < parts->count; i++)
		bulk->read += parts->part[i].spool.count;
	return ret;
}

void parts_stop(struct parts *parts)
{
	while (parts->count)
		spool_stop(&parts->part[--parts->count].spool);
}
