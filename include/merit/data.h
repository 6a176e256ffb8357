/* Examples to learn from: features, labels, splits.
 *
 *     merit_dataset *data;
 *     merit_dataset_load(&data, "train-images-idx3-ubyte.gz", NULL, &err);
 *     merit_dataset_free(data);
 *
 * Each example is C x H x W numbers. Pixels stay bytes in memory. Pictures in files
 * that do not fit there are decoded whenever they are needed. */
#ifndef MERIT_DATA_H
#define MERIT_DATA_H

#include "merit/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_dataset merit_dataset;

/* How a picture of another shape fits into the size of the examples. */
typedef enum merit_fit {
    MERIT_FIT_CROP = 0,   // its middle, as large as possible
    MERIT_FIT_STRETCH = 1 // all of it
} merit_fit;

/* What is asked about sequences of letters. */
typedef enum merit_task {
    MERIT_TASK_NONE = 0,     // the data are no sequences
    MERIT_TASK_SEQUENCE = 1, // a class for each sequence
    MERIT_TASK_RESIDUE = 2,  // a class for each letter
    MERIT_TASK_MASKED = 3    // which letters are hidden; needs no labels
} merit_task;

/* What a missing value of a table becomes: nothing, the table is refused; or the mean
 * of its column in the data that were learned from. */
typedef enum merit_missing {
    MERIT_MISSING_REFUSE = 0,
    MERIT_MISSING_MEAN = 1
} merit_missing;

/* Whether the first line of a table names its columns. */
typedef enum merit_header {
    MERIT_HEADER_AUTO = 0, // when it has what is no number and no label
    MERIT_HEADER_YES = 1,
    MERIT_HEADER_NO = 2
} merit_header;

/* What loading tells about while it runs. */
typedef enum merit_dataset_event_kind {
    MERIT_DATASET_PROGRESS = 1, // at most five times a second
    MERIT_DATASET_REFUSED = 2,  // message: one of several things that are wrong; the
                                // first 20 are told, then how many more there are, and
                                // loading fails
    MERIT_DATASET_LEFT_OUT = 3  // message: a bad picture that is left out; likewise
} merit_dataset_event_kind;

typedef struct merit_dataset_event {
    merit_dataset_event_kind kind;
    const char *message; // of PROGRESS what is being done, "decoding pictures"
    int64_t n_done, n;   // of PROGRESS; n is 0 when nobody knows
    double seconds_left; // of PROGRESS; negative when nobody knows
} merit_dataset_event;

/* Zero is the default of every field. */
typedef struct merit_dataset_options {
    const char *labels;     // file of labels (IDX, .npy or text); NULL: found beside
                            // (images-idx3 -> labels-idx1), or none
    int32_t no_labels;      // non-zero: do not look for labels
    int32_t allow_trailing; // non-zero: bytes after the data are ignored
    int32_t nonfinite_zero; // non-zero: NaN and infinity become 0
    int64_t first;          // > 0: only the first so many examples
    int64_t max_bytes;      // limit of decoded data; 0: 16 GB

    // Of pictures in files; other data ignore them.
    const char *root;     // the paths of a list start there; NULL: where the list is
    int64_t channels;     // 1 grey or 3 colours; 0: 3 when any picture has colours
    int64_t height;       // of every example; 0: the pictures' own when that is the
    int64_t width;        // same for all and at most 256, else 64
    merit_fit fit;        // how others fit into that
    int32_t follow_links; // non-zero: symbolic links are followed, not refused
    double bad_share;     // up to so large a share of bad pictures is left out
    int64_t memory_bytes; // for pixels; 0: a quarter of the machine's, at most 8 GB;
                          // does not change any result. Also the most that a table may
                          // take; 0: 4 GB
    int64_t n_threads;    // that decode; 0: all processors; likewise

    // Of sequences; other data ignore them.
    merit_task task;      // what is asked; sequences need one
    const char *alphabet; // "protein", "dna" or "rna"; NULL: as the letters suggest
    int64_t letters;      // that a net sees at once, at most; 0: 128, and for
                          // MERIT_TASK_SEQUENCE 4096. Of longer ones it sees the middle
    double hidden_share;  // of MERIT_TASK_MASKED, below 1; 0: 0.15

    // Of tables, which are text; other data ignore them. A column goes by its name in
    // the first line or by its place: 1, 2 ... from the left, -1, -2 ... from the
    // right.
    const char *label_column; // of a list of pictures, too; NULL: the one called
                              // "label", if there is one
    const char *id_column;    // NULL: one called "id", or a first one without a name
    const char *ignore;       // columns to leave out, with commas between them
    const char *schema;       // merit_dataset_schema of other data: take the same
                              // columns in the same order; NULL: all
    merit_header header;
    merit_missing missing;
    int32_t decimal_comma;  // non-zero: numbers are written 1,5
    int64_t max_line_bytes; // of a line; 0: 16 MB

    int32_t signals; // non-zero: a row of a table or of [N,F] is a signal of length F
                     // (C = H = 1, W = F), [N,C,T] C signals of length T (H = 1)

    // Called by the thread that loads; pictures tell most. NULL: silence.
    void (*report)(const merit_dataset_event *event, void *payload);
    void *payload;
} merit_dataset_options;

