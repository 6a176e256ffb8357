/* The options of commands that look at a score table alone, without data. */
#ifndef MERIT_CLI_TABLE_H
#define MERIT_CLI_TABLE_H

#include "cli_scores.h"
#include "merit/audit.h"

// clang-format off
#define MERIT__TABLE_OPTIONS                                                           \
    {"costs", MERIT__OPTION_COSTS, NULL, 0, "The table holds costs", 1},               \
    {"classes", MERIT__OPTION_CLASSES, "K", 0,                                         \
     "How many classes identity and ordinal have", 1},                                 \
    MERIT__ANSWERS_OPTION, MERIT__DECIMAL_OPTION
#define MERIT__BELIEF_OPTIONS                                                          \
    {"samples", MERIT__OPTION_SAMPLES, "N", 0,                                         \
     "How many beliefs to draw (default: 10,000 to 200,000, by the size of the "       \
     "table)", 3},                                                                     \
    {"seed", MERIT__OPTION_SEED, "N", 0, "Of these beliefs (default: 0)", 3}
// clang-format on

/* Which table, and how many beliefs to draw. Zero is none, and the defaults. */
typedef struct merit__table_source {
    const char *spec; // the argument SCORES
    int costs;
    int answer_nodes; // of a tree
    int32_t decimal_comma;
    int64_t n_classes;
    merit_audit_options beliefs; // seed and n_samples
} merit__table_source;

/* Takes the argument, or one of the options. */
merit_status merit__table_option(merit__table_source *source, int key,
                                 const char *value, merit_error *err);

/* Loads the table. EINVAL when the argument is missing, told the `program`, and when
 * --classes is missing or of no use. */
merit_status merit__table_open(merit_scores **out, const merit__table_source *source,
                               const char *program, merit_error *err);

#endif
