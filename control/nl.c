/* SPDX-License-Identifier: GPL-2.0-only */
#include "nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECEIVE_BUFFER 65536 /* a dump message has at most 32 KiB, man 7 netlink */

int nl_open(struct nl *nl, int bus)
{
	int on = 1;

	*nl = (struct nl){ .seq = 1 };
	nl->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->socket)
		return -errno;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int ret = -errno;

		nl_close(nl);
		return ret;
	}
	/* both only make the kernel's answer better: an old kernel without them will do */
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

void nl_close(struct nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
}

struct nlmsghdr *nl_request(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return request;
}

/* The attribute at this place if it is whole, the next one to *next. */
static const struct nlattr *attr_at(const char *at, const char *end, const char **next)
{
	const struct nlattr *attr = (const void *)at;
	size_t left = (size_t)(end - at), length;

	if (at > end || left < sizeof(*attr) || attr->nla_len < sizeof(*attr) ||
	    attr->nla_len > left)
		return NULL;
	length = ((size_t)attr->nla_len + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
	*next = length < left ? at + length : end;
	return attr;
}

static const struct nlattr *find(const char *at, size_t length, uint16_t type)
{
	const struct nlattr *attr;
	const char *end = at + length;

	while ((attr = attr_at(at, end, &at))) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

const struct nlattr *nl_next_nested(const struct nlattr *nest, const struct nlattr *last)
{
	const char *at = mnl_attr_get_payload(nest);
	const char *end = at + mnl_attr_get_payload_len(nest);

	if (last && !attr_at((const void *)last, end, &at))
		return NULL;
	return attr_at(at, end, &at);
}

const struct nlattr *nl_find(const struct nlmsghdr *message, size_t offset, uint16_t type)
{
	size_t head = NLMSG_HDRLEN + (offset + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;

	if (message->nlmsg_len < head)
		return NULL;
	return find((const char *)message + head, message->nlmsg_len - head, type);
}

const struct nlattr *nl_find_nested(const struct nlattr *nest, uint16_t type)
{
	if (!nest)
		return NULL;
	return find(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), type);
}

uint32_t nl_u32(const struct nlattr *attr, uint32_t otherwise)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(uint32_t))
		return otherwise;
	return mnl_attr_get_u32(attr);
}

int32_t nl_s32(const struct nlattr *attr, int32_t otherwise)
{
	return (int32_t)nl_u32(attr, (uint32_t)otherwise);
}

uint8_t nl_u8(const struct nlattr *attr, uint8_t otherwise)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(uint8_t))
		return otherwise;
	return mnl_attr_get_u8(attr);
}

const char *nl_string(const struct nlattr *attr)
{
	if (!attr)
		return NULL;
	if (!memchr(mnl_attr_get_payload(attr), '\0', mnl_attr_get_payload_len(attr)))
		return NULL;
	return mnl_attr_get_str(attr);
}

/* Where the attributes of an acknowledgement begin: behind the error and, unless the kernel left
 * its payload out (NLM_F_CAPPED), behind the request it repeats. 0 if there are none. */
static size_t extack_offset(const struct nlmsghdr *message)
{
	size_t payload = mnl_nlmsg_get_payload_len(message);
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t offset;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	if (message->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	if (payload < sizeof(*error))
		return 0;
	offset = sizeof(*error);
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len > sizeof(error->msg))
		offset += error->msg.nlmsg_len - sizeof(error->msg);
	return offset <= payload ? offset : 0;
}

void nl_extack(const struct nlmsghdr *message, char *out, size_t size)
{
	size_t offset = extack_offset(message);
	const char *text = offset ? nl_string(nl_find(message, offset, NLMSGERR_ATTR_MSG)) : NULL;

	snprintf(out, size, "%s", text ? text : "");
	for (char *c = out; *c; c++) {
		if ((unsigned char)*c < ' ')
			*c = ' ';
	}
}

struct conversation {
	struct nl *nl;
	nl_reply_fn *on_reply;
	void *context;
	int result;
	bool interrupted;
	bool ended;
};

static void take_ack(struct conversation *c, const struct nlmsghdr *message)
{
	int error = -EPROTO;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(int))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	else if (message->nlmsg_type == NLMSG_DONE)
		error = 0;
	if (error)
		nl_extack(message, c->nl->extack, sizeof(c->nl->extack));
	if (!c->result)
		c->result = error > 0 ? -error : error;
	c->ended = true;
}

static void take_messages(struct conversation *c, const void *buffer, size_t length, uint32_t seq)
{
	const struct nlmsghdr *message = buffer;
	int left = (int)length;

	while (!c->ended && mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left) {
		if (message->nlmsg_seq != seq) {
			/* the answer to a request that was given up */
		} else if (message->nlmsg_type == NLMSG_ERROR ||
			   message->nlmsg_type == NLMSG_DONE) {
			take_ack(c, message);
		} else if (c->on_reply && !c->result) {
			c->result = c->on_reply(message, c->context);
		}
		if (message->nlmsg_seq == seq && (message->nlmsg_flags & NLM_F_DUMP_INTR))
			c->interrupted = true;
		message = mnl_nlmsg_next(message, &left);
	}
}

int nl_talk(struct nl *nl, struct nlmsghdr *request, nl_reply_fn *on_reply, void *context)
{
	struct conversation c = { .nl = nl, .on_reply = on_reply, .context = context };
	char *buffer = malloc(RECEIVE_BUFFER);
	uint32_t seq = nl->seq++;

	if (!buffer)
		return -ENOMEM;
	nl->extack[0] = '\0';
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	request->nlmsg_seq = seq;
	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0) {
		c.result = -errno;
		c.ended = true;
	}
	while (!c.ended) {
		ssize_t got = mnl_socket_recvfrom(nl->socket, buffer, RECEIVE_BUFFER);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			c.result = -errno;
			break;
		}
		take_messages(&c, buffer, (size_t)got, seq);
	}
	free(buffer);
	if (!c.result && c.interrupted)
		return -EINTR;
	return c.result;
}
