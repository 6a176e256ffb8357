/* Files: bounded reading, and replacement that never leaves half a file. */
#ifndef MERIT_BASE_FILE_H
#define MERIT_BASE_FILE_H

#include "merit/error.h"

/* Reads a regular file (no pipe, no device) of at most `limit` bytes into *bytes,
 * followed by a 0 byte. "-" reads standard input. ENOMEM names the limit, EIO the
 * cause. The caller frees with merit__free. */
merit_status merit__file_read(char **bytes, size_t *n_bytes, const char *path,
                              size_t limit, merit_error *err);

/* Reads n bytes at an offset of an open file, apart from its position; *n_read is less
 * than n only where the file ends. EIO; `path` is for messages. */
merit_status merit__file_read_at(int fd, void *bytes, size_t n, uint64_t offset,
                                 size_t *n_read, const char *path, merit_error *err);

/* A file being written beside its final name. */
typedef struct merit__new_file merit__new_file;

/* Opens a temporary file ".merit.<pid>.<random>.tmp" in the directory of `path`; its
 * mode is that of the file it will replace, or follows the umask. A symbolic link at
 * `path` will be replaced, not followed; a directory or a device is refused. */
merit_status merit__new_file_open(merit__new_file **out, const char *path,
                                  merit_error *err);

/* Appends bytes; short writes and EINTR are handled. */
merit_status merit__new_file_write(merit__new_file *file, const void *bytes,
                                   size_t n_bytes, merit_error *err);

/* Syncs the file, reads it back (up to 1 GB) and compares, renames it over `path` and
 * syncs the directory; or removes it. Both free the object. After any failure the old
 * file is untouched and the temporary one is gone; only when the directory itself
 * cannot be synced is the new file in place already. */
merit_status merit__new_file_commit(merit__new_file *file, merit_error *err);
void merit__new_file_discard(merit__new_file *file);

/* All of it in one call, and once more with another file when the bytes of the first
 * one could not be synced or came back changed. */
merit_status merit__file_replace(const char *path, const void *bytes, size_t n_bytes,
                                 merit_error *err);

/* dir + "/" + name in memory that the caller frees with merit__free; NULL without
 * memory. */
char *merit__path_join(const char *dir, const char *name);

#endif
