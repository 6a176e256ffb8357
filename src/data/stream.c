#include "data/stream.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "data/stream_object.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    GZIP_WINDOW_BITS = 15 + 16, // zlib: the largest window, gzip format only
    SIGN_BYTES = 4              // enough to tell gzip and zip from all else
};

merit_status merit__stream_read_file(merit__stream *stream, unsigned char *buffer,
                                     size_t n, size_t *n_read, merit_error *err)
{
    ssize_t result = 0;
    do {
        result = read(stream->fd, buffer, n);
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
        return merit__fail_system(err, errno, stream->name, "read");
    }
    *n_read = (size_t)result;
    stream->n_raw += (uint64_t)result;
    return MERIT_OK;
}

// O_NONBLOCK: opening a pipe that nobody writes to must not wait.
static int open_path(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

// "FILE:member" where nothing has the whole name: opens FILE, whose name the stream has
// from now on; *member is the rest. What is no such path stays unopened.
static merit_status open_before_colon(merit__stream *stream, const char *path,
                                      const char **member, merit_error *err)
{
    const char *colon = strrchr(path, ':');
    if (colon == NULL) {
        return MERIT_OK;
    }
    char *file = merit__copy_string(path, (size_t)(colon - path));
    if (file == NULL) {
        return merit__fail_memory(err, strlen(path), "reading a file");
    }
    stream->fd = open_path(file);
    if (stream->fd >= 0) {
        *member = colon + 1;
        stream->n_path = (size_t)(colon - path);
        merit__printable_path(stream->name, sizeof stream->name, file);
    }
    merit__free(file);
    return MERIT_OK;
}

static merit_status open_file(merit__stream *stream, const char *path,
                              const char **member, merit_error *err)
{
    if (strcmp(path, "-") == 0) {
        stream->fd = STDIN_FILENO;
        stream->size = -1;
        return MERIT_OK;
    }
    stream->fd = open_path(path);
    int error_number = errno;
    if (stream->fd < 0 && error_number == ENOENT) {
        merit_status status = open_before_colon(stream, path, member, err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    struct stat info;
    if (stream->fd < 0 || fstat(stream->fd, &info) != 0) {
        return merit__fail_system(err, stream->fd < 0 ? error_number : errno,
                                  stream->name, "open");
    }
    if (S_ISDIR(info.st_mode)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s: is a directory, expected a file", stream->name);
    }
    if (!S_ISREG(info.st_mode)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s: is a pipe or a device, expected a regular file; use - "
                           "for standard input",
                           stream->name);
    }
    stream->size = info.st_size;
    return MERIT_OK;
}

// Looks at the first bytes and gets ready for gzip, an archive or plain.
static merit_status recognise(merit__stream *stream, const merit__member_wish *wish,
                              merit_error *err)
{
    size_t n = 0;
    size_t n_read = 1;
    while (n < SIGN_BYTES && n_read > 0) {
        merit_status status = merit__stream_read_file(
            stream, stream->raw + n, MERIT__STREAM_BYTES - n, &n_read, err);
        if (status != MERIT_OK) {
            return status;
        }
        n += n_read;
    }
    if (stream->size >= 0 && merit__archive_probe(stream->raw, n)) {
        return merit__stream_start_member(stream, wish, err);
    }
    if (n >= 2 && stream->raw[0] == 0x1f && stream->raw[1] == 0x8b) {
        stream->kind = MERIT__STREAM_GZIP;
        merit_status status =
            merit__stream_start_inflate(stream, GZIP_WINDOW_BITS, err);
        stream->inflate.next_in = stream->raw;
        stream->inflate.avail_in = (unsigned)n;
        return status;
    }
    memcpy(stream->data, stream->raw, n);
    stream->data_end = n;
    return MERIT_OK;
}

merit_status merit__stream_open_member(merit__stream **out, const char *path,
                                       const merit__member_wish *wish, uint64_t limit,
                                       merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *member = NULL; // that the path names
    merit__member_wish named = *wish;
    *out = NULL;
    merit__stream *stream = merit__alloc_array(1, sizeof *stream);
    if (stream == NULL) {
        return merit__fail_memory(err, sizeof *stream, "reading a file");
    }
    stream->fd = -1;
    stream->limit = limit;
    stream->n_path = strlen(path);
    merit__printable_path(stream->name, sizeof stream->name,
                          strcmp(path, "-") == 0 ? "standard input" : path);
    MERIT_TRY(open_file(stream, path, &member, err));
    named.name = member != NULL ? member : wish->name;
    MERIT_TRY(recognise(stream, &named, err));
    if (member != NULL && stream->kind != MERIT__STREAM_MEMBER) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                              "%s: is no zip archive (.npz), so it has no array "
                              "\"%.40s\"",
                              stream->name, member));
    }
    *out = stream;
    return MERIT_OK;

fail:
    merit__stream_close(stream);
    return status;
}

merit_status merit__stream_open(merit__stream **out, const char *path, uint64_t limit,
                                merit_error *err)
{
    static const merit__member_wish any = {.part = MERIT__PART_ANY};
    return merit__stream_open_member(out, path, &any, limit, err);
}

