/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of text cells with aligned columns. */
#ifndef XDPCTL_TABLE_H
#define XDPCTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLUMNS 24

struct table {
	unsigned int columns, rows, room;
	char *heading[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS]; /* numbers are aligned right */
	char **cell;		   /* rows * TABLE_COLUMNS, NULL where empty */
};

/* Start a row. */
void table_row(struct table *table);

/* Put a cell into the current row; a heading that is new makes a column. */
void table_cell(struct table *table, const char *heading, const char *text, bool right);

/* Print with the indent, headings in bold if colour, and empty the table. */
void table_print(struct table *table, FILE *out, unsigned int indent, bool colour);
void table_clear(struct table *table);

#endif
