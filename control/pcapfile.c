/* SPDX-License-Identifier: GPL-2.0-only */
#include "pcapfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pcapfile_part.h"

#define MOST_AGE PCAPFILE_SECOND /* of what waits to be written to a file */

static bool rotates(const struct pcapfile_options *options)
{
	return options->max_bytes || options->max_packets || options->seconds;
}

static int repeat_failure(const struct pcapfile *file, struct err *err)
{
	if (err)
		*err = file->failure;
	return file->failed;
}

/* ---- packets */

static bool is_full(const struct pcapfile *file)
{
	const struct pcapfile_options *options = &file->options;

	if (!file->file_packets)
		return false;
	return (options->max_packets && file->file_packets >= options->max_packets) ||
	       (options->max_bytes &&
		file->out.size + file->used + file->reserved +
				file->format->trailer_size * options->interface_count >
			options->max_bytes);
}

static char *build(struct pcapfile *file, const struct pcapfile_packet *packet)
{
	if (file->used && file->used + packet->captured + PCAPFORMAT_OVERHEAD > PCAPFILE_BLOCK &&
	    pcapfile_write(file))
		return NULL;
	return file->format->record(file->buffer + file->used, packet, &file->reserved);
}

void *pcapfile_reserve(struct pcapfile *file, const struct pcapfile_packet *packet,
		       uint32_t *length, struct err *err)
{
	struct pcapfile_packet cut = *packet;
	char *data = NULL;

	if (cut.interface >= file->options.interface_count)
		cut.interface = 0;
	if (cut.length < cut.captured)
		cut.length = cut.captured;
	if (cut.captured > file->snaplen)
		cut.captured = file->snaplen;
	*length = cut.captured;
	file->reserved_interface = cut.interface;

	if (!file->failed)
		data = build(file, &cut);
	if (data && is_full(file))
		data = pcapfile_rotate(file) ? NULL : build(file, &cut);
	if (data)
		return data;
	file->reserved = 0;
	file->stats.received++;
	file->stats.lost_write++;
	repeat_failure(file, err);
	return NULL;
}

void pcapfile_commit(struct pcapfile *file)
{
	file->used += file->reserved;
	file->reserved = 0;
	file->buffered++;
	file->file_packets++;
	file->stats.received++;
	file->totals[file->reserved_interface].delivered++;
}

int pcapfile_add(struct pcapfile *file, const struct pcapfile_packet *packet, const void *data,
		 struct err *err)
{
	uint32_t length;
	void *to = pcapfile_reserve(file, packet, &length, err);

	if (!to)
		return file->failed;
	memcpy(to, data, length);
	pcapfile_commit(file);
	return 0;
}

int pcapfile_flush(struct pcapfile *file, struct err *err)
{
	return pcapfile_write(file) ? repeat_failure(file, err) : 0;
}

void pcapfile_count(struct pcapfile *file, uint32_t interface, const struct pcapfile_counts *counts)
{
	if (interface >= file->options.interface_count)
		return;
	file->totals[interface].counted = true;
	file->totals[interface].counts = *counts;
}

void pcapfile_stats(const struct pcapfile *file, struct pcapfile_stats *stats)
{
	*stats = file->stats;
}

/* ---- time */

uint64_t pcapfile_due(const struct pcapfile *file)
{
	return file->options.seconds ? file->period + file->options.seconds * PCAPFILE_SECOND
				     : UINT64_MAX;
}

/* A file for each period, named by its start, also if the call comes late. A clock that was set
 * back begins a new period. */
static bool is_over(struct pcapfile *file, uint64_t now)
{
	uint64_t length = file->options.seconds * PCAPFILE_SECOND;

	if (!length)
		return false;
	if (now < file->period) {
		file->period = now;
		return false;
	}
	if (now - file->period < length)
		return false;
	file->period += (now - file->period) / length * length;
	return true;
}

