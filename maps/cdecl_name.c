/* SPDX-License-Identifier: GPL-2.0-only */
#include "cdecl_name.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "notation.h"

/* The basic types, as a compiler for BPF calls them. */
static const struct basic {
	const char *name;
	unsigned int size;
	int encoding;
} basics[] = {
	{ "char", 1, BTF_INT_SIGNED },	{ "signed char", 1, BTF_INT_SIGNED },
	{ "unsigned char", 1, 0 },	{ "short", 2, BTF_INT_SIGNED },
	{ "unsigned short", 2, 0 },	{ "int", 4, BTF_INT_SIGNED },
	{ "unsigned int", 4, 0 },	{ "long", 8, BTF_INT_SIGNED },
	{ "unsigned long", 8, 0 },	{ "long long", 8, BTF_INT_SIGNED },
	{ "unsigned long long", 8, 0 }, { "__int128", 16, BTF_INT_SIGNED },
	{ "unsigned __int128", 16, 0 }, { "_Bool", 1, BTF_INT_BOOL },
};

/* Typedefs that everybody knows. */
static const struct alias {
	const char *name, *of;
} aliases[] = {
	{ "__u8", "unsigned char" },
	{ "__s8", "signed char" },
	{ "__u16", "unsigned short" },
	{ "__s16", "short" },
	{ "__u32", "unsigned int" },
	{ "__s32", "int" },
	{ "__u64", "unsigned long long" },
	{ "__s64", "long long" },
	{ "u8", "unsigned char" },
	{ "s8", "signed char" },
	{ "u16", "unsigned short" },
	{ "s16", "short" },
	{ "u32", "unsigned int" },
	{ "s32", "int" },
	{ "u64", "unsigned long long" },
	{ "s64", "long long" },
	{ "uint8_t", "unsigned char" },
	{ "int8_t", "signed char" },
	{ "uint16_t", "unsigned short" },
	{ "int16_t", "short" },
	{ "uint32_t", "unsigned int" },
	{ "int32_t", "int" },
	{ "uint64_t", "unsigned long" },
	{ "int64_t", "long" },
	{ "u128", "unsigned __int128" },
	{ "s128", "__int128" },
	{ "size_t", "unsigned long" },
	{ "ssize_t", "long" },
	{ "uintptr_t", "unsigned long" },
	{ "pid_t", "int" },
	{ "uid_t", "unsigned int" },
	{ "gid_t", "unsigned int" },
	{ "bool", "_Bool" },
	{ "__le16", "unsigned short" },
	{ "__le32", "unsigned int" },
	{ "__le64", "unsigned long long" },
	{ "__wsum", "unsigned int" },
	{ "__sum16", "unsigned short" },
};

bool cdecl_word(struct cdecl_words *words, const char *word)
{
	static const struct {
		const char *word;
		size_t offset;
	} table[] = {
		{ "unsigned", offsetof(struct cdecl_words, is_unsigned) },
		{ "signed", offsetof(struct cdecl_words, is_signed) },
		{ "char", offsetof(struct cdecl_words, is_char) },
		{ "short", offsetof(struct cdecl_words, is_short) },
		{ "int", offsetof(struct cdecl_words, is_int) },
		{ "long", offsetof(struct cdecl_words, is_long) },
		{ "__int128", offsetof(struct cdecl_words, is_int128) },
		{ "float", offsetof(struct cdecl_words, is_float) },
		{ "double", offsetof(struct cdecl_words, is_double) },
		{ "_Bool", offsetof(struct cdecl_words, is_bool) },
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(word, table[i].word) == 0) {
			++*(unsigned int *)((char *)words + table[i].offset);
			words->count++;
			return true;
		}
	}
	return false;
}

