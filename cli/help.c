/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "stage.h"

#define HELP_COLUMN 32

static void print_option(FILE *out, const struct field *field, int indent)
{
	char left[64];
	int width;

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", field->letter ? "-" : "",
		 field->letter ? field->letter : ' ', field->letter ? ", " : "   ", field->name,
		 field->value ? " " : "", field->value ? field->value : "");
	width = HELP_COLUMN - indent;
	fprintf(out, "%*s%-*s %s\n", indent, "", width, left, field->help);
}

static void print_options(FILE *out, const char *title, const struct field *table, int indent)
{
	if (!table || table->type == FIELD_END)
		return;
	fprintf(out, "%s", title);
	for (; table->type != FIELD_END; table++)
		print_option(out, table, indent);
}

static void print_stages(FILE *out)
{
	fputs("\nstages:\n", out);
	for (const struct stage *const *s = stages; *s; s++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", (*s)->name, (*s)->words);
		fprintf(out, "  %-*s %s\n", HELP_COLUMN - 2, left, (*s)->help);
		print_options(out, "", (*s)->options, 6);
	}
}

void help_command(FILE *out, const struct command *command)
{
	fprintf(out, "xdpctl %s%s%s: %s\n", command->name, command->words[0] ? " " : "",
		command->words, command->help);
	if (command->text)
		fprintf(out, "\n%s\n", command->text);
	if (strcmp(command->name, "attach") == 0)
		print_stages(out);
	print_options(out, "\noptions:\n", command->options, 2);
	print_options(out, "\nglobal options:\n", global_options, 2);
}

static void print_commands(FILE *out, const char *group)
{
	size_t length = strlen(group);

	for (const struct command *const *c = commands; *c; c++) {
		if (strncmp((*c)->name, group, length) == 0)
			fprintf(out, "  %-*s %s\n", HELP_COLUMN - 2, (*c)->name, (*c)->help);
	}
}

void help_group(FILE *out, const char *name)
{
	char group[32];

	fprintf(out, "usage: xdpctl %s COMMAND [ARG...]\n\ncommands:\n", name);
	snprintf(group, sizeof(group), "%s ", name);
	print_commands(out, group);
	fprintf(out, "\n`xdpctl help %s COMMAND` tells more.\n", name);
}

void help_all(FILE *out)
{
	fputs("xdpctl: XDP packet pipelines on network interfaces\n\n"
	      "usage: xdpctl [OPTION...] COMMAND [ARG...]\n\ncommands:\n",
	      out);
	print_commands(out, "");
	print_options(out, "\noptions:\n", global_options, 2);
	fputs("\n`xdpctl help COMMAND` tells more. Exit codes: 0 done, 1 failed, 2 wrong usage,\n"
	      "3 unsupported here, 4 a capability is missing, 5 something is there already or\n"
	      "changed under us, 6 not found.\n",
	      out);
}
