/* SPDX-License-Identifier: GPL-2.0-only */
#include "address.h"

#include <stdbool.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

char *address_mac(char *to, const mac_addr *mac)
{
	for (int i = 0; i < 6; i++) {
		if (i)
			*to++ = ':';
		*to++ = hex[mac->octet[i] >> 4];
		*to++ = hex[mac->octet[i] & 15];
	}
	return to;
}

char *address_ip4(char *to, const uint8_t ip[static 4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = u64_text(to, ip[i]);
	}
	return to;
}

static unsigned int group(const uint8_t *ip, int i)
{
	return (unsigned int)(ip[2 * i] << 8 | ip[2 * i + 1]);
}

static char *put_group(char *to, unsigned int value)
{
	int shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*to++ = hex[value >> shift & 15];
	return to;
}

/* RFC 5952, 4.2: the longest run of zeros, the first one of several, and none of a single group */
static int find_zeros(const uint8_t *ip, int *length)
{
	int best = 0;

	*length = 1;
	for (int i = 0, run = 0; i < 8; i++) {
		run = group(ip, i) ? 0 : run + 1;
		if (run > *length) {
			*length = run;
			best = i + 1 - run;
		}
	}
	if (*length == 1)
		*length = 0;
	return best;
}

/* RFC 5952, 5: an IPv4 address within, for the prefixes that glibc knows (::/96, ::ffff:0:0/96) */
static bool has_ip4(const uint8_t *ip, int zeros_at, int zeros)
{
	return zeros_at == 0 && (zeros == 6 || (zeros == 5 && group(ip, 5) == 0xffff));
}

char *address_ip6(char *to, const uint8_t ip[static 16])
{
	int zeros, at = find_zeros(ip, &zeros), groups = has_ip4(ip, at, zeros) ? 6 : 8;

	for (int i = 0; i < groups; i++) {
		if (zeros && i == at) {
			*to++ = ':';
			i += zeros - 1;
			if (i == 7)
				*to++ = ':';
			continue;
		}
		if (i)
			*to++ = ':';
		to = put_group(to, group(ip, i));
	}
	if (groups == 8)
		return to;
	*to++ = ':';
	return address_ip4(to, ip + 12);
}

char *address_ip(char *to, const uint8_t *ip, unsigned int size)
{
	return size == 4 ? address_ip4(to, ip) : address_ip6(to, ip);
}

void buf_mac(struct buf *buf, const mac_addr *mac)
{
	char *to = buf_space(buf, ADDRESS_TEXT);

	if (to)
		buf->length = (size_t)(address_mac(to, mac) - buf->data);
}

void buf_ip(struct buf *buf, const uint8_t *ip, unsigned int size)
{
	char *to = buf_space(buf, ADDRESS_TEXT);

	if (to)
		buf->length = (size_t)(address_ip(to, ip, size) - buf->data);
}
