/* SPDX-License-Identifier: GPL-2.0-only */
/* Types whose name is their notation. BTF keeps typedef names, so a map or a struct that uses
 * them can be shown and read without any other hint. Shared with BPF programs. */
#ifndef XDPCTL_TYPES_H
#define XDPCTL_TYPES_H

#include <linux/types.h>

typedef __u32 ifindex_t; /* shown as an interface name: eth0 */
typedef __be32 ip4_be;	 /* shown as 10.0.0.1 */
typedef __be16 port_be;	 /* shown as 443 */

typedef struct {
	__u8 octet[6];
} mac_addr; /* shown as 00:11:22:33:44:55 */

typedef struct {
	__u8 octet[16];
} ip6_addr; /* shown as 2001:db8::1; an IPv4 address is ::ffff:10.0.0.1 */

#endif
