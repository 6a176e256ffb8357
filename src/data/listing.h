/* Which pictures there are, and what they show: from a folder of folders, from a text
 * that lists them, or from the name of one. */
#ifndef MERIT_DATA_LISTING_H
#define MERIT_DATA_LISTING_H

#include "data/paths.h"
#include "merit/data.h"

enum { MERIT__CLASSES_MAX = 65536 };

enum merit__listing_kind {
    MERIT__NO_PICTURES,
    MERIT__FOLDER_OF_PICTURES,
    MERIT__LIST_OF_PICTURES,
    MERIT__ONE_PICTURE
};

typedef struct merit__listing {
    int folder;           // open, or -1; the names start from here
    merit__paths names;   // [n]
    int64_t *lines;       // [n] of the text, or NULL; owned
    int32_t *labels;      // [n], or NULL when there are none; owned
    merit__paths classes; // in the order of their bytes
    int64_t n_hidden;     // files that systems leave behind
    int64_t n_beside;     // files beside the folders of the classes
} merit__listing;

/* What lies at a path, for what is asked (NULL: nothing); MERIT__NO_PICTURES also when
 * that cannot be seen. ENOMEM. */
merit_status merit__listing_kind_of(enum merit__listing_kind *out, const char *path,
                                    const merit_dataset_options *options,
                                    merit_error *err);

/* Lists the pictures at a path of that kind; options->first are evenly spaced. EFORMAT,
 * EINVAL, EIO, ENOMEM. Dispose of *out in any case. */
merit_status merit__listing_read(merit__listing *out, const char *path,
                                 enum merit__listing_kind kind,
                                 const merit_dataset_options *options,
                                 merit_error *err);

/* Refuses when classes of the listing are not among labels[0..n): EFORMAT names them.
 */
merit_status merit__listing_check_classes(const merit__listing *listing,
                                          const int32_t *labels, int64_t n,
                                          const char *path,
                                          const merit_dataset_options *options,
                                          merit_error *err);

void merit__listing_dispose(merit__listing *listing);

#endif
