/* SPDX-License-Identifier: GPL-2.0-only */
/* Completion scripts made from the tables, so that they cannot disagree with them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "stage.h"

static void put_options(const struct field *table, const char *before)
{
	for (; table && table->type != FIELD_END; table++)
		printf("%s--%s", before, table->name);
}

/* The first words of all commands, each once; those of a group stand together. */
static void put_commands(const char *before)
{
	size_t length = 0;
	const char *last = "";

	for (const struct command *const *c = commands; *c; c++) {
		const char *name = (*c)->name;

		if (length && strncmp(name, last, length) == 0 && name[length] == ' ')
			continue;
		last = name;
		length = strcspn(name, " ");
		printf("%s%.*s", before, (int)length, name);
	}
}

/* The second words of a group. */
static void put_group(const char *group, size_t length, const char *before)
{
	for (const struct command *const *c = commands; *c; c++) {
		if (strncmp((*c)->name, group, length) == 0 && (*c)->name[length] == ' ')
			printf("%s%s", before, (*c)->name + length + 1);
	}
}

/* Call for each group once, with its name. */
static void each_group(void (*each)(const char *group, size_t length))
{
	size_t length = 0;
	const char *last = "";

	for (const struct command *const *c = commands; *c; c++) {
		const char *space = strchr((*c)->name, ' ');

		if (!space || (length == (size_t)(space - (*c)->name) &&
			       strncmp((*c)->name, last, length) == 0))
			continue;
		last = (*c)->name;
		length = (size_t)(space - last);
		each(last, length);
	}
}

static void put_stages(const char *before)
{
	for (const struct stage *const *s = stages; *s; s++)
		printf("%s%s", before, (*s)->name);
}

static bool takes_iface(const struct command *command)
{
	return strstr(command->words, "IFACE") != NULL;
}

static void put_choices(const struct field *table, const char *format)
{
	for (; table && table->type != FIELD_END; table++) {
		if (table->type != FIELD_CHOICE)
			continue;
		printf(format, table->name);
		for (int i = 0; table->choices[i]; i++)
			printf(" %s", table->choices[i]);
		printf("\" ;;\n");
	}
}

/* One `case` arm a command: its options, and what its words are. */
static void bash_command(const struct command *command)
{
	bool attach = strcmp(command->name, "attach") == 0;

	printf("\t'%s')\n\t\tlist=\"", command->name);
	put_options(command->options, " ");
	if (attach) {
		for (const struct stage *const *s = stages; *s; s++)
			put_options((*s)->options, " ");
		put_stages(" ");
		printf(" then");
	}
	printf("\"\n");
	if (takes_iface(command))
		printf("\t\tlist=\"$list $(_xdpctl_names /sys/class/net)\"\n");
	if (strcmp(command->name, "help") == 0) {
		printf("\t\tlist=\"$list");
		put_commands(" ");
		printf("\"\n");
	}
	if (strcmp(command->name, "completion") == 0)
		printf("\t\tlist=\"$list bash zsh fish\"\n");
	printf("\t\t;;\n");
}

/* After the first word of a group: its second words. */
static void bash_group(const char *group, size_t length)
{
	printf("\t'%.*s') list=\"", (int)length, group);
	put_group(group, length, " ");
	printf("\" ;;\n");
}

static void bash_group_name(const char *group, size_t length)
{
	printf("%.*s|", (int)length, group);
}

static void put_bash(void)
{
	printf("# bash completion for xdpctl; made by `xdpctl completion bash`\n"
	       "# compgen -W expands its words: only names without anything to expand\n"
	       "_xdpctl_names() { command ls \"$1\" 2>/dev/null | command grep -E "
	       "'^[A-Za-z0-9_.:@-]+$' | tr '\\n' ' '; }\n"
	       "_xdpctl() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tlocal command=\"\" list=\"\" i\n"
	       "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tcase ${COMP_WORDS[i]} in\n"
	       "\t\t-n|--netns) ((i++)) ;;\n"
	       "\t\t-*) ;;\n"
	       "\t\t*) command=\"${command:+$command }${COMP_WORDS[i]}\"\n"
	       "\t\t\tcase $command in ");
	each_group(bash_group_name);
	printf("'') ;; *) break ;; esac ;;\n"
	       "\t\tesac\n"
	       "\tdone\n"
	       "\tcase $prev in\n"
	       "\t-n|--netns) list=$(_xdpctl_names /run/netns) ;;\n");
	for (const struct command *const *c = commands; *c; c++)
		put_choices((*c)->options, "\t--%s) list=\"");
	for (const struct stage *const *s = stages; *s; s++)
		put_choices((*s)->options, "\t--%s) list=\"");
	printf("\tesac\n"
	       "\tif [ -n \"$list\" ]; then COMPREPLY=($(compgen -W \"$list\" -- \"$cur\")); "
	       "return; fi\n"
	       "\tcase $command in\n"
	       "\t'') list=\"");
	put_commands(" ");
	printf("\" ;;\n");
	each_group(bash_group);
	for (const struct command *const *c = commands; *c; c++)
		bash_command(*c);
	printf("\tesac\n\tlist=\"$list");
	put_options(global_options, " ");
	printf("\"\n"
	       "\tCOMPREPLY=($(compgen -W \"$list\" -- \"$cur\"))\n"
	       "}\n"
	       "complete -F _xdpctl xdpctl\n");
}

