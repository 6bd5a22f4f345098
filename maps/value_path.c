/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths to a part of a value: a.b[2].c */
#include "value_parser.h"

#include <stdio.h>
#include <string.h>

#define PATH 512 /* longest of them */

const struct member *find_member(const struct type *type, const char *name, size_t length)
{
	for (uint32_t i = 0; i < type->count; i++) {
		const struct member *member = &type->member[i];

		if (member->label_length == length + 1 && memcmp(member->label, name, length) == 0)
			return member;
	}
	return NULL;
}

/* The longest beginning of a path that is the name of a member. A variable inside of a function is
 * called "function.variable", so it need not be the first word. */
static const struct member *first_member(const struct type *type, const char *path, const char *end,
					 size_t *length)
{
	size_t n = (size_t)(end - path) > PATH ? 0 : (size_t)(end - path);

	while (n) {
		const struct member *member = find_member(type, path, n);

		*length = n;
		if (member)
			return member;
		do
			n--;
		while (n && path[n] != '.' && path[n] != '[');
	}
	return NULL;
}

static int no_member(struct parser *p, const struct type *type, const char *name, const char *end)
{
	char list[400] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < type->count && used < sizeof(list) - 8; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 type->member[i].name);
	for (const char *stop = name + 1; stop < end; stop++) {
		if (*stop == '.' || *stop == '[')
			end = stop;
	}
	return parser_wrong(p, "no member \"%.*s\"; there are: %s", shown(name, end), name, list);
}

static int follow_index(struct parser *p, struct place *place, const char **path, const char *end)
{
	unsigned __int128 index;
	const char *close = memchr(*path, ']', (size_t)(end - *path));

	if (!close || read_digits(*path + 1, close, &index))
		return parser_wrong(p, "\"%.*s\" is no index such as [2]", shown(*path, end),
				    *path);
	if (place->type->kind != TYPE_ARRAY)
		return parser_wrong(p, "\"%.*s\": it is no array", shown(*path, close + 1), *path);
	if (index >= place->type->count)
		return parser_wrong(p, "[%.*s]: there are %u elements", shown(*path + 1, close),
				    *path + 1, place->type->count);
	place->type = place->type->element;
	place->bytes += (size_t)index * place->type->size;
	*path = close + 1;
	return 0;
}

static int follow_name(struct parser *p, struct place *place, const char **path, const char *end)
{
	const struct member *member;
	size_t length;

	if (place->type->kind != TYPE_STRUCT)
		return parser_wrong(p, "\"%.*s\": it has no members", shown(*path, end), *path);
	member = first_member(place->type, *path, end, &length);
	if (!member)
		return no_member(p, place->type, *path, end);
	place->bits = member->bits ? member : NULL;
	place->bytes += member->bits ? 0 : member->offset;
	place->type = member->type;
	*path += length;
	return 0;
}

int follow_path(struct parser *p, struct place *place, const char *path, const char *end)
{
	bool first = true;

	do {
		int ret;

		if (*path == '[')
			ret = follow_index(p, place, &path, end);
		else if (first || (*path == '.' && path + 1 < end && *++path != '['))
			ret = follow_name(p, place, &path, end);
		else
			ret = parser_wrong(p, "\"%.*s\" is no path such as a.b[2].c",
					   shown(path, end), path);
		if (ret)
			return ret;
		first = false;
	} while (path < end);
	return 0;
}
