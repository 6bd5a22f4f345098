/* SPDX-License-Identifier: GPL-2.0-only */
#include "c_type_name.h"

#include <linux/bpf.h>
#include <string.h>

#include "notation.h"

#define MOST_DEPTH 32

static const struct btf_type *skip_names(const struct btf *btf, int id)
{
	const struct btf_type *t = btf__type_by_id(btf, (__u32)id);

	for (int i = 0; t && i < MOST_DEPTH && (btf_is_mod(t) || btf_is_typedef(t)); i++)
		t = btf__type_by_id(btf, t->type);
	return t;
}

uint32_t ctype_bits(const struct btf *btf, int id)
{
	const struct btf_type *t = skip_names(btf, id);

	if (!t || !(btf_is_int(t) || btf_is_any_enum(t)) || t->size > 8)
		return 0;
	return btf_is_int(t) && btf_int_encoding(t) & BTF_INT_BOOL ? 1 : 8 * t->size;
}

/* BTF does not say that a struct is packed, but one whose members are where they may not be is. */
static uint64_t align_of(const struct btf *btf, int id, int depth)
{
	const struct btf_type *t = skip_names(btf, id);
	uint64_t most = 1;

	if (!t || depth == MOST_DEPTH)
		return 1;
	if (btf_is_ptr(t))
		return sizeof(void *);
	if (btf_is_array(t))
		return align_of(btf, (int)btf_array(t)->type, depth + 1);
	if (!btf_is_composite(t))
		return t->size ? t->size & -t->size : 1;
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		uint64_t align = align_of(btf, (int)btf_members(t)[i].type, depth + 1);

		if (!btf_member_bitfield_size(t, i) && btf_member_bit_offset(t, i) % (8 * align))
			return 1;
		most = align > most ? align : most;
	}
	return t->size % most ? 1 : most;
}

/* The last one of that name: a struct that was written just now hides one of the map's. */
static int find_kind(const struct btf *btf, const char *name, const char *keyword)
{
	for (int id = (int)btf__type_cnt(btf) - 1; id > 0; id--) {
		const struct btf_type *t = btf__type_by_id(btf, (__u32)id);

		if (strcmp(keyword, "typedef") == 0  ? !btf_is_typedef(t)
		    : strcmp(keyword, "struct") == 0 ? !btf_is_struct(t)
		    : strcmp(keyword, "union") == 0  ? !btf_is_union(t)
						     : !btf_is_any_enum(t))
			continue;
		if (strcmp(btf__name_by_offset(btf, t->name_off), name) == 0)
			return id;
	}
	return 0;
}

static bool found(const struct btf *btf, int id, struct ctype_part *out)
{
	int64_t size = id > 0 ? btf__resolve_size(btf, (__u32)id) : 0;

	if (id > 0 && size <= 0)
		return false;
	*out = (struct ctype_part){ id, (uint64_t)size, align_of(btf, id, 0) };
	return id != 0;
}

static const struct plain {
	const char *name, *typedefs[3]; /* typedefs NULL: the C type itself */
	uint32_t size;
	int encoding;
} plains[] = {
	{ "unsigned char", { "__u8", "u8", "uint8_t" }, 1, 0 },
	{ "signed char", { "__s8", "s8", "int8_t" }, 1, BTF_INT_SIGNED },
	{ "unsigned short", { "__u16", "u16", "uint16_t" }, 2, 0 },
	{ "short", { "__s16", "s16", "int16_t" }, 2, BTF_INT_SIGNED },
	{ "unsigned int", { "__u32", "u32", "uint32_t" }, 4, 0 },
	{ "int", { "__s32", "s32", "int32_t" }, 4, BTF_INT_SIGNED },
	{ "unsigned long long", { "__u64", "u64", "uint64_t" }, 8, 0 },
	{ "long long", { "__s64", "s64", "int64_t" }, 8, BTF_INT_SIGNED },
	{ "unsigned long", { "size_t", "uintptr_t" }, sizeof(long), 0 },
	{ "long", { "ssize_t", "intptr_t" }, sizeof(long), BTF_INT_SIGNED },
	{ "unsigned __int128", { "__u128", "u128" }, 16, 0 },
	{ "__int128", { "__s128", "s128" }, 16, BTF_INT_SIGNED },
	{ "char", { NULL }, 1, (char)-1 < 0 ? BTF_INT_SIGNED : 0 },
	{ "_Bool", { "bool" }, 1, BTF_INT_BOOL },
};

static const struct {
	const char *keyword, *name;
	uint32_t element, count; /* what it is made of: __u32[4] has the alignment of a __u32 */
} tagged[] = {
	{ "struct", "in_addr", 4, 1 },
	{ "struct", "in6_addr", 4, 4 },
	{ "struct", "bpf_spin_lock", 4, 1 },
	{ "struct", "bpf_timer", 8, 2 },
};

