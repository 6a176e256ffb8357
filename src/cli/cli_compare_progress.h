/* Shows on standard error how a comparison goes: a line that is written over on a
 * terminal, a line per run elsewhere. */
#ifndef MERIT_CLI_COMPARE_PROGRESS_H
#define MERIT_CLI_COMPARE_PROGRESS_H

#include "cli_line.h"
#include "merit/compare.h"

/* A merit_compare_options.report; the payload is a merit__line, which the caller ends.
 */
void merit__compare_progress_report(const merit_compare_event *event, void *payload);

#endif
