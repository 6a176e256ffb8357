#include "cli_info_text.h"

#include "cli_info.h"
#include "cli_message.h"
#include "cli_number.h"
#include "merit/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t limit_bytes = (size_t)1 << 30;
enum { FIELDS_MAX = 4096, NAMES_SHOWN = 20 };

// A text that is cut into lines and fields in place.
typedef struct reader {
    char *text; // of merit_text_read
    char *at;   // the next line
    char separator;
    char *fields[FIELDS_MAX];
    int n; // fields of the line
} reader;

// Cuts the next line that has something; 0 at the end.
static int next_line(reader *r)
{
    char *line = NULL;
    do {
        line = strsep(&r->at, "\n");
    } while (line != NULL && (line[0] == '\0' || line[0] == '\r' || line[0] == '#'));
    r->n = 0;
    if (line == NULL) {
        return 0;
    }
    line[strcspn(line, "\r")] = '\0';
    const char separators[2] = {r->separator, '\0'};
    while (line != NULL && r->n < FIELDS_MAX) {
        r->fields[r->n++] = strsep(&line, separators);
    }
    return 1;
}

static int is_word(const reader *r, int i, const char *word)
{
    return i < r->n && strcmp(r->fields[i], word) == 0;
}

static void count(json_t *counts, const char *name)
{
    json_t *n = json_object_get(counts, name);
    json_object_set_new(counts, name, json_integer(json_integer_value(n) + 1));
}

// "  answers      3: ant 52, wasp 48"
static void print_counts(const char *what, json_t *counts)
{
    const char *name = NULL;
    json_t *n = NULL;
    char shown[128];
    size_t i = 0;
    printf("  %-12s %zu: ", what, json_object_size(counts));
    json_object_foreach(counts, name, n)
    {
        if (i++ < NAMES_SHOWN) {
            printf("%s%s %" JSON_INTEGER_FORMAT, i == 1 ? "" : ", ",
                   merit__visible(shown, sizeof shown, name), json_integer_value(n));
        }
    }
    printf("%s\n", i > NAMES_SHOWN ? ", ..." : "");
}

// The table that predict and decide write, of which the first line has been cut.
static merit_status tell_predictions(reader *r, const char *path, int json,
                                     merit_error *err)
{
    merit_status status = MERIT_OK;
    json_t *answers = json_object(), *classes = json_array();
    double sum = 0, expected = 0;
    int64_t n = 0;
    int is_cut = r->n == FIELDS_MAX;
    for (int i = 3; i < r->n; i++) {
        int has_prefix = strncmp(r->fields[i], "p_", 2) == 0;
        json_array_append_new(classes,
                              merit__json_text(r->fields[i] + (has_prefix ? 2 : 0)));
    }
    while (next_line(r)) {
        if (r->n < 3 || !merit__parse_number(&expected, r->fields[2])) {
            MERIT_TRY(merit__refuse(err, MERIT_EFORMAT,
                                    "%.120s: row %" PRId64 " has no expected_score in "
                                    "its third column",
                                    path, n + 1));
        }
        count(answers, r->fields[1]);
        sum += expected;
        n++;
    }
    if (json) {
        json_t *record = merit__info_record(path, "predictions");
        json_object_set_new(record, "n", json_integer(n));
        json_object_set(record, "answers", answers);
        json_object_set_new(record, "expected_score",
                            n > 0 ? merit__json_number(sum / (double)n) : json_null());
        json_object_set(record, "classes", classes);
        status = merit__json_print(record, err);
    } else {
        merit__print_entry("predictions", path);
        printf("  %-12s %" PRId64 "\n", "rows", n);
        print_counts("answers", answers);
        printf("  %-12s %.4f on average\n", "expected", n > 0 ? sum / (double)n : 0);
        if (json_array_size(classes) > 0) {
            printf("  %-12s %zu%s classes\n", "beliefs in", json_array_size(classes),
                   is_cut ? " and more" : "");
        }
    }

fail:
    json_decref(answers);
    json_decref(classes);
    return status;
}

static merit_status refuse_file_of_run(const char *path, const reader *r,
                                       merit_error *err)
{
    if (r->text[0] == '{') {
        return merit__refuse(err, MERIT_EUNSUPPORTED,
                             "%.120s: is JSON, as config.json and log.jsonl of a run "
                             "are; ask about its directory",
                             path);
    }
    return merit__refuse(err, MERIT_EUNSUPPORTED, "%.120s: is the %s", path,
                         is_word(r, 1, "epoch")
                             ? "history of a run; `merit curves RUN` shows it"
                             : "table of a comparison; `merit compare --show` prints "
                               "it");
}

