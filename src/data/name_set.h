/* Names in the order in which they came, each once, found in constant time. */
#ifndef MERIT_DATA_NAME_SET_H
#define MERIT_DATA_NAME_SET_H

#include "data/paths.h"

/* Zero is an empty index. */
typedef struct merit__name_set {
    merit__paths names;
    size_t *slots; // [n_slots] 1 + the place of a name; 0: free; n_slots a power of 2
    size_t n_slots;
} merit__name_set;

/* The place of name[0..n_bytes), which holds no 0, added at the end if it is new.
 * ENOMEM. */
merit_status merit__name_set_add(merit__name_set *index, const char *name,
                                 size_t n_bytes, size_t *place, merit_error *err);

/* Its place, or -1. */
int64_t merit__name_set_find(const merit__name_set *index, const char *name,
                             size_t n_bytes);

void merit__name_set_dispose(merit__name_set *index);

#endif
