/* Inside a data set: a view of features that several sets may share. */
#ifndef MERIT_DATA_DATASET_H
#define MERIT_DATA_DATASET_H

#include "merit/data.h"

#include <stdatomic.h>

/* Features in memory, shared by a data set and its subsets; never changed. One of the
 * two pointers is set. */
typedef struct merit__storage {
    atomic_long n_users;
    uint8_t *bytes; // [N,C,H,W], owned
    float *floats;  // [N,C,H,W], owned
} merit__storage;

enum { MERIT__NOTES_MAX = 2, MERIT__NOTE_BYTES = 128 };

struct merit_dataset {
    merit__storage *storage;
    int64_t n;
    int64_t channels, height, width;
    int64_t *index;  // [N] places in the storage, owned; NULL: 0, 1, 2, ...
    int32_t *labels; // [N], owned; NULL: none
    int64_t n_classes;
    char *path, *labels_path; // owned
    int64_t n_notes;
    char notes[MERIT__NOTES_MAX][MERIT__NOTE_BYTES];
};

/* Storage that takes over bytes or floats, with one user: the caller. NULL without
 * memory; nothing is taken over then. */
merit__storage *merit__storage_create(uint8_t *bytes, float *floats);

/* One user less; the last one frees it. */
void merit__storage_release(merit__storage *storage);

/* An empty set that is one more user of `storage`, with copies of the paths; the caller
 * fills in the rest, then calls merit__dataset_describe. */
merit_status merit__dataset_create(merit_dataset **out, merit__storage *storage,
                                   const char *path, const char *labels_path,
                                   merit_error *err);

/* Numbers in an example. */
int64_t merit__dataset_n_features(const merit_dataset *data);

/* Where example i lies in the storage. */
int64_t merit__dataset_place(const merit_dataset *data, int64_t i);

/* Counts the classes and writes the notes. */
void merit__dataset_describe(merit_dataset *data);

#endif
