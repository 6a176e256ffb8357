#include "merit/scores.h"

#include "base/alloc.h"
#include "base/directory.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "base/suggest.h"
#include "scores/scores_of_tree.h"
#include "scores/scores_table.h"

#include <math.h>
#include <string.h>

// A table of the classes of the data, to be filled.
static merit_status begin(merit_scores **out, const char *spec,
                          const merit_scores_options *options, merit_error *err)
{
    char shown[64];
    merit__printable(shown, sizeof shown, spec);
    if (options->n_classes < 2) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: expected at least 2 classes from the data, found %lld",
                           shown, (long long)options->n_classes);
    }
    if (options->costs) {
        return merit__fail(err, MERIT_EINVAL, "%s: makes scores, not costs", shown);
    }
    merit_status status =
        merit__scores_new(out, options->n_classes, options->n_classes, spec, err);
    if (status != MERIT_OK) {
        return status;
    }
    return merit__scores_set_names(*out, options->classes, err);
}

static merit_status make_identity(merit_scores **out, const char *spec,
                                  const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores *scores = NULL;
    MERIT_TRY(begin(&scores, spec, options, err));
    for (int64_t i = 0; i < scores->n_truths; i++) {
        scores->values[i * scores->n_answers + i] = 1.0;
    }
    MERIT_TRY(merit__scores_add_findings(scores, 0, err));
    *out = scores;
    return MERIT_OK;

fail:
    merit_scores_free(scores);
    return status;
}

// The power of "ordinal" or "ordinal:power".
static merit_status parse_power(double *power, const char *spec, merit_error *err)
{
    char shown[64];
    const char *colon = strchr(spec, ':');
    *power = 1.0;
    if (colon != NULL &&
        (merit__parse_double(colon + 1, strlen(colon + 1), power) != 0 ||
         *power <= 0)) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: expected ordinal:power with a power above 0",
                           merit__printable(shown, sizeof shown, spec));
    }
    return MERIT_OK;
}

static merit_status make_ordinal(merit_scores **out, const char *spec,
                                 const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores *scores = NULL;
    double power = 1.0;
    MERIT_TRY(parse_power(&power, spec, err));
    MERIT_TRY(begin(&scores, spec, options, err));
    int64_t n = scores->n_truths;
    for (int64_t distance = 1; distance < n; distance++) {
        double score = -pow((double)distance, power);
        if (!merit__scores_allow(score)) {
            status =
                merit__fail(err, MERIT_EINVAL,
                            "%s: the score of a distance of %lld is above %g in size",
                            spec, (long long)distance, MERIT__SCORES_MAX_SCORE);
            goto fail;
        }
        for (int64_t i = 0; i + distance < n; i++) {
            scores->values[i * n + i + distance] = score;
            scores->values[(i + distance) * n + i] = score;
        }
    }
    MERIT_TRY(merit__scores_add_findings(scores, 0, err));
    *out = scores;
    return MERIT_OK;

fail:
    merit_scores_free(scores);
    return status;
}

static const char *const generator_names[] = {"identity", "ordinal", "groups:FILE",
                                              "tree:FILE", "bins:FILE"};

static const char *generator_name(const void *names, size_t i)
{
    return ((const char *const *)names)[i];
}

merit_status merit__scores_read_file(char **text, size_t *n_bytes, const char *path,
                                     const merit_scores_options *options,
                                     merit_error *err)
{
    merit_text_reader *read = options->read != NULL ? options->read : merit__file_read;
    return read(text, n_bytes, path, MERIT__SCORES_MAX_FILE_BYTES, err);
}

typedef merit_status parse_function(merit_scores **out, const char *text,
                                    size_t n_bytes, const char *origin,
                                    const merit_scores_options *options,
                                    merit_error *err);

static merit_status load_file(merit_scores **out, const char *path,
                              parse_function *parse,
                              const merit_scores_options *options, merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = merit__scores_read_file(&text, &n_bytes, path, options, err);
    if (status == MERIT_OK) {
        const char *origin = strcmp(path, "-") == 0 ? "standard input" : path;
        status = parse(out, text, n_bytes, origin, options, err);
    }
    merit__free(text);
    return status;
}

// bins:FILE or bins:FILE:POWER.
static merit_status load_bins(merit_scores **out, const char *spec,
                              const merit_scores_options *options, merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    double power = 1;
    size_t n = strlen(spec);
    const char *colon = strrchr(spec, ':');
    if (options->costs) {
        return merit__fail(err, MERIT_EINVAL, "bins: makes scores, not costs");
    }
    if (colon != NULL &&
        merit__parse_double(colon + 1, strlen(colon + 1), &power) == 0) {
        n = (size_t)(colon - spec);
    }
    if (!(power > 0) || n == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "bins: expected bins:FILE or bins:FILE:POWER with a power "
                           "above 0");
    }
    char *path = merit__copy_string(spec, n);
    merit_status status =
        path == NULL ? merit__fail_memory(err, n, "a path")
                     : merit__scores_read_file(&text, &n_bytes, path, options, err);
    if (status == MERIT_OK) {
        status =
            merit__scores_parse_bins(out, text, n_bytes, power, path, options, err);
    }
    merit__free(text);
    merit__free(path);
    return status;
}

static merit_status load_table(merit_scores **out, const char *path,
                               const merit_scores_options *options, merit_error *err)
{
    merit_status status = load_file(out, path, merit_scores_parse, options, err);
    const char *near = merit__suggest(path, generator_name, generator_names,
                                      sizeof generator_names / sizeof *generator_names);
    if (status != MERIT_OK && merit__is_directory(path)) {
        char shown[100];
        return merit__fail(err, status,
                           "%s: is a directory, expected a table; one with a taxonomy is "
                           "given as tree:DIRECTORY",
                           merit__printable_path(shown, sizeof shown, path));
    }
    if (status == MERIT_EIO && near != NULL && err != NULL) {
        return merit__fail(err, status, "%s; did you mean %s?", err->message, near);
    }
    return status;
}

static int begins_with(const char *spec, const char *start)
{
    return strncmp(spec, start, strlen(start)) == 0;
}

merit_status merit_scores_load(merit_scores **out, const char *spec,
                               const merit_scores_options *options, merit_error *err)
{
    const merit_scores_options defaults = {0};
    options = options == NULL ? &defaults : options;
    *out = NULL;
    if (spec == NULL) {
        return merit__fail(err, MERIT_EINVAL, "score table: no file and no generator");
    }
    merit_status status = merit__scores_check_options(options, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (strcmp(spec, "identity") == 0) {
        return make_identity(out, spec, options, err);
    }
    if (strcmp(spec, "ordinal") == 0 || begins_with(spec, "ordinal:")) {
        return make_ordinal(out, spec, options, err);
    }
    if (begins_with(spec, "groups:")) {
        return load_file(out, spec + strlen("groups:"), merit__scores_parse_groups,
                         options, err);
    }
    if (begins_with(spec, "bins:")) {
        return load_bins(out, spec + strlen("bins:"), options, err);
    }
    if (begins_with(spec, "tree:")) {
        return merit__scores_load_tree(out, spec + strlen("tree:"), options, err);
    }
    return load_table(out, spec, options, err);
}
