/* SPDX-License-Identifier: GPL-2.0-only */
#include "hist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"
#include "walk.h"

/* Where the slot is in a key: the whole of it, or its last member that is an integer. */
static const struct member *slot_of(const struct map *map)
{
	const struct type *key = map->key;

	for (uint32_t i = key->kind == TYPE_STRUCT ? key->count : 0; i-- > 0;) {
		const struct member *member = &key->member[i];

		if (!member->bits &&
		    (member->type->kind == TYPE_UNSIGNED || member->type->kind == TYPE_SIGNED))
			return member;
	}
	return NULL;
}

static bool is_integer(const struct type *type)
{
	return (type->kind == TYPE_UNSIGNED || type->kind == TYPE_SIGNED) && type->size <= 8;
}

static int check(const struct map *map, struct err *err)
{
	if (!map->key)
		return err_set(err, ERR_USAGE, EINVAL, map->object, "a map of type %s has no keys",
			       map->kind->name);
	if (!is_integer(map->key) && (map->key->kind != TYPE_STRUCT || !slot_of(map))) {
		err_set(err, ERR_USAGE, EINVAL, map->object,
			"its keys are no slots of a histogram: integers, or structs with one");
		return map->typed_key ? -EINVAL : err_hint(err, "--key-as says their type");
	}
	if (!is_integer(map->value)) {
		err_set(err, ERR_USAGE, EINVAL, map->object,
			"its values are no counts: they are not integers");
		return map->typed_value ? -EINVAL : err_hint(err, "--as says their type");
	}
	return 0;
}

static void print_member(const struct hists *hists, const struct member *member, const void *key,
			 struct buf *out)
{
	const struct type *type = member->type;
	char value[8] = { 0 };
	uint64_t bits;

	if (!member->bits) {
		value_print(type, (const char *)key + member->offset, VALUE_TEXT, hists->env, out);
		return;
	}
	bits = load_bits(key, member->offset, member->bits);
	if ((type->kind == TYPE_SIGNED || type->is_signed) && bits >> (member->bits - 1) & 1)
		bits |= ~0ULL << (member->bits - 1);
	store_number(value, type->size, bits);
	value_print(type, value, VALUE_TEXT, hists->env, out);
}

static char *section_text(const struct hists *hists, const void *key)
{
	const struct member *slot = slot_of(hists->map);
	const struct type *type = hists->map->key;
	struct buf text = { 0 };
	char *copy;

	for (uint32_t i = 0; i < type->count; i++) {
		const struct member *member = &type->member[i];

		if (member == slot)
			continue;
		if (text.length)
			buf_char(&text, ',');
		if (type->count > 2)
			buf_add(&text, member->label, member->label_length);
		print_member(hists, member, key, &text);
	}
	copy = strdup(buf_string(&text));
	buf_free(&text);
	return copy;
}

static struct hist *hist_of(struct hists *hists, const void *key)
{
	char *section = hists->map->key->kind == TYPE_STRUCT ? section_text(hists, key) : NULL;
	struct hist *all;

	for (unsigned int i = 0; i < hists->count; i++) {
		if (!section || strcmp(hists->hist[i].section, section) == 0) {
			free(section);
			return &hists->hist[i];
		}
	}
	if (hists->map->key->kind == TYPE_STRUCT && !section)
		return NULL;
	all = realloc(hists->hist, (hists->count + 1) * sizeof(*all));
	if (!all) {
		free(section);
		return NULL;
	}
	hists->hist = all;
	all[hists->count] = (struct hist){ .section = section };
	return &all[hists->count++];
}

static int take(struct hists *hists, const char *key, const void *values, struct err *err)
{
	const struct map *map = hists->map;
	const struct member *member = slot_of(map);
	const struct type *type = member ? member->type : map->key;
	uint64_t slot = load_unsigned(key + (member ? member->offset : 0), type->size), count = 0;
	struct hist *hist;

	for (unsigned int i = 0; i < map->values; i++)
		count += load_unsigned((const char *)values + i * map->stride, map->value_size);
	if (!count)
		return 0;
	if (slot >= (hists->linear ? HIST_LINEAR : HIST_LOG2)) {
		err_set(err, ERR_USAGE, ERANGE, map->object, "slot %llu: a %s histogram has %u",
			(unsigned long long)slot, hists->linear ? "linear" : "log2",
			hists->linear ? HIST_LINEAR : HIST_LOG2);
		return err_hint(err,
				hists->linear ? "it is no histogram" : "is it a --linear one?");
	}
	hist = hist_of(hists, key);
	if (!hist)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	hist->slot[slot] += count;
	if (hist->used <= slot)
		hist->used = (unsigned int)slot + 1;
	return 0;
}

