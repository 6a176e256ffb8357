/* Very many names in little memory. */
#ifndef MERIT_DATA_PATHS_H
#define MERIT_DATA_PATHS_H

#include "merit/error.h"

/* Zero is an empty list. */
typedef struct merit__paths {
    char *names; // one after the other, each with its 0
    size_t n_bytes, names_room;
    size_t *at; // [n] where each begins
    size_t n, at_room;
} merit__paths;

/* Appends a copy of name[0..n_bytes). ENOMEM. */
merit_status merit__paths_add(merit__paths *paths, const char *name, size_t n_bytes,
                              merit_error *err);

/* Name 0 <= i < n; good until the next one is added. */
const char *merit__paths_get(const merit__paths *paths, size_t i);

/* Puts them into the order of their bytes. */
void merit__paths_sort(merit__paths *paths);

/* The place of a name in a sorted list, or -1. */
int64_t merit__paths_find(const merit__paths *paths, const char *name, size_t n_bytes);

/* As strcmp, of name[0..n_bytes), which holds no 0. */
int merit__compare_stretch(const char *name, size_t n_bytes, const char *other);

/* Leaves out names that follow an equal one. */
void merit__paths_unique(merit__paths *paths);

/* Adds a name to a list for a message, "a, b, c"; "..." in place of those that do not
 * fit. */
void merit__list_name(char *out, size_t out_bytes, const char *name);

void merit__paths_dispose(merit__paths *paths);

#endif
