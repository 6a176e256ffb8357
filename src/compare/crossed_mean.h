/* The mean of numbers that belong to a seed and to an example, and how sure it is. */
#ifndef MERIT_COMPARE_CROSSED_MEAN_H
#define MERIT_COMPARE_CROSSED_MEAN_H

#include "merit/error.h"
#include "merit/metrics.h"

typedef struct merit__crossed_mean {
    double mean;
    double variance; // of the mean, on the large side; NaN for one number
    double df;       // its degrees of freedom; infinite where it is 0
    double spread;   // standard deviation of the seeds' means; NaN for one seed
} merit__crossed_mean;

/* Of a[s][i] - b[s][i], s < n_seeds, i < n; b may be NULL for a alone. scratch: [n].
 *
 *     v_S = var_s(mean_i) / S,  v_N = var_i(mean_s) / N,  v = v_S + v_N
 *     df = v^2 / (v_S^2 / (S - 1) + v_N^2 / (N - 1))
 *
 * With crossed random effects of seed, example and both, v expects the true variance
 * plus that of `both` / (S N). One seed leaves v_S = 0, one example v_N = 0. */
void merit__crossed_mean_of(merit__crossed_mean *out, const double *const *a,
                            const double *const *b, int64_t n_seeds, int64_t n,
                            double *scratch);

/* Student's interval of the mean at 95 %; the bounds are NaN where nothing is known. */
merit_interval merit__crossed_interval(const merit__crossed_mean *mean);

/* Student's two-sided p of the mean against 0; 1 where nothing is known. */
double merit__crossed_p(const merit__crossed_mean *mean);

#endif
