#include "base/file.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

// FNV-1a, 64 bits: any change of one byte changes it.
static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);
static const uint64_t hash_factor = UINT64_C(0x100000001b3);

enum { READ_BACK_BYTES_LIMIT = 1 << 30, BUFFER_BYTES = 16384 };

// What a file holds, as far as it tells two files apart.
typedef struct content {
    uint64_t n_bytes;
    uint64_t hash;
} content;

struct merit__new_file {
    int dir_fd;
    int fd;
    content written;
    char *path;       // as the caller gave it, for messages
    const char *name; // its last part, in `path`
    char temporary[64];
};

static void add_bytes(content *to, const char *bytes, size_t n)
{
    uint64_t hash = to->hash;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * hash_factor;
    }
    to->hash = hash;
    to->n_bytes += n;
}

// The directory of a path whose last part begins at name_at; the caller frees it.
static char *directory_of(const char *path, size_t name_at)
{
    return merit__copy_string(name_at == 0 ? "." : path, name_at == 0 ? 1 : name_at);
}

// Refuses what must not be replaced; *mode is that of the old file, or -1.
static merit_status examine_target(const merit__new_file *file, int *mode,
                                   merit_error *err)
{
    char shown[128];
    struct stat info;
    *mode = -1;
    if (file->name[0] == '\0') {
        return merit__fail_system(err, EISDIR, file->path, "write");
    }
    if (fstatat(file->dir_fd, file->name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? MERIT_OK
                               : merit__fail_system(err, errno, file->path, "write");
    }
    if (S_ISDIR(info.st_mode)) {
        return merit__fail_system(err, EISDIR, file->path, "write");
    }
    if (S_ISREG(info.st_mode)) {
        *mode = (int)(info.st_mode & 07777);
    } else if (!S_ISLNK(info.st_mode)) {
        return merit__fail(err, MERIT_EIO, "%s: cannot replace: not a regular file",
                           merit__printable_path(shown, sizeof shown, file->path));
    }
    return MERIT_OK;
}

static merit_status open_temporary(merit__new_file *file, merit_error *err)
{
    const int flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int reason = EEXIST;
    for (int attempt = 0; attempt < 100 && reason == EEXIST; attempt++) {
        uint64_t suffix = 0;
        if (getrandom(&suffix, sizeof suffix, 0) != (ssize_t)sizeof suffix) {
            reason = errno;
            break;
        }
        snprintf(file->temporary, sizeof file->temporary,
                 ".merit.%jd.%016" PRIx64 ".tmp", (intmax_t)getpid(), suffix);
        file->fd = openat(file->dir_fd, file->temporary, flags, 0666);
        if (file->fd >= 0) {
            return MERIT_OK;
        }
        reason = errno;
    }
    file->temporary[0] = '\0';
    return merit__fail_system(err, reason, file->path, "write");
}

merit_status merit__new_file_open(merit__new_file **out, const char *path,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *slash = strrchr(path, '/');
    size_t name_at = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *directory = directory_of(path, name_at);
    merit__new_file *file = merit__alloc_array(1, sizeof *file);
    int mode = -1;
    *out = NULL;
    if (file != NULL) {
        file->fd = -1;
        file->dir_fd = -1;
        file->written.hash = hash_start;
        file->path = merit__copy_string(path, strlen(path));
    }
    if (directory == NULL || file == NULL || file->path == NULL) {
        status = merit__fail_memory(err, strlen(path), "a file to write");
        goto fail;
    }
    file->name = file->path + name_at;
    file->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->dir_fd < 0) {
        status = merit__fail_system(err, errno, path, "write");
        goto fail;
    }
    MERIT_TRY(examine_target(file, &mode, err));
    MERIT_TRY(open_temporary(file, err));
    if (mode >= 0 && fchmod(file->fd, (mode_t)mode) != 0) {
        status = merit__fail_system(err, errno, path, "set the mode");
        goto fail;
    }
    *out = file;
    file = NULL;

fail:
    merit__new_file_discard(file);
    merit__free(directory);
    return status;
}

merit_status merit__new_file_write(merit__new_file *file, const void *bytes,
                                   size_t n_bytes, merit_error *err)
{
    const char *from = bytes;
    while (n_bytes > 0) {
        ssize_t n_written = write(file->fd, from, n_bytes);
        if (n_written < 0 && errno == EINTR) {
            continue;
        }
        if (n_written <= 0) {
            return merit__fail_system(err, n_written < 0 ? errno : EIO, file->path,
                                      "write");
        }
        add_bytes(&file->written, from, (size_t)n_written);
        from += n_written;
        n_bytes -= (size_t)n_written;
    }
    return MERIT_OK;
}