/* Loads a data set; the format is recognised by content: IDX (2 to 4 dimensions;
 * N x H x W or N x C x H x W), .npy ([N,F], [N,H,W] or [N,C,H,W]; a .npy of shape
 * [N,F] becomes C = F, H = W = 1), each plain or gzip; .npz, where "FILE:array" says
 * which array, else the only one, or the one called X, features, data, images,
 * embeddings, spectra, inputs or arr_0 (X_train, train_X, too): labels are then y,
 * labels, target ... beside it, or options->label_column; pictures (PNG, JPEG): a
 * folder with a folder of them for each class, a text with a path and a label in each
 * line, or, without labels, also a folder of pictures or one picture. Pictures are in
 * the order of the bytes of their paths, or in that of the list; classes are numbered
 * in the order of the bytes of their names. options->first pictures are evenly spaced.
 * Each picture is decoded once here, so that none can fail later unless it changes.
 * Sequences are FASTA or FASTQ, plain or gzip (bgzf too). With a task they are what is
 * asked: N is the number of sequences, of letters that have a label, or of hidden
 * letters. Their labels are, for MERIT_TASK_SEQUENCE, behind the last | of a name or in
 * a text of name, tab, class; for MERIT_TASK_RESIDUE a second FASTA with the same names
 * and lengths, whose letters are the classes. An example is then 1 x 1 x T letters: the
 * codes of a window around what is asked for. Hidden letters are always the same ones
 * here; training hides others
 * in each epoch.
 * Text is a table, an example to a line (C = F, H = W = 1): fields between tabs,
 * semicolons, commas or blanks, whichever the first line has, in quotes where they hold
 * such (RFC 4180); or libsvm's `label index:value ...`, made dense. Classes are
 * numbered in the order of their values when all are numbers, else of their bytes.
 * Lines of # before the first one with fields, and blank ones, are passed over.
 * Fails with EFORMAT or EUNSUPPORTED (file, byte, expected, found), EIO, ENOMEM.
 * The caller frees *out; NULL on failure. */
MERIT_API merit_status merit_dataset_load(merit_dataset **out, const char *path,
                                          const merit_dataset_options *options,
                                          merit_error *err);

/* Frees it; NULL is allowed. Subsets keep what they share alive. */
MERIT_API void merit_dataset_free(merit_dataset *data);

/* The examples index[0..n) of `data`, in that order, without copying features. */
MERIT_API merit_status merit_dataset_subset(merit_dataset **out,
                                            const merit_dataset *data,
                                            const int64_t *index, int64_t n,
                                            merit_error *err);

/* Cuts off a random share 0 < fraction < 1 for validation, by seed; both parts keep
 * the order of the data. At least 1 example goes to each part. */
