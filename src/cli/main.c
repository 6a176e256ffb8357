#include "cli_message.h"
#include "cli_nearest.h"
#include "cli_terminal.h"
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define X(symbol) extern const merit__command symbol;
#include "cmd_table.inc"
#undef X

static const merit__command *const commands[] = {
#define X(symbol) &symbol,
#include "cmd_table.inc"
#undef X
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0], SUMMARY_COLUMN = 12 };

// A program started without standard streams would give their numbers to the files it
// opens. These stand-ins fail when used: 0 cannot be read, 1 and 2 not written.
static void occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            int opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
            (void)opened; // the lowest free number, which is fd
        }
    }
}

static void print_help(FILE *stream)
{
    int width = merit__terminal_width(stream);
    fprintf(stream, "Usage: merit COMMAND [OPTION...]\n\n");
    merit__print_wrapped(
        stream,
        "Trains classifiers for which some mistakes are better than "
        "others: from examples and a table of what each answer is "
        "worth for each truth, a model and the rule to decide with it.",
        0, width);
    fprintf(stream, "\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        int n = fprintf(stream, "  %s", commands[i]->name);
        merit__print_column(stream, commands[i]->summary, SUMMARY_COLUMN, width, n);
    }
    fprintf(stream, "\n");
    merit__print_wrapped(stream,
                         "`merit COMMAND --help` says more of a command; `merit "
                         "--version` which merit this is.",
                         0, width);
}

static const merit__command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int refuse_command(const char *word)
{
    const char *names[N_COMMANDS + 1];
    merit_error err;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        names[i] = commands[i]->name;
    }
    names[N_COMMANDS] = "help";
    const char *nearest = merit__nearest(word, names, N_COMMANDS + 1);
    merit__refuse(&err, MERIT_EINVAL,
                  "unknown %s %.60s; %s%s%s`merit --help` lists all",
                  word[0] == '-' ? "option" : "command", word,
                  nearest == NULL ? "" : "did you mean ",
                  nearest == NULL ? "" : nearest, nearest == NULL ? "" : "? ");
    return merit__finish(MERIT_EINVAL, &err);
}

static int run_command(const merit__command *command, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "merit %s", command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

static int help_on(const char *word)
{
    char option[] = "--help";
    char *argv[] = {NULL, option, NULL};
    const merit__command *command = find(word);
    return command == NULL ? refuse_command(word) : run_command(command, 2, argv);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return merit__exit_code(MERIT_EINVAL);
    }
    const char *word = argv[1];
    int wants_help = strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
                     strcmp(word, "-h") == 0;
    if (wants_help && argc > 2) {
        return help_on(argv[2]);
    }
    if (wants_help) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("merit %s\n", merit_version());
        return 0;
    }
    const merit__command *command = find(word);
    return command == NULL ? refuse_command(word)
                           : run_command(command, argc - 1, argv + 1);
}

// The one place that notices a full disk or a closed descriptor behind stdout.
static int finish_output(int code)
{
    errno = 0;
    int failed = ferror(stdout);
    failed = fflush(stdout) != 0 || failed;
    if (!failed || errno == EPIPE) {
        return failed && code == 0 ? merit__exit_code(MERIT_EIO) : code;
    }
    merit__tell("merit: cannot write to standard output",
                errno != 0 ? strerror(errno) : "the output is not complete");
    return code == 0 ? merit__exit_code(MERIT_EIO) : code;
}

int main(int argc, char **argv)
{
    occupy_standard_streams();
    signal(SIGPIPE, SIG_DFL); // `merit ... | head` ends quietly
    signal(SIGXFSZ, SIG_IGN); // a limit on file sizes is a write error
    return finish_output(dispatch(argc, argv));
}
