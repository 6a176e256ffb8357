/* The directory of a run: who owns it, and what lies where.
 *
 *     config.json        what determines the result
 *     scores.tsv         the score table; of a large tree, tree.tsv, its edges
 *     files.tsv          of pictures: hash, label and name of each file;
 *                        validation-files.tsv likewise
 *     log.jsonl          what happened when, a line each
 *     metrics.tsv        a row per validation
 *     answers.jsonl      a line per validation: the answers given, the pairs stuck
 *     best.safetensors   the model that earns most on held-out data
 *     last.safetensors   the last parameters of the last candidate
 *     checkpoints/       the last three states to continue from
 *     .merit.lock        held while a process trains here */
#ifndef MERIT_TRAIN_RUN_DIRECTORY_H
#define MERIT_TRAIN_RUN_DIRECTORY_H

#include "merit/error.h"

typedef struct merit__run_directory merit__run_directory;

/* Creates the directory where it is missing and locks it; with `must_exist` EMODEL when
 * there is no run to continue. EBUSY names the owner; EINVAL when it holds other files
 * than a run's. *has_run: config.json is there. */
merit_status merit__run_directory_open(merit__run_directory **out, const char *path,
                                       int must_exist, int *has_run, merit_error *err);

/* Unlocks; NULL is allowed. */
void merit__run_directory_close(merit__run_directory *run);

/* Replaces a file of the run atomically. */
merit_status merit__run_directory_write(const merit__run_directory *run,
                                        const char *name, const char *text,
                                        size_t n_bytes, merit_error *err);

/* Reads a whole file of the run; free with merit__free. */
merit_status merit__run_directory_read(const merit__run_directory *run,
                                       const char *name, char **text, size_t *n_bytes,
                                       merit_error *err);

/* The path of a file of the run; free with merit__free; NULL without memory. */
char *merit__run_directory_path(const merit__run_directory *run, const char *name);

/* Appends a line to log.jsonl; failures are ignored, a log is not worth a run. */
void merit__run_directory_log(const merit__run_directory *run, const char *line);

/* The path of a checkpoint by its generation, from 1; free with merit__free; NULL
 * without memory. */
char *merit__run_directory_checkpoint(const merit__run_directory *run,
                                      int64_t generation);

/* Makes the folder of the checkpoints unless it is there. */
merit_status merit__run_directory_make_checkpoints(const merit__run_directory *run,
                                                   merit_error *err);

/* *newest: the highest generation below `below`, 0 when there is none. EIO when that
 * cannot be known. */
merit_status merit__run_directory_newest(const merit__run_directory *run, int64_t below,
                                         int64_t *newest, merit_error *err);

/* Removes checkpoints older than the three up to `newest` (none when that is 0), and
 * temporary files that a killed process left. */
void merit__run_directory_tidy(const merit__run_directory *run, int64_t newest);

#endif
