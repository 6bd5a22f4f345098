/* SPDX-License-Identifier: GPL-2.0-only */
/* xframes: frames of any size whose every byte is known, and whether a capture has them. Test tool.
 */
#include "xframes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
	const char *name, *argument, *help;
	int (*run)(const char *where, const struct options *options);
} commands[] = {
	{ "send", "IFACE", "send frames out of an interface", frames_send },
	{ "write", "FILE", "write them as a pcap file instead", frames_write },
	{ "check", "FILE", "are these the frames in a pcap or pcapng file? exit 1 if not",
	  frames_check },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void)
{
	for (size_t i = 0; i < COMMANDS; i++)
		printf("xframes %-5s %-5s [OPTION]...   %s\n", commands[i].name,
		       commands[i].argument, commands[i].help);
	options_help();
	return EXIT_SUCCESS;
}

static int run(const struct command *command, char **words)
{
	static struct options options;

	if (!words[0]) {
		fprintf(stderr, "xframes: %s is missing\n", command->argument);
		return EXIT_USAGE;
	}
	return options_parse(words + 1, &options) ? command->run(words[0], &options) : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--help"))
		return help();
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return run(&commands[i], argv + 2);
	}
	fprintf(stderr, "xframes: a command is needed; see xframes --help\n");
	return EXIT_USAGE;
}
