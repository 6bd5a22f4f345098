/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that ask other people's programs. */
#ifndef XDPCTL_READER_TESTING_H
#define XDPCTL_READER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A test without its reader is skipped by name. */
static inline void need(const char *program)
{
	char command[100];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	if (system(command) == 0)
		return;
	print_message("%s is not installed\n", program);
	skip();
}

/* What a command writes to standard output, up to size - 1 bytes; it has to succeed. */
static inline const char *run(char *out, size_t size, const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t length;
	int status;

	assert_non_null(pipe);
	length = fread(out, 1, size - 1, pipe);
	out[length] = '\0';
	status = pclose(pipe);
	if (status)
		fail_msg("%s: status %d, %s", command, status, out);
	return out;
}

#endif
