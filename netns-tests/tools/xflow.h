/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XFLOW_H
#define XFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_USAGE = 2 };

enum option_type {
	OPTION_NUMBER,	/* uint64_t */
	OPTION_SECONDS, /* uint64_t nanoseconds, "1.5" on the command line */
	OPTION_MAC,	/* uint8_t[6] */
	OPTION_IP4,	/* uint32_t in network byte order */
	OPTION_TEXT,	/* const char * into argv */
};

struct option_row {
	const char *name;
	enum option_type type;
	size_t offset;
	uint64_t min, max; /* of a number; of seconds, in seconds */
	const char *argument, *help;
};

/* Fill ARGS from the words "--name value"; the table ends with a row without a name. Says on
 * stderr what is wrong and returns false. */
bool options_parse(const struct option_row *table, char **words, void *args);
void options_help(const struct option_row *table);

/* Set by SIGINT, SIGTERM and the clock of stop_after(). */
bool stop_requested(void);
void stop_on_signals(void);
/* Ask for a stop after NS, and again and again, lest the first one come just before a system
 * call that it should interrupt. */
void stop_after(uint64_t ns);

uint64_t now_ns(void);

/* Each returns the exit status; WORDS are the arguments behind the command's name. */
int cmd_send(char **words);
int cmd_sink(char **words);
extern const struct option_row send_options[], sink_options[];

#endif
