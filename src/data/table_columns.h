/* Which column of a table is what: from its first record, from what was asked for, and
 * from what an earlier table said of its columns. */
#ifndef MERIT_DATA_TABLE_COLUMNS_H
#define MERIT_DATA_TABLE_COLUMNS_H

#include "data/table_facts.h"
#include "merit/data.h"

enum { MERIT__USE_LABEL = -1, MERIT__USE_ID = -2, MERIT__USE_NOTHING = -3 };

typedef struct merit__table_columns {
    char separator;
    int is_header; // the first record is one and holds no numbers
    int64_t *uses; // [n] the place among the features, or one of the above; owned
    size_t n;
    int has_label, has_id;
    int64_t n_unknown; // columns that the earlier table did not have
    char unknown[100]; // their names, as many as fit
} merit__table_columns;

/* What there is to find out from. */
typedef struct merit__table_wish {
    const merit_dataset_options *options;
    const merit__facts *before; // of the earlier table, or NULL
    int only_labels;            // a file of labels: nothing else is of interest
    const char *name;           // of the file, for messages
} merit__table_wish;

/* Finds it out from the first record, text[0..n), at `line`; writes the columns into
 * `facts`, too. EFORMAT names a column that is missing or there twice. Dispose of *out
 * in any case. */
merit_status merit__table_columns_find(merit__table_columns *out, merit__facts *facts,
                                       const merit__table_wish *wish, const char *text,
                                       size_t n, int64_t line, merit_error *err);

void merit__table_columns_dispose(merit__table_columns *columns);

/* What a place as text stands for among n columns, from 0: from 1 on counted from the
 * left, from -1 on from the right; -1 when it is none of them. */
int64_t merit__column_place(const char *text, int64_t n);

/* Whether a field is a number or stands for a missing one. */
int merit__is_number_or_missing(const char *text, size_t n, int has_decimal_comma);

/* Whether a field stands for a missing number: nothing, NA, N/A, NaN, null or ?. */
int merit__is_missing(const char *text, size_t n);

/* Whether a number is one that features may have: differences and squares must stay
 * within float. */
int merit__is_feature(double value);

/* The text of a field that merit__take_field has cut out: two quotes within quotes are
 * one. Adds it to `names`. */
merit_status merit__add_field(merit__paths *names, const char *field, size_t n,
                              merit_error *err);

#endif
