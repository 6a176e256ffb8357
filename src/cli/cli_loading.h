/* Loads data and shows on standard error how that goes: on a terminal a line that is
 * written over, and gone in the end. */
#ifndef MERIT_CLI_LOADING_H
#define MERIT_CLI_LOADING_H

#include "merit/data.h"

/* merit_dataset_load that names all that is refused and, unless `quiet`, what is left
 * out. */
merit_status merit__data_load(merit_dataset **out, const char *path,
                              const merit_dataset_options *options, int quiet,
                              merit_error *err);

#endif
