/* A data set of pictures. */
#ifndef MERIT_DATA_GALLERY_LOAD_H
#define MERIT_DATA_GALLERY_LOAD_H

#include "data/dataset.h"
#include "data/listing.h"

/* Lists the pictures, reads all headers to choose the frame, then decodes every picture
 * once: damaged ones are found before training, and as many as fit stay in memory. */
merit_status merit__gallery_load(merit_dataset **out, const char *path,
                                 enum merit__listing_kind kind,
                                 const merit_dataset_options *options,
                                 merit_error *err);

#endif
