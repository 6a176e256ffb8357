#include "scores/scores_grouping.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_names.h"
#include "scores/scores_table.h"

#include <string.h>

static void dispose_list(merit__named_list *list)
{
    for (int64_t i = 0; i < list->n; i++) {
        merit__free(list->items[i].name);
    }
    merit__free(list->items);
}

void merit__grouping_dispose(merit__grouping *file)
{
    merit__text_close(&file->text);
    dispose_list(&file->groups);
    dispose_list(&file->classes);
    dispose_list(&file->ordered);
}

static merit_status add_name(merit__grouping *file, merit__named_list *list,
                             merit__field field, merit_error *err)
{
    char shown[40];
    char *name = merit__copy_string(field.bytes, field.n);
    if (name == NULL || merit__grow_array((void **)&list->items, &list->capacity,
                                          (size_t)list->n + 1, sizeof *list->items)) {
        merit__free(name);
        return merit__fail_memory(err, field.n + 1, "a name");
    }
    list->items[list->n++] = (merit__named){
        .name = name, .line = file->text.record_line, .group = file->groups.n - 1};
    const char *problem = merit__name_problem(name);
    if (problem != NULL) {
        return merit__fail(err, MERIT_EFORMAT, "%s:%lld: the name \"%s\" %s",
                           file->text.origin, (long long)file->text.record_line,
                           merit__printable(shown, sizeof shown, name), problem);
    }
    return merit__scores_check_size(list->n, list->n, file->text.origin, err);
}

// The text before the colon, without blanks around it; goes behind the colon.
static merit_status read_heading(merit__grouping *file, merit__field *heading,
                                 merit_error *err)
{
    merit__text *text = &file->text;
    const char *at = text->at;
    while (at < text->end && *at != ':' && *at != '\n') {
        at++;
    }
    if (at == text->end || *at != ':') {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: expected \"group: class class ...\", found no colon",
            text->origin, (long long)text->line);
    }
    *heading = (merit__field){.bytes = text->at, .n = (size_t)(at - text->at)};
    while (heading->n > 0 && strchr(" \t", heading->bytes[0]) != NULL) {
        heading->bytes++;
        heading->n--;
    }
    while (heading->n > 0 && strchr(" \t", heading->bytes[heading->n - 1]) != NULL) {
        heading->n--;
    }
    text->at = at + 1;
    return MERIT_OK;
}

static merit_status read_scores(merit__grouping *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    double *values[] = {&file->right, &file->same, &file->other};
    merit__field field = {0};
    int64_t line = file->text.line;
    const char *hint = "";
    int n_good = 0;
    int n_fields = 0;
    int found = 0;
    if (file->scores_line != 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: a second line of scores, the first is line %lld",
                           file->text.origin, (long long)line,
                           (long long)file->scores_line);
    }
    file->scores_line = line;
    MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    for (; found; n_fields++) {
        if (n_fields < 3 &&
            merit__text_number(&file->text, field, values[n_fields]) == 0) {
            n_good += merit__scores_allow(*values[n_fields]);
        } else {
            hint = merit__text_number_hint(&file->text, field);
        }
        MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    }
    if (n_good != 3 || n_fields != 3) {
        status = merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: expected \"scores: right same other\" with three "
            "numbers of size up to %g%s",
            file->text.origin, (long long)line, MERIT__SCORES_MAX_SCORE, hint);
    }

fail:
    return status;
}

// The rest of a line, which names classes.
static merit_status read_classes(merit__grouping *file, merit__named_list *classes,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    int found = 0;
    MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    if (field.n == 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: expected names of classes after the colon",
                           file->text.origin, (long long)file->text.record_line);
    }
    while (found) {
        MERIT_TRY(add_name(file, classes, field, err));
        MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    }

fail:
    return status;
}

static merit_status read_order(merit__grouping *file, merit_error *err)
{
    int64_t line = file->text.line;
    if (file->ordered_line != 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: a second line of classes, the first is line %lld",
                           file->text.origin, (long long)line,
                           (long long)file->ordered_line);
    }
    file->ordered_line = line;
    return read_classes(file, &file->ordered, err);
}

static merit_status read_group(merit__grouping *file, merit__field heading,
                               merit_error *err)
{
    merit_status status = add_name(file, &file->groups, heading, err);
    return status != MERIT_OK ? status : read_classes(file, &file->classes, err);
}

static int is_word(merit__field field, const char *word)
{
    return field.n == strlen(word) && memcmp(field.bytes, word, field.n) == 0;
}

merit_status merit__grouping_read(merit__grouping *file, const char *bytes,
                                  size_t n_bytes, const char *origin,
                                  const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field heading = {0};
    int found = 0;
    *file = (merit__grouping){.right = 2.0, .same = 1.0, .other = -1.0};
    MERIT_TRY(merit__text_open(&file->text, bytes, n_bytes, origin, err));
    file->text.has_decimal_comma = options->decimal_comma != 0;
    MERIT_TRY(merit__text_next_record(&file->text, &found, err));
    while (found) {
        MERIT_TRY(read_heading(file, &heading, err));
        if (is_word(heading, "scores")) {
            MERIT_TRY(read_scores(file, err));
        } else if (is_word(heading, "classes")) {
            MERIT_TRY(read_order(file, err));
        } else {
            MERIT_TRY(read_group(file, heading, err));
        }
        MERIT_TRY(merit__text_next_record(&file->text, &found, err));
    }
    if (file->classes.n < 2) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s: expected at least 2 classes, found "
                             "%lld",
                             file->text.origin, (long long)file->classes.n);
    }

fail:
    return status;
}
