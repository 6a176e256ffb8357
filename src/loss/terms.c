#include "loss/terms.h"

#include <math.h>

#include "base/fail.h"
#include "loss/exponentials.h"
#include "scores/scores_range.h"

static double shifted(const merit__loss_row *row, const double *shift, double factor,
                      int64_t j)
{
    return shift == NULL ? row->logits[j] : row->logits[j] + factor * shift[j];
}

// The largest x, and the first place where it is.
static double find_largest(int64_t *top, const merit__loss_row *row,
                           const double *shift, double factor)
{
    double largest = shifted(row, shift, factor, 0);
    *top = 0;
    for (int64_t j = 1; j < row->n_classes; j++) {
        const double x = shifted(row, shift, factor, j);
        if (x > largest) {
            largest = x;
            *top = j;
        }
    }
    return largest;
}

// x [n] less what is largest, from number `from` on; returns n, at most a block.
static int64_t take_block(double *x, const merit__loss_row *row, const double *shift,
                          double factor, double largest, int64_t from)
{
    const int64_t left = row->n_classes - from;
    const int64_t n = left < MERIT__EXP_BLOCK ? left : MERIT__EXP_BLOCK;
    for (int64_t i = 0; i < n; i++) {
        x[i] = shifted(row, shift, factor, from + i) - largest;
    }
    return n;
}

// A product is faster than a quotient, and as good as what is divided there.
static void divide(double *e, int64_t n, double total, int is_fast)
{
    const double share = 1 / total;
    for (int64_t i = 0; i < n; i++) {
        e[i] = is_fast ? e[i] * share : e[i] / total;
    }
}

merit__log_sum merit__loss_softmax(double *q, const merit__loss_row *row,
                                   const double *shift, double factor)
{
    const int64_t K = row->n_classes;
    int64_t top = 0;
    const double largest = find_largest(&top, row, shift, factor);
    // The largest term is 1; log1p of the others keeps a small loss exact.
    double others = 0;
    double room[MERIT__EXP_BLOCK];
    for (int64_t from = 0; from < K; from += MERIT__EXP_BLOCK) {
        double *e = q != NULL ? q + from : room;
        const int64_t n = take_block(e, row, shift, factor, largest, from);
        const int has_top = top >= from && top < from + n;
        merit__exponentials(e, e, n, row->is_fast);
        if (has_top) {
            e[top - from] = 0;
        }
        others = merit__add_up(others, e, n, row->is_fast);
        if (has_top) {
            e[top - from] = 1;
        }
    }
    merit__log_sum sum = {
        .largest = largest, .total = 1 + others, .excess = log1p(others)};
    if (q != NULL) {
        divide(q, K, sum.total, row->is_fast);
    }
    return sum;
}

double merit__loss_cross_entropy(double *dlogits, const merit__loss_row *row,
                                 const double *shift, double factor)
{
    merit__log_sum sum = merit__loss_softmax(dlogits, row, shift, factor);
    double value = sum.excess;
    for (int64_t j = 0; j < row->n_classes; j++) {
        value += row->target[j] * (sum.largest - row->logits[j]);
        if (dlogits != NULL) {
            dlogits[j] -= row->target[j];
        }
    }
    return value;
}

double merit__loss_cross_entropy_row(const merit__loss_row *row, double *dlogits)
{
    return merit__loss_cross_entropy(dlogits, row, NULL, 0);
}

double merit__loss_belief(const merit__loss_row *row, const merit__log_sum *sum,
                          const double *q, int64_t j)
{
    return q != NULL ? q[j] : exp(row->logits[j] - sum->largest) / sum->total;
}

double merit__loss_mean(const merit__loss_row *row, const merit__log_sum *sum,
                        const double *q)
{
    double mean = 0;
    for (int64_t j = 0; j < row->n_classes; j++) {
        mean += row->table[j] * merit__loss_belief(row, sum, q, j);
    }
    return mean;
}

// 1 - exp(s) of a block from number `from` on; returns how many those are.
static int64_t missing(double *out, const merit__loss_row *row, double factor,
                       int64_t from)
{
    const int64_t left = row->n_classes - from;
    const int64_t n = left < MERIT__EXP_BLOCK ? left : MERIT__EXP_BLOCK;
    for (int64_t i = 0; i < n; i++) {
        out[i] = factor * row->table[from + i];
    }
    merit__missing_of_1(out, out, n, row->is_fast);
    return n;
}

// Subtracts softmax(z + s) from a gradient; `after` is the log-sum-exp of z + s.
static void take_away(double *dlogits, const merit__loss_row *row, double factor,
                      const merit__log_sum *after)
{
    double e[MERIT__EXP_BLOCK];
    for (int64_t from = 0; from < row->n_classes; from += MERIT__EXP_BLOCK) {
        const int64_t n = take_block(e, row, row->table, factor, after->largest, from);
        merit__exponentials(e, e, n, row->is_fast);
        divide(e, n, after->total, row->is_fast);
        for (int64_t i = 0; i < n; i++) {
            dlogits[from + i] -= e[i];
        }
    }
}

