/* SPDX-License-Identifier: GPL-2.0-only */
/* Captured packets, written as pcapng or as pcap with nanoseconds: to a file, a ring of files or a
 * pipe.
 *
 * A file is written as NAME.part (.part1, ... if an earlier capture was killed and left that one)
 * beside NAME, and renamed when it is complete: what stands under its own name is whole, synced and
 * closed. Records are written whole, so what a killed capture leaves as NAME.part can be read up to
 * its last record; what was in the buffer is not in it: a mebibyte at most, and with
 * pcapfile_tick() no more than came in a second.
 *
 * Names of further files are tcpdump's, with two differences: nothing of this capture is
 * overwritten unless a ring was asked for, and "files" is a ring however files are changed. no
 * ring:           NAME, NAME1, NAME2, ... ring of N files:   NAME0 ... NAME(N-1), with leading
 * zeros, then again from 0 "seconds", and a % in NAME: strftime(3), local time of the period's
 * start; a number is added to a name that was just used; a ring removes its oldest file
 *
 * The caller ignores SIGPIPE and SIGXFSZ, and gives up privileges after pcapfile_open() if it wants
 * to: see pcapfile_check_rights(). Not for use by two threads at once. */
#ifndef XDPCTL_PCAPFILE_H
#define XDPCTL_PCAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

#define PCAPFILE_SNAPLEN    262144u /* the longest packet; readers refuse longer ones */
#define PCAPFILE_TEXT	    1000u   /* bytes of a text; what is longer is cut */
#define PCAPFILE_INTERFACES 32u

struct pcapfile;

enum pcapfile_format { PCAPFILE_PCAPNG, PCAPFILE_PCAP };
enum pcapfile_direction { PCAPFILE_UNKNOWN, PCAPFILE_IN, PCAPFILE_OUT };
enum pcapfile_hook { PCAPFILE_NO_VERDICT, PCAPFILE_TC, PCAPFILE_XDP };

struct pcapfile_interface {
	const char *name, *description, *filter; /* UTF-8; NULL: not said */
};

struct pcapfile_options {
	const char *path; /* "-" is standard output; a pipe or device is written as it is */
	enum pcapfile_format format;
	const char *hardware, *os, *application, *comment; /* of the machine; NULL: not said */
	const struct pcapfile_interface *interfaces;
	uint32_t interface_count; /* at least 1 */
	uint32_t snaplen;	  /* 0: whole packets. libpcap takes one for all interfaces */
	uint64_t now;		  /* ns since 1970 */
	/* When to go on in the next file; 0: never. */
	uint64_t max_bytes; /* no file is longer, unless a single packet is */
	uint64_t max_packets;
	uint32_t seconds; /* takes pcapfile_tick() */
	uint32_t files;	  /* how many to keep; 0: all */
	/* Bytes to reserve on disk at a time, ahead of what is written, as far as there is room.
	 * What a killed capture left keeps them. */
	uint64_t preallocate;
	bool in_place; /* no NAME.part: for who gives up the right to rename */
	bool give;     /* to owner and group, each file when it is made */
	uid_t owner;
	gid_t group;
	/* True: the capture is to end, so do not wait more than a moment for a pipe's reader. May
	 * be NULL. */
	bool (*stopping)(void *context);
	void *context;
};

/* A pcap file has the time, the lengths and the bytes of a packet, and nothing else. */
struct pcapfile_packet {
	uint64_t time_ns;   /* since 1970 */
	uint32_t length;    /* on the wire */
	uint32_t captured;  /* bytes that are here; the snap length cuts them further */
	uint32_t interface; /* index into the options' interfaces */
	uint32_t queue;	    /* if has_queue */
	int32_t verdict;    /* XDP_* or TC_ACT_*, by verdict_of */
	uint8_t verdict_of; /* enum pcapfile_hook */
	uint8_t direction;  /* enum pcapfile_direction */
	bool has_queue;
	const char *reason, *remark; /* comments, in UTF-8; NULL: none */
};

/* What the statistics block at the end of each file says of an interface since the capture began.
 */
struct pcapfile_counts {
	uint64_t received; /* packets that arrived there */
	uint64_t dropped;  /* by the interface */
	uint64_t accepted; /* matched the filter */
	uint64_t missed;   /* matched, and were lost before they came here */
};

struct pcapfile_stats {
	uint64_t received;   /* packets handed over: written + lost_write, once it is closed */
	uint64_t written;    /* whole, to a file or into a pipe */
	uint64_t lost_write; /* did not get there because of an error */
	uint64_t unsure;     /* of those written: the disk refused to say that it has them */
	uint64_t bytes;	     /* of all files, headers included */
	uint64_t files;
};

/* The options' texts and interfaces stay the caller's and are used until the end. */
int pcapfile_open(const struct pcapfile_options *options, struct pcapfile **out, struct err *err);

/* After the caller gave up privileges: can it still do what is to be done when a file is complete
 * (rename, make the next one, remove the oldest)? -EACCES says what it cannot. */
int pcapfile_check_rights(const struct pcapfile *file, struct err *err);

/* Take a packet over. After an error, which is an end, each further one is counted as lost. */
int pcapfile_add(struct pcapfile *file, const struct pcapfile_packet *packet, const void *data,
		 struct err *err);

/* The same without a copy in between: room for *length bytes of the packet (what was captured, cut
 * by the snap length), to be filled before pcapfile_commit(). Not committed it never was. NULL
 * after an error: the packet is lost and counted so. Nothing else may be called in between. */
void *pcapfile_reserve(struct pcapfile *file, const struct pcapfile_packet *packet,
		       uint32_t *length, struct err *err);
void pcapfile_commit(struct pcapfile *file);

/* Write what waits in the buffer: when nothing more is there to be added for now. */
int pcapfile_flush(struct pcapfile *file, struct err *err);

/* To be called at pcapfile_due(), and several times a second: goes on in the next file if it is
 * time for it, flushes a pipe, and what waits for more than a second to be written to a file. */
int pcapfile_tick(struct pcapfile *file, uint64_t now, struct err *err);
uint64_t pcapfile_due(const struct pcapfile *file); /* ns since 1970; UINT64_MAX: never */

/* What is known of an interface now; goes into the file when it is completed. */
void pcapfile_count(struct pcapfile *file, uint32_t interface,
		    const struct pcapfile_counts *counts);

/* Numbers so far; packets in the buffer are neither written nor lost yet. */
void pcapfile_stats(const struct pcapfile *file, struct pcapfile_stats *stats);

/* Remove the file, as if it never was, and free all. NULL is fine. */
void pcapfile_abandon(struct pcapfile *file);

/* Complete the file and free all. The error, also if it happened before, says how many packets did
 * not get there. NULL is fine. */
int pcapfile_close(struct pcapfile *file, uint64_t now, struct pcapfile_stats *stats,
		   struct err *err);

#endif
