/* The parts that losses are made of. Nothing here overflows, whatever the logits. */
#ifndef MERIT_LOSS_TERMS_H
#define MERIT_LOSS_TERMS_H

#include "loss/loss_def.h"

/* log sum_j exp(x_j) in two parts, so that differences of it do not cancel. */
typedef struct merit__log_sum {
    double largest; // max_j x_j
    double total;   // sum_j exp(x_j - largest), in [1, K]
    double excess;  // its logarithm, exact also next to 0
} merit__log_sum;

/* The log-sum-exp of x = logits + factor * shift; shift [K] may be NULL. Unless q is
 * NULL it gets softmax(x). */
merit__log_sum merit__loss_softmax(double *q, const merit__loss_row *row,
                                   const double *shift, double factor);

/* The cross entropy from the target to softmax(x), x as above: LSE(x) - p.x, for a
 * shift that is 0 wherever p is not; its gradient is softmax(x) - p. */
double merit__loss_cross_entropy(double *dlogits, const merit__loss_row *row,
                                 const double *shift, double factor);

/* The whole row function of a loss that is the cross entropy to its target. */
double merit__loss_cross_entropy_row(const merit__loss_row *row, double *dlogits);

/* Entry j of softmax(logits), whose log-sum-exp is `sum`; q is that softmax where it is
 * at hand, or NULL. */
double merit__loss_belief(const merit__loss_row *row, const merit__log_sum *sum,
                          const double *q, int64_t j);

/* The mean of row->table under softmax(logits); sum and q as above. */
double merit__loss_mean(const merit__loss_row *row, const merit__log_sum *sum,
                        const double *q);

/* For prepare: makes the table of scores one of costs C_ij = max_k S_ik - S_ij,
 * divided by `unit`. */
void merit__loss_make_costs(merit_loss *loss, double unit);

/* For prepare: makes the table of scores one of shares s_ik = (S_ik - min S) /
 * (max S - min S), in [0,1] by one map for all rows. */
void merit__loss_make_shares(merit_loss *loss);

#endif
