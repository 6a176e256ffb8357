#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

static const char *const lock_name = ".merit.lock";

/* Makes a new entry of `path/..` last through a power failure; a file system that
 * cannot has done what it could. */
static void sync_parent(const char *path)
{
    char *parent = merit__path_join(path, "..");
    int directory =
        parent == NULL ? -1 : open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
    merit__free(parent);
}

int merit__is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

merit_status merit__directory_make(const char *path, merit_error *err)
{
    struct stat about;
    if (mkdir(path, 0777) == 0) {
        sync_parent(path);
        return MERIT_OK;
    }
    if (errno == EEXIST && stat(path, &about) == 0) {
        if (S_ISDIR(about.st_mode)) {
            return MERIT_OK;
        }
        errno = ENOTDIR;
    }
    return merit__fail_system(err, errno, path, "make the directory");
}

int merit__directory_for_each(const char *path,
                              void (*visit)(void *context, int dir, const char *name),
                              void *context)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return errno;
    }
    errno = 0;
    const struct dirent *entry = readdir(dir);
    while (entry != NULL) {
        visit(context, dirfd(dir), entry->d_name);
        errno = 0;
        entry = readdir(dir);
    }
    int failure = errno;
    closedir(dir);
    return failure;
}

static void count_visible(void *context, int dir, const char *name)
{
    (void)dir;
    int64_t *n = context;
    *n += name[0] != '.';
}

merit_status merit__directory_expect_empty(const char *path, merit_error *err)
{
    char shown[160];
    int64_t n = 0;
    int failure = merit__directory_for_each(path, count_visible, &n);
    if (failure != 0) {
        return merit__fail_system(err, failure, path, "read the directory");
    }
    if (n > 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s already exists and holds other files; choose another "
                           "directory",
                           merit__printable_path(shown, sizeof shown, path));
    }
    return MERIT_OK;
}

/* Somebody else has it: who. */
static merit_status refuse_busy(int lock, const char *path, merit_error *err)
{
    char owner[64] = "", shown[160];
    ssize_t n = pread(lock, owner, sizeof owner - 1, 0);
    owner[n > 0 ? strcspn(owner, "\n") : 0] = 0;
    return merit__fail(err, MERIT_EBUSY, "%s: another merit is training here (%s)",
                       merit__printable_path(shown, sizeof shown, path),
                       owner[0] != 0 ? owner : "unknown process");
}

merit_status merit__directory_lock(int *lock, const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *name = merit__path_join(path, lock_name);
    *lock = -1;
    if (name == NULL) {
        return merit__fail_memory(err, strlen(path), "a path");
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) {
        MERIT_TRY(merit__fail_system(err, errno, name, "open"));
    }
    if (fcntl(file, F_OFD_SETLK, &whole) != 0) {
        MERIT_TRY(errno == EAGAIN || errno == EACCES
                      ? refuse_busy(file, path, err)
                      : merit__fail_system(err, errno, name, "lock"));
    }
    char text[64];
    int n = snprintf(text, sizeof text, "process %ld\n", (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)n, 0) != n) {
        MERIT_TRY(merit__fail_system(err, errno, name, "write"));
    }
    *lock = file;
    file = -1;
fail:
    if (file >= 0) {
        close(file);
    }
    merit__free(name);
    return status;
}

int merit__directory_is_temporary(const char *name)
{
    static const char begin[] = ".merit.", end[] = ".tmp";
    size_t n = strlen(name), n_end = sizeof end - 1;
    return strncmp(name, begin, sizeof begin - 1) == 0 && n > n_end &&
           strcmp(name + n - n_end, end) == 0;
}