/* zsh runs bash's completions through its own compatibility layer. */
static void put_zsh(void)
{
	printf("#compdef xdpctl\n"
	       "autoload -U +X bashcompinit && bashcompinit\n");
	put_bash();
}

static void fish_options(const struct field *table, const char *when)
{
	for (; table && table->type != FIELD_END; table++) {
		printf("complete -c xdpctl%s -l %s", when, table->name);
		if (table->letter)
			printf(" -s %c", table->letter);
		if (table->type == FIELD_CHOICE) {
			printf(" -x -a \"");
			for (int i = 0; table->choices[i]; i++)
				printf("%s%s", i ? " " : "", table->choices[i]);
			printf("\"");
		} else if (table->type != FIELD_FLAG) {
			printf(" -x");
		}
		printf(" -d \"");
		for (const char *c = table->help; *c; c++)
			printf(strchr("\"$\\", *c) ? "\\%c" : "%c", *c);
		printf("\"\n");
	}
}

static void fish_command(const struct command *command)
{
	const char *space = strchr(command->name, ' ');
	char when[160];

	if (space) {
		int length = (int)(space - command->name);

		printf("complete -c xdpctl -n \"__fish_seen_subcommand_from %.*s\" -a %s -d \"%s\"\n",
		       length, command->name, space + 1, command->help);
		snprintf(when, sizeof(when),
			 " -n \"__fish_seen_subcommand_from %.*s; and "
			 "__fish_seen_subcommand_from %s\"",
			 length, command->name, space + 1);
	} else {
		printf("complete -c xdpctl -n __fish_use_subcommand -a %s -d \"%s\"\n",
		       command->name, command->help);
		snprintf(when, sizeof(when), " -n \"__fish_seen_subcommand_from %s\"",
			 command->name);
	}
	fish_options(command->options, when);
	if (takes_iface(command))
		printf("complete -c xdpctl%s -a \"(command ls /sys/class/net)\"\n", when);
	if (strcmp(command->name, "attach") != 0)
		return;
	printf("complete -c xdpctl%s -a \"then", when);
	put_stages(" ");
	printf("\"\n");
	for (const struct stage *const *s = stages; *s; s++)
		fish_options((*s)->options, when);
}

static void fish_group(const char *group, size_t length)
{
	printf("complete -c xdpctl -n __fish_use_subcommand -a %.*s\n", (int)length, group);
}

static void put_fish(void)
{
	printf("# fish completion for xdpctl; made by `xdpctl completion fish`\n"
	       "complete -c xdpctl -f\n");
	fish_options(global_options, "");
	each_group(fish_group);
	for (const struct command *const *c = commands; *c; c++)
		fish_command(*c);
	printf("complete -c xdpctl -n \"__fish_seen_subcommand_from completion\" "
	       "-a \"bash zsh fish\"\n"
	       "complete -c xdpctl -n \"__fish_seen_subcommand_from help\" -a \"");
	put_commands(" ");
	printf("\"\n");
}

static int run_completion(struct app *app, const void *args, struct err *err)
{
	const char *shell = app->word[0];

	(void)args;
	if (strcmp(shell, "bash") == 0)
		put_bash();
	else if (strcmp(shell, "zsh") == 0)
		put_zsh();
	else if (strcmp(shell, "fish") == 0)
		put_fish();
	else
		return err_set(err, ERR_USAGE, EINVAL, shell,
			       "no completion for this shell: bash, zsh or fish");
	return 0;
}

const struct command command_completion = {
	.name = "completion",
	.words = "bash|zsh|fish",
	.help = "print a completion script for the shell",
	.text = "For one session: eval \"$(xdpctl completion bash)\". `make install` installs all\n"
		"three.",
	.min_words = 1,
	.max_words = 1,
	.offline = true,
	.run = run_completion,
};
