#include "train/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"

static const char *const lock_name = ".merit.lock";
static const char *const config_name = "config.json";
static const char *const scores_name = "scores.tsv";
static const char *const checkpoints_name = "checkpoints";
static const char *const checkpoint_ending = ".safetensors";
enum { KEPT_CHECKPOINTS = 3 };

struct merit__run_directory {
    char *path;
    int lock; // descriptor of the lock file
};

static merit_status fail_io(merit_error *err, const char *what, const char *path)
{
    char shown[160];
    int cause = errno;
    return merit__fail(err, MERIT_EIO, "%s: cannot %s: %s",
                       merit__printable(shown, sizeof shown, path), what,
                       strerror(cause));
}

/* Makes the directory unless it is there. */
static merit_status make_directory(const char *path, merit_error *err)
{
    struct stat about;
    if (mkdir(path, 0777) == 0) {
        return MERIT_OK;
    }
    if (errno == EEXIST && stat(path, &about) == 0) {
        if (S_ISDIR(about.st_mode)) {
            return MERIT_OK;
        }
        errno = ENOTDIR;
    }
    return fail_io(err, "make the directory", path);
}

/* Whether the directory holds nothing but hidden files and what a run makes before its
 * config.json, which a process killed at that moment leaves behind. */
static int is_empty(const char *path)
{
    DIR *dir = opendir(path);
    int empty = 1;
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        empty = empty && (name[0] == '.' || strcmp(name, scores_name) == 0 ||
                          strcmp(name, checkpoints_name) == 0);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return empty;
}

/* Takes the lock, which the kernel frees when this process ends, however it does. */
static merit_status take_lock(merit__run_directory *run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *path = merit__run_directory_path(run, lock_name);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run->path), "a path");
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (run->lock < 0) {
        MERIT_TRY(fail_io(err, "open the lock", path));
    }
    if (fcntl(run->lock, F_OFD_SETLK, &lock) != 0) {
        char owner[64] = "", shown[160];
        ssize_t n = pread(run->lock, owner, sizeof owner - 1, 0);
        owner[n > 0 ? strcspn(owner, "\n") : 0] = 0;
        MERIT_TRY(merit__fail(err, MERIT_EBUSY,
                              "%s: another merit is training here (%s)",
                              merit__printable(shown, sizeof shown, run->path),
                              owner[0] != 0 ? owner : "unknown process"));
    }
    char text[64];
    int n = snprintf(text, sizeof text, "process %ld\n", (long)getpid());
    if (ftruncate(run->lock, 0) != 0 || pwrite(run->lock, text, (size_t)n, 0) != n) {
        MERIT_TRY(fail_io(err, "write the lock", path));
    }
fail:
    merit__free(path);
    return status;
}

merit_status merit__run_directory_open(merit__run_directory **out, const char *path,
                                       int *has_run, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    *has_run = 0;
    char *config = NULL, *checkpoints = NULL;
    merit__run_directory *run = merit__alloc_array(1, sizeof *run);
    if (run == NULL) {
        return merit__fail_memory(err, sizeof *run, "a run");
    }
    run->lock = -1;
    run->path = merit__copy_string(path, strlen(path));
    config = merit__path_join(path, config_name);
    checkpoints = merit__path_join(path, checkpoints_name);
    if (run->path == NULL || config == NULL || checkpoints == NULL) {
        MERIT_TRY(merit__fail_memory(err, strlen(path), "a path"));
    }
    MERIT_TRY(make_directory(path, err));
    MERIT_TRY(take_lock(run, err));
    *has_run = access(config, F_OK) == 0;
    if (!*has_run && !is_empty(path)) {
        char shown[160];
        MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                              "%s already exists and holds other files; choose another "
                              "directory",
                              merit__printable(shown, sizeof shown, path)));
    }
    MERIT_TRY(make_directory(checkpoints, err));
    *out = run;
    run = NULL;
