#include "data/file_tree.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_BYTES = 150 };

/* Where the walk is. */
typedef struct walk {
    merit__file_tree *tree;
    const char *root; // for messages
    int in_folders, follow_links;
    char *path; // relative to the root, with a '/' at its end unless empty
    size_t n_path, path_room;
    merit__loading loading;
    merit_error *err;
} walk;

// The root and a name in the folder where the walk is.
static const char *show(char shown[SHOWN_BYTES], const walk *w, const char *name)
{
    char *whole = merit__alloc_array(strlen(w->root) + w->n_path + strlen(name) + 2, 1);
    if (whole == NULL) {
        return merit__printable_path(shown, SHOWN_BYTES, name);
    }
    size_t n = strlen(w->root);
    memcpy(whole, w->root, n);
    whole[n++] = '/';
    if (w->n_path > 0) {
        memcpy(whole + n, w->path, w->n_path);
    }
    memcpy(whole + n + w->n_path, name, strlen(name));
    merit__printable_path(shown, SHOWN_BYTES, whole);
    merit__free(whole);
    return shown;
}

static merit_status fail_errno(const walk *w, const char *name, const char *action)
{
    int reason = errno;
    char shown[SHOWN_BYTES];
    return merit__fail_system(w->err, reason, show(shown, w, name), action);
}

static int is_hidden(const char *name)
{
    return name[0] == '.' || strcmp(name, "Thumbs.db") == 0 ||
           strcmp(name, "desktop.ini") == 0;
}

static const char *kind_of(mode_t mode)
{
    return S_ISFIFO(mode)   ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISCHR(mode)  ? "a device"
           : S_ISBLK(mode)  ? "a device"
                            : "neither file nor folder";
}

static merit_status refuse_kind(const walk *w, const char *name, mode_t mode)
{
    char shown[SHOWN_BYTES];
    return merit__fail(w->err, MERIT_EFORMAT, "%s: is %s, expected a file or a folder",
                       show(shown, w, name), kind_of(mode));
}

// What an entry is; a link is followed or refused.
static merit_status look_at(const walk *w, int folder, const char *name,
                            struct stat *info)
{
    char shown[SHOWN_BYTES];
    if (fstatat(folder, name, info, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_errno(w, name, "look at it");
    }
    if (!S_ISLNK(info->st_mode)) {
        return MERIT_OK;
    }
    if (!w->follow_links) {
        return merit__fail(w->err, MERIT_EFORMAT,
                           "%s: is a symbolic link; --follow-links follows them",
                           show(shown, w, name));
    }
    if (fstatat(folder, name, info, 0) != 0) {
        return merit__fail(w->err, MERIT_EFORMAT,
                           "%s: is a symbolic link that leads nowhere (%s)",
                           show(shown, w, name), strerror(errno));
    }
    return MERIT_OK;
}

static merit_status read_folder(walk *w, int fd, const char *name, int depth);

static merit_status enter(walk *w, int folder, const char *name, int depth)
{
    merit_status status = MERIT_OK;
    char shown[SHOWN_BYTES];
    size_t n_name = strlen(name), n_before = w->n_path;
    if (depth >= MERIT__TREE_DEPTH_MAX) {
        return merit__fail(w->err, MERIT_EFORMAT,
                           "%s: is more than %d folders deep; do links lead in a "
                           "circle?",
                           show(shown, w, name), MERIT__TREE_DEPTH_MAX);
    }
    int no_links = w->follow_links ? 0 : O_NOFOLLOW;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_links);
    if (fd < 0) {
        return fail_errno(w, name, "open the folder");
    }
    if (merit__grow_array((void **)&w->path, &w->path_room, w->n_path + n_name + 2,
                          1) != 0) {
        close(fd);
        return merit__fail_memory(w->err, w->n_path + n_name + 2, "a path");
    }
    memcpy(w->path + w->n_path, name, n_name);
    w->path[w->n_path + n_name] = '/';
    w->n_path += n_name + 1;
    status = read_folder(w, fd, "", depth + 1);
    w->n_path = n_before;
    return status;
}

static merit_status add_file(walk *w, const char *name)
{
    merit_status status = MERIT_OK;
    size_t n_name = strlen(name);
    if (w->tree->files.n >= MERIT__TREE_FILES_MAX) {
        return merit__fail(w->err, MERIT_ENOMEM,
                           "%.100s: more than %d files, the limit", w->root,
                           MERIT__TREE_FILES_MAX);
    }
    if (merit__grow_array((void **)&w->path, &w->path_room, w->n_path + n_name + 1,
                          1) != 0) {
        return merit__fail_memory(w->err, w->n_path + n_name + 1, "a path");
    }
    memcpy(w->path + w->n_path, name, n_name);
    merit__loading_at(&w->loading, (int64_t)w->tree->files.n);
    MERIT_TRY(merit__paths_add(&w->tree->files, w->path, w->n_path + n_name, w->err));
fail:
    return status;
}

static merit_status meet(walk *w, int folder, const char *name, int depth)
{
    merit_status status = MERIT_OK;
    struct stat info;
    if (is_hidden(name)) {
        w->tree->n_hidden++;
        return MERIT_OK;
    }
    MERIT_TRY(look_at(w, folder, name, &info));
    if (S_ISDIR(info.st_mode)) {
        if (depth == 0) {
            MERIT_TRY(merit__paths_add(&w->tree->folders, name, strlen(name), w->err));
        }
        return enter(w, folder, name, depth);
    }
    if (!S_ISREG(info.st_mode)) {
        return refuse_kind(w, name, info.st_mode);
    }
    if (depth == 0 && w->in_folders) {
        w->tree->n_beside++;
        return MERIT_OK;
    }
    return add_file(w, name);
fail:
    return status;
}

// Reads a folder and closes its descriptor.
static merit_status read_folder(walk *w, int fd, const char *name, int depth)
{
    merit_status status = MERIT_OK;
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        status = fail_errno(w, name, "read the folder");
        close(fd);
        return status;
    }
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0) {
                status = fail_errno(w, name, "read the folder");
            }
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        MERIT_TRY(meet(w, fd, entry->d_name, depth));
    }
fail:
    closedir(folder);
    return status;
}

merit_status merit__file_tree_read(merit__file_tree *out, int folder, const char *path,
                                   int in_folders, const merit_dataset_options *options,
                                   merit_error *err)
{
    *out = (merit__file_tree){.n_hidden = 0};
    walk w = {.tree = out,
              .root = path,
              .in_folders = in_folders,
              .follow_links = options->follow_links,
              .loading = merit__loading_begin(options, "listing files", 0),
              .err = err};
    int fd = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return fail_errno(&w, "", "read the folder");
    }
    lseek(fd, 0, SEEK_SET);
    merit_status status = read_folder(&w, fd, "", 0);
    merit__free(w.path);
    merit__paths_sort(&out->files);
    merit__paths_sort(&out->folders);
    return status;
}

void merit__file_tree_dispose(merit__file_tree *tree)
{
    merit__paths_dispose(&tree->files);
    merit__paths_dispose(&tree->folders);
}
