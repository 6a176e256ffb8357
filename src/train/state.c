#include "train/state.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

static int weights_create(merit__weights *out, size_t n, int64_t n_moments)
{
    out->parameters = merit__alloc_array(n, sizeof(float));
    int failed = out->parameters == NULL;
    for (int64_t i = 0; i < n_moments; i++) {
        out->moments[i] = merit__alloc_array(n, sizeof(float));
        failed = failed || out->moments[i] == NULL;
    }
    return failed ? -1 : 0;
}

static void weights_dispose(merit__weights *weights)
{
    merit__free(weights->parameters);
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        merit__free(weights->moments[i]);
    }
    *weights = (merit__weights){0};
}

merit_status merit__state_create(merit__state *out, const merit__state_shape *shape,
                                 merit_error *err)
{
    size_t n = (size_t)shape->n_arena;
    *out = (merit__state){.shape = *shape, .rate_scale = 1};
    out->kept = merit__alloc_array(n, sizeof *out->kept);
    if (out->kept == NULL ||
        weights_create(&out->now_weights, n, shape->n_moments) != 0 ||
        weights_create(&out->good_weights, n, shape->n_moments) != 0) {
        merit__state_dispose(out);
        return merit__fail_memory(err, n * sizeof(float), "training");
    }
    return MERIT_OK;
}

void merit__state_dispose(merit__state *state)
{
    weights_dispose(&state->now_weights);
    weights_dispose(&state->good_weights);
    merit__free(state->kept);
    merit__free(state->history);
    merit__free(state->given);
    *state = (merit__state){0};
}

void merit__weights_copy(const merit__state *state, merit__weights *to,
                         const merit__weights *from)
{
    size_t n_bytes = (size_t)state->shape.n_arena * sizeof(float);
    memcpy(to->parameters, from->parameters, n_bytes);
    for (int64_t i = 0; i < state->shape.n_moments; i++) {
        memcpy(to->moments[i], from->moments[i], n_bytes);
    }
}

merit_status merit__state_record(merit__state *state, const merit__history_row *row,
                                 const int64_t *given, merit_error *err)
{
    size_t n_answers = (size_t)state->shape.n_answers;
    if (merit__grow_array((void **)&state->history, &state->history_capacity,
                          state->n_history + 1, sizeof *state->history) != 0 ||
        merit__grow_array((void **)&state->given, &state->given_capacity,
                          (state->n_history + 1) * n_answers,
                          sizeof *state->given) != 0) {
        return merit__fail_memory(err, sizeof *row, "the history");
    }
    memcpy(state->given + state->n_history * n_answers, given,
           n_answers * sizeof *given);
    state->history[state->n_history++] = *row;
    return MERIT_OK;
}

const merit__history_row *merit__state_best(const merit__state *state,
                                            int64_t candidate)
{
    const merit__history_row *best = NULL;
    for (size_t i = 0; i < state->n_history; i++) {
        const merit__history_row *row = &state->history[i];
        if ((candidate < 0 || row->candidate == candidate) &&
            (best == NULL || row->verdict.score > best->verdict.score)) {
            best = row;
        }
    }
    return best;
}

merit__run_place merit__state_place_before(const merit__state *state, int64_t candidate)
{
    size_t i = state->n_history;
    while (i > 0 && state->history[i - 1].candidate >= candidate) {
        i--;
    }
    if (i == 0) {
        return (merit__run_place){0};
    }
    return (merit__run_place){state->history[i - 1].epoch, state->history[i - 1].step};
}

int64_t merit__state_epochs_without_better(const merit__state *state)
{
    const merit__history_row *best = merit__state_best(state, state->candidate);
    // The rows of the candidate under way are the last ones.
    return best == NULL ? 0 : state->history + state->n_history - 1 - best;
}