fail:
    merit__free(config);
    merit__free(checkpoints);
    merit__run_directory_close(run);
    return status;
}

void merit__run_directory_close(merit__run_directory *run)
{
    if (run == NULL) {
        return;
    }
    if (run->lock >= 0) {
        close(run->lock);
    }
    merit__free(run->path);
    merit__free(run);
}

char *merit__run_directory_path(const merit__run_directory *run, const char *name)
{
    return merit__path_join(run->path, name);
}

merit_status merit__run_directory_write(const merit__run_directory *run,
                                        const char *name, const char *text,
                                        size_t n_bytes, merit_error *err)
{
    char *path = merit__run_directory_path(run, name);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(name), "a path");
    }
    merit_status status = merit__file_replace(path, text, n_bytes, err);
    merit__free(path);
    return status;
}

merit_status merit__run_directory_read(const merit__run_directory *run,
                                       const char *name, char **text, size_t *n_bytes,
                                       merit_error *err)
{
    char *path = merit__run_directory_path(run, name);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(name), "a path");
    }
    merit_status status = merit__file_read(text, n_bytes, path, (size_t)1 << 30, err);
    merit__free(path);
    return status;
}

/* One write of one whole line, so that lines of a killed process are not torn apart by
 * the next one. */
void merit__run_directory_log(const merit__run_directory *run, const char *line)
{
    size_t n = strlen(line);
    char *path = merit__run_directory_path(run, "log.jsonl");
    char *text = merit__alloc_array(n + 2, 1);
    int file = path == NULL ? -1
                            : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (text != NULL && file >= 0) {
        memcpy(text, line, n);
        text[n] = '\n';
        ssize_t written = write(file, text, n + 1);
        (void)written;
    }
    if (file >= 0) {
        close(file);
    }
    merit__free(text);
    merit__free(path);
}

char *merit__run_directory_checkpoint(const merit__run_directory *run,
                                      int64_t generation)
{
    char name[64];
    snprintf(name, sizeof name, "%s/%08" PRId64 "%s", checkpoints_name, generation,
             checkpoint_ending);
    return merit__run_directory_path(run, name);
}

/* The generation that a file name stands for; 0 when it is none. */
static int64_t generation_of(const char *name)
{
    const char *dot = strchr(name, '.');
    int64_t generation = 0;
    if (dot == NULL || strcmp(dot, checkpoint_ending) != 0 ||
        merit__parse_integer(name, (size_t)(dot - name), 1, INT64_MAX / 2, &generation) !=
            0) {
        return 0;
    }
    return generation;
}

int64_t merit__run_directory_newest(const merit__run_directory *run, int64_t below)
{
    char *path = merit__run_directory_path(run, checkpoints_name);
    DIR *dir = path == NULL ? NULL : opendir(path);
    int64_t newest = 0;
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int64_t generation = generation_of(entry->d_name);
        if (generation > newest && generation < below) {
            newest = generation;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    merit__free(path);
    return newest;
}

/* A temporary file of ours, named by base/new_file.c. */
static int is_temporary(const char *name)
{
    static const char begin[] = ".merit.", end[] = ".tmp";
    size_t n = strlen(name), n_end = sizeof end - 1;
    return strncmp(name, begin, sizeof begin - 1) == 0 && n > n_end &&
           strcmp(name + n - n_end, end) == 0;
}

/* Removes temporary files and old checkpoints from one directory. */
static void sweep(const char *path, int64_t newest)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int64_t generation = generation_of(entry->d_name);
        int old = generation > 0 && generation <= newest - KEPT_CHECKPOINTS;
        if (old || is_temporary(entry->d_name)) {
            unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

void merit__run_directory_tidy(const merit__run_directory *run, int64_t newest)
{
    char *path = merit__run_directory_path(run, checkpoints_name);
    if (path != NULL) {
        sweep(path, newest);
    }
    sweep(run->path, 0);
    merit__free(path);
}
