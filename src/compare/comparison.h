/* A comparison in memory, and who fills in what. */
#ifndef MERIT_COMPARE_COMPARISON_H
#define MERIT_COMPARE_COMPARISON_H

#include "merit/compare.h"

/* How far from the best constant answer to the best loss counts as nearly the best. */
static const double merit__nearly_best = 0.95;

struct merit_comparison {
    merit_compare_facts facts;
    merit_compare_loss *losses; // [facts.n_losses]
    void **owned;               // everything that they point to
    size_t n_owned, owned_capacity;
};

/* n zeroed elements that live as long as the comparison; NULL without memory. */
void *merit__comparison_own(merit_comparison *comparison, size_t n, size_t size);

/* A copy of a text, likewise. */
char *merit__comparison_text(merit_comparison *comparison, const char *text);

/* Frees what it owns. */
void merit__comparison_dispose(merit_comparison *comparison);

/* The runs of a loss, for those who fill them in. */
merit_compare_run *merit__comparison_runs(const merit_compare_loss *loss);

/* validated, n_steps, seconds, steps_to and seconds_to of the runs that are DONE, from
 * what they recorded below `directory`. */
merit_status merit__comparison_add_curves(merit_comparison *comparison,
                                          const char *directory, merit_error *err);

/* Means, intervals, tests; sorts the losses. */
merit_status merit__comparison_rank(merit_comparison *comparison, merit_error *err);

/* facts.verdict of losses that are ranked. */
merit_status merit__comparison_judge(merit_comparison *comparison, merit_error *err);

/* Writes comparison.tsv. */
merit_status merit__comparison_save_table(const merit_comparison *comparison,
                                          const char *directory, merit_error *err);

#endif
