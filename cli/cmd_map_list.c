/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "map.h"
#include "map_use.h"
#include "mapref.h"
#include "ref.h"

/* A map may go while the list is made. */
static void show_map(struct app *app, uint32_t id)
{
	int fd = ref_open_id(REF_MAP, id, NULL);
	struct map map;

	if (fd < 0 || map_open(fd, &map, NULL))
		return;
	sink_object(app->sink, NULL, NULL);
	sink_u64(app->sink, "id", map.id, UNIT_NONE);
	sink_string(app->sink, "name", map.name);
	sink_string(app->sink, "type", map.kind->name);
	sink_u64(app->sink, "key_size", map.key_size, UNIT_NONE);
	sink_u64(app->sink, "value_size", map.value_size, UNIT_NONE);
	sink_u64(app->sink, "max_entries", map.max_entries, UNIT_NONE);
	sink_bool(app->sink, "btf", map.btf_id != 0);
	map_show_flags(app, map.flags);
	sink_end(app->sink);
	map_close(&map);
}

static int show_all(struct app *app, struct err *err)
{
	uint32_t id = 0;
	int ret = bpf_map_get_next_id(0, &id);

	if (!ret || ret == -ENOENT) {
		sink_list(app->sink, NULL, NULL);
		for (; !ret; ret = bpf_map_get_next_id(id, &id))
			show_map(app, id);
		sink_end(app->sink);
	}
	if (ret == -ENOENT)
		return 0;
	return err_set(err, err_code_of(-ret), -ret, "maps", "cannot list them: %s",
		       strerror(-ret));
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int show_of_iface(struct app *app, struct err *err)
{
	uint32_t *ids;
	unsigned int count;
	int ret = mapref_list(&app->net, app->word[0], &ids, &count, err);

	if (ret)
		return ret;
	qsort(ids, count, sizeof(*ids), by_id);
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count; i++) {
		if (i == 0 || ids[i] != ids[i - 1])
			show_map(app, ids[i]);
	}
	sink_end(app->sink);
	free(ids);
	return 0;
}

static int run_map_list(struct app *app, const void *args, struct err *err)
{
	int ret;

	(void)args;
	ret = app->words ? show_of_iface(app, err) : show_all(app, err);
	return ret ?: app_flush(app, err);
}

const struct command command_map_list = {
	.name = "map list",
	.words = "[IFACE]",
	.help = "list the maps of the programs on an interface, or all maps",
	.text = "A map is named IFACE/NAME, id:N, pin:PATH, or name:NAME where no other map has\n"
		"that name.",
	.max_words = 1,
	.run = run_map_list,
};