static int take_block(void *context, const void *keys, const void *values, uint32_t count,
		      struct err *err)
{
	struct hists *hists = context;
	int ret = 0;

	for (uint32_t i = 0; i < count && !ret; i++)
		ret = take(hists, (const char *)keys + (size_t)i * hists->map->key_size,
			   (const char *)values + i * map_room(hists->map), err);
	return ret;
}

static int by_section(const void *a, const void *b)
{
	const struct hist *x = a, *y = b;

	return strcmp(x->section ?: "", y->section ?: "");
}

static void name_sections(struct hists *hists)
{
	const struct type *key = hists->map->key;
	const struct member *slot = slot_of(hists->map);
	size_t used = 0;

	for (uint32_t i = 0; key->kind == TYPE_STRUCT && i < key->count && used < 48; i++) {
		if (&key->member[i] != slot)
			used += (size_t)snprintf(hists->section + used,
						 sizeof(hists->section) - used, "%s%.40s",
						 used ? "," : "", key->member[i].name);
	}
}

int hists_read(const struct map *map, bool linear, const struct value_env *env, struct hists *out,
	       struct err *err)
{
	int ret = check(map, err);

	*out = (struct hists){ .linear = linear, .map = map, .env = env };
	if (ret)
		return ret;
	name_sections(out);
	ret = map_walk(map, WALK_READ, take_block, out, err);
	if (ret)
		hists_free(out);
	else if (out->count)
		qsort(out->hist, out->count, sizeof(*out->hist), by_section);
	return ret;
}

void hists_free(struct hists *hists)
{
	for (unsigned int i = 0; i < hists->count; i++)
		free(hists->hist[i].section);
	free(hists->hist);
	*hists = (struct hists){ 0 };
}

void hist_bounds(bool linear, unsigned int slot, uint64_t *low, uint64_t *high)
{
	if (linear) {
		*low = *high = slot;
		return;
	}
	*low = slot ? (1ULL << (slot - 1)) : 0;
	*high = slot < 64 ? (1ULL << slot) - 1 : UINT64_MAX;
	if (slot && *low == *high) /* 1: BCC counts 0 there too */
		*low = 0;
}

static void draw_stars(struct buf *out, uint64_t count, uint64_t most, unsigned int width)
{
	unsigned int stars = most ? (unsigned int)((double)count / (double)most * width) : 0;

	for (unsigned int i = 0; i < width; i++)
		buf_char(out, i < stars ? '*' : ' ');
}

void hist_draw(const struct hist *hist, bool linear, const char *label, struct buf *out)
{
	bool wide = !linear && hist->used > 33;
	unsigned int width = wide ? 20 : 40, first = linear || hist->slot[0] ? 0 : 1;
	uint64_t most = 0, low, high;

	if (linear)
		buf_format(out, "     %-13s : count     distribution\n", label);
	else if (wide)
		buf_format(out, "               %-29s : count     distribution\n", label);
	else
		buf_format(out, "     %-19s : count     distribution\n", label);
	for (unsigned int i = 0; i < hist->used; i++)
		most = hist->slot[i] > most ? hist->slot[i] : most;
	for (unsigned int i = first; i < hist->used; i++) {
		unsigned long long count = hist->slot[i];

		hist_bounds(linear, i, &low, &high);
		if (linear)
			buf_format(out, "        %-10llu : %-8llu |", (unsigned long long)low,
				   count);
		else if (wide)
			buf_format(out, "%20llu -> %-20llu : %-8llu |", (unsigned long long)low,
				   (unsigned long long)high, count);
		else
			buf_format(out, "%10llu -> %-10llu : %-8llu |", (unsigned long long)low,
				   (unsigned long long)high, count);
		draw_stars(out, hist->slot[i], most, width);
		buf_text(out, "|\n");
	}
}
