/* Shows on standard error how training goes: a line that is written over on a
 * terminal, a line per epoch elsewhere. */
#ifndef MERIT_CLI_PROGRESS_H
#define MERIT_CLI_PROGRESS_H

#include "cli_line.h"
#include "merit/train.h"

typedef struct merit__progress {
    const char *unit; // "images" or "examples"
    merit__line line;
    char candidate[128]; // the loss that the lines are about
} merit__progress;

/* Ready for merit__progress_report; `unit` is borrowed. */
void merit__progress_init(merit__progress *progress, const char *unit);

/* A merit_train_options.report; the payload is the merit__progress. */
void merit__progress_report(const merit_train_event *event, void *payload);

enum { MERIT__BAR_BYTES = 24 };

/* Draws a fraction from 0 to 1 as "[=====>    ]". Returns out. */
const char *merit__print_bar(char out[MERIT__BAR_BYTES], double fraction);

/* Writes a time as "41 s", "12 min" or "3 h 20 min". */
void merit__print_seconds(char *out, size_t out_bytes, double seconds);

#endif
