/* A table of text in memory: features, labels and ids of its rows. */
#ifndef MERIT_DATA_TABLE_H
#define MERIT_DATA_TABLE_H

#include "data/lines.h"
#include "data/name_set.h"
#include "data/stream.h"
#include "data/table_columns.h"

/* Zero is an empty table. */
typedef struct merit__table {
    float *values; // [n_rows, n_features]; NaN where a value is missing; owned
    size_t n_room; // values that fit
    int64_t n_rows, n_features;
    merit__name_set labels; // the different ones, in the order in which they came
    int32_t *label;         // [n_rows] places there; NULL without labels; owned
    size_t label_room;
    merit__facts *facts; // owned
    int64_t n_unknown;   // columns that were left out, as merit__table_columns
    char unknown[100];
} merit__table;

enum { MERIT__LABEL_BYTES_MAX = 255 };

/* Whether a text that begins with these bytes is libsvm's `label index:value ...`. */
int merit__libsvm_probe(const unsigned char *head, size_t n_bytes);

/* The lines of a stream, as long as max_line_bytes allows. */
merit__lines merit__table_lines(merit__stream *stream, const merit__table_wish *wish);

/* Reads the rest of a stream of text: a table of fields, or libsvm's. EFORMAT names
 * line and column; ENOMEM the limit. Dispose of *out in any case. */
merit_status merit__table_read(merit__table *out, merit__stream *stream,
                               const merit__table_wish *wish, merit_error *err);
merit_status merit__libsvm_read(merit__table *out, merit__stream *stream,
                                const merit__table_wish *wish, merit_error *err);

/* Adds the label of row n_rows at `line`: text in UTF-8 of at most 255 bytes. EFORMAT,
 * ENOMEM. */
merit_status merit__table_add_label(merit__table *table, const char *label, size_t n,
                                    const char *name, int64_t line, merit_error *err);

/* ENOMEM when so many rows of so many features are more than memory_bytes, or 4 GB. */
merit_status merit__table_check_room(int64_t n_rows, int64_t n_features,
                                     const merit__table_wish *wish, merit_error *err);

/* The names of the classes in order: by their values when all are numbers, else by
 * their bytes; labels become places there. ENOMEM for more than 65,536. */
merit_status merit__table_order_classes(merit__table *table, merit__paths *classes,
                                        const char *name, merit_error *err);

void merit__table_dispose(merit__table *table);

#endif
