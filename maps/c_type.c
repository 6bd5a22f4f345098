/* SPDX-License-Identifier: GPL-2.0-only */
#include "c_type.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "c_type_reader.h"

#define MOST_DEPTH 16 /* structs in structs, and dimensions of an array */

static int read_type(struct reader *r, struct ctype_part *out, bool *may_be_unnamed);

/* ---- declarations */

static const char *const qualifiers[] = { "const", "volatile", "__volatile__", NULL };
static const char *const packed_words[] = { "packed", "__packed__", "__packed", NULL };

/* __attribute__((packed, aligned(8))), any number of them */
static int read_attributes(struct reader *r, bool *packed, uint64_t *align)
{
	while (!c_take(r, "__packed") || (*packed = true, false)) {
		if (!c_take(r, "__attribute__"))
			return 0;
		if (c_want(r, "(") || c_want(r, "("))
			return -EINVAL;
		do {
			if (c_take_any(r, packed_words)) {
				*packed = true;
			} else if (c_take(r, "aligned") || c_take(r, "__aligned__")) {
				if (c_want(r, "(") || c_number(r, 4096, align) || c_want(r, ")"))
					return -EINVAL;
				if (*align == 0 || *align & (*align - 1))
					return c_wrong(r, "aligned(%u): no power of two",
						       (unsigned int)*align);
			} else {
				return c_expected(r, "packed or aligned(N)");
			}
		} while (c_take(r, ","));
		if (c_want(r, ")") || c_want(r, ")"))
			return -EINVAL;
	}
	return 0;
}

/* The dimensions behind a name: in C the last one is the innermost. */
static int read_dimensions(struct reader *r, struct ctype_part *part)
{
	uint64_t count[MOST_DEPTH];
	struct ctype_part index;
	int n = 0;

	while (c_take(r, "[")) {
		if (n == MOST_DEPTH)
			return c_wrong(r, "more than %d dimensions", MOST_DEPTH);
		if (c_number(r, CTYPE_MOST, &count[n]) || c_want(r, "]"))
			return -EINVAL;
		if (count[n++] == 0)
			return c_wrong(r, "an array has at least one element");
	}
	while (n-- > 0) {
		part->size *= count[n];
		if (part->size > CTYPE_MOST)
			return c_wrong(r, "an array is larger than %u bytes", CTYPE_MOST);
		if (!ctype_integer(r->btf, &(struct ctype_words){ .unsigneds = 1 }, &index))
			return c_no_memory(r);
		part->id = btf__add_array(r->btf, index.id, part->id, (__u32)count[n]);
		if (part->id < 0)
			return c_no_memory(r);
	}
	return 0;
}

static int read_pointers(struct reader *r, struct ctype_part *part)
{
	while (c_take(r, "*")) {
		while (c_take_any(r, qualifiers))
			;
		*part = (struct ctype_part){ btf__add_ptr(r->btf, part->id), sizeof(void *),
					     sizeof(void *) };
		if (part->id < 0)
			return c_no_memory(r);
	}
	return 0;
}

static int read_bits(struct reader *r, struct layout *l, const char *name,
		     const struct ctype_part *part)
{
	uint32_t most = ctype_bits(r->btf, part->id);
	uint64_t bits;

	if (!most)
		return c_wrong(r, "%s%sa bitfield is of an integer of up to 64 bits", name,
			       name[0] ? ": " : "");
	if (c_number(r, UINT32_MAX, &bits))
		return -EINVAL;
	if (bits > most)
		return c_wrong(r, "\"%s\" has %u bits, not %u", name, most, (unsigned int)bits);
	if (bits == 0 && name[0])
		return c_wrong(r, "\"%s\" has no bits", name);
	return layout_bits(r, l, name, part, (uint32_t)bits);
}