int pcapfile_tick(struct pcapfile *file, uint64_t now, struct err *err)
{
	int ret = file->failed;

	file->now = now;
	if (!ret && is_over(file, now))
		ret = pcapfile_rotate(file);
	if (ret || !file->used)
		return ret ? repeat_failure(file, err) : 0;
	if (!file->waits_since || now < file->waits_since)
		file->waits_since = now;
	if (!file->out.is_file || now - file->waits_since >= MOST_AGE)
		ret = pcapfile_write(file);
	return ret ? repeat_failure(file, err) : 0;
}

/* ---- all of it */

static int check_options(const struct pcapfile_options *options, struct err *err)
{
	if (!options->path[0])
		return err_set(err, ERR_USAGE, ENOENT, "", "no file named");
	if (!options->interface_count || options->interface_count > PCAPFILE_INTERFACES)
		return err_set(err, ERR_USAGE, EINVAL, options->path,
			       "a capture has 1 to %u interfaces", PCAPFILE_INTERFACES);
	if (options->files && !rotates(options)) {
		err_set(err, ERR_USAGE, EINVAL, options->path, "one file is no ring of files");
		return err_hint(err, "say when a file is full: -C MB or -G SECONDS");
	}
	if (!rotates(options) || !pcapout_is_stream(options->path))
		return 0;
	err_set(err, ERR_USAGE, EINVAL, options->path, "there is no next file after this one");
	return err_hint(err, "name a file, or leave -C, -G and -W away");
}

static struct pcapfile *make(const struct pcapfile_options *options)
{
	size_t totals = options->interface_count * sizeof(struct pcapformat_total);
	struct pcapfile *file = calloc(1, sizeof(*file) + totals);

	if (!file)
		return NULL;
	file->options = *options;
	file->format = options->format == PCAPFILE_PCAP ? &pcapformat_pcap : &pcapformat_pcapng;
	if (options->snaplen > PCAPFILE_SNAPLEN)
		file->options.snaplen = PCAPFILE_SNAPLEN;
	file->snaplen = options->snaplen ? file->options.snaplen : PCAPFILE_SNAPLEN;
	file->now = file->period = options->now;
	for (uint32_t i = 0; i < options->interface_count; i++)
		file->totals[i].start = options->now;
	file->buffer = malloc(PCAPFILE_BUFFER);
	if (file->buffer)
		return file;
	free(file);
	return NULL;
}

static void discard(struct pcapfile *file)
{
	pcapname_stop(&file->names);
	free(file->buffer);
	free(file);
}

int pcapfile_open(const struct pcapfile_options *options, struct pcapfile **out, struct err *err)
{
	struct pcapfile *file;
	int ret;

	*out = NULL;
	ret = check_options(options, err);
	if (ret)
		return ret;
	file = make(options);
	if (!file)
		return err_set(err, ERR_FAILED, ENOMEM, options->path, "out of memory");
	ret = pcapname_start(&file->names, options->path, rotates(options), options->seconds,
			     options->files, &file->failure);
	if (!ret)
		ret = pcapfile_open_next(file);
	if (ret) {
		if (err)
			*err = file->failure;
		discard(file);
		return ret;
	}
	*out = file;
	return 0;
}

int pcapfile_check_rights(const struct pcapfile *file, struct err *err)
{
	if (file->options.in_place && !rotates(&file->options))
		return 0;
	return file->is_open ? pcapout_check_rights(&file->out, err) : 0;
}

void pcapfile_abandon(struct pcapfile *file)
{
	if (!file)
		return;
	if (file->is_open)
		pcapout_abandon(&file->out);
	discard(file);
}

int pcapfile_close(struct pcapfile *file, uint64_t now, struct pcapfile_stats *stats,
		   struct err *err)
{
	const struct err *why;
	int ret;

	if (!file)
		return 0;
	file->now = now;
	pcapfile_finish(file);
	ret = file->failed;
	why = &file->failure;
	if (ret)
		repeat_failure(file, err);
	if (ret && file->stats.lost_write) {
		err_set(err, why->code, why->errnum, why->object,
			"%s; %" PRIu64 " packets are lost", why->message, file->stats.lost_write);
		err_hint(err, "%s", why->hint);
	}
	if (stats)
		*stats = file->stats;
	discard(file);
	return ret;
}
