/* Labels of letters: in a second FASTA, whose records have the same names and lengths,
 * or in a text of name, tab, labels. A label is a letter, a digit or a star, and - or .
 * where there is none. */
#include "data/dataset.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/class_names.h"
#include "data/fasta.h"
#include "data/lines.h"
#include "data/record_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint64_t limit_bytes = UINT64_C(4) << 30;
static const size_t line_limit = (size_t)1 << 30;

/* What is wrong with a byte of a line of labels, at its place from 1. */
static merit_status fail_label(const merit__lines *lines, const char *name,
                               int64_t place, unsigned char byte, merit_error *err)
{
    char shown[60], found[24];
    merit__printable(shown, sizeof shown, name);
    snprintf(found, sizeof found, byte > ' ' && byte < 127 ? "\"%c\"" : "byte 0x%02x",
             (unsigned)byte);
    return merit__fail(err, MERIT_EFORMAT,
                       "%s, line %" PRId64 ": %s, letter %" PRId64
                       ": %s is no label; labels are letters, digits or *, and - "
                       "where there is none",
                       merit__stream_name(lines->stream), lines->number, shown, place,
                       found);
}

/* A line "name<tab>labels" [n]; blanks at its end do not count. */
static merit_status add_line(merit__records *out, const merit__lines *lines,
                             const char *text, size_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *tab = memchr(text, '\t', n);
    while (n > 0 && text[n - 1] == ' ') {
        n--;
    }
    size_t n_name = tab != NULL ? (size_t)(tab - text) : 0;
    if (n_name == 0 || n_name + 1 >= n || memchr(text, '\0', n_name) != NULL) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, line %" PRId64
                           ": expected a name, a tab and a label for each letter",
                           merit__stream_name(lines->stream), lines->number);
    }
    MERIT_TRY(merit__records_begin(out, lines->number, err));
    for (size_t i = 0; i < n_name; i++) {
        MERIT_TRY(merit__records_name(out, text[i], err));
    }
    MERIT_TRY(merit__records_name(out, '\0', err));
    for (size_t i = n_name + 1; i < n; i++) {
        int code = merit__code_of_label((unsigned char)text[i]);
        if (code < 0) {
            return fail_label(lines, merit__record_name(out, out->n - 1),
                              (int64_t)(i - n_name), (unsigned char)text[i], err);
        }
        MERIT_TRY(merit__records_add(out, code, err));
    }
fail:
    return status;
}

static merit_status read_text(merit__records *out, merit__stream *stream,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__lines lines = {.stream = stream, .limit_bytes = line_limit};
    const char *text = NULL;
    size_t n = 0;
    MERIT_TRY(merit__lines_next(&lines, &text, &n, err));
    while (text != NULL) {
        if (n > 0 && text[0] != '#') {
            MERIT_TRY(add_line(out, &lines, text, n, err));
        }
        MERIT_TRY(merit__lines_next(&lines, &text, &n, err));
    }
    if (out->n == 0) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT, "%s: holds no labels",
                              merit__stream_name(stream)));
    }
    MERIT_TRY(merit__records_check_names(out, merit__stream_name(stream), err));
fail:
    merit__free(lines.buffer);
    return status;
}

/* FASTA begins with a mark, a text of names does not. */
static merit_status read_labels(merit__records *out, merit__stream *stream,
                                merit_error *err)
{
    const unsigned char *head = NULL;
    size_t n = 0;
    merit_status status = merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n, err);
    if (status != MERIT_OK) {
        return status;
    }
    return merit__fasta_probe(head, n) ? merit__fasta_read(out, stream, 0, 1, err)
                                       : read_text(out, stream, err);
}

/* Copies the codes of the labels of every record from where the second file has them;
 * counts them, since labels of other records do not matter. */
static merit_status copy_states(merit__sequences *s, const merit__records *states,
                                int64_t counts[MERIT__LABEL_CODES], const char *shown,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__named *list = NULL;
    char name[60];
    const merit__records *r = &s->records;
    MERIT_TRY(merit__records_sort(&list, states, err));
    for (int64_t i = 0; i < r->n; i++) {
        int64_t n = merit__record_length(r, i);
        const char *called = merit__record_name(r, i);
        int64_t j = merit__records_find(list, states->n, called, strlen(called));
        merit__printable(name, sizeof name, called);
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
            s->label[r->start[i] + t] = from[t];
            counts[from[t]]++;
        }
    }
fail:
    merit__free(list);
    return status;
}

/* What is there is a class, but for gaps; codes become classes. */
static merit_status name_states(merit__sequences *s, merit_dataset *data,
                                const int64_t counts[MERIT__LABEL_CODES],
                                merit_error *err)
{
    int32_t class_of[MERIT__LABEL_CODES] = {0};
    char letters[MERIT__LABEL_CODES][2];
    const char *names[MERIT__LABEL_CODES];
    int64_t n = 0;
    for (int byte = '*'; byte <= 'Z'; byte++) { // in their order
        int code = merit__code_of_label((unsigned char)byte);
        if (code < 0 || code == MERIT__CODE_GAP || counts[code] == 0) {
            continue;
        }
        class_of[code] = (int32_t)n;
        letters[n][0] = (char)byte;
        letters[n][1] = '\0';
        names[n] = letters[n];
        n++;
    }
    class_of[MERIT__CODE_GAP] = -1;
    for (size_t i = 0; i < s->records.n_codes; i++) {
        s->label[i] = class_of[s->label[i]];
    }
    data->n_names = data->n_classes = s->n_labels = n;
    return merit__class_names_clone(&data->names, (char *const *)(uintptr_t)names, n,
                                    err);
}

merit_status merit__residues_label(merit__sequences *s, merit_dataset *data,
                                   const char *labels, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    merit__records states = {.n = 0};
    int64_t counts[MERIT__LABEL_CODES] = {0};
    s->label = merit__alloc_array(s->records.n_codes, sizeof *s->label);
    if (s->label == NULL) {
        MERIT_TRY(
            merit__fail_memory(err, s->records.n_codes * sizeof *s->label, "labels"));
    }
    MERIT_TRY(merit__stream_open(&stream, labels, limit_bytes, err));
    MERIT_TRY(read_labels(&states, stream, err));
    MERIT_TRY(copy_states(s, &states, counts, merit__stream_name(stream), err));
    MERIT_TRY(name_states(s, data, counts, err));
fail:
    merit__records_dispose(&states);
    merit__stream_close(stream);
    return status;
}
