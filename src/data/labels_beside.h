/* Finding the labels that belong to a file of images. */
#ifndef MERIT_DATA_LABELS_BESIDE_H
#define MERIT_DATA_LABELS_BESIDE_H

#include "merit/error.h"

/* For ".../train-images-idx3-ubyte.gz" the path ".../train-labels-idx1-ubyte.gz", or
 * that without .gz (or with it), whichever exists; NULL in *out when neither does or
 * the name has another form. The caller frees with merit__free. */
merit_status merit__labels_beside(char **out, const char *path, merit_error *err);

#endif
