#include "train/json_text.h"

#include <math.h>

#include "base/alloc.h"

char *merit__json_dump(const json_t *value, size_t flags)
{
    size_t n_bytes = value == NULL ? 0 : json_dumpb(value, NULL, 0, flags);
    if (n_bytes == 0) {
        return NULL;
    }
    char *text = merit__alloc_array(n_bytes + 1, 1);
    if (text != NULL) {
        json_dumpb(value, text, n_bytes, flags);
    }
    return text;
}

json_t *merit__json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
