#include "train/class_weights.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>

#include "base/alloc.h"
#include "base/fail.h"

merit_status merit__class_weights_make(float **out, const double *given,
                                       int64_t n_classes, const merit_dataset *data,
                                       merit_error *err)
{
    const int32_t *labels = merit_dataset_labels(data);
    const int64_t n = merit_dataset_n(data);
    double sum = 0;
    *out = NULL;
    if (given == NULL) {
        return MERIT_OK;
    }
    for (int64_t k = 0; k < n_classes; k++) {
        if (!(given[k] >= 0) || !isfinite(given[k])) {
            return merit__fail(err, MERIT_EINVAL,
                               "the weight of class %" PRId64
                               " is %g, expected a finite number of 0 or more",
                               k, given[k]);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        sum += given[labels[i]];
    }
    if (!(sum > 0) || !isfinite(sum)) {
        return merit__fail(err, MERIT_EINVAL,
                           "the weights of the classes of all examples add up to %g, "
                           "expected a finite number above 0",
                           sum);
    }
    float *weights = merit__alloc_array((size_t)n_classes, sizeof *weights);
    if (weights == NULL) {
        return merit__fail_memory(err, (size_t)n_classes * sizeof *weights, "weights");
    }
    for (int64_t k = 0; k < n_classes; k++) {
        weights[k] = (float)fmin(given[k] * ((double)n / sum), (double)FLT_MAX);
    }
    *out = weights;
    return MERIT_OK;
}

void merit__class_weights_hash(char hex[65], const double *given, int64_t n_classes)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    hex[0] = 0;
    if (given != NULL) {
        crypto_hash_sha256(hash, (const unsigned char *)given,
                           (size_t)n_classes * sizeof *given);
        sodium_bin2hex(hex, 65, hash, sizeof hash);
    }
}
