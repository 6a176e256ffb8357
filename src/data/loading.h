/* Telling how the loading of a data set goes. */
#ifndef MERIT_DATA_LOADING_H
#define MERIT_DATA_LOADING_H

#include "merit/data.h"

enum { MERIT__PROBLEMS_TOLD = 20 };

/* One phase of it. Zero tells nothing. */
typedef struct merit__loading {
    const merit_dataset_options *options;
    const char *what; // is done
    int64_t n;        // things to do, or 0 when nobody knows
    double started, told;
} merit__loading;

merit__loading merit__loading_begin(const merit_dataset_options *options,
                                    const char *what, int64_t n);

/* So many things are done; told at most five times a second, never in the first fifth.
 * For the thread that loads. NULL is allowed. */
void merit__loading_at(merit__loading *loading, int64_t n_done);

/* Tells of thing `number`, from 0, that is refused or left out: of the first 20. */
void merit__loading_problem(const merit_dataset_options *options,
                            merit_dataset_event_kind kind, int64_t number,
                            const char *message);

/* Tells how many more of n there are. */
void merit__loading_rest(const merit_dataset_options *options,
                         merit_dataset_event_kind kind, int64_t n);

#endif
