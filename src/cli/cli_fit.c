#include "cli_fit.h"

#include "cli_message.h"
#include "merit/decide.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_VALUES = 1 << 21, SAMPLE_ROWS_MIN = 1000, PART_VALUES = 1 << 15 };

// Rows whose hash is below the limit. When they become too many, the limit is halved:
// which rows are in the sample depends on their places alone.
struct sample {
    double *values;   // [n_capacity,K]
    int32_t *labels;  // [n_capacity]
    uint64_t *hashes; // [n_capacity]
    int64_t n, n_capacity, n_classes;
    uint64_t limit;
};

int64_t merit__fit_capacity(int64_t n_classes)
{
    int64_t n = SAMPLE_VALUES / n_classes;
    return n < SAMPLE_ROWS_MIN ? SAMPLE_ROWS_MIN : n;
}

merit_status merit__fit_rows(merit__fit *out, const merit__beliefs *beliefs,
                             const double *values, const int32_t *labels, int64_t n,
                             merit_error *err)
{
    int64_t k = beliefs->n_classes;
    float *logits = NULL;
    merit_status status = MERIT_OK;
    if (!beliefs->source->are_logits) {
        return merit_temperature_fit_posterior(&out->temperature, &out->n_rows, values,
                                               labels, n, k, err);
    }
    MERIT_TRY(merit__new_array(&logits, n, (size_t)k * sizeof *logits, err));
    for (int64_t i = 0; i < n * k; i++) {
        logits[i] = (float)fmax(-FLT_MAX, fmin(FLT_MAX, values[i]));
    }
    MERIT_TRY(
        merit_temperature_fit(&out->temperature, logits, labels, NULL, n, k, err));
    out->n_rows = n;

fail:
    free(logits);
    return status;
}

// A number that looks drawn at random, for each row another (splitmix64 by Vigna).
static uint64_t hash_of(int64_t row)
{
    uint64_t x = ((uint64_t)row + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void move_row(struct sample *sample, int64_t to, int64_t from)
{
    size_t k = (size_t)sample->n_classes;
    if (to != from) {
        memcpy(sample->values + (size_t)to * k, sample->values + (size_t)from * k,
               k * sizeof *sample->values);
        sample->labels[to] = sample->labels[from];
        sample->hashes[to] = sample->hashes[from];
    }
}

static void halve(struct sample *sample)
{
    int64_t n = 0;
    sample->limit /= 2;
    for (int64_t i = 0; i < sample->n; i++) {
        if (sample->hashes[i] <= sample->limit) {
            move_row(sample, n++, i);
        }
    }
    sample->n = n;
}

static void add_row(struct sample *sample, const double *values, int32_t label,
                    int64_t row)
{
    uint64_t hash = hash_of(row);
    while (hash <= sample->limit && sample->n == sample->n_capacity) {
        halve(sample);
    }
    if (hash <= sample->limit) {
        memcpy(sample->values + sample->n * sample->n_classes, values,
               (size_t)sample->n_classes * sizeof *values);
        sample->labels[sample->n] = label;
        sample->hashes[sample->n++] = hash;
    }
}

static merit_status new_sample(struct sample *out, const merit__beliefs *beliefs,
                               merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t n_rows = merit_rows_n(beliefs->rows);
    *out = (struct sample){.n_classes = beliefs->n_classes, .limit = UINT64_MAX};
    out->n_capacity = merit__fit_capacity(beliefs->n_classes);
    if (n_rows >= 0 && n_rows < out->n_capacity) {
        out->n_capacity = n_rows;
    }
    MERIT_TRY(merit__new_array(&out->values, out->n_capacity,
                               (size_t)out->n_classes * sizeof *out->values, err));
    MERIT_TRY(
        merit__new_array(&out->labels, out->n_capacity, sizeof *out->labels, err));
    MERIT_TRY(
        merit__new_array(&out->hashes, out->n_capacity, sizeof *out->hashes, err));

fail:
    return status;
}

merit_status merit__fit_files(merit__fit *out, const merit__beliefs *beliefs,
                              merit_error *err)
{
    int64_t k = beliefs->n_classes;
    int64_t n_part = k < PART_VALUES ? PART_VALUES / k : 1;
    int64_t n_read = n_part;
    int64_t n = 0;
    merit_rows *rows = NULL;
    merit_rows *labels = NULL;
    double *values = NULL;
    int32_t *truths = NULL;
    struct sample sample = {0};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__beliefs_reopen(beliefs, &rows, &labels, err));
    MERIT_TRY(new_sample(&sample, beliefs, err));
    MERIT_TRY(merit__new_array(&values, n_part, (size_t)k * sizeof *values, err));
    MERIT_TRY(merit__new_array(&truths, n_part, sizeof *truths, err));
    while (n_read == n_part) {
        MERIT_TRY(
            merit__beliefs_read(rows, labels, values, truths, n_part, &n_read, err));
        for (int64_t i = 0; i < n_read; i++) {
            add_row(&sample, values + i * k, truths[i], n++);
        }
    }
    MERIT_TRY(
        merit__fit_rows(out, beliefs, sample.values, sample.labels, sample.n, err));
    out->is_sample = sample.n < n;

fail:
    merit_rows_close(rows);
    merit_rows_close(labels);
    free(sample.values);
    free(sample.labels);
    free(sample.hashes);
    free(values);
    free(truths);
    return status;
}
