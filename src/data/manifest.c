#include "data/manifest.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "data/gallery.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEX_BYTES = 2 * MERIT__PICTURE_HASH_BYTES,
    LINE_BYTES = HEX_BYTES + 24, // but for the name
    SHOWN_BYTES = 120,
    FILE_BYTES_MAX = 1 << 30
};

// A name in which what would end a line is written as an escape. Returns its length.
static size_t print_name(char *out, const char *name)
{
    size_t n = 0;
    for (; *name != '\0'; name++) {
        if (*name == '\n' || *name == '\\') {
            out[n++] = '\\';
            out[n++] = *name == '\n' ? 'n' : '\\';
        } else {
            out[n++] = *name;
        }
    }
    return n;
}

merit_status merit__manifest_print(char **text, size_t *n_bytes,
                                   const merit_dataset *data, merit_error *err)
{
    const merit__gallery *gallery = data->storage->gallery;
    *text = NULL;
    *n_bytes = 0;
    if (gallery == NULL) {
        return MERIT_OK;
    }
    size_t n_room = 2 * gallery->names.n_bytes + (size_t)data->n * (LINE_BYTES + 1) + 1;
    char *out = merit__alloc_array(n_room, 1);
    if (out == NULL) {
        return merit__fail_memory(err, n_room, "the list of pictures");
    }
    size_t n = 0;
    for (int64_t i = 0; i < data->n; i++) {
        int64_t place = merit__dataset_place(data, i);
        sodium_bin2hex(out + n, HEX_BYTES + 1, gallery->file[place].hash,
                       MERIT__PICTURE_HASH_BYTES);
        n += HEX_BYTES;
        n += (size_t)snprintf(out + n, n_room - n, "\t%" PRId32 "\t",
                              data->labels != NULL ? data->labels[i] : -1);
        n += print_name(out + n, merit__paths_get(&gallery->names, (size_t)place));
        out[n++] = '\n';
    }
    *text = out;
    *n_bytes = n;
    return MERIT_OK;
}

// A line: where its name begins and where it ends.
typedef struct line {
    const char *start, *name, *end;
} line;

// Takes the next line; 0 at the end.
static int next_line(line *out, const char **at)
{
    out->start = *at;
    out->end = strchrnul(*at, '\n');
    *at = out->end + (*out->end == '\n');
    out->name = out->start;
    for (int tabs = 0; tabs < 2; tabs++) {
        const char *tab = memchr(out->name, '\t', (size_t)(out->end - out->name));
        out->name = tab != NULL ? tab + 1 : out->name;
    }
    return out->end > out->start;
}

static void tell(char *out, size_t out_bytes, const line *l, const char *what)
{
    char name[512], shown[SHOWN_BYTES];
    snprintf(name, sizeof name, "%.*s",
             (int)(l->end - l->name < 500 ? l->end - l->name : 500), l->name);
    snprintf(out, out_bytes, "%s %s", merit__printable_path(shown, sizeof shown, name),
             what);
}

// Whether the text has a line with this name after `from`.
static int is_named(const char *from, const line *wanted)
{
    line l;
    size_t n = (size_t)(wanted->end - wanted->name);
    while (next_line(&l, &from)) {
        if ((size_t)(l.end - l.name) == n && memcmp(l.name, wanted->name, n) == 0) {
            return 1;
        }
    }
    return 0;
}

void merit__manifest_compare(char *out, size_t out_bytes, const char *now,
                             const char *before)
{
    line a, b;
    out[0] = '\0';
    for (;;) {
        const char *rest_before = before;
        int has_a = next_line(&a, &now), has_b = next_line(&b, &before);
        size_t n_a = (size_t)(a.end - a.start), n_b = (size_t)(b.end - b.start);
        if (!has_a && !has_b) {
            return;
        }
        if (n_a == n_b && memcmp(a.start, b.start, n_a) == 0) {
            continue;
        }
        size_t n_name = (size_t)(a.end - a.name);
        if (has_a && has_b && n_name == (size_t)(b.end - b.name) &&
            memcmp(a.name, b.name, n_name) == 0) {
            size_t n_hash = HEX_BYTES;
            int same_content = memcmp(a.start, b.start, n_hash) == 0;
            tell(out, out_bytes, &a,
                 same_content ? "has another label" : "has changed");
        } else if (has_a && !is_named(rest_before, &a)) {
            tell(out, out_bytes, &a, "is new");
        } else {
            tell(out, out_bytes, has_b ? &b : &a,
                 has_b ? "is gone or comes at another place" : "is new");
        }
        return;
    }
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, MERIT__PICTURE_HASH_BYTES);
}

