/* The command line of a command: options by glibc's argp, messages of our own. */
#ifndef MERIT_CLI_OPTIONS_H
#define MERIT_CLI_OPTIONS_H

#include "cli_keys.h"
#include "merit/error.h"

#include <argp.h>

/* The key under which `set` is given what is not an option. */
enum { MERIT__ARGUMENT = -1 };

/* The last entries of every table of options. */
// clang-format off
#define MERIT__LAST_OPTIONS                                                            \
    {"help", 'h', NULL, 0, "Show this help", -1},                                      \
    {NULL, 0, NULL, 0, NULL, 0}
// clang-format on

/* What a command understands. */
typedef struct merit__options {
    const char *program;             // "merit train"
    const char *arguments;           // "DATA -o RUN"
    const char *text;                // what it does; after a \v: below the options
    const struct argp_option *table; // ends in MERIT__LAST_OPTIONS
    /* Takes one option, or argument, and its value (NULL for a flag). */
    merit_status (*set)(void *settings, int key, const char *value, merit_error *err);
} merit__options;

/* Hands everything on the command line to options->set, in order. *helped is set when
 * --help was asked for, and given. EINVAL says what is wrong with which word. */
merit_status merit__options_read(const merit__options *options, int argc, char **argv,
                                 void *settings, int *helped, merit_error *err);

/* EINVAL: the option is unknown, and which one may have been meant. `dashes` goes
 * before the names. */
merit_status merit__options_unknown(const merit__options *options, const char *word,
                                    const char *dashes, merit_error *err);

/* Takes one more argument into the first of slots[0..n) that is NULL; EINVAL when
 * there are n already. */
merit_status merit__take_argument(const char **slots, size_t n, const char *value,
                                  merit_error *err);

#endif
