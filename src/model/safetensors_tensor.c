#include "model/safetensors_file.h"

#include <math.h>
#include <string.h>

static size_t dtype_bytes(const char *dtype)
{
    static const struct {
        char name[8];
        size_t n_bytes;
    } dtypes[] = {{"F32", 4}, {"F64", 8}, {"I64", 8}, {"U8", 1}};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (strcmp(dtype, dtypes[i].name) == 0) {
            return dtypes[i].n_bytes;
        }
    }
    return 0;
}

int merit__tensor_bytes(size_t *n_bytes, const merit__tensor_view *tensor)
{
    size_t product = dtype_bytes(tensor->dtype);
    if (product == 0 || tensor->n_dims < 0 || tensor->n_dims > MERIT__DIMS_LIMIT) {
        return -1;
    }
    for (int64_t i = 0; i < tensor->n_dims; i++) {
        int64_t dim = tensor->dims[i];
        if (dim < 1 || dim > INT32_MAX ||
            __builtin_mul_overflow(product, (size_t)dim, &product)) {
            return -1;
        }
    }
    *n_bytes = product;
    return 0;
}

int64_t merit__tensor_nonfinite(const merit__tensor_view *tensor)
{
    if (strcmp(tensor->dtype, "F32") == 0) {
        const float *values = tensor->data;
        for (size_t i = 0; i < tensor->n_bytes / sizeof *values; i++) {
            if (!isfinite(values[i])) {
                return (int64_t)i;
            }
        }
    } else if (strcmp(tensor->dtype, "F64") == 0) {
        const double *values = tensor->data;
        for (size_t i = 0; i < tensor->n_bytes / sizeof *values; i++) {
            if (!isfinite(values[i])) {
                return (int64_t)i;
            }
        }
    }
    return -1;
}
