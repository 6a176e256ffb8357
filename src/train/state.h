/* Everything that a training must remember to go on as if it had never stopped. */
#ifndef MERIT_TRAIN_STATE_H
#define MERIT_TRAIN_STATE_H

#include "net/layers.h"
#include "train/optimizer.h"
#include "train/run_directory.h"
#include "train/validation.h"

/* What the arrays and the numbers of a state must fit. */
typedef struct merit__state_shape {
    int64_t n_arena;      // numbers in a canonical arena
    int64_t n_moments;    // that the optimiser keeps
    int64_t n_candidates; // of the run
    int64_t n_steps;      // of each candidate
    int64_t n_classes;    // of the score table
    int64_t n_answers;    // likewise
} merit__state_shape;

/* Canonical parameters with the optimiser's moments, [n_arena] each. */
typedef struct merit__weights {
    float *parameters;
    float *moments[MERIT__MOMENTS]; // as many as the optimiser keeps, then NULL
} merit__weights;

/* Where in a candidate's training. */
typedef struct merit__position {
    int64_t step;     // steps done
    double loss_sum;  // over the examples of the epoch under way
    int64_t n_losses; // how many those are
} merit__position;

/* Where in the run, all candidates together. */
typedef struct merit__run_place {
    int64_t epoch, step;
} merit__run_place;

/* One validation. */
typedef struct merit__history_row {
    int64_t candidate;
    int64_t epoch, step; // of the run: those of earlier candidates count
    double loss;         // mean training loss of the epoch
    merit__verdict verdict;
    double learning_rate; // mean over the epoch
    merit__survey survey;
} merit__history_row;

typedef struct merit__state {
    merit__state_shape shape;
    int64_t candidate;        // the one being trained; as many as there are: all done
    merit__position at, good; // now, and at the beginning of this epoch
    merit__weights now_weights, good_weights;

    int64_t retries;   // after divergence
    double rate_scale; // halved by each
    double seconds;    // spent in earlier processes and this one

    merit__history_row *history;
    size_t n_history, history_capacity;
    int64_t *given; // [n_history,A] how often each answer was given
    size_t given_capacity;
    float *kept; // parameters of the best row of the history

    int64_t generation; // of the last checkpoint
} merit__state;

/* A state at the beginning of a run. */
merit_status merit__state_create(merit__state *out, const merit__state_shape *shape,
                                 merit_error *err);
void merit__state_dispose(merit__state *state);

/* Copies parameters and moments. */
void merit__weights_copy(const merit__state *state, merit__weights *to,
                         const merit__weights *from);

/* Appends a row, and how often each answer was given at that validation, [A]. */
merit_status merit__state_record(merit__state *state, const merit__history_row *row,
                                 const int64_t *given, merit_error *err);

/* The row of the history that earned most, the first one on a tie; of one candidate, or
 * of all when that is -1. NULL without any. */
const merit__history_row *merit__state_best(const merit__state *state,
                                            int64_t candidate);

/* Where the run was when this candidate began: epoch and step of the last validation of
 * an earlier one, 0 without any. */
merit__run_place merit__state_place_before(const merit__state *state,
                                           int64_t candidate);

/* Validations of the candidate under way since its best one. */
int64_t merit__state_epochs_without_better(const merit__state *state);

/* Writes the next generation of the checkpoint. `config` and `engine` are what it must
 * be continued with. */
merit_status merit__checkpoint_save(merit__state *state,
                                    const merit__run_directory *run, const char *config,
                                    const char *engine, merit_error *err);

/* Loads the newest checkpoint that is whole, going back where one is damaged; `skipped`
 * (of skipped_bytes) tells about the newest damaged one, or is "". *found is 0 when
 * there is none at all. EMODEL when all are damaged or belong to another configuration
 * or engine; then the state is of no use. */
merit_status merit__checkpoint_load(merit__state *state,
                                    const merit__run_directory *run, const char *config,
                                    const char *engine, int *found, char *skipped,
                                    size_t skipped_bytes, merit_error *err);

#endif
