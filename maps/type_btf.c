/* SPDX-License-Identifier: GPL-2.0-only */
/* BTF to types. Typedefs, const and volatile are looked through, but each name on the way is asked
 * whether it has a notation. */
#include "type.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notation.h"

#define MOST_TYPES 200000 /* structs in structs can multiply: an end to it */
#define MOST_DEPTH 32

struct build {
	const struct btf *btf;
	unsigned int types, depth;
	struct err *err;
};

static struct type *build(struct build *b, uint32_t id);

static struct type *refuse(struct build *b, int errnum, const char *what)
{
	if (b->err && !b->err->code)
		err_set(b->err, errnum == ENOMEM ? ERR_FAILED : ERR_UNSUPPORTED, errnum, "type",
			"%s", what);
	return NULL;
}

static struct type *no_memory(struct build *b)
{
	return refuse(b, ENOMEM, "out of memory");
}

static const char *name_of(const struct build *b, const struct btf_type *t)
{
	return btf__name_by_offset(b->btf, t->name_off);
}

/* struct bpf_spin_lock and the like: user space reads zero and what it writes is ignored.
 * kernel/bpf/btf.c btf_find_field_one() */
static bool is_kernels_own(const char *name)
{
	static const char *const names[] = {
		"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer",   "bpf_wq",
		"bpf_list_head", "bpf_list_node",     "bpf_rb_root", "bpf_rb_node",
		"bpf_refcount",	 "bpf_task_work",     NULL
	};

	for (int i = 0; names[i]; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool is_width(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* "struct flow"; 0 if it has none. */
static int set_name(struct type *type, const char *keyword, const char *name)
{
	if (!name[0] || asprintf(&type->name, "%s %s", keyword, name) >= 0)
		return 0;
	type->name = NULL;
	return -ENOMEM;
}

static struct type *build_int(struct build *b, const struct btf_type *t)
{
	uint8_t encoding = btf_int_encoding(t);
	enum type_kind kind = encoding & BTF_INT_BOOL	  ? TYPE_BOOL
			      : encoding & BTF_INT_SIGNED ? TYPE_SIGNED
							  : TYPE_UNSIGNED;

	if (!is_width(t->size) && t->size != 16)
		kind = TYPE_BYTES;
	if (kind == TYPE_BOOL && t->size != 1)
		kind = TYPE_UNSIGNED;
	return type_new(kind, t->size) ?: no_memory(b);
}

static int64_t enum_value(const struct btf_type *t, uint32_t i)
{
	if (btf_is_enum64(t))
		return (int64_t)btf_enum64_value(&btf_enum64(t)[i]);
	return btf_kflag(t) ? (int64_t)btf_enum(t)[i].val : (int64_t)(uint32_t)btf_enum(t)[i].val;
}

static struct type *build_enum(struct build *b, const struct btf_type *t)
{
	struct type *type = type_new(is_width(t->size) ? TYPE_ENUM : TYPE_BYTES, t->size);
	uint32_t n = btf_vlen(t);

	if (!type || type->kind == TYPE_BYTES)
		return type ?: no_memory(b);
	type->is_signed = btf_kflag(t);
	type->value = calloc(n ? n : 1, sizeof(*type->value));
	for (uint32_t i = 0; type->value && i < n; i++) {
		uint32_t name =
			btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;

		type->value[i].name = strdup(btf__name_by_offset(b->btf, name));
		type->value[i].value = (uint64_t)enum_value(t, i);
		type->count += type->value[i].name != NULL;
	}
	if (type->count == n && type->value && set_name(type, "enum", name_of(b, t)) == 0)
		return type;
	type_free(type);
	return no_memory(b);
}

/* char, also behind typedefs, but not signed char or __u8 */
static bool is_char(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_int(t) && t->size == 1 && !(btf_int_encoding(t) & BTF_INT_BOOL) &&
	       strcmp(btf__name_by_offset(btf, t->name_off), "char") == 0;
}

static struct type *build_array(struct build *b, const struct btf_type *t)
{
	const struct btf_array *array = btf_array(t);
	struct type *element, *type;

	if (is_char(b->btf, array->type))
		return type_new(TYPE_TEXT, array->nelems) ?: no_memory(b);
	element = build(b, array->type);
	if (!element)
		return NULL;
	if ((uint64_t)element->size * array->nelems > INT32_MAX) {
		type_free(element);
		return refuse(b, EOVERFLOW, "an array is too large");
	}
	type = type_array(element, array->nelems);
	return type ?: no_memory(b);
}

/* Members of an anonymous struct or union are members of the outer one, as in C. */
static int hoist(struct build *b, struct type *to, struct type *inner, uint32_t offset)
{
	int ret = 0;

	for (uint32_t i = 0; i < inner->count && !ret; i++) {
		struct member *member = &inner->member[i];

		ret = type_add(to, member->name, 0, member->type);
		member->type = NULL;
		if (ret)
			break;
		to->member[to->count - 1].bits = member->bits;
		to->member[to->count - 1].overlaps = member->overlaps || inner->is_union;
		to->member[to->count - 1].offset =
			member->offset + (member->bits ? offset * 8 : offset);
	}
	type_free(inner);
	if (ret)
		no_memory(b);
	return ret;
}

/* Where a member is, in bits, and how many of a bitfield it has, else 0. Before BTF had bitfields
 * (Linux 5.0) the integer type of a member said which of its bits are meant. */
static void locate(const struct build *b, const struct btf_type *t, uint32_t i, uint32_t *at,
		   uint32_t *bits)
{
	const struct btf_type *m = btf__type_by_id(b->btf, btf_members(t)[i].type);

	*at = btf_member_bit_offset(t, i);
	*bits = btf_member_bitfield_size(t, i);
	for (int n = 0; m && (btf_is_mod(m) || btf_is_typedef(m)) && n < MOST_DEPTH; n++)
		m = btf__type_by_id(b->btf, m->type);
	if (!btf_kflag(t) && m && btf_is_int(m) && m->size <= 8 &&
	    (btf_int_bits(m) < 8 * m->size || *at % 8)) {
		*at += btf_int_offset(m);
		*bits = btf_int_bits(m);
	}
}

/* The type of a bitfield; takes the one that it is declared with. */
static struct type *bits_type(struct type *type)
{
	bool with_sign = type->kind == TYPE_SIGNED;

	if (type->size <= 8 && (type->kind == TYPE_UNSIGNED || type->kind == TYPE_BOOL ||
				type->kind == TYPE_ENUM || with_sign))
		return type;
	type_free(type);
	return type_new(with_sign ? TYPE_SIGNED : TYPE_UNSIGNED, 8);
}

static int add_member(struct build *b, struct type *to, const struct btf_type *t, uint32_t i)
{
	const struct btf_member *m = &btf_members(t)[i];
	const char *name = btf__name_by_offset(b->btf, m->name_off);
	struct type *type = build(b, m->type);
	uint32_t at, bits;

	if (!type)
		return -EINVAL;
	locate(b, t, i, &at, &bits);
	if (type->size == 0 || (!name[0] && type->kind != TYPE_STRUCT) || bits > 64) {
		/* a flexible array; bits that only fill up; more of them than can be shown, which
		 * then count as padding */
		type_free(type);
		return 0;
	}
	if (bits ? at + bits > 8ULL * t->size : at / 8 + (uint64_t)type->size > t->size) {
		type_free(type);
		refuse(b, EINVAL, "its BTF has a member that ends behind the struct");
		return -EINVAL;
	}
	if (!name[0])
		return hoist(b, to, type, at / 8);
	if (type_add(to, name, bits ? 0 : at / 8, bits ? bits_type(type) : type)) {
		no_memory(b);
		return -ENOMEM;
	}
	if (bits) {
		to->member[to->count - 1].bits = bits;
		to->member[to->count - 1].offset = at;
	}
	return 0;
}

static struct type *build_struct(struct build *b, const struct btf_type *t, const char *name)
{
	struct type *type = type_struct(NULL);

	if (!type || set_name(type, btf_is_union(t) ? "union" : "struct", name)) {
		type_free(type);
		return no_memory(b);
	}
	type->is_union = btf_is_union(t);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (add_member(b, type, t, i)) {
			type_free(type);
			return NULL;
		}
	}
	type->size = t->size;
	return type;
}

static struct type *build_opaque(struct build *b, const struct btf_type *t, const char *name)
{
	struct type *type = type_new(TYPE_OPAQUE, t->size);

	if (type && set_name(type, "struct", name) == 0)
		return type;
	type_free(type);
	return no_memory(b);
}

static bool has_member(const struct type *type, const char *name)
{
	for (uint32_t i = 0; i < type->count; i++) {
		if (strcmp(type->member[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Static variables of two files may have the same name: the second is called "name#2". */
static int add_variable(struct build *b, struct type *to, const struct btf_var_secinfo *at)
{
	const struct btf_type *variable = btf__type_by_id(b->btf, at->type);
	struct type *type = variable && btf_is_var(variable) ? build(b, variable->type) : NULL;
	char name[256];

	if (!type)
		return -EINVAL;
	if (type->size == 0) {
		type_free(type);
		return 0;
	}
	snprintf(name, sizeof(name), "%s", name_of(b, variable));
	for (int i = 2; has_member(to, name); i++)
		snprintf(name, sizeof(name), "%.240s#%d", name_of(b, variable), i);
	if (type_add(to, name, at->offset, type)) {
		no_memory(b);
		return -ENOMEM;
	}
	return 0;
}

/* A section such as .bss: its variables are its members. */
static struct type *build_section(struct build *b, const struct btf_type *t)
{
	const struct btf_var_secinfo *at = btf_var_secinfos(t);
	struct type *type = type_struct(name_of(b, t));

	if (!type)
		return no_memory(b);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (at[i].offset > INT32_MAX || add_variable(b, type, &at[i])) {
			type_free(type);
			return refuse(b, EINVAL, "its BTF has a variable without a type");
		}
	}
	/* 0 in an object file: the loader knows it from the section */
	if (type->size < t->size)
		type->size = t->size;
	return type;
}

static struct type *build_named(const char *name, uint32_t size)
{
	const struct notation *notation = name[0] ? notation_of(name, size) : NULL;
	struct type *type;

	if (!notation)
		return NULL;
	type = type_new(TYPE_NOTATION, size);
	if (type)
		type->notation = notation;
	return type;
}

static struct type *build_kind(struct build *b, const struct btf_type *t)
{
	const char *name = name_of(b, t);

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return build_int(b, t);
	case BTF_KIND_PTR:
		return type_new(TYPE_POINTER, 8) ?: no_memory(b);
	case BTF_KIND_ARRAY:
		return build_array(b, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (is_kernels_own(name))
			return build_opaque(b, t, name);
		return build_named(name, t->size) ?: build_struct(b, t, name);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return build_named(name, t->size) ?: build_enum(b, t);
	case BTF_KIND_FLOAT:
		return type_new(t->size == 4 || t->size == 8 ? TYPE_FLOAT : TYPE_BYTES, t->size)
			       ?: no_memory(b);
	case BTF_KIND_DATASEC:
		return build_section(b, t);
	default:
		return refuse(b, EINVAL, "a value of it has no fixed size");
	}
}

static struct type *build_any(struct build *b, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);
	struct type *type;
	int64_t size;
	int steps = 0;

	while (t && steps++ < 2 * MOST_DEPTH &&
	       (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t) || btf_is_var(t))) {
		size = btf__resolve_size(b->btf, id);
		if (btf_is_typedef(t) && size > 0) {
			type = build_named(name_of(b, t), (uint32_t)size);
			if (type)
				return type;
		}
		id = t->type;
		t = btf__type_by_id(b->btf, id);
	}
	return t ? build_kind(b, t) : refuse(b, EINVAL, "a value of it has no fixed size");
}

static struct type *build(struct build *b, uint32_t id)
{
	struct type *type;

	if (++b->types > MOST_TYPES || b->depth == MOST_DEPTH)
		return refuse(b, E2BIG, "its structs are nested too deep");
	b->depth++;
	type = build_any(b, id);
	b->depth--;
	return type;
}

int type_from_btf(const struct btf *btf, uint32_t id, struct type **out, struct err *err)
{
	struct err local = { 0 };
	struct build b = { .btf = btf, .err = err ? err : &local };

	*b.err = (struct err){ 0 };
	*out = build(&b, id);
	if (*out && type_finish(*out)) {
		type_free(*out);
		*out = NULL;
		no_memory(&b);
	}
	return *out ? 0 : -b.err->errnum;
}
