#include "decide/outputs.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/g_softmax.h"
#include "decide/posterior.h"
#include "scores/scores_kernel.h"
#include "scores/scores_range.h"

merit_status merit__outputs_init(merit__outputs *out, const merit_scores *scores,
                                 merit_link link, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__outputs){.link = link, .K = (size_t)merit_scores_n_truths(scores)};
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
    if (link.kind == MERIT_LINK_MARGIN) {
        MERIT_TRY(merit__margin_init(&out->margin, scores, link.cost, err));
    }
fail:
    return status;
}

void merit__outputs_dispose(merit__outputs *outputs)
{
    merit__free(outputs->kernel);
    outputs->kernel = NULL;
    merit__margin_dispose(&outputs->margin);
}

// Of the scratch: the logits without margins, then what taking them off needs.
static size_t n_logits(const merit__outputs *outputs)
{
    return outputs->K / 2 + 1;
}

size_t merit__outputs_scratch(const merit__outputs *outputs)
{
    if (outputs->link.kind == MERIT_LINK_MARGIN) {
        return n_logits(outputs) + merit__margin_scratch(&outputs->margin);
    }
    return outputs->kernel == NULL ? 0 : merit__g_softmax_scratch(outputs->K);
}

const float *merit__outputs_logits(const merit__outputs *outputs, const float *logits,
                                   double *scratch)
{
    if (outputs->link.kind != MERIT_LINK_MARGIN) {
        return logits;
    }
    float *out = (float *)(void *)scratch;
    merit__margin_logits(out, &outputs->margin, logits, scratch + n_logits(outputs));
    return out;
}

void merit__outputs_posterior(double *q, const merit__outputs *outputs,
                              const float *logits, double temperature, double *scratch)
{
    if (outputs->kernel == NULL) {
        merit__softmax(q, merit__outputs_logits(outputs, logits, scratch), outputs->K,
                       temperature);
        return;
    }
    for (size_t k = 0; k < outputs->K; k++) {
        q[k] = logits[k] / temperature;
    }
    merit__g_softmax(q, q, outputs->kernel, outputs->K, scratch);
}

double merit__outputs_score(const merit__outputs *outputs, const float *logits,
                            size_t k)
{
    const double z = logits[k];
    const int is_share = outputs->link.kind == MERIT_LINK_SCORES;
    const double share = is_share ? z : 1 / (1 + exp(-z));
    return outputs->low + share * (outputs->high - outputs->low);
}
