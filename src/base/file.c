#include "base/file.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Reads until the end of `fd`; *bytes may have room already. EOF, not the size told
// by the system, ends a file: it may grow or shrink meanwhile.
static merit_status read_all(int fd, char **bytes, size_t *n_bytes, size_t n_capacity,
                             const char *path, size_t limit, merit_error *err)
{
    char shown[128];
    size_t n = 0;
    for (;;) {
        if (n + 1 >= n_capacity &&
            merit__grow_array((void **)bytes, &n_capacity, n + 4096, 1) != 0) {
            return merit__fail_memory(err, n + 4096,
                                      merit__printable_path(shown, sizeof shown, path));
        }
        ssize_t n_read = read(fd, *bytes + n, n_capacity - 1 - n);
        if (n_read < 0 && errno == EINTR) {
            continue;
        }
        if (n_read < 0) {
            return merit__fail_system(err, errno, path, "read");
        }
        if (n_read == 0) {
            break;
        }
        n += (size_t)n_read;
        if (n > limit) {
            return merit__fail(err, MERIT_ENOMEM, "%s: more than the limit, %zu bytes",
                               merit__printable_path(shown, sizeof shown, path), limit);
        }
    }
    (*bytes)[n] = '\0';
    *n_bytes = n;
    return MERIT_OK;
}

// Opens a regular file for reading and checks its size against the limit.
static merit_status open_regular(int *out, size_t *size, const char *path, size_t limit,
                                 merit_error *err)
{
    char shown[128];
    merit_status status = MERIT_OK;
    struct stat info;
    // O_NONBLOCK: opening a pipe without a writer must not wait.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &info) != 0) {
        status = merit__fail_system(err, errno, path, "open");
        goto fail;
    }
    if (S_ISDIR(info.st_mode)) {
        status = merit__fail_system(err, EISDIR, path, "read");
        goto fail;
    }
    if (!S_ISREG(info.st_mode)) {
        status = merit__fail(err, MERIT_EIO,
                             "%s: not a regular file; use - for standard input",
                             merit__printable_path(shown, sizeof shown, path));
        goto fail;
    }
    if ((uintmax_t)info.st_size > limit) {
        status = merit__fail(err, MERIT_ENOMEM, "%s: %jd bytes, the limit is %zu",
                             merit__printable_path(shown, sizeof shown, path),
                             (intmax_t)info.st_size, limit);
        goto fail;
    }
    *out = fd;
    *size = (size_t)info.st_size;
    return MERIT_OK;

fail:
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

merit_status merit__file_read_at(int fd, void *bytes, size_t n, uint64_t offset,
                                 size_t *n_read, const char *path, merit_error *err)
{
    ssize_t n_part = 1;
    *n_read = 0;
    while (*n_read < n && n_part != 0) {
        n_part =
            pread(fd, (char *)bytes + *n_read, n - *n_read, (off_t)(offset + *n_read));
        if (n_part < 0 && errno != EINTR) {
            return merit__fail_system(err, errno, path, "read");
        }
        *n_read += n_part > 0 ? (size_t)n_part : 0;
    }
    return MERIT_OK;
}

merit_status merit__file_read(char **bytes, size_t *n_bytes, const char *path,
                              size_t limit, merit_error *err)
{
    int is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "standard input" : path;
    merit_status status = MERIT_OK;
    int fd = is_stdin ? STDIN_FILENO : -1;
    size_t size = 0;
    char *buffer = NULL;
    *bytes = NULL;
    *n_bytes = 0;
    if (!is_stdin) {
        MERIT_TRY(open_regular(&fd, &size, path, limit, err));
    }
    // One byte for the end, one so that a file of the told size is read at once.
    size_t n_capacity = size + 2;
    buffer = merit__alloc_array(n_capacity, 1);
    if (buffer == NULL) {
        status = merit__fail_memory(err, n_capacity, name);
        goto fail;
    }
    MERIT_TRY(read_all(fd, &buffer, n_bytes, n_capacity, name, limit, err));
    *bytes = buffer;
    buffer = NULL;

fail:
    merit__free(buffer);
    if (!is_stdin && fd >= 0) {
        close(fd);
    }
    return status;
}

char *merit__path_join(const char *dir, const char *name)
{
    size_t n_dir = strlen(dir);
    size_t n_name = strlen(name);
    size_t n_slash = n_dir > 0 && dir[n_dir - 1] != '/' ? 1 : 0;
    size_t n = 0;
    if (__builtin_add_overflow(n_dir, n_name, &n) ||
        __builtin_add_overflow(n, n_slash + 1, &n)) {
        return NULL;
    }
    char *path = merit__alloc_array(n, 1);
    if (path != NULL) {
        memcpy(path, dir, n_dir);
        memcpy(path + n_dir, "/", n_slash);
        memcpy(path + n_dir + n_slash, name, n_name);
    }
    return path;
}
