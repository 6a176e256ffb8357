/* What a model answers to labelled examples, and what that earns. */
#ifndef MERIT_REPORT_EXAMINED_H
#define MERIT_REPORT_EXAMINED_H

#include "merit/data.h"
#include "merit/metrics.h"
#include "merit/model.h"

enum { MERIT__EXAMINED_WAYS = 4 };

/* One way of answering. */
typedef struct merit__way {
    const char *name; // "bayes"; NULL: the constant answer
    int is_stored;    // the rule stored with the model
    merit_metrics metrics;
} merit__way;

/* A truth that was given an answer, at least once. */
typedef struct merit__met {
    int64_t truth, answer;
    int64_t n; // examples, > 0
} merit__met;

/* A model and examples; all that is measured is by `rule`. Nothing takes more memory
 * than the examples and the answers do, however many classes there are. */
typedef struct merit__examined {
    const merit_model *model;   // borrowed
    const merit_dataset *data;  // borrowed, labelled
    const merit_scores *scores; // the model's
    int64_t n, n_classes, n_answers;
    merit_rule rule; // never AUTO
    double temperature;
    merit__way ways[MERIT__EXAMINED_WAYS]; // [n_ways] by the rule; by the other rules;
    int n_ways;                            // always the best constant answer
    int32_t *answers;                      // [N]
    double *expected;                      // [N]
    int32_t *likeliest; // [N] class; NULL where the outputs are no beliefs, and so is
    double *believed;   // [N] how probable it is
    double *best;       // [K] the score of the best answer to each truth
    merit__met *met;    // [n_met] by truth, then answer: the confusion
    int64_t n_met;
    double *given, *claimed, *realised; // [A], of merit_claims
} merit__examined;

/* Answers the examples, which have labels. EFORMAT when they do not fit the model.
 * Dispose of *out in any case. */
merit_status merit__examined_make(merit__examined *out, const merit_model *model,
                                  const merit_dataset *data, merit_rule rule,
                                  int64_t n_threads, merit_error *err);

void merit__examined_dispose(merit__examined *examined);

/* How many examples of that truth were given that answer. */
int64_t merit__examined_count(const merit__examined *examined, int64_t truth,
                              int64_t answer);

/* What an answer loses against the best one for that truth, >= 0. */
double merit__examined_lost(const merit__examined *examined, int64_t truth,
                            int64_t answer);

/* The same, over all examples together. */
double merit__examined_lost_all(const merit__examined *examined);

#endif
