#include "data/table_columns.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/suggest.h"
#include "data/lines.h"
#include "data/table_finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIST_BYTES = 120 };

void merit__table_columns_dispose(merit__table_columns *columns)
{
    merit__free(columns->uses);
    *columns = (merit__table_columns){.uses = NULL};
}

static const char *name_at(const void *context, size_t i)
{
    return merit__paths_get(context, i);
}

static merit_status fail_no_column(const merit__finding *f, const char *option,
                                   const char *name)
{
    char shown[MERIT__SHOWN_BYTES], nearest[MERIT__SHOWN_BYTES] = "",
                                    hint[MERIT__SHOWN_BYTES + 24] = "";
    const char *found =
        f->out->is_header
            ? merit__suggest(name, name_at, &f->index.names, f->index.names.n)
            : NULL;
    if (found != NULL) {
        snprintf(hint, sizeof hint, "; did you mean \"%s\"?",
                 merit__printable(nearest, sizeof nearest, found));
    }
    return merit__fail(f->err, MERIT_EFORMAT,
                       "%s:%" PRId64 ": %s: %s \"%s\"%s; there are columns 1 to %zu",
                       f->wish->name, f->line, option,
                       f->out->is_header ? "no column is named"
                                         : "the first line names no columns, found",
                       merit__printable(shown, sizeof shown, name), hint, f->fields.n);
}

// The column that a name or a place means; -1 without.
static int64_t find_column(const merit__finding *f, const char *name)
{
    int64_t place =
        f->out->is_header ? merit__name_set_find(&f->index, name, strlen(name)) : -1;
    return place >= 0 ? (int64_t)f->first[place] : merit__finding_place(f, name);
}

// Marks what column a name or a place means.
static merit_status use_column(merit__finding *f, const char *option, const char *name,
                               int64_t use)
{
    int64_t i = find_column(f, name);
    if (i < 0) {
        return fail_no_column(f, option, name);
    }
    f->out->uses[i] = use;
    return MERIT_OK;
}

// The columns of --ignore: names or places with commas between them.
static merit_status ignore_columns(merit__finding *f)
{
    const char *text = f->wish->options->ignore;
    const char *end = text != NULL ? text + strlen(text) : NULL;
    merit__paths names = {.n = 0};
    merit_status status = MERIT_OK;
    while (text != NULL) {
        const char *field = NULL;
        size_t n = 0;
        merit__take_field(&text, end, ',', &field, &n);
        MERIT_TRY(merit__add_field(&names, field, n, f->err));
        const char *name = merit__paths_get(&names, names.n - 1);
        if (f->wish->before == NULL || find_column(f, name) >= 0) {
            MERIT_TRY(use_column(f, "--ignore", name, MERIT__USE_NOTHING));
        }
    }
fail:
    merit__paths_dispose(&names);
    return status;
}

static int64_t count_features(const merit__finding *f)
{
    int64_t n = 0;
    for (size_t i = 0; i < f->out->n; i++) {
        n += f->out->uses[i] >= 0;
    }
    return n;
}

// The column of ids that the earlier table had; -1 without. A place without names
// counts only where as many columns are here as there were.
static int64_t find_earlier_id(const merit__finding *f)
{
    const merit__facts *before = f->wish->before;
    if (before == NULL || before->id == NULL) {
        return -1;
    }
    int is_complete =
        count_features(f) == before->n_columns + 1 + (before->label != NULL);
    return f->out->is_header || is_complete ? find_column(f, before->id) : -1;
}

static merit_status mark_id(merit__finding *f)
{
    const char *id = f->wish->options->id_column;
    int64_t earlier = find_earlier_id(f);
    if (id != NULL) {
        return use_column(f, "--id", id, MERIT__USE_ID);
    }
    if (earlier >= 0) {
        f->out->uses[earlier] = MERIT__USE_ID;
    } else if (f->out->is_header) {
        size_t i = 0;
        while (i < f->out->n && (f->out->uses[i] < 0 || !merit__finding_is_id(f, i))) {
            i++;
        }
        if (i < f->out->n) {
            f->out->uses[i] = MERIT__USE_ID;
        }
    } else if (f->out->n > 1 && f->out->uses[0] >= 0 &&
               !merit__finding_is_number(f, 0)) {
        f->out->uses[0] = MERIT__USE_ID;
    }
    return MERIT_OK;
}

