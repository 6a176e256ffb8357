/* The tables that `merit eval` prints. */
#ifndef MERIT_CLI_TABLES_H
#define MERIT_CLI_TABLES_H

#include "merit/scores.h"

#include <stdio.h>

/* What was claimed for each answer and what it earned, worst differences first where
 * there are many answers. weight, claimed, realised: [A]. */
void merit__print_claims(FILE *stream, const merit_scores *scores, const double *weight,
                         const double *claimed, const double *realised);

/* The confusion table [K,A], in blocks of columns that fit the width. */
void merit__print_confusion(FILE *stream, const merit_scores *scores,
                            const double *confusion, int width);

#endif
