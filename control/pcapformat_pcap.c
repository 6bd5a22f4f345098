/* SPDX-License-Identifier: GPL-2.0-only */
/* The older format, with nanoseconds: draft-ietf-opsawg-pcap. */
#include "pcapformat.h"

#include <string.h>

#define MAGIC_NANO 0xa1b23c4du
#define SECOND	   1000000000u

struct file {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2], snaplen, linktype;
};

struct record {
	uint32_t seconds, nanoseconds, captured, length;
};

static size_t header(char *to, const struct pcapfile_options *options)
{
	const struct file file = {
		.magic = MAGIC_NANO,
		.major = 2,
		.minor = 4,
		.snaplen = options->snaplen ? options->snaplen : PCAPFILE_SNAPLEN,
		.linktype = PCAPFORMAT_ETHERNET,
	};

	memcpy(to, &file, sizeof(file));
	return sizeof(file);
}

static char *record(char *to, const struct pcapfile_packet *from, size_t *size)
{
	const struct record record = {
		.seconds = (uint32_t)(from->time_ns / SECOND),
		.nanoseconds = (uint32_t)(from->time_ns % SECOND),
		.captured = from->captured,
		.length = from->length,
	};

	memcpy(to, &record, sizeof(record));
	*size = sizeof(record) + from->captured;
	return to + sizeof(record);
}

static size_t trailer(char *to, const struct pcapformat_total *totals, uint32_t count)
{
	(void)to;
	(void)totals;
	(void)count;
	return 0;
}

static size_t measure(const char *at, size_t size, bool *is_packet)
{
	struct record record;
	size_t whole;

	if (size < sizeof(record))
		return 0;
	memcpy(&record, at, sizeof(record));
	*is_packet = true;
	whole = sizeof(record) + record.captured;
	return whole <= size ? whole : 0;
}

const struct pcapformat pcapformat_pcap = {
	.header = header,
	.record = record,
	.trailer = trailer,
	.measure = measure,
};
