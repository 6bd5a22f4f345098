/* SPDX-License-Identifier: GPL-2.0-only */
#include "c_type.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c_type_name.h"

#define NAME	   64
#define MOST_DEPTH 16	 /* structs in structs, and dimensions of an array */
#define MOST_ITEMS 10000 /* members of a struct, values of an enum */

struct reader {
	const char *at;
	char last[NAME]; /* what was read before, for messages */
	struct btf *btf;
	struct err *err;
	int depth;
};

static int read_type(struct reader *r, struct ctype_part *out, bool *may_be_unnamed);

static int wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct reader *r, const char *fmt, ...)
{
	char message[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return err_set(r->err, ERR_USAGE, EINVAL, NULL, "%s", message);
}

static int expected(struct reader *r, const char *what)
{
	if (r->last[0])
		return wrong(r, "expected %s after \"%s\"%s%.20s%s", what, r->last,
			     *r->at ? ", not \"" : "", r->at, *r->at ? "\"" : "");
	return wrong(r, "expected %s", what);
}

static int no_memory(struct reader *r)
{
	return err_set(r->err, ERR_FAILED, ENOMEM, NULL, "out of memory");
}

/* ---- words */

static void skip_blanks(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The length of the word that comes next; 0 if none does. */
static size_t word_length(const struct reader *r)
{
	size_t n = 0;

	while (is_word(r->at[n]))
		n++;
	return isdigit((unsigned char)*r->at) ? 0 : n;
}

static void pass(struct reader *r, size_t length)
{
	snprintf(r->last, sizeof(r->last), "%.*s", length < NAME ? (int)length : NAME - 1, r->at);
	r->at += length;
	skip_blanks(r);
}

static bool take(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(r->at, word, n) != 0 || (is_word(word[0]) && is_word(r->at[n])))
		return false;
	pass(r, n);
	return true;
}

static bool take_any(struct reader *r, const char *const *words)
{
	for (; *words; words++) {
		if (take(r, *words))
			return true;
	}
	return false;
}

static int want(struct reader *r, const char *sign)
{
	return take(r, sign) ? 0 : expected(r, sign);
}

static int read_name(struct reader *r, char out[static NAME])
{
	size_t n = word_length(r);

	if (n == 0)
		return expected(r, "a name");
	if (n >= NAME)
		return wrong(r, "the name %.20s... is too long", r->at);
	memcpy(out, r->at, n);
	out[n] = '\0';
	pass(r, n);
	return 0;
}

static int read_number(struct reader *r, uint64_t max, uint64_t *out)
{
	char *end;
	bool digit = isdigit((unsigned char)*r->at);

	errno = 0;
	*out = digit ? strtoull(r->at, &end, r->at[1] == 'x' || r->at[1] == 'X' ? 16 : 10) : 0;
	if (!digit || is_word(*end))
		return expected(r, "a number");
	if (errno || *out > max)
		return wrong(r, "%.*s is too large", (int)(end - r->at), r->at);
	pass(r, (size_t)(end - r->at));
	return 0;
}

/* ---- layout */

struct item {
	char name[NAME]; /* empty: an anonymous struct or union */
	int type;
	uint32_t at, bits;
};

struct layout {
	bool is_union, packed;
	uint64_t bits, align; /* so far */
	uint64_t most;	      /* bits of the largest member of a union */
	struct item *item;
	uint32_t count;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static int add_item(struct reader *r, struct layout *l, const char *name, int type, uint32_t bits)
{
	struct item *all = l->item;

	if (l->count == MOST_ITEMS)
		return wrong(r, "too many members");
	if ((l->count & (l->count - 1)) == 0)
		all = realloc(all, (l->count ? 2 * (size_t)l->count : 1) * sizeof(*all));
	if (!all)
		return no_memory(r);
	l->item = all;
	all[l->count] = (struct item){ .type = type, .at = (uint32_t)l->bits, .bits = bits };
	snprintf(all[l->count++].name, NAME, "%s", name);
	return 0;
}

static int advance(struct reader *r, struct layout *l, uint64_t bits)
{
	l->bits += bits;
	l->most = l->bits > l->most ? l->bits : l->most;
	if (l->is_union)
		l->bits = 0;
	return l->most > 8ULL * CTYPE_MOST ? wrong(r, "is larger than %u bytes", CTYPE_MOST) : 0;
}

static int place_plain(struct reader *r, struct layout *l, const char *name,
		       const struct ctype_part *part)
{
	uint64_t align = l->packed ? 1 : part->align;
	int ret;

	l->bits = round_up(l->bits, 8 * align);
	l->align = align > l->align ? align : l->align;
	ret = add_item(r, l, name, part->id, 0);
	return ret ?: advance(r, l, 8 * part->size);
}

/* System V ABI: a bitfield does not cross a boundary of its type, and one without a name neither
 * has to be anywhere nor aligns the struct. Width 0 goes to the next boundary. */
static int place_bits(struct reader *r, struct layout *l, const char *name,
		      const struct ctype_part *part, uint32_t bits)
{
	uint64_t unit = 8 * part->size;
	int ret = 0;

	if (bits == 0 || (!l->packed && l->bits % unit + bits > unit))
		l->bits = round_up(l->bits, 8 * part->align);
	if (name[0]) {
		if (!l->packed && part->align > l->align)
			l->align = part->align;
		ret = add_item(r, l, name, part->id, bits);
	}
	return ret ?: advance(r, l, bits);
}

/* ---- declarations */

static const char *const qualifiers[] = { "const", "volatile", "__volatile__", NULL };
static const char *const packed_words[] = { "packed", "__packed__", "__packed", NULL };

/* __attribute__((packed, aligned(8))), any number of them */
static int read_attributes(struct reader *r, bool *packed, uint64_t *align)
{
	while (!take(r, "__packed") || (*packed = true, false)) {
		if (!take(r, "__attribute__"))
			return 0;
		if (want(r, "(") || want(r, "("))
			return -EINVAL;
		do {
			if (take_any(r, packed_words)) {
				*packed = true;
			} else if (take(r, "aligned") || take(r, "__aligned__")) {
				if (want(r, "(") || read_number(r, 4096, align) || want(r, ")"))
					return -EINVAL;
				if (*align == 0 || *align & (*align - 1))
					return wrong(r, "aligned(%u): no power of two",
						     (unsigned int)*align);
			} else {
				return expected(r, "packed or aligned(N)");
			}
		} while (take(r, ","));
		if (want(r, ")") || want(r, ")"))
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

	while (take(r, "[")) {
		if (n == MOST_DEPTH)
			return wrong(r, "more than %d dimensions", MOST_DEPTH);
		if (read_number(r, CTYPE_MOST, &count[n]) || want(r, "]"))
			return -EINVAL;
		if (count[n++] == 0)
			return wrong(r, "an array has at least one element");
	}
	while (n-- > 0) {
		part->size *= count[n];
		if (part->size > CTYPE_MOST)
			return wrong(r, "an array is larger than %u bytes", CTYPE_MOST);
		if (!ctype_integer(r->btf, &(struct ctype_words){ .unsigneds = 1 }, &index))
			return no_memory(r);
		part->id = btf__add_array(r->btf, index.id, part->id, (__u32)count[n]);
		if (part->id < 0)
			return no_memory(r);
	}
	return 0;
}

static int read_pointers(struct reader *r, struct ctype_part *part)
{
	while (take(r, "*")) {
		while (take_any(r, qualifiers))
			;
		*part = (struct ctype_part){ btf__add_ptr(r->btf, part->id), sizeof(void *),
					     sizeof(void *) };
		if (part->id < 0)
			return no_memory(r);
	}
	return 0;
}

static int read_bits(struct reader *r, struct layout *l, const char *name,
		     const struct ctype_part *part)
{
	uint32_t most = ctype_bits(r->btf, part->id);
	uint64_t bits;

	if (!most)
		return wrong(r, "%s%sa bitfield is of an integer of up to 64 bits", name,
			     name[0] ? ": " : "");
	if (read_number(r, UINT32_MAX, &bits))
		return -EINVAL;
	if (bits > most)
		return wrong(r, "\"%s\" has %u bits, not %u", name, most, (unsigned int)bits);
	if (bits == 0 && name[0])
		return wrong(r, "\"%s\" has no bits", name);
	return place_bits(r, l, name, part, (uint32_t)bits);
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
		ret = place_plain(r, l, "", &base);
		return ret ?: want(r, ";");
	}
	do {
		part = base;
		name[0] = '\0';
		ret = read_pointers(r, &part);
		if (!ret && *r->at != ':')
			ret = read_name(r, name) ?: read_dimensions(r, &part);
		if (!ret)
			ret = take(r, ":") ? read_bits(r, l, name, &part)
					   : place_plain(r, l, name, &part);
	} while (!ret && take(r, ","));
	return ret ?: want(r, ";");
}

static int add_struct(struct reader *r, const struct layout *l, const char *name,
		      struct ctype_part *out)
{
	int id;

	out->align = l->align;
	out->size = round_up(round_up(l->most, 8) / 8, l->align);
	id = l->is_union ? btf__add_union(r->btf, name, (__u32)out->size)
			 : btf__add_struct(r->btf, name, (__u32)out->size);
	for (uint32_t i = 0; id > 0 && i < l->count; i++) {
		if (btf__add_field(r->btf, l->item[i].name, l->item[i].type, l->item[i].at,
				   l->item[i].bits))
			return no_memory(r);
	}
	out->id = id;
	return id > 0 ? 0 : no_memory(r);
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

	while (!ret && !take(r, "}"))
		ret = *r->at ? read_members(r, l) : expected(r, "}");
	if (!ret && l->count == 0)
		return wrong(r, "a struct has at least one member");
	return ret;
}

static int read_struct(struct reader *r, const char *keyword, bool packed, struct ctype_part *out,
		       bool *may_be_unnamed)
{
	struct layout l = { .is_union = keyword[0] == 'u', .packed = packed, .align = 1 };
	uint64_t align = 1;
	char name[NAME] = "";
	int ret = read_attributes(r, &l.packed, &align);

	if (!ret && word_length(r))
		ret = read_name(r, name);
	if (!ret && *r->at != '{') {
		if (!name[0])
			return expected(r, "a name or {");
		if (!ctype_find(r->btf, keyword, name, out))
			return wrong(r, "no type \"%s %s\"", keyword, name);
		return out->id < 0 ? no_memory(r) : 0;
	}
	if (!ret)
		pass(r, 1);
	l.packed |= !ret && is_packed_behind(r->at);
	ret = ret ?: read_body(r, &l) ?: read_attributes(r, &l.packed, &align);
	if (!ret) {
		l.align = align > l.align ? align : l.align;
		ret = add_struct(r, &l, name, out);
	}
	if (!ret && out->size > CTYPE_MOST)
		ret = wrong(r, "is larger than %u bytes", CTYPE_MOST);
	*may_be_unnamed = !name[0];
	free(l.item);
	return ret;
}

/* ---- enums */

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
		return wrong(r, "too many names");
	if ((names->count & (names->count - 1)) == 0)
		all = realloc(all,
			      (names->count ? 2 * (size_t)names->count : 1) * sizeof(*names->item));
	if (!all)
		return no_memory(r);
	names->item = all;
	if (read_name(r, names->item[names->count].name))
		return -EINVAL;
	for (uint32_t i = 0; i < names->count; i++) {
		if (strcmp(names->item[i].name, names->item[names->count].name) == 0)
			return wrong(r, "the name \"%s\" is given twice", names->item[i].name);
	}
	if (take(r, "=")) {
		negative = take(r, "-");
		if (read_number(r, (uint64_t)INT64_MAX + negative, &number))
			return -EINVAL;
		*next = (int64_t)(negative ? -number : number);
	} else if (names->count && names->item[names->count - 1].value == INT64_MAX)
		return wrong(r, "the value of \"%s\" is too large", r->last);
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
	return out->id < 0 || ret ? no_memory(r) : 0;
}

static int read_enum(struct reader *r, struct ctype_part *out)
{
	struct names names = { 0 };
	char name[NAME] = "";
	int64_t next = 0;
	int ret = 0;

	if (word_length(r))
		ret = read_name(r, name);
	if (!ret && *r->at != '{') {
		if (!name[0])
			return expected(r, "a name or {");
		if (!ctype_find(r->btf, "enum", name, out))
			return wrong(r, "no type \"enum %s\"", name);
		return out->id < 0 ? no_memory(r) : 0;
	}
	if (!ret)
		pass(r, 1);
	do
		ret = ret ?: read_value(r, &names, &next);
	while (!ret && take(r, ",") && *r->at != '}');
	ret = ret ?: want(r, "}") ?: add_enum(r, &names, name, out);
	free(names.item);
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
		more = take_any(r, qualifiers);
		for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (take(r, known[i].word)) {
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
	while (take_any(r, qualifiers))
		;
	*out = (struct ctype_part){ .align = 1 };
	return *r->at == '*' ? 0 : expected(r, "*");
}

static int read_named(struct reader *r, struct ctype_part *out)
{
	char name[NAME];

	if (!word_length(r))
		return expected(r, "a type");
	if (read_name(r, name))
		return -EINVAL;
	if (!ctype_find(r->btf, "", name, out))
		return wrong(r, "no type \"%s\"", name);
	return out->id < 0 ? no_memory(r) : 0;
}

static int read_type(struct reader *r, struct ctype_part *out, bool *may_be_unnamed)
{
	struct ctype_words words = { 0 };
	bool packed;
	int ret;

	*may_be_unnamed = false;
	if (++r->depth > MOST_DEPTH)
		return wrong(r, "structs are nested too deep");
	if (read_words(r, &words)) {
		ret = ctype_integer(r->btf, &words, out) ? 0 : expected(r, "an integer type");
	} else {
		packed = take(r, "packed") || take(r, "__packed");
		if (take(r, "struct") || take(r, "union"))
			ret = read_struct(r, r->last[0] == 's' ? "struct" : "union", packed, out,
					  may_be_unnamed);
		else if (packed)
			ret = expected(r, "struct");
		else if (take(r, "void"))
			ret = read_void(r, out);
		else
			ret = take(r, "enum") ? read_enum(r, out) : read_named(r, out);
	}
	while (!ret && take_any(r, qualifiers))
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

	skip_blanks(r);
	ret = read_type(r, &part, &unused) ?: read_pointers(r, &part) ?: read_dimensions(r, &part);
	if (ret)
		return ret;
	take(r, ";");
	if (*r->at)
		return wrong(r, "\"%.60s\" is left over behind the type", r->at);
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
		ret = wrong(r, "the name \"%s\" is given twice", name);
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
		return no_memory(&r);
	ret = read_checked(&r, &id, out);
	btf__free(r.btf);
	return ret;
}
