#include "model/json_parse.h"

#include "base/alloc.h"
#include "base/fail.h"

// Looks for the bracket that is one too many, without recursion and before the parser,
// which recurs. Returns its position; n when there is none.
static size_t find_excess(const char *text, size_t n, const merit__json_limits *limits)
{
    size_t depth = 0;
    size_t n_opened = 0;
    int in_string = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\') {
                i++; // whatever is escaped does not end the string
            } else if (c == '"') {
                in_string = 0;
            }
        } else if (c == '"') {
            in_string = 1;
        } else if (c == '{' || c == '[') {
            depth++;
            n_opened++;
            if (depth > limits->max_depth || n_opened > limits->max_opened) {
                return i;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return n;
}

// Jansson asserts when the buffer in which it collects a token cannot grow. Twice the
// text, the half from which it grew and a copy are the most that a token takes.
static merit_status reserve(size_t n, merit_error *err)
{
    void *memory = merit__alloc_array(n, 4);
    if (memory == NULL) {
        return merit__fail_memory(err, n, "JSON text");
    }
    merit__free(memory);
    return MERIT_OK;
}

merit_status merit__json_parse(json_t **out, const char *text, size_t n,
                               const merit__json_limits *limits, merit_error *err)
{
    merit_status status = MERIT_OK;
    json_error_t why = {.text = ""}; // stays so when there is no memory
    *out = NULL;
    size_t excess = find_excess(text, n, limits);
    if (excess < n) {
        return merit__fail(err, MERIT_EFORMAT,
                           "byte %zu: more than %zu levels or %zu objects and arrays",
                           excess, limits->max_depth, limits->max_opened);
    }
    MERIT_TRY(reserve(n, err));
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL &&
        (why.text[0] == '\0' || json_error_code(&why) == json_error_out_of_memory)) {
        return merit__fail_memory(err, n, "JSON text");
    }
    if (json == NULL) {
        return merit__fail(err, MERIT_EFORMAT, "byte %d: not JSON: %s", why.position,
                           why.text);
    }
    if (json_typeof(json) != limits->type) {
        json_decref(json);
        return merit__fail(err, MERIT_EFORMAT, "byte 0: expected an %s",
                           limits->type == JSON_ARRAY ? "array" : "object");
    }
    *out = json;

fail:
    return status;
}