// The labels: the column that was asked for, else the one of the earlier table, else
// the one called "label"; in a file of labels also the last one.
static merit_status mark_label(merit__finding *f)
{
    const merit_dataset_options *options = f->wish->options;
    const merit__facts *before = f->wish->before;
    int is_optional = options->no_labels || options->labels != NULL;
    const char *label = options->label_column;
    if (f->wish->only_labels) {
        char last[32];
        snprintf(last, sizeof last, "%zu", f->out->n);
        return label != NULL ? use_column(f, "--label", label, MERIT__USE_LABEL)
               : f->out->n <= 2 || merit__finding_find(f, "label") < 0
                   ? use_column(f, "--label", last, MERIT__USE_LABEL)
                   : use_column(f, "--label", "label", MERIT__USE_LABEL);
    }
    if (label == NULL && before != NULL) {
        label = before->label;
        // A place means nothing when the columns that are left are all features.
        if (label != NULL && !f->out->is_header &&
            (count_features(f) == before->n_columns ||
             merit__finding_place(f, label) < 0)) {
            return MERIT_OK;
        }
        is_optional = is_optional || label == NULL || find_column(f, label) < 0;
    }
    if (label == NULL && f->out->is_header && find_column(f, "label") >= 0) {
        label = "label";
    }
    if (label == NULL || (is_optional && find_column(f, label) < 0)) {
        return MERIT_OK;
    }
    return use_column(f, "--label", label, MERIT__USE_LABEL);
}

static merit_status fail_count(const merit__finding *f, int64_t n)
{
    return merit__fail(f->err, MERIT_EFORMAT,
                       "%s:%" PRId64 ": %" PRId64 " column%s of features, expected "
                       "%" PRId64 " as in the data that were learned from",
                       f->wish->name, f->line, n, n == 1 ? "" : "s",
                       f->wish->before->n_columns);
}

// A column that nothing was learned from, and is called nearly like the missing one.
static const char *find_renamed(const merit__finding *f, const char *missing)
{
    const char *near =
        merit__suggest(missing, name_at, &f->index.names, f->index.names.n);
    int64_t place =
        near != NULL ? merit__name_set_find(&f->index, near, strlen(near)) : -1;
    return place >= 0 && f->out->uses[f->first[place]] < MERIT__USE_NOTHING ? near
                                                                            : NULL;
}

static merit_status fail_missing(const merit__finding *f, size_t n_missing,
                                 const char *list, const char *first)
{
    char shown[MERIT__SHOWN_BYTES], hint[MERIT__SHOWN_BYTES + 40] = "";
    const char *renamed = find_renamed(f, first);
    if (renamed != NULL) {
        snprintf(hint, sizeof hint, "; is \"%s\" meant to be %s?",
                 merit__printable(shown, sizeof shown, renamed),
                 n_missing == 1 ? "it" : "the first");
    } else if (n_missing == f->wish->before->columns.n &&
               f->wish->options->header == MERIT_HEADER_AUTO) {
        snprintf(hint, sizeof hint,
                 "; if the first line names no columns, --header no");
    }
    return merit__fail(f->err, MERIT_EFORMAT,
                       "%s:%" PRId64 ": %zu of the %zu columns that were learned "
                       "from %s not here: %s%s",
                       f->wish->name, f->line, n_missing, f->wish->before->columns.n,
                       n_missing == 1 ? "is" : "are", list, hint);
}

// The features by the names that they had before, in that order.
static merit_status match_features(merit__finding *f)
{
    const merit__paths *wanted = &f->wish->before->columns;
    merit__table_columns *out = f->out;
    const char *first = NULL; // that is missing
    char list[LIST_BYTES] = "";
    size_t n_missing = 0;
    for (size_t i = 0; i < out->n; i++) {
        out->uses[i] = out->uses[i] >= 0 ? MERIT__USE_NOTHING - 1 : out->uses[i];
    }
    for (size_t j = 0; j < wanted->n; j++) {
        const char *name = merit__paths_get(wanted, j);
        int64_t place = merit__name_set_find(&f->index, name, strlen(name));
        if (place >= 0) {
            out->uses[f->first[place]] = (int64_t)j;
        } else {
            first = n_missing++ == 0 ? name : first;
            merit__list_name(list, sizeof list, name);
        }
    }
    if (n_missing > 0) {
        return fail_missing(f, n_missing, list, first);
    }
    for (size_t i = 0; i < out->n; i++) {
        if (out->uses[i] < MERIT__USE_NOTHING) {
            out->uses[i] = MERIT__USE_NOTHING;
            out->n_unknown++;
            merit__list_name(out->unknown, sizeof out->unknown,
                             merit__finding_field(f, i));
        }
    }
    return MERIT_OK;
}

