#include "data/record_names.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/paths.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const merit__named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->record > y->record) - (x->record < y->record);
}

merit_status merit__records_sort(merit__named **out, const merit__records *records,
                                 merit_error *err)
{
    *out = merit__alloc_array((size_t)records->n, sizeof **out);
    if (*out == NULL) {
        return merit__fail_memory(err, (size_t)records->n * sizeof **out, "names");
    }
    for (int64_t i = 0; i < records->n; i++) {
        (*out)[i] = (merit__named){merit__record_name(records, i), i};
    }
    qsort(*out, (size_t)records->n, sizeof **out, compare);
    return MERIT_OK;
}

int64_t merit__records_find(const merit__named *list, int64_t n, const char *name,
                            size_t n_bytes)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (merit__compare_stretch(name, n_bytes, list[middle].name) > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && merit__compare_stretch(name, n_bytes, list[low].name) == 0
               ? list[low].record
               : -1;
}

merit_status merit__records_check_names(const merit__records *records, const char *file,
                                        merit_error *err)
{
    char shown[80];
    int64_t second = -1, first = -1;
    merit__named *list = NULL;
    merit_status status = merit__records_sort(&list, records, err);
    if (status != MERIT_OK) {
        return status;
    }
    for (int64_t i = 1; i < records->n; i++) {
        if (strcmp(list[i].name, list[i - 1].name) == 0 &&
            (second < 0 || list[i].record < second)) {
            second = list[i].record;
            first = list[i - 1].record;
        }
    }
    merit__free(list);
    if (second < 0) {
        return MERIT_OK;
    }
    merit__printable(shown, sizeof shown, merit__record_name(records, second));
    return merit__fail(err, MERIT_EFORMAT,
                       "%s, line %" PRId64 ": the name %s is that of line %" PRId64
                       " already",
                       file, records->line[second], shown, records->line[first]);
}
