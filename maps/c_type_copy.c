/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "c_type_name.h"

/* Copying a type and those that it is made of. What a pointer points to does not count in a value.
 */
struct copy {
	struct btf *to;
	const struct btf *from;
	int *id; /* by the id in from: its id in to, 0 if it is not there yet */
	unsigned int depth;
};

static int copy_type(struct copy *copy, __u32 from);

static int copy_members(struct copy *copy, const struct btf_type *t, const char *name)
{
	uint32_t n = btf_vlen(t);
	int *member = calloc(n + 1, sizeof(*member)), id = member ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < n && id >= 0; i++)
		id = member[i] = copy_type(copy, btf_members(t)[i].type);
	if (id >= 0)
		id = btf_is_union(t) ? btf__add_union(copy->to, name, t->size)
				     : btf__add_struct(copy->to, name, t->size);
	for (uint32_t i = 0; i < n && id >= 0; i++) {
		const char *field = btf__name_by_offset(copy->from, btf_members(t)[i].name_off);
		int ret =
			btf__add_field(copy->to, field[0] ? field : NULL, member[i],
				       btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i));

		id = ret ? ret : id;
	}
	free(member);
	return id;
}

static int copy_enum(struct copy *copy, const struct btf_type *t, const char *name)
{
	int id = btf_is_enum64(t) ? btf__add_enum64(copy->to, name, t->size, btf_kflag(t))
				  : btf__add_enum(copy->to, name, t->size);

	for (uint32_t i = 0; i < btf_vlen(t) && id >= 0; i++) {
		uint32_t at =
			btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;
		const char *value = btf__name_by_offset(copy->from, at);
		int ret = btf_is_enum64(t)
				  ? btf__add_enum64_value(copy->to, value,
							  btf_enum64_value(&btf_enum64(t)[i]))
				  : btf__add_enum_value(copy->to, value, btf_enum(t)[i].val);

		id = ret ? ret : id;
	}
	return id;
}

static int copy_array(struct copy *copy, const struct btf_type *t)
{
	int element = copy_type(copy, btf_array(t)->type);
	int index = element < 0 ? element : copy_type(copy, btf_array(t)->index_type);

	return index < 0 ? index : btf__add_array(copy->to, index, element, btf_array(t)->nelems);
}

static int copy_new(struct copy *copy, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(copy->from, t->name_off);
	int id;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return btf__add_int(copy->to, name, t->size, btf_int_encoding(t));
	case BTF_KIND_FLOAT:
		return btf__add_float(copy->to, name, t->size);
	case BTF_KIND_PTR:
		return btf__add_ptr(copy->to, 0);
	case BTF_KIND_ARRAY:
		return copy_array(copy, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_members(copy, t, name[0] ? name : NULL);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return copy_enum(copy, t, name[0] ? name : NULL);
	case BTF_KIND_TYPEDEF:
		id = copy_type(copy, t->type);
		return id < 0 ? id : btf__add_typedef(copy->to, name, id);
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return copy_type(copy, t->type);
	default:
		return -ENOENT; /* a function, or a struct of which only the name is known */
	}
}

static int copy_type(struct copy *copy, __u32 from)
{
	const struct btf_type *t = from ? btf__type_by_id(copy->from, from) : NULL;

	if (!t || copy->depth == 64)
		return -ENOENT;
	if (!copy->id[from]) {
		copy->depth++;
		copy->id[from] = copy_new(copy, t);
		copy->depth--;
	}
	return copy->id[from];
}

static unsigned int kind_of(const char *keyword)
{
	return strcmp(keyword, "struct") == 0  ? BTF_KIND_STRUCT
	       : strcmp(keyword, "union") == 0 ? BTF_KIND_UNION
	       : strcmp(keyword, "enum") == 0  ? BTF_KIND_ENUM
					       : BTF_KIND_TYPEDEF;
}

int ctype_of_kernel(struct btf *btf, const char *keyword, const char *name)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct copy copy = { .to = btf, .from = kernel };
	int id = 0;

	if (libbpf_get_error(kernel))
		return 0;
	id = btf__find_by_name_kind(kernel, name, kind_of(keyword));
	if (id > 0) {
		copy.id = calloc(btf__type_cnt(kernel), sizeof(*copy.id));
		id = copy.id ? copy_type(&copy, (__u32)id) : -ENOMEM;
	}
	free(copy.id);
	btf__free(kernel);
	return id == -ENOMEM ? id : id > 0 ? id : 0;
}
