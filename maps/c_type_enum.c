/* SPDX-License-Identifier: GPL-2.0-only */
#include "c_type_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct names {
	struct {
		char name[NAME];
		int64_t value;
	} * item;
	uint32_t count;
};

static int read_value(struct reader *r, struct names *names, int64_t *next)
{
	void *all = names->item;
	uint64_t number;
	bool negative;

	if (names->count == MOST_ITEMS)
		return c_wrong(r, "too many names");
	if ((names->count & (names->count - 1)) == 0)
		all = realloc(all,
			      (names->count ? 2 * (size_t)names->count : 1) * sizeof(*names->item));
	if (!all)
		return c_no_memory(r);
	names->item = all;
	if (c_name(r, names->item[names->count].name))
		return -EINVAL;
	for (uint32_t i = 0; i < names->count; i++) {
		if (strcmp(names->item[i].name, names->item[names->count].name) == 0)
			return c_wrong(r, "the name \"%s\" is given twice", names->item[i].name);
	}
	if (c_take(r, "=")) {
		negative = c_take(r, "-");
		if (c_number(r, (uint64_t)INT64_MAX + negative, &number))
			return -EINVAL;
		*next = (int64_t)(negative ? -number : number);
	} else if (names->count && names->item[names->count - 1].value == INT64_MAX)
		return c_wrong(r, "the value of \"%s\" is too large", r->last);
	names->item[names->count++].value = *next;
	*next += *next < INT64_MAX;
	return 0;
}

static int add_enum(struct reader *r, const struct names *names, const char *name,
		    struct ctype_part *out)
{
	bool negative = false, wide = false;
	int ret = 0;

	for (uint32_t i = 0; i < names->count; i++)
		negative |= names->item[i].value < 0;
	for (uint32_t i = 0; i < names->count; i++)
		wide |= names->item[i].value > (negative ? INT32_MAX : (int64_t)UINT32_MAX) ||
			names->item[i].value < INT32_MIN;
	out->size = out->align = wide ? 8 : 4;
	out->id =
		wide ? btf__add_enum64(r->btf, name, 8, negative) : btf__add_enum(r->btf, name, 4);
	for (uint32_t i = 0; i < names->count && out->id > 0 && !ret; i++)
		ret = wide ? btf__add_enum64_value(r->btf, names->item[i].name,
						   (__u64)names->item[i].value)
			   : btf__add_enum_value(r->btf, names->item[i].name, names->item[i].value);
	return out->id < 0 || ret ? c_no_memory(r) : 0;
}

int c_enum(struct reader *r, struct ctype_part *out)
{
	struct names names = { 0 };
	char name[NAME] = "";
	int64_t next = 0;
	int ret = 0;

	if (c_word_length(r))
		ret = c_name(r, name);
	if (!ret && *r->at != '{') {
		if (!name[0])
			return c_expected(r, "a name or {");
		if (!ctype_find(r->btf, "enum", name, out))
			return c_wrong(r, "no type \"enum %s\"", name);
		return out->id < 0 ? c_no_memory(r) : 0;
	}
	if (!ret)
		c_take(r, "{");
	do
		ret = ret ?: read_value(r, &names, &next);
	while (!ret && c_take(r, ",") && *r->at != '}');
	ret = ret ?: c_want(r, "}") ?: add_enum(r, &names, name, out);
	free(names.item);
	return ret;
}
