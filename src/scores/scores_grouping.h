/* What a groups file says, as it is read; scores_groups.c makes a table of it. */
#ifndef MERIT_SCORES_SCORES_GROUPING_H
#define MERIT_SCORES_SCORES_GROUPING_H

#include "merit/scores.h"
#include "scores/scores_text.h"

/* A class or a group: where it was named and, for a class, the number of its
 * group. */
typedef struct merit__named {
    char *name;
    int64_t line;
    int64_t group;
} merit__named;

typedef struct merit__named_list {
    merit__named *items;
    int64_t n;
    size_t capacity;
} merit__named_list;

/* What a groups file says. */
typedef struct merit__grouping {
    merit__text text;
    merit__named_list groups;
    merit__named_list classes; // in the order of the groups, or of the line of classes
    merit__named_list ordered; // what the line of classes says
    int64_t ordered_line;      // 0: there is none
    double right, same, other;
    int64_t scores_line; // 0: the default scores
} merit__grouping;

/* Reads the text. EFORMAT, ENOMEM (limits). Dispose of *file in any case. */
merit_status merit__grouping_read(merit__grouping *file, const char *bytes,
                                  size_t n_bytes, const char *origin,
                                  const merit_scores_options *options,
                                  merit_error *err);
void merit__grouping_dispose(merit__grouping *file);

#endif
