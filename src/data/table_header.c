#include "data/table_finding.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/utf8.h"
#include "data/lines.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *merit__finding_field(const merit__finding *f, size_t i)
{
    return merit__paths_get(&f->fields, i);
}

static int is_one_of(const char *text, const char *const *words, size_t n)
{
    size_t i = 0;
    while (i < n && strcmp(text, words[i]) != 0) {
        i++;
    }
    return i < n;
}

int merit__finding_is_id(const merit__finding *f, size_t i)
{
    static const char *const words[] = {"id", "ID", "Id"};
    const char *name = merit__finding_field(f, i);
    return is_one_of(name, words, 3) ||
           (i == 0 && (name[0] == '\0' || strcmp(name, "index") == 0));
}

int merit__finding_is_number(const merit__finding *f, size_t i)
{
    const char *text = merit__finding_field(f, i);
    return merit__is_number_or_missing(text, strlen(text),
                                       f->wish->options->decimal_comma);
}

int64_t merit__finding_find(const merit__finding *f, const char *name)
{
    for (size_t i = 0; name != NULL && i < f->fields.n; i++) {
        if (strcmp(merit__finding_field(f, i), name) == 0) {
            return (int64_t)i;
        }
    }
    return -1;
}

int64_t merit__finding_place(const merit__finding *f, const char *text)
{
    return text != NULL ? merit__column_place(text, (int64_t)f->fields.n) : -1;
}

static merit_status split(merit__finding *f, const char *text, size_t n)
{
    const char *end = text + n;
    const char *field = NULL;
    size_t n_field = 0;
    merit_status status = MERIT_OK;
    while (text != NULL) {
        merit__take_field(&text, end, f->out->separator, &field, &n_field);
        MERIT_TRY(merit__add_field(&f->fields, field, n_field, f->err));
    }
fail:
    return status;
}

// Whether a name that was asked for, or is known of the earlier table, is no place but
// the text of a field.
static int is_named(const merit__finding *f, const char *asked, const char *known)
{
    const char *name = asked != NULL ? asked : known;
    return merit__finding_place(f, name) < 0 && merit__finding_find(f, name) >= 0;
}

// A file of labels: it has a header where the last column is called like one.
static int labels_have_header(const merit__finding *f)
{
    static const char *const words[] = {"label", "labels", "class", "target",
                                        "truth", "y",      "id"};
    size_t n = f->fields.n;
    return is_one_of(merit__finding_field(f, n - 1), words,
                     sizeof words / sizeof words[0]) ||
           (n == 2 && merit__finding_is_id(f, 0)) ||
           merit__finding_find(f, "label") >= 0 ||
           is_named(f, f->wish->options->label_column, NULL);
}

// Whether all columns of the earlier table are named in the first record.
static merit_status names_all_columns(int *out, const merit__finding *f)
{
    const merit__facts *before = f->wish->before;
    merit__name_set set = {.n_slots = 0};
    merit_status status = MERIT_OK;
    size_t place = 0;
    *out = 0;
    if (before == NULL || before->columns.n == 0) {
        return MERIT_OK;
    }
    for (size_t i = 0; i < f->fields.n; i++) {
        const char *name = merit__finding_field(f, i);
        MERIT_TRY(merit__name_set_add(&set, name, strlen(name), &place, f->err));
    }
    *out = 1;
    for (size_t i = 0; i < before->columns.n && *out; i++) {
        const char *name = merit__paths_get(&before->columns, i);
        *out = merit__name_set_find(&set, name, strlen(name)) >= 0;
    }
fail:
    merit__name_set_dispose(&set);
    return status;
}

