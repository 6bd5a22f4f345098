/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the capture writer share. */
#ifndef XDPCTL_PCAPFILE_PART_H
#define XDPCTL_PCAPFILE_PART_H

#include "pcapfile.h"
#include "pcapformat.h"
#include "pcapname.h"
#include "pcapout.h"

#define PCAPFILE_SECOND 1000000000ull
#define PCAPFILE_BUFFER (1u << 19)
/* Written when there is so much, unless a longer record comes: it is copied out of the cache. */
#define PCAPFILE_BLOCK (1u << 16)

_Static_assert(PCAPFILE_BUFFER >= PCAPFILE_SNAPLEN + PCAPFORMAT_OVERHEAD &&
		       PCAPFILE_BUFFER >= PCAPFORMAT_HEADER,
	       "the buffer holds a record or header of any size");

struct pcapfile {
	struct pcapfile_options options;
	const struct pcapformat *format;
	uint32_t snaplen;
	struct pcapname names;
	struct pcapout out;
	char path[PATH_MAX]; /* of the file that is open */
	bool is_open;
	char *buffer;
	size_t used;	 /* bytes of whole records in the buffer */
	size_t reserved; /* bytes of the one behind them */
	uint32_t reserved_interface;
	uint64_t buffered;     /* packets in the buffer */
	uint64_t file_packets; /* in this file and the buffer */
	uint64_t file_written; /* in this file */
	uint64_t now;	       /* as of the last call that said it */
	uint64_t waits_since;  /* since when something is in the buffer, 0: nothing is */
	uint64_t period;       /* when the present one began */
	int failed;	       /* -errno: the end */
	struct err failure;
	struct pcapfile_stats stats;
	struct pcapformat_total totals[];
};

/* Each returns -errno and leaves the error in the struct. */
int pcapfile_open_next(struct pcapfile *file);
int pcapfile_write(struct pcapfile *file); /* what is in the buffer */
int pcapfile_finish(struct pcapfile *file);
int pcapfile_rotate(struct pcapfile *file);

#endif