const char *cdecl_integer(const struct cdecl_words *w)
{
	unsigned int kinds = w->is_char + w->is_short + (w->is_long != 0) + w->is_int128 +
			     w->is_float + w->is_double + w->is_bool;
	bool plain = !w->is_unsigned && !w->is_signed && !w->is_int;

	if (kinds > 1 || w->is_long > 2 || w->is_int > 1 || w->is_unsigned + w->is_signed > 1 ||
	    (w->is_char && w->is_int))
		return NULL;
	if (w->is_float || w->is_double || w->is_bool)
		return !plain ? NULL : w->is_float ? "float" : w->is_double ? "double" : "_Bool";
	if (w->is_char)
		return w->is_unsigned ? "unsigned char" : w->is_signed ? "signed char" : "char";
	if (w->is_short)
		return w->is_unsigned ? "unsigned short" : "short";
	if (w->is_int128)
		return w->is_unsigned ? "unsigned __int128" : "__int128";
	if (w->is_long == 2)
		return w->is_unsigned ? "unsigned long long" : "long long";
	if (w->is_long)
		return w->is_unsigned ? "unsigned long" : "long";
	return w->is_unsigned ? "unsigned int" : "int";
}

static int find(const struct btf *btf, const char *name, unsigned int kind)
{
	return btf__find_by_name_kind(btf, name, kind);
}

static int basic(struct btf *btf, const char *name)
{
	int id = find(btf, name, BTF_KIND_INT);

	for (unsigned int i = 0; i < sizeof(basics) / sizeof(basics[0]) && id < 0; i++) {
		if (strcmp(name, basics[i].name) == 0)
			return btf__add_int(btf, name, basics[i].size, basics[i].encoding);
	}
	return id;
}

/* A notation is a typedef of a number, or of bytes where there is none of its size. */
static int add_notation(struct btf *btf, const struct notation *notation)
{
	static const char *const number[] = { [1] = "unsigned char",
					      [2] = "unsigned short",
					      [4] = "unsigned int",
					      [8] = "unsigned long long" };
	int id, element;

	if (notation->size <= 8 && number[notation->size] &&
	    strcmp(notation->name, "ip4_prefix") != 0) {
		id = basic(btf, number[notation->size]);
		return id < 0 ? id : btf__add_typedef(btf, notation->name, id);
	}
	element = basic(btf, "unsigned char");
	id = basic(btf, "unsigned int");
	if (element < 0 || id < 0)
		return -ENOMEM;
	id = btf__add_array(btf, id, element, notation->size);
	return id < 0 ? id : btf__add_typedef(btf, notation->name, id);
}

int cdecl_named(struct btf *btf, const char *name)
{
	const struct notation *notation = notation_by_name(name);
	int id = find(btf, name, BTF_KIND_TYPEDEF);

	if (id >= 0)
		return id;
	if (notation && notation_of(name, notation->size))
		return add_notation(btf, notation);
	if (strcmp(name, "float") == 0 || strcmp(name, "double") == 0) {
		id = find(btf, name, BTF_KIND_FLOAT);
		return id >= 0 ? id : btf__add_float(btf, name, name[0] == 'f' ? 4 : 8);
	}
	for (unsigned int i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(name, aliases[i].name) == 0) {
			id = basic(btf, aliases[i].of);
			return id < 0 ? id : btf__add_typedef(btf, name, id);
		}
	}
	return basic(btf, name);
}

static bool is_own(const char *name)
{
	const struct notation *notation = notation_by_name(name);

	for (unsigned int i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(name, aliases[i].name) == 0)
			return true;
	}
	return notation != NULL;
}

int cdecl_known(struct btf *btf, const struct btf *base, const char *name, unsigned int kind)
{
	struct btf *kernel;
	int id = find(btf, name, kind);

	if (id < 0 && base)
		id = cdecl_copy(btf, base, name, kind);
	if (id >= 0 || (kind == BTF_KIND_TYPEDEF && is_own(name)))
		return id >= 0 ? id : -ENOENT;
	kernel = btf__load_vmlinux_btf();
	if (libbpf_get_error(kernel))
		return -ENOENT;
	id = cdecl_copy(btf, kernel, name, kind);
	btf__free(kernel);
	return id;
}
