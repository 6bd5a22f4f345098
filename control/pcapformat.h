/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two formats of packet captures look like in memory. Numbers are in this machine's byte
 * order, which their magic numbers tell. Nothing here writes. */
#ifndef XDPCTL_PCAPFORMAT_H
#define XDPCTL_PCAPFORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pcapfile.h"

#define PCAPFORMAT_ETHERNET 1 /* LINKTYPE_ETHERNET */
/* Bytes of a record beside those of its packet, at most. */
#define PCAPFORMAT_OVERHEAD 2304u
/* Bytes of a header or a trailer, at most. */
#define PCAPFORMAT_HEADER 262144u

struct pcapformat_total {
	uint64_t start, end; /* ns since 1970 */
	uint64_t delivered;  /* packets that came to the writer */
	bool counted;	     /* counts are known */
	struct pcapfile_counts counts;
};

struct pcapformat {
	/* Start of a file; returns its length. */
	size_t (*header)(char *to, const struct pcapfile_options *options);
	/* A record with all but the bytes of the packet; returns where they belong. */
	char *(*record)(char *to, const struct pcapfile_packet *packet, size_t *size);
	/* End of a file; returns its length. */
	size_t (*trailer)(char *to, const struct pcapformat_total *totals, uint32_t count);
	/* Length of the whole record (not: the header) at this place, or 0 if not all of it is in
	 * the size bytes. */
	size_t (*measure)(const char *at, size_t size, bool *is_packet);
	size_t trailer_size; /* for each interface, at most */
};

extern const struct pcapformat pcapformat_pcapng, pcapformat_pcap;

#endif
