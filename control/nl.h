/* SPDX-License-Identifier: GPL-2.0-only */
/* One netlink conversation: a request, its replies, the kernel's acknowledgement and, if it
 * refuses, the text it gives (extended acknowledgement, Linux 4.12). */
#ifndef XDPCTL_NL_H
#define XDPCTL_NL_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

#define NL_REQUEST 8192
#define NL_EXTACK  256

struct nl {
	struct mnl_socket *socket;
	uint32_t seq;
	char extack[NL_EXTACK]; /* the kernel's words on the last request; "" if it had none */
};

/* Called for each reply message; returns 0, or -errno to fail the request (all replies are still
 * read, so that the socket stays usable). */
typedef int nl_reply_fn(const struct nlmsghdr *message, void *context);

/* Open a socket of the bus (NETLINK_ROUTE, NETLINK_GENERIC) in the current network namespace.
 * 0 or -errno. */
int nl_open(struct nl *nl, int bus);
void nl_close(struct nl *nl); /* a zeroed or closed one is fine */

/* Send the request, with NLM_F_ACK unless it is a dump, and read to its end. 0 or -errno, the
 * kernel's or the callback's. on_reply may be NULL. A dump that the kernel reports as interrupted
 * (NLM_F_DUMP_INTR) gives -EINTR: ask again. */
int nl_talk(struct nl *nl, struct nlmsghdr *request, nl_reply_fn *on_reply, void *context);

/* Put the kernel's text of an NLMSG_ERROR or NLMSG_DONE message into out, "" if it has none or is
 * malformed. */
void nl_extack(const struct nlmsghdr *message, char *out, size_t size);

/* Attribute lookups that trust nothing: NULL if absent; a value of the wrong length counts as
 * absent. Inside of a nested attribute or behind a header of offset bytes. */
const struct nlattr *nl_find(const struct nlmsghdr *message, size_t offset, uint16_t type);
const struct nlattr *nl_find_nested(const struct nlattr *nest, uint16_t type);
/* The attribute behind last (NULL: the first) in a nest; NULL at its end. */
const struct nlattr *nl_next_nested(const struct nlattr *nest, const struct nlattr *last);
uint32_t nl_u32(const struct nlattr *attr, uint32_t otherwise);
int32_t nl_s32(const struct nlattr *attr, int32_t otherwise);
uint8_t nl_u8(const struct nlattr *attr, uint8_t otherwise);
const char *nl_string(const struct nlattr *attr); /* terminated within the attribute, or NULL */

/* Start a request in a buffer of NL_REQUEST bytes. */
struct nlmsghdr *nl_request(void *buffer, uint16_t type, uint16_t flags);

#endif
