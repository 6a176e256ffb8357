#include "decide/beliefs.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/g_softmax.h"
#include "decide/posterior.h"
#include "scores/scores_kernel.h"
#include "scores/scores_range.h"

merit_status merit__beliefs_init(merit__beliefs *out, const merit_scores *scores,
                                 merit_link link, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__beliefs){.link = link,
                            .K = (size_t)merit_scores_n_truths(scores)};
    MERIT_TRY(merit__link_check(link, err));
    merit__scores_range(&out->low, &out->high, scores);
    if (link.kind == MERIT_LINK_G_SOFTMAX) {
        out->kernel = merit__alloc_array(out->K, out->K * sizeof *out->kernel);
        if (out->kernel == NULL) {
            MERIT_TRY(merit__fail_memory(err, out->K * out->K * sizeof *out->kernel,
                                         "a decision rule"));
        }
        MERIT_TRY(
            merit__scores_kernel(out->kernel, scores, link.cost, "g-softmax", err));
    }
fail:
    return status;
}

void merit__beliefs_dispose(merit__beliefs *beliefs)
{
    merit__free(beliefs->kernel);
    beliefs->kernel = NULL;
}

size_t merit__beliefs_scratch(const merit__beliefs *beliefs)
{
    return beliefs->kernel == NULL ? 0 : merit__g_softmax_scratch(beliefs->K);
}

void merit__beliefs_posterior(double *q, const merit__beliefs *beliefs,
                              const float *logits, double temperature, double *scratch)
{
    if (beliefs->kernel == NULL) {
        merit__softmax(q, logits, beliefs->K, temperature);
        return;
    }
    for (size_t k = 0; k < beliefs->K; k++) {
        q[k] = logits[k] / temperature;
    }
    merit__g_softmax(q, q, beliefs->kernel, beliefs->K, scratch);
}

double merit__beliefs_score(const merit__beliefs *beliefs, const float *logits,
                            size_t k)
{
    const double z = logits[k];
    const int is_share = beliefs->link.kind == MERIT_LINK_SCORES;
    const double share = is_share ? z : 1 / (1 + exp(-z));
    return beliefs->low + share * (beliefs->high - beliefs->low);
}
