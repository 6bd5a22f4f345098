/* SPDX-License-Identifier: GPL-2.0-only */
#include "app.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "privilege.h"

const struct command *const commands[] = {
#define C(name) &command_##name,
	COMMAND_LIST(C)
#undef C
		NULL,
};

const struct field global_options[] = {
	{ .type = FIELD_FLAG,
	  .letter = 'j',
	  .name = "json",
	  .offset = offsetof(struct app, json),
	  .help = "JSON on stdout, errors as JSON on stderr too" },
	{ .type = FIELD_TEXT,
	  .letter = 'n',
	  .name = "netns",
	  .value = "NAME",
	  .offset = offsetof(struct app, netns),
	  .help = "work inside that network namespace: a name, a path, or pid:N" },
	{ .type = FIELD_FLAG,
	  .letter = 'v',
	  .name = "verbose",
	  .offset = offsetof(struct app, verbose),
	  .help = "say more, with the kernel's log of a refused program" },
	{ .type = FIELD_FLAG,
	  .letter = 'q',
	  .name = "quiet",
	  .offset = offsetof(struct app, quiet),
	  .help = "no remarks, only results and errors" },
	{ .type = FIELD_FLAG,
	  .name = "version",
	  .offset = offsetof(struct app, version),
	  .help = "print the version and exit" },
	{ .type = FIELD_FLAG,
	  .name = "help",
	  .offset = offsetof(struct app, help),
	  .help = "print help and exit" },
	{ .type = FIELD_END },
};

/* The words of a command's name that are there, or 0. */
static unsigned int match(const struct command *command, unsigned int count,
			  const char *const *word)
{
	const char *space = strchr(command->name, ' ');
	size_t length = space ? (size_t)(space - command->name) : strlen(command->name);

	if (count < 1 || strlen(word[0]) != length || strncmp(command->name, word[0], length) != 0)
		return 0;
	if (!space)
		return 1;
	return count > 1 && strcmp(space + 1, word[1]) == 0 ? 2 : 0;
}

const struct command *command_find(unsigned int count, const char *const *word, unsigned int *words)
{
	for (const struct command *const *c = commands; *c; c++) {
		*words = match(*c, count, word);
		if (*words)
			return *c;
	}
	return NULL;
}

static const char *in_group(const struct command *command, const char *name)
{
	size_t length = strlen(name);

	return strncmp(command->name, name, length) == 0 && command->name[length] == ' '
		       ? command->name + length + 1
		       : NULL;
}

bool command_is_group(const char *name)
{
	for (const struct command *const *c = commands; *c; c++) {
		if (in_group(*c, name))
			return true;
	}
	return false;
}

char *command_group_text(const char *name, char out[static 256])
{
	size_t used = 0;

	out[0] = '\0';
	for (const struct command *const *c = commands; *c && used < 200; c++) {
		const char *rest = in_group(*c, name);

		if (rest)
			used += (size_t)snprintf(out + used, 256 - used, "%s%s", used ? ", " : "",
						 rest);
	}
	return out;
}

static const struct field *find_option(const struct option_scope *scopes, unsigned int count,
				       const char *word, size_t length, void **base)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct field *field;

		if (word[1] == '-')
			field = field_by_name(scopes[i].table, word + 2, length - 2);
		else
			field = field_by_letter(scopes[i].table, word[1]);
		*base = scopes[i].base;
		if (field)
			return field;
	}
	return NULL;
}

