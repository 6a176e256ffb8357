#include "cli_line.h"

#include "cli_terminal.h"

#include <stdio.h>

merit__line merit__line_create(void)
{
    return (merit__line){.in_place = merit__terminal_is(stderr)};
}

void merit__line_write(merit__line *line, const char *text)
{
    if (line->in_place) {
        fprintf(stderr, "\r%.*s\033[K", merit__terminal_width(stderr) - 1, text);
        line->is_open = 1;
    } else {
        fprintf(stderr, "%s\n", text);
    }
}

void merit__line_end(merit__line *line)
{
    if (line->is_open) {
        fputc('\n', stderr);
        line->is_open = 0;
    }
}

void merit__line_clear(merit__line *line)
{
    if (line->is_open) {
        fputs("\r\033[K", stderr);
        line->is_open = 0;
    }
}
