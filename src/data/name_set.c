#include "data/name_set.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <string.h>

enum { SLOTS_MIN = 64 };

// FNV-1a.
static uint64_t hash(const char *name, size_t n_bytes)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n_bytes; i++) {
        value = (value ^ (unsigned char)name[i]) * UINT64_C(1099511628211);
    }
    return value;
}

// The slot that has the name, or the free one that it belongs into.
static size_t *slot_of(const merit__name_set *index, const char *name, size_t n_bytes)
{
    size_t at = (size_t)hash(name, n_bytes) & (index->n_slots - 1);
    while (index->slots[at] != 0) {
        const char *other = merit__paths_get(&index->names, index->slots[at] - 1);
        if (strncmp(other, name, n_bytes) == 0 && other[n_bytes] == '\0') {
            break;
        }
        at = (at + 1) & (index->n_slots - 1);
    }
    return &index->slots[at];
}

// Twice as many slots as before.
static merit_status grow(merit__name_set *index, merit_error *err)
{
    merit__name_set grown = *index;
    grown.n_slots = index->n_slots > 0 ? 2 * index->n_slots : SLOTS_MIN;
    grown.slots = merit__alloc_array(grown.n_slots, sizeof *grown.slots);
    if (grown.slots == NULL) {
        return merit__fail_memory(err, grown.n_slots * sizeof *grown.slots, "names");
    }
    for (size_t i = 0; i < index->names.n; i++) {
        const char *name = merit__paths_get(&index->names, i);
        *slot_of(&grown, name, strlen(name)) = i + 1;
    }
    merit__free(index->slots);
    *index = grown;
    return MERIT_OK;
}

merit_status merit__name_set_add(merit__name_set *index, const char *name,
                                 size_t n_bytes, size_t *place, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (2 * (index->names.n + 1) > index->n_slots) {
        MERIT_TRY(grow(index, err));
    }
    size_t *slot = slot_of(index, name, n_bytes);
    if (*slot == 0) {
        MERIT_TRY(merit__paths_add(&index->names, name, n_bytes, err));
        *slot = index->names.n;
    }
    *place = *slot - 1;
fail:
    return status;
}

int64_t merit__name_set_find(const merit__name_set *index, const char *name,
                             size_t n_bytes)
{
    return index->n_slots == 0 ? -1 : (int64_t)*slot_of(index, name, n_bytes) - 1;
}

void merit__name_set_dispose(merit__name_set *index)
{
    merit__paths_dispose(&index->names);
    merit__free(index->slots);
    *index = (merit__name_set){.slots = NULL};
}
