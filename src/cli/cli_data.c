#include "cli_data.h"

#include "cli_message.h"
#include "cli_number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int merit__is_data_option(int key)
{
    return key >= MERIT__OPTION_LABELS && key <= MERIT__OPTION_SIGNALS;
}

// "skip:5%"
static merit_status set_bad_samples(merit_dataset_options *options, const char *value,
                                    merit_error *err)
{
    static const char skip[] = "skip:";
    char number[32] = "";
    double percent = 0;
    size_t n = strlen(value);
    options->bad_share = 0;
    if (strcmp(value, "refuse") == 0) {
        return MERIT_OK;
    }
    int is_skip = strncmp(value, skip, sizeof skip - 1) == 0 && value[n - 1] == '%';
    if (is_skip && n - sizeof skip < sizeof number) {
        memcpy(number, value + sizeof skip - 1, n - sizeof skip);
    }
    if (!merit__parse_number(&percent, number) || percent <= 0 || percent >= 100) {
        return merit__refuse(
            err, MERIT_EINVAL,
            "--bad-samples: expected refuse or skip:N%% with N above 0 "
            "and below 100, found \"%.60s\"",
            value);
    }
    options->bad_share = percent / 100;
    return MERIT_OK;
}

// "500M": bytes, or with K, M or G.
static merit_status read_size(int64_t *out, const char *option, const char *value,
                              merit_error *err)
{
    static const char units[] = "KMG";
    char number[32] = "";
    double amount = 0;
    double unit = 1;
    size_t n = strlen(value);
    const char *found = n > 0 ? strchr(units, value[n - 1]) : NULL;
    for (const char *at = units; found != NULL && at <= found; at++) {
        unit *= 1024;
    }
    n -= found != NULL;
    if (n > 0 && n < sizeof number) {
        memcpy(number, value, n);
    }
    if (!merit__parse_number(&amount, number) || amount <= 0 || amount * unit < 1 ||
        amount * unit > 1e15) {
        return merit__refuse(err, MERIT_EINVAL,
                             "%s: expected a size such as 500M or 2G, found "
                             "\"%.60s\"",
                             option, value);
    }
    *out = (int64_t)(amount * unit);
    return MERIT_OK;
}

// "64" or "48x64", height first.
static merit_status set_size(merit_dataset_options *options, const char *value,
                             merit_error *err)
{
    char height[32] = "";
    const char *x = strchr(value, 'x');
    size_t n = x != NULL ? (size_t)(x - value) : strlen(value);
    memcpy(height, value, n < sizeof height ? n : sizeof height - 1);
    if (merit__read_count(&options->height, "--size", height, 1, 4096, err) ==
            MERIT_OK &&
        merit__read_count(&options->width, "--size", x != NULL ? x + 1 : height, 1,
                          4096, err) == MERIT_OK) {
        return MERIT_OK;
    }
    return merit__refuse(err, MERIT_EINVAL,
                         "--size: expected N or HxW, such as 64 or 48x64, each from 1 "
                         "to 4096, found \"%.60s\"",
                         value);
}

static merit_status set_fit(merit_dataset_options *options, const char *value,
                            merit_error *err)
{
    int is_stretch = strcmp(value, "stretch") == 0;
    if (!is_stretch && strcmp(value, "crop") != 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--fit: expected crop or stretch, found \"%.60s\"", value);
    }
    options->fit = is_stretch ? MERIT_FIT_STRETCH : MERIT_FIT_CROP;
    return MERIT_OK;
}

static merit_status set_channels(merit_dataset_options *options, const char *value,
                                 merit_error *err)
{
    if (strcmp(value, "1") != 0 && strcmp(value, "3") != 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--channels: expected 1 (grey) or 3 (colour), found "
                             "\"%.60s\"",
                             value);
    }
    options->channels = value[0] - '0';
    return MERIT_OK;
}

static merit_status set_task(merit_dataset_options *options, const char *value,
                             merit_error *err)
{
    static const char *const names[] = {"sequence", "residue", "masked"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            options->task = (merit_task)(MERIT_TASK_SEQUENCE + i);
            return MERIT_OK;
        }
    }
    return merit__refuse(err, MERIT_EINVAL,
                         "--task: expected sequence, residue or masked, found "
                         "\"%.60s\"",
                         value);
}

// Which of the words between bars in `choice` the value is, from 0.
static merit_status read_choice(int *out, const char *option, const char *choice,
                                const char *value, merit_error *err)
{
    size_t n_value = strlen(value);
    *out = 0;
    for (const char *at = choice; *at != '\0'; (*out)++) {
        size_t n = strcspn(at, "|");
        if (n == n_value && memcmp(at, value, n) == 0) {
            return MERIT_OK;
        }
        at += n + (at[n] == '|');
    }
    return merit__refuse(err, MERIT_EINVAL, "%s: expected one of %s, found \"%.60s\"",
                         option, choice, value);
}

merit_status merit__read_decimal(int32_t *has_comma, const char *value,
                                 merit_error *err)
{
    return read_choice(has_comma, "--decimal", ".|,", value, err);
}

