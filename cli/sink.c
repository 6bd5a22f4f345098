/* SPDX-License-Identifier: GPL-2.0-only */
#include "sink.h"

#include <errno.h>
#include <stdlib.h>

void sink_list(struct sink *sink, const char *key, const char *summary)
{
	sink->ops->begin(sink, key, true, summary);
}

void sink_object(struct sink *sink, const char *key, const char *summary)
{
	sink->ops->begin(sink, key, false, summary);
}

void sink_end(struct sink *sink)
{
	sink->ops->end(sink);
}

void sink_string(struct sink *sink, const char *key, const char *value)
{
	sink->ops->string(sink, key, value);
}

void sink_u64(struct sink *sink, const char *key, uint64_t value, enum sink_unit unit)
{
	sink->ops->number(sink, key, value, unit);
}

void sink_real(struct sink *sink, const char *key, double value, enum sink_unit unit)
{
	sink->ops->real(sink, key, value, unit);
}

void sink_bool(struct sink *sink, const char *key, bool value)
{
	sink->ops->boolean(sink, key, value);
}

void sink_seconds(struct sink *sink, const char *key, uint64_t ns)
{
	sink->ops->seconds(sink, key, ns);
}

void sink_null(struct sink *sink, const char *key)
{
	sink->ops->string(sink, key, NULL);
}

void sink_value(struct sink *sink, const char *key, const struct type *type, const void *bytes,
		const struct value_env *env)
{
	sink->ops->value(sink, key, type, bytes, env);
}

void sink_raw(struct sink *sink, const char *data, size_t length)
{
	sink->ops->raw(sink, data, length);
}

void sink_line(struct sink *sink)
{
	sink->ops->flush(sink);
}

int sink_write(struct sink *sink)
{
	errno = 0;
	if (fflush(sink->out) || ferror(sink->out))
		return errno ? -errno : -EIO;
	return 0;
}

int sink_flush(struct sink *sink)
{
	sink_line(sink);
	return sink_write(sink);
}

void sink_free(struct sink *sink)
{
	if (sink)
		sink->ops->free(sink);
}

char *sink_unit_text(char out[static SINK_UNIT_TEXT], double value, enum sink_unit unit)
{
	static const char *const words[] = {
		[UNIT_NONE] = "",     [UNIT_BYTES] = "B", [UNIT_PPS] = "pps",
		[UNIT_BPS] = "bit/s", [UNIT_COUNT] = "",
	};
	static const char scale[] = " kMGTPE";
	unsigned int power = 0;

	if (unit == UNIT_NONE || unit == UNIT_COUNT) {
		snprintf(out, SINK_UNIT_TEXT, "%.0f", value);
		return out;
	}
	while (value >= 999.95 && power < 6) {
		value /= 1000;
		power++;
	}
	if (power == 0)
		snprintf(out, SINK_UNIT_TEXT, "%.0f %s", value, words[unit]);
	else
		snprintf(out, SINK_UNIT_TEXT, "%.1f %c%s", value, scale[power], words[unit]);
	return out;
}
