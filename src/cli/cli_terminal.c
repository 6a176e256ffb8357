#include "cli_terminal.h"

#include "cli_message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 40, WIDEST = 200, ORDINARY = 80, MAX_CELL_BYTES = 256 };

int merit__terminal_width(FILE *stream)
{
    const char *columns = getenv("COLUMNS");
    long width = columns == NULL ? 0 : strtol(columns, NULL, 10);
    struct winsize size;
    if (width <= 0 && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0) {
        width = size.ws_col;
    }
    if (width <= 0) {
        width = ORDINARY;
    }
    return width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : (int)width;
}

int merit__terminal_is(FILE *stream)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) && kind != NULL && strcmp(kind, "dumb") != 0;
}

// Bytes up to the next blank, but never between a number and its per cent sign.
static int word_length(const char *text)
{
    size_t n = strcspn(text, " ");
    if (strncmp(text + n, " %", 2) == 0) {
        n += 1 + strcspn(text + n + 1, " ");
    }
    return (int)n;
}

void merit__print_column(FILE *stream, const char *text, int indent, int width,
                         int column)
{
    // What stands there already leaves no room: begin below it.
    if (column > 0 && column + 2 > indent) {
        fputc('\n', stream);
        column = 0;
    }
    int is_first = 1;
    while (*text != '\0') {
        int n = word_length(text);
        if (!is_first && column + 1 + n > width) {
            fputc('\n', stream);
            column = 0;
            is_first = 1;
        }
        int gap = is_first ? indent - column : 1;
        fprintf(stream, "%*s%.*s", gap, "", n, text);
        column += gap + n;
        is_first = 0;
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

void merit__print_wrapped(FILE *stream, const char *text, int indent, int width)
{
    merit__print_column(stream, text, indent, width, 0);
}

// Characters of UTF-8 text; each is taken to be one column wide.
static int count_characters(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++) {
        n += (*text & 0xc0) != 0x80;
    }
    return n;
}

int merit__cell_width(const char *text)
{
    char shown[MAX_CELL_BYTES];
    return count_characters(merit__visible(shown, sizeof shown, text));
}

void merit__print_cell(FILE *stream, const char *text, int width)
{
    char shown[MAX_CELL_BYTES];
    merit__visible(shown, sizeof shown, text);
    int n = 0;
    for (const char *at = shown; *at != '\0'; at++) {
        n += (*at & 0xc0) != 0x80;
        if (n > width) {
            break;
        }
        fputc(*at, stream);
    }
    fprintf(stream, "%*s", n < width ? width - n : 0, "");
}
