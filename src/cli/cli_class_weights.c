#include "cli_class_weights.h"

#include "cli_message.h"
#include "cli_number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const size_t limit_bytes = 256 << 20;

// A class by its name, for finding.
typedef struct named {
    const char *name;
    int64_t class;
} named;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static void balance(double *weights, int64_t n_classes, const merit_dataset *data)
{
    const int32_t *labels = merit_dataset_labels(data);
    const int64_t n = merit_dataset_n(data);
    for (int64_t i = 0; i < n; i++) {
        weights[labels[i]]++;
    }
    for (int64_t k = 0; k < n_classes; k++) {
        weights[k] = weights[k] > 0 ? 1 / weights[k] : 1;
    }
}

// What a file is read with; a weight is negative until it is known.
typedef struct reading {
    const char *path;
    const named *classes; // [n_classes] by name
    int64_t n_classes;
    double *weights; // [n_classes]
    int64_t line;
} reading;

static merit_status refuse(const reading *r, const char *what, const char *found,
                           merit_error *err)
{
    char path[120];
    char shown[80];
    merit__visible(path, sizeof path, r->path);
    return merit__refuse(err, MERIT_EFORMAT, "%s, line %" PRId64 ": %s \"%s\"", path,
                         r->line, what, merit__visible(shown, sizeof shown, found));
}

// A line without its end; it is changed.
static merit_status read_line(reading *r, char *line, merit_error *err)
{
    double weight = 0;
    size_t n = strlen(line);
    if (n > 0 && line[n - 1] == '\r') {
        line[--n] = '\0';
    }
    if (n == 0 || line[0] == '#') {
        return MERIT_OK;
    }
    char *tab = strrchr(line, '\t');
    if (tab == NULL) {
        return refuse(r, "expected a class, a tab and its weight, found", line, err);
    }
    *tab = '\0';
    if (!merit__parse_number(&weight, tab + 1) || weight < 0) {
        return refuse(r, "expected a weight of 0 or more, found", tab + 1, err);
    }
    const named wanted = {.name = line};
    const named *found =
        bsearch(&wanted, r->classes, (size_t)r->n_classes, sizeof *r->classes, by_name);
    if (found == NULL) {
        return refuse(r, "expected a class of the score table, found", line, err);
    }
    if (r->weights[found->class] >= 0) {
        return refuse(r, "a second weight of class", line, err);
    }
    r->weights[found->class] = weight;
    return MERIT_OK;
}

static merit_status read_lines(reading *r, char *text, size_t n_bytes, merit_error *err)
{
    char *end = text + n_bytes;
    for (char *line = text; line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        *stop = '\0';
        r->line++;
        if (memchr(line, '\0', (size_t)(stop - line)) != NULL) {
            return refuse(r, "a byte 0 in", line, err);
        }
        merit_status status = read_line(r, line, err);
        if (status != MERIT_OK) {
            return status;
        }
        line = stop + 1;
    }
    return MERIT_OK;
}

static merit_status read_file(double *weights, const char *path,
                              const merit_scores *scores, merit_error *err)
{
    merit_status status = MERIT_OK;
    reading r = {
        .path = path, .n_classes = merit_scores_n_truths(scores), .weights = weights};
    named *classes = NULL;
    char *text = NULL;
    size_t n_bytes = 0;
    MERIT_TRY(merit__new_array(&classes, r.n_classes, sizeof *classes, err));
    MERIT_TRY(merit_text_read(&text, &n_bytes, path, limit_bytes, err));
    for (int64_t k = 0; k < r.n_classes; k++) {
        classes[k] = (named){.name = merit_scores_name(scores, k), .class = k};
        weights[k] = -1;
    }
    qsort(classes, (size_t)r.n_classes, sizeof *classes, by_name);
    r.classes = classes;
    MERIT_TRY(read_lines(&r, text, n_bytes, err));
    for (int64_t k = 0; k < r.n_classes; k++) {
        weights[k] = weights[k] < 0 ? 1 : weights[k];
    }

fail:
    merit_text_free(text);
    free(classes);
    return status;
}

merit_status merit__class_weights_read(double **out, const char *spec,
                                       const merit_scores *scores,
                                       const merit_dataset *data, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = merit_scores_n_truths(scores);
    double *weights = NULL;
    *out = NULL;
    if (spec == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(merit__new_array(&weights, K, sizeof *weights, err));
    if (strcmp(spec, "balanced") == 0) {
        balance(weights, K, data);
    } else {
        MERIT_TRY(read_file(weights, spec, scores, err));
    }
    *out = weights;
    weights = NULL;

fail:
    free(weights);
    return status;
}
