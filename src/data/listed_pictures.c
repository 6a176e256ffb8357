#include "data/listed_pictures.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/table_columns.h"
#include "data/text_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_BYTES_MAX = 255, SHOWN_BYTES = 90 };
static const uint64_t text_bytes_max = UINT64_C(1) << 30;
static const char lone_separator = '\t'; // there are blanks in names of files

/* A list that is read record by record. */
typedef struct reading {
    merit__text_records records;
    const char *text; // of the record; NULL after the last one
    size_t n;
    merit__paths header;               // fields of the first record
    int is_header;                     // they are names of columns
    int64_t path_column, label_column; // label_column -1: none
    merit_error *err;
} reading;

static merit_status refuse(const reading *r, const char *what)
{
    return merit__fail(r->err, MERIT_EFORMAT, "%s:%" PRId64 ": %s", r->records.name,
                       r->records.lines.number, what);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// Whether text[0..n) is the word, in small letters or capitals.
static int is_word(const char *text, size_t n, const char *word)
{
    size_t i = 0;
    while (i < n && word[i] != '\0' && lower(text[i]) == word[i]) {
        i++;
    }
    return i == n && word[i] == '\0';
}

static int is_one_of(const char *text, size_t n, const char *const *words,
                     size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (is_word(text, n, words[i])) {
            return 1;
        }
    }
    return 0;
}

static int names_paths(const char *field, size_t n)
{
    static const char *const words[] = {"path",  "file",       "filename",
                                        "image", "image_path", "picture"};
    return is_one_of(field, n, words, sizeof words / sizeof words[0]);
}

static int names_labels(const char *field, size_t n)
{
    static const char *const words[] = {"label", "class", "truth", "category",
                                        "target"};
    return is_one_of(field, n, words, sizeof words / sizeof words[0]);
}

int merit__is_picture_name(const char *field, size_t n)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n_ending = strlen(endings[i]);
        if (n > n_ending && is_word(field + n - n_ending, n_ending, endings[i])) {
            return 1;
        }
    }
    return 0;
}

// The first column whose name is one of those; -1 without.
static int64_t find_column(const reading *r, int (*is_it)(const char *field, size_t n))
{
    for (size_t i = 0; i < r->header.n; i++) {
        const char *name = merit__paths_get(&r->header, i);
        if (is_it(name, strlen(name))) {
            return (int64_t)i;
        }
    }
    return -1;
}

// The column that a name or a place means; -1 for none.
static int64_t column_called(const reading *r, const char *name)
{
    for (size_t i = 0; r->is_header && i < r->header.n; i++) {
        if (strcmp(merit__paths_get(&r->header, i), name) == 0) {
            return (int64_t)i;
        }
    }
    return merit__column_place(name, (int64_t)r->header.n);
}

static merit_status find_columns(reading *r, const char *label_column)
{
    char text[160], shown[SHOWN_BYTES];
    int64_t named = find_column(r, names_paths);
    r->is_header = named >= 0;
    r->path_column = r->is_header ? named : 0;
    r->label_column = r->is_header      ? find_column(r, names_labels)
                      : r->header.n > 1 ? 1
                                        : -1;
    if (label_column != NULL) {
        r->label_column = column_called(r, label_column);
        if (r->label_column < 0 || r->label_column == r->path_column) {
            snprintf(text, sizeof text,
                     "there is no column of labels \"%s\"; there are columns 1 to %zu, "
                     "paths in column %" PRId64,
                     merit__printable(shown, 60, label_column), r->header.n,
                     r->path_column + 1);
            return refuse(r, text);
        }
    }
    return MERIT_OK;
}

static merit_status next_record(reading *r)
{
    return merit__text_records_next(&r->records, &r->text, &r->n, r->err);
}

// Finds the columns; then r->text is the first record that is no header.
static merit_status begin(reading *r, const char *label_column)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__text_records_first(&r->records, &r->text, &r->n, r->err));
    const char *at = r->text;
    while (at != NULL) {
        const char *field = NULL;
        size_t n = 0;
        merit__take_field(&at, r->text + r->n, r->records.separator, &field, &n);
        MERIT_TRY(merit__add_field(&r->header, field, n, r->err));
    }
    MERIT_TRY(find_columns(r, label_column));
    if (r->is_header) {
        MERIT_TRY(next_record(r));
    }
fail:
    return status;
}

// Passes over "./" before the path that was added last; it must not lead out of the
// folder.
static merit_status check_path(const reading *r, merit__paths *files)
{
    char text[160], shown[SHOWN_BYTES];
    const char *path = merit__paths_get(files, files->n - 1), *at = path;
    while (at[0] == '.' && at[1] == '/') {
        at += 2;
    }
    files->at[files->n - 1] += (size_t)(at - path);
    path = at;
    int escapes = at[0] == '/';
    for (; at != NULL && !escapes; at = strchr(at, '/')) {
        at += *at == '/';
        escapes = strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0');
    }
    if (escapes) {
        snprintf(text, sizeof text,
                 "\"%s\" leads out of the folder; give the one that all pictures are "
                 "in with --root",
                 merit__printable_path(shown, 50, path));
        return refuse(r, text);
    }
    return path[0] != '\0' ? MERIT_OK : refuse(r, "the path is empty");
}