// *out is NULL for what cannot be read as text; free with close_reader. ENOMEM.
static merit_status open_reader(reader **out, const char *path, merit_error *err)
{
    size_t n_bytes = 0;
    reader *r = NULL;
    merit_status status = merit__new_array(&r, 1, sizeof *r, err);
    *out = NULL;
    if (status != MERIT_OK) {
        return status;
    }
    if (merit_text_read(&r->text, &n_bytes, path, limit_bytes, NULL) != MERIT_OK) {
        free(r);
        return MERIT_OK;
    }
    r->at = r->text;
    r->separator = '\t';
    *out = r;
    return MERIT_OK;
}

static void close_reader(reader *r)
{
    if (r != NULL) {
        merit_text_free(r->text);
    }
    free(r);
}

merit_status merit__info_own_text(int *is_own, const char *path, int json,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    reader *r = NULL;
    *is_own = 0;
    MERIT_TRY(open_reader(&r, path, err));
    if (r == NULL || !next_line(r)) {
        goto fail;
    }
    int is_history =
        is_word(r, 0, "loss") && (is_word(r, 1, "epoch") || is_word(r, 1, "state"));
    int are_predictions = is_word(r, 1, "answer") && is_word(r, 2, "expected_score");
    *is_own = is_history || are_predictions || r->text[0] == '{';
    if (are_predictions) {
        status = tell_predictions(r, path, json, err);
    } else if (*is_own) {
        status = refuse_file_of_run(path, r, err);
    }

fail:
    close_reader(r);
    return status;
}

// What a program may call the column of labels in a first line.
static int is_header(const reader *r)
{
    static const char *const words[] = {"label", "labels", "class", "target",
                                        "truth", "y",      "kind"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(r, r->n - 1, words[i])) {
            return 1;
        }
    }
    return r->n == 2 && (is_word(r, 0, "id") || is_word(r, 0, "ID"));
}

merit_status merit__info_label_text(int *are_labels, const char *path, int json,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    reader *r = NULL;
    json_t *counts = json_object();
    int64_t n = 0;
    *are_labels = 0;
    MERIT_TRY(open_reader(&r, path, err));
    if (r == NULL) {
        goto fail;
    }
    r->separator = memchr(r->text, '\t', strcspn(r->text, "\n")) != NULL ? '\t' : ',';
    int n_fields = next_line(r) ? r->n : 0;
    int is_good = n_fields == 1 || n_fields == 2;
    for (int has_line = is_good && (!is_header(r) || next_line(r)); is_good && has_line;
         has_line = next_line(r)) {
        const char *label = r->fields[r->n - 1];
        is_good = r->n == n_fields && strlen(label) < 256 && label[0] != '\0';
        count(counts, label);
        n++;
    }
    // Names that never come twice are no classes.
    *are_labels = is_good && n > 1 && 2 * (int64_t)json_object_size(counts) <= n;
    if (*are_labels && json) {
        json_t *record = merit__info_record(path, "labels");
        json_object_set_new(record, "n", json_integer(n));
        json_object_set_new(record, "n_classes",
                            json_integer((json_int_t)json_object_size(counts)));
        json_object_set(record, "classes", counts);
        status = merit__json_print(record, err);
    } else if (*are_labels) {
        merit__print_entry("labels", path);
        printf("  %-12s %" PRId64 "\n", "rows", n);
        print_counts("classes", counts);
    }

fail:
    close_reader(r);
    json_decref(counts);
    return status;
}

int merit__info_can_generate(const char *generator, const char *path)
{
    char spec[4300];
    const merit_scores_options options = {.read = merit_text_read};
    merit_scores *scores = NULL;
    int n = snprintf(spec, sizeof spec, "%s%s", generator, path);
    int can = n < (int)sizeof spec &&
              merit_scores_load(&scores, spec, &options, NULL) == MERIT_OK;
    merit_scores_free(scores);
    return can;
}

int merit__info_has_rows_of_columns(const char *path)
{
    enum { ROWS_MAX = 100 };
    reader *r = NULL;
    json_t *columns = json_object();
    int found = open_reader(&r, path, NULL) != MERIT_OK; // nothing is known
    if (r != NULL) {
        size_t n_first = strcspn(r->text, "\n");
        r->separator = memchr(r->text, '\t', n_first) != NULL  ? '\t'
                       : memchr(r->text, ';', n_first) != NULL ? ';'
                       : memchr(r->text, ',', n_first) != NULL ? ','
                                                               : ' ';
        next_line(r);
        for (int i = 0; i < r->n; i++) {
            json_object_set_new(columns, r->fields[i], json_true());
        }
        for (int row = 0; row < ROWS_MAX && !found && next_line(r); row++) {
            found = json_object_get(columns, r->fields[0]) != NULL;
        }
    }
    close_reader(r);
    json_decref(columns);
    return found;
}
