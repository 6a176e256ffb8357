#include "cli_info_data.h"

#include "cli_info.h"
#include "cli_json.h"
#include "cli_loading.h"
#include "cli_message.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_labels(const void *a, const void *b)
{
    const int32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

// The fewest and the most examples of a class. Labels may be large: nothing here has a
// size of n_classes.
static merit_status count_classes(int64_t *fewest, int64_t *most, const int32_t *labels,
                                  int64_t n, int64_t n_classes, merit_error *err)
{
    int32_t *sorted = NULL;
    merit_status status = merit__new_array(&sorted, n, sizeof *sorted, err);
    if (status != MERIT_OK) {
        return status;
    }
    memcpy(sorted, labels, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_labels);
    int64_t n_found = 0, begin = 0;
    *fewest = n;
    *most = 0;
    for (int64_t i = 1; i <= n; i++) {
        if (i == n || sorted[i] != sorted[begin]) {
            *fewest = i - begin < *fewest ? i - begin : *fewest;
            *most = i - begin > *most ? i - begin : *most;
            begin = i;
            n_found++;
        }
    }
    *fewest = n_found < n_classes ? 0 : *fewest;
    free(sorted);
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

json_t *merit__info_data_record(const char *path, const merit_dataset *data)
{
    char fingerprint[65];
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    json_t *record = merit__info_record(path, "data");
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
    if (merit_dataset_schema(data) != NULL) {
        json_object_set_new(record, "table",
                            json_loads(merit_dataset_schema(data), 0, NULL));
    }
    json_object_set_new(record, "fingerprint", json_string(fingerprint));
    if (merit_dataset_task(data) != MERIT_TASK_NONE) {
        int64_t n_sequences = 0;
        int64_t n_letters = 0;
        int64_t shortest = 0;
        int64_t longest = 0;
        merit_dataset_sequences(data, &n_sequences, &n_letters);
        json_object_set_new(record, "sequences", json_integer(n_sequences));
        json_object_set_new(record, "letters", json_integer(n_letters));
        merit_dataset_lengths(data, &shortest, &longest);
        json_object_set_new(record, "shortest", json_integer(shortest));
        json_object_set_new(record, "longest", json_integer(longest));
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

// How the columns of a table are called, and what those are that are no features.
static void print_columns(const merit_dataset *data, int64_t n)
{
    enum { MAX_NAMES = 20 };
    char name[128];
    json_t *schema = merit_dataset_schema(data) != NULL
                         ? json_loads(merit_dataset_schema(data), 0, NULL)
                         : NULL;
    if (schema == NULL) {
        return;
    }
    printf("  %-12s %" PRId64, "features", n);
    for (int64_t i = 0; i < n && i < MAX_NAMES && merit_dataset_column(data, i); i++) {
        printf("%s%s", i == 0 ? ": " : ", ",
               merit__visible(name, sizeof name, merit_dataset_column(data, i)));
    }
    printf("%s\n",
           n > MAX_NAMES && merit_dataset_column(data, 0) != NULL ? ", ..." : "");
    merit__print_entry("ids", json_string_value(json_object_get(schema, "id")));
    merit__print_entry("label", json_string_value(json_object_get(schema, "label")));
    json_decref(schema);
}

static void print_sequences(const merit_dataset *data)
{
    char fingerprint[65];
    int64_t n_sequences = 0;
    int64_t n_letters = 0;
    int64_t shortest = 0;
    int64_t longest = 0;
    merit_dataset_sequences(data, &n_sequences, &n_letters);
    merit_dataset_fingerprint(data, fingerprint);
    merit__print_entry("data", merit_dataset_path(data));
    printf("  %-12s %" PRId64 " sequences, %" PRId64 " letters\n", "records",
           n_sequences, n_letters);
    merit_dataset_lengths(data, &shortest, &longest);
    printf("  %-12s %" PRId64 " to %" PRId64 " letters, %" PRId64 " on average\n",
           "lengths", shortest, longest,
           n_sequences > 0 ? (n_letters + n_sequences / 2) / n_sequences : 0);
    merit__print_entry("alphabet", merit_dataset_alphabet(data));
    merit__print_entry("fingerprint", fingerprint);
    for (int64_t i = 0; i < merit_dataset_n_notes(data); i++) {
        merit__print_entry("note", merit_dataset_note(data, i));
    }
}

// Whether the first rows are distributions.
static int are_probabilities(const merit_dataset *data)
{
    enum { N_ROWS = 100, N_MOST = 1000 };
    float values[N_MOST];
    int64_t n = 0, height = 0, width = 0;
    merit_dataset_shape(data, &n, &height, &width);
    int are_some = n > 1 && n <= N_MOST && height == 1 && width == 1 &&
                   merit_dataset_file(data, 0) == NULL;
    for (int64_t i = 0; are_some && i < merit_dataset_n(data) && i < N_ROWS; i++) {
        double sum = 0;
        are_some = merit_dataset_example(data, i, values, NULL) == MERIT_OK;
        for (int64_t k = 0; are_some && k < n; k++) {
            are_some = values[k] >= 0;
            sum += (double)values[k];
        }
        are_some = are_some && fabs(sum - 1) < 1e-3;
    }
    return are_some;
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
    print_columns(data, channels * height * width);
    if (labels == NULL) {
        merit__print_entry("labels", merit_dataset_schema(data) != NULL
                                         ? "none; --label names their column"
                                         : "none beside it");
    } else {
        status = print_labels(merit_dataset_labels_path(data), labels, n,
                              merit_dataset_n_classes(data), err);
    }
    print_classes(data);
    merit__print_entry("fingerprint", fingerprint);
    if (status == MERIT_OK && are_probabilities(data)) {
        merit__print_entry("note",
                           "Each row sums to 1. Are these probabilities? `merit "
                           "decide` answers them.");
    }
    for (int64_t i = 0; i < merit_dataset_n_notes(data); i++) {
        merit__print_entry("note", merit_dataset_note(data, i));
    }
    return status;
}

static merit_status tell_labels(const char *path, const merit_array *labels, int json,
                                merit_error *err)
{
    int64_t n_classes = 0;
    for (int64_t i = 0; i < labels->dims[0]; i++) {
        if (labels->labels[i] < 0) {
            return merit__refuse(err, MERIT_EFORMAT,
                                 "%.120s: label %" PRId64 " is %" PRId32
                                 ", expected 0 or more",
                                 path, i, labels->labels[i]);
        }
        n_classes =
            labels->labels[i] >= n_classes ? (int64_t)labels->labels[i] + 1 : n_classes;
    }
    if (!json) {
        return print_labels(path, labels->labels, labels->dims[0], n_classes, err);
    }
    json_t *record = merit__info_record(path, "labels");
    json_object_set_new(record, "n", json_integer(labels->dims[0]));
    json_object_set_new(record, "n_classes", json_integer(n_classes));
    return merit__json_print(record, err);
}

merit_status merit__info_tell(const char *path, const merit_dataset *data, int json,
                              merit_error *err)
{
    return json ? merit__json_print(merit__info_data_record(path, data), err)
                : print_data(data, err);
}

// A file of labels has one dimension, which no data set has.
merit_status merit__info_data(const char *path, const merit_dataset_options *options,
                              int json, merit_error *err)
{
    merit_dataset *data = NULL;
    merit_array labels = {0};
    merit_dataset_options wanted = *options;
    if (merit_dataset_is_sequences(path)) {
        wanted.task = MERIT_TASK_RESIDUE; // asks for every letter and needs no labels
        wanted.no_labels = 1;
    }
    merit_status status = merit__data_load(&data, path, &wanted, 0, err);
    if (status == MERIT_OK) {
        status = merit__info_tell(path, data, json, err);
    } else if (merit_labels_load(&labels, path, NULL) == MERIT_OK &&
               labels.n_dims == 1) {
        status = tell_labels(path, &labels, json, err);
    }
    merit_array_dispose(&labels);
    merit_dataset_free(data);
    return status;
}

merit_status merit__info_load_table(merit_dataset **out, const char *path,
                                    const merit_dataset_options *options,
                                    merit_error *err)
{
    static const struct {
        const char *label, *id;
    } guesses[] = {{"-1", NULL}, {"1", NULL}, {"-1", "1"}, {"2", "1"}};
    merit_dataset_options guess = *options;
    merit_status status = merit__data_load(out, path, options, 0, err);
    if (status != MERIT_EFORMAT || options->label_column != NULL ||
        options->id_column != NULL || strcmp(path, "-") == 0) {
        return status;
    }
    // What lacks nothing but some values is known well enough.
    guess.missing = MERIT_MISSING_MEAN;
    if (merit_dataset_load(out, path, &guess, NULL) == MERIT_OK) {
        merit_dataset_free(*out);
        *out = NULL;
        return status;
    }
    guess.missing = options->missing;
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
        guess.label_column = guesses[i].label;
        guess.id_column = guesses[i].id;
        if (merit_dataset_load(out, path, &guess, NULL) == MERIT_OK) {
            return MERIT_OK;
        }
    }
    return status;
}

// Whether the first line has a field of that name.
static int has_column(const char *text, const char *name)
{
    static const char around[] = "\t,; \"\r\n";
    const char *end = text + strcspn(text, "\n");
    size_t n = strlen(name);
    for (const char *at = strstr(text, name); at != NULL && at < end;
         at = strstr(at + 1, name)) {
        if ((at == text || strchr(around, at[-1]) != NULL) &&
            strchr(around, at[n]) != NULL) {
            return 1;
        }
    }
    return 0;
}

int merit__info_is_examples(const char *path)
{
    static const size_t limit_bytes = (size_t)1 << 30;
    char *text = NULL;
    size_t n_bytes = 0, n_lines = 0, n_fields = 1;
    if (merit_text_read(&text, &n_bytes, path, limit_bytes, NULL) != MERIT_OK) {
        return 1; // longer than any score table
    }
    for (size_t i = 0; i < n_bytes; i++) {
        n_lines += text[i] == '\n';
        n_fields += n_lines == 0 && strchr("\t,; ", text[i]) != NULL && text[i] != '\0';
    }
    int has_label = has_column(text, "label");
    size_t n_label = strcspn(text, " \t\n");
    size_t n_digits =
        text[n_label] == ' ' ? strspn(text + n_label + 1, "0123456789") : 0;
    int is_pair = n_digits > 0 && text[n_label + 1 + n_digits] == ':';
    merit_text_free(text);
    return is_pair || has_label || n_lines > 2 * n_fields;
}
