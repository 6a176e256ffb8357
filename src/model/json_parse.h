/* JSON text that nobody vouches for. */
#ifndef MERIT_MODEL_JSON_PARSE_H
#define MERIT_MODEL_JSON_PARSE_H

#include "merit/error.h"

#include <jansson.h>

/* What a text may have; bounds the parser's stack and memory. */
typedef struct merit__json_limits {
    json_type type;    // of the whole: JSON_OBJECT, which is 0, or JSON_ARRAY
    size_t max_depth;  // objects and arrays inside each other
    size_t max_opened; // objects and arrays together
} merit__json_limits;

/* Parses text[0..n), an object or an array; the members of objects have different keys.
 * EFORMAT says where ("byte 15: ...") and why not. In linear time. The caller ends with
 * json_decref; *out is NULL on failure. */
merit_status merit__json_parse(json_t **out, const char *text, size_t n,
                               const merit__json_limits *limits, merit_error *err);

#endif
