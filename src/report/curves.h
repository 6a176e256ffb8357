/* Runs as merit_curves keeps them, and who reads which file. */
#ifndef MERIT_REPORT_CURVES_H
#define MERIT_REPORT_CURVES_H

#include "merit/report.h"

/* A run while it is read; zeros are an empty one. `shown` is set at the end. */
typedef struct merit__curve {
    merit_curve_run shown; // points into what follows
    char *path, *name, *loss, *scores;
    char **candidates;
    merit_curve_row *rows;
    size_t n_candidates, candidates_capacity;
    size_t n_rows, rows_capacity;
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

/* *first: the first row of a candidate among rows[0..n_rows), which has one candidate's
 * together. Returns how many it has. */
int64_t merit__curve_candidate_rows(const merit_curve_row **first, int64_t candidate,
                                    const merit_curve_row *rows, int64_t n_rows);

#endif