// Numbers the features from left to right.
static merit_status number_features(merit__finding *f)
{
    int64_t n = 0;
    for (size_t i = 0; i < f->out->n; i++) {
        if (f->out->uses[i] >= 0) {
            f->out->uses[i] = n++;
        }
    }
    if (f->wish->before != NULL && n != f->wish->before->n_columns) {
        return fail_count(f, n);
    }
    return n > 0 ? MERIT_OK
                 : merit__fail(f->err, MERIT_EFORMAT,
                               "%s:%" PRId64 ": no column of features", f->wish->name,
                               f->line);
}

static merit_status keep_name(char **out, const merit__finding *f, size_t i)
{
    char place[32];
    snprintf(place, sizeof place, "%zu", i + 1);
    const char *name = f->out->is_header ? merit__finding_field(f, i) : place;
    *out = merit__copy_string(name, strlen(name));
    return *out != NULL ? MERIT_OK
                        : merit__fail_memory(f->err, strlen(name) + 1, f->wish->name);
}

// What is known of the columns, for the tables to come.
static merit_status describe(merit__finding *f)
{
    merit_status status = MERIT_OK;
    merit__facts *facts = f->facts;
    merit__table_columns *out = f->out;
    size_t *field = NULL; // of each feature
    facts->n_columns = count_features(f);
    for (size_t i = 0; i < out->n; i++) {
        if (out->uses[i] == MERIT__USE_LABEL) {
            out->has_label = 1;
            MERIT_TRY(keep_name(&facts->label, f, i));
        } else if (out->uses[i] == MERIT__USE_ID) {
            out->has_id = 1;
            MERIT_TRY(keep_name(&facts->id, f, i));
        }
    }
    if (!out->is_header) {
        return MERIT_OK;
    }
    field = merit__alloc_array(out->n, sizeof *field);
    if (field == NULL) {
        return merit__fail_memory(f->err, out->n * sizeof *field, f->wish->name);
    }
    for (size_t i = 0; i < f->index.names.n; i++) {
        if (out->uses[f->first[i]] >= 0) {
            field[out->uses[f->first[i]]] = i;
        }
    }
    for (int64_t j = 0; j < facts->n_columns; j++) {
        const char *name = merit__paths_get(&f->index.names, field[j]);
        MERIT_TRY(merit__paths_add(&facts->columns, name, strlen(name), f->err));
    }
fail:
    merit__free(field);
    return status;
}

static merit_status find(merit__finding *f, const char *text, size_t n)
{
    merit_status status = MERIT_OK;
    merit__table_columns *out = f->out;
    MERIT_TRY(merit__finding_begin(f, text, n));
    out->n = f->fields.n;
    out->uses = merit__alloc_array(out->n, sizeof *out->uses);
    if (out->uses == NULL) {
        return merit__fail_memory(f->err, out->n * sizeof *out->uses, f->wish->name);
    }
    if (!f->wish->only_labels) {
        MERIT_TRY(ignore_columns(f));
        MERIT_TRY(mark_id(f));
    }
    MERIT_TRY(mark_label(f));
    if (!f->wish->only_labels) {
        MERIT_TRY(f->wish->before != NULL && f->wish->before->columns.n > 0 &&
                          out->is_header
                      ? match_features(f)
                      : number_features(f));
    }
    for (size_t i = 0; f->wish->only_labels && i < out->n; i++) {
        out->uses[i] = out->uses[i] >= 0 ? MERIT__USE_NOTHING : out->uses[i];
    }
    MERIT_TRY(describe(f));
fail:
    return status;
}

merit_status merit__table_columns_find(merit__table_columns *out, merit__facts *facts,
                                       const merit__table_wish *wish, const char *text,
                                       size_t n, int64_t line, merit_error *err)
{
    merit__finding f = {
        .wish = wish, .out = out, .facts = facts, .line = line, .err = err};
    merit_status status = find(&f, text, n);
    merit__paths_dispose(&f.fields);
    merit__name_set_dispose(&f.index);
    merit__free(f.first);
    return status;
}
