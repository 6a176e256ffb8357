#include "merit/data.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/looks_like.h"
#include "data/npy_header.h"
#include "data/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CONTENT_BYTES = 96 };

struct merit_archive {
    merit__paths names;
    char (*contents)[CONTENT_BYTES]; // [n], owned
};

void merit_archive_free(merit_archive *archive)
{
    if (archive != NULL) {
        merit__paths_dispose(&archive->names);
        merit__free(archive->contents);
        merit__free(archive);
    }
}

// "300x5 float32", as NumPy calls it.
static void describe_array(char out[CONTENT_BYTES], const merit__layout *layout)
{
    static const char *const kinds[] = {"bool", "int", "uint", "float"};
    static const char letters[] = "biuf";
    size_t kind = (size_t)(strchr(letters, layout->element->kind) - letters);
    size_t n = 0;
    for (int64_t d = 0; d < layout->n_dims && n < CONTENT_BYTES; d++) {
        n += (size_t)snprintf(out + n, CONTENT_BYTES - n, "%s%" PRId64,
                              d > 0 ? "x" : "", layout->dims[d]);
    }
    if (n < CONTENT_BYTES) {
        n += (size_t)snprintf(out + n, CONTENT_BYTES - n, "%s%s",
                              layout->n_dims > 0 ? " " : "one ", kinds[kind]);
    }
    if (kind > 0 && n < CONTENT_BYTES) {
        snprintf(out + n, CONTENT_BYTES - n, "%zu", 8 * layout->element->n_bytes);
    }
}

// Says what is in a member; what cannot be read says so itself.
static merit_status describe(char out[CONTENT_BYTES], merit__stream *stream,
                             merit_error *err)
{
    merit__layout layout;
    const unsigned char *head = NULL;
    size_t n = 0;
    merit_status status = merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n, err);
    if (status == MERIT_OK && n > 0 && merit__npy_probe(head, n)) {
        status = merit__npy_header_read(&layout, stream, err);
        if (status == MERIT_OK) {
            describe_array(out, &layout);
        }
    } else if (status == MERIT_OK) {
        const char *look = n > 0 ? merit__looks_like(head, n) : "nothing";
        snprintf(out, CONTENT_BYTES, "%s", look != NULL ? look : "no array");
    }
    if (status == MERIT_EFORMAT || status == MERIT_EUNSUPPORTED) {
        snprintf(out, CONTENT_BYTES, "an array that cannot be read");
        status = MERIT_OK;
    }
    return status;
}

static merit_status list(merit_archive *archive, merit__stream *stream,
                         merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n = merit__stream_n_members(stream);
    archive->contents = merit__alloc_array(n, sizeof *archive->contents);
    if (archive->contents == NULL) {
        return merit__fail_memory(err, n * CONTENT_BYTES, merit__stream_name(stream));
    }
    for (size_t i = 0; i < n; i++) {
        MERIT_TRY(merit__stream_go_to(stream, i, err));
        const char *name = merit__stream_member(stream);
        if (!merit__member_is_folder(name)) {
            MERIT_TRY(describe(archive->contents[archive->names.n], stream, err));
            MERIT_TRY(merit__paths_add(&archive->names, name, strlen(name), err));
        }
    }
fail:
    return status;
}

merit_status merit_archive_open(merit_archive **out, const char *path, merit_error *err)
{
    static const merit__member_wish first = {.part = MERIT__PART_FIRST};
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    merit_archive *archive = NULL;
    if (out == NULL || path == NULL) {
        return merit__fail(err, MERIT_EINVAL, "no archive is given");
    }
    *out = NULL;
    MERIT_TRY(merit__stream_open_member(&stream, path, &first, UINT64_MAX, err));
    if (merit__stream_n_members(stream) == 0) {
        goto fail;
    }
    archive = merit__alloc_array(1, sizeof *archive);
    if (archive == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *archive, path));
    }
    MERIT_TRY(list(archive, stream, err));
    *out = archive;
    archive = NULL;

fail:
    merit__stream_close(stream);
    merit_archive_free(archive);
    return status;
}

int64_t merit_archive_n(const merit_archive *archive)
{
    return (int64_t)archive->names.n;
}

const char *merit_archive_name(const merit_archive *archive, int64_t i)
{
    return merit__paths_get(&archive->names, (size_t)i);
}

const char *merit_archive_content(const merit_archive *archive, int64_t i)
{
    return archive->contents[i];
}
