/* SPDX-License-Identifier: GPL-2.0-only */
/* The file or pipe that a capture goes to: under a temporary name until it is complete, never left
 * with part of a record where it can be cut. */
#ifndef XDPCTL_PCAPOUT_H
#define XDPCTL_PCAPOUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pcapfile.h"

struct pcapout {
	const struct pcapfile_options *options;
	int fd;		     /* -1: none */
	int dir;	     /* of the two names; -1: it has none, or is no file of ours */
	bool is_file;	     /* can be cut and synced */
	bool is_socket;	     /* as sshd gives it to a command */
	uint64_t start;	     /* where it begins: standard output may be inside a file */
	uint64_t size;	     /* bytes that are to stay */
	uint64_t reserved;   /* bytes that have their place; UINT64_MAX: no more of that */
	uint64_t sent;	     /* bytes on their way to the disk */
	char path[PATH_MAX]; /* for messages */
	char name[NAME_MAX + 1];
	char temporary[NAME_MAX + 1]; /* "" once it has its own name */
};

/* The path is no file that could be replaced by another of the same name. */
bool pcapout_is_stream(const char *path);

/* The options are used until the end. */
int pcapout_open(struct pcapout *out, const struct pcapfile_options *options, const char *path,
		 struct err *err);

/* Write all. On error *done bytes got there: tell by pcapout_cut() how many are to stay. */
int pcapout_write(struct pcapout *out, const char *data, size_t length, size_t *done);

/* Count that many more bytes, and remove what is behind them. */
void pcapout_cut(struct pcapout *out, size_t length);

/* Sync, give it its name, close. *synced: the disk has it all. */
int pcapout_finish(struct pcapout *out, bool *synced, struct err *err);

/* Remove and close it. */
void pcapout_abandon(struct pcapout *out);

int pcapout_check_rights(const struct pcapout *out, struct err *err);

#endif
