#include "data/listed_pictures.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    FIELDS_MAX = 64,
    FIELD_BYTES_MAX = 65536,
    LABEL_BYTES_MAX = 255,
    SHOWN_BYTES = 90
};
static const size_t file_bytes_max = (size_t)1 << 30;

/* A text that is read record by record. Fields are cut out in place. */
typedef struct reading {
    const char *path;
    char *at;          // rest of the text, which ends in a 0
    int64_t line;      // of the record, from 1
    int64_t next_line; // after it
    char separator;
    char *field[FIELDS_MAX];
    int n_fields;
    int path_column, label_column; // label_column -1: none
    merit_error *err;
} reading;

static merit_status refuse(const reading *r, const char *what)
{
    char shown[SHOWN_BYTES];
    return merit__fail(r->err, MERIT_EFORMAT, "%s, line %" PRId64 ": %s",
                       merit__printable_path(shown, sizeof shown, r->path), r->line,
                       what);
}

static int is_one_of(const char *text, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static int names_paths(const char *field)
{
    static const char *const words[] = {"path",  "file",    "filename",
                                        "image", "picture", "image_path"};
    return is_one_of(field, words, sizeof words / sizeof words[0]);
}

static int names_labels(const char *field)
{
    static const char *const words[] = {"label", "class", "truth", "category",
                                        "target"};
    return is_one_of(field, words, sizeof words / sizeof words[0]);
}

int merit__is_picture_name(const char *field, size_t n)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n_ending = strlen(endings[i]);
        if (n > n_ending &&
            strncasecmp(field + n - n_ending, endings[i], n_ending) == 0) {
            return 1;
        }
    }
    return 0;
}

// The separator of a line: tabs win over commas, commas over semicolons.
static char find_separator(const char *line, size_t n)
{
    return memchr(line, '\t', n) != NULL  ? '\t'
           : memchr(line, ',', n) != NULL ? ','
           : memchr(line, ';', n) != NULL ? ';'
                                          : '\t';
}

int merit__listed_pictures_probe(const unsigned char *head, size_t n_bytes)
{
    const char *at = (const char *)head, *end = at + n_bytes;
    char field[64];
    if (n_bytes >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    while (at < end && (*at == '#' || *at == '\n' || *at == '\r')) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        at = next == NULL ? end : next + 1;
    }
    if (at >= end) {
        return 0;
    }
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    line_end = line_end == NULL ? end : line_end;
    char separator = find_separator(at, (size_t)(line_end - at));
    int is_first = 1;
    while (at < line_end) {
        const char *stop = memchr(at, separator, (size_t)(line_end - at));
        stop = stop == NULL ? line_end : stop;
        size_t n = (size_t)(stop - at);
        n = n > 0 && at[n - 1] == '\r' ? n - 1 : n;
        if (n > 1 && at[0] == '"' && at[n - 1] == '"') {
            at++;
            n -= 2;
        }
        if (is_first && merit__is_picture_name(at, n)) {
            return 1;
        }
        if (n < sizeof field) {
            memcpy(field, at, n);
            field[n] = '\0';
            if (names_paths(field)) {
                return 1;
            }
        }
        is_first = 0;
        at = stop + 1;
    }
    return 0;
}

// Takes a field in quotes that begins at r->at; two quotes in it are one.
static merit_status take_quoted(reading *r, char **out)
{
    char *to = ++r->at;
    *out = to;
    while (*r->at != '"' || r->at[1] == '"') {
        if (*r->at == '\0') {
            return refuse(r, "a quote is opened and never closed");
        }
        r->next_line += *r->at == '\n';
        r->at += *r->at == '"' ? 2 : 1;
        *to++ = r->at[-1];
    }
    r->at++;
    *to = '\0';
    return MERIT_OK;
}

// Takes one field; r->at is on what ends it.
static merit_status take_field(reading *r, char **out, size_t *n)
{
    merit_status status = MERIT_OK;
    if (*r->at == '"' && r->separator != '\t') {
        MERIT_TRY(take_quoted(r, out));
        *n = strlen(*out);
        if (*r->at != r->separator && *r->at != '\n' && *r->at != '\0' &&
            *r->at != '\r') {
            return refuse(r, "a closing quote is followed by more of the field");
        }
        return MERIT_OK;
    }
    *out = r->at;
    while (*r->at != r->separator && *r->at != '\n' && *r->at != '\0') {
        r->at++;
    }
    *n = (size_t)(r->at - *out);
    if (*r->at != r->separator && *n > 0 && r->at[-1] == '\r') {
        (*n)--;
    }
fail:
    return status;
}

