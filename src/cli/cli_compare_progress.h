/* Shows on standard error how a comparison goes: a line that is written over on a
 * terminal, a line per run elsewhere. */
#ifndef MERIT_CLI_COMPARE_PROGRESS_H
#define MERIT_CLI_COMPARE_PROGRESS_H

#include "merit/compare.h"

typedef struct merit__compare_progress {
    int in_place; // lines may be written over
    int is_open;  // such a line stands, without its end
} merit__compare_progress;

/* A merit_compare_options.report; the payload is the merit__compare_progress. */
void merit__compare_progress_report(const merit_compare_event *event, void *payload);

/* Ends the open line, if there is one. */
void merit__compare_progress_end(merit__compare_progress *progress);

#endif
