#include "merit/decide.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/logits.h"
#include "decide/outputs.h"
#include "decide/posterior.h"
#include "decide/temperature.h"

struct merit_decision {
    merit_rule rule;    // never AUTO
    double temperature; // > 0
    merit__outputs outputs;
    size_t n_classes;   // K
    size_t n_answers;   // A
    double *table;      // [K,A] what answers are worth: S, or D for DECODE
};

/* Fills in what the options leave open, and refuses what cannot be. */
static merit_status options_resolve(merit_decision_options *options, size_t n_values,
                                    merit_error *err)
{
    if (options->rule == MERIT_RULE_AUTO) {
        options->rule = MERIT_RULE_BAYES;
    }
    if (options->temperature == 0) {
        options->temperature = 1;
    }
    if (options->rule != MERIT_RULE_ARGMAX && options->rule != MERIT_RULE_BAYES &&
        options->rule != MERIT_RULE_DECODE) {
        return merit__fail(err, MERIT_EINVAL, "there is no decision rule number %d",
                           (int)options->rule);
    }
    if (!isfinite(options->temperature) || options->temperature < 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "temperature is %g, expected a finite number above 0",
                           options->temperature);
    }
    if (options->rule != MERIT_RULE_DECODE) {
        return MERIT_OK;
    }
    if (options->link.kind != MERIT_LINK_SOFTMAX) {
        return merit__fail(err, MERIT_EINVAL,
                           "the rule decode is for softmax outputs alone");
    }
    if (options->decode == NULL) {
        return merit__fail(err, MERIT_EINVAL, "the rule decode needs a decode matrix");
    }
    for (size_t i = 0; i < n_values; i++) {
        if (!isfinite(options->decode[i])) {
            return merit__fail(err, MERIT_EINVAL,
                               "value %zu of the decode matrix is %g, expected a "
                               "finite number",
                               i, options->decode[i]);
        }
    }
    return MERIT_OK;
}

merit_status merit_decision_create(merit_decision **out, const merit_scores *scores,
                                   const merit_decision_options *options,
                                   merit_error *err)
{
    if (out == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_decision_create: out is NULL");
    }
    *out = NULL;
    if (scores == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_decision_create: scores is NULL");
    }
    merit_status status = MERIT_OK;
    merit_decision *decision = NULL;
    merit_decision_options resolved = {0};
    if (options != NULL) {
        resolved = *options;
    }
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    MERIT_TRY(options_resolve(&resolved, K * A, err));

    decision = merit__alloc_array(1, sizeof *decision);
    if (decision == NULL) {
        return merit__fail_memory(err, sizeof *decision, "a decision rule");
    }
    decision->rule = resolved.rule;
    decision->temperature = resolved.temperature;
    decision->n_classes = K;
    decision->n_answers = A;
    decision->table = merit__alloc_array(K * A, sizeof *decision->table);
    if (decision->table == NULL) {
        MERIT_TRY(merit__fail_memory(err, K * A * sizeof *decision->table,
                                     "the table of a decision rule"));
    }
    memcpy(decision->table,
           resolved.rule == MERIT_RULE_DECODE ? resolved.decode
                                              : merit_scores_values(scores),
           K * A * sizeof *decision->table);
    MERIT_TRY(merit__outputs_init(&decision->outputs, scores, resolved.link, err));
    *out = decision;
    return MERIT_OK;

fail:
    merit_decision_free(decision);
    return status;
}

void merit_decision_free(merit_decision *decision)
{
    if (decision == NULL) {
        return;
    }
    merit__outputs_dispose(&decision->outputs);
    merit__free(decision->table);
    merit__free(decision);
}

/* The answer for a posterior q [K] and what it is worth; u [A] is scratch. */
static size_t decide_row(const merit_decision *decision, const double *q, double *u,
                         double *expected)
{
    const size_t K = decision->n_classes;
    const size_t A = decision->n_answers;
    if (decision->rule != MERIT_RULE_ARGMAX) {
        merit__expected_scores(u, q, decision->table, K, A);
        const size_t best = merit__first_largest(u, A);
        *expected = u[best];
        return best;
    }
    const size_t likeliest = merit__first_largest(q, K);
    *expected = 0;
    for (size_t i = 0; i < K; i++) {
        *expected += q[i] * decision->table[i * A + likeliest];
    }
    return likeliest;
}

/* Stores what is decided for row `row`. */
static void store(const merit_decision_results *results, size_t row, size_t answer,
                  double expected)
{
    if (results->answers != NULL) {
        results->answers[row] = (int32_t)answer;
    }
    if (results->expected != NULL) {
        results->expected[row] = expected;
    }
}