// Whether the fields that are neither label nor id are an axis: numbers in equal steps,
// such as wavelengths. No spectrum looks so.
static int is_axis(const merit__finding *f, int64_t label, int64_t id)
{
    enum { LEAST = 8 };
    double first = 0, last = 0, value = 0, step = 0;
    int64_t n = 0;
    int has_word = 0;
    for (size_t i = 0; i < f->fields.n; i++) {
        const char *text = merit__finding_field(f, i);
        if ((int64_t)i == label || (int64_t)i == id) {
            has_word = has_word || !merit__finding_is_number(f, i);
            continue;
        }
        if (merit__parse_decimal(text, strlen(text), f->wish->options->decimal_comma,
                                 &value) != 0) {
            return 0;
        }
        step = n == 1 ? value - last : step;
        if (n > 1 && !(fabs(value - last - step) <= 0.01 * fabs(step))) {
            return 0;
        }
        first = n == 0 ? value : first;
        last = value;
        n++;
    }
    return has_word && n >= LEAST && fabs(last - first) > 0;
}

// Whether the first record names the columns: it has a name that was asked for, or a
// field that is no number, where a label or an id is none either; or it is an axis.
static merit_status find_header(int *out, const merit__finding *f)
{
    const merit_dataset_options *options = f->wish->options;
    const merit__facts *before = f->wish->before;
    const char *label = before != NULL ? before->label : NULL;
    const char *id = before != NULL ? before->id : NULL;
    *out = options->header == MERIT_HEADER_YES;
    if (options->header != MERIT_HEADER_AUTO) {
        return MERIT_OK;
    }
    if (f->wish->only_labels) {
        *out = labels_have_header(f);
        return MERIT_OK;
    }
    merit_status status = names_all_columns(out, f);
    *out = *out || is_named(f, options->label_column, label) ||
           is_named(f, options->id_column, id);
    label = options->label_column != NULL ? options->label_column : label;
    id = options->id_column != NULL ? options->id_column : id;
    for (size_t i = f->fields.n > 1 ? 1 : 0; i < f->fields.n; i++) {
        *out = *out || ((int64_t)i != merit__finding_place(f, label) &&
                        (int64_t)i != merit__finding_place(f, id) &&
                        !merit__finding_is_number(f, i));
    }
    *out =
        *out || is_axis(f, merit__finding_place(f, label), merit__finding_place(f, id));
    return status;
}

// Indexes the names of a header; each may be there once.
static merit_status index_names(merit__finding *f)
{
    merit_status status = MERIT_OK;
    char shown[MERIT__SHOWN_BYTES];
    char place_name[32];
    f->first = merit__alloc_array(f->fields.n, sizeof *f->first);
    if (f->first == NULL) {
        return merit__fail_memory(f->err, f->fields.n * sizeof *f->first,
                                  f->wish->name);
    }
    for (size_t i = 0; i < f->fields.n; i++) {
        const char *name = merit__finding_field(f, i);
        size_t n_before = f->index.names.n, place = 0;
        if (!merit__is_utf8(name)) {
            MERIT_TRY(merit__fail(f->err, MERIT_EFORMAT,
                                  "%s:%" PRId64 ": the name of column %zu, \"%s\", is "
                                  "not UTF-8; convert the file, such as with iconv -f "
                                  "latin1 -t utf8",
                                  f->wish->name, f->line, i + 1,
                                  merit__printable(shown, sizeof shown, name)));
        }
        if (name[0] == '\0') {
            snprintf(place_name, sizeof place_name, "column %zu", i + 1);
            name = place_name;
        }
        MERIT_TRY(merit__name_set_add(&f->index, name, strlen(name), &place, f->err));
        if (place < n_before) {
            MERIT_TRY(merit__fail(f->err, MERIT_EFORMAT,
                                  "%s:%" PRId64
                                  ": columns %zu and %zu are both named \"%s\"",
                                  f->wish->name, f->line, f->first[place] + 1, i + 1,
                                  merit__printable(shown, sizeof shown, name)));
        }
        f->first[place] = i;
    }
fail:
    return status;
}

merit_status merit__finding_begin(merit__finding *f, const char *text, size_t n)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(split(f, text, n));
    MERIT_TRY(find_header(&f->out->is_header, f));
    if (f->out->is_header) {
        MERIT_TRY(index_names(f));
    }
fail:
    return status;
}
