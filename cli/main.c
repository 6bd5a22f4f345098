/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, args);
}

static int print_nothing(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int parse_words(struct app *app, const struct command *command, void *args, int argc,
		       char **argv, struct err *err)
{
	const struct option_scope scopes[] = {
		{ command->options, args },
		{ global_options, app },
	};
	bool ended = false;

	for (int i = 0; i < argc; i++) {
		int ret = ended ? 0 : option_take(scopes, 2, argc, argv, &i, err);

		if (ret < 0)
			return ret;
		if (ret)
			continue;
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
			continue;
		}
		ret = app_word(app, argv[i], err);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_words(const struct app *app, const struct command *command, struct err *err)
{
	if (app->words >= command->min_words && app->words <= command->max_words)
		return 0;
	if (app->words > command->max_words)
		err_set(err, ERR_USAGE, EINVAL, command->name, "\"%s\" is one argument too many",
			app->word[command->max_words]);
	else
		err_set(err, ERR_USAGE, EINVAL, command->name, "an argument is missing");
	return err_hint(err, "usage: xdpctl %s %s", command->name, command->words);
}

/* Global options before the command; *at is then the command's index. */
static int parse_globals(struct app *app, int argc, char **argv, int *at, struct err *err)
{
	const struct option_scope scope = { global_options, app };

	for (*at = 1; *at < argc; (*at)++) {
		int ret = option_take(&scope, 1, argc, argv, at, err);

		if (ret <= 0)
			return ret;
	}
	return 0;
}

/* Global options between the two words of a command: the first word goes behind them. */
static int group_globals(struct app *app, int argc, char **argv, int *at, struct err *err)
{
	const struct option_scope scope = { global_options, app };
	char *group = argv[*at];
	int next = *at + 1;

	while (next < argc && argv[next][0] == '-' && strcmp(argv[next], "--help") != 0) {
		int ret = option_take(&scope, 1, argc, argv, &next, err);

		if (ret < 0)
			return ret;
		if (!ret)
			break;
		next++;
	}
	*at = next - 1;
	argv[*at] = group;
	return 0;
}

static int start(struct app *app, const struct command *command, struct err *err)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int ret = 0;

	libbpf_set_print(app->verbose ? print_libbpf : print_nothing);
	app->sink = app->json ? sink_json_new(stdout) : sink_text_new(stdout, colour);
	if (!app->sink)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	if (app->netns)
		ret = net_enter(app->netns, err);
	if (!ret && !command->offline)
		ret = net_open(&app->net, err);
	return ret;
}

static int run(struct app *app, const struct command *command, int argc, char **argv,
	       struct err *err)
{
	void *args = calloc(1, APP_ARGS);
	int ret;

	if (!args)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	ret = command->parse ? command->parse(app, args, argc, argv, err)
			     : parse_words(app, command, args, argc, argv, err);
	if (app->help) { /* asked for: also when the rest was wrong */
		help_command(stdout, command);
		free(args);
		*err = (struct err){ 0 };
		return 0;
	}
	if (!ret && !command->parse)
		ret = check_words(app, command, err);
	ret = ret ?: start(app, command, err);
	ret = ret ?: command->run(app, args, err);
	net_close(&app->net);
	sink_free(app->sink);
	free(args);
	return ret;
}

/* No command: an unknown word, or a group without the second word. */
static int unknown(int argc, char **argv, struct err *err)
{
	char list[256];

	if (!command_is_group(argv[0])) {
		err_set(err, ERR_USAGE, EINVAL, argv[0], "no such command");
		return err_hint(err, "`xdpctl help` lists them");
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			help_group(stdout, argv[0]);
			return 0;
		}
	}
	if (argc > 1)
		err_set(err, ERR_USAGE, EINVAL, argv[0], "there is no \"%s %s\"", argv[0], argv[1]);
	else
		err_set(err, ERR_USAGE, EINVAL, argv[0], "a word is missing behind it");
	return err_hint(err, "one of %s", command_group_text(argv[0], list));
}

static int dispatch(struct app *app, int argc, char **argv, struct err *err)
{
	const struct command *command;
	unsigned int words;
	int at, ret = parse_globals(app, argc, argv, &at, err);

	if (ret)
		return ret;
	if (app->version) {
		printf("xdpctl %s\n", XDPCTL_VERSION);
		return 0;
	}
	if (app->help) {
		help_all(stdout);
		return 0;
	}
	if (at >= argc) {
		err_set(err, ERR_USAGE, EINVAL, NULL, "a command is missing");
		return err_hint(err, "`xdpctl help` lists them");
	}
	if (command_is_group(argv[at]) && at + 1 < argc && argv[at + 1][0] == '-')
		ret = group_globals(app, argc, argv, &at, err);
	if (ret)
		return ret;
	command = command_find((unsigned int)(argc - at), (const char *const *)argv + at, &words);
	if (!command)
		return unknown(argc - at, argv + at, err);
	at += (int)words;
	return run(app, command, argc - at, argv + at, err);
}

/* A file that we open must never get the number of a standard stream that is closed; and using the
 * stream has to fail as it would have. */
static void fill_standard_streams(void)
{
	int fd = -1;

	while (fd < STDERR_FILENO) {
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
		if (fd < 0)
			return;
	}
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct app app = { 0 };
	int ret;

	fill_standard_streams();
	signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like any other */
	ret = dispatch(&app, argc, argv, &err);
	if (!ret && (fflush(stdout) || ferror(stdout))) {
		int error = errno ? errno : EIO;

		ret = err_set(&err, ERR_FAILED, error, "output", "cannot write: %s",
			      strerror(error));
	}
	/* a wrong word may have ended the reading before the -j that says how to report it */
	for (int i = 1; ret && i < argc; i++)
		app.json |= strcmp(argv[i], "-j") == 0 || strcmp(argv[i], "--json") == 0;
	return ret ? app_report(&app, &err) : 0;
}
