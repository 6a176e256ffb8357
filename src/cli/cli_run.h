/* RUN on the command line: the directory of a training, or a model file. */
#ifndef MERIT_CLI_RUN_H
#define MERIT_CLI_RUN_H

#include "merit/model.h"

/* Loads the model; EMODEL says of a directory without one whether its training has
 * only begun. The caller frees *out. */
merit_status merit__run_load(merit_model **out, const char *run, merit_error *err);

/* EINVAL when the file that is to be written is the run's model, or another file of
 * the run. */
merit_status merit__not_of_run(const char *output, const char *run, merit_error *err);

/* Whether a run, or a comparison, can be there: EIO when its directory is not there and
 * cannot be made, EINVAL when it would lie in the folder `data`, where the next command
 * would take it for a class. To be asked before the data are read, which may take
 * minutes. NULL for either is allowed. */
merit_status merit__run_check_place(const char *run, const char *data,
                                    merit_error *err);

#endif
