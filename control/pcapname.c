/* SPDX-License-Identifier: GPL-2.0-only */
#include "pcapname.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_KEPT 1000000u

int pcapname_start(struct pcapname *names, const char *pattern, bool changes, bool seconds,
		   uint32_t ring, struct err *err)
{
	*names = (struct pcapname){
		.pattern = pattern,
		.by_time = seconds && strchr(pattern, '%'),
		.changes = changes,
		.ring = ring,
	};
	if (ring > MOST_KEPT)
		return err_set(err, ERR_USAGE, EINVAL, pattern, "a ring has at most %u files",
			       MOST_KEPT);
	if (!names->by_time || !ring)
		return 0;
	names->kept = calloc(ring, sizeof(*names->kept));
	return names->kept ? 0 : err_set(err, ERR_FAILED, ENOMEM, pattern, "out of memory");
}

/* Digits of the last number in the ring. */
static int ring_digits(uint32_t ring)
{
	int digits = 0;

	for (uint32_t last = ring - 1; last; last /= 10)
		digits++;
	return digits;
}

static int numbered(const struct pcapname *names, char *out)
{
	if (names->changes && names->ring > 1)
		return snprintf(out, PATH_MAX, "%s%0*" PRIu64, names->pattern,
				ring_digits(names->ring), names->count % names->ring);
	if (names->count && names->ring != 1)
		return snprintf(out, PATH_MAX, "%s%" PRIu64, names->pattern, names->count);
	return snprintf(out, PATH_MAX, "%s", names->pattern);
}

static int timed(struct pcapname *names, time_t time, char *out)
{
	char text[PATH_MAX];
	struct tm tm;

	if (!localtime_r(&time, &tm) || !strftime(text, sizeof(text), names->pattern, &tm))
		return PATH_MAX;
	names->again = names->count && strcmp(text, names->last) == 0 ? names->again + 1 : 0;
	memcpy(names->last, text, sizeof(text));
	if (names->again)
		return snprintf(out, PATH_MAX, "%s%" PRIu64, text, names->again);
	return snprintf(out, PATH_MAX, "%s", text);
}

int pcapname_next(struct pcapname *names, time_t time, char out[static PATH_MAX], struct err *err)
{
	int length = names->by_time ? timed(names, time, out) : numbered(names, out);

	if (length >= PATH_MAX)
		return err_set(err, ERR_USAGE, ENAMETOOLONG, names->pattern,
			       "the name of a file becomes too long");
	names->count++;
	return 0;
}

/* The same name again is a file that was replaced. */
static void forget(struct pcapname *names, const char *name)
{
	for (uint32_t i = 0; i < names->ring; i++) {
		if (names->kept[i] && strcmp(names->kept[i], name) == 0) {
			free(names->kept[i]);
			names->kept[i] = NULL;
		}
	}
}

int pcapname_keep(struct pcapname *names, const char *name, struct err *err)
{
	char *oldest;
	int ret = 0;

	if (!names->kept)
		return 0;
	forget(names, name);
	oldest = names->kept[names->next];
	if (oldest && unlink(oldest) && errno != ENOENT)
		ret = err_set(err, err_code_of(errno), errno, oldest,
			      "cannot remove the oldest file of the ring: %s", strerror(errno));
	free(oldest);
	names->kept[names->next] = strdup(name);
	names->next = (names->next + 1) % names->ring;
	return ret;
}

void pcapname_stop(struct pcapname *names)
{
	for (uint32_t i = 0; names->kept && i < names->ring; i++)
		free(names->kept[i]);
	free(names->kept);
	names->kept = NULL;
}
