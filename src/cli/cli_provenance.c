#include "cli_provenance.h"

#include "cli_message.h"
#include "cli_terminal.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 2048, INDENT = 15 };

json_t *merit__provenance_record(const merit_model *model)
{
    const char *text = merit_model_metadata(model, "provenance");
    json_t *record = text == NULL ? NULL : json_loads(text, 0, NULL);
    return record == NULL ? json_null() : record;
}

// What `merit info` says elsewhere, or what is too long for a line.
static int is_skipped(const char *key)
{
    static const char *const skipped[] = {"scores", "net", "loss"};
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        if (strcmp(key, skipped[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

// "value" of a member, for a reader; 0 when it is nothing to read.
static int print_value(char *out, size_t out_bytes, const json_t *value)
{
    if (json_is_string(value) && json_string_length(value) > 0) {
        merit__visible(out, out_bytes, json_string_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(out, out_bytes, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_number(value)) {
        snprintf(out, out_bytes, "%.9g", json_number_value(value));
    } else {
        return 0;
    }
    return 1;
}

void merit__provenance_print(const merit_model *model, const char *name, int width)
{
    char text[TEXT_BYTES] = "";
    char value[128];
    size_t n = 0;
    json_t *record = merit__provenance_record(model);
    json_t *config = json_object_get(record, "config");
    for (void *at = json_object_iter(config); at != NULL && n < sizeof text - 1;
         at = json_object_iter_next(config, at)) {
        const char *key = json_object_iter_key(at);
        if (!is_skipped(key) &&
            print_value(value, sizeof value, json_object_iter_value(at))) {
            int n_more = snprintf(text + n, sizeof text - n, "%s%s %s",
                                  n == 0 ? "" : ", ", key, value);
            n += n_more > 0 ? (size_t)n_more : 0;
        }
    }
    if (text[0] != '\0') {
        int column = printf("  %s", name);
        merit__print_column(stdout, text, INDENT, width, column);
    }
    json_decref(record);
}
