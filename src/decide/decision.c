#include "merit/decide.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/logits.h"
#include "base/products.h"
#include "decide/decision_outputs.h"
#include "decide/posterior.h"
#include "decide/steady_answer.h"
#include "scores/scores_table.h"

struct merit_decision {
    merit_rule rule;    // never AUTO
    double temperature; // > 0
    merit__outputs outputs;
    size_t n_classes;     // K
    size_t n_answers;     // A
    merit_scores *scores; // shared
    const double *table;  // [K,A] what answers are worth: S, or D for DECODE; NULL for
                          // an implicit table, which scores alone knows
    double *decode;       // [K,A] a copy of D; NULL for other rules
    size_t steady;        // the best of the extra answers that score the same,
    double steady_score;  // this, whatever is true; -oo: there is none
};

/* Fills in what the options leave open, and refuses what cannot be. */
static merit_status options_resolve(merit_decision_options *options, size_t n_values,
                                    int is_implicit, merit_error *err)
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
    if (is_implicit) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "the rule decode needs a matrix of all %zu scores, which an "
                           "implicit table does not have; use bayes",
                           n_values);
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

static merit_status copy_decode(merit_decision *decision, const double *decode,
                                merit_error *err)
{
    const size_t n_bytes = decision->n_classes * decision->n_answers * sizeof *decode;
    decision->decode = merit__alloc_array(1, n_bytes);
    if (decision->decode == NULL) {
        return merit__fail_memory(err, n_bytes, "a decode matrix");
    }
    memcpy(decision->decode, decode, n_bytes);
    decision->table = decision->decode;
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
    MERIT_TRY(
        options_resolve(&resolved, K * A, merit_scores_values(scores) == NULL, err));

    decision = merit__alloc_array(1, sizeof *decision);
    if (decision == NULL) {
        return merit__fail_memory(err, sizeof *decision, "a decision rule");
    }
    decision->rule = resolved.rule;
    decision->temperature = resolved.temperature;
    decision->n_classes = K;
    decision->n_answers = A;
    decision->scores = merit__scores_share(scores);
    decision->table = merit_scores_values(scores);
    if (resolved.rule == MERIT_RULE_DECODE) {
        MERIT_TRY(copy_decode(decision, resolved.decode, err));
    }
    MERIT_TRY(
        merit__outputs_init(&decision->outputs, decision->scores, resolved.link, err));
    if (!merit_link_has_posterior(resolved.link)) {
        MERIT_TRY(merit__steady_answer(&decision->steady, &decision->steady_score,
                                       scores, err));
    }
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
    merit_scores_free(decision->scores);
    merit__free(decision->decode);
    merit__free(decision);
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

/* u [A], the expected scores for a posterior q [K] under an implicit table; the scratch
 * for it is behind u. */
static void expect(const merit_decision *decision, const double *q, double *u)
{
    merit_scores_expect(decision->scores, q, u, u + decision->n_answers);
}

static size_t first_largest_float(const float *values, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        best = values[i] > values[best] ? i : best;
    }
    return best;
}

/* The likeliest class of row `row`, of posterior q [K]; or, where the logits [K] of a
 * net with margins are given, that with the largest one. u is scratch where the table
 * is implicit. */
static void store_likeliest(const merit_decision *decision,
                            const merit_decision_results *results, size_t row,
                            const double *q, const float *logits, double *u)
{
    const size_t K = decision->n_classes;
    const size_t likeliest =
        logits != NULL ? first_largest_float(logits, K) : merit__first_largest(q, K);
    double expected = 0;
    if (decision->table == NULL && results->expected != NULL) {
        expect(decision, q, u);
        store(results, row, likeliest, u[likeliest]);
        return;
    }
    for (size_t i = 0; i < K && results->expected != NULL; i++) {
        expected += q[i] * decision->table[i * decision->n_answers + likeliest];
    }
    store(results, row, likeliest, expected);
}

/* Decides the n rows from `first` on by their posteriors q [n,K]; u [n,A] is scratch.
 * logits [.,K] of all rows, or NULL, as above. */
