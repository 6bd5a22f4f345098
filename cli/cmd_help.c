/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "app.h"

static int run_help(struct app *app, const void *args, struct err *err)
{
	const struct command *command;
	unsigned int words;

	(void)args;
	if (!app->words) {
		help_all(stdout);
		return 0;
	}
	command = command_find(app->words, app->word, &words);
	if (!command && app->words == 1 && command_is_group(app->word[0])) {
		help_group(stdout, app->word[0]);
		return 0;
	}
	if (!command || words != app->words) {
		err_set(err, ERR_USAGE, EINVAL, app->word[0], "no such command");
		return err_hint(err, "`xdpctl help` lists them");
	}
	help_command(stdout, command);
	return 0;
}

const struct command command_help = {
	.name = "help",
	.words = "[COMMAND]",
	.help = "show help on a command, or list all of them",
	.text = "The same as --help behind a command.",
	.max_words = 2,
	.offline = true,
	.run = run_help,
};
