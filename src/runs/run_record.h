/* Runs as merit_runs keeps them, and who reads which file. */
#ifndef MERIT_RUNS_RUN_RECORD_H
#define MERIT_RUNS_RUN_RECORD_H

#include "merit/model.h"
#include "merit/runs.h"

/* A run while it is read; zeros are an empty one. `shown` is set at the end. */
typedef struct merit__run_record {
    merit_run shown; // points into what follows
    char *path, *name, *loss, *scores, *optimizer;
    char **candidates;
    merit_run_row *rows;
    size_t n_candidates, candidates_capacity;
    size_t n_rows, rows_capacity;
    int64_t *given;            // [n_rows,A] or NULL
    merit_run_pair *pairs;     // of all rows
    merit_scores *owned;       // scores.tsv; NULL where that is not there
    merit_model *model;        // of a run with a large tree, for its table; or NULL
    const merit_scores *table; // of either; NULL: not known
    int64_t n_epochs, n_retries;
    int64_t *truths; // [K] or NULL
    char *given_up;
    int32_t is_finished, has_diverged;
    double seconds, best_constant, learning_rate, momentum;
} merit__run_record;

struct merit_runs {
    merit__run_record *records;
    int64_t n;
};

/* loss, scores, n_epochs and, where they are, optimizer and rates, from config.json;
 * table, from scores.tsv, where that is, else from best.safetensors, where that is.
 */
merit_status merit__run_read_config(merit__run_record *run, merit_error *err);

/* candidates and rows, from metrics.tsv, where that is. */
merit_status merit__run_read_metrics(merit__run_record *run, merit_error *err);

/* given and pairs of the rows, from answers.jsonl, where that and the table are. Lines
 * that belong to no row are passed over: the file is written after metrics.tsv. */
merit_status merit__run_read_answers(merit__run_record *run, merit_error *err);

/* Everything that log.jsonl tells, after the table. What cannot be read in it is passed
 * over: a log may end in the middle of a line. Fails with ENOMEM only. */
merit_status merit__run_read_log(merit__run_record *run, merit_error *err);

/* Reads a file of the run, of at most 256 MB; *text is NULL when it is not there. Free
 * with merit__free. */
merit_status merit__run_read_file(char **text, size_t *n_bytes,
                                  const merit__run_record *run, const char *name,
                                  merit_error *err);

/* *first: the first row of a candidate among rows[0..n_rows), which has one candidate's
 * together. Returns how many it has. */
int64_t merit__run_candidate_rows(const merit_run_row **first, int64_t candidate,
                                  const merit_run_row *rows, int64_t n_rows);

#endif
