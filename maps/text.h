/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to value and back, for one value. Every parser takes the whole text or refuses it with
 * -EINVAL, or -ERANGE where only the size is wrong; *out is written on success alone. */
#ifndef XDPCTL_TEXT_H
#define XDPCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types.h"

#define MAC_TEXT sizeof("00:11:22:33:44:55")

/* Decimal or 0x hexadecimal, unsigned, no sign, no blanks. */
int text_to_u64(const char *text, uint64_t max, uint64_t *out);

/* Seconds as a decimal fraction ("0.5", "2"), finite, above 0 and at most max. */
int text_to_seconds(const char *text, double max, double *out);

/* Six hexadecimal octets with colons; each octet has one or two digits. */
int text_to_mac(const char *text, mac_addr *out);

char *mac_text(char out[static MAC_TEXT], mac_addr mac);
bool mac_is_zero(mac_addr mac);

#endif