MERIT_API merit_status merit_dataset_split(merit_dataset **train,
                                           merit_dataset **validation,
                                           const merit_dataset *data, double fraction,
                                           uint64_t seed, merit_error *err);

/* The number of examples, N. */
MERIT_API int64_t merit_dataset_n(const merit_dataset *data);

/* *channels, *height, *width of every example. */
MERIT_API void merit_dataset_shape(const merit_dataset *data, int64_t *channels,
                                   int64_t *height, int64_t *width);

/* The numbers of example 0 <= example < N, [C,H,W], as they stand in the file; of a
 * picture, 0 to 255. What is in memory cannot fail; a picture that is read again fails
 * with EFORMAT when it has changed, EIO, ENOMEM. */
MERIT_API merit_status merit_dataset_example(const merit_dataset *data, int64_t example,
                                             float *values, merit_error *err);

/* Labels [N] >= 0 in the order of the data; NULL when there are none. Borrowed. */
MERIT_API const int32_t *merit_dataset_labels(const merit_dataset *data);

/* The largest label + 1; 0 without labels. */
MERIT_API int64_t merit_dataset_n_classes(const merit_dataset *data);

/* What is asked about sequences; NONE for other data. */
MERIT_API merit_task merit_dataset_task(const merit_dataset *data);

/* "protein", "dna" or "rna"; NULL for data that are no sequences. Static. */
MERIT_API const char *merit_dataset_alphabet(const merit_dataset *data);

/* The share of letters that is hidden for MERIT_TASK_MASKED; 0 for other data. */
MERIT_API double merit_dataset_hidden_share(const merit_dataset *data);

/* How many sequences the file has, and letters; 0 for other data. */
MERIT_API void merit_dataset_sequences(const merit_dataset *data, int64_t *n_sequences,
                                       int64_t *n_letters);

/* How many letters the shortest and the longest sequence have; 0 for other data. */
MERIT_API void merit_dataset_lengths(const merit_dataset *data, int64_t *shortest,
                                     int64_t *longest);

/* The sequence that example 0 <= i < N is about: its name, and in *place, from 1, which
 * of its letters, 0 for all of it. NULL for data that are no sequences. Borrowed. */
MERIT_API const char *merit_dataset_sequence(const merit_dataset *data, int64_t i,
                                             int64_t *place);

/* Writes the letters around the one that example i is about, so many on each side, or
 * of a sequence that is asked for as a whole its first 2 * around + 1, as a text
 * [2 * around + 2] with a 0; others that are hidden here are "?". *cut is the sum of 1
 * when there are letters before them and of 2 when there are more behind. Returns the
 * place of the letter in the text; -1 for a whole sequence, and with "" for data that
 * are no sequences. */
MERIT_API int64_t merit_dataset_context(const merit_dataset *data, int64_t i,
                                        int64_t around, char *text, int32_t *cut);

/* Whether what lies at a path would be read as sequences; 0 for "-". */
MERIT_API int32_t merit_dataset_is_sequences(const char *path);

/* The path of the features as given. Borrowed. */
MERIT_API const char *merit_dataset_path(const merit_dataset *data);

/* As above, of the labels; "" without. Borrowed. */
MERIT_API const char *merit_dataset_labels_path(const merit_dataset *data);

/* The name of class 0 <= k < n_classes where the data name their classes, as pictures
 * and sequences do; NULL otherwise. Borrowed. */
MERIT_API const char *merit_dataset_class_name(const merit_dataset *data, int64_t k);

/* Numbers the classes of data that name them as names[0..n) are numbered, wherever they
 * stand there; data without names stay as they are. EFORMAT lists classes that are not
 * among the names and, with `need_all`, names that the data have no class for. */
MERIT_API merit_status merit_dataset_match(merit_dataset *data,
                                           const char *const *names, int64_t n,
                                           int32_t need_all, merit_error *err);

/* The file of example 0 <= i < N, relative to the folder or to the root of the list,
 * for pictures; NULL otherwise. Borrowed. */
MERIT_API const char *merit_dataset_file(const merit_dataset *data, int64_t i);

