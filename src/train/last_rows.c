#include "train/last_rows.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "train/magnitude.h"

enum { BLOCK_ROWS = 64 };

/* A table of n classes that differ in nothing but their names. */
static merit_status make_star(merit_scores **out, int64_t n, merit_error *err)
{
    enum { NAME_BYTES = 12 };
    merit_status status = MERIT_OK;
    const size_t n_nodes = (size_t)n + 1;
    int64_t *parents = merit__alloc_array(n_nodes, sizeof *parents);
    double *places = merit__alloc_array(n_nodes, sizeof *places);
    int64_t *nodes = merit__alloc_array(n_nodes, sizeof *nodes);
    const char **names = merit__alloc_array(n_nodes, sizeof *names);
    char *text = merit__alloc_array(n_nodes, NAME_BYTES);
    *out = NULL;
    if (parents == NULL || places == NULL || nodes == NULL || names == NULL ||
        text == NULL) {
        MERIT_TRY(merit__fail_memory(err, n_nodes * NAME_BYTES, "a sample"));
    }
    parents[0] = -1;
    for (int64_t k = 0; k < n; k++) {
        snprintf(text + k * NAME_BYTES, NAME_BYTES, "%d", (int)k);
        names[k] = text + k * NAME_BYTES;
        nodes[k] = k + 1;
        places[k + 1] = 0.5;
    }
    const merit_tree tree = {.n_nodes = n + 1,
                             .n_truths = n,
                             .n_answers = n,
                             .parents = parents,
                             .places = places,
                             .nodes = nodes};
    MERIT_TRY(merit_scores_create_tree(out, &tree, names, err));
fail:
    merit__free(parents);
    merit__free(places);
    merit__free(nodes);
    merit__free(names);
    merit__free(text);
    return status;
}

static merit_status make_loss(merit__last_rows *rows, int64_t n, merit_error *err)
{
    merit_scores *star = NULL;
    merit_status status = make_star(&star, n, err);
    if (status == MERIT_OK) {
        status = merit_loss_create(&rows->loss, "cross-entropy", star, err);
    }
    merit_scores_free(star);
    return status;
}

static merit_status alloc_rows(merit__last_rows *rows, int64_t n, int n_moments,
                               merit_error *err)
{
    const size_t n_all = (size_t)(rows->n_classes * (rows->n_inputs + 1));
    const size_t n_lent = (size_t)n;
    const size_t n_inputs = (size_t)rows->n_inputs;
    int failed = 0;
    for (int i = 0; i < n_moments; i++) {
        rows->moments[i] = merit__alloc_array(n_all, sizeof(float));
        failed = failed || rows->moments[i] == NULL;
    }
    for (int i = 0; i <= n_moments; i++) {
        rows->taken[i] = merit__alloc_array(n_lent, sizeof(float));
        failed = failed || rows->taken[i] == NULL;
    }
    rows->parameters = merit__alloc_array(n_all, sizeof(float));
    rows->weights = merit__alloc_array(n_lent * n_inputs, sizeof(float));
    rows->biases = merit__alloc_array(n_lent, sizeof(float));
    rows->canonical = merit__alloc_array((size_t)rows->net->n_arena, sizeof(float));
    rows->magnitude = merit__alloc_array((size_t)rows->n_blocks, sizeof(float));
    failed = failed || rows->parameters == NULL || rows->weights == NULL ||
             rows->biases == NULL || rows->canonical == NULL || rows->magnitude == NULL;
    return failed ? merit__fail_memory(err, n_all * sizeof(float), "the last layer")
                  : MERIT_OK;
}

merit_status merit__last_rows_create(merit__last_rows **out, const merit_net *net,
                                     const merit_scores *scores, int64_t n,
                                     const merit__optimizer *optimizer,
                                     merit_error *err)
{
    const merit__tensor *weight = &net->tensors[net->n_tensors - 2];
    merit__last_rows *rows = merit__alloc_array(1, sizeof *rows);
    *out = NULL;
    if (rows == NULL) {
        return merit__fail_memory(err, sizeof *rows, "the last layer");
    }
    merit_status status = MERIT_OK;
    rows->whole = net;
    rows->n_classes = net->n_classes;
    rows->n_inputs = weight->n / net->n_classes;
    rows->offset = weight->offset;
    rows->n_blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS + 1;
    MERIT_TRY(merit_net_create(&rows->net, net->spec, net->in.c, net->in.h, net->in.w,
                               n, err));
    MERIT_TRY(merit__sample_init(&rows->sample, scores, n, err));
    MERIT_TRY(make_loss(rows, n, err));
    MERIT_TRY(alloc_rows(rows, n, optimizer->n_moments, err));
    *out = rows;
    return MERIT_OK;
fail:
    merit__last_rows_free(rows);
    return status;
}

