#include "cli_json.h"

#include "cli_message.h"

#include <math.h>
#include <stdio.h>

json_t *merit__json_number(double value)
{
    return isfinite(value) ? json_real(value + 0.0) : json_null();
}

json_t *merit__json_text(const char *text)
{
    char shown[4096];
    return json_string(merit__visible(shown, sizeof shown, text));
}

json_t *merit__json_numbers(const double *values, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        if (json_array_append_new(list, merit__json_number(values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

merit_status merit__json_print(json_t *record, merit_error *err)
{
    if (record == NULL) {
        return merit__refuse(err, MERIT_ENOMEM, "not enough memory for the record");
    }
    // What standard output refuses is noticed once, at the end of main; the line is
    // ended in any case, so that there is something left to be refused, with a reason.
    int failed = json_dumpf(record, stdout, 0) != 0 && !ferror(stdout);
    putchar('\n');
    json_decref(record);
    return failed ? merit__refuse(err, MERIT_ENOMEM,
                                  "not enough memory for the record")
                  : MERIT_OK;
}