double merit__loss_log_mean(double *dlogits, const merit__loss_row *row, double factor)
{
    const int64_t K = row->n_classes;
    merit__log_sum before = merit__loss_softmax(dlogits, row, NULL, 0);
    double lost = 0;
    double lack[MERIT__EXP_BLOCK];
    for (int64_t from = 0; from < K; from += MERIT__EXP_BLOCK) {
        const int64_t n = missing(lack, row, factor, from);
        for (int64_t i = 0; i < n; i++) {
            lost += merit__loss_belief(row, &before, dlogits, from + i) * lack[i];
        }
    }
    if (lost < 0.5) {
        // 1 - lost is the sum of q exp(s). Where all s are small the difference of two
        // logarithms would be rounding and little else.
        for (int64_t from = 0; dlogits != NULL && from < K; from += MERIT__EXP_BLOCK) {
            const int64_t n = missing(lack, row, factor, from);
            for (int64_t i = 0; i < n; i++) {
                dlogits[from + i] *= (lack[i] - lost) / (1 - lost);
            }
        }
        return -log1p(-lost);
    }
    merit__log_sum after = merit__loss_softmax(NULL, row, row->table, factor);
    if (dlogits != NULL) {
        take_away(dlogits, row, factor, &after);
    }
    return before.largest - after.largest + (before.excess - after.excess);
}

void merit__loss_scale(double *dlogits, int64_t n_classes, double factor)
{
    for (int64_t j = 0; dlogits != NULL && j < n_classes; j++) {
        dlogits[j] *= factor;
    }
}

void merit__loss_cost_row(const merit_loss *loss, double *row, double unit)
{
    const int64_t K = loss->n_classes;
    double best = row[0];
    for (int64_t j = 1; j < K; j++) {
        best = row[j] > best ? row[j] : best;
    }
    for (int64_t j = 0; j < K; j++) {
        row[j] = (best - row[j]) / unit;
    }
}

void merit__loss_make_cost_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    merit__loss_cost_row(loss, row, loss->range);
}

void merit__loss_make_costs(merit_loss *loss, double unit)
{
    for (int64_t i = 0; i < loss->n_classes; i++) {
        merit__loss_cost_row(loss, loss->table + i * loss->n_classes, unit);
    }
}

void merit__loss_make_share_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    const double low = loss->constants[0];
    const double high = loss->constants[1];
    for (int64_t j = 0; j < loss->n_classes; j++) {
        row[j] = (row[j] - low) / (high - low);
    }
}

merit_status merit__loss_learn_tree(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__scores_range(&loss->constants[0], &loss->constants[1], loss->scores);
    if (loss->n_answers > loss->n_classes) {
        loss->rule = MERIT_RULE_BAYES;
    }
    return MERIT_OK;
}

merit_status merit__loss_learn_scores(merit_loss *loss, merit_error *err)
{
    const int64_t K = loss->n_classes;
    merit_status status = merit__loss_learn_tree(loss, err);
    for (int64_t i = 0; i < K; i++) {
        merit__loss_make_share_row(loss, loss->table + i * K, i);
    }
    return status;
}

void merit__loss_draw_to_best(merit_loss *loss)
{
    const int64_t K = loss->n_classes;
    for (int64_t i = 0; i < K; i++) {
        const double *costs = loss->table + i * K;
        if (costs[i] > 0) {
            int64_t best = 0;
            while (costs[best] > 0) {
                best++;
            }
            loss->hot[i] = best;
        }
    }
}

enum { MOST, RAISE }; // of gains, in constants

void merit__loss_make_gain_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    const double most = loss->constants[MOST];
    const double raise = loss->constants[RAISE];
    for (int64_t j = 0; j < loss->n_classes; j++) {
        // By rounding, scores of a tree may be next to 0 on the wrong side.
        const double share = fmax(0, (row[j] + raise) / (most + raise));
        // Either way the logarithm is exact, whether the share is next to 0 or 1.
        row[j] = share < 0.5 ? -log(share) : -log1p((row[j] - most) / (most + raise));
    }
}

merit_status merit__loss_gains_tree(merit_loss *loss, double floor, merit_error *err)
{
    (void)err;
    double least;
    merit__scores_range(&least, &loss->constants[MOST], loss->scores);
    loss->constants[RAISE] = fmax(0, floor * loss->range - least);
    return MERIT_OK;
}

merit_status merit__loss_make_gains(merit_loss *loss, double floor, merit_error *err)
{
    const int64_t K = loss->n_classes;
    double least, most;
    merit__scores_range(&least, &most, loss->scores);
    merit_status status = merit__loss_gains_tree(loss, floor, err);
    for (int64_t i = 0; i < K; i++) {
        double *row = loss->table + i * K;
        double lost = INFINITY; // at least, for this truth
        merit__loss_make_gain_row(loss, row, i);
        for (int64_t j = 0; j < K; j++) {
            lost = fmin(lost, row[j]);
        }
        if (lost == INFINITY) {
            return merit__fail(err, MERIT_EUNSUPPORTED,
                               "%s: no class scores above the table's lowest, %g, when "
                               "the truth is %.40s: nothing is gained there. Set floor "
                               "above 0, or use expected-score",
                               loss->def->info.name, least,
                               merit_scores_name(loss->scores, i));
        }
    }
    return status;
}
