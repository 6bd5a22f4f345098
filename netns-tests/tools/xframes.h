/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the test tool xframes. */
#ifndef XFRAMES_H
#define XFRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXIT_USAGE	2
#define FRAME_MIN	14   /* bytes, without the checksum at the end */
#define FRAME_MAX	9018 /* a jumbo frame with a tag */
#define FRAME_MAC	6
#define FRAME_SIZES	16384
#define FRAME_COUNT_MAX 100000000u

enum kind { KIND_UDP, KIND_TCP, KIND_ARP, KIND_RAW, KIND_MIXED };

/* Which frames: all of their bytes follow from this. */
struct plan {
	uint64_t count, seed;
	uint16_t vlan; /* 0: no tag */
	uint8_t dst[FRAME_MAC];
	enum kind kind;
	uint16_t sizes[FRAME_SIZES]; /* of frames 0, 1, ..., then again from the first */
	uint32_t size_count;
};

struct options {
	struct plan plan;
	/* send */
	uint64_t rate; /* frames a second; 0: flat out */
	bool bypass;
	/* check */
	bool in_order, each_once, subset;
	uint64_t snaplen; /* bytes of each frame that were captured; 0: all. write, too */
};

/* Fill what stands in the words after the command's first. False: said what is wrong. */
bool options_parse(char **words, struct options *options);
void options_help(void);

/* Write frame `number` to out. Returns its size. */
size_t frame_build(const struct plan *plan, uint64_t number, uint8_t out[static FRAME_MAX]);
size_t frame_size(const struct plan *plan, uint64_t number);

/* Is the whole mark in the first bytes of that frame? */
bool frame_is_marked(const struct plan *plan, uint64_t number, size_t captured);

/* Read the mark of a captured frame, whichever it is. False: there is none. */
bool frame_find_mark(const uint8_t *data, size_t captured, uint64_t *number);

/* They return the exit status. */
int frames_send(const char *interface, const struct options *options);
int frames_write(const char *path, const struct options *options);
int frames_check(const char *path, const struct options *options);

#endif
