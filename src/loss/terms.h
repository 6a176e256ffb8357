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

/* -log sum_j q_j exp(s_j) = LSE(z) - LSE(z + s) with s = factor * row->table, none
 * of them above 0; some, but not all, may be -oo. Its gradient is q - softmax(z +
 * s). Exact also where the sum is next to 1. */
double merit__loss_log_mean(double *dlogits, const merit__loss_row *row, double factor);

/* Multiplies a gradient [K]; NULL is allowed. */
void merit__loss_scale(double *dlogits, int64_t n_classes, double factor);

/* For prepare: makes the table of scores one of costs C_ij = max_k S_ik - S_ij,
 * divided by `unit`. */
void merit__loss_make_costs(merit_loss *loss, double unit);

/* The same of one row; likewise with the loss's R as the unit, a make_row. */
void merit__loss_cost_row(const merit_loss *loss, double *row, double unit);
void merit__loss_make_cost_row(const merit_loss *loss, double *row, int64_t truth);

/* A make_row: shares of one row. */
void merit__loss_make_share_row(const merit_loss *loss, double *row, int64_t truth);

/* prepare_tree, of the losses that learn shares. */
merit_status merit__loss_learn_tree(merit_loss *loss, merit_error *err);

/* As prepare, where outputs learn the scores themselves: makes the table one of shares
 * s_ik = (S_ik - min S) / (max S - min S), in [0,1] by one map for all rows. With more
 * answers than classes the rule is Bayes, which may see some of them. */
merit_status merit__loss_learn_scores(merit_loss *loss, merit_error *err);

/* For prepare, on costs: makes the best answer the class that each truth draws to, the
 * truth itself where it ties for the best. */
void merit__loss_draw_to_best(merit_loss *loss);

/* For prepare: makes the table of scores one of -log(A_ij / max A), with
 * A_ij = S_ij + max(0, floor R - min S): the scores as they stand, or raised by one
 * constant until the lowest is `floor`, which counts in R. EUNSUPPORTED when a row of A
 * has nothing above 0. */
merit_status merit__loss_make_gains(merit_loss *loss, double floor, merit_error *err);

/* The same for an implicit table, none of whose rows lacks a gain, and its make_row. */
merit_status merit__loss_gains_tree(merit_loss *loss, double floor, merit_error *err);
void merit__loss_make_gain_row(const merit_loss *loss, double *row, int64_t truth);

#endif
