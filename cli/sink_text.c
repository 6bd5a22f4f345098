/* SPDX-License-Identifier: GPL-2.0-only */
/* Text for people: the objects of the outer list are rows of a table. What hangs on a row without
 * a summary is printed below it: an object or list of objects as a table of its own, an object of
 * plain values as lines, a list of strings as remarks. */
#include "sink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "value.h"

#define DEPTH  16
#define INDENT 2

struct sink_text {
	struct sink base;
	bool colour;
	unsigned int depth;
	unsigned int hidden; /* depth below which a summary stands for everything; 0: none */
	unsigned int outer;  /* depth of the objects that are rows */
	const char *block;   /* key of the block that is being filled */
	bool blocks;	     /* the current row has some: it is printed alone */
	struct table rows;
	struct table inner;
};

static struct sink_text *text_of(struct sink *sink)
{
	return (struct sink_text *)sink;
}

/* The row and its headings come before the first block that belongs to it. */
static void start_block(struct sink_text *text, const char *key)
{
	if (!text->blocks)
		table_print(&text->rows, text->base.out, 0, text->colour);
	text->blocks = true;
	text->block = key;
}

static void text_begin(struct sink *sink, const char *key, bool list, const char *summary)
{
	struct sink_text *text = text_of(sink);

	if (text->depth == DEPTH)
		abort();
	text->depth++;
	if (text->hidden)
		return;
	if (summary && text->depth == 1) {
		text->hidden = text->depth;
		fprintf(sink->out, "%s\n", summary);
	} else if (summary) {
		text->hidden = text->depth;
		table_cell(&text->rows, key ? key : "", summary, false);
	} else if (!text->outer && !list) {
		text->outer = text->depth;
		table_row(&text->rows);
	} else if (text->outer && text->depth == text->outer + 1) {
		start_block(text, key);
	} else if (text->outer && text->depth > text->outer + 1) {
		table_row(&text->inner);
		if (key)
			table_cell(&text->inner, text->block, key, false);
	}
}

static void text_end(struct sink *sink)
{
	struct sink_text *text = text_of(sink);

	if (text->hidden == text->depth) {
		text->hidden = 0;
	} else if (!text->hidden && text->outer && text->depth == text->outer + 1) {
		table_print(&text->inner, sink->out, INDENT, text->colour);
		text->block = NULL;
	} else if (!text->hidden && text->depth == text->outer) {
		text->outer = 0;
		text->blocks = false;
	}
	text->depth--;
}

static void put(struct sink_text *text, const char *key, const char *value, bool right)
{
	if (text->hidden)
		return;
	if (!text->block) {
		table_cell(&text->rows, key ? key : "", value, right);
	} else if (text->depth > text->outer + 1) {
		table_cell(&text->inner, key ? key : "", value, right);
	} else if (key) { /* an object of plain values */
		table_row(&text->inner);
		table_cell(&text->inner, text->block, key, false);
		table_cell(&text->inner, "", value, right);
	} else { /* a list of remarks */
		fprintf(text->base.out, "%*s%s! %s%s\n", INDENT, "", text->colour ? "\033[33m" : "",
			value, text->colour ? "\033[0m" : "");
	}
}

static void text_string(struct sink *sink, const char *key, const char *value)
{
	put(text_of(sink), key, value ? value : "-", false);
}

static void text_number(struct sink *sink, const char *key, uint64_t value, enum sink_unit unit)
{
	struct sink_text *text = text_of(sink);
	char out[SINK_UNIT_TEXT];

	if (text->hidden)
		return;
	if (unit == UNIT_COUNT && value == 0 && text->block && text->depth == text->outer + 1)
		return;
	if (unit == UNIT_NONE || unit == UNIT_COUNT)
		snprintf(out, sizeof(out), "%llu", (unsigned long long)value);
	else
		sink_unit_text(out, (double)value, unit);
	put(text, key, out, true);
}

static void text_real(struct sink *sink, const char *key, double value, enum sink_unit unit)
{
	char out[SINK_UNIT_TEXT];

	if (isnan(value))
		snprintf(out, sizeof(out), "-");
	else if (unit == UNIT_NONE)
		snprintf(out, sizeof(out), "%.3g", value);
	else
		sink_unit_text(out, value, unit);
	put(text_of(sink), key, out, true);
}

static void text_seconds(struct sink *sink, const char *key, uint64_t ns)
{
	char out[SINK_UNIT_TEXT];

	snprintf(out, sizeof(out), "%.6f", (double)ns / 1e9);
	put(text_of(sink), key, out, true);
}

static void text_boolean(struct sink *sink, const char *key, bool value)
{
	put(text_of(sink), key, value ? "yes" : "no", false);
}

static void text_value(struct sink *sink, const char *key, const struct type *type,
		       const void *bytes, const struct value_env *env)
{
	struct buf text = { 0 };

	value_print(type, bytes, VALUE_TEXT, env, &text);
	put(text_of(sink), key, buf_string(&text), false);
	buf_free(&text);
}

static void text_raw(struct sink *sink, const char *data, size_t length)
{
	fwrite_unlocked(data, 1, length, sink->out);
	putc_unlocked('\n', sink->out);
}

static void text_flush(struct sink *sink)
{
	struct sink_text *text = text_of(sink);

	table_print(&text->rows, sink->out, 0, text->colour);
}

static void text_free(struct sink *sink)
{
	struct sink_text *text = text_of(sink);

	table_clear(&text->rows);
	table_clear(&text->inner);
	free(text);
}

static const struct sink_ops text_ops = {
	.begin = text_begin,
	.end = text_end,
	.string = text_string,
	.number = text_number,
	.real = text_real,
	.seconds = text_seconds,
	.boolean = text_boolean,
	.value = text_value,
	.raw = text_raw,
	.flush = text_flush,
	.free = text_free,
};

struct sink *sink_text_new(FILE *out, bool colour)
{
	struct sink_text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->base = (struct sink){ .ops = &text_ops, .out = out, .style = VALUE_TEXT };
	text->colour = colour;
	return &text->base;
}
