/* SPDX-License-Identifier: GPL-2.0-only */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct buf *buf, size_t bytes)
{
	size_t room = buf->room ? buf->room : 256;
	char *data;

	while (room - buf->length < bytes && room < SIZE_MAX / 4)
		room *= 2;
	data = room - buf->length < bytes ? NULL : realloc(buf->data, room);
	if (!data) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->room = room;
	return true;
}

char *buf_space(struct buf *buf, size_t bytes)
{
	if ((!buf->data || buf->room - buf->length < bytes) && !grow(buf, bytes))
		return NULL;
	return buf->data + buf->length;
}

void buf_add(struct buf *buf, const void *data, size_t length)
{
	char *to = buf_space(buf, length);

	if (to && length) {
		memcpy(to, data, length);
		buf->length += length;
	}
}

void buf_char(struct buf *buf, char c)
{
	char *to = buf_space(buf, 1);

	if (to) {
		*to = c;
		buf->length++;
	}
}

void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_format(struct buf *buf, const char *fmt, ...)
{
	va_list args, again;
	int length;
	char *to = buf_space(buf, 64);

	if (!to)
		return;
	va_start(args, fmt);
	va_copy(again, args);
	length = vsnprintf(to, buf->room - buf->length, fmt, args);
	if (length >= 0 && (size_t)length >= buf->room - buf->length) {
		to = buf_space(buf, (size_t)length + 1);
		if (to)
			vsnprintf(to, (size_t)length + 1, fmt, again);
	}
	if (to && length > 0)
		buf->length += (size_t)length;
	va_end(again);
	va_end(args);
}

static const char two_digits[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

static unsigned int count_digits(uint64_t value)
{
	unsigned int n = 1;

	for (; value >= 10000; value /= 10000)
		n += 4;
	return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

char *u64_text(char *to, uint64_t value)
{
	char *end = to + count_digits(value), *p = end;

	while (value >= 100) {
		p -= 2;
		memcpy(p, two_digits + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10)
		*--p = two_digits[value * 2 + 1];
	*--p = value >= 10 ? two_digits[value * 2] : (char)('0' + value);
	return end;
}

void buf_u64(struct buf *buf, uint64_t value)
{
	char *to = buf_space(buf, U64_TEXT);

	if (to)
		buf->length = (size_t)(u64_text(to, value) - buf->data);
}

void buf_i64(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_char(buf, '-');
	buf_u64(buf, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void buf_hex(struct buf *buf, const void *data, size_t length)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *byte = data;
	char *to = buf_space(buf, 3 * length);

	if (!to || !length)
		return;
	for (size_t i = 0; i < length; i++) {
		*to++ = digit[byte[i] >> 4];
		*to++ = digit[byte[i] & 15];
		*to++ = ' ';
	}
	buf->length += 3 * length - 1; /* no blank behind the last one */
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF */
size_t utf8_length(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	if (length == 0)
		return 0;
	n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	if (n > length || s[0] == 0xc0 || s[0] == 0xc1 || s[0] > 0xf4 ||
	    (n > 1 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		       (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
	}
	return n;
}

static bool is_plain(char c)
{
	return (unsigned char)c >= ' ' && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

void buf_json(struct buf *buf, const char *text, size_t length)
{
	const char *end = text + length;

	buf_char(buf, '"');
	while (text < end) {
		const char *from = text;
		size_t n;

		while (text < end && is_plain(*text))
			text++;
		buf_add(buf, from, (size_t)(text - from));
		if (text == end)
			break;
		n = utf8_length(text, (size_t)(end - text));
		if (n == 0)
			buf_text(buf, "\\ufffd");
		else if (*text == '"' || *text == '\\')
			buf_format(buf, "\\%c", *text);
		else if (n == 1)
			buf_format(buf, "\\u%04x", (unsigned char)*text);
		else
			buf_add(buf, text, n);
		text += n ? n : 1;
	}
	buf_char(buf, '"');
}

const char *buf_string(struct buf *buf)
{
	char *end = buf_space(buf, 1);

	if (!end || buf->failed)
		return "";
	*end = '\0';
	return buf->data;
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
	buf->failed = false;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}
