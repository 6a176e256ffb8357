/* What the columns of a text are: from its first line. */
#ifndef MERIT_DATA_TEXT_COLUMNS_H
#define MERIT_DATA_TEXT_COLUMNS_H

#include "data/rows.h"

enum { MERIT__COLUMN_ID = -1, MERIT__COLUMN_IGNORED = -2 };

typedef struct merit__columns {
    char separator;
    int is_header; // the first line is one and holds no numbers
    int64_t *uses; // [n] the place in the row, or one of the above; owned
    size_t n;
} merit__columns;

/* Finds them out from the first line that has something; sets n_columns and names of
 * `rows`, too. `line` is its number. EFORMAT: names that are unknown, missing or there
 * twice; another number of fields than expected. */
merit_status merit__columns_find(merit__columns *out, merit_rows *rows,
                                 const char *text, size_t n, int64_t line,
                                 merit_error *err);

/* Whether all fields of the line are the names of the classes, each once. */
int merit__columns_are_classes(const merit_rows *rows, const char *text, size_t n);

/* The class of that name; -1 when there is none. The one at `guess` is tried first. */
int64_t merit__find_class(const merit_rows *rows, const char *name, size_t n,
                          int64_t guess);

/* ", did you mean \"cat\"?" or "". Returns out. */
const char *merit__suggest_class(char *out, size_t out_bytes, const merit_rows *rows,
                                 const char *name, size_t n);

#endif
