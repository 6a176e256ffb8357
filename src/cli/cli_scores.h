/* -s/--scores and --costs: the score table of a command. */
#ifndef MERIT_CLI_SCORES_H
#define MERIT_CLI_SCORES_H

#include "cli_data.h"
#include "merit/scores.h"

// clang-format off
#define MERIT__ANSWERS_OPTION                                                          \
    {"answers", MERIT__OPTION_ANSWERS, "KIND", 0,                                      \
     "Of a tree: classes, the default, or nodes, which its inner nodes are too", 1}
/* For commands that read no examples, whose options have it. */
#define MERIT__DECIMAL_OPTION                                                          \
    {"decimal", MERIT__OPTION_DECIMAL, ".|,", 0,                                       \
     "What stands before the decimals in text (default: .)", 2}
#define MERIT__SCORES_OPTIONS                                                          \
    {"scores", MERIT__OPTION_SCORES, "SCORES", 0,                                      \
     "What each answer is worth for each truth: a file, - for standard input, "        \
     "or identity, ordinal, ordinal:POWER, groups:FILE, "                              \
     "tree:FILE, tree:FILE:length, bins:FILE, bins:FILE:POWER", 1},                    \
    {"costs", MERIT__OPTION_COSTS, "COSTS", 0,                                         \
     "As --scores, for a table of what each answer costs", 1},                         \
    MERIT__ANSWERS_OPTION
// clang-format on

/* Which table was asked for. Zero is none. */
typedef struct merit__scores_source {
    const char *spec; // borrowed
    int costs;
    int answer_nodes;           // of a tree
    int32_t decimal_comma;      // numbers are written 1,5
    int n_given;                // options seen in this pass
    const char *const *classes; // names for a generator's classes, or NULL; borrowed
} merit__scores_source;

/* Takes one of the options; EINVAL for scores and costs. */
merit_status merit__scores_option(merit__scores_source *source, int key,
                                  const char *value, merit_error *err);

/* Reads classes or nodes: whether inner nodes of a tree are answers. EINVAL. */
merit_status merit__scores_answers(int *answer_nodes, const char *value,
                                   merit_error *err);

/* Whether the table is a generator that can only be made for a number of classes. */
int merit__scores_need_classes(const merit__scores_source *source);

/* Loads the table; its class i is label i. Generators make n_classes classes. */
merit_status merit__scores_open(merit_scores **out, const merit__scores_source *source,
                                int64_t n_classes, merit_error *err);

/* As merit__scores_open for these data: generators make their classes, by their names
 * where they have some. Of a table for letters that are hidden only the classes are
 * kept, in label order. */
merit_status merit__scores_open_for(merit_scores **out,
                                    const merit__scores_source *source,
                                    const merit_dataset *data, merit_error *err);

/* Keeps the rows and columns of the data's classes, in label order, and answers that
 * are no classes; tells what it leaves out. EFORMAT names a class that the table lacks.
 */
merit_status merit__scores_keep_classes(merit_scores **scores,
                                        const merit_dataset *data, merit_error *err);

/* Numbers classes that the data name as the table does; EFORMAT names those that it
 * lacks and, with `need_all`, those that the data lack. */
merit_status merit__classes_match(merit_dataset *data, const merit_scores *scores,
                                  int need_all, merit_error *err);

/* Tells the table's notes on standard error. */
void merit__scores_tell(const merit_scores *scores);

/* EFORMAT when a label is none of the table's classes: the first such label and where,
 * and how many there are. `name` is the file they are from. */
merit_status merit__labels_check(const merit_scores *scores, const int32_t *labels,
                                 int64_t n, const char *name, merit_error *err);

#endif
