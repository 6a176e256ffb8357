#include "data/text_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/suggest.h"
#include "data/lines.h"

enum { NAME_BYTES = 64 };

// A field of the line that is looked at.
typedef struct field {
    const char *text;
    size_t n;
} field;

typedef struct finding {
    merit_rows *rows;
    const char *path;
    int64_t line;
    field *fields; // [n]
    size_t n;
    int is_predict;   // the table of `merit predict`
    int is_positions; // named by their places, as pandas does: 0, 1, 2, in any order
    merit_error *err;
} finding;

static int is_word(field f, const char *word)
{
    return f.n == strlen(word) && memcmp(f.text, word, f.n) == 0;
}

static int is_number(field f, int has_decimal_comma)
{
    static const char *const words[] = {"nan", "NaN", "NAN", "inf", "-inf"};
    double value = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(f, words[i])) {
            return 1; // of a row that will be refused
        }
    }
    return f.n == 0 ||
           merit__parse_decimal(f.text, f.n, has_decimal_comma, &value) == 0;
}

static const char *show(char out[NAME_BYTES], field f)
{
    char text[NAME_BYTES];
    snprintf(text, sizeof text, "%.*s", f.n < 60 ? (int)f.n : 60, f.text);
    return merit__printable(out, NAME_BYTES, text);
}

int64_t merit__find_class(const merit_rows *rows, const char *name, size_t n,
                          int64_t guess)
{
    const char *const *classes = rows->options.classes;
    int64_t K = classes != NULL ? rows->options.n_classes : 0;
    if (guess >= 0 && guess < K && strlen(classes[guess]) == n &&
        memcmp(classes[guess], name, n) == 0) {
        return guess;
    }
    for (int64_t k = 0; k < K; k++) {
        if (strncmp(classes[k], name, n) == 0 && classes[k][n] == '\0') {
            return k;
        }
    }
    return -1;
}

static const char *class_name(const void *context, size_t i)
{
    return ((const char *const *)context)[i];
}

const char *merit__suggest_class(char *out, size_t out_bytes, const merit_rows *rows,
                                 const char *name, size_t n)
{
    char shown[NAME_BYTES];
    char word[NAME_BYTES];
    const char *nearest = NULL;
    out[0] = '\0';
    if (rows->options.classes != NULL && n < sizeof word) {
        snprintf(word, sizeof word, "%.*s", (int)n, name);
        nearest = merit__suggest(word, class_name, rows->options.classes,
                                 (size_t)rows->options.n_classes);
    }
    if (nearest != NULL) {
        snprintf(out, out_bytes, "; did you mean \"%s\"?",
                 merit__printable(shown, sizeof shown, nearest));
    }
    return out;
}

// Cuts the line into fields.
static merit_status split(finding *f, const char *text, size_t n, char separator)
{
    size_t n_capacity = 0;
    const char *end = text + n;
    while (text != NULL) {
        void *fields = f->fields;
        if (merit__grow_array(&fields, &n_capacity, f->n + 1, sizeof *f->fields) != 0) {
            return merit__fail_memory(f->err, (f->n + 1) * sizeof *f->fields, f->path);
        }
        f->fields = fields;
        merit__take_field(&text, end, separator, &f->fields[f->n].text,
                          &f->fields[f->n].n);
        f->n++;
    }
    return MERIT_OK;
}

int merit__columns_are_classes(const merit_rows *rows, const char *text, size_t n)
{
    char separator = merit__separator_of(text, n, ' ', rows->options.decimal_comma);
    const char *end = text + n;
    int64_t n_found = 0;
    while (text != NULL && n_found < rows->options.n_classes) {
        const char *name = NULL;
        size_t n_name = 0;
        merit__take_field(&text, end, separator, &name, &n_name);
        if (merit__find_class(rows, name, n_name, n_found) < 0) {
            return 0;
        }
        n_found++;
    }
    return text == NULL && n_found > 0 && n_found == rows->options.n_classes;
}

static int is_id(const finding *f, size_t i)
{
    field name = f->fields[i];
    return is_word(name, "id") || is_word(name, "ID") || is_word(name, "Id") ||
           (i == 0 && (name.n == 0 || is_word(name, "index")));
}

