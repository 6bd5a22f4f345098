/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int text_to_u64(const char *text, uint64_t max, uint64_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long long value;
	char *end;

	/* strtoull itself takes blanks, signs and, with base 0, octal */
	if (hex ? !isxdigit((unsigned char)text[2]) : !isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, hex ? 16 : 10);
	if (*end)
		return -EINVAL;
	if (errno || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int text_to_seconds(const char *text, double max, double *out)
{
	double value;
	char *end;

	if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXpPeE"))
		return -EINVAL;
	errno = 0;
	value = strtod(text, &end);
	if (*end)
		return -EINVAL;
	if (errno || !isfinite(value) || value <= 0 || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_to_mac(const char *text, mac_addr *out)
{
	mac_addr mac;

	for (int i = 0; i < 6; i++) {
		int high = hex_digit(*text), low;

		if (high < 0)
			return -EINVAL;
		text++;
		low = hex_digit(*text);
		if (low >= 0)
			text++;
		mac.octet[i] = (uint8_t)(low < 0 ? high : high << 4 | low);
		if (*text != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		text++;
	}
	*out = mac;
	return 0;
}

char *mac_text(char out[static MAC_TEXT], mac_addr mac)
{
	const uint8_t *m = mac.octet;

	snprintf(out, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	return out;
}

bool mac_is_zero(mac_addr mac)
{
	static const mac_addr zero;

	return memcmp(&mac, &zero, sizeof(mac)) == 0;
}
