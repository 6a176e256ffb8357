#include "data/layout.h"

#include "base/fail.h"

#include <inttypes.h>
#include <stdio.h>

// "60000x28x28", from dimension `from` on; what does not fit is cut.
static const char *shape_text(char out[MERIT__LAYOUT_TEXT_BYTES],
                              const merit__layout *layout, int64_t from)
{
    size_t n = 0;
    out[0] = '\0';
    for (int64_t d = from; d < layout->n_dims && n < MERIT__LAYOUT_TEXT_BYTES; d++) {
        n += (size_t)snprintf(out + n, MERIT__LAYOUT_TEXT_BYTES - n, "%s%" PRId64,
                              d == from ? "" : "x", layout->dims[d]);
    }
    return out;
}

const char *merit__layout_text(char out[MERIT__LAYOUT_TEXT_BYTES],
                               const merit__layout *layout, enum merit__wanted wanted)
{
    char shape[MERIT__LAYOUT_TEXT_BYTES];
    int is_image = wanted == MERIT__FEATURES && layout->n_dims > 2;
    if (layout->n_dims == 0) {
        snprintf(out, MERIT__LAYOUT_TEXT_BYTES, "1 value");
    } else if (layout->n_dims == 1) {
        snprintf(out, MERIT__LAYOUT_TEXT_BYTES, "%" PRId64 " %s", layout->dims[0],
                 wanted == MERIT__LABELS ? "labels" : "values");
    } else {
        snprintf(out, MERIT__LAYOUT_TEXT_BYTES, "%" PRId64 " %s of %.60s",
                 layout->dims[0], is_image ? "images" : "rows",
                 shape_text(shape, layout, 1));
    }
    return out;
}

static merit_status check_dimensions(const merit__layout *layout,
                                     enum merit__wanted wanted, const char *name,
                                     merit_error *err)
{
    char shape[MERIT__LAYOUT_TEXT_BYTES];
    shape_text(shape, layout, 0);
    const char *plural = layout->n_dims == 1 ? "" : "s";
    if (wanted == MERIT__LABELS && layout->n_dims != 1) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: has %" PRId64 " dimension%s (%s), labels need 1", name,
                           layout->n_dims, plural, shape);
    }
    if (wanted == MERIT__FEATURES && (layout->n_dims < 2 || layout->n_dims > 4)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: has %" PRId64
                           " dimension%s (%s), examples need 2 to 4: "
                           "NxF, NxHxW or NxCxHxW",
                           name, layout->n_dims, plural, shape);
    }
    for (int64_t d = 0; d < layout->n_dims; d++) {
        if (layout->dims[d] == 0) {
            return merit__fail(err, MERIT_EFORMAT, "%s: 0 samples (the header says %s)",
                               name, shape);
        }
    }
    return MERIT_OK;
}

merit_status merit__layout_measure(merit__sizes *out, const merit__layout *layout,
                                   enum merit__wanted wanted, const char *name,
                                   merit_error *err)
{
    char shape[MERIT__LAYOUT_TEXT_BYTES];
    merit_status status = check_dimensions(layout, wanted, name, err);
    if (status != MERIT_OK) {
        return status;
    }
    int overflows = 0;
    out->n_rows = layout->n_dims > 0 ? (size_t)layout->dims[0] : 1;
    out->n_row = 1;
    for (int64_t d = 1; d < layout->n_dims; d++) {
        overflows |=
            __builtin_mul_overflow(out->n_row, (size_t)layout->dims[d], &out->n_row);
    }
    overflows |= __builtin_mul_overflow(out->n_rows, out->n_row, &out->n_values);
    // The values in memory may be wider than in the file: leave room for any type.
    overflows |= out->n_values > INT64_MAX / MERIT__ELEMENT_BYTES_MAX;
    if (overflows) {
        return merit__fail(err, MERIT_EFORMAT, "%s: the header says %s: sizes overflow",
                           name, shape_text(shape, layout, 0));
    }
    out->n_bytes = (uint64_t)out->n_values * layout->element->n_bytes;
    return MERIT_OK;
}
