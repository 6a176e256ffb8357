/* A state's numbers as arrays of doubles. One function walks them in order for saving
 * and for loading, so that the two cannot disagree. */
#ifndef MERIT_TRAIN_STATE_NUMBERS_H
#define MERIT_TRAIN_STATE_NUMBERS_H

#include "train/state.h"

enum { MERIT__STATE_NUMBERS = 32 }; // no state has more, its history aside

/* A walk over numbers: either way between a structure and an array of doubles. */
typedef struct merit__walk {
    double *number;
    size_t n;
    int loading;
    int is_bad; // a whole number was out of its range; it is within now
} merit__walk;

/* All but shape, arrays and history. */
void merit__walk_state(merit__walk *walk, merit__state *state);

/* One validation, with how often each answer was given, [A]. */
void merit__walk_row(merit__walk *walk, const merit__state_shape *shape,
                     merit__history_row *row, int64_t *given);

/* How many numbers that is. */
size_t merit__row_numbers(const merit__state_shape *shape);

#endif
