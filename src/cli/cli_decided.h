/* What `merit decide` says when all rows are decided. */
#ifndef MERIT_CLI_DECIDED_H
#define MERIT_CLI_DECIDED_H

#include "cli_deciding.h"
#include "cli_fit.h"

#include <stdio.h>

/* In words. */
merit_status merit__decided_print(FILE *stream, const merit__deciding *deciding,
                                  const merit__fit *fit, merit_error *err);

/* As a JSON record on standard output. */
merit_status merit__decided_record(const merit__deciding *deciding,
                                   const merit__fit *fit, merit_error *err);

#endif
