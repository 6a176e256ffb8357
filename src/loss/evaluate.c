#include "loss/loss_def.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/logits.h"
#include "loss/fast_rows.h"

enum { SCRATCH_ROWS = 5, ALIGNMENT = 64 };

// One call of merit_loss_eval. The five rows [K] and what the loss's rows need lie in
// the scratch.
typedef struct evaluation {
    const merit_loss *loss;
    const merit_loss_batch *batch;
    float *dlogits; // [N,K] or NULL
    double scale;
    double parameters[MERIT__LOSS_PARAMETERS];
    double *logits;   // z of the row
    double *gradient; // its gradient; NULL when none is wanted
    double *target;   // mixture of targets; or of gradients
    double *table;    // mixture of rows of the table; or the gradient of one truth
    double *made;     // a row of an implicit table
    double *scratch;  // of a row
} evaluation;

static size_t aligned_bytes(size_t n_doubles)
{
    size_t n = n_doubles * sizeof(double);
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t row_bytes(const merit_loss *loss)
{
    return aligned_bytes((size_t)loss->n_classes);
}

size_t merit_loss_scratch_bytes(const merit_loss *loss)
{
    return SCRATCH_ROWS * row_bytes(loss) +
           aligned_bytes(merit__loss_row_scratch(loss));
}

static merit__loss_row row_of(const evaluation *run, int64_t truth)
{
    merit__loss_row row =
        merit__loss_row_of(run->loss, run->logits, truth, run->parameters, run->made);
    row.scratch = run->scratch;
    row.is_fast = run->loss->n_classes >= MERIT__FAST_CLASSES;
    return row;
}

static merit_status check_batch(const merit_loss *loss, const merit_loss_batch *batch,
                                const double *value, merit_error *err)
{
    if (loss == NULL || batch == NULL || value == NULL ||
        (batch->n > 0 && batch->logits == NULL)) {
        return merit__fail(err, MERIT_EINVAL, "merit_loss_eval: an argument is NULL");
    }
    if (batch->n < 0) {
        return merit__fail(err, MERIT_EINVAL, "a batch of %lld rows",
                           (long long)batch->n);
    }
    if (batch->n > 0 && (batch->labels == NULL) == (batch->targets == NULL)) {
        return merit__fail(err, MERIT_EINVAL, "a batch needs either labels or targets");
    }
    if (!(batch->progress >= 0 && batch->progress <= 1)) {
        return merit__fail(err, MERIT_EINVAL, "progress is %g, expected 0 to 1",
                           batch->progress);
    }
    if (!isfinite(batch->scale)) {
        return merit__fail(err, MERIT_EINVAL,
                           "the scale of a batch is %g, expected a finite number",
                           batch->scale);
    }
    if ((uintptr_t)batch->scratch % ALIGNMENT != 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "the scratch of a batch is not aligned to %d bytes",
                           ALIGNMENT);
    }
    return MERIT_OK;
}

// The sum of the weights, all of which must be finite and >= 0.
static merit_status sum_weights(double *sum, const merit_loss_batch *batch,
                                merit_error *err)
{
    *sum = batch->weights == NULL ? (double)batch->n : 0;
    for (int64_t n = 0; batch->weights != NULL && n < batch->n; n++) {
        if (!(batch->weights[n] >= 0) || !isfinite(batch->weights[n])) {
            return merit__fail(err, MERIT_EFORMAT,
                               "weights[%lld] is %g, expected a finite number >= 0",
                               (long long)n, (double)batch->weights[n]);
        }
        *sum += batch->weights[n];
    }
    return MERIT_OK;
}

static merit_status read_logits(const evaluation *run, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = run->loss->n_classes;
    const float *logits = run->batch->logits + n * K;
    MERIT_TRY(merit__logits_check(logits, (size_t)K, (size_t)n, err));
    for (int64_t j = 0; j < K; j++) {
        run->logits[j] = logits[j];
    }
fail:
    return status;
}

static merit_status eval_label(const evaluation *run, int64_t n, double *value,
                               merit_error *err)
{
    const merit_loss *loss = run->loss;
    const int32_t truth = run->batch->labels[n];
    if (truth < 0 || truth >= loss->n_classes) {
        return merit__fail(err, MERIT_EFORMAT,
                           "labels[%lld] is %ld, expected 0 to %lld", (long long)n,
                           (long)truth, (long long)loss->n_classes - 1);
    }
    merit__loss_row row = row_of(run, truth);
    *value = loss->def->row(&row, run->gradient);
    return MERIT_OK;
}

