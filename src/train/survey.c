#include "train/survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "merit/audit.h"

typedef struct merit__surveying surveying;

static const double narrow = 0.02, worth_having = 0.05; // of the range

/* One stuck example. */
typedef struct stuck {
    int64_t pair; // truth * K + answer
    double margin;
} stuck;

/* A survey under way. */
struct merit__surveying {
    const merit_scores *scores;
    int64_t n_classes, n_answers;
    double range; // R
    double *row;  // [A] of the example's truth
    double *mean; // [K] sum of the posteriors
    stuck *found; // [N], n_found of them
    int64_t n_found;
    int64_t n, n_max; // examples so far, and room
    double confidence;
};

/* Whether the score of an example no longer tells the model's answers apart, although
 * another would earn more. */
static int is_stuck(const surveying *s, const double *q, const double *row, double best)
{
    double mean = 0, variance = 0;
    for (int64_t k = 0; k < s->n_classes; k++) {
        mean += q[k] * row[k];
    }
    for (int64_t k = 0; k < s->n_classes; k++) {
        variance += q[k] * (row[k] - mean) * (row[k] - mean);
    }
    return sqrt(variance) < narrow * s->range && best - mean > worth_having * s->range;
}

static int64_t first_largest(const double *values, int64_t n)
{
    int64_t at = 0;
    for (int64_t k = 1; k < n; k++) {
        at = values[k] > values[at] ? k : at;
    }
    return at;
}

/* Counts one example with posterior q; returns how sure the model is. */
static double look_at(surveying *s, const float *logits, const double *q, int64_t truth)
{
    const double *row = s->row;
    merit_scores_row(s->scores, truth, s->row);
    int64_t answer = first_largest(q, s->n_classes);
    int64_t best = first_largest(row, s->n_classes);
    for (int64_t k = 0; k < s->n_classes; k++) {
        s->mean[k] += q[k];
    }
    // Who is sure of the truth is not wrong, even if another answer earns more.
    if (answer != truth && is_stuck(s, q, row, row[best])) {
        s->found[s->n_found++] =
            (stuck){.pair = truth * s->n_classes + answer,
                    .margin = (double)logits[answer] - (double)logits[best]};
    }
    return q[answer];
}

static int by_margin(const void *a, const void *b)
{
    double x = ((const stuck *)a)->margin, y = ((const stuck *)b)->margin;
    return (x > y) - (x < y);
}

static int by_pair(const void *a, const void *b)
{
    int64_t x = ((const stuck *)a)->pair, y = ((const stuck *)b)->pair;
    return x != y ? (x > y) - (x < y) : by_margin(a, b);
}

/* The value that a share of the n sorted examples does not exceed. */
static double quantile(const stuck *sorted, int64_t n, double share)
{
    return n > 0 ? sorted[(int64_t)(share * (double)(n - 1) + 0.5)].margin : 0;
}

/* Keeps a pair when it is among the largest, in descending order. */
static void keep_pair(merit__survey *out, const merit__stuck_pair *pair)
{
    int64_t at = out->n_pairs;
    while (at > 0 && out->pairs[at - 1].share < pair->share) {
        at--;
    }
    if (at == MERIT__SURVEY_PAIRS) {
        return;
    }
    out->n_pairs += out->n_pairs < MERIT__SURVEY_PAIRS;
    for (int64_t i = out->n_pairs - 1; i > at; i--) {
        out->pairs[i] = out->pairs[i - 1];
    }
    out->pairs[at] = *pair;
}

static void count_pairs(merit__survey *out, const surveying *s, int64_t n)
{
    qsort(s->found, (size_t)s->n_found, sizeof *s->found, by_pair);
    for (int64_t from = 0, to; from < s->n_found; from = to) {
        int64_t pair = s->found[from].pair;
        for (to = from + 1; to < s->n_found && s->found[to].pair == pair;) {
            to++;
        }
        merit__stuck_pair p = {.truth = pair / s->n_classes,
                               .answer = pair % s->n_classes,
                               .share = (double)(to - from) / (double)n,
                               .margin = quantile(s->found + from, to - from, 0.5)};
        p.is_trap = merit_audit_is_trap(s->scores, p.truth, p.answer);
        out->trap_share += p.is_trap ? p.share : 0;
        keep_pair(out, &p);
    }
}

static double exp_entropy(const double *sum, int64_t n_classes, int64_t n)
{
    double entropy = 0;
    for (int64_t k = 0; k < n_classes; k++) {
        double mean = sum[k] / (double)n;
        entropy -= mean > 0 ? mean * log(mean) : 0;
    }
    return exp(entropy);
}

static void summarise(merit__survey *out, const surveying *s, int64_t n)
{
    out->stuck_share = (double)s->n_found / (double)n;
    out->effective_classes = exp_entropy(s->mean, s->n_classes, n);
    count_pairs(out, s, n);
    qsort(s->found, (size_t)s->n_found, sizeof *s->found, by_margin);
    out->stuck_margin = quantile(s->found, s->n_found, 0.5);
    out->stuck_margin_95 = quantile(s->found, s->n_found, 0.95);
}

merit_status merit__survey_begin(surveying **out, const merit_scores *scores,
                                 int64_t n_max, merit_error *err)
{
    surveying *s = merit__alloc_array(1, sizeof *s);
    *out = NULL;
    if (s == NULL) {
        return merit__fail_memory(err, sizeof *s, "validation");
    }
    *s = (surveying){.scores = scores,
                     .n_classes = merit_scores_n_truths(scores),
                     .n_answers = merit_scores_n_answers(scores),
                     .n_max = n_max};
    s->mean = merit__alloc_array((size_t)s->n_classes, sizeof *s->mean);
    s->row = merit__alloc_array((size_t)s->n_answers, sizeof *s->row);
    s->found = merit__alloc_array((size_t)n_max, sizeof *s->found);
    if (s->mean == NULL || s->row == NULL || s->found == NULL) {
        merit__survey_free(s);
        return merit__fail_memory(err, (size_t)n_max * sizeof *s->found, "validation");
    }
    s->range = merit_scores_widest_row(scores);
    *out = s;
    return MERIT_OK;
}

void merit__survey_free(surveying *s)
{
    if (s != NULL) {
        merit__free(s->mean);
        merit__free(s->row);
        merit__free(s->found);
        merit__free(s);
    }
}

void merit__survey_clear(surveying *s)
{
    memset(s->mean, 0, (size_t)s->n_classes * sizeof *s->mean);
    s->n_found = 0;
    s->n = 0;
    s->confidence = 0;
}

void merit__survey_add(surveying *s, const merit__surveyed *examples)
{
    const int64_t k = s->n_classes;
    for (int64_t i = 0; i < examples->n && s->n < s->n_max; i++, s->n++) {
        s->confidence += look_at(s, examples->logits + i * k,
                                 examples->posterior + i * k, examples->labels[i]);
    }
}

void merit__survey_end(merit__survey *out, surveying *s)
{
    *out = (merit__survey){.confidence = s->confidence / (double)s->n};
    summarise(out, s, s->n);
}

merit_status merit__survey_take(merit__survey *out, const merit_scores *scores,
                                const merit__surveyed *examples, merit_error *err)
{
    surveying *s = NULL;
    *out = (merit__survey){0};
    merit_status status = merit__survey_begin(&s, scores, examples->n, err);
    if (status == MERIT_OK) {
        merit__survey_add(s, examples);
        merit__survey_end(out, s);
    }
    merit__survey_free(s);
    return status;
}
