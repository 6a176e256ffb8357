/* Random numbers, score tables and losses for the tests of losses. */
#ifndef MERIT_TESTS_LOSS_FIXTURES_H
#define MERIT_TESTS_LOSS_FIXTURES_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "merit/loss.h"
#include "merit/scores.h"

enum { QUESTION_CLASSES = 4 };

/* The table that started it all: c3's best answer is c4. */
static const double question_table[QUESTION_CLASSES * QUESTION_CLASSES] = {
    2, 1, 0, -1, 1, 2, -1, 0, 0, -1, 0, 1, -1, 0, 1, 2};

/* Uniform in (0,1): splitmix64 (Steele et al. 2014). */
static inline double uniform(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t x = *state;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return ((double)(x >> 12) + 0.5) / 4503599627370496.0;
}

/* Standard normal (Box-Muller). */
static inline double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(6.283185307179586 * uniform(state));
}

typedef enum table_kind {
    TABLE_IDENTITY,
    TABLE_SYMMETRIC,  // largest on the diagonal
    TABLE_ASYMMETRIC, // costs, the cube of a uniform number; 0 on the diagonal
    TABLE_NEGATIVE,   // all scores < 0; the best answer is anywhere
    TABLE_TREE,       // pairs in fours under one root; every loss takes it
    TABLE_QUESTION,   // 4 classes only
    N_TABLE_KINDS
} table_kind;

static inline double table_entry(table_kind kind, int64_t i, int64_t k, uint64_t *state)
{
    double u = uniform(state);
    switch (kind) {
    case TABLE_IDENTITY:
        return i == k;
    case TABLE_SYMMETRIC:
        return i == k ? 2 : 2 * u - 1;
    case TABLE_ASYMMETRIC:
        return i == k ? 0 : -8 * u * u * u;
    case TABLE_NEGATIVE:
        return -1 - 4 * u;
    case TABLE_TREE:
        return i == k ? 2 : i / 2 == k / 2 ? 1.2 : i / 4 == k / 4 ? 0.5 : -1;
    default:
        return question_table[i * QUESTION_CLASSES + k];
    }
}

/* Fills values [K,K]. */
static inline void fill_table(double *values, table_kind kind, int64_t K, uint64_t seed)
{
    for (int64_t i = 0; i < K; i++) {
        for (int64_t k = 0; k < K; k++) {
            values[i * K + k] = table_entry(kind, i, k, &seed);
            if (kind == TABLE_SYMMETRIC && k < i) {
                values[i * K + k] = values[k * K + i];
            }
        }
    }
}

typedef enum logits_kind {
    LOGITS_ZERO,
    LOGITS_NORMAL,
    LOGITS_50,
    LOGITS_10000,
    N_LOGITS_KINDS
} logits_kind;

/* Normal numbers for LOGITS_NORMAL; of one size and of either sign beyond. */
static inline void fill_logits(double *logits, logits_kind kind, int64_t K,
                               uint64_t seed)
{
    static const double sizes[N_LOGITS_KINDS] = {0, 1, 50, 1e4};
    for (int64_t j = 0; j < K; j++) {
        double z = normal(&seed);
        logits[j] = kind >= LOGITS_50 ? copysign(sizes[kind], z) : sizes[kind] * z;
    }
}

/* A table of K truths and A answers, or a failed test. */
static inline merit_scores *make_scores(const double *values, int64_t K, int64_t A)
{
    merit_error err = {0};
    merit_scores *scores = NULL;
    if (merit_scores_create(&scores, K, A, values, NULL, &err) != MERIT_OK) {
        fail_msg("scores: %s", err.message);
    }
    return scores;
}

/* A loss, or a failed test. */
static inline merit_loss *make_loss(const char *spec, const merit_scores *scores)
{
    merit_error err = {0};
    merit_loss *loss = NULL;
    if (merit_loss_create(&loss, spec, scores, &err) != MERIT_OK) {
        fail_msg("%s: %s", spec, err.message);
    }
    return loss;
}

/* As above, or NULL where the table forbids this loss. */
static inline merit_loss *make_loss_if_allowed(const char *spec,
                                               const merit_scores *scores)
{
    merit_error err = {0};
    merit_loss *loss = NULL;
    merit_status status = merit_loss_create(&loss, spec, scores, &err);
    if (status != MERIT_OK && status != MERIT_EUNSUPPORTED) {
        fail_msg("%s: %s", spec, err.message);
    }
    return loss;
}

/* As above, straight from values [K,K]. */
static inline merit_loss *make_loss_of(const char *spec, const double *values,
                                       int64_t K)
{
    merit_scores *scores = make_scores(values, K, K);
    merit_loss *loss = make_loss(spec, scores);
    merit_scores_free(scores);
    return loss;
}

/* As above; where the values forbid this loss they are replaced by those of a tree. */
static inline merit_loss *make_loss_of_kin(const char *spec, double *values, int64_t K)
{
    merit_scores *scores = make_scores(values, K, K);
    merit_loss *loss = make_loss_if_allowed(spec, scores);
    merit_scores_free(scores);
    if (loss == NULL) {
        fill_table(values, TABLE_TREE, K, 0);
        loss = make_loss_of(spec, values, K);
    }
    return loss;
}

/* n zeroed elements, or a failed test. Free with free. */
static inline void *make_array(int64_t n, size_t size)
{
    void *memory = calloc((size_t)n, size);
    if (memory == NULL) {
        fail_msg("no memory for %lld elements", (long long)n);
    }
    return memory;
}

static inline int is_close(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(1, fmax(fabs(a), fabs(b)));
}

#endif
