/* What `merit check` prints. */
#ifndef MERIT_CLI_CHECK_H
#define MERIT_CLI_CHECK_H

#include "merit/audit.h"

/* What was checked. */
typedef struct merit__checked {
    const char *path;  // as given
    int costs;         // whether it was read as costs
    int answer_nodes;  // whether the inner nodes of a tree are answers
    int64_t n_classes; // that were asked for; 0 for a table with its own
    const merit_scores *scores;
    const merit_audit_facts *facts;
} merit__checked;

/* The findings, the table of answers, how to train; within `width` columns. ENOMEM. */
merit_status merit__check_print(const merit__checked *checked, int width,
                                merit_error *err);

/* All facts as one JSON record. */
merit_status merit__check_record(const merit__checked *checked, merit_error *err);

/* A finding of the audit, or a note that reading the table left. */
typedef struct merit__check_finding {
    const char *id, *text; // borrowed
    merit_severity severity;
} merit__check_finding;

/* All of them, the gravest first, each once. *list [*n]; free it. */
merit_status merit__check_findings(merit__check_finding **list, int64_t *n,
                                   const merit__checked *checked, merit_error *err);

#endif
