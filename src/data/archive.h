/* The directory of a zip archive, such as .npz: which members it has and where they
 * lie.
 *
 * Only what NumPy and ordinary zip programs write is accepted: one file, members stored
 * or deflated, nothing encrypted, headers and directory that agree, and no byte that is
 * not accounted for. An archive that can be read in two ways is refused. */
#ifndef MERIT_DATA_ARCHIVE_H
#define MERIT_DATA_ARCHIVE_H

#include "data/name_set.h"

enum {
    MERIT__MEMBERS_MAX = 4096,
    // The best of the method, in gzip too: 258 bytes from two codes of one bit each.
    MERIT__DEFLATE_RATIO = 1032
};

typedef struct merit__member {
    uint64_t at;       // of its bytes in the file
    uint64_t n_packed; // bytes there
    uint64_t n_bytes;  // of its content
    uint32_t crc;      // CRC-32 of its content
    int is_deflated;   // else stored
} merit__member;

/* Zero is an archive without members. */
typedef struct merit__archive {
    merit__name_set names;  // [n] as stored, but without ".npy" at the end
    merit__member *members; // [n], owned
} merit__archive;

/* Reads the directory of an open file of `size` bytes, leaving its position alone.
 * EFORMAT for what is damaged, incomplete or ambiguous, with the byte; EUNSUPPORTED for
 * encryption and other methods; ENOMEM for more than 4,096 members; EIO. `name` is the
 * file's, for messages. Dispose of *out in any case. */
merit_status merit__archive_read(merit__archive *out, int fd, uint64_t size,
                                 const char *name, merit_error *err);

/* Whether a file that begins with these bytes is a zip archive. */
int merit__archive_probe(const unsigned char *head, size_t n_bytes);

void merit__archive_dispose(merit__archive *archive);

#endif
