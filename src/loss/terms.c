#include "loss/terms.h"

#include <math.h>

#include "scores/scores_range.h"

static double shifted(const merit__loss_row *row, const double *shift, double factor,
                      int64_t j)
{
    return shift == NULL ? row->logits[j] : row->logits[j] + factor * shift[j];
}

merit__log_sum merit__loss_softmax(double *q, const merit__loss_row *row,
                                   const double *shift, double factor)
{
    const int64_t K = row->n_classes;
    int64_t top = 0;
    double largest = shifted(row, shift, factor, 0);
    for (int64_t j = 1; j < K; j++) {
        double x = shifted(row, shift, factor, j);
        if (x > largest) {
            largest = x;
            top = j;
        }
    }
    // The largest term is 1; log1p of the others keeps a small loss exact.
    double others = 0;
    for (int64_t j = 0; j < K; j++) {
        double e = j == top ? 1 : exp(shifted(row, shift, factor, j) - largest);
        others += j == top ? 0 : e;
        if (q != NULL) {
            q[j] = e;
        }
    }
    merit__log_sum sum = {
        .largest = largest, .total = 1 + others, .excess = log1p(others)};
    for (int64_t j = 0; q != NULL && j < K; j++) {
        q[j] /= sum.total;
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

void merit__loss_make_costs(merit_loss *loss, double unit)
{
    const int64_t K = loss->n_classes;
    for (int64_t i = 0; i < K; i++) {
        double *row = loss->table + i * K;
        double best = row[0];
        for (int64_t j = 1; j < K; j++) {
            best = fmax(best, row[j]);
        }
        for (int64_t j = 0; j < K; j++) {
            row[j] = (best - row[j]) / unit;
        }
    }
}

void merit__loss_make_shares(merit_loss *loss)
{
    const int64_t K = loss->n_classes;
    double low, high;
    merit__scores_range(&low, &high, loss->scores);
    for (int64_t k = 0; k < K * K; k++) {
        loss->table[k] = (loss->table[k] - low) / (high - low);
    }
}
