/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses as text, for lines that are written a million times: inet_ntop(3) and snprintf(3) take
 * longer than all the rest of such a line. */
#ifndef XDPCTL_ADDRESS_H
#define XDPCTL_ADDRESS_H

#include <stdint.h>

#include "buf.h"
#include "types.h"

#define ADDRESS_TEXT 46 /* INET6_ADDRSTRLEN: the longest, with a zero at its end */

/* Write it, not terminated. Returns the end. */
char *address_mac(char *to, const mac_addr *mac);
char *address_ip4(char *to, const uint8_t ip[static 4]);
char *address_ip6(char *to, const uint8_t ip[static 16]); /* the same text as inet_ntop(3) */
char *address_ip(char *to, const uint8_t *ip, unsigned int size); /* of 4 or 16 bytes */

void buf_mac(struct buf *buf, const mac_addr *mac);
void buf_ip(struct buf *buf, const uint8_t *ip, unsigned int size);

#endif
