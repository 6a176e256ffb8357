#include "merit/decide.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/products.h"
#include "decide/least_norm.h"

/* D = P^+ S. With S = m 1^T + S J, where m [K] are the means of the rows and J centres
 * them, P^+ S = (P^+ m) 1^T + P^+ S J. The second part is the D of least norm for which
 * P D = S + c 1^T with some c; the first adds the same to every answer and makes c
 * what P cannot express of m, -(I - P P^+) m: 0 when P is invertible. */

static const double sum_tolerance = 1e-6, sign_tolerance = 1e-9;

/* Whether every row of targets [K,K] is a distribution, up to rounding. */
static merit_status targets_check(const double *targets, size_t K, merit_error *err)
{
    for (size_t i = 0; i < K; i++) {
        double sum = 0;
        for (size_t j = 0; j < K; j++) {
            const double p = targets[i * K + j];
            // The negation also catches what is not a number.
            if (!(p >= -sign_tolerance && p <= 1 + sum_tolerance)) {
                return merit__fail(err, MERIT_EINVAL,
                                   "targets[%zu][%zu] is %g, expected a probability", i,
                                   j, p);
            }
            sum += p;
        }
        if (fabs(sum - 1) > sum_tolerance) {
            return merit__fail(err, MERIT_EINVAL,
                               "row %zu of the targets sums to %g, expected 1", i, sum);
        }
    }
    return MERIT_OK;
}

/* The largest absolute entry of P D - S - c 1^T for the best c: half the range of a
 * row of P D - S. product [A] is scratch. */
static double residual_of(const double *decode, const double *targets, const double *S,
                          size_t K, size_t A, double *product)
{
    double residual = 0;
    for (size_t i = 0; i < K; i++) {
        double low = INFINITY, high = -INFINITY;
        merit__multiply_rows(product, targets + i * K, decode, 1, K, A);
        for (size_t k = 0; k < A; k++) {
            low = fmin(low, product[k] - S[i * A + k]);
            high = fmax(high, product[k] - S[i * A + k]);
        }
        residual = fmax(residual, (high - low) / 2);
    }
    return residual;
}

merit_status merit_decode_matrix(double *decode, double *residual,
                                 const double *targets, const merit_scores *scores,
                                 merit_error *err)
{
    if (decode == NULL || residual == NULL || targets == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_decode_matrix: an argument is NULL");
    }
    merit_status status = MERIT_OK;
    double *copy = NULL, *product = NULL;
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    if (S == NULL) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "an implicit table has no decode matrix: it would hold %zu "
                           "numbers",
                           K * A);
    }
    MERIT_TRY(targets_check(targets, K, err));
    copy = merit__alloc_array(K * K, sizeof *copy);
    product = merit__alloc_array(A, sizeof *product);
    if (copy == NULL || product == NULL) {
        MERIT_TRY(
            merit__fail_memory(err, (K * K + A) * sizeof *copy, "a decode matrix"));
    }
    memcpy(copy, targets, K * K * sizeof *copy);
    memcpy(decode, S, K * A * sizeof *decode);
    MERIT_TRY(merit__least_norm_solve(decode, copy, K, A, err));
    *residual = residual_of(decode, targets, S, K, A, product);

fail:
    merit__free(copy);
    merit__free(product);
    return status;
}
