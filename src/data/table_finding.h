/* Finding out what the columns of a table are, in progress. */
#ifndef MERIT_DATA_TABLE_FINDING_H
#define MERIT_DATA_TABLE_FINDING_H

#include "data/name_set.h"
#include "data/table_columns.h"

enum { MERIT__SHOWN_BYTES = 72 };

typedef struct merit__finding {
    const merit__table_wish *wish;
    merit__table_columns *out;
    merit__facts *facts;
    int64_t line;
    merit__paths fields;   // [n] of the first record
    merit__name_set index; // their names, where it is a header
    size_t *first;         // [names in the index] the field that has it
    merit_error *err;
} merit__finding;

/* Cuts the first record into fields, finds out whether they are names, and indexes
 * those; each may be there once. */
merit_status merit__finding_begin(merit__finding *f, const char *text, size_t n);

/* The text of a field of it. */
const char *merit__finding_field(const merit__finding *f, size_t i);

/* Whether it is a number or stands for a missing one. */
int merit__finding_is_number(const merit__finding *f, size_t i);

/* Whether it is what programs call a column of ids. */
int merit__finding_is_id(const merit__finding *f, size_t i);

/* The field of that text; -1 for none. */
int64_t merit__finding_find(const merit__finding *f, const char *name);

/* As merit__column_place; -1 for NULL. */
int64_t merit__finding_place(const merit__finding *f, const char *text);

#endif
