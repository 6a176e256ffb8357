/* Labels of sequences: behind the last | of their names, or in a text of name, tab,
 * class. */
#include "data/dataset.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/class_names.h"
#include "data/record_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t text_limit = (size_t)1 << 30;

static int compare(const void *a, const void *b)
{
    return strcmp(((const merit__named *)a)->name, ((const merit__named *)b)->name);
}

/* Numbers the classes text[i] of the records, in the order of their bytes. */
static merit_status number_classes(merit__sequences *s, merit_dataset *data,
                                   const char *const *text, merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n = (size_t)s->records.n, n_names = 0;
    merit__named *list = merit__alloc_array(n, sizeof *list);
    const char **names = merit__alloc_array(n, sizeof *names);
    s->label = merit__alloc_array(n, sizeof *s->label);
    if (list == NULL || names == NULL || s->label == NULL) {
        MERIT_TRY(merit__fail_memory(err, n * sizeof *list, "labels"));
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = (merit__named){text[i], (int64_t)i};
    }
    qsort(list, n, sizeof *list, compare);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(list[i].name, list[i - 1].name) != 0) {
            names[n_names++] = list[i].name;
        }
        s->label[list[i].record] = (int32_t)(n_names - 1);
    }
    MERIT_TRY(merit__class_names_clone(&data->names, (char *const *)(uintptr_t)names,
                                       (int64_t)n_names, err));
    data->n_names = data->n_classes = s->n_labels = (int64_t)n_names;
fail:
    merit__free(list);
    merit__free(names);
    return status;
}

/* ">name|class": the class of each record. */
static merit_status take_from_names(const char **text, const merit__records *r,
                                    const char *path, merit_error *err)
{
    char shown[100], name[60];
    for (int64_t i = 0; i < r->n; i++) {
        const char *mark = strrchr(merit__record_name(r, i), '|');
        if (mark == NULL || mark[1] == '\0') {
            merit__printable(name, sizeof name, merit__record_name(r, i));
            return merit__fail(err, MERIT_EFORMAT,
                               "%s, line %" PRId64 ": record %" PRId64
                               " (%s) has no class; expected >NAME|CLASS, or a file of "
                               "name, tab, class with --labels",
                               merit__printable_path(shown, sizeof shown, path),
                               r->line[i], i + 1, name);
        }
        text[i] = mark + 1;
    }
    return MERIT_OK;
}

/* A line "name<tab>class" that has been cut at its end. */
static merit_status take_line(const char **text, char *line, int64_t number,
                              const merit__named *list, const merit__records *r,
                              const char *shown, merit_error *err)
{
    char name[60];
    char *tab = strchr(line, '\t');
    if (tab == NULL || tab == line || tab[1] == '\0' || strchr(tab + 1, '\t') != NULL) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, line %" PRId64 ": expected a name, a tab and a class",
                           shown, number);
    }
    *tab = '\0';
    int64_t record = merit__records_find(list, r->n, line);
    if (record < 0) {
        return MERIT_OK; // labels of others do not matter
    }
    if (text[record] != NULL) {
        merit__printable(name, sizeof name, line);
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, line %" PRId64 ": %s has a class already", shown,
                           number, name);
    }
    text[record] = tab + 1;
    return MERIT_OK;
}

/* The class of each record, as lines of the content say; it is cut into pieces, to
 * which the texts point. */
static merit_status take_from_text(const char **text, char *content,
                                   const merit__records *r, const char *shown,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__named *list = NULL;
    char name[60];
    int64_t number = 0;
    MERIT_TRY(merit__records_sort(&list, r, err));
    // Spreadsheets begin a text with a byte order mark.
    content += strncmp(content, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (char *line = content; line != NULL;) {
        char *next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        size_t n = strlen(line);
        if (n > 0 && line[n - 1] == '\r') {
            line[--n] = '\0';
        }
        number++;
        if (n > 0 && line[0] != '#') {
            MERIT_TRY(take_line(text, line, number, list, r, shown, err));
        }
        line = next;
    }
    for (int64_t i = 0; i < r->n; i++) {
        if (text[i] == NULL) {
            merit__printable(name, sizeof name, merit__record_name(r, i));
            MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                                  "%s: no class for record %" PRId64 " (%s)", shown,
                                  i + 1, name));
        }
    }
fail:
    merit__free(list);
    return status;
}

static merit_status label_sequences(merit__sequences *s, merit_dataset *data,
                                    const char *labels, const char *path,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    char *content = NULL, shown[100];
    size_t n_bytes = 0;
    const char **text = merit__alloc_array((size_t)s->records.n, sizeof *text);
    if (text == NULL) {
        return merit__fail_memory(err, (size_t)s->records.n * sizeof *text, "labels");
    }
    if (labels == NULL) {
        MERIT_TRY(take_from_names(text, &s->records, path, err));
    } else {
        merit__printable_path(shown, sizeof shown, labels);
        MERIT_TRY(merit_text_read(&content, &n_bytes, labels, text_limit, err));
        if (strlen(content) != n_bytes) {
            MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                                  "%s, byte %zu: a byte 0 in a text", shown,
                                  strlen(content)));
        }
        MERIT_TRY(take_from_text(text, content, &s->records, shown, err));
    }
    MERIT_TRY(number_classes(s, data, text, err));
fail:
    merit__free(content);
    merit__free(text);
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
