/* What `merit loss` says of the losses that there are. */
#ifndef MERIT_CLI_LOSS_DESCRIPTIONS_H
#define MERIT_CLI_LOSS_DESCRIPTIONS_H

#include "merit/error.h"

/* Describes all losses, with their formulas and parameters: text, or a JSON record. */
merit_status merit__losses_describe(int json, merit_error *err);

#endif
