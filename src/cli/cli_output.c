#include "cli_output.h"

#include "cli_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The mode that open() would give a new file.
static mode_t new_file_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static merit_status open_beside(merit__output *out, mode_t mode, merit_error *err)
{
    static const char suffix[] = ".XXXXXX.tmp";
    size_t n = strlen(out->path);
    int fd = -1;
    merit_status status =
        merit__new_array(&out->temporary, (int64_t)(n + sizeof suffix), 1, err);
    if (status != MERIT_OK) {
        return status;
    }
    memcpy(out->temporary, out->path, n);
    memcpy(out->temporary + n, suffix, sizeof suffix);
    fd = mkostemps(out->temporary, (int)strlen(".tmp"), O_CLOEXEC);
    if (fd < 0) {
        status = merit__refuse_system(err, out->path, "write");
        free(out->temporary);
        out->temporary = NULL;
        return status;
    }
    if (fchmod(fd, mode) == 0) {
        out->stream = fdopen(fd, "w");
    }
    if (out->stream == NULL) {
        status = merit__refuse_system(err, out->path, "write");
        close(fd);
        merit__output_discard(out);
    }
    return status;
}

merit_status merit__output_open(merit__output *out, const char *path, merit_error *err)
{
    struct stat info;
    *out = (merit__output){0};
    if (path == NULL || strcmp(path, "-") == 0) {
        out->stream = stdout;
        return MERIT_OK;
    }
    out->path = path;
    if (stat(path, &info) != 0) {
        return open_beside(out, new_file_mode(), err);
    }
    if (S_ISREG(info.st_mode)) {
        return open_beside(out, info.st_mode & 07777, err);
    }
    out->stream = fopen(path, "we"); // refuses a directory
    return out->stream == NULL ? merit__refuse_system(err, path, "write") : MERIT_OK;
}

// Makes the new name last through a power failure.
static int sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL   ? strdup(".")
                      : slash == path ? strdup("/")
                                      : strndup(path, (size_t)(slash - path));
    int fd =
        directory == NULL ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || (fsync(fd) != 0 && errno != EINVAL);
    if (fd >= 0) {
        close(fd);
    }
    free(directory);
    return failed;
}

merit_status merit__output_close(merit__output *out, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (out->path == NULL) {
        return MERIT_OK; // the end of main flushes standard output
    }
    int failed = fflush(out->stream) != 0 || ferror(out->stream) ||
                 (out->temporary != NULL && fsync(fileno(out->stream)) != 0);
    failed =
        failed || (out->temporary != NULL && rename(out->temporary, out->path) != 0);
    if (failed) {
        status = merit__refuse_system(err, out->path, "write");
    } else if (out->temporary != NULL) {
        free(out->temporary);
        out->temporary = NULL;
        if (sync_directory_of(out->path)) {
            status = merit__refuse_system(err, out->path, "sync the directory of");
        }
    }
    merit__output_discard(out);
    return status;
}

void merit__output_discard(merit__output *out)
{
    if (out->stream != NULL && out->path != NULL) {
        fclose(out->stream);
    }
    if (out->temporary != NULL) {
        unlink(out->temporary);
        free(out->temporary);
    }
    *out = (merit__output){0};
}

merit_status merit__output_save(const char *path, const char *text, size_t n_bytes,
                                merit_error *err)
{
    merit__output output = {0};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__output_open(&output, path, err));
    fwrite(text, 1, n_bytes, output.stream);
    MERIT_TRY(merit__output_close(&output, err));

fail:
    merit__output_discard(&output);
    return status;
}
