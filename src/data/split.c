#include "base/alloc.h"
#include "base/fail.h"
#include "base/random.h"
#include "data/dataset.h"

#include <math.h>

// How many of n >= 2 examples to cut off: the nearest number, at least 1 on each side.
static int64_t share_of(int64_t n, double fraction)
{
    int64_t share = (int64_t)llround(fraction * (double)n);
    return share < 1 ? 1 : share > n - 1 ? n - 1 : share;
}

// Puts into out[0..n) the examples, in order, whose mark is `wanted`.
static void gather(int64_t *out, const unsigned char *marks, int64_t n,
                   unsigned char wanted)
{
    for (int64_t i = 0; i < n; i++) {
        if (marks[i] == wanted) {
            *out++ = i;
        }
    }
}

// Marks the n_marked examples that come first in a random order.
static void mark_random(unsigned char *marks, int64_t *order, int64_t n,
                        int64_t n_marked, uint64_t seed)
{
    merit__permutation(order, n, seed, MERIT__USE_SPLIT, 0);
    for (int64_t i = 0; i < n_marked; i++) {
        marks[order[i]] = 1;
    }
}

merit_status merit_dataset_split(merit_dataset **train, merit_dataset **validation,
                                 const merit_dataset *data, double fraction,
                                 uint64_t seed, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[128];
    unsigned char *marks = NULL;
    int64_t *order = NULL;
    if (train == NULL || validation == NULL || data == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "a split needs a data set and two places");
    }
    *train = NULL;
    *validation = NULL;
    if (!(fraction > 0 && fraction < 1)) {
        return merit__fail(err, MERIT_EINVAL,
                           "the share for validation is %g, expected more than 0 and "
                           "less than 1",
                           fraction);
    }
    if (data->n < 2) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: 1 example cannot be split for validation",
                           merit__printable_path(shown, sizeof shown, data->path));
    }
    marks = merit__alloc_array((size_t)data->n, sizeof *marks);
    order = merit__alloc_array((size_t)data->n, sizeof *order);
    if (marks == NULL || order == NULL) {
        status = merit__fail_memory(err, (size_t)data->n * sizeof *order, "a split");
        goto fail;
    }
    if (data->windows != NULL) {
        MERIT_TRY(merit__dataset_split_sequences(train, validation, data, fraction,
                                                 seed, err));
        goto fail;
    }
    int64_t n_validation = share_of(data->n, fraction);
    mark_random(marks, order, data->n, n_validation, seed);
    gather(order, marks, data->n, 1);
    MERIT_TRY(merit_dataset_subset(validation, data, order, n_validation, err));
    gather(order, marks, data->n, 0);
    MERIT_TRY(merit_dataset_subset(train, data, order, data->n - n_validation, err));

fail:
    if (status != MERIT_OK) {
        merit_dataset_free(*validation);
        *validation = NULL;
    }
    merit__free(marks);
    merit__free(order);
    return status;
}
