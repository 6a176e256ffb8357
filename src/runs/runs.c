#include "runs/run_record.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

enum { MAX_FILE_BYTES = 1 << 28 };

merit_status merit__run_read_file(char **text, size_t *n_bytes,
                                  const merit__run_record *run, const char *name,
                                  merit_error *err)
{
    *text = NULL;
    *n_bytes = 0;
    char *path = merit__path_join(run->path, name);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run->path), "a path");
    }
    merit_status status =
        access(path, F_OK) == 0
            ? merit__file_read(text, n_bytes, path, MAX_FILE_BYTES, err)
            : MERIT_OK;
    merit__free(path);
    return status;
}

/* Counts every step in epochs: a whole epoch has the most steps for each. */
static void count_epochs(merit__run_record *run)
{
    double steps = 0;
    for (size_t i = 0; i < run->n_rows; i++) {
        steps = fmax(steps, (double)run->rows[i].step / (double)run->rows[i].epoch);
    }
    for (size_t i = 0; i < run->n_rows; i++) {
        run->rows[i].epochs = (double)run->rows[i].step / steps;
    }
}

/* The row of the kept model: the first of those with the largest mean score. NULL
 * without rows. */
static const merit_run_row *find_kept(const merit__run_record *run)
{
    const merit_run_row *kept = run->n_rows > 0 ? run->rows : NULL;
    for (size_t i = 1; i < run->n_rows; i++) {
        const merit_run_row *row = &run->rows[i];
        if (row->mean_score > kept->mean_score || isnan(kept->mean_score)) {
            kept = row;
        }
    }
    return kept;
}

int64_t merit__run_candidate_rows(const merit_run_row **first, int64_t candidate,
                                  const merit_run_row *rows, int64_t n_rows)
{
    int64_t from = 0;
    while (from < n_rows && rows[from].candidate != candidate) {
        from++;
    }
    int64_t to = from;
    while (to < n_rows && rows[to].candidate == candidate) {
        to++;
    }
    *first = rows + from;
    return to - from;
}

/* What the best answers to all held-out examples would earn; NaN when that is not
 * known.
 */
static double oracle_score(const merit__run_record *run)
{
    double sum = 0, n = 0;
    if (run->truths == NULL || run->table == NULL) {
        return NAN;
    }
    for (int64_t i = 0; i < merit_scores_n_truths(run->table); i++) {
        const int64_t best = merit_scores_best_answer(run->table, i);
        sum += (double)run->truths[i] * merit_scores_score(run->table, i, best);
        n += (double)run->truths[i];
    }
    return sum / n;
}

static void show(merit__run_record *run)
{
    int64_t n_rows = (int64_t)run->n_rows;
    const merit_run_row *kept = find_kept(run);
    int64_t n_line = 0;
    while (n_line < n_rows && run->rows[n_line].candidate <= kept->candidate) {
        n_line++;
    }
    run->shown = (merit_run){
        .path = run->path,
        .name = run->name,
        .loss = run->loss,
        .scores = run->scores,
        .candidates = (const char *const *)run->candidates,
        .n_candidates = (int64_t)run->n_candidates,
        .rows = run->rows,
        .n_rows = n_rows,
        .line = run->rows,
        .n_line = n_line,
        .kept = kept,
        .n_epochs = run->n_epochs,
        .optimizer = run->optimizer,
        .learning_rate = run->learning_rate,
        .momentum = run->momentum,
        .table = run->table,
        .n_classes = run->table == NULL ? 0 : merit_scores_n_truths(run->table),
        .n_answers = run->table == NULL ? 0 : merit_scores_n_answers(run->table),
        .seconds = run->seconds,
        .best_constant = run->best_constant,
        .oracle_score = oracle_score(run),
        .truths = run->truths,
        .is_finished = run->is_finished,
        .has_diverged = run->has_diverged,
        .n_retries = run->n_retries,
        .given_up = run->given_up == NULL ? "" : run->given_up,
    };
}

static merit_status load_run(merit__run_record *run, const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    run->path = merit__copy_string(path, strlen(path));
    run->seconds = NAN;
    run->best_constant = NAN;
    if (run->path == NULL) {
        return merit__fail_memory(err, strlen(path), "a path");
    }
    MERIT_TRY(merit__run_read_config(run, err));
    MERIT_TRY(merit__run_read_metrics(run, err));
    MERIT_TRY(merit__run_read_answers(run, err));
    MERIT_TRY(merit__run_read_log(run, err));
    count_epochs(run);
fail:
    return status;
}

/* What to call a run as long as nobody says otherwise. */
static const char *default_name(const merit_runs *runs, int64_t run)
{
    const char *loss = runs->records[run].loss;
    for (int64_t i = 0; i < runs->n; i++) {
        if (i != run && strcmp(runs->records[i].loss, loss) == 0) {
            return runs->records[run].path;
        }
    }
    return strcmp(loss, "auto") == 0 ? "merit (auto)" : loss;
}

merit_status merit_runs_load(merit_runs **out, const char *const *paths, int64_t n_runs,
                             merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    if (n_runs < 1 || paths == NULL) {
        return merit__fail(err, MERIT_EINVAL, "no run, expected at least 1");
    }
    merit_runs *runs = merit__alloc_array(1, sizeof *runs);
    if (runs == NULL) {
        return merit__fail_memory(err, sizeof *runs, "runs");
    }
    runs->records = merit__alloc_array((size_t)n_runs, sizeof *runs->records);
    if (runs->records == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *runs->records, "runs"));
    }
    runs->n = n_runs;
    for (int64_t i = 0; i < n_runs; i++) {
        MERIT_TRY(load_run(&runs->records[i], paths[i], err));
    }
    for (int64_t i = 0; i < n_runs; i++) {
        show(&runs->records[i]);
        MERIT_TRY(merit_runs_rename(runs, i, default_name(runs, i), err));
    }
    *out = runs;
    runs = NULL;
fail:
    merit_runs_free(runs);
    return status;
}

void merit_runs_free(merit_runs *runs)
{
    if (runs == NULL) {
        return;
    }
    for (int64_t i = 0; i < runs->n; i++) {
        merit__run_record *run = &runs->records[i];
        for (size_t j = 0; j < run->n_candidates; j++) {
            merit__free(run->candidates[j]);
        }
        merit__free(run->candidates);
        merit__free(run->rows);
        merit__free(run->given);
        merit__free(run->pairs);
        merit__free(run->path);
        merit__free(run->name);
        merit__free(run->loss);
        merit__free(run->scores);
        merit__free(run->optimizer);
        merit__free(run->truths);
        merit__free(run->given_up);
        merit_scores_free(run->owned);
        merit_model_free(run->model);
    }
    merit__free(runs->records);
    merit__free(runs);
}

int64_t merit_runs_count(const merit_runs *runs)
{
    return runs->n;
}

const merit_run *merit_runs_at(const merit_runs *runs, int64_t run)
{
    return &runs->records[run].shown;
}

merit_status merit_runs_rename(merit_runs *runs, int64_t run, const char *name,
                               merit_error *err)
{
    if (run < 0 || run >= runs->n || name == NULL) {
        return merit__fail(err, MERIT_EINVAL, "no such run, or no name");
    }
    char *copy = merit__copy_string(name, strlen(name));
    if (copy == NULL) {
        return merit__fail_memory(err, strlen(name), "a name");
    }
    merit__free(runs->records[run].name);
    runs->records[run].name = copy;
    runs->records[run].shown.name = copy;
    return MERIT_OK;
}
