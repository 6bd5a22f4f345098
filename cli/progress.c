/* SPDX-License-Identifier: GPL-2.0-only */
#include "progress.h"

#include "clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

void progress_start(struct progress *progress, const struct app *app)
{
	*progress = (struct progress){ .on = isatty(STDERR_FILENO) && !app->quiet,
				       .start = clock_seconds() };
}

void progress_tell(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct progress *progress = context;
	double time;

	if (!progress->on)
		return;
	time = clock_seconds();
	if (time - progress->start < 1 || time - progress->last < 0.2)
		return;
	progress->last = time;
	progress->shown = true;
	if (total)
		fprintf(stderr, "\r%llu of %llu %s (%.0f%%)\033[K", (unsigned long long)done,
			(unsigned long long)total, what, 100.0 * (double)done / (double)total);
	else
		fprintf(stderr, "\r%llu %s\033[K", (unsigned long long)done, what);
}

void progress_stop(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
	progress->shown = false;
}
