/* The options of commands that read a data set. */
#ifndef MERIT_CLI_DATA_H
#define MERIT_CLI_DATA_H

#include "merit/data.h"

enum {
    MERIT__OPTION_LABELS = 0x210,
    MERIT__OPTION_FIRST,
    MERIT__OPTION_TRAILING,
    MERIT__OPTION_NONFINITE
};

// clang-format off
#define MERIT__LABELS_OPTION                                                           \
    {"labels", MERIT__OPTION_LABELS, "FILE", 0,                                        \
     "Labels of DATA (IDX or .npy); otherwise they are looked for beside it", 2}
#define MERIT__DATA_OPTIONS                                                            \
    {"first", MERIT__OPTION_FIRST, "N", 0, "Only the first N examples", 2},            \
    {"allow-trailing", MERIT__OPTION_TRAILING, NULL, 0,                                \
     "Ignore bytes after the data", 2},                                                \
    {"nonfinite", MERIT__OPTION_NONFINITE, "refuse|zero", 0,                           \
     "What to do with NaN and infinity in DATA (default: refuse)", 2}
// clang-format on

/* Takes one of these options; the key must be one of the above. */
merit_status merit__data_option(merit_dataset_options *options, int key,
                                const char *value, merit_error *err);

/* Tells the notes of a data set on standard error. */
void merit__data_tell(const merit_dataset *data);

/* EFORMAT when the data set has no labels; says with which option to give them. */
merit_status merit__data_need_labels(const merit_dataset *data, const char *option,
                                     merit_error *err);

/* EINVAL when the file that is to be written is one that is read. */
merit_status merit__not_same_file(const char *output, const char *input,
                                  merit_error *err);

#endif
