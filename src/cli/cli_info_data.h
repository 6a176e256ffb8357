/* What `merit info` says of data. */
#ifndef MERIT_CLI_INFO_DATA_H
#define MERIT_CLI_INFO_DATA_H

#include "cli_json.h"
#include "merit/data.h"

/* Tells what is in a file of data or of labels. */
merit_status merit__info_data(const char *path, const merit_dataset_options *options,
                              int json, merit_error *err);

/* Lists the arrays of an archive, and tells what the examples in it are when it is clear
 * which array has them. */
merit_status merit__info_archive(const char *path, const merit_dataset_options *options,
                                 int json, merit_error *err);

/* What `merit info --json` says of a data set; the caller owns it. */
json_t *merit__info_data_record(const char *path, const merit_dataset *data);

/* Loads text as a table: as it was asked for, or else with its last or first column as
 * labels where that is what makes it one. The caller frees *out. */
merit_status merit__info_load_table(merit_dataset **out, const char *path,
                                    const merit_dataset_options *options,
                                    merit_error *err);

/* Whether a text has many more lines than its first one has fields, as tables of
 * examples do and score tables do not, or is libsvm's `label index:value`. */
int merit__info_is_examples(const char *path);

/* Tells what is in it. */
merit_status merit__info_tell(const char *path, const merit_dataset *data, int json,
                              merit_error *err);

#endif
