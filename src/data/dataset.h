/* Inside a data set: a view of features that several sets may share. */
#ifndef MERIT_DATA_DATASET_H
#define MERIT_DATA_DATASET_H

#include "merit/data.h"

#include "data/gallery.h"

#include <stdatomic.h>

/* Features, shared by a data set and its subsets; never changed. One of the three
 * pointers to them is set. Of a gallery only the first n_kept places are here. */
typedef struct merit__storage {
    atomic_long n_users;
    uint8_t *bytes;          // [N,C,H,W], owned
    uint16_t *words;         // [N,C,H,W], 257 times what they stand for, owned
    float *floats;           // [N,C,H,W], owned
    merit__gallery *gallery; // of pictures in files, or NULL; owned
} merit__storage;

enum { MERIT__NOTES_MAX = 12, MERIT__NOTE_BYTES = 256, MERIT__WORD_UNIT = 257 };

struct merit_dataset {
    merit__storage *storage;
    int64_t n;
    int64_t channels, height, width;
    int64_t *index;  // [N] places in the storage, owned; NULL: 0, 1, 2, ...
    int32_t *labels; // [N], owned; NULL: none
    int64_t n_classes;
    char **names; // [n_names] of the classes, owned; NULL: they have none
    int64_t n_names;
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

/* Where the values of a place that is in memory begin. */
const void *merit__dataset_values(const merit_dataset *data, int64_t place);

/* Whether the examples are pictures in files. */
int merit__dataset_is_gallery(const merit_dataset *data);

/* Writes a note; beyond the last place it is dropped. */
void merit__dataset_add_note(merit_dataset *data, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says that examples index[0..n) will be read soon, in this order. */
void merit__dataset_announce(const merit_dataset *data, const int64_t *index,
                             int64_t n);

/* Counts the classes and writes the notes. */
void merit__dataset_describe(merit_dataset *data);

#endif
