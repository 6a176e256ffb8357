/* The rows of a file one part after the other, in constant memory: probabilities,
 * logits or labels that any program has written.
 *
 *     merit_rows *rows;
 *     merit_rows_options options = {.kind = MERIT_ROWS_PROBABILITIES};
 *     merit_rows_open(&rows, "probabilities.npy", &options, &err);
 *     do {
 *         merit_rows_read(rows, values, 1000, &n, &err);
 *     } while (n > 0);
 *     merit_rows_close(rows);
 *
 * Recognised by content, plain or gzip:
 *   .npy   [N,K], or [N] for labels; any real type, byte order and order of the axes.
 *          One in Fortran order that is gzip or standard input is held in memory.
 *   IDX    labels [N]
 *   text   a line to a row; fields between tabs, semicolons, commas or blanks,
 *          whichever the first line has. It may name the columns: then they are put
 *          into the order of the classes, and a column "id" (or one without a name)
 *          gives the rows names. Names 0, 1, 2 ... are places; of
 *          3 and more probabilities in any order. Without names K + 1
 *          fields are an id and K numbers. The p_<class> of `merit predict` are
 *          understood, beside them "answer" and "expected_score" are passed over.
 *          Blank lines and lines that begin with # are too, except that a first line
 *          of # and all the classes does name the columns. */
#ifndef MERIT_ROWS_H
#define MERIT_ROWS_H

#include "merit/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_rows merit_rows;

/* What is to be read, and checked. */
typedef enum merit_rows_kind {
    MERIT_ROWS_NUMBERS = 0,       // K finite numbers to a row
    MERIT_ROWS_PROBABILITIES = 1, // K numbers >= 0 that sum to 1: up to 1e-3 where they
                                  // are stored as float32, which may have been computed
                                  // with less, up to 1e-4 otherwise
    MERIT_ROWS_LABELS = 2         // one whole number 0 <= label < K to a row; in text
                                  // the names of the classes, if the first label is one
} merit_rows_kind;

/* Zero is the default of every field. */
typedef struct merit_rows_options {
    merit_rows_kind kind;
    int32_t renormalize;        // non-zero: probabilities may have any sum above 0;
                                // each row is divided by its sum
    int32_t decimal_comma;      // non-zero: numbers in text are written 1,5; a comma
                                // separates nothing
    int64_t n_classes;          // K; 0: as many as there are columns (for labels: any)
    const char *const *classes; // [n_classes] names to find in text; borrowed until the
                                // rows are closed; NULL: the order of the file
} merit_rows_options;

/* Opens a regular file, or standard input for "-". EFORMAT or EUNSUPPORTED (file,
 * place, expected, found), EIO, ENOMEM. The caller closes *out; NULL on failure. */
MERIT_API merit_status merit_rows_open(merit_rows **out, const char *path,
                                       const merit_rows_options *options,
                                       merit_error *err);

/* Closes it; NULL is allowed. */
MERIT_API void merit_rows_close(merit_rows *rows);

/* Reads the next rows, at most n_wanted >= 1, into values [n_wanted,K] ([n_wanted] for
 * labels). *n_read is less than n_wanted only at the end, and 0 after it. EFORMAT names
 * the row and column of a number that is refused, by line and column from 1 for text,
 * by index [row, column] from 0 otherwise. A file without rows is EFORMAT too. */
MERIT_API merit_status merit_rows_read(merit_rows *rows, double *values,
                                       int64_t n_wanted, int64_t *n_read,
                                       merit_error *err);

/* The id of row 0 <= row < *n_read of the last read; NULL when the file has no ids.
 * Borrowed until the next read. */
MERIT_API const char *merit_rows_id(const merit_rows *rows, int64_t row);

/* K, the number of columns that are read; 1 for labels. */
MERIT_API int64_t merit_rows_n_columns(const merit_rows *rows);

/* N where the file says it, -1 where only reading it all can tell. */
MERIT_API int64_t merit_rows_n(const merit_rows *rows);

/* How many rows were read so far. */
MERIT_API int64_t merit_rows_n_read(const merit_rows *rows);

/* How many of them had another sum than 1 and were divided by it. */
MERIT_API int64_t merit_rows_n_renormalized(const merit_rows *rows);

/* The name of a column in the file's first line, 0 <= column < K, in the order of the
 * values; NULL when the columns are not named. Borrowed. */
MERIT_API const char *merit_rows_name(const merit_rows *rows, int64_t column);

/* The path in a form for messages: printable and short. Borrowed. */
MERIT_API const char *merit_rows_path(const merit_rows *rows);

#ifdef __cplusplus
}
#endif

#endif
