#include "train/validation.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "merit/metrics.h"
#include "model/model.h"
#include "train/own_decode.h"

enum { BAYES, ARGMAX, DECODE, N_TRIALS };

/* A rule under trial. */
typedef struct trial {
    merit_rule rule;
    double temperature;
    merit_decision *decision; // NULL: not tried
    merit_tally *tally;
    int64_t *given; // [A] how often it gave each answer
} trial;

struct merit__validation {
    const merit_dataset *data;
    const merit_scores *scores;
    int64_t n, block, n_classes, n_answers;
    merit_loss *cross_entropy;
    float *logits, *gradient; // [block,K]
    int32_t *answers;         // [block]
    double *posterior;        // [block,K]
    double *decode;           // [K,A]; NULL for an implicit table
    trial trials[N_TRIALS];
    merit_decision *likeliest; // argmax at temperature 1, for the survey
    merit__surveying *surveying;
    const int64_t *kept_given; // [A] of the rule that earned most

    // Of the measurement under way.
    const merit_loss *loss;
    double progress;
    merit_link link;                  // by which logits are read
    double temperature;               // that suits the examples; 0: not known yet
    merit_decision *fitted;           // whose temperature is being fitted
    merit_temperature_passes *passes; // while it is
    int64_t n_added;
    double own_gradient, reference_gradient, value;
};

static merit_status alloc_arrays(merit__validation *v, merit_error *err)
{
    const size_t n = (size_t)v->block, k = (size_t)v->n_classes,
                 a = (size_t)v->n_answers;
    v->logits = merit__alloc_array(n, k * sizeof *v->logits);
    v->gradient = merit__alloc_array(n, k * sizeof *v->gradient);
    v->answers = merit__alloc_array(n, sizeof *v->answers);
    v->posterior = merit__alloc_array(n, k * sizeof *v->posterior);
    int failed = v->logits == NULL || v->gradient == NULL || v->answers == NULL ||
                 v->posterior == NULL;
    for (int i = 0; i < N_TRIALS; i++) {
        v->trials[i].given = merit__alloc_array(a, sizeof(int64_t));
        failed = failed || v->trials[i].given == NULL;
    }
    if (merit_scores_values(v->scores) != NULL) {
        v->decode = merit__alloc_array(k, a * sizeof *v->decode);
        failed = failed || v->decode == NULL;
    }
    return failed ? merit__fail_memory(err, n * k * sizeof(double), "validation")
                  : MERIT_OK;
}

merit_status merit__validation_create(merit__validation **out,
                                      const merit_dataset *data,
                                      const merit_scores *scores, merit_error *err)
{
    const merit_decision_options likeliest = {.rule = MERIT_RULE_ARGMAX};
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
    v->block = merit__infer_block(v->n, v->n_classes);
    MERIT_TRY(alloc_arrays(v, err));
    MERIT_TRY(merit_loss_create(&v->cross_entropy, "cross-entropy", scores, err));
    MERIT_TRY(merit__survey_begin(&v->surveying, scores, v->n, err));
    MERIT_TRY(merit_decision_create(&v->likeliest, scores, &likeliest, err));
    *out = v;
    return MERIT_OK;
fail:
    merit__validation_free(v);
    return status;
}

// Ends the trials of a measurement.
static void close_trials(merit__validation *v)
{
    for (int i = 0; i < N_TRIALS; i++) {
        merit_decision_free(v->trials[i].decision);
        merit_tally_free(v->trials[i].tally);
        v->trials[i].decision = NULL;
        v->trials[i].tally = NULL;
    }
}

static void close_fit(merit__validation *v)
{
    merit_temperature_passes_free(v->passes);
    merit_decision_free(v->fitted);
    v->passes = NULL;
    v->fitted = NULL;
}

void merit__validation_free(merit__validation *v)
{
    if (v == NULL) {
        return;
    }
    close_trials(v);
    close_fit(v);
    for (int i = 0; i < N_TRIALS; i++) {
        merit__free(v->trials[i].given);
    }
    merit_decision_free(v->likeliest);
    merit__survey_free(v->surveying);
    merit_loss_free(v->cross_entropy);
    merit__free(v->logits);
    merit__free(v->gradient);
    merit__free(v->answers);
    merit__free(v->posterior);
    merit__free(v->decode);
    merit__free(v);
}

int64_t merit__validation_block(const merit__validation *validation)
{
    return validation->block;
}

float *merit__validation_logits(merit__validation *validation)
{
    return validation->logits;
}