// Finds out whether the columns are named 0, 1, 2 ... "0 1" could be probabilities,
// too, but a program that writes probabilities seldom begins with exactly these. Three
// and more such numbers sum to no 1, and so are names in any order where probabilities
// are expected.
static merit_status find_positions(finding *f)
{
    const size_t n_ids = is_id(f, 0) ? 1 : 0;
    const size_t n = f->n - n_ids;
    const int any_order = f->rows->options.kind == MERIT_ROWS_PROBABILITIES && n > 2;
    char *is_seen = merit__alloc_array(n, 1);
    if (is_seen == NULL) {
        return merit__fail_memory(f->err, n, f->path);
    }
    f->is_positions = n > 0 && f->n > 1;
    for (size_t i = 0; i < n && f->is_positions; i++) {
        const field name = f->fields[n_ids + i];
        int64_t position = 0;
        f->is_positions = merit__parse_integer(name.text, name.n, 0, (int64_t)n - 1,
                                               &position) == 0 &&
                          !is_seen[position] && (any_order || position == (int64_t)i);
        is_seen[position] = 1;
    }
    merit__free(is_seen);
    return MERIT_OK;
}

// Whether the first line names the columns: a field that is no number, where the first
// may be an id; or all the classes, for whose names numbers are usual.
static int is_header(const finding *f, const char *text, size_t n)
{
    static const char *const words[] = {"label", "labels", "class", "target",
                                        "truth", "y",      "id"};
    int is_label = f->rows->options.kind == MERIT_ROWS_LABELS;
    if (is_label) {
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (is_word(f->fields[f->n - 1], words[i])) {
                return 1;
            }
        }
        return f->n == 2 && is_id(f, 0);
    }
    for (size_t i = f->n > 1 ? 1 : 0; i < f->n; i++) {
        if (!is_number(f->fields[i], f->rows->options.decimal_comma)) {
            return 1;
        }
    }
    return f->is_positions || merit__columns_are_classes(f->rows, text, n);
}

// The column that a name stands for; *name loses the prefix that merit predict adds.
static merit_status use_of(int64_t *use, finding *f, size_t i, int64_t guess)
{
    char shown[NAME_BYTES];
    char nearest[96];
    field *name = &f->fields[i];
    int has_prefix = name->n > 2 && memcmp(name->text, "p_", 2) == 0;
    *use = merit__find_class(f->rows, name->text, name->n, guess);
    if (*use < 0 && has_prefix && (f->is_predict || f->rows->options.classes != NULL)) {
        name->text += 2;
        name->n -= 2;
        *use = merit__find_class(f->rows, name->text, name->n, guess);
    }
    if (*use >= 0) {
        return MERIT_OK;
    }
    if (is_id(f, i)) {
        *use = MERIT__COLUMN_ID;
    } else if (f->is_predict && !has_prefix &&
               (is_word(*name, "answer") || is_word(*name, "expected_score"))) {
        *use = MERIT__COLUMN_IGNORED;
    } else if (f->is_positions) {
        return merit__parse_integer(name->text, name->n, 0, INT64_MAX, use) == 0
                   ? MERIT_OK
                   : MERIT_EFORMAT;
    } else if (f->rows->options.classes == NULL) {
        *use = guess;
    } else {
        return merit__fail(f->err, MERIT_EFORMAT,
                           "%s:%" PRId64
                           ": column %zu is named \"%s\", which is no class%s",
                           f->path, f->line, i + 1, show(shown, *name),
                           merit__has_decimal_comma(name->text, name->n)
                               ? "; " MERIT__DECIMAL_HINT
                               : merit__suggest_class(nearest, sizeof nearest, f->rows,
                                                      name->text, name->n));
    }
    return MERIT_OK;
}

// Takes note that column i has that use; each may be there once.
static merit_status mark_use(finding *f, size_t *first, int64_t use, size_t i)
{
    char shown[NAME_BYTES];
    size_t *place = use >= 0 ? &first[use + 1] : &first[0];
    if (use == MERIT__COLUMN_IGNORED) {
        return MERIT_OK;
    }
    if (*place > 0) {
        return merit__fail(f->err, MERIT_EFORMAT,
                           "%s:%" PRId64 ": columns %zu and %zu are both named \"%s\"",
                           f->path, f->line, *place, i + 1, show(shown, f->fields[i]));
    }
    *place = i + 1;
    return MERIT_OK;
}

static merit_status keep_names(finding *f, const size_t *first)
{
    merit_rows *rows = f->rows;
    rows->names = merit__alloc_array(rows->n_columns, sizeof *rows->names);
    for (size_t k = 0; rows->names != NULL && k < rows->n_columns; k++) {
        field name = f->fields[first[k + 1] - 1];
        rows->names[k] = merit__copy_string(name.text, name.n);
        if (rows->names[k] == NULL) {
            return merit__fail_memory(f->err, name.n + 1, f->path);
        }
    }
    return rows->names != NULL
               ? MERIT_OK
               : merit__fail_memory(f->err, rows->n_columns * sizeof *rows->names,
                                    f->path);
}

