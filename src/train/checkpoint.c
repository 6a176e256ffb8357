/* Checkpoints: the state as one safetensors file. Its numbers lie in two tensors: the
 * state's own, and a row for each validation. */
#include "train/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "model/safetensors.h"
#include "train/config.h"
#include "train/state_numbers.h"

enum { MAX_TENSORS = 16 };
static const char *const format_name = "merit-checkpoint";
static const char *const format_version = "1.3";

/* The float arrays of a state by name; n_moments of each weights are real. */
typedef struct named_array {
    char name[40];
    float *values;
} named_array;

static size_t weights_arrays(named_array *out, const char *prefix,
                             const merit__weights *weights, int64_t n_moments)
{
    snprintf(out[0].name, sizeof out[0].name, "%s.parameters", prefix);
    out[0].values = weights->parameters;
    for (int64_t i = 0; i < n_moments; i++) {
        snprintf(out[i + 1].name, sizeof out[i + 1].name, "%s.moment.%" PRId64, prefix,
                 i);
        out[i + 1].values = weights->moments[i];
    }
    return (size_t)n_moments + 1;
}

/* The arrays that a checkpoint of this state holds: not those that equal others. */
static size_t arrays(named_array out[MAX_TENSORS], const merit__state *state)
{
    int64_t n_moments = state->shape.n_moments;
    size_t n = weights_arrays(out, "now", &state->now_weights, n_moments);
    if (state->good.step != state->at.step) {
        n += weights_arrays(out + n, "good", &state->good_weights, n_moments);
    }
    if (state->n_history > 0) {
        snprintf(out[n].name, sizeof out[n].name, "kept");
        out[n++].values = state->kept;
    }
    return n;
}

static merit__tensor_view view(const char *name, const char *dtype, const void *data,
                               int64_t n, size_t size)
{
    merit__tensor_view v = {.name = name,
                            .n_dims = 1,
                            .dims = {n},
                            .data = data,
                            .n_bytes = (size_t)n * size};
    snprintf(v.dtype, sizeof v.dtype, "%s", dtype);
    return v;
}

/* The rows of the history one after the other; free out->number with merit__free. */
static merit_status history_numbers(merit__walk *out, merit__state *state,
                                    merit_error *err)
{
    const merit__state_shape *shape = &state->shape;
    size_t n = state->n_history * merit__row_numbers(shape);
    *out = (merit__walk){.number = merit__alloc_array(n, sizeof *out->number)};
    if (out->number == NULL) {
        return merit__fail_memory(err, n * sizeof *out->number, "a checkpoint");
    }
    for (size_t i = 0; i < state->n_history; i++) {
        merit__walk_row(out, shape, &state->history[i],
                        state->given + i * (size_t)shape->n_answers);
    }
    return MERIT_OK;
}

merit_status merit__checkpoint_save(merit__state *state,
                                    const merit__run_directory *run, const char *config,
                                    const char *engine, merit_error *err)
{
    merit_status status = MERIT_OK;
    double number[MERIT__STATE_NUMBERS];
    merit__walk w = {.number = number};
    merit__walk_state(&w, state);
    merit__walk history = {0};
    char *path = merit__run_directory_checkpoint(run, state->generation + 1);
    if (path == NULL) {
        MERIT_TRY(merit__fail_memory(err, 64, "a path"));
    }
    MERIT_TRY(history_numbers(&history, state, err));
    named_array array[MAX_TENSORS];
    merit__tensor_view tensor[MAX_TENSORS + 2];
    size_t n = arrays(array, state);
    for (size_t i = 0; i < n; i++) {
        tensor[i] = view(array[i].name, "F32", array[i].values, state->shape.n_arena,
                         sizeof(float));
    }
    tensor[n++] = view("numbers", "F64", number, (int64_t)w.n, sizeof *number);
    if (history.n > 0) {
        tensor[n++] = view("history", "F64", history.number, (int64_t)history.n,
                           sizeof *history.number);
    }
    const merit__metadata_entry metadata[] = {{"format", format_name},
                                              {"format_version", format_version},
                                              {"merit", merit_version()},
                                              {"config", config},
                                              {"engine", engine}};
    MERIT_TRY(merit__run_directory_make_checkpoints(run, err));
    MERIT_TRY(merit__safetensors_save(path, tensor, n, metadata,
                                      sizeof metadata / sizeof *metadata, NULL, err));
    state->generation++;
    merit__run_directory_tidy(run, state->generation);
fail:
    merit__free(history.number);
    merit__free(path);
    return status;
}

/* The metadata entry must be there and equal. */
static merit_status expect_text(const merit__safetensors *file, const char *path,
                                const char *key, const char *expected, merit_error *err)
{
    char shown[96];
    const char *found = merit__safetensors_metadata(file, key);
    if (found != NULL && strcmp(found, expected) == 0) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EMODEL, "%s: %s is \"%.60s\", expected \"%.60s\"",
                       merit__printable_path(shown, sizeof shown, path), key,
                       found == NULL ? "" : found, expected);
}

static merit_status expect_config(const merit__safetensors *file, const char *path,
                                  const char *expected, merit_error *err)
{
    char difference[120], shown[96];
    const char *found = merit__safetensors_metadata(file, "config");
    if (merit__config_difference(difference, sizeof difference, expected,
                                 found == NULL ? "" : found) == MERIT_OK) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EMODEL, "%s: belongs to another run: %s",
                       merit__printable_path(shown, sizeof shown, path), difference);
}

