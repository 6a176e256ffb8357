#include "scores/scores_kernel.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/definite.h"
#include "base/fail.h"
#include "scores/scores_distances.h"

static const double largest_cost_tried = 1000;
static const double tolerance = 1e-9; // of distances, in the largest one
static const char instead[] = "cross-entropy; it takes any table";

/* Classes that are not apart must be in the same place: as far from every other one.
 * Else the kernel is indefinite at any cost, if only by a little. */
static merit_status check_places(const double *distances, const merit_scores *scores,
                                 double largest, const char *who, merit_error *err)
{
    const int64_t K = merit_scores_n_truths(scores);
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < i; j++) {
            const double *one = distances + j * K;
            const double *other = distances + i * K;
            for (int64_t k = 0; k < K && one[i] <= tolerance * largest; k++) {
                if (fabs(one[k] - other[k]) > tolerance * largest) {
                    return merit__fail(
                        err, MERIT_EUNSUPPORTED,
                        "%s: taken for each other %.24s and %.24s lose %g, so they "
                        "must be alike, but taken for %.24s they lose %g and %g. Use "
                        "%s",
                        who, merit_scores_name(scores, j),
                        merit_scores_name(scores, i), one[i],
                        merit_scores_name(scores, k), one[k], other[k], instead);
                }
            }
        }
    }
    return MERIT_OK;
}

static void write_kernel(double *kernel, const double *distances, size_t n_values,
                         double factor)
{
    for (size_t k = 0; k < n_values; k++) {
        kernel[k] = exp(-factor / 2 * distances[k]);
    }
}

/* The first of cost 2, cost 4, ... for a positive semidefinite kernel, or 0. */
static double sufficient_cost(double *kernel, const double *distances, size_t K,
                              double cost, double largest)
{
    for (cost *= 2; cost <= largest_cost_tried; cost *= 2) {
        write_kernel(kernel, distances, K * K, cost / largest);
        if (merit__is_semidefinite(kernel, K)) {
            return cost;
        }
    }
    return 0;
}

/* `work` [K,K] and two rows. */
static merit_status refuse(const double *kernel, const double *distances, size_t K,
                           double cost, double largest, double *work, const char *who,
                           merit_error *err)
{
    char larger[64] = "";
    const double least = merit__least_eigenvalue(kernel, K, work + K * K);
    const double enough = sufficient_cost(work, distances, K, cost, largest);
    if (enough > 0) {
        snprintf(larger, sizeof larger, "cost=%g, or ", enough);
    }
    return merit__fail(err, MERIT_EUNSUPPORTED,
                       "%s needs a table whose kernel exp(-C/2) is positive "
                       "semidefinite; with costs up to %g its least eigenvalue is "
                       "%.3g. Use %s%s",
                       who, cost, least, larger, instead);
}

merit_status merit__scores_kernel(double *kernel, const merit_scores *scores,
                                  double cost, const char *who, merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t K = (size_t)merit_scores_n_truths(scores);
    double largest = 0;
    double *distances = merit__alloc_array(2 * K * K + 2 * K, sizeof *distances);
    if (distances == NULL) {
        return merit__fail_memory(err, 2 * K * K * sizeof *distances, "a kernel");
    }
    double *work = distances + K * K;
    MERIT_TRY(merit__scores_distances(distances, scores, who, instead, err));
    for (size_t k = 0; k < K * K; k++) {
        largest = fmax(largest, fabs(distances[k]));
    }
    MERIT_TRY(check_places(distances, scores, largest, who, err));
    write_kernel(kernel, distances, K * K, cost / largest);
    memcpy(work, kernel, K * K * sizeof *kernel);
    if (!merit__is_semidefinite(work, K)) {
        MERIT_TRY(refuse(kernel, distances, K, cost, largest, work, who, err));
    }
fail:
    merit__free(distances);
    return status;
}
