#include "cli_gauge.h"

#include "cli_number.h"
#include "cli_progress.h"
#include "cli_terminal.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 256 };

// What does not fit is left out from the right, but for the bar, which goes first.
void merit__gauge_show(merit__line *line, const char *what, int64_t n_done, int64_t n,
                       double seconds_left)
{
    char text[LINE_BYTES], bar[MERIT__BAR_BYTES], parts[4][64] = {{0}};
    char done[MERIT__COUNT_BYTES], all[MERIT__COUNT_BYTES], left[32];
    if (!line->in_place) {
        return;
    }
    size_t width = (size_t)merit__terminal_width(stderr);
    merit__count_text(done, n_done);
    if (n > 0) {
        double fraction = (double)n_done / (double)n;
        snprintf(parts[0], sizeof parts[0], "  %3.0f %%", 100 * fraction);
        snprintf(parts[1], sizeof parts[1], "  %s of %s", done,
                 merit__count_text(all, n));
        snprintf(parts[3], sizeof parts[3], "  %s", merit__print_bar(bar, fraction));
    } else {
        snprintf(parts[1], sizeof parts[1], "  %s", done);
    }
    if (seconds_left >= 0) {
        merit__print_seconds(left, sizeof left, seconds_left);
        snprintf(parts[2], sizeof parts[2], "  %s left", left);
    }
    size_t n_used = strlen(what);
    for (int i = 0; i < 4; i++) {
        n_used += strlen(parts[i]);
        if (n_used >= width) {
            parts[i][0] = '\0';
        }
    }
    snprintf(text, sizeof text, "%s%s%s%s%s", what, parts[3], parts[0], parts[1],
             parts[2]);
    merit__line_write(line, text);
}