void merit__last_rows_free(merit__last_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    merit__sample_dispose(&rows->sample);
    merit_loss_free(rows->loss);
    merit_net_free(rows->net);
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        merit__free(rows->moments[i]);
    }
    for (int i = 0; i <= MERIT__MOMENTS; i++) {
        merit__free(rows->taken[i]);
    }
    merit__free(rows->parameters);
    merit__free(rows->weights);
    merit__free(rows->biases);
    merit__free(rows->canonical);
    merit__free(rows->magnitude);
    merit__free(rows);
}

merit_status merit__last_rows_lend(merit__last_rows *rows, merit__plan *plan,
                                   float *arena, merit_error *err)
{
    const merit__sample *sample = &rows->sample;
    const int64_t F = rows->n_inputs;
    const float *biases = rows->parameters + rows->n_classes * F;
    const int64_t tensor = plan->n_segments - 2;
    for (int64_t i = 0; i < sample->n; i++) {
        const int64_t k = sample->classes[i];
        memcpy(rows->weights + i * F, rows->parameters + k * F,
               (size_t)F * sizeof *rows->weights);
        rows->biases[i] = biases[k] + (i < sample->n_sure ? 0 : sample->drawn_logit);
    }
    merit_status status =
        plan->engine->import_tensor(plan, tensor, rows->weights, arena, err);
    return status == MERIT_OK
               ? plan->engine->import_tensor(plan, tensor + 1, rows->biases, arena, err)
               : status;
}

merit_status merit__last_rows_take(merit__last_rows *rows, merit__plan *plan,
                                   const float *gradient, merit_error *err)
{
    const int64_t tensor = plan->n_segments - 2;
    merit_status status =
        plan->engine->export_tensor(plan, tensor, gradient, rows->weights, err);
    return status == MERIT_OK ? plan->engine->export_tensor(plan, tensor + 1, gradient,
                                                            rows->biases, err)
                              : status;
}

static float update_rows(merit__last_rows *rows, const merit__optimizer *optimizer,
                         const merit__optimizer_step *step, int64_t from, int64_t to)
{
    const int64_t F = rows->n_inputs;
    float magnitude = 0;
    for (int64_t i = from; i < to; i++) {
        const int64_t at = rows->sample.classes[i] * F;
        float *moments[MERIT__MOMENTS] = {0};
        for (int m = 0; m < optimizer->n_moments; m++) {
            moments[m] = rows->moments[m] + at;
        }
        optimizer->update(step, rows->parameters + at, rows->weights + i * F, moments,
                          F);
        magnitude += merit__magnitude(rows->parameters + at, F);
        for (int m = 0; m < optimizer->n_moments; m++) {
            magnitude += merit__magnitude(moments[m], F);
        }
    }
    return magnitude;
}

/* Biases of classes that lie apart are brought together to be updated. */
static float update_biases(merit__last_rows *rows, const merit__optimizer *optimizer,
                           const merit__optimizer_step *step)
{
    const merit__sample *sample = &rows->sample;
    const int64_t at = rows->n_classes * rows->n_inputs;
    float *all[1 + MERIT__MOMENTS] = {rows->parameters + at};
    merit__optimizer_step own = *step;
    float magnitude = 0;
    own.weight_decay = 0;
    for (int m = 0; m < optimizer->n_moments; m++) {
        all[m + 1] = rows->moments[m] + at;
    }
    for (int a = 0; a <= optimizer->n_moments; a++) {
        for (int64_t i = 0; i < sample->n; i++) {
            rows->taken[a][i] = all[a][sample->classes[i]];
        }
    }
    optimizer->update(&own, rows->taken[0], rows->biases, rows->taken + 1, sample->n);
    for (int a = 0; a <= optimizer->n_moments; a++) {
        for (int64_t i = 0; i < sample->n; i++) {
            all[a][sample->classes[i]] = rows->taken[a][i];
        }
        magnitude += merit__magnitude(rows->taken[a], sample->n);
    }
    return magnitude;
}

void merit__last_rows_update(merit__last_rows *rows, const merit__optimizer *optimizer,
                             const merit__optimizer_step *step, int64_t block)
{
    const int64_t from = block * BLOCK_ROWS;
    const int64_t end = from + BLOCK_ROWS;
    rows->magnitude[block] =
        block == rows->n_blocks - 1
            ? update_biases(rows, optimizer, step)
            : update_rows(rows, optimizer, step, from,
                          end < rows->sample.n ? end : rows->sample.n);
}