static void store_rows(const merit_decision *decision,
                       const merit_decision_results *results, size_t first,
                       const double *q, size_t n, const float *logits, double *u)
{
    const size_t K = decision->n_classes;
    const size_t A = decision->n_answers;
    if (decision->rule == MERIT_RULE_ARGMAX) {
        for (size_t i = 0; i < n; i++) {
            store_likeliest(decision, results, first + i, q + i * K,
                            logits == NULL ? NULL : logits + (first + i) * K, u);
        }
        return;
    }
    if (decision->table == NULL) { // one row at a time
        expect(decision, q, u);
    } else {
        merit__multiply_rows(u, q, decision->table, n, K, A);
    }
    for (size_t i = 0; i < n; i++) {
        const size_t best = merit__first_largest(u + i * A, A);
        store(results, first + i, best, u[i * A + best]);
    }
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
    if (decision->rule == MERIT_RULE_BAYES && decision->steady_score > expected) {
        best = decision->steady;
        expected = decision->steady_score;
    }
    store(results, row, best, expected);
}

/* Posteriors that wait until they are enough to be decided together, which reads the
 * table once for all of them. */
typedef struct block {
    const merit_decision *decision;
    const merit_decision_results *results;
    double *memory;
    double *q;           // [n_rows,K], unless the results have a place for them
    double *u;           // [n_rows,A] scratch
    double *scratch;     // of the outputs
    const float *logits; // [N,K] of a net with margins, or NULL
    size_t n_rows;       // that it holds
    size_t first, n;     // the first row, and how many wait
} block;

/* Prepares deciding n rows. Close it in any case. */
static merit_status block_open(block *out, const merit_decision *decision,
                               const merit_decision_results *results, size_t n,
                               merit_error *err)
{
    const int is_implicit = decision->table == NULL;
    const size_t most = is_implicit ? 1 : MERIT__PRODUCTS_ROWS;
    const size_t n_rows = n < most ? n : most;
    const size_t n_q = results->posterior != NULL ? 0 : n_rows * decision->n_classes;
    const size_t n_u =
        is_implicit ? decision->n_answers + merit_scores_scratch(decision->scores)
        : decision->rule == MERIT_RULE_ARGMAX ? 0
                                              : n_rows * decision->n_answers;
    const size_t n_memory = n_q + n_u + merit__outputs_scratch(&decision->outputs);
    *out = (block){.decision = decision, .results = results, .n_rows = n_rows};
    out->memory = merit__alloc_array(n_memory, sizeof *out->memory);
    if (out->memory == NULL) {
        return merit__fail_memory(err, n_memory * sizeof *out->memory, "deciding");
    }
    out->q = out->memory;
    out->u = out->q + n_q;
    out->scratch = out->u + n_u;
    return MERIT_OK;
}

static void block_close(block *rows)
{
    merit__free(rows->memory);
}

static double *block_posteriors(const block *rows)
{
    double *posterior = rows->results->posterior;
    return posterior != NULL ? posterior + rows->first * rows->decision->n_classes
                             : rows->q;
}

/* Where the posterior [K] of the next row goes. */
static double *block_next(block *rows)
{
    return block_posteriors(rows) + rows->n++ * rows->decision->n_classes;
}

/* Decides the rows that wait, if the block is full or there are no more. */
static void block_decide(block *rows, int is_last)
{
    if (rows->n < rows->n_rows && !is_last) {
        return;
    }
    store_rows(rows->decision, rows->results, rows->first, block_posteriors(rows),
               rows->n, rows->logits, rows->u);
    rows->first += rows->n;
    rows->n = 0;
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
    block rows;
    MERIT_TRY(block_open(&rows, decision, results, (size_t)n, err));
    rows.logits = decision->outputs.link.kind == MERIT_LINK_MARGIN ? logits : NULL;
    for (size_t row = 0; row < (size_t)n; row++) {
        const float *z = logits + row * K;
        MERIT_TRY(merit__logits_check(z, K, row, err));
        if (!believes) {
            store_scores(decision, results, row, z);
            continue;
        }
        merit__outputs_posterior(block_next(&rows), &decision->outputs, z,
                                 decision->temperature, rows.scratch);
        block_decide(&rows, row + 1 == (size_t)n);
    }

fail:
    block_close(&rows);
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
    block rows;
    MERIT_TRY(block_open(&rows, decision, results, (size_t)n, err));
    for (size_t row = 0; row < (size_t)n; row++) {
        MERIT_TRY(merit__posterior_check(posterior + row * K, K, row, err));
        merit__temper(block_next(&rows), posterior + row * K, K, decision->temperature);
        block_decide(&rows, row + 1 == (size_t)n);
    }

fail:
    block_close(&rows);
    return status;
}

const merit__outputs *merit__decision_outputs(const merit_decision *decision)
{
    return &decision->outputs;
}
