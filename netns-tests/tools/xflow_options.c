/* SPDX-License-Identifier: GPL-2.0-only */
#include "xflow.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, const struct option_row *row, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)*text)) /* strtoull takes "-1" and " 1" */
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value < row->min || value > row->max)
		return false;
	*out = value;
	return true;
}

static bool parse_seconds(const char *text, const struct option_row *row, uint64_t *out)
{
	double value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtod(text, &end);
	if (errno || *end || value < (double)row->min || value > (double)row->max)
		return false;
	*out = (uint64_t)(value * 1e9);
	return true;
}

static bool parse_mac(const char *text, uint8_t out[static 6])
{
	static const char shape[] = "xx:xx:xx:xx:xx:xx";

	if (strlen(text) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == ':' ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	for (size_t i = 0; i < 6; i++)
		out[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return true;
}

static bool parse_value(const char *text, const struct option_row *row, void *args)
{
	void *field = (char *)args + row->offset;

	switch (row->type) {
	case OPTION_NUMBER:
		return parse_number(text, row, field);
	case OPTION_SECONDS:
		return parse_seconds(text, row, field);
	case OPTION_MAC:
		return parse_mac(text, field);
	case OPTION_IP4:
		return inet_pton(AF_INET, text, field) == 1;
	case OPTION_TEXT:
		*(const char **)field = text;
		return *text;
	}
	return false;
}

static const struct option_row *find(const struct option_row *table, const char *word)
{
	for (const struct option_row *row = table; row->name; row++) {
		if (!strncmp(word, "--", 2) && !strcmp(word + 2, row->name))
			return row;
	}
	return NULL;
}

bool options_parse(const struct option_row *table, char **words, void *args)
{
	for (; *words; words += 2) {
		const struct option_row *row = find(table, words[0]);

		if (!row) {
			fprintf(stderr, "xflow: %s: no such option\n", words[0]);
			return false;
		}
		if (!words[1]) {
			fprintf(stderr, "xflow: %s: %s is missing\n", words[0], row->argument);
			return false;
		}
		if (!parse_value(words[1], row, args)) {
			fprintf(stderr, "xflow: %s: bad value: %s\n", words[0], words[1]);
			return false;
		}
	}
	return true;
}

void options_help(const struct option_row *table)
{
	for (const struct option_row *row = table; row->name; row++)
		printf("  --%-11s %-6s %s\n", row->name, row->argument, row->help);
}
