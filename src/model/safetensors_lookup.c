#include "model/safetensors_file.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *key, const void *element)
{
    const merit__tensor_view *const *view = element;
    return strcmp(key, (*view)->name);
}

const merit__tensor_view *merit__safetensors_tensor(const merit__safetensors *file,
                                                    const char *name)
{
    const merit__tensor_view *const *found = bsearch(
        name, file->by_name, file->n_tensors, sizeof file->by_name[0], compare_name);
    return found == NULL ? NULL : *found;
}

const char *merit__safetensors_metadata(const merit__safetensors *file, const char *key)
{
    const merit__metadata_entry wanted = {.key = key};
    const merit__metadata_entry *found =
        bsearch(&wanted, file->metadata, file->n_metadata, sizeof file->metadata[0],
                merit__metadata_compare);
    return found == NULL ? NULL : found->value;
}

merit_status merit__safetensors_expect(const merit__tensor_view **out,
                                       const merit__safetensors *file, const char *name,
                                       const char *dtype, int64_t n_values,
                                       merit_error *err)
{
    char shown[64];
    const merit__tensor_view *view = merit__safetensors_tensor(file, name);
    *out = NULL;
    merit__printable(shown, sizeof shown, name);
    if (view == NULL) {
        return merit__fail(err, MERIT_EMODEL, "%s: tensor \"%s\" is missing",
                           file->path, shown);
    }
    if (strcmp(view->dtype, dtype) != 0) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s: tensor \"%s\" is of type %s, expected %s", file->path,
                           shown, view->dtype, dtype);
    }
    // The product cannot overflow: the bytes of the tensor are in memory.
    int64_t n = 1;
    for (int64_t i = 0; i < view->n_dims; i++) {
        n *= view->dims[i];
    }
    if (n != n_values) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s: tensor \"%s\" has %jd values, expected %jd", file->path,
                           shown, (intmax_t)n, (intmax_t)n_values);
    }
    *out = view;
    return MERIT_OK;
}

void merit__safetensors_drop_tensors(merit__safetensors *file)
{
    merit__free(file->data);
    file->data = NULL;
    file->n_tensors = 0;
}
