#include "cli_config.h"

#include "cli_message.h"
#include "merit/data.h"
#include "merit/scores.h"

#include <string.h>

static const size_t limit_bytes = (size_t)1 << 20;

static const struct argp_option *find(const merit__options *options, const char *name)
{
    for (const struct argp_option *o = options->table; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0) {
            return o;
        }
    }
    return NULL;
}

// A number as the text it would be on the command line, with all its bits.
static json_t *number_text(const json_t *value)
{
    return json_is_integer(value)
               ? json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value))
               : json_sprintf("%.17g", json_real_value(value));
}

static merit_status apply(json_t *object, void *at, const char *path,
                          const merit__options *options, void *settings,
                          merit_error *err)
{
    const char *key = json_object_iter_key(at);
    json_t *value = json_object_iter_value(at);
    const struct argp_option *option = find(options, key);
    if (option == NULL) {
        merit_error cause;
        merit__options_unknown(options, key, "", &cause);
        return merit__refuse(err, MERIT_EINVAL, "%.80s: %s", path, cause.message);
    }
    int is_flag = option->arg == NULL;
    if (option->key == 'h' || strcmp(key, "config") == 0) {
        return merit__refuse(err, MERIT_EINVAL, "%.80s: \"%s\" has no place in a file",
                             path, key);
    }
    if (is_flag && json_is_false(value)) {
        return MERIT_OK;
    }
    if (json_is_number(value)) {
        json_t *text = number_text(value);
        if (text == NULL || json_object_iter_set_new(object, at, text) != 0) {
            return merit__refuse(err, MERIT_ENOMEM, "not enough memory for %.80s",
                                 path);
        }
        value = text;
    }
    if (is_flag ? !json_is_true(value) : !json_is_string(value)) {
        return merit__refuse(err, MERIT_EINVAL, "%.80s: \"%s\": expected %s", path, key,
                             is_flag ? "true or false" : "text or a number");
    }
    return options->set(settings, option->key, json_string_value(value), err);
}

merit_status merit__config_read(json_t **out, const char *path,
                                const merit__options *options, void *settings,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    json_error_t failure;
    *out = NULL;
    MERIT_TRY(merit_text_read(&text, &n_bytes, path, limit_bytes, err));
    *out = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, &failure);
    if (!json_is_object(*out)) {
        status = *out == NULL
                     ? merit__refuse(err, MERIT_EINVAL, "%.80s, line %d: %s", path,
                                     failure.line, failure.text)
                     : merit__refuse(err, MERIT_EINVAL,
                                     "%.80s: expected a JSON object of options", path);
        goto fail;
    }
    for (void *at = json_object_iter(*out); at != NULL;
         at = json_object_iter_next(*out, at)) {
        MERIT_TRY(apply(*out, at, path, options, settings, err));
    }

fail:
    merit_text_free(text);
    return status;
}
