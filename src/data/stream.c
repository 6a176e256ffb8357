#include "data/stream.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER_BYTES = 65536,
    GZIP_WINDOW_BITS = 15 + 16, // zlib: the largest window, gzip format only
    DEFLATE_RATIO = 1032        // 258 bytes from two codes of one bit each
};

/* file --> raw (gzip only) --inflate--> data[data_at, data_end) --> the caller */
struct merit__stream {
    int fd;
    int64_t size; // of the file; -1 for standard input
    uint64_t limit;
    uint64_t n_raw; // bytes read from the file
    uint64_t n_out; // bytes handed out
    int is_gzip;
    int is_member_done; // between two gzip members, or after the last
    int is_ended;       // nothing will be added to data
    size_t data_at, data_end;
    z_stream inflate;
    char name[112];
    unsigned char raw[BUFFER_BYTES];
    unsigned char data[BUFFER_BYTES];
};

static void *zlib_alloc(void *opaque, unsigned n, unsigned size)
{
    (void)opaque;
    return merit__alloc_array(n, size);
}

static void zlib_free(void *opaque, void *memory)
{
    (void)opaque;
    merit__free(memory);
}

// One read(2) of up to n bytes; *n_read 0 is the end.
static merit_status read_file(merit__stream *stream, unsigned char *buffer, size_t n,
                              size_t *n_read, merit_error *err)
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

static merit_status open_file(merit__stream *stream, const char *path, merit_error *err)
{
    if (strcmp(path, "-") == 0) {
        stream->fd = STDIN_FILENO;
        stream->size = -1;
        return MERIT_OK;
    }
    // O_NONBLOCK: opening a pipe that nobody writes to must not wait.
    stream->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (stream->fd < 0 || fstat(stream->fd, &info) != 0) {
        return merit__fail_system(err, errno, stream->name, "open");
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

// Looks at the first bytes and gets ready for gzip or plain.
static merit_status recognise(merit__stream *stream, merit_error *err)
{
    size_t n = 0;
    size_t n_read = 1;
    while (n < 2 && n_read > 0) {
        merit_status status =
            read_file(stream, stream->raw + n, BUFFER_BYTES - n, &n_read, err);
        if (status != MERIT_OK) {
            return status;
        }
        n += n_read;
    }
    stream->is_gzip = n >= 2 && stream->raw[0] == 0x1f && stream->raw[1] == 0x8b;
    if (!stream->is_gzip) {
        memcpy(stream->data, stream->raw, n);
        stream->data_end = n;
        return MERIT_OK;
    }
    stream->inflate = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free};
    stream->inflate.next_in = stream->raw;
    stream->inflate.avail_in = (unsigned)n;
    if (inflateInit2(&stream->inflate, GZIP_WINDOW_BITS) != Z_OK) {
        stream->is_gzip = 0; // nothing for close to end
        return merit__fail_memory(err, 1 << 15, stream->name);
    }
    return MERIT_OK;
}

merit_status merit__stream_open(merit__stream **out, const char *path, uint64_t limit,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    merit__stream *stream = merit__alloc_array(1, sizeof *stream);
    if (stream == NULL) {
        return merit__fail_memory(err, sizeof *stream, "reading a file");
    }
    stream->fd = -1;
    stream->limit = limit;
    merit__printable_path(stream->name, sizeof stream->name,
                          strcmp(path, "-") == 0 ? "standard input" : path);
    MERIT_TRY(open_file(stream, path, err));
    MERIT_TRY(recognise(stream, err));
    *out = stream;
    return MERIT_OK;

fail:
    merit__stream_close(stream);
    return status;
}

void merit__stream_close(merit__stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->is_gzip) {
        inflateEnd(&stream->inflate);
    }
    if (stream->fd >= 0 && stream->size >= 0) {
        close(stream->fd);
    }
    merit__free(stream);
}

const char *merit__stream_name(const merit__stream *stream)
{
    return stream->name;
}

uint64_t merit__stream_offset(const merit__stream *stream)
{
    return stream->n_out;
}

