#include "cli_run.h"

#include "cli_data.h"
#include "cli_message.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Whether the directory has such a file.
static int has(const char *run, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", run, name);
    return n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
}

merit_status merit__run_load(merit_model **out, const char *run, merit_error *err)
{
    struct stat info;
    int is_directory = stat(run, &info) == 0 && S_ISDIR(info.st_mode);
    *out = NULL;
    // A directory that cannot be searched is left to the library to refuse.
    if (!is_directory || has(run, "best.safetensors") || access(run, X_OK) != 0) {
        return merit_model_load(out, run, err);
    }
    return merit__refuse(err, MERIT_EMODEL, "%.100s: %s", run,
                         has(run, "config.json")
                             ? "its training has not produced a model yet; the same "
                               "merit train command continues it"
                         : has(run, "comparison.json")
                             ? "is a comparison, of which each directory in it is a "
                               "run; `merit compare --show` prints it"
                             : "is no run of merit train");
}

merit_status merit__not_of_run(const char *output, const char *run, merit_error *err)
{
    static const char *const files[] = {
        "config.json",     "scores.tsv",     "tree.tsv",         "metrics.tsv",
        "answers.jsonl",   "log.jsonl",      "best.safetensors", "last.safetensors",
        "comparison.json", "comparison.tsv",
    };
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__not_same_file(output, run, err));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", run, files[i]);
        MERIT_TRY(merit__not_same_file(output, path, err));
    }

fail:
    return status;
}

// Whether a path, which ends in no slash, is the folder or lies in it.
static int is_within(char *path, const struct stat *folder)
{
    struct stat info;
    for (;;) {
        if (stat(path, &info) == 0 && info.st_dev == folder->st_dev &&
            info.st_ino == folder->st_ino) {
            return 1;
        }
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path) {
            return 0;
        }
        *slash = '\0';
    }
}

merit_status merit__run_check_place(const char *run, const char *data, merit_error *err)
{
    char copy[PATH_MAX], parent[PATH_MAX];
    struct stat folder, info;
    if (run == NULL || snprintf(copy, sizeof copy, "%s", run) >= (int)sizeof copy) {
        return MERIT_OK;
    }
    const char *place = dirname(copy);
    if (stat(run, &info) != 0 && access(place, W_OK | X_OK) != 0) {
        return merit__refuse_system(err, run, "make the directory");
    }
    int is_folder = data != NULL && stat(data, &folder) == 0 &&
                    S_ISDIR(folder.st_mode) && realpath(place, parent) != NULL;
    return is_folder && is_within(parent, &folder)
               ? merit__refuse(err, MERIT_EINVAL,
                               "%.100s: lies in %.80s, where it would be taken for a "
                               "class; choose another directory",
                               run, data)
               : MERIT_OK;
}
