#include "data/table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/utf8.h"
#include "data/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 80 };
static const size_t line_bytes_default = (size_t)16 << 20;
static const int64_t memory_bytes_default = INT64_C(4) << 30;

merit__lines merit__table_lines(merit__stream *stream, const merit__table_wish *wish)
{
    int64_t limit = wish->options->max_line_bytes;
    return (merit__lines){.stream = stream,
                          .limit_bytes = limit > 0 ? (size_t)limit : line_bytes_default,
                          .hint = "--max-line raises the limit"};
}

void merit__table_dispose(merit__table *table)
{
    merit__free(table->values);
    merit__free(table->label);
    merit__name_set_dispose(&table->labels);
    merit__facts_free(table->facts);
    *table = (merit__table){.values = NULL};
}

merit_status merit__table_add_label(merit__table *table, const char *label, size_t n,
                                    const char *name, int64_t line, merit_error *err)
{
    merit_status status = MERIT_OK;
    char part[SHOWN_BYTES], shown[2 * SHOWN_BYTES];
    merit__paths field = {.n = 0};
    size_t place = 0;
    void *labels = table->label;
    if (merit__grow_array(&labels, &table->label_room, (size_t)table->n_rows + 1,
                          sizeof *table->label) != 0) {
        return merit__fail_memory(err, (size_t)(table->n_rows + 1) * sizeof(int32_t),
                                  name);
    }
    table->label = labels;
    MERIT_TRY(merit__add_field(&field, label, n, err));
    const char *text = merit__paths_get(&field, 0);
    n = strlen(text);
    if (n == 0 || n > MERIT__LABEL_BYTES_MAX || !merit__is_utf8(text)) {
        snprintf(part, sizeof part, "%.60s", text);
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT, "%s:%" PRId64 ": the label \"%s\" %s",
                              name, line, merit__printable(shown, sizeof shown, part),
                              n == 0 ? "is empty"
                              : n > MERIT__LABEL_BYTES_MAX
                                  ? "is longer than 255 bytes"
                                  : "is not UTF-8; convert the file, such as with "
                                    "iconv -f latin1 -t utf8"));
    }
    MERIT_TRY(merit__name_set_add(&table->labels, text, n, &place, err));
    table->label[table->n_rows] = (int32_t)place;
    if (table->labels.names.n > MERIT__CLASSES_MAX) {
        MERIT_TRY(merit__fail(err, MERIT_ENOMEM,
                              "%s:%" PRId64 ": more than %d classes. Does the column "
                              "of labels hold numbers that are no classes?",
                              name, line, MERIT__CLASSES_MAX));
    }
fail:
    merit__paths_dispose(&field);
    return status;
}

merit_status merit__table_check_room(int64_t n_rows, int64_t n_features,
                                     const merit__table_wish *wish, merit_error *err)
{
    int64_t limit = wish->options->memory_bytes > 0 ? wish->options->memory_bytes
                                                    : memory_bytes_default;
    int64_t n_values = 0, n_bytes = 0;
    if (!__builtin_mul_overflow(n_rows, n_features, &n_values) &&
        !__builtin_mul_overflow(n_values, (int64_t)sizeof(float), &n_bytes) &&
        n_bytes <= limit) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_ENOMEM,
                       "%s: %" PRId64 " rows of %" PRId64 " features need %.3g MB, the "
                       "limit is %.3g MB; --memory raises it",
                       wish->name, n_rows, n_features,
                       (double)n_rows * (double)n_features * sizeof(float) / 1048576,
                       (double)limit / 1048576);
}

// A class and what it is sorted by.
typedef struct class_entry {
    const char *name;
    double value; // 0 unless all are numbers
    size_t place; // in the order in which they came
} class_entry;

static int compare(const void *a, const void *b)
{
    const class_entry *left = a, *right = b;
    return left->value != right->value ? (left->value > right->value ? 1 : -1)
                                       : strcmp(left->name, right->name);
}

static class_entry *sort_classes(const merit__paths *names)
{
    class_entry *entries = merit__alloc_array(names->n, sizeof *entries);
    int are_numbers = 1;
    for (size_t i = 0; entries != NULL && i < names->n; i++) {
        const char *name = merit__paths_get(names, i);
        entries[i] = (class_entry){.name = name, .place = i};
        are_numbers = are_numbers &&
                      merit__parse_double(name, strlen(name), &entries[i].value) == 0;
    }
    for (size_t i = 0; entries != NULL && !are_numbers && i < names->n; i++) {
        entries[i].value = 0;
    }
    if (entries != NULL && names->n > 1) {
        qsort(entries, names->n, sizeof *entries, compare);
    }
    return entries;
}

merit_status merit__table_order_classes(merit__table *table, merit__paths *classes,
                                        const char *name, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__paths *names = &table->labels.names;
    class_entry *entries = sort_classes(names);
    int32_t *to = merit__alloc_array(names->n, sizeof *to);
    if (entries == NULL || to == NULL) {
        status = merit__fail_memory(err, names->n * sizeof *entries, name);
        goto fail;
    }
    for (size_t i = 0; i < names->n; i++) {
        to[entries[i].place] = (int32_t)i;
        MERIT_TRY(
            merit__paths_add(classes, entries[i].name, strlen(entries[i].name), err));
    }
    for (int64_t i = 0; i < table->n_rows; i++) {
        table->label[i] = to[table->label[i]];
    }
fail:
    merit__free(entries);
    merit__free(to);
    return status;
}