/* How many examples are files that are listed in the files.tsv of a run, by content; 0
 * when they are no pictures, or there is no such file. */
MERIT_API merit_status merit_dataset_listed(int64_t *n, const merit_dataset *data,
                                            const char *run, merit_error *err);

/* What is known of the columns of a table, as JSON, for the options of the tables to
 * come; NULL for other data. Borrowed. */
MERIT_API const char *merit_dataset_schema(const merit_dataset *data);

/* The name of column 0 <= column < F of the features of a table; NULL when the columns
 * have no names. Borrowed. */
MERIT_API const char *merit_dataset_column(const merit_dataset *data, int64_t column);

/* The id of example 0 <= i < N: of a table what the column of ids has, of a picture its
 * file; NULL otherwise. Borrowed. */
MERIT_API const char *merit_dataset_id(const merit_dataset *data, int64_t i);

/* How pictures were fitted; CROP for other data. */
MERIT_API merit_fit merit_dataset_fit(const merit_dataset *data);

/* Whether what lies at a path would be read as pictures. */
MERIT_API int32_t merit_dataset_is_pictures(const char *path);

/* Seconds that threads together spent waiting for pictures that were not decoded yet.
 */
MERIT_API double merit_dataset_waited(const merit_dataset *data);

/* SHA-256 of shape, features and labels as 64 hex digits and a 0; of pictures in files,
 * of their names, contents and labels and of how they are fitted. */
MERIT_API void merit_dataset_fingerprint(const merit_dataset *data, char hex[65]);

/* How many notes there are: what the data could be warned about (all one label, all
 * examples the same). */
MERIT_API int64_t merit_dataset_n_notes(const merit_dataset *data);

/* Note 0 <= index < n_notes, one sentence. Borrowed. */
MERIT_API const char *merit_dataset_note(const merit_dataset *data, int64_t index);

/* Reads a whole file, plain or gzip, "-" for standard input, of at most limit bytes
 * after decompression, into text with a 0 after it. Free with merit_text_free. */
MERIT_API merit_status merit_text_read(char **text, size_t *n_bytes, const char *path,
                                       size_t limit, merit_error *err);

/* What a zip archive such as .npz holds. */
typedef struct merit_archive merit_archive;

/* Lists a file that is an archive; *out is NULL, without a failure, for one that is
 * none. EFORMAT and EUNSUPPORTED for damaged archives, EIO, ENOMEM. Free with
 * merit_archive_free. */
MERIT_API merit_status merit_archive_open(merit_archive **out, const char *path,
                                          merit_error *err);

/* NULL is allowed. */
MERIT_API void merit_archive_free(merit_archive *archive);

/* How many members there are, folders left out. */
MERIT_API int64_t merit_archive_n(const merit_archive *archive);

/* The name of member 0 <= i < n without ".npy". Borrowed. */
MERIT_API const char *merit_archive_name(const merit_archive *archive, int64_t i);

/* What member 0 <= i < n is: "300x5 float32" for an array, words for anything else.
 * Borrowed. */
MERIT_API const char *merit_archive_content(const merit_archive *archive, int64_t i);

/* A numeric array from a .npy file (plain or gzip) or an .npz ("FILE:member"), as float
 * or int32. */
typedef struct merit_array {
    int64_t n_dims;
    int64_t dims[8];
    float *values;   // set for merit_array_load
    int32_t *labels; // set for merit_labels_load
} merit_array;

/* Loads any real .npy array as float. */
MERIT_API merit_status merit_array_load(merit_array *out, const char *path,
                                        merit_error *err);

/* Loads labels from .npy (integers, or floats that are whole) or IDX (1 dimension). */
MERIT_API merit_status merit_labels_load(merit_array *out, const char *path,
                                         merit_error *err);

/* Frees what the load put into it. */
MERIT_API void merit_array_dispose(merit_array *array);

/* Writes a float array [dims] as .npy, atomically. */
MERIT_API merit_status merit_array_save(const char *path, const float *values,
                                        const int64_t *dims, int64_t n_dims,
                                        merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
