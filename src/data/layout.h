/* What a header says about the numbers after it. */
#ifndef MERIT_DATA_LAYOUT_H
#define MERIT_DATA_LAYOUT_H

#include "data/element.h"
#include "merit/error.h"

enum { MERIT__DIMS_MAX = 8, MERIT__LAYOUT_TEXT_BYTES = 96 };

/* What the numbers are wanted for. */
enum merit__wanted {
    MERIT__FEATURES, // 2 to 4 dimensions; bytes stay bytes, the rest becomes float
    MERIT__FLOATS,   // any shape, as float
    MERIT__LABELS    // 1 dimension, whole numbers >= 0
};

typedef struct merit__layout {
    const merit__element *element;
    int is_big_endian;
    int is_column_order; // the first dimension runs fastest (Fortran)
    int64_t n_dims;
    int64_t dims[MERIT__DIMS_MAX];
} merit__layout;

/* The sizes that follow from it; a row is what one index of the first dimension has. */
typedef struct merit__sizes {
    size_t n_rows;
    size_t n_row;     // values in a row
    size_t n_values;  // n_rows * n_row
    uint64_t n_bytes; // of all values in the file
} merit__sizes;

/* Checks that the shape suits what is wanted, that no dimension is 0 and that no size
 * overflows; EFORMAT says what is wrong. `name` is the file's. */
merit_status merit__layout_measure(merit__sizes *out, const merit__layout *layout,
                                   enum merit__wanted wanted, const char *name,
                                   merit_error *err);

/* The content in words, "60000 images of 28x28" or "10 labels". Returns out. */
const char *merit__layout_text(char out[MERIT__LAYOUT_TEXT_BYTES],
                               const merit__layout *layout, enum merit__wanted wanted);

#endif
