/* Pictures in files, as examples of one size. What fits is kept in memory; the others
 * are decoded again each time, ahead of those who will ask for them.
 *
 *     place      0 .. n_kept - 1            n_kept .. n - 1
 *     pixels     in the storage's memory    slots of the look-ahead, or a decoder's own
 *
 * An example's values depend on its file and on the frame alone: not on how many are
 * kept, nor on who decodes them when. */
#ifndef MERIT_DATA_GALLERY_H
#define MERIT_DATA_GALLERY_H

#include "data/paths.h"
#include "data/resample.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MERIT__PICTURE_HASH_BYTES = 16 };

/* What is known of a file since it was first read. */
typedef struct merit__picture_file {
    uint64_t n_bytes;
    int64_t changed_ns; // of its last change, since 1970
    unsigned char hash[MERIT__PICTURE_HASH_BYTES];
    uint16_t width, height; // upright
    uint8_t channels, n_bits;
    uint8_t is_bad, has_trailing;
} merit__picture_file;

/* Sums over the pixels of one channel of one example: whole numbers, exact. */
typedef struct merit__pixel_sums {
    uint64_t value, square;
} merit__pixel_sums;

/* What one thread needs to decode; see gallery_read.c. */
typedef struct merit__decoder merit__decoder;

/* Pictures decoded before they are asked for; see gallery_ahead.c. */
typedef struct merit__ahead merit__ahead;

typedef struct merit__gallery {
    char *path; // as given, for messages
    int folder; // open; the files' names start from here
    int follow_links;
    int is_one;                // `path` is the one file
    merit__paths names;        // of the files, by place
    int64_t *lines;            // [n] of the list that names them, or NULL; owned
    merit__picture_file *file; // [n]
    merit__pixel_sums *sums;   // [n,C]
    int64_t n;
    merit__frame frame;
    int n_bits;           // of a value: 8 or 16
    size_t example_bytes; // of the values [C,H,W]
    int64_t n_kept;
    int64_t n_threads;      // that decode
    pthread_mutex_t mutex;  // of the decoders and of `ahead`
    merit__decoder *idle;   // decoders that nobody uses
    merit__ahead *ahead;    // NULL until the first announcement
    atomic_llong waited_ns; // that threads spent on pictures that were not there yet
} merit__gallery;

/* A gallery of nothing yet. */
merit_status merit__gallery_create(merit__gallery **out, const char *path,
                                   merit_error *err);
void merit__gallery_free(merit__gallery *gallery);

/* "folder/name" of a file, for messages. Returns out. */
const char *merit__gallery_show(char *out, size_t out_bytes,
                                const merit__gallery *gallery, int64_t place);

/* Reads the header of a file into gallery->file[place]. EIO when the file cannot be
 * read, EFORMAT or EUNSUPPORTED when it is no good; the message names it. */
merit_status merit__gallery_inspect(merit__gallery *gallery, int64_t place,
                                    merit_error *err);

/* Decodes a file into to[example_bytes] for the first time, and notes hash, time and
 * sums. */
merit_status merit__gallery_examine(merit__gallery *gallery, int64_t place, void *to,
                                    merit_error *err);

/* Decodes it again; EFORMAT when it is gone or has another content than at first. */
merit_status merit__gallery_decode(merit__gallery *gallery, int64_t place, void *to,
                                   merit_error *err);

/* An example whose pixels are being looked at. */
typedef struct merit__loan {
    const void *values; // [C,H,W] of uint8_t or uint16_t
    merit__decoder *decoder;
    int64_t slot; // of the look-ahead, or -1
} merit__loan;

/* Lends the pixels of a place >= n_kept; give them back soon. As decode. Safe in
 * several threads. */
merit_status merit__gallery_borrow(merit__gallery *gallery, int64_t place,
                                   merit__loan *loan, merit_error *err);
void merit__gallery_return(merit__gallery *gallery, merit__loan *loan);

/* These places will be asked for soon, in this order: threads begin to decode them.
 * What was announced before and those that are kept cost nothing. Only as many as fit
 * are taken. */
void merit__gallery_announce(merit__gallery *gallery, const int64_t *places, int64_t n);

/* For gallery_read.c and gallery_ahead.c: decoders that are nobody's. NULL without
 * memory. */
merit__decoder *merit__decoder_take(merit__gallery *gallery);
void merit__decoder_give(merit__gallery *gallery, merit__decoder *decoder);
void merit__decoder_free_all(merit__gallery *gallery);
void *merit__decoder_values(merit__decoder *decoder);
merit_status merit__decoder_decode(merit__decoder *decoder, merit__gallery *gallery,
                                   int64_t place, void *to, merit_error *err);

/* For gallery_ahead.c. */
void merit__ahead_free(merit__ahead *ahead);

#endif
