#include "cli_curves.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    MAX_COLUMNS = 24,
    LONGEST_NAME = 28,
    SHORTEST_NAME = 10,
    REST_WIDTH = 29, // accuracy, decision and seconds
    GAP = 2,
    TEXT_BYTES = 1024
};

static const char heading[] = "mean score";

// As wide as the heading of the first column, "epoch 1".
enum { FIRST_EPOCH_WIDTH = 7 };

// Where what goes in the table.
struct layout {
    int name_width;
    int cell_width;
    int decimals;
    int n_columns;
    int64_t epochs[MAX_COLUMNS]; // of the columns
};

struct text {
    char bytes[TEXT_BYTES];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text->bytes + text->n, TEXT_BYTES - text->n, format, arguments);
    va_end(arguments);
    text->n += n > 0 ? (size_t)n : 0;
    text->n = text->n < TEXT_BYTES ? text->n : TEXT_BYTES - 1;
}

// A sentence with names in it that are not ours.
static void print_sentence(const struct text *text, int width)
{
    char shown[2 * TEXT_BYTES];
    merit__visible(shown, sizeof shown, text->bytes);
    merit__print_wrapped(stdout, shown, 0, width);
}

// The row of an epoch on the way to the kept model; NULL without one.
static const merit_run_row *row_of(const merit_run *run, int64_t epoch)
{
    for (int64_t i = run->n_line; i-- > 0;) {
        if (run->line[i].epoch == epoch) {
            return &run->line[i];
        }
    }
    return NULL;
}

// As many decimals as tell apart a five hundredth of the range of all scores.
static int decimals_of(const merit_runs *curves)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < merit_runs_count(curves); i++) {
        const merit_run *run = merit_runs_at(curves, i);
        for (int64_t j = 0; j < run->n_line; j++) {
            double score = run->line[j].mean_score;
            low = isfinite(score) ? fmin(low, score) : low;
            high = isfinite(score) ? fmax(high, score) : high;
        }
    }
    double n = high > low ? ceil(-log10((high - low) / 500)) : 3;
    return (int)fmin(fmax(n, 0), 6);
}

static int cell_width_of(const merit_runs *curves, int decimals)
{
    int width = 5;
    for (int64_t i = 0; i < merit_runs_count(curves); i++) {
        const merit_run *run = merit_runs_at(curves, i);
        for (int64_t j = 0; j < run->n_line; j++) {
            int n = snprintf(NULL, 0, "%.*f", decimals,
                             merit__unsigned_zero(run->line[j].mean_score, decimals));
            width = n > width ? n : width;
        }
    }
    return width;
}

static int width_of_column(const struct layout *layout, int column)
{
    int least = column == 0 ? FIRST_EPOCH_WIDTH : 0;
    return layout->cell_width > least ? layout->cell_width : least;
}

// The last epoch of any run that is before `epoch`; 1 without one.
static int64_t end_before(const merit_runs *curves, int64_t epoch)
{
    int64_t end = 1;
    for (int64_t i = 0; i < merit_runs_count(curves); i++) {
        const merit_run *run = merit_runs_at(curves, i);
        int64_t last = run->n_line > 0 ? run->line[run->n_line - 1].epoch : 1;
        end = last < epoch && last > end ? last : end;
    }
    return end;
}

// Evenly spaced columns from one epoch, exclusive, to another one.
static void add_columns(struct layout *layout, int64_t from, int64_t to, int64_t n)
{
    for (int64_t i = 1; i <= n; i++) {
        layout->epochs[layout->n_columns++] = from + (i * (to - from) + n / 2) / n;
    }
}

// How many columns go to each stretch between ends [n_ends], ascending, of which there
// are n: one at least, and then one by one to where they are furthest apart.
static void share_columns(int64_t *columns, const int64_t *ends, int n_ends, int64_t n)
{
    for (int i = 1; i < n_ends; i++) {
        columns[i] = 1;
    }
    for (int64_t left = n - (n_ends - 1); left > 0; left--) {
        int widest = 1;
        for (int i = 2; i < n_ends; i++) {
            if ((ends[i] - ends[i - 1]) * columns[widest] >
                (ends[widest] - ends[widest - 1]) * columns[i]) {
                widest = i;
            }
        }
        columns[widest]++;
    }
}

// Chooses epochs 1 .. n_epochs that fit into so many columns of text: the first, the
// last of each run, as far as there is room, and between them all or some.
static void choose_epochs(struct layout *layout, const merit_runs *curves,
                          int64_t n_epochs, int room)
{
    int64_t n = 1;
    for (room -= GAP + width_of_column(layout, 0);
         n < n_epochs && n < MAX_COLUMNS && (n < 2 || room >= GAP + layout->cell_width);
         n++) {
        room -= GAP + layout->cell_width;
    }
    int64_t ends[MAX_COLUMNS], columns[MAX_COLUMNS];
    int n_ends = 1, at = 1;
    for (int64_t end = n_epochs; n_ends < n && end > 1; n_ends++) {
        end = end_before(curves, end);
    }
    ends[0] = 1;
    for (int64_t end = n_epochs; at < n_ends; at++) {
        ends[n_ends - at] = end;
        end = end_before(curves, end);
    }
    layout->n_columns = 1;
    layout->epochs[0] = n == 1 ? n_epochs : 1;
    share_columns(columns, ends, n_ends, n - 1);
    for (int i = 1; i < n_ends; i++) {
        add_columns(layout, ends[i - 1], ends[i], columns[i]);
    }
}

