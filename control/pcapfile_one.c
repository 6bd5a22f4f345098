/* SPDX-License-Identifier: GPL-2.0-only */
/* One file of a capture: from its header to its statistics. */
#include "pcapfile_part.h"

#include <errno.h>
#include <string.h>

/* Keep the first error: what follows comes from it. */
static int fail(struct pcapfile *file, int ret)
{
	if (!file->failed)
		file->failed = ret;
	return ret;
}

/* Whole records at the start of that many bytes of the buffer, and how many of them are packets. */
static size_t whole_records(const struct pcapfile *file, size_t bytes, uint64_t *packets)
{
	size_t at = 0, length;
	bool is_packet;

	*packets = 0;
	while ((length = file->format->measure(file->buffer + at, bytes - at, &is_packet))) {
		at += length;
		*packets += is_packet;
	}
	return at;
}

static void account(struct pcapfile *file, size_t bytes, uint64_t packets)
{
	file->stats.bytes += bytes;
	file->stats.written += packets;
	file->stats.lost_write += file->buffered - packets;
	file->file_written += packets;
	file->used = file->buffered = file->waits_since = 0;
}

static int write_failed(struct pcapfile *file, int ret)
{
	err_set(&file->failure, err_code_of(-ret), -ret, file->out.path, "cannot write: %s",
		ret == -ETIMEDOUT ? "nobody reads the pipe" : strerror(-ret));
	return fail(file, ret);
}

int pcapfile_write(struct pcapfile *file)
{
	uint64_t packets;
	size_t done;
	int ret;

	if (file->failed || !file->used)
		return file->failed;
	ret = pcapout_write(&file->out, file->buffer, file->used, &done);
	if (!ret) {
		account(file, file->used, file->buffered);
		return 0;
	}
	done = whole_records(file, done, &packets);
	pcapout_cut(&file->out, done);
	account(file, done, packets);
	return write_failed(file, ret);
}

/* The start of the file is written at once: a pipe's reader and whoever looks at a killed
 * capture's file have use for it. */
static int write_header(struct pcapfile *file)
{
	size_t length = file->format->header(file->buffer, &file->options), done;
	int ret = pcapout_write(&file->out, file->buffer, length, &done);

	if (ret) {
		pcapout_cut(&file->out, 0);
		return write_failed(file, ret);
	}
	file->stats.bytes += length;
	return 0;
}

int pcapfile_open_next(struct pcapfile *file)
{
	int ret = pcapname_next(&file->names, (time_t)(file->period / PCAPFILE_SECOND), file->path,
				&file->failure);

	if (!ret)
		ret = pcapout_open(&file->out, &file->options, file->path, &file->failure);
	if (ret)
		return fail(file, ret);
	file->file_packets = file->file_written = 0;
	ret = write_header(file);
	if (ret) {
		pcapout_abandon(&file->out);
		return ret;
	}
	file->is_open = true;
	file->stats.files++;
	return 0;
}

/* Without it the file is as good; a full disk may have no room for it. */
static void write_trailer(struct pcapfile *file)
{
	size_t length, done;

	for (uint32_t i = 0; i < file->options.interface_count; i++)
		file->totals[i].end = file->now;
	length = file->format->trailer(file->buffer, file->totals, file->options.interface_count);
	if (pcapout_write(&file->out, file->buffer, length, &done))
		pcapout_cut(&file->out, 0);
	else
		file->stats.bytes += length;
}

int pcapfile_finish(struct pcapfile *file)
{
	struct err err = { 0 };
	bool synced;
	int ret;

	if (!file->is_open)
		return file->failed;
	pcapfile_write(file);
	if (!file->failed || file->out.is_file)
		write_trailer(file);
	file->is_open = false;
	ret = pcapout_finish(&file->out, &synced, &err);
	if (!synced)
		file->stats.unsure += file->file_written;
	if (!ret)
		ret = pcapname_keep(&file->names, file->path, &err);
	if (ret && !file->failed)
		file->failure = err;
	return ret ? fail(file, ret) : file->failed;
}

int pcapfile_rotate(struct pcapfile *file)
{
	int ret = pcapfile_finish(file);

	return ret ? ret : pcapfile_open_next(file);
}
