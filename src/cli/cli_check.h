/* What `merit check` prints. */
#ifndef MERIT_CLI_CHECK_H
#define MERIT_CLI_CHECK_H

#include "merit/audit.h"

/* What was checked. */
typedef struct merit__checked {
    const char *path;  // as given
    int costs;         // whether it was read as costs
    int64_t n_classes; // that were asked for; 0 for a table with its own
    const merit_scores *scores;
    const merit_audit_facts *facts;
} merit__checked;

/* The findings, the table of answers, how to train; within `width` columns. */
void merit__check_print(const merit__checked *checked, int width);

/* All facts as one JSON record. */
merit_status merit__check_record(const merit__checked *checked, merit_error *err);

/* Whether note `index` of the table is one that the audit does not find too. */
int merit__check_has_note(const merit_scores *scores, int64_t index);

#endif
