/* Names of classes: which may be used, which are there, which are missing. */
#ifndef MERIT_SCORES_SCORES_NAMES_H
#define MERIT_SCORES_SCORES_NAMES_H

#include "merit/scores.h"

/* Why a name cannot be used, as the end of a sentence ("is empty"), or NULL. */
const char *merit__name_problem(const char *name);

typedef struct merit__name_entry {
    const char *name;
    int64_t position;
} merit__name_entry;

/* Finds names by binary search; borrows them. */
typedef struct merit__name_index {
    merit__name_entry *entries; // [n] sorted by name, then by position
    int64_t n;
} merit__name_index;

merit_status merit__name_index_init(merit__name_index *index, const char *const *names,
                                    int64_t n, merit_error *err);
void merit__name_index_dispose(merit__name_index *index);

/* The first position of a name, or -1. */
int64_t merit__name_index_find(const merit__name_index *index, const char *name);

/* Whether a name is there twice, and where. */
int merit__name_index_has_twins(const merit__name_index *index, int64_t *first,
                                int64_t *second);

/* Some names as part of a message: "a", "b" and 7 more. */
typedef struct merit__name_list {
    char text[96];
    size_t n_bytes;
    int64_t n_names; // all that were added, listed or not
    int64_t n_listed;
} merit__name_list;

void merit__name_list_add(merit__name_list *list, const char *name);
const char *merit__name_list_end(merit__name_list *list);

/* Adds every name of names[0..n) that is not in the index. */
void merit__name_list_add_missing(merit__name_list *list, const char *const *names,
                                  int64_t n, const merit__name_index *index);

/* For each of n classes of a table its label: its own position, or its place in
 * options->classes. EFORMAT, with `origin`, when the two are not the same set. */
merit_status merit__match_classes(int64_t *labels, const char *const *names, int64_t n,
                                  const char *origin,
                                  const merit_scores_options *options,
                                  merit_error *err);

#endif
