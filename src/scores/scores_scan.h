/* The first of two passes over the text of a score table: names and shape, so that
 * nothing large is allocated before it is known to be needed. */
#ifndef MERIT_SCORES_SCORES_SCAN_H
#define MERIT_SCORES_SCORES_SCAN_H

#include "scores/scores_names.h"
#include "scores/scores_text.h"

/* A line of scores. */
typedef struct merit__scan_row {
    char *name;
    const char *record; // where it begins in the text
    int64_t line;
    int64_t n_scores; // fields behind the name
} merit__scan_row;

typedef struct merit__scan {
    merit__text text;
    char **header; // [n_header] fields of the first line
    int64_t n_header;
    size_t header_capacity;
    int64_t header_line;
    merit__scan_row *rows; // [n_rows]
    int64_t n_rows;        // K
    size_t row_capacity;

    // Found by merit__scan_arrange:
    const char *const *columns; // [n_columns] names of the answers, in `header`
    int64_t n_columns;          // A
    int64_t *row_place;         // [n_rows] the row's truth
    int64_t *column_place;      // [n_columns] the column's answer
    int is_reordered;           // rows are in another order than columns
    merit__name_list extra;     // answers without a row
} merit__scan;

/* Reads the names and counts the scores. EFORMAT, ENOMEM (limits). Dispose of *scan
 * in any case. */
merit_status merit__scan_read(merit__scan *scan, const char *bytes, size_t n_bytes,
                              const char *origin, const merit_scores_options *options,
                              merit_error *err);
void merit__scan_dispose(merit__scan *scan);

/* Checks names and shape and finds the place of each row and column: the classes
 * first, in the order of the columns or of options->classes, then the other answers. */
merit_status merit__scan_arrange(merit__scan *scan, const merit_scores_options *options,
                                 merit_error *err);

#endif
