/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of pcapng: draft-ietf-opsawg-pcapng. */
#include "pcapformat.h"

#include <string.h>

#include "buf.h"

enum { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum { OPTION_END = 0, OPTION_COMMENT = 1 };
enum { SECTION_HARDWARE = 2, SECTION_OS, SECTION_APPLICATION };
enum {
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_TSRESOL = 9,
	INTERFACE_FILTER = 11,
	INTERFACE_OS = 12,
};
enum { PACKET_FLAGS = 2, PACKET_QUEUE = 6, PACKET_VERDICT = 7 };
enum {
	STATISTICS_START = 2,
	STATISTICS_END,
	STATISTICS_RECEIVED,
	STATISTICS_DROPPED,
	STATISTICS_ACCEPTED,
	STATISTICS_OS_DROPPED,
	STATISTICS_DELIVERED,
};

#define ORDER_MAGIC   0x1a2b3c4du
#define TSRESOL_NANO  9 /* 10^-9 s */
#define FILTER_STRING 0 /* a libpcap expression */
#define FLAGS_IN      1u
#define FLAGS_OUT     2u

struct block {
	uint32_t type, length;
};

struct section {
	struct block block;
	uint32_t magic;
	uint16_t major, minor;
	int64_t length; /* -1: not known */
} __attribute__((packed));

struct interface {
	struct block block;
	uint16_t linktype, reserved;
	uint32_t snaplen;
};

struct packet {
	struct block block;
	uint32_t interface, time_high, time_low, captured, length;
};

struct statistics {
	struct block block;
	uint32_t interface, time_high, time_low;
};

struct option {
	uint16_t code, length;
};

static char *put(char *to, const void *bytes, size_t length)
{
	return (char *)memcpy(to, bytes, length) + length;
}

/* Zeros up to the next multiple of 4 behind so many bytes. The bytes come after this. */
static inline char *pad(char *to, size_t length)
{
	if (length % 4)
		memset(to + length / 4 * 4, 0, 4);
	return to + (length + 3) / 4 * 4;
}

static inline char *put_option(char *to, uint16_t code, const void *value, size_t length)
{
	struct option option = { .code = code, .length = (uint16_t)length };
	char *end;

	to = put(to, &option, sizeof(option));
	end = pad(to, length);
	memcpy(to, value, length);
	return end;
}

/* A text that is too long is cut between two characters. */
static size_t text_length(const char *text)
{
	size_t length = strnlen(text, PCAPFILE_TEXT + 1);

	if (length <= PCAPFILE_TEXT)
		return length;
	length = PCAPFILE_TEXT;
	while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static inline char *put_text(char *to, uint16_t code, const char *text)
{
	return text ? put_option(to, code, text, text_length(text)) : to;
}

/* For texts that other people chose: readers refuse what is not UTF-8. */
static char *put_foreign_text(char *to, uint16_t code, const char *text)
{
	char clean[PCAPFILE_TEXT + 1];
	size_t length, n;

	if (!text)
		return to;
	length = text_length(text);
	memcpy(clean, text, length);
	for (size_t i = 0; i < length; i += n ? n : 1) {
		n = utf8_length(clean + i, length - i);
		if (!n)
			clean[i] = '?';
	}
	return put_option(to, code, clean, length);
}

static char *put_u64(char *to, uint16_t code, uint64_t value)
{
	return put_option(to, code, &value, sizeof(value));
}

static char *put_time(char *to, uint16_t code, uint64_t time_ns)
{
	uint32_t halves[2] = { (uint32_t)(time_ns >> 32), (uint32_t)time_ns };

	return put_option(to, code, halves, sizeof(halves));
}

/* End of the options and of the block that began there; its length goes to both its ends. */
static inline char *end_block(char *block, char *to, bool has_options)
{
	uint32_t length;

	if (has_options) {
		memset(to, 0, sizeof(struct option));
		to += sizeof(struct option);
	}
	length = (uint32_t)(to - block) + (uint32_t)sizeof(length);
	memcpy(block + offsetof(struct block, length), &length, sizeof(length));
	return put(to, &length, sizeof(length));
}

static char *put_section(char *to, const struct pcapfile_options *options)
{
	struct section section = {
		.block.type = BLOCK_SECTION, .magic = ORDER_MAGIC, .major = 1, .length = -1
	};
	char *start = to, *begin;

	begin = to = put(to, &section, sizeof(section));
	to = put_foreign_text(to, SECTION_HARDWARE, options->hardware);
	to = put_foreign_text(to, SECTION_OS, options->os);
	to = put_foreign_text(to, SECTION_APPLICATION, options->application);
	to = put_foreign_text(to, OPTION_COMMENT, options->comment);
	return end_block(start, to, to != begin);
}

static char *put_filter(char *to, const char *filter)
{
	char value[PCAPFILE_TEXT + 1] = { FILTER_STRING };
	size_t length;

	if (!filter)
		return to;
	length = text_length(filter);
	memcpy(value + 1, filter, length);
	return put_option(to, INTERFACE_FILTER, value, 1 + length);
}

static char *put_interface(char *to, const struct pcapfile_interface *from,
			   const struct pcapfile_options *options)
{
	static const uint8_t nano = TSRESOL_NANO;
	struct interface interface = { .block.type = BLOCK_INTERFACE,
				       .linktype = PCAPFORMAT_ETHERNET,
				       .snaplen = options->snaplen };
	char *start = to;

	to = put(to, &interface, sizeof(interface));
	to = put_foreign_text(to, INTERFACE_NAME, from->name);
	to = put_foreign_text(to, INTERFACE_DESCRIPTION, from->description);
	to = put_option(to, INTERFACE_TSRESOL, &nano, sizeof(nano));
	to = put_filter(to, from->filter);
	to = put_foreign_text(to, INTERFACE_OS, options->os);
	return end_block(start, to, true);
}

static size_t header(char *to, const struct pcapfile_options *options)
{
	char *start = to;

	to = put_section(to, options);
	for (uint32_t i = 0; i < options->interface_count; i++)
		to = put_interface(to, &options->interfaces[i], options);
	return (size_t)(to - start);
}

/* One octet that tells the hook, then what its program returned, in 64 bits. */
static inline char *put_verdict(char *to, const struct pcapfile_packet *packet)
{
	struct {
		uint8_t hook;
		int64_t verdict;
	} __attribute__((packed)) value = { packet->verdict_of, packet->verdict };

	return put_option(to, PACKET_VERDICT, &value, sizeof(value));
}

static char *record(char *to, const struct pcapfile_packet *from, size_t *size)
{
	const struct packet packet = {
		.block.type = BLOCK_PACKET,
		.interface = from->interface,
		.time_high = (uint32_t)(from->time_ns >> 32),
		.time_low = (uint32_t)from->time_ns,
		.captured = from->captured,
		.length = from->length,
	};
	char *start = to, *data, *begin;

	data = put(to, &packet, sizeof(packet));
	begin = to = pad(data, from->captured);
	if (from->direction != PCAPFILE_UNKNOWN) {
		uint32_t flags = from->direction == PCAPFILE_IN ? FLAGS_IN : FLAGS_OUT;

		to = put_option(to, PACKET_FLAGS, &flags, sizeof(flags));
	}
	if (from->has_queue)
		to = put_option(to, PACKET_QUEUE, &from->queue, sizeof(from->queue));
	if (from->verdict_of != PCAPFILE_NO_VERDICT)
		to = put_verdict(to, from);
	to = put_text(to, OPTION_COMMENT, from->reason);
	to = put_text(to, OPTION_COMMENT, from->remark);
	to = end_block(start, to, to != begin);
	*size = (size_t)(to - start);
	return data;
}

static char *put_statistics(char *to, uint32_t interface, const struct pcapformat_total *total)
{
	const struct statistics statistics = {
		.block.type = BLOCK_STATISTICS,
		.interface = interface,
		.time_high = (uint32_t)(total->end >> 32),
		.time_low = (uint32_t)total->end,
	};
	char *start = to;

	to = put(to, &statistics, sizeof(statistics));
	to = put_time(to, STATISTICS_START, total->start);
	to = put_time(to, STATISTICS_END, total->end);
	if (total->counted) {
		to = put_u64(to, STATISTICS_RECEIVED, total->counts.received);
		to = put_u64(to, STATISTICS_DROPPED, total->counts.dropped);
		to = put_u64(to, STATISTICS_ACCEPTED, total->counts.accepted);
		to = put_u64(to, STATISTICS_OS_DROPPED, total->counts.missed);
	}
	to = put_u64(to, STATISTICS_DELIVERED, total->delivered);
	return end_block(start, to, true);
}

static size_t trailer(char *to, const struct pcapformat_total *totals, uint32_t count)
{
	char *start = to;

	for (uint32_t i = 0; i < count; i++)
		to = put_statistics(to, i, &totals[i]);
	return (size_t)(to - start);
}

static size_t measure(const char *at, size_t size, bool *is_packet)
{
	struct block block;

	if (size < sizeof(block))
		return 0;
	memcpy(&block, at, sizeof(block));
	*is_packet = block.type == BLOCK_PACKET;
	return block.length <= size ? block.length : 0;
}

const struct pcapformat pcapformat_pcapng = {
	.header = header,
	.record = record,
	.trailer = trailer,
	.measure = measure,
	.trailer_size = sizeof(struct statistics) + 7 * 12 + 4 + 4,
};

/* option and text: 4 + 1000 bytes; of a section 4, of an interface 3 and a filter */
_Static_assert(28 + 4 * 1004 + 4 + PCAPFILE_INTERFACES * (20 + 4 * 1008 + 8 + 4) <=
		       PCAPFORMAT_HEADER,
	       "room for the header");
_Static_assert(sizeof(struct packet) + 3 + 8 + 8 + 16 + 2 * (4 + PCAPFILE_TEXT) + 4 + 4 <=
		       PCAPFORMAT_OVERHEAD,
	       "room for a record");
