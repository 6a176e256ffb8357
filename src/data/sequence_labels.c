/* Labels of sequences: behind the last | of their names, or in a text of name, tab,
 * class. */
#include "data/dataset.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/class_names.h"
#include "data/lines.h"
#include "data/name_set.h"
#include "data/record_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint64_t limit_bytes = UINT64_C(1) << 30;

/* The classes as they come, of which s->label has the places: -1 for none yet. */
typedef struct labelling {
    merit__sequences *sequences;
    merit__name_set classes;
    merit_error *err;
} labelling;

static merit_status label_record(labelling *l, int64_t record, const char *class,
                                 size_t n)
{
    size_t place = 0;
    merit_status status = merit__name_set_add(&l->classes, class, n, &place, l->err);
    if (status == MERIT_OK) {
        l->sequences->label[record] = (int32_t)place;
    }
    return status;
}

/* Numbers the classes in the order of their bytes. */
static merit_status number_classes(const labelling *l, merit_dataset *data)
{
    merit_status status = MERIT_OK;
    merit__sequences *s = l->sequences;
    const merit__paths *classes = &l->classes.names;
    merit__paths sorted = {.n = 0};
    for (size_t k = 0; k < classes->n; k++) {
        const char *name = merit__paths_get(classes, k);
        MERIT_TRY(merit__paths_add(&sorted, name, strlen(name), l->err));
    }
    merit__paths_sort(&sorted);
    for (int64_t i = 0; i < s->records.n; i++) {
        const char *name = merit__paths_get(classes, (size_t)s->label[i]);
        s->label[i] = (int32_t)merit__paths_find(&sorted, name, strlen(name));
    }
    MERIT_TRY(merit__class_names_copy(&data->names, &sorted, l->err));
    data->n_names = data->n_classes = s->n_labels = (int64_t)sorted.n;
fail:
    merit__paths_dispose(&sorted);
    return status;
}

/* ">name|class": the class of each record. */
static merit_status take_from_names(labelling *l, const char *path)
{
    char shown[100], name[60];
    merit_status status = MERIT_OK;
    const merit__records *r = &l->sequences->records;
    for (int64_t i = 0; i < r->n; i++) {
        const char *mark = strrchr(merit__record_name(r, i), '|');
        if (mark == NULL || mark[1] == '\0') {
            merit__printable(name, sizeof name, merit__record_name(r, i));
            return merit__fail(l->err, MERIT_EFORMAT,
                               "%s, line %" PRId64 ": record %" PRId64
                               " (%s) has no class; expected >NAME|CLASS, or a file of "
                               "name, tab, class with --labels",
                               merit__printable_path(shown, sizeof shown, path),
                               r->line[i], i + 1, name);
        }
        MERIT_TRY(label_record(l, i, mark + 1, strlen(mark + 1)));
    }
fail:
    return status;
}

/* A line "name<tab>class" [n]; `list` are the records by name. */
static merit_status take_line(labelling *l, const merit__named *list,
                              const merit__lines *lines, const char *text, size_t n)
{
    char shown[60];
    const char *tab = memchr(text, '\t', n);
    const char *class = tab != NULL ? tab + 1 : text + n;
    size_t n_class = (size_t)(text + n - class);
    if (tab == NULL || tab == text || n_class == 0 ||
        memchr(class, '\t', n_class) != NULL || memchr(text, '\0', n) != NULL) {
        return merit__fail(l->err, MERIT_EFORMAT,
                           "%s, line %" PRId64 ": expected a name, a tab and a class",
                           merit__stream_name(lines->stream), lines->number);
    }
    int64_t record =
        merit__records_find(list, l->sequences->records.n, text, (size_t)(tab - text));
    if (record < 0) {
        return MERIT_OK; // labels of others do not matter
    }
    if (l->sequences->label[record] >= 0) {
        merit__printable(shown, sizeof shown,
                         merit__record_name(&l->sequences->records, record));
        return merit__fail(l->err, MERIT_EFORMAT,
                           "%s, line %" PRId64 ": %s has a class already",
                           merit__stream_name(lines->stream), lines->number, shown);
    }
    return label_record(l, record, class, n_class);
}

static merit_status take_lines(labelling *l, merit__lines *lines)
{
    merit_status status = MERIT_OK;
    merit__named *list = NULL;
    const char *text = NULL;
    size_t n = 0;
    MERIT_TRY(merit__records_sort(&list, &l->sequences->records, l->err));
    MERIT_TRY(merit__lines_next(lines, &text, &n, l->err));
    while (text != NULL) {
        if (n > 0 && text[0] != '#') {
            MERIT_TRY(take_line(l, list, lines, text, n));
        }
        MERIT_TRY(merit__lines_next(lines, &text, &n, l->err));
    }
fail:
    merit__free(list);
    return status;
}

/* The class of each record, as lines of a text say. */
static merit_status take_from_text(labelling *l, const char *path)
{
    char name[60];
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    merit__lines lines = {.n_capacity = 0};
    const merit__sequences *s = l->sequences;
    MERIT_TRY(merit__stream_open(&stream, path, limit_bytes, l->err));
    lines.stream = stream;
    MERIT_TRY(take_lines(l, &lines));
    for (int64_t i = 0; i < s->records.n; i++) {
        if (s->label[i] < 0) {
            merit__printable(name, sizeof name, merit__record_name(&s->records, i));
            MERIT_TRY(merit__fail(l->err, MERIT_EFORMAT,
                                  "%s: no class for record %" PRId64 " (%s)",
                                  merit__stream_name(stream), i + 1, name));
        }
    }
fail:
    merit__free(lines.buffer);
    merit__stream_close(stream);
    return status;
}

static merit_status label_sequences(merit__sequences *s, merit_dataset *data,
                                    const char *labels, const char *path,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    labelling l = {.sequences = s, .err = err};
    size_t n = (size_t)s->records.n;
    s->label = merit__alloc_array(n, sizeof *s->label);
    if (s->label == NULL) {
        return merit__fail_memory(err, n * sizeof *s->label, "labels");
    }
    for (size_t i = 0; i < n; i++) {
        s->label[i] = -1;
    }
    MERIT_TRY(labels == NULL ? take_from_names(&l, path) : take_from_text(&l, labels));
    MERIT_TRY(number_classes(&l, data));
fail:
    merit__name_set_dispose(&l.classes);
    return status;
}

merit_status merit__sequences_label(merit__sequences *sequences, merit_dataset *data,
                                    const char *labels, const char *path,
                                    merit_error *err)
{
    if (sequences->task == MERIT_TASK_SEQUENCE) {
        return label_sequences(sequences, data, labels, path, err);
    }
    return labels != NULL ? merit__residues_label(sequences, data, labels, err)
                          : MERIT_OK;
}
