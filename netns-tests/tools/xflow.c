/* SPDX-License-Identifier: GPL-2.0-only */
/* xflow: numbered frames at full speed, and what became of each of them. Test tool. */
#include "xflow.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define NS_PER_S       1000000000ULL
#define ALARM_AGAIN_US 20000

static volatile sig_atomic_t stop;

static const struct command {
	const char *name;
	int (*run)(char **words);
	const struct option_row *options;
	const char *help;
} commands[] = {
	{ "send", cmd_send, send_options, "send numbered UDP frames out of a device" },
	{ "sink", cmd_sink, sink_options, "receive them by XDP and account for each" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

bool stop_requested(void)
{
	return stop;
}

/* Without SA_RESTART: the system call under way is to end. */
void stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
}

void stop_after(uint64_t ns)
{
	struct itimerval timer = {
		.it_value = { (time_t)(ns / NS_PER_S), (suseconds_t)(ns % NS_PER_S / 1000) },
		.it_interval = { 0, ALARM_AGAIN_US },
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static int help(void)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("xflow %s [OPTION VALUE]...   %s\n", commands[i].name, commands[i].help);
		options_help(commands[i].options);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--help"))
		return help();
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	}
	fprintf(stderr, "xflow: a command is needed; see xflow --help\n");
	return EXIT_USAGE;
}
