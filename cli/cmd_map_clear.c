/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

static int run_map_clear(struct app *app, const void *args, struct err *err)
{
	struct map_use use;
	uint64_t done = 0;
	int ret = map_use_open(app, NULL, &use, err);

	(void)args;
	if (ret)
		return ret;
	ret = edit_clear(&use.map, &done, err);
	if (ret && done)
		err_hint(err, "%llu elements were cleared before that", (unsigned long long)done);
	map_use_close(&use);
	if (ret)
		return ret;
	app_tell(app, "%llu element%s cleared", (unsigned long long)done, done == 1 ? "" : "s");
	sink_object(app->sink, NULL, NULL);
	sink_u64(app->sink, "cleared", done, UNIT_NONE);
	sink_end(app->sink);
	return app->json ? app_flush_done(app, err) : 0;
}

const struct command command_map_clear = {
	.name = "map clear",
	.words = "MAP",
	.help = "delete all elements, or set those of an array to zero",
	.text = "Elements that others add meanwhile may stay. `map drain` also shows them.",
	.min_words = 1,
	.max_words = 1,
	.run = run_map_clear,
};
