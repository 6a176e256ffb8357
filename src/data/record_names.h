/* Records found by their names. */
#ifndef MERIT_DATA_RECORD_NAMES_H
#define MERIT_DATA_RECORD_NAMES_H

#include "data/sequences.h"

typedef struct merit__named {
    const char *name; // borrowed
    int64_t record;
} merit__named;

/* All records in the order of their names, and of the file; the caller frees *out with
 * merit__free. */
merit_status merit__records_sort(merit__named **out, const merit__records *records,
                                 merit_error *err);

/* The record called name[0..n_bytes), without a 0, of such a list; -1 for none. */
int64_t merit__records_find(const merit__named *list, int64_t n, const char *name,
                            size_t n_bytes);

/* EFORMAT when two records have one name, which must tell them apart, also in what is
 * predicted; `file` is shown. */
merit_status merit__records_check_names(const merit__records *records, const char *file,
                                        merit_error *err);

#endif
