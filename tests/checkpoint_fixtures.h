/* States of trainings, saved as checkpoints of a run and loaded again. */
#ifndef MERIT_TESTS_CHECKPOINT_FIXTURES_H
#define MERIT_TESTS_CHECKPOINT_FIXTURES_H

#include "train/state.h"
#include "train_fixtures.h"

enum { N_ARENA = 23, N_CANDIDATES = 3, N_STEPS = 100, N_CLASSES = 4, N_ANSWERS = 5 };

static const char *const config = "{\"batch\": 128, \"seed\": \"1\"}";
static const char *const engine = "oneDNN 1.2.3, instruction set 0x7f";

static const struct {
    int64_t n_moments;
    size_t n_rows;
    int is_mid_epoch;
    int64_t candidate;
} cases[] = {
    {1, 0, 0, 0}, {2, 0, 1, 0}, {1, 1, 0, 0}, {2, 5, 1, 0},  {1, 5, 0, 1},
    {2, 7, 1, 2}, {2, 3, 0, 3}, {1, 3, 0, 3}, {2, 90, 1, 1},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static inline merit__state make_state(int i)
{
    merit__state state;
    merit__state_shape shape = {.n_arena = N_ARENA,
                                .n_moments = cases[i].n_moments,
                                .n_candidates = N_CANDIDATES,
                                .n_steps = N_STEPS,
                                .n_classes = N_CLASSES,
                                .n_answers = N_ANSWERS};
    assert_int_equal(merit__state_create(&state, &shape, NULL), MERIT_OK);
    return state;
}

static inline void fill(float *values, uint32_t use, int i)
{
    for (uint32_t j = 0; j < N_ARENA; j++) {
        values[j] = (float)draw(use, j + 1000 * (uint32_t)i, 1u << 24) / 7.0f;
    }
}

static inline void fill_weights(merit__weights *weights, uint32_t use, int i)
{
    fill(weights->parameters, use, i);
    for (int64_t m = 0; m < cases[i].n_moments; m++) {
        fill(weights->moments[m], use + 1 + (uint32_t)m, i);
    }
}

/* A state whose fields all differ, also from those of the other cases. */
static inline merit__state filled_state(int i)
{
    merit__state s = make_state(i);
    double x = 1.0 / (3 + i);
    s.candidate = cases[i].candidate;
    s.at = (merit__position){40 + i, 12.5 + x, 99 + i};
    s.good = cases[i].is_mid_epoch ? (merit__position){30 + i, 11.25 + x, 3 + i} : s.at;
    s.retries = 1 + i % 3;
    s.rate_scale = 1.0 / (1 << (1 + i % 3));
    s.seconds = 1e4 * x;
    fill_weights(&s.now_weights, 10, i);
    fill_weights(&s.good_weights, 20, i);
    fill(s.kept, 40, i);
    if (!cases[i].is_mid_epoch) {
        merit__weights_copy(&s, &s.good_weights, &s.now_weights);
    }
    for (size_t r = 0; r < cases[i].n_rows; r++) {
        double y = (double)r + x;
        int64_t given[N_ANSWERS];
        merit__history_row row = {(int64_t)r % 3,
                                  1 + (int64_t)r,
                                  1 + 5 * (int64_t)r % N_STEPS,
                                  y,
                                  {(merit_rule)(1 + (int)r % 3),
                                   1 + y,
                                   2 + y,
                                   3 + y,
                                   4 + y,
                                   5 + y,
                                   -y,
                                   7 + y,
                                   8 + y,
                                   9 + y,
                                   {(merit_link_kind)(r % 5), 0.5 + y}},
                                  10 + y,
                                  {11 + y,
                                   12 + y,
                                   13 + y,
                                   14 + y,
                                   15 + y,
                                   16 + y,
                                   17 + y,
                                   (int64_t)r % (MERIT__SURVEY_PAIRS + 1),
                                   {{0}}}};
        for (int64_t p = 0; p < MERIT__SURVEY_PAIRS; p++) {
            int64_t q = p + (int64_t)r;
            row.survey.pairs[p] = (merit__stuck_pair){
                q % N_CLASSES, (q + 1) % N_CLASSES, q % 2, 1 / (1.0 + (double)p), y};
        }
        for (int64_t k = 0; k < N_ANSWERS; k++) {
            given[k] = 100 * (int64_t)r + k;
        }
        assert_int_equal(merit__state_record(&s, &row, given, NULL), MERIT_OK);
    }
    return s;
}

static char run_path[PATH_BYTES];

static inline merit__run_directory *open_run(void)
{
    merit__run_directory *run;
    merit_error err = {0};
    int has_run;
    data_path(run_path, "run");
    remove_tree(run_path);
    if (merit__run_directory_open(&run, run_path, 0, &has_run, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return run;
}

static inline const char *generation_path(char out[PATH_BYTES], int generation)
{
    snprintf(out, PATH_BYTES, "%.400s/checkpoints/%08d.safetensors", run_path,
             generation);
    return out;
}

static inline void save(merit__state *state, const merit__run_directory *run)
{
    merit_error err = {0};
    if (merit__checkpoint_save(state, run, config, engine, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
}

typedef struct loaded {
    merit_status status;
    int found;
    char skipped[256];
    merit_error err;
} loaded;

static inline loaded load_with(merit__state *state, const merit__run_directory *run,
                               const char *other_config, const char *other_engine)
{
    loaded l = {.found = -1, .skipped = "not set"};
    l.status = merit__checkpoint_load(state, run, other_config, other_engine, &l.found,
                                      l.skipped, sizeof l.skipped, &l.err);
    return l;
}

static inline loaded load(merit__state *state, const merit__run_directory *run)
{
    return load_with(state, run, config, engine);
}

#endif
