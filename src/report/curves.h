/* Runs as merit_curves keeps them, and who reads which file. */
#ifndef MERIT_REPORT_CURVES_H
#define MERIT_REPORT_CURVES_H

#include "merit/report.h"

/* A run while it is read; zeros are an empty one. `shown` is set at the end. */
typedef struct merit__curve {
    merit_curve_run shown; // points into what follows
    char *path, *name, *loss, *scores;
    char **candidates;
    merit_curve_row *rows, *line;
    size_t n_candidates, candidates_capacity;
    size_t n_rows, rows_capacity, n_line;
    int64_t n_epochs, n_classes, n_answers;
    double seconds, best_constant;
} merit__curve;

struct merit_curves {
    merit__curve *runs;
    int64_t n_runs;
};

/* loss, scores and n_epochs, from config.json; n_classes and n_answers from scores.tsv,
 * where that is. */
merit_status merit__curve_read_config(merit__curve *run, merit_error *err);

/* candidates and rows, from metrics.tsv, where that is. */
merit_status merit__curve_read_metrics(merit__curve *run, merit_error *err);

/* seconds and best_constant, from log.jsonl. What cannot be read in it is passed over:
 * a log may end in the middle of a line. Fails with ENOMEM only. */
merit_status merit__curve_read_log(merit__curve *run, merit_error *err);

/* Reads a file of the run, of at most 256 MB; *text is NULL when it is not there. Free
 * with merit__free. */
merit_status merit__curve_read_file(char **text, size_t *n_bytes,
                                    const merit__curve *run, const char *name,
                                    merit_error *err);

/* The row of the kept model among rows[0..n): the first of those with the largest mean
 * score. n > 0. */
const merit_curve_row *merit__curve_kept(const merit_curve_row *rows, int64_t n);

/* The loss of a candidate after the stages that it shares with others, in its own text;
 * *share is how much of the training those are: "b" and 0.45 of "a:45%,b". */
const char *merit__curve_last_stage(const char *candidate, double *share);

#endif