// Reads the record at r->at; *found is 0 at the end of the text.
static merit_status next_record(reading *r, int *found)
{
    merit_status status = MERIT_OK;
    while (*r->at == '#' || *r->at == '\n' || (*r->at == '\r' && r->at[1] == '\n')) {
        r->at = strchrnul(r->at, '\n');
        r->at += *r->at == '\n';
        r->next_line++;
    }
    r->line = r->next_line;
    *found = *r->at != '\0';
    r->n_fields = 0;
    int is_last = !*found;
    while (!is_last) {
        size_t n = 0;
        char *field = NULL;
        if (r->n_fields == FIELDS_MAX) {
            return refuse(r, "has more than 64 fields");
        }
        MERIT_TRY(take_field(r, &field, &n));
        if (n > FIELD_BYTES_MAX) {
            return refuse(r, "has a field of more than 65536 bytes");
        }
        while (*r->at == '\r') {
            r->at++;
        }
        is_last = *r->at != r->separator;
        if (is_last && *r->at == '\n') {
            r->next_line++;
        }
        r->at += *r->at != '\0';
        field[n] = '\0';
        r->field[r->n_fields++] = field;
    }
fail:
    return status;
}

// Whether the record names the columns; finds them.
static int read_header(reading *r)
{
    int path_column = -1, label_column = -1;
    for (int i = 0; i < r->n_fields; i++) {
        if (path_column < 0 && names_paths(r->field[i])) {
            path_column = i;
        } else if (label_column < 0 && names_labels(r->field[i])) {
            label_column = i;
        }
    }
    if (path_column < 0) {
        r->path_column = 0;
        r->label_column = r->n_fields > 1 ? 1 : -1;
        return 0;
    }
    r->path_column = path_column;
    r->label_column = label_column;
    return 1;
}

// The path without "./"; it must not lead out of the folder.
static merit_status check_path(const reading *r, const char **path)
{
    char text[160], shown[SHOWN_BYTES];
    const char *at = *path;
    while (at[0] == '.' && at[1] == '/') {
        at += 2;
    }
    *path = at;
    int escapes = at[0] == '/';
    for (; at != NULL && !escapes; at = strchr(at, '/')) {
        at += *at == '/';
        escapes = strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0');
    }
    if (escapes) {
        snprintf(text, sizeof text,
                 "\"%s\" leads out of the folder; give the one that all pictures are "
                 "in with --root",
                 merit__printable_path(shown, 50, *path));
        return refuse(r, text);
    }
    return (*path)[0] != '\0' ? MERIT_OK : refuse(r, "the path is empty");
}

static merit_status add_record(merit__listed_pictures *out, const reading *r,
                               int n_expected)
{
    merit_status status = MERIT_OK;
    char text[80];
    if (r->n_fields != n_expected) {
        snprintf(text, sizeof text, "%d fields, expected %d", r->n_fields, n_expected);
        return refuse(r, text);
    }
    const char *path = r->field[r->path_column];
    MERIT_TRY(check_path(r, &path));
    MERIT_TRY(merit__paths_add(&out->files, path, strlen(path), r->err));
    if (r->label_column >= 0) {
        const char *label = r->field[r->label_column];
        if (label[0] == '\0') {
            return refuse(r, "the label is empty");
        }
        if (strlen(label) > LABEL_BYTES_MAX) {
            return refuse(r, "the label is longer than 255 bytes");
        }
        MERIT_TRY(merit__paths_add(&out->labels, label, strlen(label), r->err));
    }
    if (merit__grow_array((void **)&out->lines, &out->lines_room, out->files.n,
                          sizeof *out->lines) != 0) {
        return merit__fail_memory(r->err, out->files.n * sizeof *out->lines, "lines");
    }
    out->lines[out->files.n - 1] = r->line;
fail:
    return status;
}

static merit_status read_records(merit__listed_pictures *out, reading *r)
{
    merit_status status = MERIT_OK;
    int found = 0;
    const char *start = r->at;
    while (*start == '#') {
        start = strchrnul(start, '\n');
        start += *start == '\n';
    }
    r->separator = find_separator(start, (size_t)(strchrnul(start, '\n') - start));
    MERIT_TRY(next_record(r, &found));
    int n_expected = r->n_fields;
    if (found && read_header(r)) {
        MERIT_TRY(next_record(r, &found));
    }
    while (found) {
        MERIT_TRY(add_record(out, r, n_expected));
        MERIT_TRY(next_record(r, &found));
    }
    if (out->files.n == 0) {
        return refuse(r, "there is no picture in the list");
    }
fail:
    return status;
}

merit_status merit__listed_pictures_read(merit__listed_pictures *out, const char *path,
                                         merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    reading r = {.path = path, .next_line = 1, .line = 1, .err = err};
    *out = (merit__listed_pictures){.lines = NULL};
    MERIT_TRY(merit__file_read(&text, &n_bytes, path, file_bytes_max, err));
    const char *zero = memchr(text, '\0', n_bytes);
    for (const char *at = text; zero != NULL && at < zero; at++) {
        r.line += *at == '\n';
    }
    if (zero != NULL) {
        MERIT_TRY(refuse(&r, "there is a byte 0 in the text"));
    }
    r.at = text + (n_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    MERIT_TRY(read_records(out, &r));
fail:
    merit__free(text);
    return status;
}

void merit__listed_pictures_dispose(merit__listed_pictures *listed)
{
    merit__paths_dispose(&listed->files);
    merit__paths_dispose(&listed->labels);
    merit__free(listed->lines);
    *listed = (merit__listed_pictures){.lines = NULL};
}
