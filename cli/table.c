/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
	char *out = strdup(text);

	if (!out)
		abort(); /* a few bytes for a person to read: nothing sensible is left to do */
	return out;
}

void table_row(struct table *table)
{
	char **row;

	if (table->rows == table->room) {
		size_t room = table->room ? (size_t)table->room * 2 : 8;

		table->cell = realloc(table->cell, room * TABLE_COLUMNS * sizeof(*table->cell));
		if (!table->cell)
			abort();
		table->room = (unsigned int)room;
	}
	row = table->cell + (size_t)table->rows++ * TABLE_COLUMNS;
	memset(row, 0, TABLE_COLUMNS * sizeof(*row));
}

static unsigned int column_of(struct table *table, const char *heading)
{
	for (unsigned int i = 0; i < table->columns; i++) {
		if (strcmp(table->heading[i], heading) == 0)
			return i;
	}
	if (table->columns == TABLE_COLUMNS)
		abort();
	table->heading[table->columns] = copy(heading);
	return table->columns++;
}

void table_cell(struct table *table, const char *heading, const char *text, bool right)
{
	unsigned int column = column_of(table, heading);
	char **cell;

	if (!table->rows)
		table_row(table);
	cell = table->cell + (size_t)(table->rows - 1) * TABLE_COLUMNS + column;
	table->right[column] = right;
	free(*cell);
	*cell = copy(text);
}

static int width_of(const struct table *table, unsigned int column)
{
	size_t width = strlen(table->heading[column]);

	for (unsigned int row = 0; row < table->rows; row++) {
		const char *text = table->cell[(size_t)row * TABLE_COLUMNS + column];

		if (text && strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static void print_line(const struct table *table, char *const *cell, const int *width, FILE *out,
		       unsigned int indent)
{
	unsigned int last = table->columns;

	while (last && (!cell[last - 1] || !*cell[last - 1])) /* no blanks at the end of a line */
		last--;
	fprintf(out, "%*s", (int)indent, "");
	for (unsigned int i = 0; i < last; i++) {
		const char *text = cell[i] ? cell[i] : "";

		if (i + 1 == last && !table->right[i])
			fputs(text, out);
		else
			fprintf(out, "%*s", table->right[i] ? width[i] : -width[i], text);
		if (i + 1 < last)
			fputs("  ", out);
	}
}

void table_print(struct table *table, FILE *out, unsigned int indent, bool colour)
{
	int width[TABLE_COLUMNS];
	bool named = false;

	for (unsigned int i = 0; i < table->columns; i++) {
		width[i] = width_of(table, i);
		for (char *c = table->heading[i]; *c; c++)
			*c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
		named |= table->heading[i][0] != '\0';
	}
	if (named && table->rows) {
		fputs(colour ? "\033[1m" : "", out);
		print_line(table, table->heading, width, out, indent);
		fputs(colour ? "\033[0m\n" : "\n", out);
	}
	for (unsigned int row = 0; row < table->rows; row++) {
		print_line(table, table->cell + (size_t)row * TABLE_COLUMNS, width, out, indent);
		fputc('\n', out);
	}
	table_clear(table);
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < (size_t)table->rows * TABLE_COLUMNS; i++)
		free(table->cell[i]);
	for (unsigned int i = 0; i < table->columns; i++)
		free(table->heading[i]);
	free(table->cell);
	*table = (struct table){ 0 };
}