static merit_status read_names(merit__columns *out, finding *f)
{
    const merit_rows_options *options = &f->rows->options;
    size_t n_places =
        options->n_classes > (int64_t)f->n ? (size_t)options->n_classes : f->n;
    int64_t guess = 0;
    char shown[NAME_BYTES];
    merit_status status = MERIT_OK;
    // Where the id and each class were first seen, from 1.
    size_t *first = merit__alloc_array(n_places + 1, sizeof *first);
    if (first == NULL) {
        return merit__fail_memory(f->err, n_places * sizeof *first, f->path);
    }
    for (size_t i = 0; i < f->n; i++) {
        f->is_predict = f->is_predict || is_word(f->fields[i], "expected_score");
    }
    for (size_t i = 0; i < f->n; i++) {
        MERIT_TRY(use_of(&out->uses[i], f, i, guess));
        MERIT_TRY(mark_use(f, first, out->uses[i], i));
        guess += out->uses[i] >= 0;
    }
    for (int64_t k = 0; options->classes != NULL && k < options->n_classes; k++) {
        if (first[k + 1] == 0) {
            const char *name = options->classes[k];
            MERIT_TRY(merit__fail(f->err, MERIT_EFORMAT,
                                  "%s:%" PRId64 ": no column is named \"%s\"; %" PRId64
                                  " of %" PRId64 " classes are there",
                                  f->path, f->line,
                                  show(shown, (field){name, strlen(name)}), guess,
                                  options->n_classes));
        }
    }
    f->rows->n_columns = (size_t)guess;
    if (guess == 0) {
        MERIT_TRY(merit__fail(f->err, MERIT_EFORMAT,
                              "%s:%" PRId64 ": no column of numbers", f->path,
                              f->line));
    }
    MERIT_TRY(keep_names(f, first));

fail:
    merit__free(first);
    return status;
}

// Columns without names: numbers, with an id before them where there is one more.
static merit_status count_columns(merit__columns *out, const finding *f)
{
    int64_t K = f->rows->options.n_classes;
    int is_longer = K > 0 ? (int64_t)f->n == K + 1
                          : !is_number(f->fields[0], f->rows->options.decimal_comma);
    int has_id = f->n > 1 && is_longer;
    f->rows->n_columns = f->n - (size_t)has_id;
    for (size_t i = 0; i < f->n; i++) {
        out->uses[i] = has_id ? (int64_t)i - 1 : (int64_t)i;
    }
    return MERIT_OK;
}

// One column is the label, the last one; one before it is an id.
static merit_status label_columns(merit__columns *out, const finding *f)
{
    if (f->n > 2) {
        return merit__fail(f->err, MERIT_EFORMAT,
                           "%s:%" PRId64
                           ": %zu fields, expected a label, or an id and a label",
                           f->path, f->line, f->n);
    }
    out->uses[f->n - 1] = 0;
    if (f->n == 2) {
        out->uses[0] = MERIT__COLUMN_ID;
    }
    f->rows->n_columns = 1;
    return MERIT_OK;
}

merit_status merit__columns_find(merit__columns *out, merit_rows *rows,
                                 const char *text, size_t n, int64_t line,
                                 merit_error *err)
{
    finding f = {.rows = rows, .path = rows->path, .line = line, .err = err};
    merit_status status = MERIT_OK;
    out->separator = merit__separator_of(text, n, ' ', rows->options.decimal_comma);
    MERIT_TRY(split(&f, text, n, out->separator));
    out->n = f.n;
    out->uses = merit__alloc_array(f.n, sizeof *out->uses);
    if (out->uses == NULL) {
        MERIT_TRY(merit__fail_memory(err, f.n * sizeof *out->uses, rows->path));
    }
    MERIT_TRY(find_positions(&f));
    out->is_header = is_header(&f, text, n);
    if (rows->options.kind == MERIT_ROWS_LABELS) {
        MERIT_TRY(label_columns(out, &f));
    } else if (out->is_header) {
        MERIT_TRY(read_names(out, &f));
    } else {
        MERIT_TRY(count_columns(out, &f));
    }

fail:
    merit__free(f.fields);
    return status;
}
