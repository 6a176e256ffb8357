/* How an explanation is shown. */
#ifndef MERIT_CLI_EXPLAIN_H
#define MERIT_CLI_EXPLAIN_H

#include "merit/explain.h"

/* On standard output, in lines of `width` columns. */
void merit__explain_print(const merit_explanation *explanation, const merit_run *run,
                          int width);

/* One line of JSON on standard output. */
merit_status merit__explain_record(const merit_explanation *explanation,
                                   const merit_run *run, merit_error *err);

#endif
