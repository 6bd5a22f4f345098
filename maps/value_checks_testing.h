/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of values: what a text is read as, what is refused, what bytes are written as. Every
 * value that is looked at also has to come back as the same bytes. */
#ifndef XDPCTL_VALUE_CHECKS_TESTING_H
#define XDPCTL_VALUE_CHECKS_TESTING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value_testing.h"

static inline int fake_ifindex(void *context, const char *name, ifindex_t *out, struct err *err)
{
	(void)context;
	if (strcmp(name, "eth1") != 0 && strcmp(name, "a,b=c") != 0)
		return err_set(err, ERR_NOT_FOUND, ENODEV, name, "no such interface");
	*out = name[0] == 'e' ? 7 : 8;
	return 0;
}

static inline bool fake_ifname(void *context, ifindex_t ifindex, char out[static NOTATION_TEXT])
{
	(void)context;
	snprintf(out, NOTATION_TEXT, "%s", ifindex == 7 ? "eth1" : "a,b=c");
	return ifindex == 7 || ifindex == 8;
}

static const struct value_env fake = { .ifindex_of = fake_ifindex, .ifname_of = fake_ifname };

/* Read the text over bytes; 0 or what was said about it. */
static inline int parse(const struct type *type, const char *text, void *bytes, struct err *err)
{
	char *copy = exactly(text, strlen(text));
	int ret;

	*err = (struct err){ 0 };
	ret = value_parse(type, copy, strlen(text), bytes, &fake, err);
	free(copy);
	return ret;
}

static inline void check_bytes(const struct type *type, const char *text, const void *bytes)
{
	uint8_t *out = calloc(1, type->size);
	struct buf why = { 0 };
	struct err err;

	assert_non_null(out);
	if (parse(type, text, out, &err))
		fail_msg("\"%s\" is refused: %s: %s", text, err.object, err.message);
	if (memcmp(out, bytes, type->size) != 0)
		fail_msg("\"%s\": other bytes", text);
	if (!round_trips(type, out, &fake, &why))
		fail_msg("\"%s\": %s", text, buf_string(&why));
	free(out);
}

static inline void check_refused(const struct type *type, const char *text, const char *object,
				 const char *message)
{
	uint8_t *out = calloc(1, type->size ? type->size : 1);
	struct err err;
	int ret;

	assert_non_null(out);
	ret = parse(type, text, out, &err);
	if (!ret || ret != -err.errnum || strcmp(err.object, object) != 0 ||
	    !strstr(err.message, message))
		fail_msg("\"%s\": %d \"%s: %s\"", text, ret, err.object, err.message);
	assert_int_equal(value_parse(type, text, strlen(text), out, &fake, NULL), ret);
	free(out);
}

static inline void check_print(const struct type *type, const void *bytes, const char *text,
			       const char *json)
{
	struct buf out = { 0 }, why = { 0 };

	value_print(type, bytes, VALUE_TEXT, &fake, &out);
	assert_string_equal(buf_string(&out), text);
	buf_clear(&out);
	value_print(type, bytes, VALUE_JSON, &fake, &out);
	assert_string_equal(buf_string(&out), json);
	if (!round_trips(type, bytes, &fake, &why))
		fail_msg("%s", buf_string(&why));
	buf_free(&out);
}

#endif
