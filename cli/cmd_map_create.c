/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app.h"
#include "create.h"
#include "map.h"
#include "map_use.h"
#include "percpu.h"

struct map_create_args {
	const char *type, *key, *value, *name, *flags, *inner;
	uint64_t entries;
};

static const struct field map_create_options[] = {
	{ .type = FIELD_TEXT,
	  .name = "type",
	  .value = "TYPE",
	  .offset = offsetof(struct map_create_args, type),
	  .help = "hash, array, percpu_hash, lpm_trie, queue ... (default hash)" },
	{ .type = FIELD_TEXT,
	  .name = "key",
	  .value = "TYPE",
	  .offset = offsetof(struct map_create_args, key),
	  .help = "C type of the keys, or their bytes; ip4_prefix in an lpm_trie" },
	{ .type = FIELD_TEXT,
	  .name = "value",
	  .value = "TYPE",
	  .offset = offsetof(struct map_create_args, value),
	  .help = "C type of the values: 'struct { __u64 packets; mac_addr mac; }'" },
	{ .type = FIELD_COUNT,
	  .name = "entries",
	  .value = "N",
	  .offset = offsetof(struct map_create_args, entries),
	  .min = 1,
	  .max = UINT32_MAX,
	  .help = "room for so many elements; of a ring buffer, its bytes" },
	{ .type = FIELD_TEXT,
	  .name = "name",
	  .value = "NAME",
	  .offset = offsetof(struct map_create_args, name),
	  .help = "up to 15 letters, digits, _ and . (default: the end of PATH)" },
	{ .type = FIELD_TEXT,
	  .name = "flags",
	  .value = "FLAG,...",
	  .offset = offsetof(struct map_create_args, flags),
	  .help = "no_prealloc, mmapable, rdonly_prog ..." },
	{ .type = FIELD_TEXT,
	  .name = "inner",
	  .value = "MAP",
	  .offset = offsetof(struct map_create_args, inner),
	  .help = "of a map of maps: one that is like those it will hold" },
	{ .type = FIELD_END },
};

static int read_flags(const char *text, uint32_t *out, struct err *err)
{
	while (text && *text) {
		size_t length = strcspn(text, ",");
		char name[MAP_FLAG_NAME];
		uint32_t bit;

		snprintf(name, sizeof(name), "%.*s", length > 15 ? 15 : (int)length, text);
		if (length > 15 || map_flag_by_name(name, &bit))
			return err_set(err, ERR_USAGE, EINVAL, "--flags", "\"%.*s\" is no flag",
				       (int)length, text);
		*out |= bit;
		text += length + (text[length] == ',');
	}
	return 0;
}

static int check_name(const char *name, struct err *err)
{
	if (!name)
		return 0;
	if (strlen(name) >= BPF_OBJ_NAME_LEN ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") !=
		    strlen(name))
		return err_set(err, ERR_USAGE, EINVAL, "--name",
			       "wants up to 15 letters, digits, _ and .");
	return 0;
}

/* A default that no kernel refuses for the lack of a number. */
static uint64_t default_entries(const struct map_kind *kind)
{
	if (kind->type == BPF_MAP_TYPE_CPUMAP)
		return percpu_cpus();
	if (kind->traits & KIND_EVENTS && kind->traits & KIND_KEYLESS)
		return 1 << 20; /* bytes */
	return strstr(kind->name, "storage") ? 0 : 1024;
}

