/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that gets its name only once it is whole and on the disk. */
#ifndef XDPCTL_WHOLE_FILE_H
#define XDPCTL_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
	FILE *out;
	char *path;   /* of the file itself, behind symbolic links */
	char *part;   /* the name until then; NULL if path is no ordinary file (a pipe) */
	bool unnamed; /* it has no name at all yet: if we are killed, nothing is left */
};

/* What is there already keeps its owner and its mode. 0 or -errno. */
int whole_open(struct whole_file *file, const char *path);

/* Let it take the place of what was there, or forget it. 0, or -errno: then the old one is still
 * there. A zeroed one is fine. */
int whole_close(struct whole_file *file, bool keep);

#endif
