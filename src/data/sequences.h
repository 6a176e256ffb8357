/* Sequences in memory: their letters one after the other, names, and what is asked of
 * them. */
#ifndef MERIT_DATA_SEQUENCES_H
#define MERIT_DATA_SEQUENCES_H

#include "data/alphabet.h"
#include "merit/data.h"

/* Records of a FASTA or FASTQ file. Zero is none. */
typedef struct merit__records {
    int64_t n;
    uint8_t *codes; // of all letters, one record after the other
    size_t n_codes, codes_room;
    int64_t *start; // [n + 1] where a record begins in codes
    size_t start_room;
    char *names; // the first words of the headers, each with a 0 behind it
    size_t n_names, names_room;
    int64_t *name_at; // [n] where each begins
    size_t name_at_room;
    int64_t *line; // [n] of the file: where its header stands
    size_t line_room;
    int64_t counts[MERIT__LABEL_CODES]; // of letters of each code
    int64_t n_small;                    // of letters that were small
    int is_fastq;
} merit__records;

/* What is learned about sequences. Shared by data sets, never changed. */
typedef struct merit__sequences {
    merit__records records;
    const merit__alphabet *alphabet;
    merit_task task;
    int64_t width;       // T: letters in a window
    double hidden_share; // of letters that are classes, for the masked task
    uint32_t *key;       // [n] of a record's letters: what is random about it depends
                         // on them, not on its place in the file
    int32_t *label;      // residue: [n_codes], sequence: [n]; -1 for none; or NULL
    int64_t n_labels;    // classes of `label`
} merit__sequences;

void merit__records_dispose(merit__records *records);
void merit__sequences_free(merit__sequences *sequences);

/* One more record, whose header is on this line of the file; ENOMEM. */
merit_status merit__records_begin(merit__records *records, int64_t line,
                                  merit_error *err);

/* One more byte of the last record's name, at the end a 0; ENOMEM. */
merit_status merit__records_name(merit__records *records, char byte, merit_error *err);

/* Room for more letters; ENOMEM. */
merit_status merit__records_grow(merit__records *records, merit_error *err);

/* One more letter of the last record. */
static inline merit_status merit__records_add(merit__records *records, int code,
                                              merit_error *err)
{
    if (records->n_codes == records->codes_room &&
        merit__records_grow(records, err) != MERIT_OK) {
        return MERIT_ENOMEM;
    }
    records->codes[records->n_codes++] = (uint8_t)code;
    records->start[records->n]++;
    records->counts[code]++;
    return MERIT_OK;
}

const char *merit__record_name(const merit__records *records, int64_t i);
int64_t merit__record_length(const merit__records *records, int64_t i);

/* A stretch of a sequence that fits into a net, and what of it is asked for. */
typedef struct merit__window {
    int64_t record;
    int64_t start;     // first letter of the record that is seen
    int64_t from, end; // letters of the record whose rows belong to this window
    int64_t first_row; // in the data set
} merit__window;

/* How many letters it shows, at most T; the same wherever training moves it. */
int64_t merit__window_length(const merit__sequences *sequences,
                             const merit__window *window);

/* What a slice reads of a window: the codes x [length] of the letters that it shows,
 * and `n` rows: the places in the window that are judged, their classes. Returns n.
 * Total, allocates nothing. */

/* The rows that belong to the window: hidden letters are the same at each call. classes
 * are -1 without labels. */
int64_t merit__window_rows(const merit__sequences *sequences,
                           const merit__window *window, float *x, int32_t *places,
                           int32_t *classes);

/* For training: moved and hidden anew in each epoch, and another share of the letters
 * where the task is the masked one; every row that can be seen. */
int64_t merit__window_draw(const merit__sequences *sequences,
                           const merit__window *window, double hidden_share,
                           uint64_t seed, uint32_t epoch, float *x, int32_t *places,
                           int32_t *classes);

/* Whether merit__window_rows hides this letter of a record, for the masked task. */
int merit__letter_is_hidden(const merit__sequences *sequences, int64_t record,
                            int64_t place);

/* Cuts all records into windows, as many as *n says, which the caller frees with
 * merit__free; first_row is not set. */
merit_status merit__windows_create(merit__window **out, int64_t *n,
                                   const merit__sequences *sequences, merit_error *err);

#endif
