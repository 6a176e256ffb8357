/* The shapes of slices that a net runs in: for most data one; of sequences one for each
 * width that suits them, with fewer of the wider ones in a slice, so that slices take
 * about the same time and memory.
 *
 *     width 128   |========|=====   |======= |...   8 windows
 *           512   |============================|    2
 *
 * A row of logits has the same bits in all of them. */
#ifndef MERIT_MODEL_FORMATS_H
#define MERIT_MODEL_FORMATS_H

#include "data/widths.h"
#include "net/engine.h"

typedef struct merit__format {
    int64_t n;            // windows, or examples, in a slice
    const merit_net *net; // for examples of this width; borrowed, or `owned`
    merit_net *owned;
} merit__format;

typedef struct merit__formats {
    int64_t n;
    merit__format format[MERIT__WIDTHS_MOST]; // width rising
    int64_t step;                             // of widths; 0 where there is one
    merit__widths widths;
    int64_t n_x, n_rows; // the most numbers, and rows of logits, in a slice
} merit__formats;

/* Makes them for a net, which is borrowed, and the data that it shall read. Dispose of
 * *out in any case. */
merit_status merit__formats_create(merit__formats *out, const merit_net *net,
                                   const merit_dataset *data, int64_t slice,
                                   merit_error *err);
void merit__formats_dispose(merit__formats *formats);

/* What a plan for format i needs to know of it; `like` and the rest is the caller's. */
merit__plan_options merit__formats_plan(const merit__formats *formats, int64_t i);

#endif
