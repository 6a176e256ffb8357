#include "cli_kind.h"

#include "cli_data.h"
#include "cli_message.h"
#include "merit/scores.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 512 };
static const size_t gzip_limit_bytes = (size_t)64 << 20;

// A safetensors file begins with the length of its header, which begins with a brace.
static int is_model(const unsigned char *head, size_t n)
{
    return n > 8 && head[8] == '{' && head[5] == 0 && head[6] == 0 && head[7] == 0;
}

// A stray control character or two is the table's to refuse, with its line.
static int is_text(const unsigned char *head, size_t n)
{
    size_t n_control = 0;
    for (size_t i = 0; i < n; i++) {
        if (head[i] == '\0') {
            return 0;
        }
        n_control +=
            head[i] == 0x7f || (head[i] < 0x20 && strchr("\t\n\f\r", head[i]) == NULL);
    }
    return n > 0 && 10 * n_control < n;
}

static int is_tar(const unsigned char *head, size_t n)
{
    return n >= HEAD_BYTES && memcmp(head + 257, "ustar", 5) == 0;
}

static enum merit__kind kind_of_bytes(const unsigned char *head, size_t n)
{
    size_t n_blank = 0;
    while (n_blank < n && strchr(" \t\r\n", head[n_blank]) != NULL) {
        n_blank++;
    }
    int is_markup = n_blank < n && head[n_blank] == '<';
    return is_model(head, n)  ? MERIT__KIND_MODEL
           : is_tar(head, n)  ? MERIT__KIND_TAXONOMY
           : is_markup        ? MERIT__KIND_DATA // to be named
           : is_text(head, n) ? MERIT__KIND_SCORES
                              : MERIT__KIND_DATA;
}

static int is_archive(const unsigned char *head, size_t n)
{
    return n >= 4 && (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0);
}

// What is in a gzip file; one that cannot be read whole is left to the readers of data.
static enum merit__kind kind_of_gzip(const char *path)
{
    char *text = NULL;
    size_t n = 0;
    enum merit__kind kind = MERIT__KIND_DATA;
    if (merit_text_read(&text, &n, path, gzip_limit_bytes, NULL) == MERIT_OK) {
        kind =
            kind_of_bytes((const unsigned char *)text, n < HEAD_BYTES ? n : HEAD_BYTES);
    }
    merit_text_free(text);
    return kind == MERIT__KIND_MODEL ? MERIT__KIND_DATA : kind;
}

// Whether there is anything in it.
static int has_entries(int folder)
{
    int found = 0;
    int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (stream == NULL) {
        if (copy >= 0) {
            close(copy);
        }
        return 0;
    }
    for (struct dirent *entry = readdir(stream); entry != NULL && !found;
         entry = readdir(stream)) {
        found = entry->d_name[0] != '.';
    }
    closedir(stream);
    return found;
}

// By the files that are in it. One with nothing in it is no data: a run that was begun.
static enum merit__kind kind_of_folder(int folder)
{
    static const struct {
        const char *name;
        enum merit__kind kind;
    } known[] = {
        {"nodes.dmp", MERIT__KIND_TAXONOMY}, {"nodes.dmp.gz", MERIT__KIND_TAXONOMY},
        {"config.json", MERIT__KIND_RUN},    {"best.safetensors", MERIT__KIND_RUN},
        {"checkpoints", MERIT__KIND_RUN},    {".merit.lock", MERIT__KIND_RUN},
    };
    struct stat info;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (fstatat(folder, known[i].name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            return known[i].kind;
        }
    }
    return has_entries(folder) ? MERIT__KIND_DATA : MERIT__KIND_RUN;
}

merit_status merit__kind_of(enum merit__kind *out, const char *path, merit_error *err)
{
    unsigned char head[HEAD_BYTES];
    struct stat info;
    ssize_t n = 0;
    merit_status status = MERIT_OK;
    *out = MERIT__KIND_DATA;
    // O_NONBLOCK: opening a pipe without a writer must not wait.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT && merit__find_input(&info, path) &&
        S_ISREG(info.st_mode)) {
        return MERIT_OK; // "FILE:member" of an archive, which is no file itself
    }
    if (fd < 0 || fstat(fd, &info) != 0) {
        status = merit__refuse_system(err, path, "open");
        goto fail;
    }
    if (S_ISDIR(info.st_mode)) {
        *out = kind_of_folder(fd);
    } else if (S_ISREG(info.st_mode)) {
        n = read(fd, head, sizeof head);
        if (n < 0) {
            status = merit__refuse_system(err, path, "read");
            goto fail;
        }
        int is_gzip = n > 1 && head[0] == 0x1f && head[1] == 0x8b;
        *out = is_archive(head, (size_t)n)        ? MERIT__KIND_ARCHIVE
               : merit_dataset_is_sequences(path) ? MERIT__KIND_DATA
               : is_gzip                          ? kind_of_gzip(path)
               : merit_dataset_is_pictures(path)  ? MERIT__KIND_DATA
                                                  : kind_of_bytes(head, (size_t)n);
    }

fail:
    if (fd >= 0) {
        close(fd);
    }
    return status;
}
