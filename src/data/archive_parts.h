/* Reading the directory of a zip archive, in progress. */
#ifndef MERIT_DATA_ARCHIVE_PARTS_H
#define MERIT_DATA_ARCHIVE_PARTS_H

#include "data/archive.h"

#include <string.h>

enum { MERIT__ARCHIVE_NAME_BYTES = 255, MERIT__ARCHIVE_EXTRA_BYTES = 65535 };

// Where a member begins and ends, to see that they follow each other.
typedef struct merit__extent {
    uint64_t begin, end;
    int has_descriptor; // some bytes more
} merit__extent;

typedef struct merit__archive_reading {
    int fd;
    uint64_t size;
    const char *name;
    merit__archive *out;
    uint64_t directory_at, directory_end;
    size_t n;               // members that the end says there are
    merit__extent *extents; // [n], owned
    merit_error *err;
    char member[MERIT__ARCHIVE_NAME_BYTES + 1];
    unsigned char extra[MERIT__ARCHIVE_EXTRA_BYTES];
} merit__archive_reading;

/* EFORMAT: "name, byte <at>: zip archive: <what>". */
merit_status merit__archive_fail(const merit__archive_reading *r, uint64_t at,
                                 const char *what);

/* Exactly n bytes at an offset; EFORMAT where the file ends, EIO. */
merit_status merit__archive_bytes(const merit__archive_reading *r, void *out, size_t n,
                                  uint64_t at);

/* In archive_end.c: from the record at the very end, n and where the directory is. */
merit_status merit__archive_end(merit__archive_reading *r);

/* Little-endian numbers of 2, 4 and 8 bytes. */
static inline unsigned merit__get2(const unsigned char *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static inline uint32_t merit__get4(const unsigned char *at)
{
    return merit__get2(at) | (uint32_t)merit__get2(at + 2) << 16;
}

static inline uint64_t merit__get8(const unsigned char *at)
{
    return merit__get4(at) | (uint64_t)merit__get4(at + 4) << 32;
}

/* Whether 4 bytes are the mark that a record begins with. */
static inline int merit__has_sign(const unsigned char *at, const char *sign)
{
    return memcmp(at, sign, 4) == 0;
}

#endif