/* As the kernel's headers call it, too: BPF_MAP_TYPE_HASH */
static const struct map_kind *kind_by_any_name(const char *name)
{
	char lower[32];
	size_t i = 0;

	if (strncasecmp(name, "BPF_MAP_TYPE_", 13) == 0)
		name += 13;
	for (; name[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[i] = '\0';
	return map_kind_by_name(lower);
}

/* The last part of the path, as far as it can be a name. */
static const char *name_of_path(const char *path, char out[static BPF_OBJ_NAME_LEN])
{
	const char *slash = strrchr(path, '/');
	size_t n = 0;

	for (path = slash ? slash + 1 : path; *path && n < BPF_OBJ_NAME_LEN - 1; path++)
		out[n++] = isalnum((unsigned char)*path) || *path == '.' ? *path : '_';
	out[n] = '\0';
	return out;
}

static int check_combination(const struct create *create, const char *inner, struct err *err)
{
	bool outer = create->kind->traits & KIND_REFERS && create->kind->refers == REF_MAP;

	if (outer && !inner) {
		err_set(err, ERR_USAGE, EINVAL, "--inner", "is needed for a map of maps");
		return err_hint(err, "it names a map that is like those it will hold");
	}
	if (inner && !outer)
		return err_set(err, ERR_USAGE, EINVAL, "--inner", "a map of type %s holds no maps",
			       create->kind->name);
	if (create->flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
		err_set(err, ERR_USAGE, EINVAL, "--flags",
			"rdonly and wronly hold for the one who creates the map alone");
		return err_hint(err, "`xdpctl map freeze`, or rdonly_prog and wronly_prog for "
				     "programs");
	}
	return 0;
}

static int prepare(struct app *app, const struct map_create_args *args, struct create *create,
		   struct err *err)
{
	int ret = check_name(args->name, err) ?: read_flags(args->flags, &create->flags, err);

	if (ret)
		return ret;
	create->kind = kind_by_any_name(args->type ?: "hash");
	if (!create->kind) {
		err_set(err, ERR_USAGE, EINVAL, "--type", "there is no \"%s\"", args->type);
		return err_hint(err, "hash, array, percpu_hash, percpu_array, lru_hash, lpm_trie, "
				     "queue, stack, devmap ...");
	}
	if (create->kind->type == BPF_MAP_TYPE_LPM_TRIE)
		create->flags |= BPF_F_NO_PREALLOC; /* the kernel insists on it */
	ret = check_combination(create, args->inner, err);
	if (ret)
		return ret;
	create->entries = (uint32_t)(args->entries ?: default_entries(create->kind));
	if (args->inner) {
		create->inner = mapref_open(&app->net, args->inner, err);
		return create->inner < 0 ? create->inner : 0;
	}
	return 0;
}

static int pin(int fd, const char *path, struct err *err)
{
	if (bpf_obj_pin(fd, path) == 0)
		return 0;
	return map_pin_failed(path, errno, err);
}

static bool is_type(const char *text)
{
	return text && strspn(text, "0123456789") != strlen(text);
}

/* typed: somebody gave types that should have been kept */
static int show(struct app *app, int fd, bool typed, struct err *err)
{
	struct map map;
	int ret = map_open(fd, &map, err);

	if (ret)
		return ret;
	app_tell(app, "%s: %s id:%u", app->word[0], map.kind->name, map.id);
	if (typed && !map.btf_id)
		app_note(app,
			 "its types are not kept (the kernel keeps them for some types of maps "
			 "only, and for key and value together): name them by --as and --key-as "
			 "each time");
	sink_object(app->sink, NULL, NULL);
	sink_u64(app->sink, "id", map.id, UNIT_NONE);
	sink_end(app->sink);
	map_close(&map);
	return app->json ? app_flush_done(app, err) : 0;
}

static int run_map_create(struct app *app, const void *args, struct err *err)
{
	const struct map_create_args *a = args;
	const char *path = app->word[0];
	char name[BPF_OBJ_NAME_LEN];
	struct create create = { .name = a->name ?: name_of_path(path, name),
				 .key = a->key,
				 .value = a->value,
				 .inner = -1 };
	int fd = -1, ret = prepare(app, a, &create, err);

	if (!ret) {
		fd = map_create(&create, err);
		ret = fd < 0 ? fd : pin(fd, strncmp(path, "pin:", 4) == 0 ? path + 4 : path, err);
	}
	if (create.inner >= 0)
		close(create.inner);
	if (!ret)
		return show(app, fd, is_type(a->key) || is_type(a->value), err);
	if (fd >= 0)
		close(fd);
	return ret;
}

const struct command command_map_create = {
	.name = "map create",
	.words = "PATH",
	.help = "make a map and keep it under a path of a BPF file system",
	.text = "Key and value types are kept with the map as BTF, so that everybody sees them.\n"
		"Example: xdpctl map create /sys/fs/bpf/routes --type lpm_trie --key ip4_prefix\n"
		"--value ifindex_t --entries 1000",
	.options = map_create_options,
	.args_size = sizeof(struct map_create_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_map_create,
};
