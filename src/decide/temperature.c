#include "decide/temperature.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/logits.h"
#include "decide/decision_outputs.h"
#include "decide/posterior.h"

/* The log loss of softmax(b z) is convex in b = 1/T, and so is the loss of g-softmax,
 * whose gradient has the same form. Its slope in b, the weighted sum
 * of E_q z - z_label, grows with b, so its root is bracketed and Newton's steps, taken
 * in log b and replaced by bisection where they do not help, find it. */

static const double lowest = MERIT__TEMPERATURE_LOWEST;
static const double highest = MERIT__TEMPERATURE_HIGHEST;
static const double log_tolerance = 1e-9; // well below the 1e-6 that is of use

double merit__rows_slope(const merit__rows *rows, double temperature, double *curvature)
{
    double total = 0;
    *curvature = 0;
    for (size_t row = 0; row < (size_t)rows->n; row++) {
        const double weight = rows->weights ? rows->weights[row] : 1;
        const float *z = rows->logits + row * rows->K;
        const double z_label = z[rows->labels[row]];
        double mean = 0, square = 0; // of z - z_label under q
        merit__outputs_posterior(rows->q, rows->outputs, z, temperature, rows->scratch);
        for (size_t k = 0; k < rows->K; k++) {
            if (rows->q[k] == 0) {
                continue; // also keeps out the infinite logit of a probability of 0
            }
            const double above = z[k] - z_label;
            mean += rows->q[k] * above;
            square += rows->q[k] * above * above;
        }
        total += weight * mean;
        *curvature += weight * (square - mean * mean);
    }
    return total;
}

/* The root of the slope between two values of log b, below which it is negative and
 * above which it is positive. */
static double find_root(const merit__rows *rows, double low, double high)
{
    double log_b = 0; // T = 1, where a good model is
    double last_step = high - low;
    while (high - low > log_tolerance) {
        double curvature = 0;
        const double value = merit__rows_slope(rows, exp(-log_b), &curvature);
        if (value == 0) {
            break;
        }
        if (value < 0) {
            low = log_b;
        } else {
            high = log_b;
        }
        double step = -value / (curvature * exp(log_b));
        const double next = log_b + step;
        // The negation also catches a step that is not a number.
        if (!(next > low && next < high && fabs(step) < 0.5 * last_step)) {
            step = 0.5 * (low + high) - log_b;
        }
        log_b += step;
        last_step = fabs(step);
        if (last_step < log_tolerance) {
            break;
        }
    }
    return log_b;
}

static merit_status label_check(int32_t label, size_t K, size_t row, merit_error *err)
{
    if (label >= 0 && (size_t)label < K) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EFORMAT, "labels[%zu] is %d, expected 0 to %zu", row,
                       (int)label, K - 1);
}

merit_status merit__temperature_check(const merit__rows *rows, merit_error *err)
{
    double sum = 0;
    for (size_t row = 0; row < (size_t)rows->n; row++) {
        const double weight = rows->weights ? rows->weights[row] : 1;
        if (!isfinite(weight) || weight < 0) {
            return merit__fail(err, MERIT_EINVAL,
                               "weights[%zu] is %g, expected 0 or more", row, weight);
        }
        sum += weight;
        merit_status status = label_check(rows->labels[row], rows->K, row, err);
        if (status == MERIT_OK) {
            status =
                merit__logits_check(rows->logits + row * rows->K, rows->K, row, err);
        }
        if (status != MERIT_OK) {
            return status;
        }
    }
    if (sum == 0) {
        return merit__fail(err, MERIT_EINVAL, "all weights are 0");
    }
    return MERIT_OK;
}

/* Whether some row that counts prefers any class to another. */
static int rows_differ(const merit__rows *rows)
{
    for (size_t row = 0; row < (size_t)rows->n; row++) {
        const float *z = rows->logits + row * rows->K;
        for (size_t k = 1; k < rows->K; k++) {
            if (z[k] != z[0] && (rows->weights == NULL || rows->weights[row] > 0)) {
                return 1;
            }
        }
    }
    return 0;
}

static double fit(const merit__rows *rows)
{
    double curvature = 0;
    if (!rows_differ(rows)) {
        return 1; // every temperature gives the same
    }
    if (merit__rows_slope(rows, lowest, &curvature) <= 0) {
        return lowest;
    }
    if (merit__rows_slope(rows, highest, &curvature) >= 0) {
        return highest;
    }
    return exp(-find_root(rows, -log(highest), -log(lowest)));
}

// The sum of -log q of the labels; where q is 0, as much as of the least number.
static double log_loss(const merit__rows *rows, double temperature)
{
    double sum = 0;
    for (int64_t row = 0; row < rows->n; row++) {
        const float *logits = rows->logits + (size_t)row * rows->K;
        const double weight = rows->weights == NULL ? 1 : (double)rows->weights[row];
        merit__outputs_posterior(rows->q, rows->outputs, logits, temperature,
                                 rows->scratch);
        sum -= weight * log(fmax(rows->q[rows->labels[row]], 1e-300));
    }
    return sum;
}

