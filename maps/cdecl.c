/* SPDX-License-Identifier: GPL-2.0-only */
#include "cdecl.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdecl_layout.h"
#include "cdecl_name.h"

#define WORD	   64
#define MOST_DEPTH 16
#define MOST_SIZE  (64u << 20) /* bytes of one type */

struct reader {
	const char *text, *at;
	char word[WORD]; /* the current token; "" at the end */
	struct btf *btf;
	const struct btf *base;
	unsigned int depth;
	struct err *err;
};

static int read_spec(struct reader *r, int *id);

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

static void next(struct reader *r)
{
	size_t length = 0;

	while (isspace((unsigned char)*r->at))
		r->at++;
	while (isalnum((unsigned char)r->at[length]) || r->at[length] == '_')
		length++;
	if (length == 0 && *r->at)
		length = 1;
	snprintf(r->word, sizeof(r->word), "%.*s", length >= WORD ? WORD - 1 : (int)length, r->at);
	r->at += length;
}

static bool is(const struct reader *r, const char *word)
{
	return strcmp(r->word, word) == 0;
}

static bool take(struct reader *r, const char *word)
{
	if (!is(r, word))
		return false;
	next(r);
	return true;
}

static int expect(struct reader *r, const char *word)
{
	int before = (int)(r->at - r->text - (long)strlen(r->word));

	if (take(r, word))
		return 0;
	if (!r->word[0])
		return wrong(r, "%s is missing at the end", word);
	return wrong(r, "expected %s behind \"%.*s\"", word, before > 60 ? 60 : before,
		     r->text + (before > 60 ? before - 60 : 0));
}

static bool is_name(const struct reader *r)
{
	return isalpha((unsigned char)r->word[0]) || r->word[0] == '_';
}

static int read_number(struct reader *r, uint64_t most, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(r->word, &end, 0);
	if (!isdigit((unsigned char)r->word[0]) || *end || errno || *out > most)
		return wrong(r, "\"%s\" is not a number up to %llu", r->word,
			     (unsigned long long)most);
	next(r);
	return 0;
}

/* __attribute__((packed)), or nothing */
static int read_attributes(struct reader *r, bool *packed)
{
	while (take(r, "__attribute__")) {
		int ret = expect(r, "(") ?: expect(r, "(");

		if (ret)
			return ret;
		if (!take(r, "packed") && !take(r, "__packed__"))
			return wrong(r, "__attribute__((%s)) is not known, only packed", r->word);
		*packed = true;
		ret = expect(r, ")") ?: expect(r, ")");
		if (ret)
			return ret;
	}
	return 0;
}

static int no_memory(struct reader *r)
{
	return err_set(r->err, ERR_FAILED, ENOMEM, NULL, "out of memory");
}

/* Dimensions behind a name: the last one is the innermost. */
static int read_dimensions(struct reader *r, int *id)
{
	uint64_t length;
	int inner = *id, index, ret;

	if (!take(r, "["))
		return 0;
	ret = read_number(r, MOST_SIZE, &length) ?: expect(r, "]");
	if (ret)
		return ret;
	if (is(r, "[")) {
		if (++r->depth > MOST_DEPTH)
			return wrong(r, "it is nested too deep");
		ret = read_dimensions(r, &inner);
		r->depth--;
		if (ret)
			return ret;
	}
	if (!length)
		return wrong(r, "an array without elements");
	if ((uint64_t)btf__resolve_size(r->btf, (__u32)inner) * length > MOST_SIZE)
		return wrong(r, "an array of more than %u MiB", MOST_SIZE >> 20);
	index = cdecl_named(r->btf, "__u32");
	*id = index < 0 ? index : btf__add_array(r->btf, index, inner, (__u32)length);
	return *id < 0 ? no_memory(r) : 0;
}

