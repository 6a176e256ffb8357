/* Checkpoints: the state as one safetensors file. Whole numbers and reals of the state
 * lie in two tensors, in the order of the functions `numbers` and `row_numbers`, which
 * both saving and loading walk, so that they cannot disagree. */
#include "train/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "model/safetensors.h"
#include "train/config.h"

enum { MAX_NUMBERS = 64, ROW_NUMBERS = 13, MAX_TENSORS = 16 };
static const char *const format_name = "merit-checkpoint";
static const char *const format_version = "1.0";

/* A walk over numbers: either way between a structure and an array of doubles. Whole
 * numbers of a state are below 2^53, so a double holds them. */
typedef struct walk {
    double *number;
    size_t n;
    int loading;
} walk;

static void real(walk *w, double *value)
{
    if (w->loading) {
        *value = w->number[w->n];
    } else {
        w->number[w->n] = *value;
    }
    w->n++;
}

static void whole(walk *w, int64_t *value)
{
    double number = (double)*value;
    real(w, &number);
    *value = (int64_t)number;
}

static void position(walk *w, merit__position *at)
{
    whole(w, &at->step);
    real(w, &at->loss_sum);
    whole(w, &at->n_losses);
}

static void verdict(walk *w, merit__verdict *v)
{
    int64_t rule = v->rule;
    whole(w, &rule);
    v->rule = (merit_rule)rule;
    real(w, &v->temperature);
    real(w, &v->score);
    real(w, &v->accuracy);
    real(w, &v->log_loss);
    real(w, &v->argmax_score);
    real(w, &v->bayes_score);
    real(w, &v->classes_answered);
    real(w, &v->gradient_survival);
}

static void row_numbers(walk *w, merit__history_row *row)
{
    whole(w, &row->candidate);
    whole(w, &row->epoch);
    whole(w, &row->step);
    real(w, &row->loss);
    verdict(w, &row->verdict);
}

static void numbers(walk *w, merit__state *state)
{
    int64_t has_start = state->has_start;
    whole(w, &state->candidate);
    position(w, &state->at);
    position(w, &state->good);
    position(w, &state->start_at);
    whole(w, &has_start);
    state->has_start = has_start != 0;
    whole(w, &state->kept_candidate);
    whole(w, &state->kept_epoch);
    verdict(w, &state->kept_verdict);
    whole(w, &state->epochs_without_better);
    whole(w, &state->retries);
    real(w, &state->rate_scale);
    real(w, &state->seconds);
}

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
    size_t n = weights_arrays(out, "now", &state->now_weights, state->n_moments);
    if (state->good.step != state->at.step) {
        n += weights_arrays(out + n, "good", &state->good_weights, state->n_moments);
    }
    if (state->has_start) {
        n += weights_arrays(out + n, "start", &state->start, state->n_moments);
    }
    if (state->kept_candidate >= 0) {
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

merit_status merit__checkpoint_save(merit__state *state, const merit__run_directory *run,
                                    const char *config, const char *engine,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    double number[MAX_NUMBERS];
    walk w = {.number = number};
    numbers(&w, state);
    size_t n_rows = state->n_history;
    double *rows = merit__alloc_array(n_rows * ROW_NUMBERS, sizeof *rows);
    char *path = merit__run_directory_checkpoint(run, state->generation + 1);
    if (rows == NULL || path == NULL) {
        MERIT_TRY(merit__fail_memory(err, n_rows * ROW_NUMBERS * sizeof *rows,
                                     "a checkpoint"));
    }
    walk history = {.number = rows};
    for (size_t i = 0; i < n_rows; i++) {
        row_numbers(&history, &state->history[i]);
    }
    named_array array[MAX_TENSORS];
    merit__tensor_view tensor[MAX_TENSORS + 3];
    size_t n = arrays(array, state);
    for (size_t i = 0; i < n; i++) {
        tensor[i] =
            view(array[i].name, "F32", array[i].values, state->n_arena, sizeof(float));
    }
    tensor[n++] = view("numbers", "F64", number, (int64_t)w.n, sizeof *number);
    if (n_rows > 0) {
        tensor[n++] =
            view("history", "F64", rows, (int64_t)(n_rows * ROW_NUMBERS), sizeof *rows);
    }
    tensor[n++] = view("decode", "F64", state->kept_decode, state->n_decode,
                       sizeof *state->kept_decode);
    const merit__metadata_entry metadata[] = {{"format", format_name},
                                              {"format_version", format_version},
                                              {"merit", merit_version()},
                                              {"config", config},
                                              {"engine", engine}};
    MERIT_TRY(merit__safetensors_save(path, tensor, n, metadata,
                                      sizeof metadata / sizeof *metadata, NULL, err));
    state->generation++;
    merit__run_directory_tidy(run, state->generation);
fail:
    merit__free(rows);
    merit__free(path);
    return status;
}

/* The metadata entry must be there and equal. */
static merit_status expect_text(const merit__safetensors *file, const char *path,
                                const char *key, const char *expected, merit_error *err)
{
    const char *found = merit__safetensors_metadata(file, key);
    if (found != NULL && strcmp(found, expected) == 0) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EMODEL, "%s: %s is \"%.60s\", expected \"%.60s\"", path,
                       key, found == NULL ? "" : found, expected);
}

