#include <math.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "decide/decision_outputs.h"
#include "decide/temperature.h"

/* A pass takes the slope of the loss, which grows with b = 1/T, at five values of log b
 * side by side. If its root is among them, the polynomial through the five tells where;
 * if not, the next pass looks where it must be. */
enum { N_NODES = 5 };
static const double spacing = 0.09; // of log b
static const double middle = (N_NODES - 1) / 2.0;
static const double narrow = 1e-10; // of log b

struct merit_temperature_passes {
    merit__rows rows; // outputs and scratch
    double centre;    // of the nodes
    double low, high; // the root of log b is between them
    double reach;     // how far the next nodes will be when one side is open
    double slope[N_NODES];
    int64_t n; // rows of this pass
};

static double node(const merit_temperature_passes *p, int i)
{
    return p->centre + (i - middle) * spacing;
}

// The nodes begin around log b, within what is allowed.
static void place_nodes(merit_temperature_passes *p, double log_b)
{
    const double half = middle * spacing;
    const double least = -log(MERIT__TEMPERATURE_HIGHEST) + half;
    const double most = -log(MERIT__TEMPERATURE_LOWEST) - half;
    p->centre = fmin(fmax(log_b, least), most);
    p->n = 0;
    for (int i = 0; i < N_NODES; i++) {
        p->slope[i] = 0;
    }
}

merit_status merit_temperature_passes_create(merit_temperature_passes **out,
                                             const merit_decision *decision,
                                             double guess, merit_error *err)
{
    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || decision == NULL || !(guess > 0) || !isfinite(guess)) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_temperature_passes_create: an argument is NULL, or "
                           "the guess is no temperature");
    }
    const merit__outputs *outputs = merit__decision_outputs(decision);
    const size_t n_scratch = outputs->K + merit__outputs_scratch(outputs);
    merit_temperature_passes *p = merit__alloc_array(1, sizeof *p);
    double *q = merit__alloc_array(n_scratch, sizeof *q);
    if (p == NULL || q == NULL) {
        merit__free(p);
        merit__free(q);
        return merit__fail_memory(err, n_scratch * sizeof *q, "fitting a temperature");
    }
    *p = (merit_temperature_passes){.rows = {.outputs = outputs, .K = outputs->K},
                                    .low = -INFINITY,
                                    .high = INFINITY,
                                    .reach = N_NODES * spacing};
    p->rows.q = q;
    p->rows.scratch = q + outputs->K;
    place_nodes(p, -log(guess));
    *out = p;
    return MERIT_OK;
}

void merit_temperature_passes_free(merit_temperature_passes *passes)
{
    if (passes != NULL) {
        merit__free(passes->rows.q);
        merit__free(passes);
    }
}

// Row by row, so that no sum depends on where the rows are divided.
static void add_row(merit_temperature_passes *p, const float *logits,
                    const int32_t *label)
{
    const merit__outputs softmax = {.K = p->rows.K};
    merit__rows row = p->rows;
    row.logits = merit__outputs_logits(row.outputs, logits, row.scratch);
    row.labels = label;
    row.n = 1;
    if (row.logits != logits) { // without margins they are those of a softmax
        row.outputs = &softmax;
    }
    for (int i = 0; i < N_NODES; i++) {
        double curvature;
        p->slope[i] += merit__rows_slope(&row, exp(-node(p, i)), &curvature);
    }
}

merit_status merit_temperature_passes_add(merit_temperature_passes *passes,
                                          const float *logits, const int32_t *labels,
                                          int64_t n, merit_error *err)
{
    if (passes == NULL || logits == NULL || labels == NULL || n <= 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_temperature_passes_add: an argument is NULL, or n is "
                           "not above 0");
    }
    merit__rows *rows = &passes->rows;
    rows->logits = logits;
    rows->labels = labels;
    rows->n = n;
    merit_status status = merit__temperature_check(rows, err);
    const int is_fitted = merit_link_has_posterior(rows->outputs->link);
    for (int64_t at = 0; status == MERIT_OK && is_fitted && at < n; at++) {
        add_row(passes, logits + at * (int64_t)rows->K, &labels[at]);
    }
    passes->n += status == MERIT_OK ? n : 0;
    return status;
}

// The polynomial through the nodes, in units of their spacing from the first one.
static double between(const double slope[N_NODES], double t)
{
    double sum = 0;
    for (int i = 0; i < N_NODES; i++) {
        double term = slope[i];
        for (int j = 0; j < N_NODES; j++) {
            term *= j == i ? 1 : (t - j) / (i - j);
        }
        sum += term;
    }
    return sum;
}

// The root between nodes i and i + 1, where the slope changes its sign.
static double root_behind(const merit_temperature_passes *p, int i)
{
    double low = i;
    double high = i + 1;
    while (high - low > narrow) {
        const double t = (low + high) / 2;
        if (between(p->slope, t) < 0) {
            low = t;
        } else {
            high = t;
        }
    }
    return node(p, 0) + spacing * (low + high) / 2;
}

// Where to look next when the root is below the first node or above the last one.
static double look_further(merit_temperature_passes *p)
{
    if (isinf(p->low) || isinf(p->high)) {
        const double reach = p->reach;
        p->reach *= 2;
        return isinf(p->low) ? p->high - reach : p->low + reach;
    }
    return (p->low + p->high) / 2;
}

static int at_limit(double log_b, double temperature)
{
    return fabs(log_b + log(temperature)) < 1e-9;
}

merit_status merit_temperature_passes_end(merit_temperature_passes *passes,
                                          double *temperature, int32_t *is_found,
                                          merit_error *err)
{
    merit_temperature_passes *p = passes;
    if (p == NULL || temperature == NULL || is_found == NULL || p->n == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_temperature_passes_end: an argument is NULL, or no "
                           "row was added");
    }
    int n_below = 0; // nodes below the root
    int n_flat = 0;
    for (int i = 0; i < N_NODES; i++) {
        n_flat += p->slope[i] == 0;
        n_below += p->slope[i] < 0;
        p->low = p->slope[i] < 0 ? fmax(p->low, node(p, i)) : p->low;
        p->high = p->slope[i] > 0 ? fmin(p->high, node(p, i)) : p->high;
    }
    *is_found = 1;
    if (n_flat == N_NODES) { // no row prefers any class, or there is no temperature
        *temperature = 1;
    } else if (n_below == 0 && at_limit(node(p, 0), MERIT__TEMPERATURE_HIGHEST)) {
        *temperature = MERIT__TEMPERATURE_HIGHEST;
    } else if (n_below == N_NODES &&
               at_limit(node(p, N_NODES - 1), MERIT__TEMPERATURE_LOWEST)) {
        *temperature = MERIT__TEMPERATURE_LOWEST;
    } else if (n_below > 0 && n_below < N_NODES) {
        *temperature = exp(-root_behind(p, n_below - 1));
    } else {
        *is_found = 0;
        place_nodes(p, look_further(p));
        *temperature = exp(-p->centre);
    }
    return MERIT_OK;
}
