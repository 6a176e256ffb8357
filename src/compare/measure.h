/* test.json in a run directory: what its model earns on the test examples.
 *
 *     {"merit": "0.1.0", "state": "done", "message": "",
 *      "model": "5b1e...",      sha256 of best.safetensors, "" without one
 *      "test_data": "9f3c...",  fingerprint
 *      "candidate": "cross-entropy", "rule": "bayes", "temperature": 1.1,
 *      "accuracy": 0.89, ...,   the members of merit_metrics
 *      "earned": [2, 2, -1]}    by each example */
#ifndef MERIT_COMPARE_MEASURE_H
#define MERIT_COMPARE_MEASURE_H

#include "compare/comparison.h"

/* The test examples. */
typedef struct merit__test {
    const merit_dataset *data;
    char fingerprint[65];
    int64_t n_threads; // for inference
} merit__test;

/* Whether the run at `path` has a test.json that is of these examples and of the model
 * that is there now, or says that training diverged. */
int merit__measured(const char *path, const merit__test *test);

/* Removes a test.json that merit__measured does not accept. */
void merit__measure_forget(const char *path);

/* Measures best.safetensors and writes test.json. */
merit_status merit__measure(const char *path, const merit__test *test,
                            merit_error *err);

/* Writes a test.json that says that training diverged. */
merit_status merit__measure_diverged(const char *path, const merit__test *test,
                                     const char *message, merit_error *err);

/* Fills in what test.json says; a run without one is WAITING. *n_test: the number of
 * examples. */
merit_status merit__measure_read(merit_compare_run *run, merit_comparison *comparison,
                                 int64_t *n_test, const char *path, merit_error *err);

#endif