static int read_pointers(struct reader *r, int *id)
{
	while (take(r, "*")) {
		take(r, "const");
		*id = btf__add_ptr(r->btf, *id);
		if (*id < 0)
			return no_memory(r);
	}
	return 0;
}

/* NAME, NAME[2][3], *NAME or NAME : 3 */
static int read_declarator(struct reader *r, struct layout *layout, int id)
{
	char name[WORD] = "";
	uint64_t bits = 0;
	bool is_bits;
	int ret = read_pointers(r, &id);

	if (ret)
		return ret;
	if (is_name(r)) {
		memcpy(name, r->word, sizeof(name));
		next(r);
	} else if (!is(r, ":")) {
		return wrong(r, "a name is expected before \"%s\"",
			     r->word[0] ? r->word : "the end");
	}
	ret = read_dimensions(r, &id);
	is_bits = !ret && take(r, ":");
	if (is_bits)
		ret = read_number(r, 64, &bits);
	if (ret)
		return ret;
	ret = layout_add(layout, r->btf, name, id, is_bits, (unsigned int)bits);
	if (ret == -EEXIST)
		return wrong(r, "two members are called %s", name);
	if (ret == -ERANGE)
		return wrong(r, "%s: its type has no %u bits", name, (unsigned int)bits);
	return ret ? no_memory(r) : 0;
}

static int read_member(struct reader *r, struct layout *layout)
{
	int id = 0, ret = read_spec(r, &id);

	if (ret)
		return ret;
	/* struct { ... }; without a name: its members are the outer's */
	if (is(r, ";") && btf_is_composite(btf__type_by_id(r->btf, (__u32)id)))
		ret = layout_add(layout, r->btf, "", id, false, 0) ? no_memory(r) : 0;
	else
		do
			ret = read_declarator(r, layout, id);
		while (!ret && take(r, ","));
	return ret ?: expect(r, ";");
}

static int read_body(struct reader *r, bool is_union, const char *name, bool packed, int *id)
{
	struct layout layout = { .is_union = is_union };
	int ret = 0;

	if (++r->depth > MOST_DEPTH)
		return wrong(r, "it is nested too deep");
	while (!ret && !is(r, "}") && r->word[0])
		ret = read_member(r, &layout);
	r->depth--;
	ret = ret ?: expect(r, "}");
	ret = ret ?: read_attributes(r, &packed);
	layout.packed = packed;
	if (!ret && layout.count == 0)
		ret = wrong(r, "a %s without members", is_union ? "union" : "struct");
	if (!ret) {
		*id = layout_finish(&layout, r->btf, name);
		ret = *id == -EFBIG ? wrong(r, "a struct of more than %u MiB", MOST_SIZE >> 20)
		      : *id < 0	    ? no_memory(r)
				    : 0;
	}
	layout_free(&layout);
	return ret;
}

static int unknown(struct reader *r, const char *keyword, const char *name)
{
	return wrong(r, "no type \"%s%s%s\" is known", keyword, keyword[0] ? " " : "", name);
}

