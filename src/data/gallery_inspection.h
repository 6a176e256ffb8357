/* The first look at every picture of a gallery. */
#ifndef MERIT_DATA_GALLERY_INSPECTION_H
#define MERIT_DATA_GALLERY_INSPECTION_H

#include "data/census.h"
#include "data/gallery.h"
#include "data/loading.h"

/* What failed, the first ones in the order of their places. */
typedef struct merit__failures {
    int64_t n;
    int64_t place[MERIT__PROBLEMS_TOLD];
    merit_status status[MERIT__PROBLEMS_TOLD];
    merit_error error[MERIT__PROBLEMS_TOLD];
} merit__failures;

typedef struct merit__inspection {
    merit__gallery *gallery; // borrowed
    unsigned char *kept;     // pixels that stay in memory, or NULL; owned
    merit__census census;
    merit__failures bad;    // pictures that are no good
    merit__failures fatal;  // files that could not be read: that must be known
    pthread_mutex_t *mutex; // of the failures, while it runs
} merit__inspection;

/* Reads all headers, chooses the frame and how many pictures stay in memory, then
 * decodes each once. Fails when more pictures are bad than options->bad_share, with
 * what is wrong with the first; tells of the first 20. Dispose of *out in any case. */
merit_status merit__inspection_run(merit__inspection *out, merit__gallery *gallery,
                                   const merit_dataset_options *options,
                                   merit_error *err);
void merit__inspection_dispose(merit__inspection *inspection);

#endif