// The options of tables.
static merit_status set_table(merit_dataset_options *options, int key,
                              const char *value, merit_error *err)
{
    int choice = 0;
    merit_status status = MERIT_OK;
    switch (key) {
    case MERIT__OPTION_LABEL:
        options->label_column = value;
        break;
    case MERIT__OPTION_ID:
        options->id_column = value;
        break;
    case MERIT__OPTION_IGNORE:
        options->ignore = value;
        break;
    case MERIT__OPTION_HEADER:
        MERIT_TRY(read_choice(&choice, "--header", "auto|yes|no", value, err));
        options->header = (merit_header)choice;
        break;
    case MERIT__OPTION_MISSING:
        MERIT_TRY(read_choice(&choice, "--missing", "refuse|mean", value, err));
        options->missing = (merit_missing)choice;
        break;
    case MERIT__OPTION_DECIMAL:
        return merit__read_decimal(&options->decimal_comma, value, err);
    case MERIT__OPTION_MAX_LINE:
        return read_size(&options->max_line_bytes, "--max-line", value, err);
    case MERIT__OPTION_SIGNALS:
        options->signals = 1;
        break;
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }

fail:
    return status;
}

merit_status merit__data_option(merit_dataset_options *options, int key,
                                const char *value, merit_error *err)
{
    switch (key) {
    case MERIT__OPTION_LABELS:
        options->labels = value;
        return MERIT_OK;
    case MERIT__OPTION_FIRST:
        return merit__read_count(&options->first, "--first", value, 1, INT64_MAX, err);
    case MERIT__OPTION_TRAILING:
        options->allow_trailing = 1;
        return MERIT_OK;
    case MERIT__OPTION_NONFINITE:
        options->nonfinite_zero = strcmp(value, "zero") == 0;
        if (!options->nonfinite_zero && strcmp(value, "refuse") != 0) {
            return merit__refuse(
                err, MERIT_EINVAL,
                "--nonfinite: expected refuse or zero, found \"%.60s\"", value);
        }
        return MERIT_OK;
    case MERIT__OPTION_ROOT:
        options->root = value;
        return MERIT_OK;
    case MERIT__OPTION_LINKS:
        options->follow_links = 1;
        return MERIT_OK;
    case MERIT__OPTION_BAD_SAMPLES:
        return set_bad_samples(options, value, err);
    case MERIT__OPTION_MEMORY:
        return read_size(&options->memory_bytes, "--memory", value, err);
    case MERIT__OPTION_SIZE:
        return set_size(options, value, err);
    case MERIT__OPTION_FIT:
        return set_fit(options, value, err);
    case MERIT__OPTION_CHANNELS:
        return set_channels(options, value, err);
    case MERIT__OPTION_TASK:
        return set_task(options, value, err);
    case MERIT__OPTION_ALPHABET:
        options->alphabet = value;
        return MERIT_OK;
    case MERIT__OPTION_LETTERS:
        return merit__read_count(&options->letters, "--letters", value, 4, 65536, err);
    case MERIT__OPTION_HIDE:
        return merit__read_share(&options->hidden_share, "--hide", value, err);
    default:
        return set_table(options, key, value, err);
    }
}

void merit__data_tell(const merit_dataset *data)
{
    for (int64_t i = 0; i < merit_dataset_n_notes(data); i++) {
        merit__tell("note", merit_dataset_note(data, i));
    }
}

merit_status merit__data_tell_leakage(const merit_dataset *data, const char *run,
                                      merit_error *err)
{
    char text[160];
    int64_t n = 0;
    merit_status status = merit_dataset_listed(&n, data, run, err);
    if (status == MERIT_OK && n > 0) {
        snprintf(text, sizeof text,
                 "%" PRId64 " of %" PRId64 " pictures are among those that the run "
                 "learned from: what is measured on them is too good",
                 n, merit_dataset_n(data));
        merit__tell("warning", text);
    }
    return status;
}

merit_status merit__data_need_labels(const merit_dataset *data, const char *option,
                                     merit_error *err)
{
    const char *path = merit_dataset_path(data);
    if (merit_dataset_labels(data) != NULL) {
        return MERIT_OK;
    }
    if (merit_dataset_schema(data) != NULL) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.120s: which column holds the labels? Name it with "
                             "--label, or a file of labels with %s",
                             path, option);
    }
    if (strstr(path, ".npz") != NULL) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.120s: no labels were found beside it; name their array "
                             "with --label, or a file of labels with %s",
                             path, option);
    }
    if (merit_dataset_file(data, 0) != NULL) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.120s: a picture alone has no label; expected a folder "
                             "for each class, or a list",
                             path);
    }
    return merit__refuse(err, MERIT_EFORMAT,
                         "%.120s: no labels were found beside it; name their file "
                         "with %s",
                         path, option);
}

int merit__find_input(struct stat *info, const char *input)
{
    const char *colon = strrchr(input, ':');
    char *file = colon != NULL ? strndup(input, (size_t)(colon - input)) : NULL;
    int is_found = stat(input, info) == 0 || (file != NULL && stat(file, info) == 0);
    free(file);
    return is_found;
}

merit_status merit__not_same_file(const char *output, const char *input,
                                  merit_error *err)
{
    struct stat a, b;
    if (output == NULL || input == NULL || stat(output, &a) != 0 ||
        !merit__find_input(&b, input) || a.st_dev != b.st_dev || a.st_ino != b.st_ino ||
        !S_ISREG(a.st_mode)) {
        return MERIT_OK;
    }
    return merit__refuse(err, MERIT_EINVAL,
                         "%.100s: would be written over, and is read as input; choose "
                         "another name",
                         output);
}
