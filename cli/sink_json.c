/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON as it comes, in constant memory: one document a flush, on one line. Written by hand because
 * the usual library has no unsigned 64-bit numbers, which is what counters are. */
#include "sink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

#define DEPTH 16

struct sink_json {
	struct sink base;
	unsigned int depth;
	bool list[DEPTH]; /* the container at each depth is a list */
	bool any[DEPTH];  /* and has an element already */
	struct buf text;
};

static void put_text(struct sink_json *json)
{
	if (json->text.failed)
		abort(); /* half a document would be worse */
	fwrite_unlocked(json->text.data, 1, json->text.length, json->base.out);
}

static void put_string(struct sink_json *json, const char *text)
{
	buf_clear(&json->text);
	buf_json(&json->text, text, strlen(text));
	put_text(json);
}

static struct sink_json *prefix(struct sink *sink, const char *key)
{
	struct sink_json *json = (struct sink_json *)sink;

	if (json->depth) {
		if (json->any[json->depth - 1])
			putc_unlocked(',', sink->out);
		json->any[json->depth - 1] = true;
		if (!json->list[json->depth - 1]) {
			put_string(json, key ? key : "");
			putc_unlocked(':', sink->out);
		}
	}
	return json;
}

static void json_begin(struct sink *sink, const char *key, bool list, const char *summary)
{
	struct sink_json *json = prefix(sink, key);

	(void)summary;
	if (json->depth == DEPTH)
		abort();
	json->list[json->depth] = list;
	json->any[json->depth++] = false;
	putc_unlocked(list ? '[' : '{', sink->out);
}

static void json_end(struct sink *sink)
{
	struct sink_json *json = (struct sink_json *)sink;

	putc_unlocked(json->list[--json->depth] ? ']' : '}', sink->out);
}

static void json_string(struct sink *sink, const char *key, const char *value)
{
	struct sink_json *json = prefix(sink, key);

	if (value)
		put_string(json, value);
	else
		fputs("null", sink->out);
}

static void json_number(struct sink *sink, const char *key, uint64_t value, enum sink_unit unit)
{
	struct sink_json *json = prefix(sink, key);

	(void)unit;
	buf_clear(&json->text);
	buf_u64(&json->text, value);
	put_text(json);
}

/* Not through a double, which is slow to print and not exact. */
static void json_seconds(struct sink *sink, const char *key, uint64_t ns)
{
	struct sink_json *json = prefix(sink, key);
	uint32_t part = (uint32_t)(ns % 1000000000);

	buf_clear(&json->text);
	buf_u64(&json->text, ns / 1000000000);
	buf_char(&json->text, '.');
	for (uint32_t digit = 100000000; digit; digit /= 10)
		buf_char(&json->text, (char)('0' + part / digit % 10));
	put_text(json);
}

static void json_real(struct sink *sink, const char *key, double value, enum sink_unit unit)
{
	(void)unit;
	prefix(sink, key);
	if (isfinite(value))
		fprintf(sink->out, "%.15g", value);
	else
		fputs("null", sink->out);
}

static void json_boolean(struct sink *sink, const char *key, bool value)
{
	prefix(sink, key);
	fputs(value ? "true" : "false", sink->out);
}

static void json_value(struct sink *sink, const char *key, const struct type *type,
		       const void *bytes, const struct value_env *env)
{
	struct sink_json *json = prefix(sink, key);

	buf_clear(&json->text);
	value_print(type, bytes, VALUE_JSON, env, &json->text);
	put_text(json);
}

static void json_raw(struct sink *sink, const char *data, size_t length)
{
	prefix(sink, NULL);
	fwrite_unlocked(data, 1, length, sink->out);
}

static void json_flush(struct sink *sink)
{
	putc_unlocked('\n', sink->out);
}

static void json_free(struct sink *sink)
{
	buf_free(&((struct sink_json *)sink)->text);
	free(sink);
}

static const struct sink_ops json_ops = {
	.begin = json_begin,
	.end = json_end,
	.string = json_string,
	.number = json_number,
	.real = json_real,
	.seconds = json_seconds,
	.boolean = json_boolean,
	.value = json_value,
	.raw = json_raw,
	.flush = json_flush,
	.free = json_free,
};

struct sink *sink_json_new(FILE *out)
{
	struct sink_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->base = (struct sink){ .ops = &json_ops, .out = out, .style = VALUE_JSON };
	return &json->base;
}
