/* JSON as text in merit's own memory. */
#ifndef MERIT_TRAIN_JSON_TEXT_H
#define MERIT_TRAIN_JSON_TEXT_H

#include <jansson.h>

/* The text of a JSON value (NULL allowed), with Jansson's flags; NULL without memory.
 * Free with merit__free. */
char *merit__json_dump(const json_t *value, size_t flags);

/* A number, or null where it is not finite: Jansson would refuse it. */
json_t *merit__json_real(double value);

#endif
