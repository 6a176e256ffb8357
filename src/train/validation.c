#include "train/validation.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "merit/metrics.h"
#include "train/own_decode.h"

struct merit__validation {
    const merit_dataset *data;
    const merit_scores *scores;
    int64_t n, n_classes, n_answers;
    merit_loss *cross_entropy;
    float *logits, *gradient; // [N,K]
    int32_t *answers;         // [N]
    double *posterior;        // [N,K]
    double *decode;           // [K,A]
    int64_t *given;           // [A] how often the rule under trial gives each answer
    int64_t *kept_given;      // [A] likewise, of the rule that earns most so far
};

merit_status merit__validation_create(merit__validation **out,
                                      const merit_dataset *data,
                                      const merit_scores *scores, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    merit__validation *v = merit__alloc_array(1, sizeof *v);
    if (v == NULL) {
        return merit__fail_memory(err, sizeof *v, "validation");
    }
    *v = (merit__validation){.data = data,
                             .scores = scores,
                             .n = merit_dataset_n(data),
                             .n_classes = merit_scores_n_truths(scores),
                             .n_answers = merit_scores_n_answers(scores)};
    size_t n = (size_t)v->n, k = (size_t)v->n_classes, a = (size_t)v->n_answers;
    v->logits = merit__alloc_array(n, k * sizeof *v->logits);
    v->gradient = merit__alloc_array(n, k * sizeof *v->gradient);
    v->answers = merit__alloc_array(n, sizeof *v->answers);
    v->posterior = merit__alloc_array(n, k * sizeof *v->posterior);
    v->decode = merit__alloc_array(k, a * sizeof *v->decode);
    v->given = merit__alloc_array(a, sizeof *v->given);
    v->kept_given = merit__alloc_array(a, sizeof *v->kept_given);
    if (v->logits == NULL || v->gradient == NULL || v->answers == NULL ||
        v->posterior == NULL || v->decode == NULL || v->given == NULL ||
        v->kept_given == NULL) {
        MERIT_TRY(merit__fail_memory(err, n * k * sizeof(double), "validation"));
    }
    MERIT_TRY(merit_loss_create(&v->cross_entropy, "cross-entropy", scores, err));
    *out = v;
    return MERIT_OK;
fail:
    merit__validation_free(v);
    return status;
}

void merit__validation_free(merit__validation *v)
{
    if (v == NULL) {
        return;
    }
    merit_loss_free(v->cross_entropy);
    merit__free(v->logits);
    merit__free(v->gradient);
    merit__free(v->answers);
    merit__free(v->posterior);
    merit__free(v->decode);
    merit__free(v->given);
    merit__free(v->kept_given);
    merit__free(v);
}

float *merit__validation_logits(merit__validation *validation)
{
    return validation->logits;
}

/* Counts how often each answer was given; returns how many different ones were. */
static double count_answers(merit__validation *v)
{
    double n = 0;
    memset(v->given, 0, (size_t)v->n_answers * sizeof *v->given);
    for (int64_t i = 0; i < v->n; i++) {
        n += v->given[v->answers[i]] == 0;
        v->given[v->answers[i]]++;
    }
    return n;
}

/* The temperature of the link that suits the held-out examples best. */
static merit_status fit_temperature(double *out, const merit__validation *v,
                                    merit_link link, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_decision *decision = NULL;
    merit_decision_options options = {.link = link};
    MERIT_TRY(merit_decision_create(&decision, v->scores, &options, err));
    MERIT_TRY(merit_decision_fit_temperature(
        out, decision, v->logits, merit_dataset_labels(v->data), NULL, v->n, err));
fail:
    merit_decision_free(decision);
    return status;
}

