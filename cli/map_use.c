/* SPDX-License-Identifier: GPL-2.0-only */
#include "map_use.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c_type.h"

static int retype(struct map *map, bool key, const char *text, struct err *err)
{
	struct type *type = NULL;
	int ret;

	if (!text)
		return 0;
	ret = ctype_parse(text, map->btf, &type, err);
	if (ret) {
		if (err && !err->object[0])
			snprintf(err->object, sizeof(err->object), "%s", key ? "--key-as" : "--as");
		return ret;
	}
	return map_retype(map, key, type, err);
}

int map_use_open(struct app *app, const struct map_types *types, struct map_use *out,
		 struct err *err)
{
	int fd = mapref_open(&app->net, app->word[0], err), ret;

	*out = (struct map_use){ 0 };
	if (fd < 0)
		return fd;
	ret = map_open(fd, &out->map, err);
	if (ret)
		return ret;
	if (out->map.btf_denied)
		app_note(app, "%s: its types may not be read without CAP_SYS_ADMIN",
			 out->map.object);
	if (types) {
		ret = retype(&out->map, false, types->value, err);
		ret = ret ?: retype(&out->map, true, types->key, err);
	}
	out->holder = mapenv_new(&app->net);
	out->key = calloc(1, out->map.key_size + 1);
	out->values = calloc(1, map_room(&out->map) + 1);
	if (!ret && (!out->holder || !out->key || !out->values))
		ret = err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	if (ret)
		map_use_close(out);
	else
		out->env = mapenv_of(out->holder);
	return ret;
}

void map_use_close(struct map_use *use)
{
	free(use->key);
	free(use->values);
	mapenv_free(use->holder);
	map_close(&use->map);
	*use = (struct map_use){ 0 };
}

int map_use_key(struct app *app, struct map_use *use, unsigned int word, struct err *err)
{
	const char *text = app->word[word];

	if (!use->map.key) {
		err_set(err, ERR_USAGE, EINVAL, use->map.object, "a map of type %s has no keys",
			use->map.kind->name);
		return err_hint(err, map_has_events(&use->map)
					     ? "`xdpctl events` shows what it holds"
					     : "push, pop and peek work on it");
	}
	return entry_parse_key(&use->map, text, strlen(text), use->key, use->env, err);
}

int map_use_values(struct app *app, struct map_use *use, unsigned int word, struct err *err)
{
	const char *text = app->word[word];

	return entry_parse_values(&use->map, text, strlen(text), use->values, use->env, err);
}

int map_use_show(struct app *app, const struct map_use *use, struct err *err)
{
	struct buf out = { 0 };
	int ret = 0;

	if (app->sink->style == VALUE_TEXT)
		entry_print_values(&use->map, use->values, VALUE_TEXT, use->env, &out);
	else
		entry_print(&use->map, use->key, use->values, VALUE_JSON, use->env, &out);
	if (out.failed)
		ret = err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	else
		sink_raw(app->sink, out.data, out.length);
	buf_free(&out);
	if (!ret && app->sink->style == VALUE_JSON)
		return app_flush(app, err);
	return ret ?: map_check_output(app, err);
}

int map_use_show_taken(struct app *app, const struct map_use *use, struct err *err)
{
	int ret = map_use_show(app, use, err);
	struct buf value = { 0 };

	if (!ret && app->sink->style == VALUE_TEXT && fflush(stdout))
		ret = map_check_output(app, err);
	if (!ret)
		return 0;
	entry_print_values(&use->map, use->values, VALUE_TEXT, use->env, &value);
	err_hint(err, "it has been taken out of the map; it was %s", buf_string(&value));
	buf_free(&value);
	return ret;
}

void map_show_flags(struct app *app, uint32_t flags)
{
	char name[MAP_FLAG_NAME];
	struct buf summary = { 0 };

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (flags >> bit & 1)
			buf_format(&summary, "%s%s", summary.length ? "," : "",
				   map_flag_name(bit, name));
	}
	sink_list(app->sink, "flags", summary.length ? buf_string(&summary) : "-");
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (flags >> bit & 1)
			sink_string(app->sink, NULL, map_flag_name(bit, name));
	}
	sink_end(app->sink);
	buf_free(&summary);
}

int map_pin_failed(const char *path, int error, struct err *err)
{
	if (error == EEXIST)
		return err_set(err, ERR_CONFLICT, error, path, "is there already");
	err_set(err, error == EINVAL || error == EPERM ? ERR_USAGE : err_code_of(error), error,
		path, "cannot pin it there: %s", strerror(error));
	if (error == EPERM || error == EINVAL || error == ENOENT)
		return err_hint(err, "PATH has to be in a BPF file system: mount -t bpf bpf DIR");
	return -error;
}

int map_check_output(struct app *app, struct err *err)
{
	if (!ferror(app->sink->out))
		return 0;
	return err_set(err, ERR_FAILED, errno ? errno : EIO, "output", "cannot write: %s",
		       strerror(errno ? errno : EIO));
}

static void begin_rows(struct map_rows *rows)
{
	if (!rows->begun)
		sink_list(rows->app->sink, NULL, NULL);
	rows->begun = true;
}

void map_rows_end(struct map_rows *rows, int ret)
{
	if (!ret)
		begin_rows(rows);
	if (rows->begun)
		sink_end(rows->app->sink);
	buf_free(&rows->line);
}

static void print_row(struct map_rows *rows, const void *key, const void *values)
{
	const struct map *map = &rows->use->map;
	enum value_style style = rows->app->sink->style;

	if (rows->keys_only)
		value_print(map->key, key, style, rows->use->env, &rows->line);
	else if (rows->values_only)
		entry_print_values(map, values, style, rows->use->env, &rows->line);
	else
		entry_print(map, key, values, style, rows->use->env, &rows->line);
}

int map_rows_put(void *context, const void *keys, const void *values, uint32_t count,
		 struct err *err)
{
	struct map_rows *rows = context;
	const struct map *map = &rows->use->map;

	begin_rows(rows);
	for (uint32_t i = 0; i < count; i++) {
		buf_clear(&rows->line);
		print_row(rows, (const char *)keys + (size_t)i * map->key_size,
			  (const char *)values + i * map_room(map));
		if (rows->line.failed)
			return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
		sink_raw(rows->app->sink, rows->line.data, rows->line.length);
	}
	rows->count += count;
	if (rows->takes && app_wait(rows->app, 0))
		return err_set(err, ERR_FAILED, ECANCELED, map->object, "ended by a signal");
	return map_check_output(rows->app, err);
}
