/* SPDX-License-Identifier: GPL-2.0-only */
/* What every command gets, and the row by which it is known. */
#ifndef XDPCTL_APP_H
#define XDPCTL_APP_H

#include <stdbool.h>

#include "commands.gen.h"
#include "err.h"
#include "field.h"
#include "net.h"
#include "sink.h"

#define APP_WORDS 64

struct app {
	/* global options */
	bool json, verbose, quiet, version, help;
	const char *netns;
	/* filled before a command runs */
	struct sink *sink;
	struct net net; /* unless the command is offline */
	unsigned int words;
	const char *word[APP_WORDS]; /* positional arguments */
	bool stop;		     /* a signal asked to end; set by the handler */
};

struct command {
	const char *name;
	const char *words; /* positional arguments as help shows them: "IFACE" */
	const char *help;  /* one line */
	const char *text;  /* paragraphs for --help and the man page */
	const struct field *options;
	size_t args_size; /* of the struct that options describe, at most APP_ARGS */
	unsigned int min_words, max_words;
	bool offline; /* needs no network namespace */
	/* Takes the arguments instead of the options table, for a grammar of its own. */
	int (*parse)(struct app *app, void *args, int argc, char **argv, struct err *err);
	int (*run)(struct app *app, const void *args, struct err *err);
};

#define APP_ARGS 65536

/* The commands by name, ended by NULL; generated from the files cmd_*.c. */
extern const struct command *const commands[];
#define C(name) extern const struct command command_##name;
COMMAND_LIST(C)
#undef C

/* The command that these words begin with, of one word or two ("map dump"); *words is how many.
 * NULL if there is none. */
const struct command *command_find(unsigned int count, const char *const *word,
				   unsigned int *words);

/* There are commands of two words that begin with this one. */
bool command_is_group(const char *name);

/* The names behind the first word of a group, as a list for a message. */
char *command_group_text(const char *name, char out[static 256]);

/* Options that every command takes; they describe struct app. */
extern const struct field global_options[];

/* A table and the struct that its offsets are for. */
struct option_scope {
	const struct field *table;
	void *base;
};

/* If argv[*at] is an option of one of the scopes, store it, move *at to its last word and return 1.
 * 0 if it is no option at all; -errno if it is wrong or unknown. */
int option_take(const struct option_scope *scopes, unsigned int count, int argc, char **argv,
		int *at, struct err *err);

/* Add a positional argument. */
int app_word(struct app *app, const char *word, struct err *err);

/* An error as text and, with json, as an object, on stderr. Returns the exit code. */
int app_report(const struct app *app, const struct err *err);

/* A line of the result on stdout, for a person: nothing with -q or --json. */
void app_tell(const struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A remark on stderr that -q takes away. */
void app_note(const struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text of `xdpctl help COMMAND` and of `xdpctl help`. */
void help_command(FILE *out, const struct command *command);
void help_group(FILE *out, const char *name);
void help_all(FILE *out);

/* The result is complete: write it out, or say why it could not be. */
int app_flush(struct app *app, struct err *err);

/* The same after something was changed, which the error then says. */
int app_flush_done(struct app *app, struct err *err);

/* The same for lines of a stream, see sink_line(). */
int app_write(struct app *app, struct err *err);

/* Standard output is open for writing: to ask before something is taken away for it. */
int app_check_output(struct err *err);

/* Wait so many seconds or until a signal; true if it is time to end. */
bool app_wait(struct app *app, double seconds);

/* The same, and until fd can be read: true if it can. A signal sets app->stop. */
bool app_wait_for(struct app *app, int fd, double seconds);

#endif
