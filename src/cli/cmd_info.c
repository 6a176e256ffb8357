#include "command.h"

#include "cli_data.h"
#include "cli_info.h"
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

enum { OPTION_JSON = 0x300 };

static const struct argp_option table[] = {
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 1},
    MERIT__LABELS_OPTION,
    MERIT__DATA_OPTIONS,
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
    .text = "Says what is in FILE: a model, a run directory, data (IDX, .npy, "
            "pictures or sequences), a score table or a tree (Newick, edges, NCBI "
            "taxonomy).",
    .table = table,
    .set = set,
};

static merit_status tell_table(const struct settings *settings, merit_error *err)
{
    merit__scores_source source = {.spec = settings->path};
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
        merit__print_entry("score table", settings->path);
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
static merit_status tell_scores(const struct settings *settings, merit_error *err)
{
    const char *path = settings->path;
    merit_error of_tree = {0};
    int is_tree = 0;
    if (strcmp(path, "-") == 0) {
        return tell_table(settings, err);
    }
    merit_status status = merit__info_tree(&is_tree, path, 0, settings->json, err);
    if (is_tree || status != MERIT_OK) {
        return status;
    }
    status = tell_table(settings, err);
    return status == MERIT_EFORMAT &&
                   merit__info_tree(&is_tree, path, 1, settings->json, &of_tree) ==
                       MERIT_OK
               ? MERIT_OK
               : status;
}

static int is_taxonomy(const char *path)
{
    char nodes[4200];
    struct stat info;
    int n = snprintf(nodes, sizeof nodes, "%s/nodes.dmp", path);
    return n > 0 && (size_t)n < sizeof nodes && stat(nodes, &info) == 0;
}

// The fewest and the most examples of a class.
static merit_status count_classes(int64_t *fewest, int64_t *most, const int32_t *labels,
                                  int64_t n, int64_t n_classes, merit_error *err)
{
    int64_t *counts = NULL;
    merit_status status = merit__new_array(&counts, n_classes, sizeof *counts, err);
    if (status != MERIT_OK) {
        return status;
    }
    for (int64_t i = 0; i < n; i++) {
        counts[labels[i]]++;
    }
    *fewest = counts[0];
    *most = counts[0];
    for (int64_t i = 1; i < n_classes; i++) {
        *fewest = counts[i] < *fewest ? counts[i] : *fewest;
        *most = counts[i] > *most ? counts[i] : *most;
    }
    free(counts);
    return MERIT_OK;
}

static merit_status print_labels(const char *path, const int32_t *labels, int64_t n,
                                 int64_t n_classes, merit_error *err)
{
    int64_t fewest = 0;
    int64_t most = 0;
    merit_status status = count_classes(&fewest, &most, labels, n, n_classes, err);
    if (status == MERIT_OK) {
        merit__print_entry("labels", path);
        printf("  %-12s %" PRId64 ", of each %" PRId64, "classes", n_classes, fewest);
        if (most > fewest) {
            printf(" to %" PRId64, most);
        }
        printf(" examples\n");
    }
    return status;
}

static json_t *class_names(const merit_dataset *data)
{
    json_t *names = json_array();
    int64_t n = merit_dataset_n_classes(data);
    for (int64_t i = 0; i < n; i++) {
        json_array_append_new(names,
                              merit__json_text(merit_dataset_class_name(data, i)));
    }
    return names;
}

static json_t *data_record(const struct settings *settings, const merit_dataset *data)
{
    char fingerprint[65];
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    json_t *record = merit__info_record(settings->path, "data");
    merit_dataset_shape(data, &channels, &height, &width);
    merit_dataset_fingerprint(data, fingerprint);
    json_object_set_new(record, "n", json_integer(merit_dataset_n(data)));
    json_object_set_new(record, "shape",
                        json_pack("[I, I, I]", (json_int_t)channels, (json_int_t)height,
                                  (json_int_t)width));
    json_object_set_new(record, "labels",
                        merit_dataset_labels(data) == NULL
                            ? json_null()
                            : merit__json_text(merit_dataset_labels_path(data)));
    json_object_set_new(record, "n_classes",
                        json_integer(merit_dataset_n_classes(data)));
    if (merit_dataset_class_name(data, 0) != NULL) {
        json_object_set_new(record, "classes", class_names(data));
    }
    json_object_set_new(record, "fingerprint", json_string(fingerprint));
    if (merit_dataset_task(data) != MERIT_TASK_NONE) {
        int64_t n_sequences = 0;
        int64_t n_letters = 0;
        merit_dataset_sequences(data, &n_sequences, &n_letters);
        json_object_set_new(record, "sequences", json_integer(n_sequences));
        json_object_set_new(record, "letters", json_integer(n_letters));
        json_object_set_new(record, "alphabet",
                            json_string(merit_dataset_alphabet(data)));
    }
    return record;
}

// "cat, dog, ..." where the data name their classes.
static void print_classes(const merit_dataset *data)
{
    enum { MAX_NAMES = 20 };
    char name[128];
    int64_t n = merit_dataset_n_classes(data);
    if (merit_dataset_class_name(data, 0) == NULL) {
        return;
    }
    printf("  %-12s ", "named");
    for (int64_t i = 0; i < n && i < MAX_NAMES; i++) {
        printf("%s%s", i == 0 ? "" : ", ",
               merit__visible(name, sizeof name, merit_dataset_class_name(data, i)));
    }
    printf("%s\n", n > MAX_NAMES ? ", ..." : "");
}

static void print_sequences(const merit_dataset *data)
{
    char fingerprint[65];
    int64_t n_sequences = 0;
    int64_t n_letters = 0;
    merit_dataset_sequences(data, &n_sequences, &n_letters);
    merit_dataset_fingerprint(data, fingerprint);
    merit__print_entry("data", merit_dataset_path(data));
    printf("  %-12s %" PRId64 " sequences, %" PRId64 " letters\n", "records",
           n_sequences, n_letters);
    merit__print_entry("alphabet", merit_dataset_alphabet(data));
    merit__print_entry("fingerprint", fingerprint);
    for (int64_t i = 0; i < merit_dataset_n_notes(data); i++) {
        merit__print_entry("note", merit_dataset_note(data, i));
    }
}

static merit_status print_data(const merit_dataset *data, merit_error *err)
{
    if (merit_dataset_task(data) != MERIT_TASK_NONE) {
        print_sequences(data);
        return MERIT_OK;
    }
    char fingerprint[65];
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    int64_t n = merit_dataset_n(data);
    const int32_t *labels = merit_dataset_labels(data);
    merit_status status = MERIT_OK;
    merit_dataset_shape(data, &channels, &height, &width);
    merit_dataset_fingerprint(data, fingerprint);
    merit__print_entry("data", merit_dataset_path(data));
    printf("  %-12s %" PRId64 " of %" PRId64 "x%" PRId64 "x%" PRId64 "\n", "examples",
           n, channels, height, width);
    if (labels == NULL) {
        merit__print_entry("labels", "none beside it");
    } else {
        status = print_labels(merit_dataset_labels_path(data), labels, n,
                              merit_dataset_n_classes(data), err);
    }
    print_classes(data);
    merit__print_entry("fingerprint", fingerprint);
    for (int64_t i = 0; i < merit_dataset_n_notes(data); i++) {
        merit__print_entry("note", merit_dataset_note(data, i));
    }
    return status;
}

static merit_status tell_labels(const struct settings *settings,
                                const merit_array *labels, merit_error *err)
{
    int64_t n_classes = 0;
    for (int64_t i = 0; i < labels->dims[0]; i++) {
        if (labels->labels[i] < 0) {
            return merit__refuse(err, MERIT_EFORMAT,
                                 "%.120s: label %" PRId64 " is %" PRId32
                                 ", expected 0 or more",
                                 settings->path, i, labels->labels[i]);
        }
        n_classes = labels->labels[i] >= n_classes ? labels->labels[i] + 1 : n_classes;
    }
    if (!settings->json) {
        return print_labels(settings->path, labels->labels, labels->dims[0], n_classes,
                            err);
    }
    json_t *record = merit__info_record(settings->path, "labels");
    json_object_set_new(record, "n", json_integer(labels->dims[0]));
    json_object_set_new(record, "n_classes", json_integer(n_classes));
    return merit__json_print(record, err);
}

// A file of labels has one dimension, which no data set has.
static merit_status tell_data(const struct settings *settings, merit_error *err)
{
    merit_dataset *data = NULL;
    merit_array labels = {0};
    merit_dataset_options wanted = settings->data;
    if (merit_dataset_is_sequences(settings->path)) {
        wanted.task = MERIT_TASK_RESIDUE; // asks for every letter and needs no labels
        wanted.no_labels = 1;
    }
    merit_status status = merit_dataset_load(&data, settings->path, &wanted, err);
    if (status == MERIT_OK) {
        status = settings->json ? merit__json_print(data_record(settings, data), err)
                                : print_data(data, err);
    } else if (merit_labels_load(&labels, settings->path, NULL) == MERIT_OK &&
               labels.n_dims == 1) {
        status = tell_labels(settings, &labels, err);
    }
    merit_array_dispose(&labels);
    merit_dataset_free(data);
    return status;
}

static merit_status tell(const struct settings *settings, merit_error *err)
{
    enum merit__kind kind = MERIT__KIND_SCORES;
    merit_status status = MERIT_OK;
    if (strcmp(settings->path, "-") != 0) {
        status = merit__kind_of(&kind, settings->path, err);
    }
    if (status != MERIT_OK) {
        return status;
    }
    if (is_taxonomy(settings->path)) {
        int is_tree = 0;
        return merit__info_tree(&is_tree, settings->path, 1, settings->json, err);
    }
    switch (kind) {
    case MERIT__KIND_RUN:
        return merit__info_model(settings->path, 1, settings->json, err);
    case MERIT__KIND_MODEL:
        return merit__info_model(settings->path, 0, settings->json, err);
    case MERIT__KIND_SCORES:
        return tell_scores(settings, err);
    case MERIT__KIND_DATA:
        return tell_data(settings, err);
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
