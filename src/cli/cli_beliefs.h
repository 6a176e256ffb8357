/* Somebody's probabilities, the labels that belong to them and the score table. */
#ifndef MERIT_CLI_BELIEFS_H
#define MERIT_CLI_BELIEFS_H

#include "cli_scores.h"
#include "merit/rows.h"

/* What was asked for. */
typedef struct merit__beliefs_source {
    const char *path;   // of the probabilities
    const char *labels; // NULL: none
    merit__scores_source scores;
    int are_logits;
    int renormalize;
} merit__beliefs_source;

typedef struct merit__beliefs {
    const merit__beliefs_source *source; // borrowed
    merit_scores *scores;
    const char **classes; // [K] the names of the table's classes
    int64_t n_classes;    // K
    merit_rows *rows;
    merit_rows *labels; // NULL: none
    int can_reopen;     // read again from the beginning
} merit__beliefs;

/* Opens all of it. Dispose of *out in any case. */
merit_status merit__beliefs_open(merit__beliefs *out,
                                 const merit__beliefs_source *source, merit_error *err);

/* Opens rows and labels a second time. Close both. */
merit_status merit__beliefs_reopen(const merit__beliefs *beliefs, merit_rows **rows,
                                   merit_rows **labels, merit_error *err);

/* Reads up to n rows into values [n,K] and, unless labels is NULL, their labels [n].
 * *n_read is less than n only at the end. EFORMAT also when there are more rows than
 * labels, or fewer. */
merit_status merit__beliefs_read(merit_rows *rows, merit_rows *labels, double *values,
                                 int32_t *truths, int64_t n, int64_t *n_read,
                                 merit_error *err);

/* Tells on standard error what may have been meant otherwise: a table that looks
 * reversed or says nothing, a first line that could be numbers. */
void merit__beliefs_tell(const merit__beliefs *beliefs);

void merit__beliefs_dispose(merit__beliefs *beliefs);

#endif