static int read_composite(struct reader *r, bool is_union, bool packed, int *id)
{
	const char *keyword = is_union ? "union" : "struct";
	char name[WORD] = "";
	int ret = read_attributes(r, &packed);

	if (ret)
		return ret;
	if (is_name(r)) {
		memcpy(name, r->word, sizeof(name));
		next(r);
	}
	if (take(r, "{"))
		return read_body(r, is_union, name[0] ? name : NULL, packed, id);
	if (!name[0])
		return wrong(r, "%s: a name or { is missing", keyword);
	*id = cdecl_known(r->btf, r->base, name, is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
	return *id < 0 ? unknown(r, keyword, name) : 0;
}

static int read_enumerators(struct reader *r)
{
	int64_t value = 0;

	while (!is(r, "}")) {
		char name[WORD];
		uint64_t number;
		int ret;

		memcpy(name, r->word, sizeof(name));
		if (!is_name(r))
			return wrong(r, "a name is expected in the enum, not \"%s\"", r->word);
		next(r);
		if (take(r, "=")) {
			bool negative = take(r, "-");

			ret = read_number(r, negative ? 1ULL << 31 : UINT32_MAX, &number);
			if (ret)
				return ret;
			value = negative ? -(int64_t)number : (int64_t)number;
		}
		if (btf__add_enum_value(r->btf, name, value++))
			return wrong(r, "enum: %s cannot be added", name);
		if (!take(r, ","))
			break;
	}
	return expect(r, "}");
}

static int read_enum(struct reader *r, int *id)
{
	char name[WORD] = "";

	if (is_name(r)) {
		memcpy(name, r->word, sizeof(name));
		next(r);
	}
	if (take(r, "{")) {
		*id = btf__add_enum(r->btf, name[0] ? name : NULL, 4);
		return *id < 0 ? no_memory(r) : read_enumerators(r);
	}
	*id = name[0] ? cdecl_known(r->btf, r->base, name, BTF_KIND_ENUM) : -ENOENT;
	return *id < 0 ? unknown(r, "enum", name) : 0;
}

/* unsigned long long and the like, in any order */
static int read_words(struct reader *r, int *id)
{
	struct cdecl_words words = { 0 };
	char name[WORD];

	while (cdecl_word(&words, r->word))
		next(r);
	if (words.count) {
		const char *integer = cdecl_integer(&words);

		*id = integer ? cdecl_named(r->btf, integer) : -EINVAL;
		return *id < 0 ? wrong(r, "\"%.60s\" is no type of C", r->text) : 0;
	}
	if (!is_name(r))
		return wrong(r, "a type is expected%s%s%s",
			     r->word[0] ? " before \"" : " at the end", r->word,
			     r->word[0] ? "\"" : "");
	memcpy(name, r->word, sizeof(name));
	next(r);
	*id = cdecl_known(r->btf, r->base, name, BTF_KIND_TYPEDEF);
	if (*id < 0)
		*id = cdecl_named(r->btf, name);
	return *id < 0 ? unknown(r, "", name) : 0;
}

static int read_spec(struct reader *r, int *id)
{
	bool packed = false;
	int ret;

	while (is(r, "const") || is(r, "volatile") || is(r, "packed")) {
		packed |= is(r, "packed");
		next(r);
	}
	if (is(r, "struct") || is(r, "union")) {
		bool is_union = is(r, "union");

		next(r);
		ret = read_composite(r, is_union, packed, id);
	} else if (take(r, "enum")) {
		ret = read_enum(r, id);
	} else {
		ret = read_words(r, id);
	}
	while (!ret && (take(r, "const") || take(r, "volatile")))
		;
	return ret;
}

static int read_all(const char *text, struct btf *btf, const struct btf *base, __u32 *id,
		    struct err *err)
{
	struct err local;
	struct reader r = {
		.text = text, .at = text, .btf = btf, .base = base, .err = err ? err : &local
	};
	int found = 0, ret;

	next(&r);
	ret = read_spec(&r, &found) ?: read_pointers(&r, &found);
	ret = ret ?: read_dimensions(&r, &found);
	take(&r, ";");
	if (!ret && r.word[0])
		ret = wrong(&r, "\"%s%.40s\" is left over behind the type", r.word, r.at);
	*id = (__u32)found;
	return ret;
}

int cdecl_btf(const char *text, struct btf *btf, __u32 *id, struct err *err)
{
	return read_all(text, btf, NULL, id, err);
}

int cdecl_parse(const char *text, const struct btf *base, struct type **out, struct err *err)
{
	struct btf *btf = btf__new_empty();
	__u32 id;
	int ret;

	*out = NULL;
	if (!btf)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	ret = read_all(text, btf, base, &id, err);
	ret = ret ?: type_from_btf(btf, id, out, err);
	btf__free(btf);
	return ret;
}
