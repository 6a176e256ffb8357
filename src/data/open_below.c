#include "data/open_below.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 256 };

// One step down; O_PATH needs no permission to list the folder.
static int step(int folder, const char *name, size_t n_name, int flags)
{
    char copy[NAME_BYTES];
    if (n_name >= sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, name, n_name);
    copy[n_name] = '\0';
    int fd = openat(folder, copy, flags | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR && flags & O_NOFOLLOW) {
        // A link to a folder is told as one, too.
        struct stat info;
        int is_link = fstatat(folder, copy, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISLNK(info.st_mode);
        errno = is_link ? ELOOP : ENOTDIR;
    }
    return fd;
}

int merit__open_below(int folder, const char *path, int follow_links)
{
    int no_links = follow_links ? 0 : O_NOFOLLOW;
    int at = folder;
    for (const char *slash = strchr(path, '/'); slash != NULL;
         slash = strchr(path, '/')) {
        int next =
            step(at, path, (size_t)(slash - path), O_PATH | O_DIRECTORY | no_links);
        int reason = errno;
        if (at != folder) {
            close(at);
        }
        errno = reason;
        if (next < 0) {
            return -1;
        }
        at = next;
        path = slash + 1;
    }
    // O_NONBLOCK: opening a pipe without a writer must not wait.
    int fd = step(at, path, strlen(path), O_RDONLY | O_NONBLOCK | O_NOCTTY | no_links);
    int reason = errno;
    if (at != folder) {
        close(at);
    }
    errno = reason;
    return fd;
}