// The logits without margins, [N,K], for the caller to free.
static merit_status take_margins(float **out, const merit__rows *rows, merit_error *err)
{
    const size_t K = rows->K;
    *out = merit__alloc_array((size_t)rows->n, K * sizeof **out);
    if (*out == NULL) {
        return merit__fail_memory(err, (size_t)rows->n * K * sizeof **out,
                                  "fitting a temperature");
    }
    for (size_t row = 0; row < (size_t)rows->n; row++) {
        const float *plain =
            merit__outputs_logits(rows->outputs, rows->logits + row * K, rows->scratch);
        memcpy(*out + row * K, plain, K * sizeof *plain);
    }
    return MERIT_OK;
}

merit_status merit__temperature_fit(double *temperature, double *loss, merit__rows rows,
                                    merit_error *err)
{
    if (temperature == NULL || rows.logits == NULL || rows.labels == NULL ||
        rows.n <= 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "fitting a temperature: an argument is NULL, or n is not "
                           "above 0");
    }
    merit_status status = MERIT_OK;
    float *plain = NULL; // [N,K] without margins
    const merit__outputs softmax = {.K = rows.outputs->K};
    const int is_fitted = merit_link_has_posterior(rows.outputs->link);
    const size_t n_scratch = softmax.K + merit__outputs_scratch(rows.outputs);
    rows.K = softmax.K;
    rows.q = merit__alloc_array(n_scratch, sizeof *rows.q);
    if (rows.q == NULL) {
        return merit__fail_memory(err, n_scratch * sizeof *rows.q,
                                  "fitting a temperature");
    }
    rows.scratch = rows.q + rows.K;
    MERIT_TRY(merit__temperature_check(&rows, err));
    if (rows.outputs->link.kind == MERIT_LINK_MARGIN) {
        MERIT_TRY(take_margins(&plain, &rows, err));
        rows.logits = plain;
        rows.outputs = &softmax;
    }
    *temperature = is_fitted ? fit(&rows) : 1;
    if (loss != NULL) {
        *loss = log_loss(&rows, *temperature);
    }

fail:
    merit__free(plain);
    merit__free(rows.q);
    return status;
}

merit_status merit_temperature_fit(double *temperature, const float *logits,
                                   const int32_t *labels, const float *weights,
                                   int64_t n, int64_t n_classes, merit_error *err)
{
    if (n_classes <= 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_temperature_fit: n_classes is not above 0");
    }
    const merit__outputs softmax = {.K = (size_t)n_classes};
    const merit__rows rows = {.outputs = &softmax,
                              .logits = logits,
                              .labels = labels,
                              .weights = weights,
                              .n = n};
    return merit__temperature_fit(temperature, NULL, rows, err);
}

merit_status merit_decision_fit_temperature(double *temperature,
                                            const merit_decision *decision,
                                            const float *logits, const int32_t *labels,
                                            const float *weights, int64_t n,
                                            merit_error *err)
{
    if (decision == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_decision_fit_temperature: decision is NULL");
    }
    const merit__rows rows = {.outputs = merit__decision_outputs(decision),
                              .logits = logits,
                              .labels = labels,
                              .weights = weights,
                              .n = n};
    return merit__temperature_fit(temperature, NULL, rows, err);
}

/* The logarithms of the rows that count, and their labels. */
static merit_status take_logarithms(merit__rows *rows, float *logits, int32_t *labels,
                                    const double *posterior, const int32_t *truths,
                                    size_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    rows->n = 0;
    for (size_t row = 0; row < n; row++) {
        const double *p = posterior + row * rows->K;
        MERIT_TRY(label_check(truths[row], rows->K, row, err));
        MERIT_TRY(merit__posterior_check(p, rows->K, row, err));
        if (p[truths[row]] == 0) {
            continue;
        }
        for (size_t k = 0; k < rows->K; k++) {
            logits[(size_t)rows->n * rows->K + k] = (float)log(p[k]);
        }
        labels[rows->n++] = truths[row];
    }

fail:
    return status;
}

merit_status merit_temperature_fit_posterior(double *temperature, int64_t *n_used,
                                             const double *posterior,
                                             const int32_t *labels, int64_t n,
                                             int64_t n_classes, merit_error *err)
{
    if (temperature == NULL || posterior == NULL || labels == NULL || n <= 0 ||
        n_classes <= 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_temperature_fit_posterior: an argument is NULL, or n "
                           "or n_classes is not above 0");
    }
    merit_status status = MERIT_OK;
    const size_t N = (size_t)n, K = (size_t)n_classes;
    float *logits = merit__alloc_array(N, K * sizeof *logits);
    int32_t *kept = merit__alloc_array(N, sizeof *kept);
    const merit__outputs softmax = {.K = K};
    merit__rows rows = {.outputs = &softmax, .logits = logits, .labels = kept, .K = K};
    rows.q = merit__alloc_array(K, sizeof *rows.q);
    if (logits == NULL || kept == NULL || rows.q == NULL) {
        MERIT_TRY(merit__fail_memory(err, (N * K + N) * sizeof *logits,
                                     "fitting a temperature"));
    }
    MERIT_TRY(take_logarithms(&rows, logits, kept, posterior, labels, N, err));
    *temperature = fit(&rows);
    if (n_used != NULL) {
        *n_used = rows.n;
    }

fail:
    merit__free(logits);
    merit__free(kept);
    merit__free(rows.q);
    return status;
}