void merit__stream_close(merit__stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->has_inflate) {
        inflateEnd(&stream->inflate);
    }
    merit__archive_dispose(&stream->archive);
    if (stream->fd >= 0 && stream->size >= 0) {
        close(stream->fd);
    }
    merit__free(stream);
}

const char *merit__stream_name(const merit__stream *stream)
{
    return stream->name;
}

const char *merit__stream_member(const merit__stream *stream)
{
    return stream->kind == MERIT__STREAM_MEMBER
               ? merit__paths_get(&stream->archive.names.names, stream->place)
               : NULL;
}

char *merit__stream_beside(const merit__stream *stream, const char *path,
                           const char *member)
{
    size_t n = stream->n_path + 1 + strlen(member);
    char *out = merit__alloc_array(n + 1, 1);
    if (out != NULL) {
        snprintf(out, n + 1, "%.*s:%s", (int)stream->n_path, path, member);
    }
    return out;
}

const char *merit__stream_labels(const merit__stream *stream)
{
    int64_t place = stream->kind == MERIT__STREAM_MEMBER
                        ? merit__member_labels(&stream->archive, stream->place)
                        : -1;
    return place >= 0 ? merit__paths_get(&stream->archive.names.names, (size_t)place)
                      : NULL;
}

uint64_t merit__stream_offset(const merit__stream *stream)
{
    return stream->n_out;
}

uint64_t merit__stream_most(const merit__stream *stream, int *is_exact)
{
    *is_exact = merit__stream_can_read_at(stream);
    if (stream->size < 0) {
        return UINT64_MAX;
    }
    uint64_t size = (uint64_t)stream->size;
    if (stream->kind == MERIT__STREAM_MEMBER) {
        size = stream->archive.members[stream->place].n_bytes;
    } else if (stream->kind == MERIT__STREAM_GZIP &&
               __builtin_mul_overflow(size, (uint64_t)MERIT__DEFLATE_RATIO, &size)) {
        return UINT64_MAX;
    }
    return size > stream->n_out ? size - stream->n_out : 0;
}

// Adds at least one byte to data, or sets is_ended; there must be room.
static merit_status fill(merit__stream *stream, merit_error *err)
{
    size_t n_left = stream->data_end - stream->data_at;
    memmove(stream->data, stream->data + stream->data_at, n_left);
    stream->data_at = 0;
    stream->data_end = n_left;
    if (stream->kind == MERIT__STREAM_GZIP) {
        return merit__stream_fill_gzip(stream, err);
    }
    if (stream->kind == MERIT__STREAM_MEMBER) {
        return merit__stream_fill_member(stream, err);
    }
    size_t n = 0;
    merit_status status = merit__stream_read_file(
        stream, stream->data + n_left, MERIT__STREAM_BYTES - n_left, &n, err);
    stream->data_end += n;
    stream->is_ended = n == 0;
    return status;
}

merit_status merit__stream_peek(merit__stream *stream, size_t n,
                                const unsigned char **bytes, size_t *n_bytes,
                                merit_error *err)
{
    n = n < MERIT__PEEK_BYTES ? n : MERIT__PEEK_BYTES;
    while (stream->data_end - stream->data_at < n && !stream->is_ended) {
        merit_status status = fill(stream, err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    size_t n_there = stream->data_end - stream->data_at;
    *bytes = stream->data + stream->data_at;
    *n_bytes = n_there < n ? n_there : n;
    return MERIT_OK;
}

merit_status merit__stream_read_some(merit__stream *stream, void *buffer, size_t n,
                                     size_t *n_read, merit_error *err)
{
    *n_read = 0;
    if (stream->data_at == stream->data_end && !stream->is_ended) {
        merit_status status = fill(stream, err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    size_t n_there = stream->data_end - stream->data_at;
    n = n_there < n ? n_there : n;
    if (n > stream->limit - stream->n_out) {
        return merit__fail(
            err, MERIT_ENOMEM, "%s: more than the limit of %" PRIu64 " bytes%s",
            stream->name, stream->limit,
            stream->kind != MERIT__STREAM_PLAIN ? " after decompression" : "");
    }
    memcpy(buffer, stream->data + stream->data_at, n);
    stream->data_at += n;
    stream->n_out += n;
    *n_read = n;
    return MERIT_OK;
}

merit_status merit__stream_read(merit__stream *stream, void *buffer, size_t n,
                                size_t *n_read, merit_error *err)
{
    size_t n_part = 1;
    *n_read = 0;
    while (*n_read < n && n_part > 0) {
        merit_status status = merit__stream_read_some(
            stream, (unsigned char *)buffer + *n_read, n - *n_read, &n_part, err);
        if (status != MERIT_OK) {
            return status;
        }
        *n_read += n_part;
    }
    return MERIT_OK;
}

int merit__stream_can_read_at(const merit__stream *stream)
{
    return stream->size >= 0 && stream->kind == MERIT__STREAM_PLAIN;
}

merit_status merit__stream_read_at(merit__stream *stream, void *buffer, size_t n,
                                   uint64_t offset, size_t *n_read, merit_error *err)
{
    return merit__file_read_at(stream->fd, buffer, n, offset, n_read, stream->name,
                               err);
}
