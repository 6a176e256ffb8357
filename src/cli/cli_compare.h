/* What `merit compare` prints. */
#ifndef MERIT_CLI_COMPARE_H
#define MERIT_CLI_COMPARE_H

#include "merit/compare.h"

/* The table and the sentence, for a window of some width. */
void merit__compare_print(const merit_comparison *comparison, int width);

/* The JSON record. */
merit_status merit__compare_record(const merit_comparison *comparison,
                                   merit_error *err);

#endif