static struct layout lay_out(const merit_runs *curves, int width)
{
    struct layout layout = {.name_width = (int)sizeof heading - 1,
                            .decimals = decimals_of(curves)};
    int64_t n_epochs = 1;
    layout.cell_width = cell_width_of(curves, layout.decimals);
    for (int64_t i = 0; i < merit_runs_count(curves); i++) {
        const merit_run *run = merit_runs_at(curves, i);
        int n = merit__cell_width(run->name);
        layout.name_width = n > layout.name_width ? n : layout.name_width;
        for (int64_t j = 0; j < run->n_line; j++) {
            n_epochs = run->line[j].epoch > n_epochs ? run->line[j].epoch : n_epochs;
        }
    }
    int two_columns = 2 * GAP + width_of_column(&layout, 0) + layout.cell_width;
    int most = width - REST_WIDTH - two_columns;
    most = most > LONGEST_NAME    ? LONGEST_NAME
           : most < SHORTEST_NAME ? SHORTEST_NAME
                                  : most;
    layout.name_width = layout.name_width > most ? most : layout.name_width;
    choose_epochs(&layout, curves, n_epochs, width - layout.name_width - REST_WIDTH);
    return layout;
}

static void print_head(const struct layout *layout)
{
    merit__print_cell(stdout, heading, layout->name_width);
    for (int i = 0; i < layout->n_columns; i++) {
        char text[40];
        snprintf(text, sizeof text, "%s%" PRId64, i == 0 ? "epoch " : "",
                 layout->epochs[i]);
        printf("%*s%*s", GAP, "", width_of_column(layout, i), text);
    }
    printf("  accuracy  decision  seconds\n");
}

static void print_row(const merit_run *run, const struct layout *layout)
{
    merit__print_cell(stdout, run->name, layout->name_width);
    for (int i = 0; i < layout->n_columns; i++) {
        const merit_run_row *row = row_of(run, layout->epochs[i]);
        int width = GAP + width_of_column(layout, i);
        if (row == NULL || !isfinite(row->mean_score)) {
            printf("%*s", width, "-");
        } else {
            printf("%*.*f", width, layout->decimals,
                   merit__unsigned_zero(row->mean_score, layout->decimals));
        }
    }
    if (run->kept == NULL) {
        printf("%10s%10s", "-", "-");
    } else {
        printf("%10.3f%10s", run->kept->accuracy, merit_rule_name(run->kept->rule));
    }
    if (isnan(run->seconds)) {
        printf("%9s\n", "-");
    } else {
        printf("%9.0f\n", run->seconds);
    }
}

// "merit (auto) kept b of epoch 4: 1.898; a reached 1.892."
static void print_choice(const merit_run *run, const struct layout *layout, int width)
{
    struct text text = {.n = 0};
    if (run->n_candidates < 2) {
        return;
    }
    add(&text, "%s kept %s, epoch %" PRId64 ": %.*f", run->name,
        run->candidates[run->kept->candidate], run->kept->epoch, layout->decimals,
        merit__unsigned_zero(run->kept->mean_score, layout->decimals));
    for (int64_t i = 0; i < run->n_candidates; i++) {
        double best = -INFINITY;
        for (int64_t j = 0; j < run->n_rows; j++) {
            if (run->rows[j].candidate == i) {
                best = fmax(best, run->rows[j].mean_score);
            }
        }
        if (i != run->kept->candidate) {
            add(&text, "; %s reached %.*f", run->candidates[i], layout->decimals,
                merit__unsigned_zero(best, layout->decimals));
        }
    }
    add(&text, ".");
    print_sentence(&text, width);
}

// Why a run learns slowly, if it does: how much of the gradient arrives, and how many
// classes are answered at all.
static void print_reason(const merit_run *run, int width)
{
    static const double much = 0.5;
    struct text text = {.n = 0};
    const merit_run_row *first = row_of(run, 1);
    int has_lost = first != NULL && first->gradient_survival < much;
    int is_narrow = first != NULL && run->n_answers > 0 &&
                    first->classes_answered < (double)run->n_answers;
    if (!has_lost && !is_narrow) {
        return;
    }
    add(&text, "Why: after the first epoch %s", run->name);
    if (has_lost) {
        add(&text, " sends %.2g %% of cross entropy's gradient",
            100 * first->gradient_survival);
    }
    if (is_narrow) {
        add(&text, "%s answers %.0f of %" PRId64 " %s", has_lost ? " and" : "",
            first->classes_answered, run->n_answers,
            run->n_answers > run->n_classes ? "answers" : "classes");
    }
    add(&text, ".");
    print_sentence(&text, width);
}

void merit__curves_print(const merit_runs *curves, int width)
{
    struct layout layout = lay_out(curves, width);
    int64_t n_runs = merit_runs_count(curves);
    print_head(&layout);
    for (int64_t i = 0; i < n_runs; i++) {
        print_row(merit_runs_at(curves, i), &layout);
    }
    for (int64_t i = 0; i < n_runs; i++) {
        print_choice(merit_runs_at(curves, i), &layout, width);
    }
    for (int64_t i = 0; i < n_runs; i++) {
        print_reason(merit_runs_at(curves, i), width);
    }
}