// Refuses what is no distribution; its sum, to divide by, is 1 up to rounding.
static merit_status check_target(const evaluation *run, int64_t n, double *sum,
                                 merit_error *err)
{
    const int64_t K = run->loss->n_classes;
    const float *target = run->batch->targets + n * K;
    *sum = 0;
    for (int64_t i = 0; i < K; i++) {
        if (!(target[i] >= 0)) {
            return merit__fail(err, MERIT_EFORMAT,
                               "targets[%lld][%lld] is %g, expected a number >= 0",
                               (long long)n, (long long)i, (double)target[i]);
        }
        *sum += target[i];
    }
    if (!(fabs(*sum - 1) <= 1e-3)) {
        return merit__fail(err, MERIT_EFORMAT, "targets[%lld] add up to %g, expected 1",
                           (long long)n, *sum);
    }
    return MERIT_OK;
}

static void add_row(double *sum, double weight, const double *row, int64_t K)
{
    for (int64_t j = 0; j < K; j++) {
        sum[j] += weight * row[j];
    }
}

// A loss that is linear in the truth's rows: one row with the rows mixed.
static double eval_mixed_row(const evaluation *run, const float *weights, double sum)
{
    const merit_loss *loss = run->loss;
    const int64_t K = loss->n_classes;
    merit__loss_row mixed = row_of(run, 0);
    memset(run->target, 0, (size_t)K * sizeof *run->target);
    memset(run->table, 0, (size_t)K * sizeof *run->table);
    for (int64_t i = 0; i < K; i++) {
        if (weights[i] > 0) {
            const double weight = weights[i] / sum;
            run->target[loss->hot[i]] += weight;
            const double *row = merit__loss_table_row(loss, i, run->made);
            if (row != NULL) {
                add_row(run->table, weight, row, K);
            }
        }
    }
    mixed.table = run->table;
    mixed.target = loss->def->table == MERIT__TABLE_TARGETS ? run->table : run->target;
    return loss->def->row(&mixed, run->gradient);
}

// Any other loss: the mean of its rows.
static double eval_mean_of_rows(const evaluation *run, const float *weights, double sum)
{
    const merit_loss *loss = run->loss;
    const int64_t K = loss->n_classes;
    double *total = run->target;
    double *gradient = run->gradient == NULL ? NULL : run->table;
    double value = 0;
    memset(total, 0, (size_t)K * sizeof *total);
    for (int64_t i = 0; i < K; i++) {
        if (weights[i] > 0) {
            const double weight = weights[i] / sum;
            merit__loss_row row = row_of(run, i);
            value += weight * loss->def->row(&row, gradient);
            if (gradient != NULL) {
                add_row(total, weight, gradient, K);
            }
        }
    }
    if (gradient != NULL) {
        memcpy(run->gradient, total, (size_t)K * sizeof *total);
    }
    return value;
}

static merit_status write_gradient(const evaluation *run, int64_t n, double factor,
                                   merit_error *err)
{
    const int64_t K = run->loss->n_classes;
    float *dlogits = run->dlogits + n * K;
    for (int64_t j = 0; j < K; j++) {
        double d = factor * run->gradient[j];
        if (!(fabs(d) <= FLT_MAX)) {
            return merit__fail(err, MERIT_ENUMERIC,
                               "the gradient at logits[%lld][%lld] is %g, which no "
                               "float can hold",
                               (long long)n, (long long)j, d);
        }
        dlogits[j] = (float)d;
    }
    return MERIT_OK;
}

// The truth's row of scores as floats, in the place of a row that is made; *top is the
// best of them. A loss with margins keeps costs of a table that is written out.
static const float *fast_table(float *top, const evaluation *run, int32_t truth)
{
    const merit_loss *loss = run->loss;
    float *row = (float *)(void *)run->made;
    if (loss->def->table == MERIT__TABLE_NONE) {
        return NULL;
    }
    if (loss->tree != NULL) {
        merit__tree_table_row_float(loss->tree, truth, row);
        *top = 1; // of the right answer
        return row;
    }
    const double *kept = loss->table + truth * loss->n_classes;
    const double sign = loss->def->fast == MERIT__FAST_MARGIN ? -1 : 1;
    for (int64_t k = 0; k < loss->n_classes; k++) {
        row[k] = (float)(sign * kept[k]);
    }
    return row;
}

