/* What a run tells of itself: log.jsonl. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "model/json_parse.h"
#include "runs/run_record.h"

static const json_int_t most_examples = 1000000000000; // more than anyone has

/* The finite number of a member; otherwise what was known before. */
static double number_or(const json_t *event, const char *key, double before)
{
    const json_t *member = json_object_get(event, key);
    double value = json_is_number(member) ? json_number_value(member) : NAN;
    return isfinite(value) ? value : before;
}

/* How many held-out examples each truth has, where the event says so. */
static merit_status take_truths(merit__run_record *run, const json_t *event,
                                merit_error *err)
{
    const json_t *counts = json_object_get(event, "truths");
    size_t n = run->table == NULL ? 0 : (size_t)merit_scores_n_truths(run->table);
    if (!json_is_array(counts) || json_array_size(counts) != n || n == 0) {
        return MERIT_OK;
    }
    merit__free(run->truths);
    run->truths = merit__alloc_array(n, sizeof *run->truths);
    if (run->truths == NULL) {
        return merit__fail_memory(err, n * sizeof *run->truths, "a log");
    }
    for (size_t i = 0; i < n; i++) {
        json_int_t count = json_integer_value(json_array_get(counts, i));
        run->truths[i] = count > 0 && count < most_examples ? count : 0;
    }
    return MERIT_OK;
}

static merit_status take_event(merit__run_record *run, const json_t *event,
                               merit_error *err)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    const char *candidate = json_string_value(json_object_get(event, "candidate"));
    run->seconds = number_or(event, "seconds", run->seconds);
    run->best_constant = number_or(event, "best_constant", run->best_constant);
    if (kind == NULL) {
        return MERIT_OK;
    }
    run->n_retries += strcmp(kind, "retry") == 0;
    run->is_finished = run->is_finished || strcmp(kind, "end") == 0;
    // A run that is continued begins anew.
    run->has_diverged = strcmp(kind, "start") != 0 &&
                        (run->has_diverged || strcmp(kind, "diverged") == 0);
    if (strcmp(kind, "given up") == 0 && candidate != NULL) {
        merit__free(run->given_up);
        run->given_up = merit__copy_string(candidate, strlen(candidate));
        if (run->given_up == NULL) {
            return merit__fail_memory(err, strlen(candidate), "a log");
        }
    }
    return take_truths(run, event, err);
}

merit_status merit__run_read_log(merit__run_record *run, merit_error *err)
{
    static const merit__json_limits limits = {.max_depth = 8, .max_opened = 64};
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = merit__run_read_file(&text, &n_bytes, run, "log.jsonl", err);
    const char *end = text != NULL ? text + n_bytes : NULL;
    for (const char *line = text; status == MERIT_OK && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        json_t *event = NULL;
        status = merit__json_parse(&event, line, (size_t)(stop - line), &limits, err);
        if (status == MERIT_OK) {
            status = take_event(run, event, err);
        }
        status = status == MERIT_EFORMAT ? MERIT_OK : status;
        json_decref(event);
        line = stop + (stop < end);
    }
    merit__free(text);
    return status == MERIT_ENOMEM ? status : MERIT_OK;
}