const int64_t *merit__validation_given(const merit__validation *validation)
{
    return validation->kept_given;
}

void merit__validation_survey(merit__survey *out, merit__validation *validation)
{
    merit__survey_end(out, validation->surveying);
}

static const int32_t *next_labels(const merit__validation *v)
{
    return merit_dataset_labels(v->data) + v->n_added;
}

/* The link and the temperature that suit the n examples in place best. */
static merit_status fit_link(merit__validation *v, const int32_t *labels, int64_t n,
                             merit_error *err)
{
    return merit_link_fit(&v->link, &v->temperature, v->scores, v->logits, labels, NULL,
                          n, err);
}

merit_status merit__validation_fit_begin(merit__validation *v, const int64_t *index,
                                         int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int32_t *all = merit_dataset_labels(v->data);
    int32_t *labels = merit__alloc_array((size_t)n, sizeof *labels);
    if (labels == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *labels, "validation");
    }
    for (int64_t i = 0; i < n; i++) {
        labels[i] = all[index[i]];
    }
    MERIT_TRY(fit_link(v, labels, n, err));
    const merit_decision_options options = {.link = v->link};
    close_fit(v);
    MERIT_TRY(merit_decision_create(&v->fitted, v->scores, &options, err));
    MERIT_TRY(
        merit_temperature_passes_create(&v->passes, v->fitted, v->temperature, err));
fail:
    merit__free(labels);
    return status;
}

merit_status merit__validation_fit_add(merit__validation *v, int64_t first, int64_t n,
                                       merit_error *err)
{
    return merit_temperature_passes_add(v->passes, v->logits,
                                        merit_dataset_labels(v->data) + first, n, err);
}

merit_status merit__validation_fit_end(merit__validation *v, int32_t *is_found,
                                       merit_error *err)
{
    return merit_temperature_passes_end(v->passes, &v->temperature, is_found, err);
}

static merit_status open_trial(merit__validation *v, int which, merit_rule rule,
                               double temperature, merit_error *err)
{
    merit_status status = MERIT_OK;
    trial *t = &v->trials[which];
    const merit_decision_options options = {
        .rule = rule, .temperature = temperature, .decode = v->decode, .link = v->link};
    t->rule = rule;
    t->temperature = temperature;
    memset(t->given, 0, (size_t)v->n_answers * sizeof *t->given);
    MERIT_TRY(merit_decision_create(&t->decision, v->scores, &options, err));
    MERIT_TRY(merit_tally_create(&t->tally, v->scores, err));
fail:
    return status;
}

void merit__validation_begin(merit__validation *v, const merit_loss *loss,
                             double progress)
{
    close_trials(v);
    close_fit(v);
    v->loss = loss;
    v->link = merit_loss_link(loss);
    v->temperature = 0;
    v->progress = progress;
    v->n_added = 0;
    v->own_gradient = v->reference_gradient = v->value = 0;
    merit__survey_clear(v->surveying);
}

// What is to be tried, once the first n examples are there, to fit a temperature to
// unless that is done.
static merit_status open_trials(merit__validation *v, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (v->temperature == 0) {
        MERIT_TRY(fit_link(v, next_labels(v), n, err));
    }
    MERIT_TRY(open_trial(v, BAYES, MERIT_RULE_BAYES, v->temperature, err));
    MERIT_TRY(open_trial(v, ARGMAX, MERIT_RULE_ARGMAX, v->temperature, err));
    if (merit__has_own_decode(v->loss)) {
        MERIT_TRY(merit__own_decode(v->decode, v->loss, v->scores, err));
        MERIT_TRY(open_trial(v, DECODE, MERIT_RULE_DECODE, 1, err));
    }
fail:
    return status;
}

/* What a rule earns on the n examples in place. */
static merit_status add_to_trial(merit__validation *v, trial *t, int64_t n,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    double *posterior = merit_link_has_posterior(v->link) ? v->posterior : NULL;
    const merit_decision_results results = {.answers = v->answers,
                                            .posterior = posterior};
    const merit_answers given = {.n = n,
                                 .labels = next_labels(v),
                                 .answers = v->answers,
                                 .posterior = posterior};
    MERIT_TRY(merit_decision_apply(t->decision, v->logits, n, &results, err));
    MERIT_TRY(merit_tally_add(t->tally, &given, err));
    for (int64_t i = 0; i < n; i++) {
        t->given[v->answers[i]]++;
    }
fail:
    return status;
}

/* Adds to *value the part of the n examples in the mean of a loss over all, and to *out
 * the sum of its absolute gradient over their logits. */
