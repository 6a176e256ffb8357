/* A rows reader knows one file format. Each src/data/rows_<name>.c ends in a const
 * merit__rows_reader merit__rows_<name>; the build lists them all. */
#ifndef MERIT_DATA_ROWS_H
#define MERIT_DATA_ROWS_H

#include "data/stream.h"
#include "merit/rows.h"

typedef struct merit__rows_reader {
    const char *name; // ".npy"

    /* Non-zero when a file that begins with these n_bytes is of this format, whole or
     * damaged. Asked in the order of the names. */
    int (*probe)(const unsigned char *head, size_t n_bytes);

    /* Reads up to the first row; sets n_columns, and what it knows of n, tolerance and
     * names. What it leaves in state is closed after a failure too. */
    merit_status (*open)(merit_rows *rows, merit_error *err);

    /* Reads and checks up to n rows; *n_read is less than n only at the end. */
    merit_status (*read)(merit_rows *rows, double *values, size_t n, size_t *n_read,
                         merit_error *err);

    void (*close)(merit_rows *rows);

    /* The id of a row of the last read; NULL when the format has none. */
    const char *(*id)(const merit_rows *rows, size_t row);
} merit__rows_reader;

struct merit_rows {
    const merit__rows_reader *reader;
    merit_rows_options options;
    merit__stream *stream;
    const char *path;  // of the stream, for messages
    void *state;       // the reader's own
    size_t n_columns;  // K; 1 for labels
    int64_t n;         // -1: not known
    int64_t n_read;    // rows before the read that goes on
    int64_t n_renormalized;
    double tolerance;  // of a sum of probabilities
    char **names;      // [n_columns] of the file, or NULL; owned
};

enum { MERIT__PROBLEM_BYTES = 120 };

/* Checks a row [K] and divides it by its sum where that is asked for. Returns 0, or -1
 * with `problem`, such as "is -1, expected a probability", and the *column that has it,
 * K for the row as a whole. */
int merit__rows_check(merit_rows *rows, double *row, size_t *column,
                      char problem[MERIT__PROBLEM_BYTES]);

#endif