static int add_plain(struct btf *btf, const struct plain *plain)
{
	int id = btf__find_by_name_kind(btf, plain->name, BTF_KIND_INT);

	return id > 0 ? id : btf__add_int(btf, plain->name, plain->size, plain->encoding);
}

static int add_unsigned(struct btf *btf, uint32_t size)
{
	for (unsigned int i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
		if (plains[i].size == size)
			return add_plain(btf, &plains[i]);
	}
	return -1;
}

static int add_array(struct btf *btf, uint32_t size, uint32_t count)
{
	int element = add_unsigned(btf, size), index = add_unsigned(btf, 4);

	return element > 0 && index > 0 ? btf__add_array(btf, index, element, count) : -1;
}

static int add_tagged(struct btf *btf, const char *name, uint32_t size, uint32_t count)
{
	int array = add_array(btf, size, count);
	int id = array > 0 ? btf__add_struct(btf, name, size * count) : -1;

	return id > 0 && btf__add_field(btf, "octet", array, 0, 0) == 0 ? id : -1;
}

static int add_xdp_action(struct btf *btf)
{
	static const char *const names[] = { "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
					     "XDP_REDIRECT" };
	int id = btf__add_enum(btf, "xdp_action", 4);

	for (int i = 0; id > 0 && i <= XDP_REDIRECT; i++) {
		if (btf__add_enum_value(btf, names[i], i))
			return -1;
	}
	return id;
}

/* Notations of 6 and 16 bytes are structs of octets in types.h. */
static int add_notation(struct btf *btf, const char *name)
{
	const struct notation *notation = notation_by_name(name);
	int id;

	if (!notation || !notation_of(name, notation->size))
		return 0;
	id = strcmp(name, "in6_addr") == 0		   ? add_tagged(btf, "", 4, 4)
	     : notation->size == 6 || notation->size == 16 ? add_tagged(btf, "", 1, notation->size)
							   : add_unsigned(btf, notation->size);
	return id > 0 ? btf__add_typedef(btf, name, id) : id;
}

static int add_builtin(struct btf *btf, const char *name)
{
	for (unsigned int i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
		for (int j = 0; j < 3 && plains[i].typedefs[j]; j++) {
			int id;

			if (strcmp(plains[i].typedefs[j], name) != 0)
				continue;
			id = add_plain(btf, &plains[i]);
			return id > 0 ? btf__add_typedef(btf, name, id) : id;
		}
		if (strcmp(plains[i].name, name) == 0)
			return add_plain(btf, &plains[i]);
	}
	if (strcmp(name, "float") == 0 || strcmp(name, "double") == 0)
		return btf__add_float(btf, name, name[0] == 'f' ? 4 : 8);
	return add_notation(btf, name);
}

static int add_builtin_tag(struct btf *btf, const char *keyword, const char *name)
{
	for (unsigned int i = 0; i < sizeof(tagged) / sizeof(tagged[0]); i++) {
		if (strcmp(tagged[i].keyword, keyword) == 0 && strcmp(tagged[i].name, name) == 0)
			return add_tagged(btf, name, tagged[i].element, tagged[i].count);
	}
	return strcmp(keyword, "enum") == 0 && strcmp(name, "xdp_action") == 0 ? add_xdp_action(btf)
									       : 0;
}

bool ctype_find(struct btf *btf, const char *keyword, const char *name, struct ctype_part *out)
{
	static const char *const keywords[] = { "struct", "union", "enum" };
	int id = find_kind(btf, name, keyword[0] ? keyword : "typedef");

	if (id == 0)
		id = keyword[0] ? add_builtin_tag(btf, keyword, name) : add_builtin(btf, name);
	for (int i = 0; id == 0 && !keyword[0] && i < 3; i++)
		id = find_kind(btf, name, keywords[i]);
	if (id == 0)
		id = ctype_of_kernel(btf, keyword, name);
	return found(btf, id, out);
}

bool ctype_integer(struct btf *btf, const struct ctype_words *w, struct ctype_part *out)
{
	const char *name;
	unsigned int widths = !!w->chars + 0u + !!w->shorts + !!w->longs;

	if (w->signs + w->unsigneds > 1 || w->chars > 1 || w->ints > 1 || w->shorts > 1 ||
	    w->longs > 2 || widths + w->int128s > 1 || (w->ints && (w->chars || w->int128s)))
		return false;
	if (w->chars)
		name = w->unsigneds ? "unsigned char" : w->signs ? "signed char" : "char";
	else if (w->shorts)
		name = w->unsigneds ? "unsigned short" : "short";
	else if (w->longs == 2)
		name = w->unsigneds ? "unsigned long long" : "long long";
	else if (w->longs)
		name = w->unsigneds ? "unsigned long" : "long";
	else if (w->int128s)
		name = w->unsigneds ? "unsigned __int128" : "__int128";
	else
		name = w->unsigneds ? "unsigned int" : "int";
	return found(btf, add_builtin(btf, name), out);
}