/* One line of a struct: a type, and what has it. */
static int read_members(struct reader *r, struct layout *l)
{
	struct ctype_part base, part;
	bool may_be_unnamed;
	char name[NAME];
	int ret = read_type(r, &base, &may_be_unnamed);

	if (ret)
		return ret;
	if (may_be_unnamed && *r->at == ';') {
		ret = layout_plain(r, l, "", &base);
		return ret ?: c_want(r, ";");
	}
	do {
		part = base;
		name[0] = '\0';
		ret = read_pointers(r, &part);
		if (!ret && *r->at != ':')
			ret = c_name(r, name) ?: read_dimensions(r, &part);
		if (!ret)
			ret = c_take(r, ":") ? read_bits(r, l, name, &part)
					     : layout_plain(r, l, name, &part);
	} while (!ret && c_take(r, ","));
	return ret ?: c_want(r, ";");
}

/* Whether it is packed may stand behind it, but the members have to be placed before. */
static bool is_packed_behind(const char *text)
{
	int depth = 1;

	for (; *text && depth; text++)
		depth += *text == '{' ? 1 : *text == '}' ? -1 : 0;
	while (isspace((unsigned char)*text))
		text++;
	if (strncmp(text, "__packed", 8) == 0)
		return true;
	if (strncmp(text, "__attribute__", 13) != 0)
		return false;
	for (; *text && *text != ';' && *text != '{'; text++) {
		if (strncmp(text, "packed", 6) == 0 && !isalnum((unsigned char)text[6]))
			return true;
	}
	return false;
}

static int read_body(struct reader *r, struct layout *l)
{
	int ret = 0;

	while (!ret && !c_take(r, "}"))
		ret = *r->at ? read_members(r, l) : c_expected(r, "}");
	if (!ret && l->count == 0)
		return c_wrong(r, "a struct has at least one member");
	return ret;
}

static int read_struct(struct reader *r, const char *keyword, bool packed, struct ctype_part *out,
		       bool *may_be_unnamed)
{
	struct layout l = { .is_union = keyword[0] == 'u', .packed = packed, .align = 1 };
	uint64_t align = 1;
	char name[NAME] = "";
	int ret = read_attributes(r, &l.packed, &align);

	if (!ret && c_word_length(r))
		ret = c_name(r, name);
	if (!ret && *r->at != '{') {
		if (!name[0])
			return c_expected(r, "a name or {");
		if (!ctype_find(r->btf, keyword, name, out))
			return c_wrong(r, "no type \"%s %s\"", keyword, name);
		return out->id < 0 ? c_no_memory(r) : 0;
	}
	if (!ret)
		c_take(r, "{");
	l.packed |= !ret && is_packed_behind(r->at);
	ret = ret ?: read_body(r, &l) ?: read_attributes(r, &l.packed, &align);
	if (!ret) {
		l.align = align > l.align ? align : l.align;
		ret = layout_add(r, &l, name, out);
	}
	if (!ret && out->size > CTYPE_MOST)
		ret = c_wrong(r, "is larger than %u bytes", CTYPE_MOST);
	*may_be_unnamed = !name[0];
	free(l.item);
	return ret;
}

/* ---- types */

/* The words of an integer, in any order: "long unsigned int". False if none comes. */
static bool read_words(struct reader *r, struct ctype_words *w)
{
	struct {
		const char *word;
		unsigned int *count;
	} known[] = {
		{ "unsigned", &w->unsigneds }, { "signed", &w->signs }, { "char", &w->chars },
		{ "short", &w->shorts },       { "int", &w->ints },	{ "long", &w->longs },
		{ "__int128", &w->int128s },
	};
	bool any = false, more;

	do {
		more = c_take_any(r, qualifiers);
		for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (c_take(r, known[i].word)) {
				++*known[i].count;
				any = more = true;
			}
		}
	} while (more);
	return any;
}

/* Good for a pointer alone. */
static int read_void(struct reader *r, struct ctype_part *out)
{
	while (c_take_any(r, qualifiers))
		;
	*out = (struct ctype_part){ .align = 1 };
	return *r->at == '*' ? 0 : c_expected(r, "*");
}