// Asks for the space before the first byte; file systems that cannot tell pass.
static merit_status reserve(merit__new_file *file, size_t n_bytes, merit_error *err)
{
    if (n_bytes == 0) {
        return MERIT_OK;
    }
    int reason = EINTR;
    while (reason == EINTR) {
        reason = posix_fallocate(file->fd, 0, (off_t)n_bytes);
    }
    if (reason == 0 || reason == EOPNOTSUPP || reason == EINVAL || reason == ENOSYS) {
        return MERIT_OK;
    }
    return merit__fail_system(err, reason, file->path, "write");
}

// Compares what the file holds with what was written, up to a limit: from the disk, if
// the system lets go of its copy. Through the descriptor that wrote it, as the mode may
// forbid to open the file for reading.
static merit_status read_back(const merit__new_file *file, merit_error *err)
{
    char bytes[BUFFER_BYTES];
    content found = {.hash = hash_start};
    const content *expected = &file->written;
    if (expected->n_bytes > READ_BACK_BYTES_LIMIT) {
        return MERIT_OK;
    }
    posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
    ssize_t n = 0;
    do {
        n = pread(file->fd, bytes, sizeof bytes, (off_t)found.n_bytes);
        if (n < 0 && errno != EINTR) {
            return merit__fail_system(err, errno, file->path, "read back");
        }
        add_bytes(&found, bytes, n > 0 ? (size_t)n : 0);
    } while (n != 0 && found.n_bytes <= expected->n_bytes);
    if (found.n_bytes != expected->n_bytes || found.hash != expected->hash) {
        char shown[128];
        return merit__fail(err, MERIT_EIO,
                           "%s: cannot write: other bytes came back from the disk than "
                           "were written; is it failing?",
                           merit__printable_path(shown, sizeof shown, file->path));
    }
    return MERIT_OK;
}

// Makes the bytes last, and sees to it that they are there.
static merit_status settle(const merit__new_file *file, merit_error *err)
{
    if (fsync(file->fd) != 0) {
        return merit__fail_system(err, errno, file->path, "sync");
    }
    return read_back(file, err);
}

// Commits; *is_unsettled tells that the bytes may not have reached the disk, so that
// only a new file can be trusted.
static merit_status commit(merit__new_file *file, int *is_unsettled, merit_error *err)
{
    merit_status status = settle(file, err);
    *is_unsettled = status != MERIT_OK;
    if (*is_unsettled) {
        goto fail;
    }
    int closed = close(file->fd);
    file->fd = -1;
    if (closed != 0) {
        status = merit__fail_system(err, errno, file->path, "write");
        goto fail;
    }
    if (renameat(file->dir_fd, file->temporary, file->dir_fd, file->name) != 0) {
        status = merit__fail_system(err, errno, file->path, "replace");
        goto fail;
    }
    file->temporary[0] = '\0';
    // EINVAL: this file system has nothing to sync in a directory.
    if (fsync(file->dir_fd) != 0 && errno != EINVAL) {
        status = merit__fail_system(err, errno, file->path, "sync the directory of it");
    }

fail:
    merit__new_file_discard(file);
    return status;
}

merit_status merit__new_file_commit(merit__new_file *file, merit_error *err)
{
    int is_unsettled = 0;
    return commit(file, &is_unsettled, err);
}

void merit__new_file_discard(merit__new_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        close(file->fd);
    }
    if (file->temporary[0] != '\0') {
        unlinkat(file->dir_fd, file->temporary, 0);
    }
    if (file->dir_fd >= 0) {
        close(file->dir_fd);
    }
    merit__free(file->path);
    merit__free(file);
}

static merit_status replace_once(const char *path, const void *bytes, size_t n_bytes,
                                 int *is_unsettled, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__new_file *file = NULL;
    *is_unsettled = 0;
    MERIT_TRY(merit__new_file_open(&file, path, err));
    MERIT_TRY(reserve(file, n_bytes, err));
    MERIT_TRY(merit__new_file_write(file, bytes, n_bytes, err));
    return commit(file, is_unsettled, err);

fail:
    merit__new_file_discard(file);
    return status;
}

merit_status merit__file_replace(const char *path, const void *bytes, size_t n_bytes,
                                 merit_error *err)
{
    int is_unsettled = 0;
    merit_status status = replace_once(path, bytes, n_bytes, &is_unsettled, err);
    if (is_unsettled) {
        // A second fsync of the same file may lie; a new file may land elsewhere.
        status = replace_once(path, bytes, n_bytes, &is_unsettled, err);
    }
    return status;
}
