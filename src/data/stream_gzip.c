#include "data/stream_object.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <inttypes.h>

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

merit_status merit__stream_start_inflate(merit__stream *stream, int window_bits,
                                         merit_error *err)
{
    stream->inflate = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free};
    stream->has_inflate = inflateInit2(&stream->inflate, window_bits) == Z_OK;
    return stream->has_inflate ? MERIT_OK
                               : merit__fail_memory(err, 1 << 15, stream->name);
}

merit_status merit__stream_inflate(merit__stream *stream, int *is_end, const char *what,
                                   merit_error *err)
{
    z_stream *inflater = &stream->inflate;
    int result = inflate(inflater, Z_NO_FLUSH);
    *is_end = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) {
        return merit__fail_memory(err, 1 << 15, stream->name);
    }
    if (result == Z_OK || result == Z_STREAM_END) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EFORMAT, "%s, byte %" PRIu64 ": damaged %s data (%s)",
                       stream->name, stream->n_raw - inflater->avail_in, what,
                       inflater->msg != NULL ? inflater->msg : "no reason given");
}

// Gets input for inflate; at a clean end of the file sets is_ended.
static merit_status feed_inflate(merit__stream *stream, merit_error *err)
{
    z_stream *inflater = &stream->inflate;
    if (inflater->avail_in == 0) {
        size_t n = 0;
        merit_status status =
            merit__stream_read_file(stream, stream->raw, MERIT__STREAM_BYTES, &n, err);
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

merit_status merit__stream_fill_gzip(merit__stream *stream, merit_error *err)
{
    z_stream *inflater = &stream->inflate;
    unsigned n_room = (unsigned)(MERIT__STREAM_BYTES - stream->data_end);
    inflater->next_out = stream->data + stream->data_end;
    inflater->avail_out = n_room;
    while (inflater->avail_out == n_room) {
        merit_status status = feed_inflate(stream, err);
        if (status != MERIT_OK || stream->is_ended) {
            return status;
        }
        status = merit__stream_inflate(stream, &stream->is_member_done, "gzip", err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    stream->data_end += n_room - inflater->avail_out;
    return MERIT_OK;
}
