#include "data/listing.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/file_tree.h"
#include "data/listed_pictures.h"
#include "data/raster.h"
#include "data/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 64, SHOWN_BYTES = 120 };

/* Whether a file, plain or gzip, is a list. A table may have a column of files, too: it
 * is one when something is asked that only tables have, or when its labels are named
 * and its files are no pictures. */
static merit_status find_list(int *is_list, const char *path,
                              const merit_dataset_options *options, merit_error *err)
{
    merit__stream *stream = NULL;
    const unsigned char *head = NULL;
    size_t n = 0;
    int has_names = 0;
    merit_status status = merit__stream_open(&stream, path, MERIT__PEEK_BYTES + 1, err);
    if (status == MERIT_OK) {
        status = merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n, err);
    }
    *is_list =
        status == MERIT_OK && merit__listed_pictures_probe(head, n, &has_names) &&
        (options == NULL ||
         (options->id_column == NULL && options->ignore == NULL &&
          options->schema == NULL && (options->label_column == NULL || has_names)));
    merit__stream_close(stream);
    // What else is wrong with the file is for its reader to say.
    return status == MERIT_ENOMEM ? status : MERIT_OK;
}

merit_status merit__listing_kind_of(enum merit__listing_kind *out, const char *path,
                                    const merit_dataset_options *options,
                                    merit_error *err)
{
    unsigned char head[HEAD_BYTES];
    struct stat info;
    int is_list = 0;
    merit_status status = MERIT_OK;
    *out = MERIT__NO_PICTURES;
    if (strcmp(path, "-") == 0) { // standard input
        return MERIT_OK;
    }
    // O_NONBLOCK: opening a pipe without a writer must not wait.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return MERIT_OK;
    }
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        *out = MERIT__FOLDER_OF_PICTURES;
    } else if (S_ISREG(info.st_mode)) {
        ssize_t n = read(fd, head, sizeof head);
        if (n > 0 && merit__raster_probe(head, (size_t)n)) {
            *out = MERIT__ONE_PICTURE;
        } else {
            status = find_list(&is_list, path, options, err);
            *out = is_list ? MERIT__LIST_OF_PICTURES : MERIT__NO_PICTURES;
        }
    }
    close(fd);
    return status;
}

static merit_status open_folder(int *out, const char *path, merit_error *err)
{
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out >= 0 ? MERIT_OK
                     : merit__fail_system(err, errno, path, "open the folder");
}

// The folder that a file lies in; the caller frees it.
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL   ? merit__copy_string(".", 1)
           : slash == path ? merit__copy_string("/", 1)
                           : merit__copy_string(path, (size_t)(slash - path));
}

static size_t class_bytes(const char *name)
{
    return (size_t)(strchrnul(name, '/') - name);
}

// The class of a file is the folder that its path begins with.
static merit_status label_by_folder(merit__listing *out, merit_error *err)
{
    out->labels = merit__alloc_array(out->names.n, sizeof *out->labels);
    if (out->labels == NULL) {
        return merit__fail_memory(err, out->names.n * sizeof *out->labels, "labels");
    }
    for (size_t i = 0; i < out->names.n; i++) {
        const char *name = merit__paths_get(&out->names, i);
        out->labels[i] =
            (int32_t)merit__paths_find(&out->classes, name, class_bytes(name));
    }
    return MERIT_OK;
}

// Names all classes without pictures.
static void tell_empty(const merit__listing *out, const unsigned char *has_files,
                       int64_t n_empty, const merit_dataset_options *options)
{
    char shown[200], line[256];
    int64_t n = 0;
    for (size_t i = 0; i < out->classes.n; i++) {
        if (!has_files[i]) {
            merit__printable(shown, sizeof shown, merit__paths_get(&out->classes, i));
            snprintf(line, sizeof line, "class %s: holds no pictures", shown);
            merit__loading_problem(options, MERIT_DATASET_REFUSED, n++, line);
        }
    }
    merit__loading_rest(options, MERIT_DATASET_REFUSED, n_empty);
}

merit_status merit__listing_check_classes(const merit__listing *listing,
                                          const int32_t *labels, int64_t n,
                                          const char *path,
                                          const merit_dataset_options *options,
                                          merit_error *err)
{
    char shown[SHOWN_BYTES], names[120] = "";
    int64_t n_empty = 0;
    const merit__paths *classes = &listing->classes;
    unsigned char *has_files = merit__alloc_array(classes->n, 1);
    if (has_files == NULL) {
        return merit__fail_memory(err, classes->n, "classes");
    }
    for (int64_t i = 0; i < n; i++) {
        has_files[labels[i]] = 1;
    }
    for (size_t i = 0; i < classes->n; i++) {
        if (!has_files[i]) {
            merit__list_name(names, sizeof names, merit__paths_get(classes, i));
            n_empty++;
        }
    }
    if (strstr(names, "...") != NULL) {
        tell_empty(listing, has_files, n_empty, options);
    }
    merit__free(has_files);
    return n_empty == 0
               ? MERIT_OK
               : merit__fail(err, MERIT_EFORMAT,
                             "%s: no pictures in %" PRId64 " of %zu classes: %s",
                             merit__printable_path(shown, 90, path), n_empty,
                             classes->n, names);
}

