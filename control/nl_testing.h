/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: a kernel that answers what it was told to, messages in buffers of exactly their size
 * (so that a sanitizer sees every read behind them), and ways to spoil them. Included by one file
 * of a test: it takes the place of libmnl's two functions that talk to the kernel. */
#ifndef XDPCTL_NL_TESTING_H
#define XDPCTL_NL_TESTING_H

#include <errno.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nl.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- messages */

static inline uint8_t hex_byte(const char *at)
{
	char digits[3] = { at[0], at[1], '\0' };

	return (uint8_t)strtoul(digits, NULL, 16);
}

/* The caller frees it. Recorded messages are in the byte order of the machine they came from. */
static inline struct nlmsghdr *message_of(const char *hex)
{
	size_t size = strlen(hex) / 2;
	uint8_t *bytes = malloc(size);

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
		free(bytes);
		skip();
	}
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = hex_byte(hex + 2 * i);
	assert_int_equal(((struct nlmsghdr *)bytes)->nlmsg_len, size);
	return (void *)bytes;
}

static inline struct nlmsghdr *message_copy(const struct nlmsghdr *message)
{
	struct nlmsghdr *copy = malloc(message->nlmsg_len);

	assert_non_null(copy);
	return memcpy(copy, message, message->nlmsg_len);
}

/* ---- spoiled messages */

typedef void decode_fn(const struct nlmsghdr *message);

/* What has not even a sound header is not looked at. (mnl_nlmsg_ok() of libmnl before 1.0.5 takes
 * lengths from 2^31.) */
static inline bool is_sound(const struct nlmsghdr *message, size_t size)
{
	return size >= NLMSG_HDRLEN && message->nlmsg_len >= NLMSG_HDRLEN &&
	       message->nlmsg_len <= size;
}

static inline void decode_if_sound(const struct nlmsghdr *message, size_t size, decode_fn *decode)
{
	if (is_sound(message, size))
		decode(message);
}

/* Cut at each length, with a header that says so. */
static inline void spoil_length(const struct nlmsghdr *whole, decode_fn *decode)
{
	for (uint32_t size = NLMSG_HDRLEN; size < whole->nlmsg_len; size++) {
		struct nlmsghdr *cut = malloc(size);

		assert_non_null(cut);
		memcpy(cut, whole, size);
		cut->nlmsg_len = size;
		decode_if_sound(cut, size, decode);
		free(cut);
	}
}

static inline void spoil_bytes(const struct nlmsghdr *whole, decode_fn *decode)
{
	static const uint8_t values[] = { 0x00, 0xff, 0x01, 0x7f, 0x80 };
	struct nlmsghdr *copy = message_copy(whole);
	uint8_t *bytes = (void *)copy;

	for (size_t i = 0; i < whole->nlmsg_len; i++) {
		uint8_t before = bytes[i];

		for (size_t v = 0; v < COUNT(values); v++) {
			bytes[i] = values[v];
			decode_if_sound(copy, whole->nlmsg_len, decode);
		}
		bytes[i] = before;
	}
	free(copy);
}

/* Every aligned place holds the length of an attribute, in some attribute or other. */
static inline void spoil_attributes(const struct nlmsghdr *whole, decode_fn *decode)
{
	struct nlmsghdr *copy = message_copy(whole);
	size_t size = whole->nlmsg_len;

	for (size_t i = NLMSG_HDRLEN; i + sizeof(struct nlattr) <= size; i += NLA_ALIGNTO) {
		struct nlattr *attr = (void *)((char *)copy + i);
		uint16_t before = attr->nla_len, left = (uint16_t)(size - i);
		const uint16_t lengths[] = { 0,
					     1,
					     2,
					     3,
					     4,
					     5,
					     8,
					     (uint16_t)(before - 1),
					     (uint16_t)(before + 1),
					     (uint16_t)(before + 4),
					     (uint16_t)(left - 1),
					     left,
					     (uint16_t)(left + 1),
					     0x7fff,
					     0x8000,
					     0xfffc,
					     0xffff };

		for (size_t v = 0; v < COUNT(lengths); v++) {
			attr->nla_len = lengths[v];
			decode_if_sound(copy, size, decode);
		}
		attr->nla_len = before;
	}
	free(copy);
}