uint64_t merit__stream_most(const merit__stream *stream, int *is_exact)
{
    *is_exact = stream->size >= 0 && !stream->is_gzip;
    if (stream->size < 0) {
        return UINT64_MAX;
    }
    uint64_t size = (uint64_t)stream->size;
    if (stream->is_gzip &&
        __builtin_mul_overflow(size, (uint64_t)DEFLATE_RATIO, &size)) {
        return UINT64_MAX;
    }
    return size > stream->n_out ? size - stream->n_out : 0;
}

// Gets input for inflate; at a clean end of the file sets is_ended.
static merit_status feed_inflate(merit__stream *stream, merit_error *err)
{
    z_stream *inflater = &stream->inflate;
    if (inflater->avail_in == 0) {
        size_t n = 0;
        merit_status status = read_file(stream, stream->raw, BUFFER_BYTES, &n, err);
        if (status != MERIT_OK) {
            return status;
        }
        inflater->next_in = stream->raw;
        inflater->avail_in = (unsigned)n;
    }
    if (inflater->avail_in == 0 && !stream->is_member_done) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, byte %" PRIu64
                           ": the gzip data ends too early. Is the download complete?",
                           stream->name, stream->n_raw);
    }
    if (inflater->avail_in == 0) {
        stream->is_ended = 1;
    } else if (stream->is_member_done) {
        if (inflater->next_in[0] != 0x1f) {
            return merit__fail(err, MERIT_EFORMAT,
                               "%s, byte %" PRIu64
                               ": something that is not gzip follows the gzip data",
                               stream->name, stream->n_raw - inflater->avail_in);
        }
        inflateReset(inflater);
        stream->is_member_done = 0;
    }
    return MERIT_OK;
}

static merit_status fill_from_gzip(merit__stream *stream, merit_error *err)
{
    z_stream *inflater = &stream->inflate;
    unsigned n_room = (unsigned)(BUFFER_BYTES - stream->data_end);
    inflater->next_out = stream->data + stream->data_end;
    inflater->avail_out = n_room;
    while (inflater->avail_out == n_room) {
        merit_status status = feed_inflate(stream, err);
        if (status != MERIT_OK || stream->is_ended) {
            return status;
        }
        int result = inflate(inflater, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR) {
            return merit__fail_memory(err, 1 << 15, stream->name);
        }
        if (result != Z_OK && result != Z_STREAM_END) {
            return merit__fail(
                err, MERIT_EFORMAT, "%s, byte %" PRIu64 ": damaged gzip data (%s)",
                stream->name, stream->n_raw - inflater->avail_in,
                inflater->msg != NULL ? inflater->msg : "no reason given");
        }
        stream->is_member_done = result == Z_STREAM_END;
    }
    stream->data_end += n_room - inflater->avail_out;
    return MERIT_OK;
}

// Adds at least one byte to data, or sets is_ended; there must be room.
static merit_status fill(merit__stream *stream, merit_error *err)
{
    size_t n_left = stream->data_end - stream->data_at;
    memmove(stream->data, stream->data + stream->data_at, n_left);
    stream->data_at = 0;
    stream->data_end = n_left;
    if (stream->is_gzip) {
        return fill_from_gzip(stream, err);
    }
    size_t n = 0;
    merit_status status =
        read_file(stream, stream->data + n_left, BUFFER_BYTES - n_left, &n, err);
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
        return merit__fail(err, MERIT_ENOMEM,
                           "%s: more than the limit of %" PRIu64 " bytes%s",
                           stream->name, stream->limit,
                           stream->is_gzip ? " after decompression" : "");
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
    return stream->size >= 0 && !stream->is_gzip;
}

merit_status merit__stream_read_at(merit__stream *stream, void *buffer, size_t n,
                                   uint64_t offset, size_t *n_read, merit_error *err)
{
    ssize_t n_part = 1;
    *n_read = 0;
    while (*n_read < n && n_part > 0) {
        n_part = pread(stream->fd, (unsigned char *)buffer + *n_read, n - *n_read,
                       (off_t)(offset + *n_read));
        if (n_part < 0 && errno == EINTR) {
            n_part = 1;
            continue;
        }
        if (n_part < 0) {
            return merit__fail_system(err, errno, stream->name, "read");
        }
        *n_read += (size_t)n_part;
    }
    return MERIT_OK;
}
