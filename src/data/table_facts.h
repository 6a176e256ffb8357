/* What a table says beside its numbers: how its columns are called, and its rows. */
#ifndef MERIT_DATA_TABLE_FACTS_H
#define MERIT_DATA_TABLE_FACTS_H

#include "data/paths.h"

typedef struct merit__facts {
    merit__paths columns; // [F] of the features; empty without names
    merit__paths ids;     // [N] of all rows; empty without
    char *label;          // name or place of the column of labels; NULL without; owned
    char *id;             // likewise of the ids
    int64_t n_columns;    // F
    int missing_is_mean;  // missing values stand for the mean
    char *schema;         // all but the ids, as JSON; owned
} merit__facts;

void merit__facts_free(merit__facts *facts); // NULL is allowed

/* Writes facts->schema:
 *
 *     {"columns": ["weight", ...] or null, "n": 12, "label": "species" or null,
 *      "id": "name" or null, "missing": "refuse" or "mean"}
 *
 * Names that take more than 512 kB together are left out, since they would not fit into
 * a model: null. ENOMEM. */
merit_status merit__facts_print(merit__facts *facts, merit_error *err);

/* Reads such a text; the ids stay empty. EFORMAT. The caller frees *out. */
merit_status merit__facts_parse(merit__facts **out, const char *schema,
                                merit_error *err);

#endif