static int read_named(struct reader *r, struct ctype_part *out)
{
	char name[NAME];

	if (!c_word_length(r))
		return c_expected(r, "a type");
	if (c_name(r, name))
		return -EINVAL;
	if (!ctype_find(r->btf, "", name, out))
		return c_wrong(r, "no type \"%s\"", name);
	return out->id < 0 ? c_no_memory(r) : 0;
}

static int read_type(struct reader *r, struct ctype_part *out, bool *may_be_unnamed)
{
	struct ctype_words words = { 0 };
	bool packed;
	int ret;

	*may_be_unnamed = false;
	if (++r->depth > MOST_DEPTH)
		return c_wrong(r, "structs are nested too deep");
	if (read_words(r, &words)) {
		ret = ctype_integer(r->btf, &words, out) ? 0 : c_expected(r, "an integer type");
	} else {
		packed = c_take(r, "packed") || c_take(r, "__packed");
		if (c_take(r, "struct") || c_take(r, "union"))
			ret = read_struct(r, r->last[0] == 's' ? "struct" : "union", packed, out,
					  may_be_unnamed);
		else if (packed)
			ret = c_expected(r, "struct");
		else if (c_take(r, "void"))
			ret = read_void(r, out);
		else
			ret = c_take(r, "enum") ? c_enum(r, out) : read_named(r, out);
	}
	while (!ret && c_take_any(r, qualifiers))
		;
	r->depth--;
	return ret;
}

/* ---- the whole of it */

/* In C no two members share a name, those of anonymous structs included. */
static const char *name_twice(const struct type *type)
{
	const char *name = type->element ? name_twice(type->element) : NULL;

	for (uint32_t i = 0; !name && type->kind == TYPE_STRUCT && i < type->count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(type->member[i].name, type->member[j].name) == 0)
				return type->member[i].name;
		}
		name = name_twice(type->member[i].type);
	}
	return name;
}

static int read_whole(struct reader *r, __u32 *id)
{
	struct ctype_part part;
	bool unused;
	int ret;

	c_skip_blanks(r);
	ret = read_type(r, &part, &unused) ?: read_pointers(r, &part) ?: read_dimensions(r, &part);
	if (ret)
		return ret;
	c_take(r, ";");
	if (*r->at)
		return c_wrong(r, "\"%.60s\" is left over behind the type", r->at);
	*id = (__u32)part.id;
	return 0;
}

static int read_checked(struct reader *r, __u32 *id, struct type **out)
{
	const char *name;
	int ret = read_whole(r, id);

	if (ret)
		return ret;
	ret = type_from_btf(r->btf, *id, out, r->err);
	if (ret) {
		r->err->object[0] = '\0';
		return ret;
	}
	name = name_twice(*out);
	if (name) {
		ret = c_wrong(r, "the name \"%s\" is given twice", name);
		type_free(*out);
		*out = NULL;
	}
	return ret;
}

int ctype_btf(const char *text, struct btf *btf, __u32 *id, struct err *err)
{
	struct err local;
	struct reader r = { .at = text, .btf = btf, .err = err ? err : &local };
	struct type *type = NULL;
	int ret = read_checked(&r, id, &type);

	type_free(type);
	return ret;
}

/* A copy to add to: adding moves the names that others may hold on to. What is on top of another
 * object (a module's BTF) cannot be copied by libbpf 1.1: new types go on top of it. */
static struct btf *scratch_btf(const struct btf *base)
{
	__u32 size;
	const void *raw;

	if (!base)
		return btf__new_empty();
	if (btf__base_btf(base))
		return btf__new_empty_split((struct btf *)(uintptr_t)base);
	raw = btf__raw_data(base, &size);
	return raw ? btf__new(raw, size) : NULL;
}

int ctype_parse(const char *text, const struct btf *base, struct type **out, struct err *err)
{
	struct err local;
	struct reader r = { .at = text, .err = err ? err : &local };
	__u32 id;
	int ret;

	*out = NULL;
	r.btf = scratch_btf(base);
	if (!r.btf)
		return c_no_memory(&r);
	ret = read_checked(&r, &id, out);
	btf__free(r.btf);
	return ret;
}
