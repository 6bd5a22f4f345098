/* SPDX-License-Identifier: GPL-2.0-only */
#include "xframes.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define SNAPLEN	 262144
#define FIRST_S	 1700000000
#define EVERY_NS 1000

static void write_all(pcap_dumper_t *dumper, const struct options *options)
{
	static uint8_t frame[FRAME_MAX];

	for (uint64_t i = 0; i < options->plan.count; i++) {
		size_t size = frame_build(&options->plan, i, frame);
		struct pcap_pkthdr head = { .caplen = (bpf_u_int32)size, .len = (bpf_u_int32)size };

		if (options->snaplen && size > options->snaplen)
			head.caplen = (bpf_u_int32)options->snaplen;
		/* of nanosecond precision */
		head.ts.tv_sec = (time_t)(FIRST_S + i / (1000000000 / EVERY_NS));
		head.ts.tv_usec = (suseconds_t)(i % (1000000000 / EVERY_NS) * EVERY_NS);
		pcap_dump((u_char *)dumper, &head, frame);
	}
}

int frames_write(const char *path, const struct options *options)
{
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN,
							    PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *dumper = pcap ? pcap_dump_open(pcap, path) : NULL;
	bool bad = true;

	if (dumper) {
		write_all(dumper, options);
		bad = pcap_dump_flush(dumper) || ferror(pcap_dump_file(dumper));
		pcap_dump_close(dumper);
	}
	if (bad)
		fprintf(stderr, "xframes: %s: cannot write: %s\n", path,
			pcap ? pcap_geterr(pcap) : "no memory");
	if (pcap)
		pcap_close(pcap);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
