/* SPDX-License-Identifier: GPL-2.0-only */
/* The frames that a file has, against those that were sent. A frame is known by its mark; one that
 * is too short for it, or was cut in front of it, by its bytes: the first such that was not there
 * yet, from the one after the last. */
#include "xframes.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ull
#define ROW	 16

enum problem { DIFFERENT, UNKNOWN, DUPLICATE, MISSING, DISORDER, BACKWARD, UNREADABLE, PROBLEMS };

static const char *const problem_names[] = {
	[DIFFERENT] = "different",   [UNKNOWN] = "unknown",
	[DUPLICATE] = "duplicate",   [MISSING] = "missing",
	[DISORDER] = "out of order", [BACKWARD] = "with a time that goes back",
	[UNREADABLE] = "unreadable",
};

struct check {
	const struct options *options;
	uint8_t *seen; /* of each number */
	uint64_t packets, problems[PROBLEMS];
	uint64_t next; /* the number after the last one */
	uint64_t last_time;
	uint8_t wanted[FRAME_MAX];
};

/* Count it. True: it is the first of its kind, which is told. */
static bool note(struct check *check, enum problem problem, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool note(struct check *check, enum problem problem, const char *format, ...)
{
	va_list args;

	if (check->problems[problem]++)
		return false;
	fprintf(stderr, "xframes: packet %" PRIu64 ": ", check->packets);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	return true;
}

/* ---- differences */

static uint32_t cut(const struct check *check, size_t size)
{
	uint64_t snaplen = check->options->snaplen;

	return (uint32_t)(snaplen && size > snaplen ? snaplen : size);
}

static bool is_equal(struct check *check, uint64_t number, const struct pcap_pkthdr *head,
		     const uint8_t *data)
{
	size_t size = frame_size(&check->options->plan, number);

	if (size != head->len || cut(check, size) != head->caplen)
		return false;
	frame_build(&check->options->plan, number, check->wanted);
	return !memcmp(check->wanted, data, head->caplen);
}

static void print_row(const char *name, const uint8_t *data, size_t from, size_t end)
{
	fprintf(stderr, "  %-6s %04zx:", name, from);
	for (size_t i = from; i < from + ROW && i < end; i++)
		fprintf(stderr, " %02x", data[i]);
	fprintf(stderr, "\n");
}

static void print_difference(struct check *check, uint64_t number, const struct pcap_pkthdr *head,
			     const uint8_t *data)
{
	size_t size = frame_build(&check->options->plan, number, check->wanted), at = 0;
	size_t end = size < head->caplen ? size : head->caplen;

	fprintf(stderr, "  frame %" PRIu64 " has %zu bytes, of them %u captured; here %u, %u\n",
		number, size, cut(check, size), head->len, head->caplen);
	while (at < end && check->wanted[at] == data[at])
		at++;
	if (at == end)
		return;
	fprintf(stderr, "  the first difference is at byte %zu\n", at);
	print_row("wanted", check->wanted, at - at % ROW, size);
	print_row("got", data, at - at % ROW, head->caplen);
}

/* ---- which frame is it? */

static bool find_by_bytes(struct check *check, const struct pcap_pkthdr *head, const uint8_t *data,
			  uint8_t seen, uint64_t *number)
{
	const struct plan *plan = &check->options->plan;

	for (uint64_t i = 0; i < plan->count; i++) {
		uint64_t candidate = (check->next + i) % plan->count;

		if (check->seen[candidate] == seen &&
		    !frame_is_marked(plan, candidate, head->caplen) &&
		    is_equal(check, candidate, head, data)) {
			*number = candidate;
			return true;
		}
	}
	return false;
}

static bool find(struct check *check, const struct pcap_pkthdr *head, const uint8_t *data,
		 uint64_t *number)
{
	if (frame_find_mark(data, head->caplen, number))
		return *number < check->options->plan.count;
	return find_by_bytes(check, head, data, 0, number) ||
	       find_by_bytes(check, head, data, 1, number);
}

/* ---- the file */

static void check_time(struct check *check, const struct pcap_pkthdr *head)
{
	/* of nanosecond precision */
	uint64_t time = (uint64_t)head->ts.tv_sec * NS_PER_S + (uint64_t)head->ts.tv_usec;

	if (time < check->last_time)
		note(check, BACKWARD, "its time is %" PRIu64 " ns before the last one's",
		     check->last_time - time);
	check->last_time = time;
}

static void check_packet(struct check *check, const struct pcap_pkthdr *head, const uint8_t *data)
{
	const struct options *options = check->options;
	uint64_t number;

	check->packets++;
	check_time(check, head);
	if (!find(check, head, data, &number)) {
		if (note(check, UNKNOWN, "none of these frames; beside the one that was due:"))
			print_difference(check, check->next % options->plan.count, head, data);
		return;
	}
	if (!is_equal(check, number, head, data) &&
	    note(check, DIFFERENT, "frame %" PRIu64 " has other bytes", number))
		print_difference(check, number, head, data);
	if (check->seen[number])
		note(check, DUPLICATE, "frame %" PRIu64 " again", number);
	else if (options->in_order && number < check->next)
		note(check, DISORDER, "frame %" PRIu64 " after %" PRIu64, number, check->next - 1);
	check->seen[number] = 1;
	check->next = number + 1;
}

static void check_missing(struct check *check)
{
	for (uint64_t i = 0; i < check->options->plan.count; i++) {
		if (!check->seen[i])
			note(check, MISSING, "the last; frame %" PRIu64 " is missing", i);
	}
}

static int report(const struct check *check)
{
	const char *between = ": ";

	printf("checked %" PRIu64 " frames", check->packets);
	for (size_t i = 0; i < PROBLEMS; i++) {
		if (check->problems[i]) {
			printf("%s%" PRIu64 " %s", between, check->problems[i], problem_names[i]);
			between = ", ";
		}
	}
	if (between[0] == ',') {
		printf("\n");
		return EXIT_FAILURE;
	}
	printf(": all equal\n");
	return EXIT_SUCCESS;
}

static int check_file(pcap_t *pcap, const struct options *options)
{
	static struct check check;
	struct pcap_pkthdr *head;
	const u_char *data;
	int ret;

	check.options = options;
	check.seen = calloc(options->plan.count, 1);
	if (!check.seen) {
		fprintf(stderr, "xframes: no memory\n");
		return EXIT_FAILURE;
	}
	while ((ret = pcap_next_ex(pcap, &head, &data)) == 1)
		check_packet(&check, head, data);
	if (ret == PCAP_ERROR)
		note(&check, UNREADABLE, "what follows cannot be read: %s", pcap_geterr(pcap));
	if (!options->subset)
		check_missing(&check);
	free(check.seen);
	return report(&check);
}

int frames_check(const char *path, const struct options *options)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
	int ret = EXIT_FAILURE;

	if (!pcap) {
		fprintf(stderr, "xframes: %s: %s\n", path, error);
		return EXIT_FAILURE;
	}
	if (pcap_datalink(pcap) == DLT_EN10MB)
		ret = check_file(pcap, options);
	else
		fprintf(stderr, "xframes: %s: its packets are not Ethernet\n", path);
	pcap_close(pcap);
	return ret;
}
