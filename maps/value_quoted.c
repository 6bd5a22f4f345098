/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings in quotes with the escapes of JSON, and bytes in hexadecimal. */
#include "value_parser.h"

#include <errno.h>
#include <string.h>

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_unicode(struct parser *p, uint32_t *out)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = p->at < p->end ? hex_value(*p->at++) : -1;

		if (digit < 0)
			return parser_wrong(p, "\\u wants four hexadecimal digits");
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return 0;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
	} else if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
		buf_char(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_char(out, (char)(0xe0 | c >> 12));
		buf_char(out, (char)(0x80 | (c >> 6 & 63)));
		buf_char(out, (char)(0x80 | (c & 63)));
	} else {
		buf_char(out, (char)(0xf0 | c >> 18));
		buf_char(out, (char)(0x80 | (c >> 12 & 63)));
		buf_char(out, (char)(0x80 | (c >> 6 & 63)));
		buf_char(out, (char)(0x80 | (c & 63)));
	}
}

/* \uXXXX; outside of the first plane it takes two of them. */
static int parse_character(struct parser *p, struct buf *out)
{
	uint32_t c, low;

	if (parse_unicode(p, &c))
		return -EINVAL;
	if (c >= 0xd800 && c < 0xdc00 && p->end - p->at >= 2 && memcmp(p->at, "\\u", 2) == 0) {
		p->at += 2;
		if (parse_unicode(p, &low))
			return -EINVAL;
		if (low < 0xdc00 || low > 0xdfff)
			return parser_wrong(p, "half a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xd800 && c <= 0xdfff) {
		return parser_wrong(p, "half a surrogate pair");
	}
	put_utf8(out, c);
	return 0;
}

static int parse_escape(struct parser *p, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = p->at < p->end ? *p->at++ : '\0';
	const char *known = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return parse_character(p, out);
	if (!known)
		return parser_wrong(p,
				    "a backslash in quotes begins an escape of JSON such as \\n");
	buf_char(out, to[known - from]);
	return 0;
}

int parse_quoted(struct parser *p, struct buf *out)
{
	p->at++;
	while (p->at < p->end && *p->at != '"') {
		const char *from = p->at;

		while (p->at < p->end && *p->at != '"' && *p->at != '\\')
			p->at++;
		buf_add(out, from, (size_t)(p->at - from));
		if (parser_take(p, '\\') && parse_escape(p, out))
			return -EINVAL;
	}
	if (!parser_take(p, '"'))
		return parser_wrong(p, "a closing quote is missing");
	buf_string(out); /* so that data is not NULL */
	return out->failed ? parser_wrong(p, "out of memory") : 0;
}

int read_hex(struct parser *p, const char *text, const char *end, uint8_t *bytes, size_t size)
{
	size_t n = 0;

	while (text < end) {
		int high, low;

		if (*text == ' ' || *text == ':') {
			text++;
			continue;
		}
		high = hex_value(*text);
		low = text + 1 < end ? hex_value(text[1]) : -1;
		if (high < 0 || low < 0)
			return parser_wrong(p, "\"%.*s\" is no byte in hexadecimal",
					    end - text > 1 ? 2 : 1, text);
		if (n < size)
			bytes[n] = (uint8_t)(high << 4 | low);
		n++;
		text += 2;
	}
	if (n != size)
		return parser_wrong(p, "wants %zu bytes in hexadecimal, not %zu", size, n);
	return 0;
}