static void gather_hashes(unsigned char *out, const merit_dataset *data)
{
    for (int64_t i = 0; i < data->n; i++, out += MERIT__PICTURE_HASH_BYTES) {
        int64_t place = merit__dataset_place(data, i);
        memcpy(out, data->storage->gallery->file[place].hash,
               MERIT__PICTURE_HASH_BYTES);
    }
}

// The hashes of a manifest's lines into out; returns how many.
static int64_t parse_hashes(unsigned char *out, const char *text)
{
    int64_t n = 0;
    for (line l; next_line(&l, &text);) {
        size_t n_bytes = 0;
        unsigned char *to = out + n * MERIT__PICTURE_HASH_BYTES;
        if (l.end - l.start >= HEX_BYTES &&
            sodium_hex2bin(to, MERIT__PICTURE_HASH_BYTES, l.start, HEX_BYTES, NULL,
                           &n_bytes, NULL) == 0 &&
            n_bytes == MERIT__PICTURE_HASH_BYTES) {
            n++;
        }
    }
    return n;
}

// How many examples are among the hashes, which are put in order.
static int64_t count_among(const merit_dataset *data, unsigned char *hashes,
                           int64_t n_hashes)
{
    int64_t n = 0;
    qsort(hashes, (size_t)n_hashes, MERIT__PICTURE_HASH_BYTES, compare_hashes);
    for (int64_t i = 0; i < data->n; i++) {
        int64_t place = merit__dataset_place(data, i);
        n += bsearch(data->storage->gallery->file[place].hash, hashes, (size_t)n_hashes,
                     MERIT__PICTURE_HASH_BYTES, compare_hashes) != NULL;
    }
    return n;
}

merit_status merit_dataset_listed(int64_t *n, const merit_dataset *data,
                                  const char *run, merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    *n = 0;
    if (data->storage->gallery == NULL) {
        return MERIT_OK;
    }
    char *path = merit__path_join(run, "files.tsv");
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run), "a path");
    }
    merit_status status = merit__file_read(&text, &n_bytes, path, FILE_BYTES_MAX, NULL);
    merit__free(path);
    if (status != MERIT_OK) { // no run of pictures
        return status == MERIT_ENOMEM ? merit__fail_memory(err, 0, "a list of pictures")
                                      : MERIT_OK;
    }
    unsigned char *hashes =
        merit__alloc_array(n_bytes / HEX_BYTES + 1, MERIT__PICTURE_HASH_BYTES);
    if (hashes == NULL) {
        merit__free(text);
        return merit__fail_memory(err, n_bytes, "a list of pictures");
    }
    *n = count_among(data, hashes, parse_hashes(hashes, text));
    merit__free(hashes);
    merit__free(text);
    return MERIT_OK;
}

merit_status merit__manifest_shared(int64_t *n, const merit_dataset *a,
                                    const merit_dataset *b, merit_error *err)
{
    *n = 0;
    if (a->storage->gallery == NULL || b->storage->gallery == NULL) {
        return MERIT_OK;
    }
    unsigned char *hashes = merit__alloc_array((size_t)a->n, MERIT__PICTURE_HASH_BYTES);
    if (hashes == NULL) {
        return merit__fail_memory(err, (size_t)a->n * MERIT__PICTURE_HASH_BYTES,
                                  "comparing pictures");
    }
    gather_hashes(hashes, a);
    *n = count_among(b, hashes, a->n);
    merit__free(hashes);
    return MERIT_OK;
}
