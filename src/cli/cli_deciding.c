#include "cli_deciding.h"

#include "cli_message.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Rows that are decided together read the table once.
enum { PART_VALUES = 1 << 14, PART_ROWS_MIN = 32 };

static merit_status open_rule(merit__rule_tally *out, const merit__deciding *deciding,
                              merit_rule rule, double temperature, merit_error *err)
{
    const merit__beliefs *beliefs = deciding->beliefs;
    merit_decision_options options = {.rule = rule, .temperature = temperature};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_decision_create(&out->decision, beliefs->scores, &options, err));
    MERIT_TRY(
        merit__new_array(&out->answers, deciding->n_part, sizeof *out->answers, err));
    MERIT_TRY(
        merit__new_array(&out->expected, deciding->n_part, sizeof *out->expected, err));
    if (beliefs->labels != NULL) {
        MERIT_TRY(merit_tally_create(&out->tally, beliefs->scores, err));
    }

fail:
    return status;
}

merit_status merit__deciding_open(merit__deciding *out, const merit__beliefs *beliefs,
                                  merit_rule rule, double temperature, merit_error *err)
{
    int64_t k = beliefs->n_classes;
    merit_status status = MERIT_OK;
    int64_t n_part = PART_VALUES / k;
    *out = (merit__deciding){.beliefs = beliefs,
                             .rule = rule == MERIT_RULE_AUTO ? MERIT_RULE_BAYES : rule,
                             .n_part = n_part > PART_ROWS_MIN ? n_part : PART_ROWS_MIN};
    MERIT_TRY(merit__new_array(&out->n_given, merit_scores_n_answers(beliefs->scores),
                               sizeof *out->n_given, err));
    MERIT_TRY(merit__new_array(&out->posterior, out->n_part,
                               (size_t)k * sizeof *out->posterior, err));
    MERIT_TRY(open_rule(&out->chosen, out, out->rule, temperature, err));
    if (beliefs->source->are_logits) {
        MERIT_TRY(merit__new_array(&out->logits, out->n_part,
                                   (size_t)k * sizeof *out->logits, err));
    }
    if (beliefs->labels != NULL) {
        merit_rule other =
            out->rule == MERIT_RULE_ARGMAX ? MERIT_RULE_BAYES : MERIT_RULE_ARGMAX;
        MERIT_TRY(open_rule(&out->other, out, other, 1, err));
        MERIT_TRY(merit__new_array(&out->n_true, k, sizeof *out->n_true, err));
        MERIT_TRY(
            merit__new_array(&out->earned, out->n_part, 2 * sizeof *out->earned, err));
        status = merit_pairs_create(&out->pairs);
        if (status != MERIT_OK) {
            return merit__refuse(err, status, "not enough memory to compare the rules");
        }
    }

fail:
    return status;
}

static merit_status decide_logits(merit__deciding *d, const double *values, int64_t n,
                                  const merit_decision_results *results,
                                  merit_error *err)
{
    int64_t k = d->beliefs->n_classes;
    for (int64_t i = 0; i < n * k; i++) {
        if (fabs(values[i]) > FLT_MAX) {
            return merit__refuse(err, MERIT_EFORMAT,
                                 "%.120s: row %" PRId64
                                 ": a logit is %g, expected at most %g in size",
                                 merit_rows_path(d->beliefs->rows), d->n + i / k,
                                 values[i], (double)FLT_MAX);
        }
        d->logits[i] = (float)values[i];
    }
    return merit_decision_apply(d->chosen.decision, d->logits, n, results, err);
}

// What the chosen rule and argmax earn with each example.
static merit_status compare(merit__deciding *d, const int32_t *labels, int64_t n,
                            merit_error *err)
{
    const merit_scores *scores = d->beliefs->scores;
    double *b = d->earned + d->n_part;
    if (d->pairs == NULL || d->rule == MERIT_RULE_ARGMAX) {
        return MERIT_OK;
    }
    for (int64_t i = 0; i < n; i++) {
        d->earned[i] = merit_scores_score(scores, labels[i], d->chosen.answers[i]);
        b[i] = merit_scores_score(scores, labels[i], d->other.answers[i]);
    }
    merit_status status = merit_pairs_add(d->pairs, d->earned, b, n);
    if (status == MERIT_ENOMEM) { // too many kinds of them: no interval
        merit_pairs_free(d->pairs);
        d->pairs = NULL;
        return MERIT_OK;
    }
    return status == MERIT_OK
               ? MERIT_OK
               : merit__refuse(err, status, "the rules cannot be compared");
}

static merit_status measure(merit__deciding *d, const int32_t *labels, int64_t n,
                            merit_error *err)
{
    merit_answers given = {.n = n,
                           .labels = labels,
                           .answers = d->chosen.answers,
                           .expected = d->chosen.expected,
                           .posterior = d->posterior};
    merit_answers other = {.n = n,
                           .labels = labels,
                           .answers = d->other.answers,
                           .expected = d->other.expected};
    merit_decision_results results = {.answers = d->other.answers,
                                      .expected = d->other.expected};
    merit_status status = MERIT_OK;
    for (int64_t i = 0; i < n; i++) {
        d->n_true[labels[i]]++;
        d->n_impossible += d->posterior[i * d->beliefs->n_classes + labels[i]] == 0;
    }
    MERIT_TRY(merit_tally_add(d->chosen.tally, &given, err));
    MERIT_TRY(merit_decision_apply_posterior(d->other.decision, d->posterior, n,
                                             &results, err));
    MERIT_TRY(merit_tally_add(d->other.tally, &other, err));
    MERIT_TRY(compare(d, labels, n, err));

fail:
    return status;
}

merit_status merit__deciding_add(merit__deciding *d, const double *values,
                                 const int32_t *labels, int64_t n, merit_error *err)
{
    merit_decision_results results = {.answers = d->chosen.answers,
                                      .expected = d->chosen.expected,
                                      .posterior = d->posterior};
    merit_status status = MERIT_OK;
    if (d->logits != NULL) {
        MERIT_TRY(decide_logits(d, values, n, &results, err));
    } else {
        MERIT_TRY(merit_decision_apply_posterior(d->chosen.decision, values, n,
                                                 &results, err));
    }
    for (int64_t i = 0; i < n; i++) {
        d->n_given[results.answers[i]]++;
        d->claimed += results.expected[i];
    }
    if (labels != NULL) {
        MERIT_TRY(measure(d, labels, n, err));
    }
    d->n += n;

fail:
    return status;
}

static void dispose_rule(merit__rule_tally *rule)
{
    merit_decision_free(rule->decision);
    merit_tally_free(rule->tally);
    free(rule->answers);
    free(rule->expected);
}

void merit__deciding_dispose(merit__deciding *d)
{
    dispose_rule(&d->chosen);
    dispose_rule(&d->other);
    merit_pairs_free(d->pairs);
    free(d->n_given);
    free(d->n_true);
    free(d->posterior);
    free(d->logits);
    free(d->earned);
    *d = (merit__deciding){0};
}
