/* SPDX-License-Identifier: GPL-2.0-only */
#include "xframes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whole lists are parsed from one word to the next separator. */
static bool number_until(const char **text, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)**text)) /* strtoull takes "-1" and " 1" */
		return false;
	errno = 0;
	value = strtoull(*text, &end, 10);
	if (errno || value < min || value > max)
		return false;
	*text = end;
	*out = value;
	return true;
}

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value;

	if (!number_until(&text, min, max, &value) || *text)
		return false;
	*out = value;
	return true;
}

static bool parse_count(const char *text, struct options *options)
{
	return number(text, 1, FRAME_COUNT_MAX, &options->plan.count);
}

static bool parse_seed(const char *text, struct options *options)
{
	return number(text, 0, UINT64_MAX, &options->plan.seed);
}

static bool parse_rate(const char *text, struct options *options)
{
	return number(text, 0, 100000000, &options->rate);
}

static bool parse_snaplen(const char *text, struct options *options)
{
	return number(text, 1, 262144, &options->snaplen);
}

static bool parse_vlan(const char *text, struct options *options)
{
	uint64_t value;

	if (!number(text, 1, 4094, &value))
		return false;
	options->plan.vlan = (uint16_t)value;
	return true;
}

/* "60", "60-64" or "14-9014:100", up to the next comma */
static bool parse_range(const char **text, struct plan *plan)
{
	uint64_t from, to, step = 1;

	if (!number_until(text, FRAME_MIN, FRAME_MAX, &from))
		return false;
	to = from;
	if (**text == '-' && (++*text, !number_until(text, from, FRAME_MAX, &to)))
		return false;
	if (**text == ':' && (++*text, !number_until(text, 1, FRAME_MAX, &step)))
		return false;
	for (; from <= to; from += step) {
		if (plan->size_count == FRAME_SIZES)
			return false;
		plan->sizes[plan->size_count++] = (uint16_t)from;
	}
	return true;
}

static bool parse_sizes(const char *text, struct options *options)
{
	struct plan *plan = &options->plan;

	plan->size_count = 0;
	while (parse_range(&text, plan)) {
		if (!*text)
			return true;
		if (*text++ != ',')
			break;
	}
	return false;
}

static bool parse_dst(const char *text, struct options *options)
{
	static const char shape[] = "xx:xx:xx:xx:xx:xx";

	if (strlen(text) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == ':' ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	for (size_t i = 0; i < FRAME_MAC; i++)
		options->plan.dst[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return true;
}

static bool parse_kind(const char *text, struct options *options)
{
	static const char *const names[] = { "udp", "tcp", "arp", "raw", "mixed" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			options->plan.kind = (enum kind)i;
			return true;
		}
	}
	return false;
}

static bool set_bypass(const char *text, struct options *options)
{
	(void)text;
	return options->bypass = true;
}

static bool set_in_order(const char *text, struct options *options)
{
	(void)text;
	return options->in_order = true;
}

static bool set_each_once(const char *text, struct options *options)
{
	(void)text;
	return options->each_once = true;
}

static bool set_subset(const char *text, struct options *options)
{
	(void)text;
	return options->subset = true;
}

/* All commands take all of them, so that what was sent is checked by the same words. */
static const struct row {
	const char *name, *argument; /* NULL: a word of its own */
	bool (*parse)(const char *text, struct options *options);
	const char *help;
} rows[] = {
	{ "count", "N", parse_count, "so many frames (100)" },
	{ "sizes", "LIST", parse_sizes,
	  "bytes: N, MIN-MAX or MIN-MAX:STEP, by commas, in turn, tag included (60)" },
	{ "vlan", "ID", parse_vlan, "with an 802.1Q tag" },
	{ "seed", "N", parse_seed, "of the content (1)" },
	{ "dst", "MAC", parse_dst, "02:00:00:00:00:02" },
	{ "kind", "KIND", parse_kind,
	  "udp (default), tcp, arp, raw, or mixed: all in turn; raw where they have no room" },
	{ "rate", "PPS", parse_rate, "send: frames a second, 0: flat out (20000)" },
	{ "bypass", NULL, set_bypass,
	  "send: without queueing discipline; no capture sees it here" },
	{ "snaplen", "BYTES", parse_snaplen, "write, check: frames are cut to that" },
	{ "each-once", NULL, set_each_once, "check: each is there once (default)" },
	{ "subset", NULL, set_subset, "check: some may be missing" },
	{ "in-order", NULL, set_in_order, "check: in the order of their numbers" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *find(const char *word)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!strncmp(word, "--", 2) && !strcmp(word + 2, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

static bool complain(const char *word, const char *what, const char *value)
{
	fprintf(stderr, "xframes: %s: %s%s\n", word, what, value);
	return false;
}

/* A tag takes 4 bytes of each frame. */
static bool fits(const struct plan *plan)
{
	for (uint32_t i = 0; plan->vlan && i < plan->size_count; i++) {
		if (plan->sizes[i] < FRAME_MIN + 4)
			return complain("--sizes", "too small for a tag", "");
	}
	return true;
}

bool options_parse(char **words, struct options *options)
{
	*options = (struct options){
		.plan = { .count = 100,
			  .seed = 1,
			  .dst = { 2, 0, 0, 0, 0, 2 },
			  .sizes = { 60 },
			  .size_count = 1 },
		.rate = 20000,
	};
	for (; *words; words++) {
		const struct row *row = find(*words);
		const char *word = *words;

		if (!row)
			return complain(word, "no such option", "");
		if (row->argument && !*++words)
			return complain(word, "is missing: ", row->argument);
		if (!row->parse(*words, options))
			return complain(word, "bad value: ", *words);
	}
	if (options->each_once && options->subset)
		return complain("--subset", "not with --each-once", "");
	return fits(&options->plan);
}

void options_help(void)
{
	for (size_t i = 0; i < ROWS; i++)
		printf("  --%-9s %-5s %s\n", rows[i].name, rows[i].argument ? rows[i].argument : "",
		       rows[i].help);
}
