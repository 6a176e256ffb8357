/* What the parts of `merit info` share: named lines, and records. */
#ifndef MERIT_CLI_INFO_H
#define MERIT_CLI_INFO_H

#include "cli_json.h"
#include "merit/scores.h"

/* A record that says what kind of thing is at a path. */
json_t *merit__info_record(const char *path, const char *kind);

/* The names of the first n answers of a table. */
json_t *merit__info_names(const merit_scores *scores, int64_t n);

/* "  <name>  <value>"; nothing when the value is NULL or empty. */
void merit__print_entry(const char *name, const char *value);

/* "  <what>  10: T-shirt, Trouser, ..." for the answers from..to-1. */
void merit__print_names(const char *what, const merit_scores *scores, int64_t from,
                        int64_t to);

/* Tells what is in a model file, or in the best model of a run directory. */
merit_status merit__info_model(const char *path, int is_run, int json,
                               merit_error *err);

/* Tells what is in a file or folder with a tree. *is_tree is 0, and nothing was told,
 * where it may be a score table as well: then that comes first, and this again with
 * `even_edges`, which takes a list of edges for what it is. */
merit_status merit__info_tree(int *is_tree, const char *path, int even_edges, int json,
                              merit_error *err);

#endif
