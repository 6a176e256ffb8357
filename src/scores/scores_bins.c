#include "scores/scores_table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_names.h"
#include "scores/scores_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A bin of a quantity, and where it is. */
typedef struct bin {
    char *name;
    double middle;
} bin;

typedef struct bins {
    merit__text text;
    bin *items;
    size_t capacity;
    int64_t n;
    int n_numbers; // on each line: 1 a middle, 2 from and to
    double end;    // of the last one
} bins;

static void dispose(bins *file)
{
    for (int64_t i = 0; i < file->n; i++) {
        merit__free(file->items[i].name);
    }
    merit__free(file->items);
    merit__text_close(&file->text);
}

static merit_status fail_line(const bins *file, const char *expected, merit_error *err)
{
    return merit__fail(err, MERIT_EFORMAT, "%s:%lld: expected %s", file->text.origin,
                       (long long)file->text.record_line, expected);
}

static merit_status add_bin(bins *file, merit__field name, merit_error *err)
{
    char shown[64];
    char *copy = merit__copy_string(name.bytes, name.n);
    if (copy == NULL ||
        merit__grow_array((void **)&file->items, &file->capacity, (size_t)file->n + 1,
                          sizeof *file->items) != 0) {
        merit__free(copy);
        return merit__fail_memory(err, name.n + 1, "a bin");
    }
    file->items[file->n++] = (bin){.name = copy};
    const char *problem = merit__name_problem(copy);
    if (problem != NULL) {
        return merit__fail(err, MERIT_EFORMAT, "%s:%lld: the name \"%s\" of a bin %s",
                           file->text.origin, (long long)file->text.record_line,
                           merit__printable(shown, sizeof shown, copy), problem);
    }
    return merit__scores_check_size(file->n, file->n, file->text.origin, err);
}

// Puts the last bin where its one or two numbers say, behind those before it.
static merit_status place_bin(bins *file, const double numbers[2], int n,
                              merit_error *err)
{
    bin *last = &file->items[file->n - 1];
    if (file->n > 1 && n != file->n_numbers) {
        return fail_line(file, "as many numbers as in the lines before", err);
    }
    file->n_numbers = n;
    if (n == 2 && !(numbers[0] < numbers[1])) {
        return fail_line(file, "a bin that ends above where it begins", err);
    }
    last->middle = n == 2 ? numbers[0] + (numbers[1] - numbers[0]) / 2 : numbers[0];
    if (file->n > 1 && (n == 2 ? numbers[0] < file->end : !(numbers[0] > file->end))) {
        return fail_line(file, "bins in order, each behind the one before", err);
    }
    file->end = numbers[n - 1];
    return MERIT_OK;
}

static merit_status fail_numbers(const bins *file, merit__field field, merit_error *err)
{
    char expected[120];
    snprintf(expected, sizeof expected, "\"name middle\" or \"name from to\"%s",
             merit__text_number_hint(&file->text, field));
    return fail_line(file, expected, err);
}

static merit_status read_line(bins *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    double numbers[2] = {0};
    int found = 0;
    int n = 0;
    MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    MERIT_TRY(add_bin(file, field, err));
    MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    for (; found; n++) {
        if (n == 2 || merit__text_number(&file->text, field, &numbers[n]) != 0 ||
            !merit__scores_allow(numbers[n])) {
            return fail_numbers(file, field, err);
        }
        MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    }
    if (n == 0) {
        return fail_numbers(file, field, err);
    }
    MERIT_TRY(place_bin(file, numbers, n, err));
fail:
    return status;
}

static merit_status read_all(bins *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    int found = 0;
    MERIT_TRY(merit__text_next_record(&file->text, &found, err));
    if (found) {
        merit__text_detect_delimiter(&file->text);
    }
    while (found) {
        MERIT_TRY(read_line(file, err));
        MERIT_TRY(merit__text_next_record(&file->text, &found, err));
    }
    if (file->n < 2) {
        status =
            merit__fail(err, MERIT_EFORMAT, "%s: expected at least 2 bins, found %lld",
                        file->text.origin, (long long)file->n);
    }
fail:
    return status;
}

// -|middle_i - middle_k|^power.
static merit_status fill(merit_scores *scores, const bins *file, const int64_t *labels,
                         double power, merit_error *err)
{
    const int64_t K = file->n;
    for (int64_t i = 0; i < K; i++) {
        for (int64_t k = 0; k < K; k++) {
            const double apart = fabs(file->items[i].middle - file->items[k].middle);
            const double score = i == k ? 0 : -pow(apart, power);
            if (!merit__scores_allow(score)) {
                return merit__fail(err, MERIT_EFORMAT,
                                   "%s: the score of a distance of %g is above %g in "
                                   "size",
                                   file->text.origin, apart, MERIT__SCORES_MAX_SCORE);
            }
            scores->values[labels[i] * K + labels[k]] = score;
        }
    }
    return MERIT_OK;
}

static merit_status build(merit_scores **out, const bins *file, double power,
                          const char *origin, const merit_scores_options *options,
                          merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t K = (size_t)file->n;
    char shown[64];
    int64_t first = 0;
    int64_t second = 0;
    merit__name_index index = {0};
    merit_scores *scores = NULL;
    int64_t *labels = merit__alloc_array(K, sizeof *labels);
    const char **names = merit__alloc_array(K, sizeof *names);
    if (labels == NULL || names == NULL) {
        MERIT_TRY(merit__fail_memory(err, 2 * K * sizeof *labels, "names"));
    }
    for (size_t k = 0; k < K; k++) {
        names[k] = file->items[k].name;
    }
    MERIT_TRY(merit__name_index_init(&index, names, file->n, err));
    if (merit__name_index_has_twins(&index, &first, &second)) {
        MERIT_TRY(merit__fail(
            err, MERIT_EFORMAT, "%s: bins %lld and %lld are both named \"%s\"",
            file->text.origin, (long long)first + 1, (long long)second + 1,
            merit__printable(shown, sizeof shown, names[first])));
    }
    MERIT_TRY(merit__match_classes(labels, names, file->n, origin, options, err));
    MERIT_TRY(merit__scores_new(&scores, file->n, file->n, origin, err));
    for (size_t k = 0; k < K; k++) {
        MERIT_TRY(merit__scores_set_name(scores, labels[k], names[k], err));
    }
    MERIT_TRY(fill(scores, file, labels, power, err));
    MERIT_TRY(merit__scores_add_findings(scores, 0, err));
    *out = scores;
    scores = NULL;
fail:
    merit__name_index_dispose(&index);
    merit_scores_free(scores);
    merit__free(labels);
    merit__free(names);
    return status;
}

merit_status merit__scores_parse_bins(merit_scores **out, const char *text,
                                      size_t n_bytes, double power, const char *origin,
                                      const merit_scores_options *options,
                                      merit_error *err)
{
    merit_status status = MERIT_OK;
    bins file = {0};
    *out = NULL;
    MERIT_TRY(merit__text_open(&file.text, text, n_bytes, origin, err));
    file.text.has_decimal_comma = options->decimal_comma != 0;
    MERIT_TRY(read_all(&file, err));
    MERIT_TRY(build(out, &file, power, origin, options, err));
fail:
    dispose(&file);
    return status;
}
