/* Inside a stream: where its bytes come from, and where they wait. */
#ifndef MERIT_DATA_STREAM_OBJECT_H
#define MERIT_DATA_STREAM_OBJECT_H

#include "data/archive.h"
#include "data/stream.h"

#include <zlib.h>

enum { MERIT__STREAM_BYTES = 65536 };

enum merit__stream_kind {
    MERIT__STREAM_PLAIN,
    MERIT__STREAM_GZIP,
    MERIT__STREAM_MEMBER // of a zip archive
};

/* Where bytes go that are packed, and that are not:
 *
 *     file --> raw --inflate--> data[data_at, data_end) --> the caller
 *     file -------------------> data[data_at, data_end) --> the caller */
struct merit__stream {
    enum merit__stream_kind kind;
    int fd;
    int64_t size;  // of the file; -1 for standard input
    size_t n_path; // bytes of the path that name the file, not the member
    uint64_t limit;
    uint64_t n_raw;     // bytes read from the file, or of the member
    uint64_t n_out;     // bytes handed out
    int is_member_done; // between two gzip members, or after the last
    int is_ended;       // nothing will be added to data
    size_t data_at, data_end;
    int has_inflate; // it must be ended
    z_stream inflate;
    merit__archive archive; // empty unless the file is one
    size_t place;           // of the member there
    uint64_t n_filled;      // bytes of the member that were added to data
    uint32_t crc;           // of these
    char file[112];         // for messages, without the member
    char name[112];         // with it
    unsigned char raw[MERIT__STREAM_BYTES];
    unsigned char data[MERIT__STREAM_BYTES];
};

/* One read(2) of up to n bytes; *n_read 0 is the end. */
merit_status merit__stream_read_file(merit__stream *stream, unsigned char *buffer,
                                     size_t n, size_t *n_read, merit_error *err);

/* Makes ready to inflate what zlib calls window bits; ENOMEM. */
merit_status merit__stream_start_inflate(merit__stream *stream, int window_bits,
                                         merit_error *err);

/* One call of inflate; EFORMAT "damaged <what> data", ENOMEM. */
merit_status merit__stream_inflate(merit__stream *stream, int *is_end, const char *what,
                                   merit_error *err);

/* Each adds at least one byte to data, where there is room, or sets is_ended. */
merit_status merit__stream_fill_gzip(merit__stream *stream, merit_error *err);
merit_status merit__stream_fill_member(merit__stream *stream, merit_error *err);

/* In stream_member.c: reads the directory of a file that is an archive, chooses the
 * member and goes to its first byte. */
merit_status merit__stream_start_member(merit__stream *stream,
                                        const merit__member_wish *wish,
                                        merit_error *err);

#endif
