/* --config FILE: options as a JSON object with their long names as keys. */
#ifndef MERIT_CLI_CONFIG_H
#define MERIT_CLI_CONFIG_H

#include "cli_options.h"

#include <jansson.h>

/* Hands every member of the file to options->set. Values are text, numbers, or true
 * and false for flags. EINVAL: not JSON, an unknown or repeated key, a value of
 * another type. Values given to set live as long as *out; free with json_decref. */
merit_status merit__config_read(json_t **out, const char *path,
                                const merit__options *options, void *settings,
                                merit_error *err);

#endif