/* The rows of validations so far, from numbers that are in a file. */
static merit_status restore_rows(merit__state *state, merit__walk *w, size_t n_rows,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n_answers = (size_t)state->shape.n_answers;
    int64_t *given = merit__alloc_array(n_answers, sizeof *given);
    if (given == NULL) {
        return merit__fail_memory(err, n_answers * sizeof *given, "the history");
    }
    for (size_t i = 0; i < n_rows; i++) {
        merit__history_row row = {0};
        merit__walk_row(w, &state->shape, &row, given);
        MERIT_TRY(merit__state_record(state, &row, given, err));
    }
fail:
    merit__free(given);
    return status;
}

/* A file without rows has none yet. */
static merit_status restore_history(merit__state *state, const merit__safetensors *file,
                                    int *is_bad, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t row_numbers = (int64_t)merit__row_numbers(&state->shape);
    merit__walk w = {.loading = 1};
    state->n_history = 0;
    const merit__tensor_view *tensor = merit__safetensors_tensor(file, "history");
    if (tensor == NULL) {
        return MERIT_OK;
    }
    int64_t n_rows = tensor->dims[0] / row_numbers;
    MERIT_TRY(merit__safetensors_expect(&tensor, file, "history", "F64",
                                        n_rows * row_numbers, err));
    w.number = merit__alloc_array(tensor->n_bytes, 1); // aligned, unlike the file
    if (w.number == NULL) {
        MERIT_TRY(merit__fail_memory(err, tensor->n_bytes, "the history"));
    }
    memcpy(w.number, tensor->data, tensor->n_bytes);
    MERIT_TRY(restore_rows(state, &w, (size_t)n_rows, err));
    *is_bad = *is_bad || w.is_bad;
fail:
    merit__free(w.number);
    return status;
}

static merit_status restore_numbers(merit__state *state, const merit__safetensors *file,
                                    const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__tensor_view *tensor;
    double number[MERIT__STATE_NUMBERS] = {0};
    merit__walk count = {.number = number};
    merit__state blank = {.shape = state->shape};
    merit__walk_state(&count, &blank);
    MERIT_TRY(merit__safetensors_expect(&tensor, file, "numbers", "F64",
                                        (int64_t)count.n, err));
    memcpy(number, tensor->data, count.n * sizeof *number);
    merit__walk w = {.number = number, .loading = 1};
    merit__walk_state(&w, state);
    MERIT_TRY(restore_history(state, file, &w.is_bad, err));
    int is_done = state->candidate == state->shape.n_candidates;
    if (w.is_bad || (is_done && state->n_history == 0)) {
        char shown[96];
        MERIT_TRY(merit__fail(err, MERIT_EMODEL, "%s: numbers that no run has",
                              merit__printable_path(shown, sizeof shown, path)));
    }
fail:
    return status;
}

/* Reads all numbers and arrays; the state is usable only when this succeeds. */
static merit_status restore(merit__state *state, const merit__safetensors *file,
                            const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__tensor_view *tensor;
    MERIT_TRY(restore_numbers(state, file, path, err));
    int64_t n_arena = state->shape.n_arena;
    named_array array[MAX_TENSORS];
    size_t n = arrays(array, state);
    for (size_t i = 0; i < n; i++) {
        MERIT_TRY(merit__safetensors_expect(&tensor, file, array[i].name, "F32",
                                            n_arena, err));
        memcpy(array[i].values, tensor->data, (size_t)n_arena * sizeof(float));
    }
    if (state->good.step == state->at.step) {
        merit__weights_copy(state, &state->good_weights, &state->now_weights);
    }
fail:
    return status;
}

static merit_status load_one(merit__state *state, const merit__run_directory *run,
                             int64_t generation, const char *config, const char *engine,
                             merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__safetensors *file = NULL;
    char *path = merit__run_directory_checkpoint(run, generation);
    if (path == NULL) {
        return merit__fail_memory(err, 64, "a path");
    }
    MERIT_TRY(merit__safetensors_load(&file, path, err));
    MERIT_TRY(expect_text(file, path, "format", format_name, err));
    MERIT_TRY(expect_text(file, path, "format_version", format_version, err));
    MERIT_TRY(expect_config(file, path, config, err));
    MERIT_TRY(expect_text(file, path, "engine", engine, err));
    MERIT_TRY(restore(state, file, path, err));
fail:
    merit__safetensors_free(file);
    merit__free(path);
    return status;
}

merit_status merit__checkpoint_load(merit__state *state,
                                    const merit__run_directory *run, const char *config,
                                    const char *engine, int *found, char *skipped,
                                    size_t skipped_bytes, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t newest, generation;
    skipped[0] = 0;
    MERIT_TRY(merit__run_directory_newest(run, INT64_MAX, &newest, err));
    *found = newest > 0;
    // The next checkpoint gets a number that no damaged file has.
    state->generation = newest;
    for (generation = newest; generation > 0;) {
        merit_error why = {0};
        status = load_one(state, run, generation, config, engine, &why);
        if (status == MERIT_OK) {
            return MERIT_OK;
        }
        if (status == MERIT_ENOMEM) {
            MERIT_TRY(merit__fail(err, status, "%s", why.message));
        }
        if (skipped[0] == 0) {
            snprintf(skipped, skipped_bytes, "%s", why.message);
        }
        MERIT_TRY(merit__run_directory_newest(run, generation, &generation, err));
    }
    if (*found) {
        MERIT_TRY(merit__fail(err, MERIT_EMODEL, "no checkpoint can be continued: %s",
                              skipped));
    }
fail:
    return status;
}