static merit_status add_label(merit__listed_pictures *out, const reading *r,
                              const char *label, size_t n)
{
    return n == 0                ? refuse(r, "the label is empty")
           : n > LABEL_BYTES_MAX ? refuse(r, "the label is longer than 255 bytes")
                                 : merit__add_field(&out->labels, label, n, r->err);
}

static merit_status add_line(merit__listed_pictures *out, const reading *r)
{
    size_t n = out->files.n;
    if (merit__grow_array((void **)&out->lines, &out->lines_room, n,
                          sizeof *out->lines) != 0) {
        return merit__fail_memory(r->err, n * sizeof *out->lines, "lines");
    }
    out->lines[n - 1] = r->records.lines.number;
    return MERIT_OK;
}

static merit_status add_record(merit__listed_pictures *out, const reading *r)
{
    merit_status status = MERIT_OK;
    char text[80];
    int64_t n_fields = 0;
    for (const char *at = r->text; at != NULL; n_fields++) {
        const char *field = NULL;
        size_t n = 0;
        merit__take_field(&at, r->text + r->n, r->records.separator, &field, &n);
        if (n > 0 && field[0] == '"') {
            return refuse(r, "a closing quote is followed by more of the field");
        }
        if (n_fields == r->path_column) {
            MERIT_TRY(merit__add_field(&out->files, field, n, r->err));
            MERIT_TRY(check_path(r, &out->files));
        } else if (n_fields == r->label_column) {
            MERIT_TRY(add_label(out, r, field, n));
        }
    }
    if (n_fields != (int64_t)r->header.n) {
        snprintf(text, sizeof text, "%" PRId64 " fields, expected %zu", n_fields,
                 r->header.n);
        return refuse(r, text);
    }
    MERIT_TRY(add_line(out, r));
fail:
    return status;
}

merit_status merit__listed_pictures_read(merit__listed_pictures *out, const char *path,
                                         const char *label_column, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    reading r = {.err = err};
    *out = (merit__listed_pictures){.lines = NULL};
    MERIT_TRY(merit__stream_open(&stream, path, text_bytes_max, err));
    r.records = (merit__text_records){.lines = {.stream = stream},
                                      .name = merit__stream_name(stream),
                                      .lone = lone_separator};
    MERIT_TRY(begin(&r, label_column));
    while (r.text != NULL) {
        MERIT_TRY(add_record(out, &r));
        MERIT_TRY(next_record(&r));
    }
    if (out->files.n == 0) {
        MERIT_TRY(refuse(&r, "there is no picture in the list"));
    }
fail:
    merit__free(r.records.lines.buffer);
    merit__paths_dispose(&r.header);
    merit__stream_close(stream);
    return status;
}

// The next line of a text that has something and is no comment; NULL at the end.
static const char *next_line(const char **at, const char *end, size_t *n)
{
    while (*at < end) {
        const char *line = *at;
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        *at = stop != NULL ? stop + 1 : end;
        *n = (size_t)((stop != NULL ? stop : end) - line);
        *n -= *n > 0 && line[*n - 1] == '\r';
        if (*n > 0 && line[0] != '#') {
            return line;
        }
    }
    return NULL;
}

// Field i of a line; *n is 0 when there are not so many.
static const char *take_nth(const char *line, size_t n_line, char separator, int64_t i,
                            size_t *n)
{
    const char *at = line, *field = NULL;
    *n = 0;
    for (int64_t j = 0; at != NULL && j <= i; j++) {
        merit__take_field(&at, line + n_line, separator, &field, n);
        *n = j == i ? *n : 0;
    }
    return field;
}

int merit__listed_pictures_probe(const unsigned char *head, size_t n_bytes,
                                 int *has_names)
{
    const char *at = (const char *)head, *end = at + n_bytes;
    size_t n_line = 0, n = 0;
    int64_t path_column = 0, i = 0;
    int is_header = 0;
    *has_names = 0;
    if (n_bytes >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    const char *line = next_line(&at, end, &n_line);
    if (line == NULL) {
        return 0;
    }
    char separator = merit__separator_of(line, n_line, lone_separator, 0);
    for (const char *rest = line; rest != NULL && !is_header; i++) {
        const char *field = NULL;
        merit__take_field(&rest, line + n_line, separator, &field, &n);
        is_header = names_paths(field, n);
        path_column = is_header ? i : 0;
    }
    if (is_header) {
        line = next_line(&at, end, &n_line);
    }
    if (line != NULL) {
        const char *path = take_nth(line, n_line, separator, path_column, &n);
        *has_names = merit__is_picture_name(path, n);
    }
    return is_header || *has_names;
}

void merit__listed_pictures_dispose(merit__listed_pictures *listed)
{
    merit__paths_dispose(&listed->files);
    merit__paths_dispose(&listed->labels);
    merit__free(listed->lines);
    *listed = (merit__listed_pictures){.lines = NULL};
}
