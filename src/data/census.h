/* The sizes and kinds of pictures, and what size they all get. */
#ifndef MERIT_DATA_CENSUS_H
#define MERIT_DATA_CENSUS_H

#include "data/gallery.h"

typedef struct merit__census {
    int64_t lowest_height, highest_height, lowest_width, highest_width;
    int64_t n_good;
    int has_colour, has_16;
} merit__census;

/* Counts the good ones of those that have been inspected. */
merit__census merit__census_take(const merit__gallery *gallery);

/* Sets what the options leave open so that it suits the pictures: the frame, the bits
 * of a value, the bytes of an example. */
void merit__census_choose_frame(merit__gallery *gallery,
                                const merit_dataset_options *options,
                                const merit__census *census);

#endif
