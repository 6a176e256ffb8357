/* What a loss file defines and what a prepared loss holds.
 *
 * src/loss/loss_<name>.c ends in `const merit_loss_def merit_loss_<name> = {...};`
 * and nothing else has to know of it: the build lists these files in a table that
 * catalogue.c reads. The name of the loss is that of the file with '-' for '_'. */
#ifndef MERIT_LOSS_LOSS_DEF_H
#define MERIT_LOSS_LOSS_DEF_H

#include "merit/loss.h"

#include "scores/tree_table.h"

enum { MERIT__LOSS_PARAMETERS = 4 }; // the most that a loss may have

typedef struct merit_loss_def merit_loss_def;

/* What a loss keeps of the score table, a row per truth. */
typedef enum merit__loss_table {
    MERIT__TABLE_NONE = 0, // nothing: the scores are not used
    MERIT__TABLE_SCORES,   // scores, or costs made of them
    MERIT__TABLE_TARGETS   // target distributions made of them
} merit__loss_table;

/* The float path of a loss, for labels and many classes: fast_rows.h. */
typedef enum merit__loss_fast {
    MERIT__FAST_NONE = 0,
    MERIT__FAST_CROSS_ENTROPY, // softmax(z) - e
    MERIT__FAST_MARGIN,        // softmax(z + parameter 0 times the row) - e
    MERIT__FAST_EXPECTED       // the mean of the row under softmax(z)
} merit__loss_fast;

struct merit_loss {
    const merit_loss_def *def;
    // Parameters at progress 0 and 1. Those with initial_in_range are kept over R, so
    // that what rows compute does not depend on the unit of the scores. Behind the
    // parameters prepare may leave constants for the rows.
    double first[MERIT__LOSS_PARAMETERS];
    double last[MERIT__LOSS_PARAMETERS];
    unsigned given; // a bit for each parameter that the specification sets
    merit_rule rule;
    int64_t n_classes; // K
    int64_t n_answers; // A of the score table
    double range;      // R, the largest C_ij = max_k S_ik - S_ij; 0 for TABLE_NONE
    double *table;     // [K,K] as def->table says; NULL for TABLE_NONE and where
                       // rows are made one at a time
    merit__tree_table *tree; // what they are made of then: of classes alone; else NULL
    int64_t *hot;            // [K] the class of each truth's one-hot target; i at first
    double constants[2];     // what make_row needs to know of the whole table
    merit_link link;         // how its outputs are to be read
    double *unit;    // [2K-1] zeros around a 1: every one-hot row is a window of it
    double *channel; // [K,K] merit_loss_channel, or NULL
    const merit_scores *scores; // while def->prepare runs: names for messages
};

/* One row of a batch as a row function sees it. */
typedef struct merit__loss_row {
    int64_t n_classes;             // K
    const double *logits;          // [K] z
    const double *target;          // [K] p: sums to 1; the truth's row of the table for
                                   // TABLE_TARGETS, else one-hot at `hot`
    const double *table;           // [K] the truth's row of the table, or NULL
    const double *matrix;          // [K,K] the whole table, or NULL
    const merit__tree_table *tree; // what an implicit table is made of, or NULL
    const double *parameters;      // in the order of info.parameters, at this progress;
                                   // over R where initial_in_range
    double range;                  // R
    int is_fast;     // exponentials in float are good enough: of many classes
    double *scratch; // as many as def->scratch says, and as many as `tree` has
                     // nodes; holds anything
} merit__loss_row;

struct merit_loss_def {
    merit_loss_info info;
    merit__loss_table table;

    // Non-zero: linear in (target, table), so that a mixture of truths is one row
    // with both mixed. Else a mixture of truths is a mixture of rows.
    int32_t linear;

    // [n_parameters] where parameters go that move by default, in the units of
    // `initial`; NULL: none does.
    const double *last;

    // Turns loss->table, which holds the scores, into what the rows need; may set
    // rule, hot and channel. NULL when there is nothing to do.
    merit_status (*prepare)(merit_loss *loss, merit_error *err);

    // Non-zero: an implicit table will do, whose rows are made one at a time, when they
    // are needed, of scores by make_row (NULL: scores as they stand). A loss with
    // `prepare` then makes all rows of a table by the same function.
    int32_t by_rows;
    void (*make_row)(const merit_loss *loss, double *row, int64_t truth);

    // For an implicit table in place of prepare: fills loss->constants. May be NULL.
    merit_status (*prepare_tree)(merit_loss *loss, merit_error *err);

    // Why an implicit table will not do where by_rows is 0: the end of a sentence.
    const char *needs;

    // Which float path gives the same, up to rounding, for many classes.
    merit__loss_fast fast;

    // How many doubles of scratch a row needs. NULL: none.
    size_t (*scratch)(size_t n_classes);

    // The specification: the value, and the gradient in dlogits [K] unless NULL.
    double (*row)(const merit__loss_row *row, double *dlogits);
};

/* merit_loss_create for a specification of n bytes. */
merit_status merit__loss_create(merit_loss **out, const char *spec, size_t n,
                                const merit_scores *scores, merit_error *err);

/* Reads a specification into def, first, last and given. What is given is not yet
 * over R. */
merit_status merit__loss_parse(merit_loss *loss, const char *spec, size_t n,
                               merit_error *err);

/* The parameters, and what is behind them, at `progress` in [0,1]. */
void merit__loss_parameters(double parameters[MERIT__LOSS_PARAMETERS],
                            const merit_loss *loss, double progress);

/* The row of one truth, without scratch. `parameters` and `logits` are borrowed, as is
 * `made` [K], where the row of an implicit table goes. */
merit__loss_row merit__loss_row_of(const merit_loss *loss, const double *logits,
                                   int64_t truth, const double *parameters,
                                   double *made);

/* The truth's row of what a loss keeps of the table; in `made` [K] where it is made.
 * NULL for a loss that keeps nothing. */
const double *merit__loss_table_row(const merit_loss *loss, int64_t truth,
                                    double *made);

/* How many doubles of scratch a row of this loss needs. */
size_t merit__loss_row_scratch(const merit_loss *loss);

/* Entry 0 <= index < merit_loss_count() of the catalogue. */
const merit_loss_def *merit__loss_def_at(int64_t index);

#endif
