/* SPDX-License-Identifier: GPL-2.0-only */
#include "field.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static int refuse(const struct field *field, struct err *err, const char *text, const char *wants)
{
	return err_set(err, ERR_USAGE, EINVAL, NULL, "--%s: \"%s\" is not %s", field->name, text,
		       wants);
}

static int parse_count(const struct field *field, uint64_t *out, const char *text, struct err *err)
{
	char wants[80];
	uint64_t value;

	if (text_to_u64(text, field->max, &value) == 0 && value >= field->min) {
		*out = value;
		return 0;
	}
	snprintf(wants, sizeof(wants), "a whole number from %" PRIu64 " to %" PRIu64, field->min,
		 field->max);
	return refuse(field, err, text, wants);
}

static int parse_choice(const struct field *field, int *out, const char *text, struct err *err)
{
	char wants[160] = "one of";

	for (int i = 0; field->choices[i]; i++) {
		if (strcmp(text, field->choices[i]) == 0) {
			*out = i;
			return 0;
		}
		snprintf(wants + strlen(wants), sizeof(wants) - strlen(wants), "%s%s",
			 i ? ", " : " ", field->choices[i]);
	}
	return refuse(field, err, text, wants);
}

static int parse_mac(const struct field *field, mac_addr *out, const char *text, struct err *err)
{
	mac_addr mac;

	if (text_to_mac(text, &mac))
		return refuse(field, err, text, "a MAC address such as 02:00:00:00:00:01");
	if (mac_is_zero(mac) || (mac.octet[0] & 1))
		return refuse(field, err, text, "a station's MAC address (it is zero or a group)");
	*out = mac;
	return 0;
}

int field_parse(const struct field *field, void *base, const char *text, struct err *err)
{
	void *place = (char *)base + field->offset;
	char wants[80];

	switch (field->type) {
	case FIELD_FLAG:
		*(bool *)place = true;
		return 0;
	case FIELD_COUNT:
		return parse_count(field, place, text, err);
	case FIELD_SECONDS:
		if (text_to_seconds(text, (double)field->max, place) == 0)
			return 0;
		snprintf(wants, sizeof(wants), "a number of seconds above 0, at most %" PRIu64,
			 field->max);
		return refuse(field, err, text, wants);
	case FIELD_CHOICE:
		return parse_choice(field, place, text, err);
	case FIELD_MAC:
		return parse_mac(field, place, text, err);
	case FIELD_TEXT:
		if (!*text)
			return refuse(field, err, text, "a name");
		*(const char **)place = text;
		return 0;
	case FIELD_END:
		break;
	}
	return err_set(err, ERR_FAILED, EINVAL, NULL, "--%s: no such type of option", field->name);
}

const struct field *field_by_name(const struct field *table, const char *name, size_t length)
{
	for (; table && table->type != FIELD_END; table++) {
		if (strlen(table->name) == length && memcmp(table->name, name, length) == 0)
			return table;
	}
	return NULL;
}

const struct field *field_by_letter(const struct field *table, char letter)
{
	for (; table && table->type != FIELD_END; table++) {
		if (letter && table->letter == letter)
			return table;
	}
	return NULL;
}

char *field_text(const struct field *field, const void *base, char *out, size_t size)
{
	const void *place = (const char *)base + field->offset;
	char mac[MAC_TEXT];

	out[0] = '\0';
	switch (field->type) {
	case FIELD_FLAG:
		snprintf(out, size, "%s", *(const bool *)place ? "true" : "false");
		break;
	case FIELD_COUNT:
		snprintf(out, size, "%" PRIu64, *(const uint64_t *)place);
		break;
	case FIELD_SECONDS:
		snprintf(out, size, "%.15g", *(const double *)place);
		break;
	case FIELD_CHOICE:
		snprintf(out, size, "%s", field->choices[*(const int *)place]);
		break;
	case FIELD_MAC:
		if (!mac_is_zero(*(const mac_addr *)place))
			snprintf(out, size, "%s", mac_text(mac, *(const mac_addr *)place));
		break;
	case FIELD_TEXT:
		if (*(const char *const *)place)
			snprintf(out, size, "%s", *(const char *const *)place);
		break;
	case FIELD_END:
		break;
	}
	return out;
}
