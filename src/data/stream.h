/* The bytes of a file one after the other: plain; or gzip, or a member of a zip
 * archive, which are recognised by content and unpacked on the way. */
#ifndef MERIT_DATA_STREAM_H
#define MERIT_DATA_STREAM_H

#include "data/member_choice.h"
#include "merit/error.h"

typedef struct merit__stream merit__stream;

enum { MERIT__PEEK_BYTES = 512 }; // how far merit__stream_peek can look

/* Opens a regular file, or standard input for "-". EUNSUPPORTED for a directory, a
 * pipe or a device, EIO for what the system refuses. Handing out more than `limit`
 * bytes will be ENOMEM, however small the file. The caller closes. */
merit_status merit__stream_open(merit__stream **out, const char *path, uint64_t limit,
                                merit_error *err);

/* As above, and which member is meant when the file is a zip archive. That can also be
 * part of the path: "FILE:member", where nothing is called so. merit__stream_open asks
 * for the only one. EFORMAT or EUNSUPPORTED for damaged archives and what does not tell
 * a member. The content is checked against its CRC-32 when its end is reached. */
merit_status merit__stream_open_member(merit__stream **out, const char *path,
                                       const merit__member_wish *wish, uint64_t limit,
                                       merit_error *err);

/* The name of the member that is read, without ".npy"; NULL when the file is no
 * archive. */
const char *merit__stream_member(const merit__stream *stream);

/* "FILE:member" for another member of the archive, where `path` is what it was opened
 * by; NULL without memory. Free with merit__free. */
char *merit__stream_beside(const merit__stream *stream, const char *path,
                           const char *member);

/* The name of the member with the labels of this one, if one is called so; NULL. */
const char *merit__stream_labels(const merit__stream *stream);

/* The number of members, with folders; 0 when the file is no archive. */
size_t merit__stream_n_members(const merit__stream *stream);

/* Goes to the first byte of member i. */
merit_status merit__stream_go_to(merit__stream *stream, size_t i, merit_error *err);

/* NULL is allowed. */
void merit__stream_close(merit__stream *stream);

/* The path for messages: printable and short. */
const char *merit__stream_name(const merit__stream *stream);

/* The number of bytes handed out so far: the offset of the next one. */
uint64_t merit__stream_offset(const merit__stream *stream);

/* No more bytes than this can follow; *is_exact when it is what the file really
 * holds. For gzip it follows from the best ratio of the method, for a member of an
 * archive its directory says so and was checked to be possible, for standard input
 * nothing is known. A number from a header is compared with this before it is
 * believed. */
uint64_t merit__stream_most(const merit__stream *stream, int *is_exact);

/* The next n <= MERIT__PEEK_BYTES bytes, not consumed, valid until the next call;
 * *n_bytes is less than n only at the end. */
merit_status merit__stream_peek(merit__stream *stream, size_t n,
                                const unsigned char **bytes, size_t *n_bytes,
                                merit_error *err);

/* Reads n bytes; *n_read is less than n only at the end. EFORMAT for gzip data that
 * is damaged, incomplete or followed by something else, with the place. */
merit_status merit__stream_read(merit__stream *stream, void *buffer, size_t n,
                                size_t *n_read, merit_error *err);

/* Reads what there is, from 1 to n bytes; *n_read is 0 only at the end. */
merit_status merit__stream_read_some(merit__stream *stream, void *buffer, size_t n,
                                     size_t *n_read, merit_error *err);

/* Whether bytes can be read out of turn: a plain file: no gzip, no
 * archive, no standard input. */
int merit__stream_can_read_at(const merit__stream *stream);

/* Reads n bytes at an offset of such a file, apart from what merit__stream_read does;
 * *n_read is less than n only where the file ends. */
merit_status merit__stream_read_at(merit__stream *stream, void *buffer, size_t n,
                                   uint64_t offset, size_t *n_read, merit_error *err);

#endif
