/* Inside a data set: a view of features that several sets may share. */
#ifndef MERIT_DATA_DATASET_H
#define MERIT_DATA_DATASET_H

#include "merit/data.h"

#include "data/gallery.h"
#include "data/sequences.h"
#include "data/table_facts.h"

#include <stdatomic.h>

/* Features, shared by a data set and its subsets; never changed. One of the four
 * pointers to them is set. Of a gallery only the first n_kept places are here. */
typedef struct merit__storage {
    atomic_long n_users;
    uint8_t *bytes;              // [N,C,H,W], owned
    uint16_t *words;             // [N,C,H,W], 257 times what they stand for, owned
    float *floats;               // [N,C,H,W], owned
    merit__gallery *gallery;     // of pictures in files, or NULL; owned
    merit__sequences *sequences; // owned
    merit__facts *facts;         // of a table, or NULL; owned
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

    // Of sequences: what the examples are rows of.
    merit__window *windows; // [n_windows], owned
    int64_t n_windows;
    int32_t *places;   // [N] in the window, owned
    int32_t *class_of; // [labels of the sequences] after merit_dataset_match, owned
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

/* Says that examples index[0..n), or without an index first .. first + n, will be read
 * soon, in this order. Safe in several threads. */
void merit__dataset_announce(const merit_dataset *data, const int64_t *index,
                             int64_t first, int64_t n);

/* What slices are made of: the windows of sequences, examples of other data. */
int64_t merit__dataset_n_units(const merit_dataset *data);

/* The rows that unit u has: examples first .. first + n; *places [n] are theirs in the
 * window, or NULL for the one row of other data. */
void merit__dataset_unit(const merit_dataset *data, int64_t u, int64_t *first,
                         int64_t *n, const int32_t **places);

/* Room for what a slice asks of one window. */
typedef struct merit__draft {
    float *x;         // [T], of which the window's length is filled
    int32_t *places;  // [T]
    int32_t *classes; // [T]
} merit__draft;

/* Unit u as training sees it in an epoch, of data with sequences and labels, with that
 * share of the letters hidden where the task is the masked one; returns the number of
 * rows. Total, allocates nothing. */
int64_t merit__dataset_draw(const merit_dataset *data, int64_t u, double hidden_share,
                            uint64_t seed, uint32_t epoch, merit__draft draft);

/* In sequence_dataset.c, of sequences: makes the windows and rows, with labels where
 * the sequences have them. */
merit_status merit__dataset_make_rows(merit_dataset *data, merit_error *err);

/* The windows that rows index[0..n) of `data` need become the subset's, with n. */
merit_status merit__dataset_choose_rows(merit_dataset *subset,
                                        const merit_dataset *data, const int64_t *index,
                                        int64_t n, merit_error *err);

/* The window that row i of sequences belongs to. */
int64_t merit__dataset_window(const merit_dataset *data, int64_t i);

/* How many letters of a sequence unit u shows; of other data how wide an example is. */
int64_t merit__dataset_unit_length(const merit_dataset *data, int64_t u);

/* The codes of window u, with what is hidden, filled up to x [width], which is no less
 * than its length. */
void merit__dataset_show_unit(const merit_dataset *data, int64_t u, float *x,
                              int64_t width);

/* The codes [T] of the window of row i. */
void merit__dataset_show_row(const merit_dataset *data, int64_t i, float *values);

/* A split between sequences, as merit_dataset_split. */
merit_status merit__dataset_split_sequences(merit_dataset **train,
                                            merit_dataset **validation,
                                            const merit_dataset *data, double fraction,
                                            uint64_t seed, merit_error *err);

/* In sequence_load.c: whether a file begins as one of sequences does; ENOMEM. */
merit_status merit__sequences_probe(int *is_some, const char *path, merit_error *err);

/* Loads sequences. */
merit_status merit__sequences_load(merit_dataset **out, const char *path,
                                   const merit_dataset_options *options,
                                   merit_error *err);

/* In sequence_labels.c: labels as the task wants them, from `labels` or the names; the
 * names of the classes in the order of their bytes go to data->names. */
merit_status merit__sequences_label(merit__sequences *sequences, merit_dataset *data,
                                    const char *labels, const char *path,
                                    merit_error *err);

/* In residue_labels.c: a label for each letter. */
merit_status merit__residues_label(merit__sequences *sequences, merit_dataset *data,
                                   const char *labels, merit_error *err);

/* In sequence_dataset.c: remembers that class i is number to[i] of n from now on, for
 * what training draws; EFORMAT where the classes are letters, which keep their order.
 */
merit_status merit__sequences_renumber(merit_dataset *data, const int64_t *to,
                                       int64_t n, merit_error *err);

/* Counts the classes and writes the notes. */
void merit__dataset_describe(merit_dataset *data);

#endif
