#include "model/safetensors_file.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "model/foreign_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LENGTH_BYTES = 8 };

// Opens a regular file; a pipe or a device must neither block nor feed us forever.
static merit_status open_regular(int *out, size_t *n_bytes, const char *path,
                                 const char *shown, merit_error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return merit__fail_system(err, errno, path, "open");
    }
    merit_status status = MERIT_OK;
    if (fstat(fd, &info) != 0) {
        status = merit__fail_system(err, errno, path, "examine");
    } else if (!S_ISREG(info.st_mode)) {
        status =
            merit__fail(err, MERIT_EMODEL, "%s: %s, expected a file", shown,
                        S_ISDIR(info.st_mode) ? "a directory" : "a pipe or a device");
    } else if ((uintmax_t)info.st_size > PTRDIFF_MAX) {
        status =
            merit__fail(err, MERIT_ENOMEM, "%s: too large for this machine", shown);
    }
    if (status != MERIT_OK) {
        close(fd);
        return status;
    }
    *out = fd;
    *n_bytes = (size_t)info.st_size;
    return MERIT_OK;
}

// Reads exactly n bytes, the next ones of the file.
static merit_status read_exactly(int fd, void *bytes, size_t n, const char *path,
                                 merit_error *err)
{
    char *to = bytes;
    size_t n_done = 0;
    while (n_done < n) {
        ssize_t n_read = read(fd, to + n_done, n - n_done);
        if (n_read < 0 && errno == EINTR) {
            continue;
        }
        if (n_read < 0) {
            return merit__fail_system(err, errno, path, "read");
        }
        if (n_read == 0) {
            char shown[96];
            return merit__fail(err, MERIT_EMODEL,
                               "%s: became shorter while it was read",
                               merit__printable(shown, sizeof shown, path));
        }
        n_done += (size_t)n_read;
    }
    return MERIT_OK;
}

// The length of the header from the first bytes of the file, compared with the size of
// the file before anybody allocates it.
static merit_status check_start(size_t *n_header, const unsigned char *bytes, size_t n,
                                size_t n_file, const char *shown, merit_error *err)
{
    uint64_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES && i < n; i++) {
        length |= (uint64_t)bytes[i] << (8 * i);
    }
    int is_ours = n > LENGTH_BYTES && bytes[LENGTH_BYTES] == '{' &&
                  length <= MERIT__HEADER_BYTES_LIMIT;
    const char *kind = is_ours ? NULL : merit__foreign_file(bytes, n);
    if (kind != NULL) {
        return merit__fail(err, MERIT_EMODEL, "%s: is %s, expected a model of merit",
                           shown, kind);
    }
    if (n_file < LENGTH_BYTES + 2) {
        return merit__fail(
            err, MERIT_EMODEL,
            "%s: has %zu bytes, a model has at least 10 (truncated copy?)", shown,
            n_file);
    }
    if (length > MERIT__HEADER_BYTES_LIMIT) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s, byte 0: a header of %ju bytes, the limit is %d; "
                           "not a model of merit?",
                           shown, (uintmax_t)length, MERIT__HEADER_BYTES_LIMIT);
    }
    if (length > n_file - LENGTH_BYTES) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s: has %zu of at least %ju bytes (truncated copy?)", shown,
                           n_file, (uintmax_t)length + LENGTH_BYTES);
    }
    if (!is_ours) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s, byte 8: expected '{'; not a model of merit?", shown);
    }
    *n_header = (size_t)length;
    return MERIT_OK;
}