static merit_status add_gradient(double *out, double *value, merit__validation *v,
                                 const merit_loss *loss, double progress, int64_t n,
                                 merit_error *err)
{
    double part = 0;
    const merit_loss_batch batch = {.n = n,
                                    .logits = v->logits,
                                    .labels = next_labels(v),
                                    .scale = 1 / (double)v->n,
                                    .progress = progress};
    merit_status status = merit_loss_eval(loss, &batch, &part, v->gradient, err);
    for (int64_t i = 0; status == MERIT_OK && i < n * v->n_classes; i++) {
        *out += fabs((double)v->gradient[i]);
    }
    *value += part;
    return status;
}

/* What the n examples in place say of a model that is stuck. */
static merit_status add_to_survey(merit__validation *v, int64_t n, merit_error *err)
{
    const merit_decision_results results = {v->answers, NULL, v->posterior};
    const merit__surveyed examples = {.logits = v->logits,
                                      .posterior = v->posterior,
                                      .labels = next_labels(v),
                                      .n = n};
    merit_status status =
        merit_decision_apply(v->likeliest, v->logits, n, &results, err);
    if (status == MERIT_OK) {
        merit__survey_add(v->surveying, &examples);
    }
    return status;
}

merit_status merit__validation_add(merit__validation *v, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    double unused = 0;
    if (v->n_added == 0) {
        MERIT_TRY(open_trials(v, n, err));
    }
    for (int i = 0; i < N_TRIALS; i++) {
        if (v->trials[i].decision != NULL) {
            MERIT_TRY(add_to_trial(v, &v->trials[i], n, err));
        }
    }
    MERIT_TRY(
        add_gradient(&v->own_gradient, &v->value, v, v->loss, v->progress, n, err));
    MERIT_TRY(
        add_gradient(&v->reference_gradient, &unused, v, v->cross_entropy, 0, n, err));
    MERIT_TRY(add_to_survey(v, n, err));
    v->n_added += n;
fail:
    return status;
}

/* What one rule earned; fills the first fields of *out. */
static merit_status judge(merit__verdict *out, const merit__validation *v,
                          const trial *t, merit_error *err)
{
    merit_metrics metrics;
    merit_status status = merit_tally_metrics(t->tally, &metrics, err);
    if (status != MERIT_OK) {
        return status;
    }
    *out = (merit__verdict){.rule = t->rule,
                            .link = v->link,
                            .temperature = t->temperature,
                            .score = metrics.mean_score,
                            .accuracy = metrics.accuracy,
                            // Checkpoints hold finite numbers only; this one also
                            // stands for none.
                            .log_loss = fmin(metrics.log_loss, 1e30)};
    for (int64_t a = 0; a < v->n_answers; a++) {
        out->classes_answered += t->given[a] > 0;
    }
    return MERIT_OK;
}

/* Whether a verdict takes the place of the best so far; on a tie, the one with the
 * preferred rule does. */
static int is_better(const merit__verdict *other, const merit__verdict *best,
                     merit_rule preferred)
{
    return other->score > best->score ||
           (!(best->score > other->score) && other->rule == preferred);
}

merit_status merit__validation_end(merit__verdict *out, merit__validation *v,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_rule preferred = merit_loss_rule(v->loss);
    // Argmax never gives the extra answers that the table was made with; where beliefs
    // are good it earns more by chance alone.
    const int forgets_answers =
        v->n_answers > v->n_classes && preferred == MERIT_RULE_BAYES;
    merit__verdict verdicts[N_TRIALS] = {{0}};
    MERIT_TRY(judge(&verdicts[BAYES], v, &v->trials[BAYES], err));
    *out = verdicts[BAYES];
    v->kept_given = v->trials[BAYES].given;
    for (int i = ARGMAX; i < N_TRIALS; i++) {
        if (v->trials[i].decision == NULL) {
            continue;
        }
        MERIT_TRY(judge(&verdicts[i], v, &v->trials[i], err));
        if (!(i == ARGMAX && forgets_answers) &&
            is_better(&verdicts[i], out, preferred)) {
            *out = verdicts[i];
            v->kept_given = v->trials[i].given;
        }
    }
    out->argmax_score = verdicts[ARGMAX].score;
    out->bayes_score = verdicts[BAYES].score;
    out->gradient_survival =
        v->reference_gradient > 0 ? v->own_gradient / v->reference_gradient : 1;
    out->validation_loss = fmax(fmin(v->value, 1e30), -1e30);
fail:
    close_trials(v);
    return status;
}