/* The rows of validations so far; a file without them has none yet. */
static merit_status restore_history(merit__state *state, const merit__safetensors *file,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    state->n_history = 0;
    const merit__tensor_view *tensor = merit__safetensors_tensor(file, "history");
    if (tensor == NULL) {
        return MERIT_OK;
    }
    int64_t n_rows = tensor->dims[0] / ROW_NUMBERS;
    MERIT_TRY(merit__safetensors_expect(&tensor, file, "history", "F64",
                                        n_rows * ROW_NUMBERS, err));
    for (int64_t i = 0; i < n_rows; i++) {
        double number[ROW_NUMBERS];
        memcpy(number, (const char *)tensor->data + (size_t)i * sizeof number,
               sizeof number);
        walk w = {.number = number, .loading = 1};
        merit__history_row row = {0};
        row_numbers(&w, &row);
        MERIT_TRY(merit__state_record(state, &row, err));
    }
fail:
    return status;
}

/* Reads all arrays and numbers; the state is usable only when this succeeds. */
static merit_status restore(merit__state *state, const merit__safetensors *file,
                            merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__tensor_view *tensor;
    double number[MAX_NUMBERS] = {0};
    walk count = {.number = number};
    merit__state blank = {0};
    numbers(&count, &blank);
    MERIT_TRY(merit__safetensors_expect(&tensor, file, "numbers", "F64",
                                        (int64_t)count.n, err));
    memcpy(number, tensor->data, count.n * sizeof *number);
    walk w = {.number = number, .loading = 1};
    numbers(&w, state);

    named_array array[MAX_TENSORS];
    size_t n = arrays(array, state);
    for (size_t i = 0; i < n; i++) {
        MERIT_TRY(merit__safetensors_expect(&tensor, file, array[i].name, "F32",
                                            state->n_arena, err));
        memcpy(array[i].values, tensor->data, (size_t)state->n_arena * sizeof(float));
    }
    if (state->good.step == state->at.step) {
        merit__weights_copy(state, &state->good_weights, &state->now_weights);
    }
    MERIT_TRY(merit__safetensors_expect(&tensor, file, "decode", "F64", state->n_decode,
                                        err));
    memcpy(state->kept_decode, tensor->data,
           (size_t)state->n_decode * sizeof *state->kept_decode);
    MERIT_TRY(restore_history(state, file, err));
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
    MERIT_TRY(expect_text(file, path, "config", config, err));
    MERIT_TRY(expect_text(file, path, "engine", engine, err));
    MERIT_TRY(restore(state, file, err));
    state->generation = generation;
fail:
    merit__safetensors_free(file);
    merit__free(path);
    return status;
}

merit_status merit__checkpoint_load(merit__state *state, const merit__run_directory *run,
                                    const char *config, const char *engine, int *found,
                                    char *skipped, size_t skipped_bytes,
                                    merit_error *err)
{
    int64_t newest = merit__run_directory_newest(run, INT64_MAX);
    merit_status status = MERIT_OK;
    *found = newest > 0;
    skipped[0] = 0;
    for (int64_t g = newest; g > 0; g = merit__run_directory_newest(run, g)) {
        merit_error why = {0};
        status = load_one(state, run, g, config, engine, &why);
        if (status == MERIT_OK) {
            // The next generation gets a number that no damaged file has.
            state->generation = newest;
            return MERIT_OK;
        }
        if (skipped[0] == 0) {
            snprintf(skipped, skipped_bytes, "%s", why.message);
        }
    }
    if (status != MERIT_OK) {
        return merit__fail(err, MERIT_EMODEL, "no checkpoint can be continued: %s",
                           skipped);
    }
    return MERIT_OK;
}
