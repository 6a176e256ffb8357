/* An explanation in the making. */
#ifndef MERIT_EXPLAIN_PARTS_H
#define MERIT_EXPLAIN_PARTS_H

#include "merit/explain.h"

/* A candidate with the arrays it owns. */
typedef struct merit__explained {
    merit_explain_candidate shown; // first: what is public
    int64_t *missing, *lost;
    const merit_run_row *rows; // [n_rows]
    int64_t n_rows;
    char stage[64]; // name of the loss that was in force at the end
    int is_single;  // one loss, the same from beginning to end
} merit__explained;

struct merit_explanation {
    const merit_run *run;
    merit_explain_verdict verdict;
    merit__explained *candidates;
    int64_t n_candidates;
    const merit__explained *kept;
    merit_finding *findings;
    char **texts;
    size_t n_findings, findings_capacity, texts_capacity;
    int no_memory; // something could not be written
};

/* Fills a candidate from its rows. */
merit_status merit__explain_measure(merit__explained *out, const merit_run *run,
                                    int64_t candidate, merit_error *err);

/* What a validation earned: 0 as the best constant answer, 1 all there is; NaN where
 * these are not known. */
double merit__explain_gain(const merit_run *run, const merit_run_row *row);

/* Whether less than half of that was earned. */
int merit__explain_is_low(const merit_explain_candidate *candidate);

/* What became of a measured candidate. */
merit_explain_verdict merit__explain_judge(const merit__explained *candidate,
                                           const merit_run *run);

/* Whether a validation shows examples stuck for want of gradient. */
int merit__explain_row_is_stuck(const merit_run_row *row);

/* The default learning rate of an optimiser; NaN when it is not known. */
double merit__explain_default_rate(const char *optimizer);

/* Adds a finding; its text goes on with merit__explain_add. Failures set no_memory. */
void merit__explain_find(merit_explanation *e, const char *id, merit_severity severity,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Appends to the last finding. */
void merit__explain_add(merit_explanation *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the name of an answer; of a long one the beginning, whole characters. */
void merit__explain_add_name(merit_explanation *e, int64_t answer);

/* Appends names of classes or answers: "a, b and c"; of many the first ones. */
void merit__explain_add_names(merit_explanation *e, const int64_t *index, int64_t n);

/* Appends the path of a file of the run as a shell takes it. */
void merit__explain_add_path(merit_explanation *e, const char *file);

/* Appends a count to be read at a glance: "12", "about 1,600", "about 10^38". */
void merit__explain_add_count(merit_explanation *e, double count);

/* Appends a share in per cent: "0.12 %", "98 %", "less than 0.001 %". */
void merit__explain_add_share(merit_explanation *e, double share);

/* All findings, by the verdict. */
void merit__explain_findings(merit_explanation *e);

/* What stands in the way of a kept candidate that is collapsed or stuck. */
void merit__explain_stuck(merit_explanation *e);

/* What to do about it. */
void merit__explain_remedy(merit_explanation *e);

#endif
