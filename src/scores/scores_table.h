/* The inside of a score table, for the files that make one. */
#ifndef MERIT_SCORES_SCORES_TABLE_H
#define MERIT_SCORES_SCORES_TABLE_H

#include "merit/scores.h"

#include <stdatomic.h>

#include "scores/tree_table.h"

enum {
    MERIT__SCORES_MAX_ANSWERS = 20000, // of a table with values
    MERIT__SCORES_TREE_ANSWERS = 2000, // of a tree whose values are written out
    MERIT__SCORES_MAX_NAME_BYTES = 255,
    MERIT__SCORES_MAX_FILE_BYTES = 1 << 30
};

/* The largest score in size. Squares and sums of scores then stay finite as float,
 * whatever the loss; only the ratios of scores matter, so any table can be scaled. */
#define MERIT__SCORES_MAX_SCORE 1e15

/* What a user should be told about a table. */
typedef struct merit__note {
    const char *id; // static
    char *text;     // one sentence
} merit__note;

/* Never changed once it is made, so that what uses it can share it. */
struct merit_scores {
    atomic_long n_shared;    // users beside the one who made it
    int64_t n_truths;        // K
    int64_t n_answers;       // A
    double *values;          // [K,A]; NULL for a table that is implicit
    char **names;            // [A]
    char *name_block;        // that all names lie in; NULL: each one is its own
    merit__tree_table *tree; // what the table is made of, or NULL
    merit__note *notes;      // [n_notes]
    size_t n_notes;
    size_t note_capacity;
};

/* ENOMEM, with the memory it would need, when a table of this size is above the limit.
 * Asked before anything of that size is allocated. */
merit_status merit__scores_check_size(int64_t n_truths, int64_t n_answers,
                                      const char *origin, merit_error *err);

/* A table of zeros without names, K <= A. ENOMEM as above or without memory. */
merit_status merit__scores_new(merit_scores **out, int64_t n_truths, int64_t n_answers,
                               const char *origin, merit_error *err);

/* The same table for one more user, who frees it as the others do. */
merit_scores *merit__scores_share(const merit_scores *scores);

/* Copies the name of an answer. */
merit_status merit__scores_set_name(merit_scores *scores, int64_t answer,
                                    const char *name, merit_error *err);

/* Copies the names of all answers, or makes them "0", "1", ... of NULL. EINVAL for
 * names that cannot be used. */
merit_status merit__scores_set_names(merit_scores *scores, const char *const *names,
                                     merit_error *err);

/* EINVAL for names that cannot be used, or are there twice; `names` is not NULL. */
merit_status merit__scores_check_names(const char *const *names, int64_t n,
                                       merit_error *err);

/* Whether a score may be in a table. */
int merit__scores_allow(double value);

/* Negates all scores; both zeros become 0, never -0. */
void merit__scores_negate(merit_scores *scores);

/* Adds one sentence; id is static. */
merit_status merit__scores_add_note(merit_scores *scores, merit_error *err,
                                    const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds what the numbers and the names themselves tell. */
merit_status merit__scores_add_findings(merit_scores *scores, int given_as_costs,
                                        merit_error *err);

/* Adds what the names alone tell. */
merit_status merit__scores_note_names(merit_scores *scores, merit_error *err);

/* Reads a file as the options say; free the text with merit__free. */
merit_status merit__scores_read_file(char **text, size_t *n_bytes, const char *path,
                                     const merit_scores_options *options,
                                     merit_error *err);

/* Checks options; NULL is the default of all. */
merit_status merit__scores_check_options(const merit_scores_options *options,
                                         merit_error *err);

/* Makes a table from the text of a file of bins. */
merit_status merit__scores_parse_bins(merit_scores **out, const char *text,
                                      size_t n_bytes, double power, const char *origin,
                                      const merit_scores_options *options,
                                      merit_error *err);

/* Makes a table from the text of a groups file. */
merit_status merit__scores_parse_groups(merit_scores **out, const char *text,
                                        size_t n_bytes, const char *origin,
                                        const merit_scores_options *options,
                                        merit_error *err);

#endif
