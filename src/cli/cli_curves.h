/* What `merit curves` prints. */
#ifndef MERIT_CLI_CURVES_H
#define MERIT_CLI_CURVES_H

#include "merit/report.h"

/* A row for each run, epochs that fit the width (the first and the last always), and a
 * sentence for each run that has something to say. */
void merit__curves_print(const merit_runs *curves, int width);

/* The same facts, and more of them, as one JSON record. */
merit_status merit__curves_record(const merit_runs *curves, merit_error *err);

#endif
