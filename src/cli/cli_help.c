#include "cli_help.h"

#include "cli_terminal.h"

#include <stdio.h>
#include <string.h>

enum { WIDE = 72, TEXT_COLUMN = 28, NARROW_TEXT_COLUMN = 8, NAME_BYTES = 80 };

static void print_option(const struct argp_option *option, int width)
{
    char name[NAME_BYTES];
    int column = width < WIDE ? NARROW_TEXT_COLUMN : TEXT_COLUMN;
    char letter[8] = "    ";
    if (option->key > ' ' && option->key < 0x7f) {
        snprintf(letter, sizeof letter, "-%c, ", option->key);
    }
    int n = snprintf(name, sizeof name, "  %s--%s%s%s", letter, option->name,
                     option->arg == NULL ? "" : "=",
                     option->arg == NULL ? "" : option->arg);
    printf("%s", name);
    merit__print_column(stdout, option->doc, column, width, n);
}

void merit__help_print(const merit__options *options)
{
    int width = merit__terminal_width(stdout);
    const char *split = strchr(options->text, '\v');
    size_t n_before =
        split == NULL ? strlen(options->text) : (size_t)(split - options->text);
    char before[512];
    snprintf(before, sizeof before, "%.*s", (int)n_before, options->text);
    printf("Usage: %s [OPTION...] %s\n\n", options->program, options->arguments);
    merit__print_wrapped(stdout, before, 0, width);
    int group = -2;
    for (const struct argp_option *o = options->table; o->name != NULL; o++) {
        if (o->group != group) {
            putchar('\n');
        }
        group = o->group;
        print_option(o, width);
    }
    if (split != NULL) {
        putchar('\n');
        merit__print_wrapped(stdout, split + 1, 0, width);
    }
}
