/* The files of a data set, one by one: to find out which one has changed. */
#ifndef MERIT_DATA_MANIFEST_H
#define MERIT_DATA_MANIFEST_H

#include "data/dataset.h"

/* A line for each picture: hash of the file, label, name; the caller frees *text with
 * merit__free. NULL for data that are not pictures in files. */
merit_status merit__manifest_print(char **text, size_t *n_bytes,
                                   const merit_dataset *data, merit_error *err);

/* What the first difference between two such texts is, as "a/b.png has changed"; ""
 * when there is none. */
void merit__manifest_compare(char *out, size_t out_bytes, const char *now,
                             const char *before);

/* How many examples of `b` are files that are among those of `a` too; 0 for data that
 * are not pictures in files. */
merit_status merit__manifest_shared(int64_t *n, const merit_dataset *a,
                                    const merit_dataset *b, merit_error *err);

#endif