static merit_status read_folder(merit__listing *out, const char *path,
                                const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[SHOWN_BYTES];
    merit__file_tree tree = {.n_hidden = 0};
    int with_labels = !options->no_labels;
    MERIT_TRY(open_folder(&out->folder, path, err));
    MERIT_TRY(
        merit__file_tree_read(&tree, out->folder, path, with_labels, options, err));
    out->names = tree.files;
    out->n_hidden = tree.n_hidden;
    out->n_beside = tree.n_beside;
    tree.files = (merit__paths){.n = 0};
    merit__printable_path(shown, sizeof shown, path);
    if (with_labels && tree.folders.n == 0) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                              "%s: holds no folders, expected one for each class, with "
                              "its pictures (%s/CLASS/PICTURE.png)",
                              shown, shown));
    }
    if (with_labels) {
        out->classes = tree.folders;
        tree.folders = (merit__paths){.n = 0};
        MERIT_TRY(label_by_folder(out, err));
        MERIT_TRY(merit__listing_check_classes(out, out->labels, (int64_t)out->names.n,
                                               path, options, err));
    }
    if (out->names.n == 0) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT, "%s: holds no pictures", shown));
    }
fail:
    merit__file_tree_dispose(&tree);
    return status;
}

static merit_status label_by_column(merit__listing *out, const merit__paths *labels,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    out->labels = merit__alloc_array(labels->n, sizeof *out->labels);
    if (out->labels == NULL) {
        return merit__fail_memory(err, labels->n * sizeof *out->labels, "labels");
    }
    for (size_t i = 0; i < labels->n; i++) {
        const char *label = merit__paths_get(labels, i);
        MERIT_TRY(merit__paths_add(&out->classes, label, strlen(label), err));
    }
    merit__paths_sort(&out->classes);
    merit__paths_unique(&out->classes);
    for (size_t i = 0; i < labels->n; i++) {
        const char *label = merit__paths_get(labels, i);
        out->labels[i] =
            (int32_t)merit__paths_find(&out->classes, label, strlen(label));
    }
fail:
    return status;
}

static merit_status read_list(merit__listing *out, const char *path,
                              const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[SHOWN_BYTES];
    merit__listed_pictures listed = {.lines = NULL};
    char *folder = options->root != NULL
                       ? merit__copy_string(options->root, strlen(options->root))
                       : folder_of(path);
    if (folder == NULL) {
        return merit__fail_memory(err, strlen(path) + 1, "the path of a folder");
    }
    MERIT_TRY(open_folder(&out->folder, folder, err));
    MERIT_TRY(merit__listed_pictures_read(&listed, path, options->label_column, err));
    out->names = listed.files;
    out->lines = listed.lines;
    listed.files = (merit__paths){.n = 0};
    listed.lines = NULL;
    if (!options->no_labels && listed.labels.n == 0) {
        MERIT_TRY(
            merit__fail(err, MERIT_EFORMAT,
                        "%s: has no column of labels, expected a path and a label "
                        "in each line",
                        merit__printable_path(shown, sizeof shown, path)));
    }
    if (!options->no_labels) {
        MERIT_TRY(label_by_column(out, &listed.labels, err));
    }
fail:
    merit__listed_pictures_dispose(&listed);
    merit__free(folder);
    return status;
}

static merit_status read_one(merit__listing *out, const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char *folder = folder_of(path);
    if (folder == NULL) {
        return merit__fail_memory(err, strlen(path) + 1, "the path of a folder");
    }
    MERIT_TRY(open_folder(&out->folder, folder, err));
    MERIT_TRY(merit__paths_add(&out->names, name, strlen(name), err));
fail:
    merit__free(folder);
    return status;
}

// Keeps n_wanted pictures, evenly spaced: the first ones would be of one class.
static void thin_out(merit__listing *listing, int64_t n_wanted)
{
    int64_t n = (int64_t)listing->names.n;
    for (int64_t i = 0; i < n_wanted && n_wanted < n; i++) {
        int64_t from = i * n / n_wanted;
        listing->names.at[i] = listing->names.at[from];
        if (listing->labels != NULL) {
            listing->labels[i] = listing->labels[from];
        }
        if (listing->lines != NULL) {
            listing->lines[i] = listing->lines[from];
        }
    }
    listing->names.n = (size_t)(n_wanted < n ? n_wanted : n);
}

merit_status merit__listing_read(merit__listing *out, const char *path,
                                 enum merit__listing_kind kind,
                                 const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[SHOWN_BYTES];
    *out = (merit__listing){.folder = -1};
    merit__printable_path(shown, sizeof shown, path);
    if (options->labels != NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: pictures take no file of labels; their folders, or a "
                           "column beside their paths, are their labels",
                           shown);
    }
    if (options->root != NULL && kind != MERIT__LIST_OF_PICTURES) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: is no list of pictures; a root folder is for those",
                           shown);
    }
    if (options->label_column != NULL && kind != MERIT__LIST_OF_PICTURES) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: has no columns; a column of labels is for lists of "
                           "pictures and tables",
                           shown);
    }
    MERIT_TRY(kind == MERIT__FOLDER_OF_PICTURES ? read_folder(out, path, options, err)
              : kind == MERIT__LIST_OF_PICTURES ? read_list(out, path, options, err)
                                                : read_one(out, path, err));
    if (out->classes.n > MERIT__CLASSES_MAX) {
        MERIT_TRY(merit__fail(err, MERIT_ENOMEM, "%s: %zu classes, the limit is %d",
                              shown, out->classes.n, MERIT__CLASSES_MAX));
    }
    if (options->first > 0) {
        thin_out(out, options->first);
    }
fail:
    return status;
}

void merit__listing_dispose(merit__listing *listing)
{
    if (listing->folder >= 0) {
        close(listing->folder);
    }
    merit__paths_dispose(&listing->names);
    merit__paths_dispose(&listing->classes);
    merit__free(listing->lines);
    merit__free(listing->labels);
    *listing = (merit__listing){.folder = -1};
}