// The float path, for labels and many classes. What it cannot do, and what is wrong,
// is left to the other one: returns 0.
static int eval_fast(const evaluation *run, int64_t n, double *total)
{
    const merit_loss *loss = run->loss;
    const merit_loss_batch *batch = run->batch;
    const int64_t K = loss->n_classes;
    const double weight = batch->weights == NULL ? 1 : batch->weights[n];
    if (loss->def->fast == MERIT__FAST_NONE || K < MERIT__FAST_CLASSES ||
        batch->labels == NULL || weight == 0) {
        return 0;
    }
    const int32_t truth = batch->labels[n];
    if (truth < 0 || truth >= K) {
        return 0;
    }
    double value = 0;
    float top = 0;
    const float *table = fast_table(&top, run, truth);
    merit__fast_row row = {.kind = loss->def->fast,
                           .n = K,
                           .logits = batch->logits + n * K,
                           .table = table,
                           .top = top,
                           .margin = run->parameters[0],
                           .hot = loss->hot[truth],
                           .factor = run->scale * weight,
                           .range = loss->range};
    const int is_done = merit__fast_row_eval(
        &value, run->dlogits == NULL ? NULL : run->dlogits + n * K, &row);
    *total += is_done ? weight * value : 0;
    return is_done;
}

// Adds row n to *total, before scaling, and writes its gradient.
static merit_status eval_row(const evaluation *run, int64_t n, double *total,
                             merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_loss_batch *batch = run->batch;
    const int64_t K = run->loss->n_classes;
    const double weight = batch->weights == NULL ? 1 : batch->weights[n];
    double value = 0;
    if (eval_fast(run, n, total)) {
        return MERIT_OK;
    }
    MERIT_TRY(read_logits(run, n, err));
    if (weight == 0) {
        // Padding: its truth means nothing.
        if (run->dlogits != NULL) {
            memset(run->dlogits + n * K, 0, (size_t)K * sizeof *run->dlogits);
        }
        return MERIT_OK;
    }
    if (batch->labels != NULL) {
        MERIT_TRY(eval_label(run, n, &value, err));
    } else {
        double sum;
        MERIT_TRY(check_target(run, n, &sum, err));
        value = run->loss->def->linear
                    ? eval_mixed_row(run, batch->targets + n * K, sum)
                    : eval_mean_of_rows(run, batch->targets + n * K, sum);
    }
    *total += weight * value;
    if (run->dlogits != NULL) {
        MERIT_TRY(write_gradient(run, n, run->scale * weight, err));
    }
fail:
    return status;
}

static void place_rows(evaluation *run, void *scratch)
{
    char *rows = scratch;
    const size_t stride = row_bytes(run->loss);
    run->logits = (double *)(void *)rows;
    run->gradient = run->dlogits == NULL ? NULL : (double *)(void *)(rows + stride);
    run->target = (double *)(void *)(rows + 2 * stride);
    run->table = (double *)(void *)(rows + 3 * stride);
    run->made = (double *)(void *)(rows + 4 * stride);
    run->scratch = (double *)(void *)(rows + SCRATCH_ROWS * stride);
}

merit_status merit_loss_eval(const merit_loss *loss, const merit_loss_batch *batch,
                             double *value, float *dlogits, merit_error *err)
{
    merit_status status = MERIT_OK;
    void *own = NULL;
    double total = 0;
    double weights;
    evaluation run = {.loss = loss, .batch = batch, .dlogits = dlogits};
    MERIT_TRY(check_batch(loss, batch, value, err));
    MERIT_TRY(sum_weights(&weights, batch, err));
    run.scale = batch->scale != 0 ? batch->scale : weights > 0 ? 1 / weights : 0;
    merit__loss_parameters(run.parameters, loss, batch->progress);
    if (batch->scratch == NULL) {
        own = merit__alloc_array(1, merit_loss_scratch_bytes(loss));
        if (own == NULL) {
            return merit__fail_memory(err, merit_loss_scratch_bytes(loss),
                                      "evaluating a loss");
        }
    }
    place_rows(&run, own != NULL ? own : batch->scratch);
    for (int64_t n = 0; n < batch->n; n++) {
        MERIT_TRY(eval_row(&run, n, &total, err));
    }
    *value = run.scale * total;
    if (!isfinite(*value)) {
        MERIT_TRY(
            merit__fail(err, MERIT_ENUMERIC, "the value of the batch is %g", *value));
    }
fail:
    merit__free(own);
    return status;
}