int option_take(const struct option_scope *scopes, unsigned int count, int argc, char **argv,
		int *at, struct err *err)
{
	const char *word = argv[*at], *value;
	const struct field *field;
	size_t length;
	void *base;
	bool is_long;
	int ret;

	/* "-5" is a number: no option is a digit */
	if (word[0] != '-' || !word[1] || strcmp(word, "--") == 0 ||
	    (word[1] >= '0' && word[1] <= '9'))
		return 0;
	is_long = word[1] == '-';
	length = is_long ? strcspn(word, "=") : 2;
	field = find_option(scopes, count, word, length, &base);
	if (!field) {
		err_set(err, ERR_USAGE, EINVAL, NULL, "%.*s: no such option here", (int)length,
			word);
		return err_hint(err, "--help lists them");
	}
	value = word[length] ? word + length + is_long : NULL;
	if (field->type == FIELD_FLAG && value)
		return err_set(err, ERR_USAGE, EINVAL, NULL, "%.*s takes no value", (int)length,
			       word);
	if (field->type != FIELD_FLAG && !value) {
		if (*at + 1 >= argc)
			return err_set(err, ERR_USAGE, EINVAL, NULL, "%s needs a value: %s", word,
				       field->value);
		value = argv[++*at];
	}
	ret = field_parse(field, base, value, err);
	return ret ? ret : 1;
}

int app_word(struct app *app, const char *word, struct err *err)
{
	if (app->words == APP_WORDS)
		return err_set(err, ERR_USAGE, E2BIG, NULL, "too many arguments");
	app->word[app->words++] = word;
	return 0;
}

int app_report(const struct app *app, const struct err *err)
{
	char missing[PRIVILEGE_TEXT] = "";
	const char *hint = err->hint;
	struct sink *json;

	if (err->code == ERR_PERMISSION && !hint[0])
		hint = privilege_explain(missing);
	fprintf(stderr, "xdpctl: %s%s%s%s%s\n", err->object, err->object[0] ? ": " : "",
		err->message, hint[0] ? "; " : "", hint);
	json = app->json ? sink_json_new(stderr) : NULL;
	if (json) {
		sink_object(json, NULL, NULL);
		sink_object(json, "error", NULL);
		sink_string(json, "code", err_code_name(err->code));
		sink_string(json, "object", err->object);
		sink_string(json, "message", err->message);
		sink_string(json, "hint", hint);
		sink_end(json);
		sink_end(json);
		sink_flush(json);
		sink_free(json);
	}
	return err->code;
}

void app_tell(const struct app *app, const char *fmt, ...)
{
	va_list args;

	if (app->quiet || app->json)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void app_note(const struct app *app, const char *fmt, ...)
{
	va_list args;

	if (app->quiet)
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

int app_flush(struct app *app, struct err *err)
{
	sink_line(app->sink);
	return app_write(app, err);
}

int app_write(struct app *app, struct err *err)
{
	int ret = sink_write(app->sink);

	if (ret)
		err_set(err, ERR_FAILED, -ret, "output", "cannot write: %s", strerror(-ret));
	return ret;
}

int app_flush_done(struct app *app, struct err *err)
{
	int ret = app_flush(app, err);

	return ret ? err_hint(err, "what was asked for has been done all the same") : 0;
}

int app_check_output(struct err *err)
{
	if (write(STDOUT_FILENO, "", 0) == 0)
		return 0;
	return err_set(err, ERR_FAILED, errno, "output", "cannot write: %s; nothing was taken",
		       strerror(errno));
}

/* SIGINT, SIGTERM and SIGHUP stay blocked after the first call, so none is lost between waits. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

bool app_wait_for(struct app *app, int fd, double seconds)
{
	struct pollfd ready[] = { { .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	int timeout = (int)fmin(ceil(seconds * 1000), 1e9);
	sigset_t signals;

	block_signals(&signals);
	ready[0].fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (poll(ready, 2, timeout) > 0 && ready[0].revents)
		app->stop = true;
	close(ready[0].fd);
	return ready[1].revents != 0;
}

bool app_wait(struct app *app, double seconds)
{
	double whole = floor(fmin(seconds, 1e9));
	struct timespec time = { .tv_sec = (time_t)whole,
				 .tv_nsec = (long)(fmin(seconds - whole, 0.999999999) * 1e9) };
	sigset_t signals;

	block_signals(&signals);
	if (sigtimedwait(&signals, NULL, &time) > 0)
		app->stop = true;
	return app->stop;
}