/* What one rule earns under link and temperature; fills the first fields of *out. */
static merit_status try_rule(merit__verdict *out, merit__validation *v, merit_rule rule,
                             merit_link link, double temperature, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_decision *decision = NULL;
    merit_decision_options options = {
        .rule = rule, .temperature = temperature, .decode = v->decode, .link = link};
    double *posterior = merit_link_has_posterior(link) ? v->posterior : NULL;
    merit_decision_results results = {.answers = v->answers, .posterior = posterior};
    MERIT_TRY(merit_decision_create(&decision, v->scores, &options, err));
    MERIT_TRY(merit_decision_apply(decision, v->logits, v->n, &results, err));
    merit_answers given = {.n = v->n,
                           .labels = merit_dataset_labels(v->data),
                           .answers = v->answers,
                           .posterior = posterior};
    merit_metrics metrics;
    MERIT_TRY(merit_metrics_compute(&metrics, v->scores, &given, err));
    *out = (merit__verdict){.rule = rule,
                            .temperature = temperature,
                            .score = metrics.mean_score,
                            .accuracy = metrics.accuracy,
                            // Checkpoints hold finite numbers only; this one also
                            // stands for none.
                            .log_loss = fmin(metrics.log_loss, 1e30),
                            .classes_answered = count_answers(v)};
fail:
    merit_decision_free(decision);
    return status;
}

/* *value: the mean of a loss over the held-out examples; *out: the sum of its absolute
 * gradient over all logits. */
static merit_status gradient_size(double *out, double *value, merit__validation *v,
                                  const merit_loss *loss, double progress,
                                  merit_error *err)
{
    merit_loss_batch batch = {.n = v->n,
                              .logits = v->logits,
                              .labels = merit_dataset_labels(v->data),
                              .progress = progress};
    merit_status status = merit_loss_eval(loss, &batch, value, v->gradient, err);
    *out = 0;
    for (int64_t i = 0; status == MERIT_OK && i < v->n * v->n_classes; i++) {
        *out += fabs((double)v->gradient[i]);
    }
    return status;
}

/* The answers of the last trial are those of the best rule so far. */
static void keep_given(merit__validation *v)
{
    memcpy(v->kept_given, v->given, (size_t)v->n_answers * sizeof *v->given);
}

/* Keeps the better of two verdicts; on a tie the one with the preferred rule. */
static void keep_better(merit__verdict *best, merit__validation *v,
                        const merit__verdict *other, merit_rule preferred)
{
    if (other->score > best->score ||
        (!(best->score > other->score) && other->rule == preferred)) {
        *best = *other;
        keep_given(v);
    }
}

const int64_t *merit__validation_given(const merit__validation *validation)
{
    return validation->kept_given;
}

merit_status merit__validation_survey(merit__survey *out, merit__validation *v,
                                      merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_decision *decision = NULL;
    merit_decision_options options = {.rule = MERIT_RULE_ARGMAX, .temperature = 1};
    merit_decision_results results = {.answers = v->answers, .posterior = v->posterior};
    merit__surveyed examples = {.logits = v->logits,
                                .posterior = v->posterior,
                                .labels = merit_dataset_labels(v->data),
                                .n = v->n};
    MERIT_TRY(merit_decision_create(&decision, v->scores, &options, err));
    MERIT_TRY(merit_decision_apply(decision, v->logits, v->n, &results, err));
    MERIT_TRY(merit__survey_take(out, v->scores, &examples, err));
fail:
    merit_decision_free(decision);
    return status;
}

merit_status merit__validation_measure(merit__verdict *out, merit__validation *v,
                                       const merit_loss *loss, double progress,
                                       merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_rule preferred = merit_loss_rule(loss);
    const merit_link link = merit_loss_link(loss);
    double temperature, own, reference, value, unused;
    MERIT_TRY(fit_temperature(&temperature, v, link, err));
    merit__verdict argmax, bayes, decoded;
    MERIT_TRY(try_rule(&bayes, v, MERIT_RULE_BAYES, link, temperature, err));
    *out = bayes;
    keep_given(v);
    MERIT_TRY(try_rule(&argmax, v, MERIT_RULE_ARGMAX, link, temperature, err));
    keep_better(out, v, &argmax, preferred);
    if (merit__has_own_decode(loss)) {
        MERIT_TRY(merit__own_decode(v->decode, loss, v->scores, err));
        MERIT_TRY(try_rule(&decoded, v, MERIT_RULE_DECODE, link, 1, err));
        keep_better(out, v, &decoded, preferred);
    }
    out->argmax_score = argmax.score;
    out->bayes_score = bayes.score;
    MERIT_TRY(gradient_size(&own, &value, v, loss, progress, err));
    MERIT_TRY(gradient_size(&reference, &unused, v, v->cross_entropy, 0, err));
    out->gradient_survival = reference > 0 ? own / reference : 1;
    out->validation_loss = fmax(fmin(value, 1e30), -1e30);
fail:
    return status;
}
