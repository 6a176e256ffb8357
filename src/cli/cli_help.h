/* `merit COMMAND --help`. */
#ifndef MERIT_CLI_HELP_H
#define MERIT_CLI_HELP_H

#include "cli_options.h"

/* Prints what a command does and every option of its table, in the order of the
 * table, with a blank line between groups. */
void merit__help_print(const merit__options *options);

#endif