// Reads and parses the header; the file is then positioned at the first tensor.
static merit_status load_header(merit__safetensors *file, int fd, size_t n_file,
                                const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *header = NULL;
    unsigned char start[16];
    size_t n_start = n_file < sizeof start ? n_file : sizeof start;
    size_t n_header = 0;
    MERIT_TRY(read_exactly(fd, start, n_start, path, err));
    MERIT_TRY(check_start(&n_header, start, n_start, n_file, file->path, err));
    header = merit__alloc_array(n_header, 1);
    if (header == NULL) {
        status = merit__fail_memory(err, n_header, file->path);
        goto fail;
    }
    if (lseek(fd, LENGTH_BYTES, SEEK_SET) < 0) {
        status = merit__fail_system(err, errno, path, "read");
        goto fail;
    }
    MERIT_TRY(read_exactly(fd, header, n_header, path, err));
    size_t n_text = n_header;
    while (n_text > 0 && header[n_text - 1] == ' ') {
        n_text--;
    }
    MERIT_TRY(merit__safetensors_parse(file, header, n_text,
                                       n_file - LENGTH_BYTES - n_header, err));

fail:
    merit__free(header);
    return status;
}

static size_t aligned(size_t n_bytes)
{
    const size_t mask = MERIT__DATA_ALIGNMENT_BYTES - 1;
    return (n_bytes + mask) & ~mask;
}

// The header's sizes are known to add up to the size of the file.
static merit_status load_data(merit__safetensors *file, int fd, const char *path,
                              merit_error *err)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < file->n_tensors; i++) {
        n_bytes += aligned(file->tensors[i].n_bytes);
    }
    file->data = merit__alloc_array(n_bytes, 1);
    if (file->data == NULL) {
        return merit__fail_memory(err, n_bytes, file->path);
    }
    char *to = file->data;
    for (size_t i = 0; i < file->n_tensors; i++) {
        merit__tensor_view *view = &file->tensors[i];
        merit_status status = read_exactly(fd, to, view->n_bytes, path, err);
        if (status != MERIT_OK) {
            return status;
        }
        view->data = to;
        to += aligned(view->n_bytes);
    }
    return MERIT_OK;
}

static merit_status verify(merit__safetensors *file, merit_error *err)
{
    const char *stored = merit__safetensors_metadata(file, "sha256");
    if (stored == NULL) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s: a safetensors file that merit did not write: no "
                           "\"sha256\" in its metadata",
                           file->path);
    }
    char hash[65];
    merit__safetensors_hash(hash, file->metadata, file->n_metadata, file->tensors,
                            file->n_tensors);
    if (strcmp(hash, stored) != 0) {
        char shown[24];
        return merit__fail(err, MERIT_EMODEL,
                           "%s: damaged: sha256 of the content is %.16s..., the file "
                           "says %s",
                           file->path, hash,
                           merit__printable(shown, sizeof shown, stored));
    }
    for (size_t i = 0; i < file->n_tensors; i++) {
        int64_t index = merit__tensor_nonfinite(&file->tensors[i]);
        if (index >= 0) {
            char shown[64];
            return merit__fail(
                err, MERIT_EMODEL, "%s: tensor \"%s\", value %jd is not finite",
                file->path,
                merit__printable(shown, sizeof shown, file->tensors[i].name),
                (intmax_t)index);
        }
    }
    return MERIT_OK;
}

merit_status merit__safetensors_load(merit__safetensors **out, const char *path,
                                     merit_error *err)
{
    merit_status status = MERIT_OK;
    int fd = -1;
    size_t n_file = 0;
    merit__safetensors *file = merit__alloc_array(1, sizeof *file);
    *out = NULL;
    if (file == NULL) {
        status = merit__fail_memory(err, sizeof *file, path);
        goto fail;
    }
    merit__printable_path(file->path, sizeof file->path, path);
    MERIT_TRY(open_regular(&fd, &n_file, path, file->path, err));
    MERIT_TRY(load_header(file, fd, n_file, path, err));
    MERIT_TRY(load_data(file, fd, path, err));
    MERIT_TRY(verify(file, err));
    *out = file;
    file = NULL;

fail:
    if (fd >= 0) {
        close(fd);
    }
    merit__safetensors_free(file);
    return status;
}

void merit__safetensors_free(merit__safetensors *file)
{
    if (file == NULL) {
        return;
    }
    json_decref(file->header);
    merit__free(file->metadata);
    merit__free(file->tensors);
    merit__free(file->by_name);
    merit__free(file->data);
    merit__free(file);
}
