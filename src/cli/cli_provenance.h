/* Where a model comes from: the options and the data it was trained with. */
#ifndef MERIT_CLI_PROVENANCE_H
#define MERIT_CLI_PROVENANCE_H

#include "merit/model.h"

#include <jansson.h>

/* The provenance of the model as JSON; null when it is not JSON. */
json_t *merit__provenance_record(const merit_model *model);

/* Prints the options of the training, but not the table, as `  <name>  key value, ...`
 * within `width` columns. */
void merit__provenance_print(const merit_model *model, const char *name, int width);

#endif
