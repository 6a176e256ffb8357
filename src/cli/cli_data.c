#include "cli_data.h"

#include "cli_message.h"
#include "cli_number.h"

#include <string.h>
#include <sys/stat.h>

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
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }
}

void merit__data_tell(const merit_dataset *data)
{
    for (int64_t i = 0; i < merit_dataset_n_notes(data); i++) {
        merit__tell("note", merit_dataset_note(data, i));
    }
}

merit_status merit__data_need_labels(const merit_dataset *data, const char *option,
                                     merit_error *err)
{
    if (merit_dataset_labels(data) == NULL) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.120s: no labels were found beside it; name their file "
                             "with %s",
                             merit_dataset_path(data), option);
    }
    return MERIT_OK;
}

merit_status merit__not_same_file(const char *output, const char *input,
                                  merit_error *err)
{
    struct stat a, b;
    if (output == NULL || input == NULL || stat(output, &a) != 0 ||
        stat(input, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino ||
        !S_ISREG(a.st_mode)) {
        return MERIT_OK;
    }
    return merit__refuse(err, MERIT_EINVAL,
                         "%.100s: would be written over, and is read as input; choose "
                         "another name",
                         output);
}
