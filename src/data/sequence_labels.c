/* Labels of sequences: a class for each sequence, behind the last | of its name or in a
 * text of name, tab, class; or a class for each letter, the letter of a second FASTA at
 * the same place. */
#include "data/dataset.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/class_names.h"
#include "data/fasta.h"
#include "data/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t limit_bytes = UINT64_C(4) << 30;
static const size_t text_limit = (size_t)1 << 30;

/* A record by its name. */
typedef struct named {
    const char *name;
    int64_t record;
} named;

static int compare(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

/* All records in the order of their names; the caller frees. */
static merit_status sort_names(named **out, const merit__records *records,
                               merit_error *err)
{
    *out = merit__alloc_array((size_t)records->n, sizeof **out);
    if (*out == NULL) {
        return merit__fail_memory(err, (size_t)records->n * sizeof **out, "labels");
    }
    for (int64_t i = 0; i < records->n; i++) {
        (*out)[i] = (named){merit__record_name(records, i), i};
    }
    qsort(*out, (size_t)records->n, sizeof **out, compare);
    return MERIT_OK;
}

static int64_t find(const named *list, int64_t n, const char *name)
{
    named wanted = {name, 0};
    const named *found = bsearch(&wanted, list, (size_t)n, sizeof *list, compare);
    return found != NULL ? found->record : -1;
}

/* Numbers the classes text[i] of the records, in the order of their bytes. */
static merit_status number_classes(merit__sequences *s, merit_dataset *data,
                                   const char *const *text, merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n = (size_t)s->records.n, n_names = 0;
    named *list = merit__alloc_array(n, sizeof *list);
    const char **names = merit__alloc_array(n, sizeof *names);
    s->label = merit__alloc_array(n, sizeof *s->label);
    if (list == NULL || names == NULL || s->label == NULL) {
        MERIT_TRY(merit__fail_memory(err, n * sizeof *list, "labels"));
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = (named){text[i], (int64_t)i};
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
                              const named *list, const merit__records *r,
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
    int64_t record = find(list, r->n, line);
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

static merit_status take_from_text(const char **text, char *content,
                                   const merit__records *r, const char *shown,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    named *list = NULL;
    char name[60];
    int64_t number = 0;
    MERIT_TRY(sort_names(&list, r, err));
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

/* Letters, stops and gaps of the second file are classes; a gap is no label. */
static merit_status name_states(merit__sequences *s, merit_dataset *data,
                                const int64_t counts[MERIT__LETTER_CODES],
                                int32_t class_of[MERIT__LETTER_CODES], merit_error *err)
{
    char letters[MERIT__LETTER_CODES][2];
    const char *names[MERIT__LETTER_CODES];
    int64_t n = 0;
    // In the order of their bytes: the star is before the letters.
    for (int i = 0; i < MERIT__CODE_GAP; i++) {
        int code = i == 0 ? MERIT__CODE_STOP : i - 1;
        class_of[code] = counts[code] > 0 ? (int32_t)n : -1;
        if (counts[code] > 0) {
            letters[n][0] = merit__byte_of_code(code);
            letters[n][1] = '\0';
            names[n] = letters[n];
            n++;
        }
    }
    class_of[MERIT__CODE_GAP] = -1;
    data->n_names = data->n_classes = s->n_labels = n;
    return merit__class_names_clone(&data->names, (char *const *)(uintptr_t)names, n,
                                    err);
}

/* Copies the labels of every record from where the second file has them. */
static merit_status copy_states(merit__sequences *s, const merit__records *states,
                                const int32_t class_of[MERIT__LETTER_CODES],
                                const char *shown, merit_error *err)
{
    merit_status status = MERIT_OK;
    named *list = NULL;
    char name[60];
    const merit__records *r = &s->records;
    MERIT_TRY(sort_names(&list, states, err));
    for (int64_t i = 0; i < r->n; i++) {
        int64_t n = merit__record_length(r, i);
        int64_t j = find(list, states->n, merit__record_name(r, i));
        merit__printable(name, sizeof name, merit__record_name(r, i));
        if (j < 0) {
            MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                                  "%s: no record %s, whose letters need labels", shown,
                                  name));
        }
        if (merit__record_length(states, j) != n) {
            MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                                  "%s, line %" PRId64 ": %s has %" PRId64
                                  " labels, expected %" PRId64 " as it has letters",
                                  shown, states->line[j], name,
                                  merit__record_length(states, j), n));
        }
        const uint8_t *from = states->codes + states->start[j];
        for (int64_t t = 0; t < n; t++) {
            s->label[r->start[i] + t] = class_of[from[t]];
        }
    }
fail:
    merit__free(list);
    return status;
}

static merit_status label_residues(merit__sequences *s, merit_dataset *data,
                                   const char *labels, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    merit__records states = {.n = 0};
    int32_t class_of[MERIT__LETTER_CODES];
    s->label = merit__alloc_array(s->records.n_codes, sizeof *s->label);
    if (s->label == NULL) {
        MERIT_TRY(
            merit__fail_memory(err, s->records.n_codes * sizeof *s->label, "labels"));
    }
    MERIT_TRY(merit__stream_open(&stream, labels, limit_bytes, err));
    MERIT_TRY(merit__fasta_read(&states, stream, 0, err));
    MERIT_TRY(name_states(s, data, states.counts, class_of, err));
    MERIT_TRY(copy_states(s, &states, class_of, merit__stream_name(stream), err));
fail:
    merit__records_dispose(&states);
    merit__stream_close(stream);
    return status;
}

merit_status merit__sequences_label(merit__sequences *sequences, merit_dataset *data,
                                    const char *labels, const char *path,
                                    merit_error *err)
{
    if (sequences->task == MERIT_TASK_SEQUENCE) {
        return label_sequences(sequences, data, labels, path, err);
    }
    return labels != NULL ? label_residues(sequences, data, labels, err) : MERIT_OK;
}
