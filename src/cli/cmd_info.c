#include "command.h"

#include "cli_data.h"
#include "cli_info.h"
#include "cli_info_data.h"
#include "cli_info_text.h"
#include "cli_json.h"
#include "cli_kind.h"
#include "cli_message.h"
#include "cli_options.h"
#include "cli_scores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPTION_JSON = MERIT__OPTION_OWN, SPEC_BYTES = 4300 };
static const off_t large_bytes = (off_t)64 << 20;

static const struct argp_option table[] = {
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 1},
    MERIT__LABELS_OPTION,
    MERIT__DATA_OPTIONS,
    MERIT__SIGNALS_OPTION,
    MERIT__PICTURE_OPTIONS,
    MERIT__LAST_OPTIONS,
};

struct settings {
    const char *path;
    merit_dataset_options data;
    int json;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&settings->path, 1, value, err);
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    default:
        return merit__data_option(&settings->data, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit info",
    .arguments = "FILE",
    .text = "Says what is in FILE: a model, a run directory, data (IDX, .npy, .npz, "
            "pictures, sequences or a table), labels, answers, a score table, groups, "
            "bins or a tree (Newick, edges, NCBI taxonomy).",
    .table = table,
    .set = set,
};

// A score table, or what a generator such as "groups:" makes of the file.
static merit_status tell_table(const struct settings *settings, const char *generator,
                               merit_error *err)
{
    char spec[SPEC_BYTES];
    snprintf(spec, sizeof spec, "%s%s", generator, settings->path);
    merit__scores_source source = {.spec = spec,
                                   .decimal_comma = settings->data.decimal_comma};
    merit_scores *scores = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__scores_open(&scores, &source, 0, err));
    int64_t k = merit_scores_n_truths(scores);
    int64_t a = merit_scores_n_answers(scores);
    const double *values = merit_scores_values(scores);
    double low = values[0];
    double high = values[0];
    for (int64_t i = 1; i < k * a; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    if (settings->json) {
        json_t *record = merit__info_record(settings->path, "scores");
        json_object_set_new(record, "classes", merit__info_names(scores, k));
        json_object_set_new(record, "answers", merit__info_names(scores, a));
        json_object_set_new(record, "lowest", merit__json_number(low));
        json_object_set_new(record, "highest", merit__json_number(high));
        MERIT_TRY(merit__json_print(record, err));
    } else {
        merit__print_entry("score table", spec);
        merit__print_names("classes", scores, 0, k);
        if (a > k) {
            merit__print_names("more answers", scores, k, a);
        }
        printf("  %-12s %g to %g\n", "scores", low, high);
        for (int64_t i = 0; i < merit_scores_n_notes(scores); i++) {
            merit__print_entry("note", merit_scores_note(scores, i));
        }
    }

fail:
    merit_scores_free(scores);
    return status;
}

// Text is a tree or a table. A list of edges looks like a table at first sight.
// *like_tree: unlike a table it is one at first sight, good or bad.
static merit_status tell_scores(int *like_tree, const struct settings *settings,
                                merit_error *err)
{
    const char *path = settings->path;
    merit_error of_tree = {0};
    int is_tree = 0;
    *like_tree = 0;
    if (strcmp(path, "-") == 0) {
        return tell_table(settings, "", err);
    }
    merit_status status = merit__info_tree(like_tree, path, 0, settings->json, err);
    if (*like_tree || status != MERIT_OK) {
        return status;
    }
    status = tell_table(settings, "", err);
    return status == MERIT_EFORMAT &&
                   merit__info_tree(&is_tree, path, 1, settings->json, &of_tree) ==
                       MERIT_OK
               ? MERIT_OK
               : status;
}

static merit_status tell_examples(const struct settings *settings, merit_error *err)
{
    merit_dataset *data = NULL;
    merit_status status =
        merit__info_load_table(&data, settings->path, &settings->data, err);
    if (status == MERIT_OK) {
        status = merit__info_tell(settings->path, data, settings->json, err);
    }
    merit_dataset_free(data);
    return status;
}

// What is no score table: bins, examples when it looks like them, groups, unless it is
// like a tree, or labels. *err says why it is none.
static merit_status tell_other_text(const struct settings *settings, int like_tree,
                                    merit_error *err)
{
    const char *path = settings->path;
    merit_status status = MERIT_EFORMAT;
    int are_labels = 0;
    if (merit__info_can_generate("bins:", path)) {
        return tell_table(settings, "bins:", err);
    }
    if (merit__info_is_examples(path) || !merit__info_has_rows_of_columns(path)) {
        status = tell_examples(settings, err);
    }
    if (status == MERIT_EFORMAT && !like_tree &&
        merit__info_can_generate("groups:", path)) {
        return tell_table(settings, "groups:", err);
    }
    if (status == MERIT_EFORMAT) {
        merit_status told =
            merit__info_label_text(&are_labels, path, settings->json, err);
        status = are_labels ? told : status;
    }
    return status;
}

// Larger than any score table that people write.
static int is_large(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > large_bytes;
}

// A score table, a tree, or examples: those when it looks like them or was said to be.
static merit_status tell_text(const struct settings *settings, merit_error *err)
{
    const merit_dataset_options *data = &settings->data;
    if (data->label_column != NULL || data->id_column != NULL || data->labels != NULL ||
        data->signals || is_large(settings->path)) {
        return tell_examples(settings, err);
    }
    int is_own = 0;
    int like_tree = 0;
    if (strcmp(settings->path, "-") == 0) {
        return tell_scores(&like_tree, settings, err);
    }
    merit_status status =
        merit__info_own_text(&is_own, settings->path, settings->json, err);
    if (!is_own && status == MERIT_OK) {
        status = tell_scores(&like_tree, settings, err);
    }
    if (status == MERIT_ENOMEM && !is_own) {
        return tell_examples(settings, err); // more rows than a score table has
    }
    if (status != MERIT_EFORMAT || is_own) {
        return status;
    }
    const merit_error of_tree = *err;
    status = tell_other_text(settings, like_tree, err);
    if (status == MERIT_EFORMAT && like_tree) { // what is wrong with it is of more use
        *err = of_tree;
    }
    return status;
}

static merit_status tell(const struct settings *settings, merit_error *err)
{
    enum merit__kind kind = MERIT__KIND_SCORES;
    int is_tree = 0;
    merit_status status = MERIT_OK;
    if (strcmp(settings->path, "-") != 0) {
        status = merit__kind_of(&kind, settings->path, err);
    }
    if (status != MERIT_OK) {
        return status;
    }
    switch (kind) {
    case MERIT__KIND_RUN:
        return merit__info_model(settings->path, 1, settings->json, err);
    case MERIT__KIND_MODEL:
        return merit__info_model(settings->path, 0, settings->json, err);
    case MERIT__KIND_SCORES:
        return tell_text(settings, err);
    case MERIT__KIND_TAXONOMY:
        return merit__info_tree(&is_tree, settings->path, 1, settings->json, err);
    case MERIT__KIND_ARCHIVE:
        return merit__info_archive(settings->path, &settings->data, settings->json,
                                   err);
    case MERIT__KIND_DATA:
        return merit__info_data(settings->path, &settings->data, settings->json, err);
    }
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    if (settings.path == NULL) {
        status = merit__refuse(&err, MERIT_EINVAL, "FILE is missing: merit info FILE");
        goto fail;
    }
    MERIT_TRY(tell(&settings, &err));

fail:
    return merit__finish(status, &err);
}

const merit__command merit__command_info = {
    .name = "info",
    .summary = "say what is in a file",
    .run = run,
};
