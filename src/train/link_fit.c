#include "train/link_fit.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

enum { ROWS = 64, PARTS = 4 };

/* What is fitted, and to what. */
typedef struct fitting {
    const merit_scores *scores;
    const float *logits;   // [n,K]
    const int32_t *labels; // [n]
    int64_t n;
    double *posterior; // [ROWS,K] scratch
} fitting;

/* *loss: the sum of -log p of the labels. */
static merit_status add_up(double *loss, const fitting *f,
                           const merit_decision *decision, merit_error *err)
{
    const int64_t K = merit_scores_n_truths(f->scores);
    const merit_decision_results results = {.posterior = f->posterior};
    *loss = 0;
    for (int64_t i = 0; i < f->n; i += ROWS) {
        const int64_t n = f->n - i < ROWS ? f->n - i : ROWS;
        merit_status status =
            merit_decision_apply(decision, f->logits + i * K, n, &results, err);
        if (status != MERIT_OK) {
            return status;
        }
        for (int64_t j = 0; j < n; j++) {
            *loss -= log(fmax(f->posterior[j * K + f->labels[i + j]], 1e-300));
        }
    }
    return MERIT_OK;
}

/* The temperature of a link; and its loss, unless that is NULL. */
static merit_status fit(double *temperature, double *loss, merit_link link,
                        const fitting *f, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_decision *decision = NULL;
    merit_decision_options options = {.link = link};
    MERIT_TRY(merit_decision_create(&decision, f->scores, &options, err));
    MERIT_TRY(merit_decision_fit_temperature(temperature, decision, f->logits,
                                             f->labels, NULL, f->n, err));
    if (loss != NULL) {
        merit_decision_free(decision);
        options.temperature = *temperature;
        MERIT_TRY(merit_decision_create(&decision, f->scores, &options, err));
        MERIT_TRY(add_up(loss, f, decision, err));
    }
fail:
    merit_decision_free(decision);
    return status;
}

/* The margins of `whole` in part. */
static merit_link in_part(merit_link whole, int part)
{
    const double cost = whole.cost * ((double)part / PARTS);
    return part == 0 ? (merit_link){MERIT_LINK_SOFTMAX, 0}
                     : (merit_link){MERIT_LINK_MARGIN, cost};
}

merit_status merit__link_fit(merit_link *link, double *temperature,
                             const merit_scores *scores, const float *logits,
                             const int32_t *labels, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_link whole = *link;
    double least = INFINITY;
    fitting f = {.scores = scores, .logits = logits, .labels = labels, .n = n};
    if (whole.kind != MERIT_LINK_MARGIN) {
        return fit(temperature, NULL, whole, &f, err);
    }
    const size_t K = (size_t)merit_scores_n_truths(scores);
    f.posterior = merit__alloc_array(K, ROWS * sizeof *f.posterior);
    if (f.posterior == NULL) {
        return merit__fail_memory(err, K * ROWS * sizeof *f.posterior, "validation");
    }
    for (int part = PARTS; part >= 0; part--) {
        double found = 0, loss = 0;
        MERIT_TRY(fit(&found, &loss, in_part(whole, part), &f, err));
        if (!(loss < least)) {
            break;
        }
        least = loss;
        *temperature = found;
        *link = in_part(whole, part);
    }
fail:
    merit__free(f.posterior);
    return status;
}
