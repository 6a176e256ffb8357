/* What every cmd_<verb>.c ends in; the build makes the table of commands of them. */
#ifndef MERIT_CLI_COMMAND_H
#define MERIT_CLI_COMMAND_H

typedef struct merit__command {
    const char *name;    // "train"
    const char *summary; // one line for `merit --help`
    /* Runs the command; argv[0] is "merit <name>". Returns the exit code. */
    int (*run)(int argc, char **argv);
} merit__command;

#endif