/* Decides row `row` from its posterior q [K]; u [A] is scratch. */
static void store_row(const merit_decision *decision,
                      const merit_decision_results *results, size_t row,
                      const double *q, double *u)
{
    double expected = 0;
    const size_t answer = decide_row(decision, q, u, &expected);
    store(results, row, answer, expected);
}

/* Whether an answer scores the same whatever is true: what it earns is then known
 * without a posterior. */
static int is_constant(const merit_decision *decision, size_t answer)
{
    const size_t A = decision->n_answers;
    for (size_t i = 1; i < decision->n_classes; i++) {
        if (decision->table[i * A + answer] != decision->table[answer]) {
            return 0;
        }
    }
    return 1;
}

/* Decides row `row` where the logits themselves are expected scores. */
static void store_scores(const merit_decision *decision,
                         const merit_decision_results *results, size_t row,
                         const float *logits)
{
    size_t best = 0;
    for (size_t k = 1; k < decision->n_classes; k++) {
        best = logits[k] > logits[best] ? k : best;
    }
    double expected = merit__outputs_score(&decision->outputs, logits, best);
    for (size_t k = decision->n_classes;
         decision->rule == MERIT_RULE_BAYES && k < decision->n_answers; k++) {
        if (decision->table[k] > expected && is_constant(decision, k)) {
            best = k;
            expected = decision->table[k];
        }
    }
    store(results, row, best, expected);
}

merit_status merit_decision_apply(const merit_decision *decision, const float *logits,
                                  int64_t n, const merit_decision_results *results,
                                  merit_error *err)
{
    if (decision == NULL || results == NULL || n < 0 || (n > 0 && logits == NULL)) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_decision_apply: an argument is NULL, or n is below "
                           "0");
    }
    const int believes = merit_link_has_posterior(decision->outputs.link);
    if (results->posterior != NULL && !believes) {
        return merit__fail(err, MERIT_EINVAL,
                           "these outputs are expected scores and have no posterior");
    }
    merit_status status = MERIT_OK;
    const size_t K = decision->n_classes;
    const size_t A = decision->n_answers;
    const size_t n_scratch = K + A + merit__outputs_scratch(&decision->outputs);
    double *scratch = merit__alloc_array(n_scratch, sizeof *scratch);
    if (scratch == NULL) {
        return merit__fail_memory(err, n_scratch * sizeof *scratch, "deciding");
    }
    double *u = scratch + K;
    for (size_t row = 0; row < (size_t)n; row++) {
        double *q = results->posterior ? results->posterior + row * K : scratch;
        const float *z = logits + row * K;
        MERIT_TRY(merit__logits_check(z, K, row, err));
        if (!believes) {
            store_scores(decision, results, row, z);
            continue;
        }
        merit__outputs_posterior(q, &decision->outputs, z, decision->temperature,
                                 scratch + K + A);
        store_row(decision, results, row, q, u);
    }

fail:
    merit__free(scratch);
    return status;
}

merit_status merit_decision_apply_posterior(const merit_decision *decision,
                                            const double *posterior, int64_t n,
                                            const merit_decision_results *results,
                                            merit_error *err)
{
    if (decision == NULL || results == NULL || n < 0 || (n > 0 && posterior == NULL)) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_decision_apply_posterior: an argument is NULL, or n "
                           "is below 0");
    }
    merit_status status = MERIT_OK;
    const size_t K = decision->n_classes;
    const size_t A = decision->n_answers;
    double *scratch = merit__alloc_array(K + A, sizeof *scratch);
    if (scratch == NULL) {
        return merit__fail_memory(err, (K + A) * sizeof *scratch, "deciding");
    }
    double *u = scratch + K;
    for (size_t row = 0; row < (size_t)n; row++) {
        double *q = results->posterior ? results->posterior + row * K : scratch;
        MERIT_TRY(merit__posterior_check(posterior + row * K, K, row, err));
        merit__temper(q, posterior + row * K, K, decision->temperature);
        store_row(decision, results, row, q, u);
    }

fail:
    merit__free(scratch);
    return status;
}

merit_status merit_decision_fit_temperature(double *temperature,
                                            const merit_decision *decision,
                                            const float *logits, const int32_t *labels,
                                            const float *weights, int64_t n,
                                            merit_error *err)
{
    if (decision == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_decision_fit_temperature: decision is NULL");
    }
    merit__held_out rows = {.outputs = &decision->outputs,
                            .logits = logits,
                            .labels = labels,
                            .weights = weights,
                            .n = n};
    return merit__temperature_fit(temperature, &rows, err);
}
