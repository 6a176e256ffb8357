#include "train/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/directory.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"

static const char *const config_name = "config.json";
static const char *const checkpoints_name = "checkpoints";
static const char *const checkpoint_ending = ".safetensors";
enum { KEPT_CHECKPOINTS = 3 };

struct merit__run_directory {
    char *path;
    int lock; // descriptor of the lock file
};

merit_status merit__run_directory_open(merit__run_directory **out, const char *path,
                                       int must_exist, int *has_run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[160];
    *out = NULL;
    *has_run = 0;
    char *config = NULL;
    merit__run_directory *run = merit__alloc_array(1, sizeof *run);
    if (run == NULL) {
        return merit__fail_memory(err, sizeof *run, "a run");
    }
    run->lock = -1;
    run->path = merit__copy_string(path, strlen(path));
    config = merit__path_join(path, config_name);
    if (run->path == NULL || config == NULL) {
        MERIT_TRY(merit__fail_memory(err, strlen(path), "a path"));
    }
    if (must_exist && access(config, F_OK) != 0) {
        MERIT_TRY(merit__fail(err, MERIT_EMODEL, "%s: there is no run to continue",
                              merit__printable_path(shown, sizeof shown, path)));
    }
    MERIT_TRY(merit__directory_make(path, err));
    if (access(config, F_OK) != 0) { // somebody else's stays without our lock
        MERIT_TRY(merit__directory_expect_empty(path, err));
    }
    MERIT_TRY(merit__directory_lock(&run->lock, path, err));
    *has_run = access(config, F_OK) == 0;
    if (!*has_run) {
        MERIT_TRY(merit__directory_expect_empty(path, err));
    }
    *out = run;
    run = NULL;
fail:
    merit__free(config);
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

/* One write of one whole line; what did not fit on the disk is taken back, so that the
 * next line does not begin in the midst of this one. */
void merit__run_directory_log(const merit__run_directory *run, const char *line)
{
    size_t n = strlen(line);
    const int flags =
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    char *path = merit__run_directory_path(run, "log.jsonl");
    char *text = merit__alloc_array(n + 2, 1);
    int file = path == NULL ? -1 : open(path, flags, 0666);
    if (text != NULL && file >= 0) {
        memcpy(text, line, n);
        text[n] = '\n';
        ssize_t n_written = write(file, text, n + 1);
        if (n_written > 0 && (size_t)n_written < n + 1) {
            int failed = ftruncate(file, lseek(file, 0, SEEK_END) - n_written);
            (void)failed;
        }
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
        merit__parse_integer(name, (size_t)(dot - name), 1, INT64_MAX / 2,
                             &generation) != 0) {
        return 0;
    }
    return generation;
}

merit_status merit__run_directory_make_checkpoints(const merit__run_directory *run,
                                                   merit_error *err)
{
    char *path = merit__run_directory_path(run, checkpoints_name);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run->path), "a path");
    }
    merit_status status = merit__directory_make(path, err);
    merit__free(path);
    return status;
}

typedef struct search {
    int64_t below, newest;
} search;

static void look_at(void *context, int dir, const char *name)
{
    (void)dir;
    search *s = context;
    int64_t generation = generation_of(name);
    if (generation > s->newest && generation < s->below) {
        s->newest = generation;
    }
}

merit_status merit__run_directory_newest(const merit__run_directory *run, int64_t below,
                                         int64_t *newest, merit_error *err)
{
    merit_status status = MERIT_OK;
    search s = {.below = below};
    char *path = merit__run_directory_path(run, checkpoints_name);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run->path), "a path");
    }
    int failure = merit__directory_for_each(path, look_at, &s);
    if (failure != 0 && failure != ENOENT) {
        status = merit__fail_system(err, failure, path, "read the directory");
    }
    merit__free(path);
    *newest = s.newest;
    return status;
}

/* Removes the name when it is a temporary file or a checkpoint up to *context. */
static void sweep(void *context, int dir, const char *name)
{
    const int64_t *last_old = context;
    int64_t generation = generation_of(name);
    if ((generation > 0 && generation <= *last_old) ||
        merit__directory_is_temporary(name)) {
        unlinkat(dir, name, 0);
    }
}

void merit__run_directory_tidy(const merit__run_directory *run, int64_t newest)
{
    int64_t last_old = newest - KEPT_CHECKPOINTS, none = 0;
    char *path = merit__run_directory_path(run, checkpoints_name);
    if (path != NULL) {
        merit__directory_for_each(path, sweep, &last_old);
    }
    merit__directory_for_each(run->path, sweep, &none);
    merit__free(path);
}
