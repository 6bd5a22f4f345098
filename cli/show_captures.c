/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "show.h"
#include "tap_site.h"

struct shown {
	struct tap_state state;
	struct tap_cfg cfg[TAPS];
	bool has_cfg[TAPS];
	unsigned int count;
};

static bool is_taken(const struct tap_state *state, unsigned int place)
{
	return state->taken != TAP_CLOSED && state->taken & 1ULL << place;
}

/* It looks at packets, or is dead: not one that is still about to begin. */
static bool is_there(const struct shown *shown, unsigned int place)
{
	return is_taken(&shown->state, place) &&
	       (shown->has_cfg[place] || shown->state.place[place].steal ||
		!tap_is_live(&shown->state, place));
}

static void read_all(const struct program *program, struct shown *out)
{
	*out = (struct shown){ 0 };
	if (tap_read(program, &out->state))
		return;
	for (unsigned int i = 0; i < TAPS; i++) {
		if (is_taken(&out->state, i) && !out->state.place[i].steal)
			out->has_cfg[i] = tap_read_cfg(program, i, &out->cfg[i]) == 0;
		out->count += is_there(out, i);
	}
}

/* "pid 12: tcp port 80, pid 17 steals" */
static void line_of(const struct shown *shown, char *line, size_t size)
{
	size_t at = 0;

	line[0] = '\0';
	for (unsigned int i = 0; i < TAPS && at < size; i++) {
		if (!is_there(shown, i))
			continue;
		at += (size_t)snprintf(line + at, size - at, "%spid %u%s%s%s", at ? ", " : "",
				       shown->state.place[i].pid,
				       tap_is_live(&shown->state, i) ? "" : " (gone)",
				       shown->state.place[i].steal		    ? " steals"
				       : shown->has_cfg[i] && shown->cfg[i].text[0] ? ": "
										    : "",
				       shown->has_cfg[i] ? shown->cfg[i].text : "");
	}
}

void show_captures(struct app *app, const struct program *program)
{
	struct sink *sink = app->sink;
	struct shown shown;
	char line[256];

	read_all(program, &shown);
	if (!app->json && !shown.count)
		return;
	line_of(&shown, line, sizeof(line));
	sink_list(sink, "captures", line);
	for (unsigned int i = 0; i < TAPS; i++) {
		if (!is_there(&shown, i))
			continue;
		sink_object(sink, NULL, NULL);
		sink_u64(sink, "pid", shown.state.place[i].pid, UNIT_NONE);
		sink_bool(sink, "alive", tap_is_live(&shown.state, i));
		sink_bool(sink, "steals", shown.state.place[i].steal);
		sink_string(sink, "filter", shown.has_cfg[i] ? shown.cfg[i].text : NULL);
		sink_end(sink);
	}
	sink_end(sink);
}
