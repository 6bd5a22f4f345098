/* SPDX-License-Identifier: GPL-2.0-only */
/* A target for libFuzzer: two bytes choose a type, the rest is text for it. What is accepted has to
 * come back as the same bytes from text and from JSON; what is refused has to say why. If the two
 * bytes are 255, the text is a type in C, and a value of it has to come back. */
#include <errno.h>

#include "c_type.h"
#include "value_testing.h"

#define SEEDS 4096 /* random types, beside those of the table */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Interfaces with names that need care. */
static const char *const names[] = { "",   "eth0", "a,b=c", "#3", "\"q\"", "hex:00", "x\xff",
				     "{}", "-",	   "null",  "7",  "a b",   ":",	     "[0]" };

static int index_of(void *context, const char *name, ifindex_t *out, struct err *err)
{
	(void)context;
	for (ifindex_t i = 1; i < COUNT(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, ENODEV, name, "no such interface");
}

static bool name_of(void *context, ifindex_t index, char out[static NOTATION_TEXT])
{
	(void)context;
	if (index == 0 || index >= COUNT(names))
		return false;
	snprintf(out, NOTATION_TEXT, "%s", names[index]);
	return true;
}

static const struct value_env env = { .ifindex_of = index_of, .ifname_of = name_of };

/* ---- types that random ones seldom are like */

static struct type *enum_type(void)
{
	struct btf *btf = btf__new_empty();
	int id = btf__add_enum(btf, "mode", 4);
	struct type *type;

	btf__add_enum_value(btf, "OFF", 0);
	btf__add_enum_value(btf, "ON", 5);
	btf__add_enum_value(btf, "BAD", -2);
	if (type_from_btf(btf, (__u32)id, &type, NULL))
		abort();
	btf__free(btf);
	return type;
}

static void add(struct type *to, const char *name, struct type *member)
{
	if (type_add(to, name, to->size, member))
		abort();
}

/* A value of a devmap. */
static struct type *leading(void)
{
	struct type *type = type_struct("devmap");

	add(type, "ifindex", type_noted("ifindex_t"));
	add(type, "prog", type_new(TYPE_UNSIGNED, 4));
	type->leads = true;
	return type;
}

static struct type *section(void)
{
	struct type *type = type_struct(".bss"), *in = type_struct("in");

	add(in, "n", type_new(TYPE_SIGNED, 2));
	add(in, "list", type_array(type_array(type_new(TYPE_UNSIGNED, 1), 2), 2));
	add(in, "lock", type_new(TYPE_OPAQUE, 4));
	add(type, "fn", type_new(TYPE_UNSIGNED, 1));
	add(type, "fn.in", type_array(in, 2));
	add(type, "fn.name", type_new(TYPE_TEXT, 8));
	add(type, "ip", type_noted("ip6_addr"));
	add(type, "mode", enum_type());
	type->size += 3;
	return type;
}

static struct type *special(unsigned int number)
{
	static const char *const noted[] = { "ip4_be",	"ip6_addr",  "mac_addr",
					     "port_be", "__be32",    "__be64",
					     "nsec_t",	"ifindex_t", "verdict_t" };
	static const struct type plain[] = {
		{ .kind = TYPE_UNSIGNED, .size = 1 },  { .kind = TYPE_SIGNED, .size = 8 },
		{ .kind = TYPE_UNSIGNED, .size = 16 }, { .kind = TYPE_SIGNED, .size = 16 },
		{ .kind = TYPE_BOOL, .size = 1 },      { .kind = TYPE_FLOAT, .size = 4 },
		{ .kind = TYPE_FLOAT, .size = 8 },     { .kind = TYPE_TEXT, .size = 8 },
		{ .kind = TYPE_BYTES, .size = 4 },     { .kind = TYPE_POINTER, .size = 8 },
	};

	if (number < COUNT(plain))
		return type_new(plain[number].kind, plain[number].size);
	number -= (unsigned int)COUNT(plain);
	if (number < COUNT(noted))
		return type_noted(noted[number]);
	switch (number - COUNT(noted)) {
	case 0:
		return enum_type();
	case 1:
		return leading();
	case 2:
		return section();
	case 3:
		return type_array(section(), 2);
	default:
		return NULL;
	}
}

static struct type *random_type(uint64_t seed)
{
	struct maker m = { .dice = { seed }, .btf = btf__new_empty() };
	struct made made = below(&m.dice, 2) ? make_struct(&m, 0, false) : make_type(&m, 0);
	struct type *type;

	if (type_from_btf(m.btf, (__u32)made.id, &type, NULL))
		abort();
	btf__free(m.btf);
	return type;
}

/* Made once; below 256 those of the table, as far as it goes. */
static const struct type *type_number(unsigned int number)
{
	static struct type *types[SEEDS];

	if (!types[number]) {
		types[number] = special(number) ?: random_type(number);
		if (type_finish(types[number]))
			abort();
	}
	return types[number];
}

/* ---- what has to hold */

static void complain(const char *what, const struct type *type, const char *text)
{
	fprintf(stderr, "value_fuzz: %s: kind %d, %u bytes: %s\n", what, type->kind, type->size,
		text);
	abort();
}

static void try_text(const struct type *type, const char *text, size_t length, bool scan)
{
	struct buf why = { 0 };
	struct err err = { 0 };
	uint8_t *bytes = read_back(type, text, length, scan, &env, &err);

	if (!bytes && (!err.code || !err.message[0]))
		complain("refused without a reason", type, "");
	if (bytes && !round_trips(type, bytes, &env, &why))
		complain("comes back as something else", type, buf_string(&why));
	buf_free(&why);
	free(bytes);
}

static void try_type(const char *text, size_t length)
{
	char *copy = strndup(text, length);
	struct buf why = { 0 };
	struct err err = { 0 };
	struct type *type;
	uint8_t *bytes;

	if (ctype_parse(copy, NULL, &type, &err)) {
		if (!err.code || !err.message[0])
			complain("refused without a reason", type_number(0), copy);
	} else if (type->size < 4096) {
		bytes = malloc(type->size);
		make_bytes(&(struct dice){ length }, bytes, type->size);
		if (!round_trips(type, bytes, &env, &why))
			complain("comes back as something else", type, buf_string(&why));
		free(bytes);
	}
	type_free(type);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 2, *end = (const char *)data + size;
	const struct type *type;
	const char *stop;

	if (size < 2)
		return 0;
	if (data[0] == 255 && data[1] == 255) {
		try_type(text, size - 2);
		return 0;
	}
	type = type_number((data[0] | (unsigned int)data[1] << 8) % SEEDS);
	try_text(type, text, size - 2, false);
	try_text(type, text, size - 2, true);
	stop = value_end(text, end, ",=");
	if (stop < text || stop > end)
		complain("value_end() left the text", type, "");
	return 0;
}
