/* Findings as text. */
#ifndef MERIT_AUDIT_SENTENCES_H
#define MERIT_AUDIT_SENTENCES_H

#include "audit/audit_parts.h"

/* Text that grows; zeros are empty. Without memory it fails, and the finding with it.
 */
typedef struct merit__sentences {
    char *text;
    size_t n_bytes, capacity;
    int failed;
} merit__sentences;

/* Appends. */
void merit__say(merit__sentences *sentences, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A name or a number as findings show it. */
typedef struct merit__spoken {
    char text[72];
} merit__spoken;

/* The name of an answer, in quotes where it has a space. */
merit__spoken merit__speak_name(const merit_audit *audit, int64_t answer);

/* A number with at most 4 significant digits, such as 0.6667, 12 or 1.5e+07. */
merit__spoken merit__speak_number(double value);

/* A score as the table has it, or, where it has many digits, as above. */
merit__spoken merit__speak_score(double value);

/* How many times as much: 2.4, 2,203, 7.3 million. */
merit__spoken merit__speak_times(double value);

/* Appends "a, b and c", or "a, b and 7 more" where there are more than a few, of
 * the answers items[0..n). */
void merit__say_names(merit__sentences *sentences, const merit_audit *audit,
                      const int64_t *items, int64_t n);

/* Adds a finding and takes the text, on failure too. */
merit_status merit__audit_find(merit_audit *audit, const char *id,
                               merit_severity severity, merit__sentences *sentences,
                               merit_error *err);

/* The kinds of findings; each adds those there are. `found` [2 A] is scratch. */
merit_status merit__find_slips(merit_audit *audit, merit_error *err);
merit_status merit__find_best_answers(merit_audit *audit, int64_t *found,
                                      merit_error *err);
merit_status merit__find_never_best(merit_audit *audit, int64_t *found,
                                    merit_error *err);
merit_status merit__find_twins(merit_audit *audit, int64_t *found, merit_error *err);
merit_status merit__find_training(merit_audit *audit, merit_error *err);
merit_status merit__find_shape(merit_audit *audit, merit_error *err);

/* Whether no answer is worse than the right one for any truth, and some are better. */
int merit__looks_reversed(const merit_audit *audit);

/* The one class whose diagonal score differs while all others, three at least, are
 * `usual`; -1 when there is none. */
int64_t merit__odd_diagonal(const merit_audit *audit, double *usual);

#endif
