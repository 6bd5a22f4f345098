/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON as it comes, in constant memory: one document a flush, on one line. Written by hand because
 * the usual library has no unsigned 64-bit numbers, which is what counters are. */
#include "sink.h"

#include <math.h>
#include <stdlib.h>

#include "value.h"

#define DEPTH 16

struct sink_json {
	struct sink base;
	unsigned int depth;
	bool list[DEPTH]; /* the container at each depth is a list */
	bool any[DEPTH];  /* and has an element already */
	struct buf value; /* kept for its memory */
};

/* Bytes that are not UTF-8 (an interface name may have them) become U+FFFD. */
static unsigned int utf8_bytes(const unsigned char *s)
{
	unsigned int n = s[0] < 0x80	   ? 1
			 : s[0] >> 5 == 6  ? 2
			 : s[0] >> 4 == 14 ? 3
			 : s[0] >> 3 == 30 ? 4
					   : 0;

	if (s[0] == 0xc0 || s[0] == 0xc1 || s[0] > 0xf4 || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	for (unsigned int i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
	}
	return n;
}

/* Characters that stand for themselves. */
static size_t plain_length(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void put_special(FILE *out, const unsigned char *s, unsigned int n)
{
	if (n == 0)
		fputs("\\ufffd", out);
	else if (*s == '"' || *s == '\\')
		fprintf(out, "\\%c", *s);
	else if (n == 1)
		fprintf(out, "\\u%04x", *s);
	else
		fwrite(s, 1, n, out);
}

static void put_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc_unlocked('"', out);
	while (*s) {
		size_t plain = plain_length(s);

		fwrite_unlocked(s, 1, plain, out);
		s += plain;
		if (*s) {
			unsigned int n = utf8_bytes(s);

			put_special(out, s, n);
			s += n ? n : 1;
		}
	}
	putc_unlocked('"', out);
}

static struct sink_json *prefix(struct sink *sink, const char *key)
{
	struct sink_json *json = (struct sink_json *)sink;

	if (json->depth) {
		if (json->any[json->depth - 1])
			putc_unlocked(',', sink->out);
		json->any[json->depth - 1] = true;
		if (!json->list[json->depth - 1]) {
			put_string(sink->out, key ? key : "");
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
	fputc(list ? '[' : '{', sink->out);
}

static void json_end(struct sink *sink)
{
	struct sink_json *json = (struct sink_json *)sink;

	fputc(json->list[--json->depth] ? ']' : '}', sink->out);
}

static void json_string(struct sink *sink, const char *key, const char *value)
{
	prefix(sink, key);
	if (value)
		put_string(sink->out, value);
	else
		fputs("null", sink->out);
}

static void put_value(struct sink_json *json)
{
	if (json->value.failed)
		abort(); /* half a document would be worse */
	fwrite_unlocked(json->value.data, 1, json->value.length, json->base.out);
}

static void json_number(struct sink *sink, const char *key, uint64_t value, enum sink_unit unit)
{
	struct sink_json *json = prefix(sink, key);

	(void)unit;
	buf_clear(&json->value);
	buf_u64(&json->value, value);
	put_value(json);
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

	buf_clear(&json->value);
	value_print(type, bytes, VALUE_JSON, env, &json->value);
	put_value(json);
}

static void json_flush(struct sink *sink)
{
	fputc('\n', sink->out);
}

static void json_free(struct sink *sink)
{
	struct sink_json *json = (struct sink_json *)sink;

	buf_free(&json->value);
	free(json);
}

static const struct sink_ops json_ops = {
	.begin = json_begin,
	.end = json_end,
	.string = json_string,
	.number = json_number,
	.real = json_real,
	.boolean = json_boolean,
	.value = json_value,
	.flush = json_flush,
	.free = json_free,
};

struct sink *sink_json_new(FILE *out)
{
	struct sink_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->base = (struct sink){ .ops = &json_ops, .out = out };
	return &json->base;
}
