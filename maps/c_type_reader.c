/* SPDX-License-Identifier: GPL-2.0-only */
#include "c_type_reader.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int c_wrong(struct reader *r, const char *fmt, ...)
{
	char message[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return err_set(r->err, ERR_USAGE, EINVAL, NULL, "%s", message);
}

int c_expected(struct reader *r, const char *what)
{
	if (r->last[0])
		return c_wrong(r, "expected %s after \"%s\"%s%.20s%s", what, r->last,
			       *r->at ? ", not \"" : "", r->at, *r->at ? "\"" : "");
	return c_wrong(r, "expected %s", what);
}

int c_no_memory(struct reader *r)
{
	return err_set(r->err, ERR_FAILED, ENOMEM, NULL, "out of memory");
}

void c_skip_blanks(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The length of the word that comes next; 0 if none does. */
size_t c_word_length(const struct reader *r)
{
	size_t n = 0;

	while (is_word(r->at[n]))
		n++;
	return isdigit((unsigned char)*r->at) ? 0 : n;
}

static void pass(struct reader *r, size_t length)
{
	snprintf(r->last, sizeof(r->last), "%.*s", length < NAME ? (int)length : NAME - 1, r->at);
	r->at += length;
	c_skip_blanks(r);
}

bool c_take(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(r->at, word, n) != 0 || (is_word(word[0]) && is_word(r->at[n])))
		return false;
	pass(r, n);
	return true;
}

bool c_take_any(struct reader *r, const char *const *words)
{
	for (; *words; words++) {
		if (c_take(r, *words))
			return true;
	}
	return false;
}

int c_want(struct reader *r, const char *sign)
{
	return c_take(r, sign) ? 0 : c_expected(r, sign);
}

int c_name(struct reader *r, char out[static NAME])
{
	size_t n = c_word_length(r);

	if (n == 0)
		return c_expected(r, "a name");
	if (n >= NAME)
		return c_wrong(r, "the name %.20s... is too long", r->at);
	memcpy(out, r->at, n);
	out[n] = '\0';
	pass(r, n);
	return 0;
}

int c_number(struct reader *r, uint64_t max, uint64_t *out)
{
	char *end;
	bool digit = isdigit((unsigned char)*r->at);

	errno = 0;
	*out = digit ? strtoull(r->at, &end, r->at[1] == 'x' || r->at[1] == 'X' ? 16 : 10) : 0;
	if (!digit || is_word(*end))
		return c_expected(r, "a number");
	if (errno || *out > max)
		return c_wrong(r, "%.*s is too large", (int)(end - r->at), r->at);
	pass(r, (size_t)(end - r->at));
	return 0;
}
