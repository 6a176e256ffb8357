/* comparison.json: what a comparison is of.
 *
 *     {"merit": "0.1.0",
 *      "training": {...},       config.json of its runs without loss and seed
 *      "test_data": "9f3c...",  fingerprint of the test examples
 *      "test_share": 0.2,       of the data; 0: they are other data
 *      "losses": [{"loss": "cross-entropy", "name": "cross-entropy", "refused": ""}],
 *      "seeds": ["1", "2"]}
 *
 * Losses and seeds are only ever added. */
#ifndef MERIT_COMPARE_COMPARE_PLAN_H
#define MERIT_COMPARE_COMPARE_PLAN_H

#include "merit/error.h"

#include <jansson.h>

typedef struct merit__planned_loss {
    const char *loss;    // spec
    const char *name;    // beginning of the names of its run directories
    const char *refused; // why the table forbids it, or ""
} merit__planned_loss;

/* A plan without losses and seeds. `config`: what merit_train_config says. The caller
 * ends with json_decref. */
merit_status merit__plan_create(json_t **out, const char *config,
                                const char *test_fingerprint, double test_share,
                                merit_error *err);

/* Reads and checks the file; *out is NULL, and all is well, when it is not there. */
merit_status merit__plan_load(json_t **out, const char *directory, merit_error *err);

/* Writes the file. */
merit_status merit__plan_save(const json_t *plan, const char *directory,
                              merit_error *err);

/* EMODEL unless both are of the same data, table and options; says what differs. */
merit_status merit__plan_expect_same(const json_t *now, const json_t *before,
                                     const char *directory, merit_error *err);

/* Adds what is not there yet. Refusals are taken over from the latest call. */
merit_status merit__plan_add_loss(json_t *plan, const char *loss, const char *refused,
                                  merit_error *err);
merit_status merit__plan_add_seed(json_t *plan, uint64_t seed, merit_error *err);

int64_t merit__plan_n_losses(const json_t *plan);
int64_t merit__plan_n_seeds(const json_t *plan);

/* Loss 0 <= index < n_losses; its texts are borrowed. */
merit__planned_loss merit__plan_loss(const json_t *plan, int64_t index);

/* Which loss that is; -1: none. */
int64_t merit__plan_find(const json_t *plan, const char *loss);

/* Seed 0 <= index < n_seeds. */
uint64_t merit__plan_seed(const json_t *plan, int64_t index);

enum { MERIT__RUN_NAME_BYTES = 128 };

/* The name of a run's directory: "cross-entropy-seed-1". */
void merit__plan_run_name(char out[MERIT__RUN_NAME_BYTES],
                          const merit__planned_loss *loss, uint64_t seed);

/* Reads DIR/NAME, a JSON object; *out is NULL, and all is well, when it is not there.
 * EFORMAT names the file and the byte. */
merit_status merit__compare_read(json_t **out, const char *directory, const char *name,
                                 merit_error *err);

/* Replaces DIR/NAME; NULL is no memory. */
merit_status merit__compare_write(const json_t *record, const char *directory,
                                  const char *name, merit_error *err);

#endif
