#include "data/stream_object.h"

#include "base/fail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int raw_deflate_window_bits = -15; // zlib: the largest, no header

static const merit__member *member_of(const merit__stream *stream)
{
    return &stream->archive.members[stream->place];
}

// The name for messages is that of the file with the member's behind it.
static void name_member(merit__stream *stream)
{
    const char *member = merit__paths_get(&stream->archive.names.names, stream->place);
    char path[sizeof stream->file + 256];
    snprintf(path, sizeof path, "%s:%s", stream->file, member);
    merit__printable_path(stream->name, sizeof stream->name, path);
}

merit_status merit__stream_go_to(merit__stream *stream, size_t i, merit_error *err)
{
    if (stream->has_inflate) {
        inflateEnd(&stream->inflate);
    }
    stream->has_inflate = 0;
    stream->inflate.avail_in = 0;
    stream->place = i;
    stream->n_raw = stream->n_out = stream->n_filled = 0;
    stream->data_at = stream->data_end = 0;
    stream->is_member_done = stream->is_ended = 0;
    stream->crc = (uint32_t)crc32(0, NULL, 0);
    name_member(stream);
    if (lseek(stream->fd, (off_t)member_of(stream)->at, SEEK_SET) < 0) {
        return merit__fail_system(err, errno, stream->name, "read");
    }
    return member_of(stream)->is_deflated
               ? merit__stream_start_inflate(stream, raw_deflate_window_bits, err)
               : MERIT_OK;
}

merit_status merit__stream_start_member(merit__stream *stream,
                                        const merit__member_wish *wish,
                                        merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t place = 0;
    MERIT_TRY(merit__archive_read(&stream->archive, stream->fd, (uint64_t)stream->size,
                                  stream->name, err));
    MERIT_TRY(merit__member_choose(&place, &stream->archive, wish, stream->name, err));
    stream->kind = MERIT__STREAM_MEMBER;
    memcpy(stream->file, stream->name, sizeof stream->file);
    MERIT_TRY(merit__stream_go_to(stream, place, err));
fail:
    return status;
}

size_t merit__stream_n_members(const merit__stream *stream)
{
    return stream->archive.names.names.n;
}

// Up to n bytes of what is packed; at its end *n_read is 0.
static merit_status read_packed(merit__stream *stream, unsigned char *buffer, size_t n,
                                size_t *n_read, merit_error *err)
{
    uint64_t n_left = member_of(stream)->n_packed - stream->n_raw;
    n = n_left < n ? (size_t)n_left : n;
    merit_status status = merit__stream_read_file(stream, buffer, n, n_read, err);
    if (status == MERIT_OK && *n_read == 0 && n > 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, byte %" PRIu64 ": the file has become shorter",
                           stream->name, stream->n_raw);
    }
    return status;
}

static merit_status inflate_some(merit__stream *stream, unsigned char *out, size_t n,
                                 size_t *n_done, merit_error *err)
{
    z_stream *inflater = &stream->inflate;
    inflater->next_out = out;
    inflater->avail_out = (unsigned)n;
    while (inflater->avail_out == n && !stream->is_member_done) {
        if (inflater->avail_in == 0) {
            size_t n_read = 0;
            merit_status status =
                read_packed(stream, stream->raw, MERIT__STREAM_BYTES, &n_read, err);
            if (status != MERIT_OK) {
                return status;
            }
            if (n_read == 0) {
                return merit__fail(err, MERIT_EFORMAT,
                                   "%s: damaged zip data (no end within its %" PRIu64
                                   " bytes)",
                                   stream->name, stream->n_raw);
            }
            inflater->next_in = stream->raw;
            inflater->avail_in = (unsigned)n_read;
        }
        merit_status status =
            merit__stream_inflate(stream, &stream->is_member_done, "zip", err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    *n_done = n - inflater->avail_out;
    return MERIT_OK;
}

// All of the member, and nothing else, has come, and it is what was put in.
static merit_status check_end(const merit__stream *stream, merit_error *err)
{
    const merit__member *member = member_of(stream);
    if (stream->n_filled != member->n_bytes || stream->n_raw != member->n_packed ||
        stream->inflate.avail_in > 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: unpacks to %" PRIu64
                           " bytes, the directory of the zip archive says %" PRIu64,
                           stream->name, stream->n_filled, member->n_bytes);
    }
    if (stream->crc != member->crc) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: damaged zip data (its CRC-32 is %08" PRIX32
                           ", expected %08" PRIX32 ")",
                           stream->name, stream->crc, member->crc);
    }
    return MERIT_OK;
}

merit_status merit__stream_fill_member(merit__stream *stream, merit_error *err)
{
    const merit__member *member = member_of(stream);
    unsigned char *out = stream->data + stream->data_end;
    size_t n_room = MERIT__STREAM_BYTES - stream->data_end;
    size_t n = 0;
    merit_status status = member->is_deflated
                              ? inflate_some(stream, out, n_room, &n, err)
                              : read_packed(stream, out, n_room, &n, err);
    if (status != MERIT_OK) {
        return status;
    }
    stream->data_end += n;
    stream->n_filled += n;
    stream->crc = (uint32_t)crc32(stream->crc, out, (unsigned)n);
    if (stream->n_filled > member->n_bytes) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: unpacks to more than the %" PRIu64
                           " bytes that the directory of the zip archive says",
                           stream->name, member->n_bytes);
    }
    stream->is_ended = n == 0;
    return n == 0 ? check_end(stream, err) : MERIT_OK;
}
