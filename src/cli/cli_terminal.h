/* Writing for a reader with a window of some width. */
#ifndef MERIT_CLI_TERMINAL_H
#define MERIT_CLI_TERMINAL_H

#include <stdio.h>

/* The columns there are: $COLUMNS if it is set, else the terminal's, else 80. */
int merit__terminal_width(FILE *stream);

/* Whether lines on the stream can be written over. */
int merit__terminal_is(FILE *stream);

/* Prints text as lines of at most `width` columns, each indented by `indent`. */
void merit__print_wrapped(FILE *stream, const char *text, int indent, int width);

/* As merit__print_wrapped where `column` columns of the first line are used already. */
void merit__print_column(FILE *stream, const char *text, int indent, int width,
                         int column);

/* Prints text in exactly `width` columns: cut or padded on the right, control
 * characters shown. */
void merit__print_cell(FILE *stream, const char *text, int width);

/* The columns that merit__print_cell needs to show the whole text. */
int merit__cell_width(const char *text);

#endif
