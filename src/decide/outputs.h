/* From a row of logits to what is believed of its truth, or to what is expected of each
 * answer, as the link says. */
#ifndef MERIT_DECIDE_OUTPUTS_H
#define MERIT_DECIDE_OUTPUTS_H

#include "merit/decide.h"

#include "decide/margin.h"

typedef struct merit__outputs {
    merit_link link;
    size_t K;
    double *kernel;       // [K,K] of g-softmax, owned; else NULL
    merit__margin margin; // where the link has margins
    double low, high;     // of the scores: what 0 and 1 of a share stand for
} merit__outputs;

/* Whether there is such a link: EINVAL says why not. */
merit_status merit__link_check(merit_link link, merit_error *err);

/* Prepares a link for a table; EINVAL for a link that does not exist, EUNSUPPORTED for
 * a table that it is not made for, ENOMEM. The table must outlive *out. Dispose of *out
 * in any case. */
merit_status merit__outputs_init(merit__outputs *out, const merit_scores *scores,
                                 merit_link link, merit_error *err);
void merit__outputs_dispose(merit__outputs *outputs);

/* How many doubles of scratch a row needs. */
size_t merit__outputs_scratch(const merit__outputs *outputs);

/* Finite logits of which the posterior is the softmax, or g-softmax, at a temperature:
 * those given, or what is left of them without margins, in the scratch. */
const float *merit__outputs_logits(const merit__outputs *outputs, const float *logits,
                                   double *scratch);

/* q [K], the posterior of finite logits; the link must have one. */
void merit__outputs_posterior(double *q, const merit__outputs *outputs,
                              const float *logits, double temperature, double *scratch);

/* The score that a link of scores expects of answer k. */
double merit__outputs_score(const merit__outputs *outputs, const float *logits,
                            size_t k);

#endif
