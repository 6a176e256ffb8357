/* What a run tells of itself: log.jsonl. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "model/json_parse.h"
#include "runs/run_record.h"

/* The finite number of a member; otherwise what was known before. */
static double number_or(const json_t *event, const char *key, double before)
{
    const json_t *member = json_object_get(event, key);
    double value = json_is_number(member) ? json_number_value(member) : NAN;
    return isfinite(value) ? value : before;
}

merit_status merit__run_read_log(merit__run_record *run, merit_error *err)
{
    static const merit__json_limits limits = {.max_depth = 8, .max_opened = 64};
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = merit__run_read_file(&text, &n_bytes, run, "log.jsonl", err);
    const char *end = text + n_bytes;
    for (const char *line = text; status == MERIT_OK && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        json_t *event = NULL;
        status = merit__json_parse(&event, line, (size_t)(stop - line), &limits, err);
        status = status == MERIT_EFORMAT ? MERIT_OK : status;
        run->seconds = number_or(event, "seconds", run->seconds);
        run->best_constant = number_or(event, "best_constant", run->best_constant);
        json_decref(event);
        line = stop + (stop < end);
    }
    merit__free(text);
    return status == MERIT_ENOMEM ? status : MERIT_OK;
}
