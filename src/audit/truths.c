#include "audit/audit_parts.h"

#include <math.h>

// The best score of a truth, over all answers or over its classes.
static double largest(const double *row, int64_t n)
{
    double best = row[0];
    for (int64_t k = 1; k < n; k++) {
        best = fmax(best, row[k]);
    }
    return best;
}

static double mean_of(const double *row, int64_t n)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        sum += row[k] / (double)n;
    }
    return sum;
}

static double spread_of(const double *row, int64_t n)
{
    const double mean = mean_of(row, n);
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        sum += (row[k] - mean) * (row[k] - mean) / (double)n;
    }
    return sqrt(sum);
}

// The best class's score less the next lower one's.
static double gap_of(const double *row, int64_t n)
{
    const double best = largest(row, n);
    double next = -INFINITY;
    for (int64_t k = 0; k < n; k++) {
        next = row[k] < best ? fmax(next, row[k]) : next;
    }
    return isinf(next) ? 0 : best - next;
}

static void describe(merit_audit *audit, int64_t i)
{
    const double *row = audit->S + i * audit->A;
    merit_audit_truth *truth = &audit->truths[i];
    truth->best = merit_scores_best_answer(audit->scores, i);
    truth->diagonal_rank = 1;
    for (int64_t k = 0; k < audit->A; k++) {
        truth->n_best += row[k] == row[truth->best];
        truth->diagonal_rank += row[k] > row[i];
    }
    truth->gap = gap_of(row, audit->K);
    truth->spread = spread_of(row, audit->K);
    truth->gradient_ratio = truth->spread / sqrt((double)audit->K - 1);
    audit->answers[truth->best].n_best_for++;
}

static void find_regrets(merit_audit *audit)
{
    const int64_t K = audit->K, A = audit->A;
    double scale = 0;
    for (int64_t i = 0; i < K; i++) {
        const double *row = audit->S + i * A;
        const double best = largest(row, A);
        for (int64_t k = 0; k < A; k++) {
            audit->regret[i * A + k] = best - row[k];
            scale = fmax(scale, best - row[k]);
        }
    }
    for (int64_t at = 0; at < K * A; at++) {
        audit->regret[at] /= scale > 0 ? scale : 1;
        audit->scaled[at] = -audit->regret[at];
    }
    audit->facts.regret_scale = scale;
}

void merit__audit_truths(merit_audit *audit)
{
    double flattest = 0; // max_i (mean_i - min_i) over the classes
    for (int64_t i = 0; i < audit->K; i++) {
        const double *row = audit->S + i * audit->A;
        double least = row[0];
        describe(audit, i);
        for (int64_t k = 1; k < audit->K; k++) {
            least = fmin(least, row[k]);
        }
        flattest = fmax(flattest, mean_of(row, audit->K) - least);
    }
    audit->facts.affine_M = (double)audit->K * flattest;
    find_regrets(audit);
}
