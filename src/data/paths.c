#include "data/paths.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

merit_status merit__paths_add(merit__paths *paths, const char *name, size_t n_bytes,
                              merit_error *err)
{
    if (merit__grow_array((void **)&paths->names, &paths->names_room,
                          paths->n_bytes + n_bytes + 1, 1) != 0 ||
        merit__grow_array((void **)&paths->at, &paths->at_room, paths->n + 1,
                          sizeof *paths->at) != 0) {
        return merit__fail_memory(err, paths->n_bytes + n_bytes + 1, "names of files");
    }
    memcpy(paths->names + paths->n_bytes, name, n_bytes);
    paths->names[paths->n_bytes + n_bytes] = '\0';
    paths->at[paths->n++] = paths->n_bytes;
    paths->n_bytes += n_bytes + 1;
    return MERIT_OK;
}

const char *merit__paths_get(const merit__paths *paths, size_t i)
{
    return paths->names + paths->at[i];
}

static int compare(const void *a, const void *b, void *context)
{
    const char *names = context;
    return strcmp(names + *(const size_t *)a, names + *(const size_t *)b);
}

void merit__paths_sort(merit__paths *paths)
{
    if (paths->n > 1) {
        qsort_r(paths->at, paths->n, sizeof *paths->at, compare, paths->names);
    }
}

int merit__compare_stretch(const char *name, size_t n_bytes, const char *other)
{
    int order = strncmp(name, other, n_bytes);
    return order != 0 ? order : other[n_bytes] == '\0' ? 0 : -1;
}

int64_t merit__paths_find(const merit__paths *paths, const char *name, size_t n_bytes)
{
    size_t low = 0, high = paths->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order =
            merit__compare_stretch(name, n_bytes, merit__paths_get(paths, middle));
        if (order == 0) {
            return (int64_t)middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

void merit__paths_unique(merit__paths *paths)
{
    size_t n = 0;
    for (size_t i = 0; i < paths->n; i++) {
        if (i == 0 ||
            strcmp(merit__paths_get(paths, n - 1), merit__paths_get(paths, i)) != 0) {
            paths->at[n++] = paths->at[i];
        }
    }
    paths->n = n;
}

void merit__list_name(char *out, size_t out_bytes, const char *name)
{
    char shown[64];
    size_t n = strlen(out), n_etc = strlen(", ...");
    merit__printable(shown, sizeof shown, name);
    if (n > n_etc && strcmp(out + n - n_etc, ", ...") == 0) {
        return;
    }
    int fits = n + strlen(shown) + 2 + n_etc < out_bytes;
    snprintf(out + n, out_bytes - n, "%s%s", n > 0 ? ", " : "", fits ? shown : "...");
}

void merit__paths_dispose(merit__paths *paths)
{
    merit__free(paths->names);
    merit__free(paths->at);
    *paths = (merit__paths){.names = NULL};
}