static inline void spoil(const char *const *recorded, size_t count, decode_fn *decode)
{
	for (size_t i = 0; i < count; i++) {
		struct nlmsghdr *whole = message_of(recorded[i]);

		decode(whole);
		spoil_length(whole, decode);
		spoil_bytes(whole, decode);
		spoil_attributes(whole, decode);
		free(whole);
	}
}

/* ---- the kernel */

#define FAKE_ANSWERS 32

struct fake_kernel {
	unsigned int sent; /* requests */
	char request[FAKE_ANSWERS][NL_REQUEST];
	int send_error;
	unsigned int answers, taken;
	struct fake_answer {
		char *data; /* one datagram: several messages */
		size_t size;
		int error;
		bool stale; /* answers an earlier request */
	} answer[FAKE_ANSWERS];
};

static struct fake_kernel fake;

static inline void fake_reset(void)
{
	for (unsigned int i = 0; i < fake.answers; i++)
		free(fake.answer[i].data);
	fake = (struct fake_kernel){ 0 };
}

static inline const struct nlmsghdr *fake_request(unsigned int i)
{
	assert_true(i < fake.sent);
	return (const void *)fake.request[i];
}

/* The next answer is this message, a datagram of its own. */
static inline struct fake_answer *fake_message(const struct nlmsghdr *message)
{
	struct fake_answer *answer = &fake.answer[fake.answers++];

	assert_true(fake.answers <= FAKE_ANSWERS);
	*answer = (struct fake_answer){ .data = (void *)message_copy(message),
					.size = message->nlmsg_len };
	return answer;
}

/* Another message in the last datagram. */
static inline void fake_more(const struct nlmsghdr *message)
{
	struct fake_answer *answer = &fake.answer[fake.answers - 1];
	size_t at = NLMSG_ALIGN(answer->size);

	answer->data = realloc(answer->data, at + message->nlmsg_len);
	assert_non_null(answer->data);
	memcpy(answer->data + at, message, message->nlmsg_len);
	answer->size = at + message->nlmsg_len;
}

static inline void fake_recorded(const char *hex)
{
	struct nlmsghdr *message = message_of(hex);

	fake_message(message);
	free(message);
}

static inline void fake_error(int error)
{
	fake.answer[fake.answers++].error = error;
	assert_true(fake.answers <= FAKE_ANSWERS);
}

/* An acknowledgement as a socket with NETLINK_CAP_ACK and NETLINK_EXT_ACK gets it. */
static inline struct nlmsghdr *ack_message(void *buffer, int error, const char *text)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nlmsgerr *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	message->nlmsg_type = NLMSG_ERROR;
	message->nlmsg_flags = NLM_F_CAPPED;
	body->error = error;
	body->msg.nlmsg_len = NLMSG_HDRLEN;
	if (text) {
		message->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, text);
	}
	return message;
}

static inline void fake_ack(int error, const char *text)
{
	char buffer[1024];

	fake_message(ack_message(buffer, error, text));
}

static inline struct nlmsghdr *done_message(void *buffer, int error)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = NLMSG_DONE;
	message->nlmsg_flags = NLM_F_MULTI;
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof(error)), &error, sizeof(error));
	return message;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *request, size_t size)
{
	(void)nl;
	if (fake.send_error) {
		errno = fake.send_error;
		return -1;
	}
	assert_true(fake.sent < FAKE_ANSWERS && size <= NL_REQUEST);
	memcpy(fake.request[fake.sent++], request, size);
	return (ssize_t)size;
}

/* The kernel repeats the request's sequence number. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buffer, size_t size)
{
	struct fake_answer *answer = &fake.answer[fake.taken];
	struct nlmsghdr *message = buffer;
	int left;

	(void)nl;
	if (fake.taken == fake.answers || answer->error) {
		errno = fake.taken == fake.answers ? ETIMEDOUT : answer->error;
		fake.taken += fake.taken < fake.answers;
		return -1;
	}
	assert_true(answer->size <= size);
	memcpy(buffer, answer->data, answer->size);
	fake.taken++;
	left = (int)answer->size;
	while (left > 0 && is_sound(message, (size_t)left)) {
		message->nlmsg_seq = fake_request(fake.sent - 1)->nlmsg_seq - answer->stale;
		message = mnl_nlmsg_next(message, &left);
	}
	return (ssize_t)answer->size;
}

static inline int fake_setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static inline int fake_teardown(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

#define nl_unit_test(test) cmocka_unit_test_setup_teardown(test, fake_setup, fake_teardown)

#endif
