#include "cli_compare.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_NAME = 12, MOST_NAME = 40, CELL_BYTES = 24, MARK = 2 };

// One column of the table, from the most to the least needed.
struct column {
    const char *title;
    int width; // with two blanks before it
    int order; // from the left
    void (*print)(char out[CELL_BYTES], const merit_compare_loss *loss);
};

static void print_number(char out[CELL_BYTES], double value, int decimals)
{
    if (isfinite(value)) {
        snprintf(out, CELL_BYTES, "%.*f", decimals,
                 merit__unsigned_zero(value, decimals));
    } else {
        snprintf(out, CELL_BYTES, "%s", isinf(value) ? "inf" : "-");
    }
}

static void print_score(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    print_number(out, loss->score.mean, 4);
}

static void print_half(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    print_number(out, (loss->score.high - loss->score.low) / 2, 4);
}

static void print_accuracy(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    print_number(out, loss->accuracy, 4);
}

static void print_log_loss(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    print_number(out, loss->log_loss, 3);
}

static void print_ece(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    print_number(out, loss->ece, 3);
}

static void print_steps(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    if (loss->n_reached == 0) {
        snprintf(out, CELL_BYTES, "never");
    } else {
        print_number(out, loss->steps_to, 0);
    }
}

static void print_seconds(char out[CELL_BYTES], const merit_compare_loss *loss)
{
    print_number(out, loss->seconds_to, loss->seconds_to < 10 ? 1 : 0);
}

static const struct column columns[] = {
    {"score", 9, 0, print_score},
    {"+-", 8, 1, print_half},
    {"accuracy", 10, 2, print_accuracy},
    {"steps", 7, 5, print_steps},
    {"log loss", 10, 3, print_log_loss},
    {"sec", 6, 6, print_seconds},
    {"ECE", 7, 4, print_ece},
};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

// The columns that fit beside names of at least LEAST_NAME, in their order.
static int choose_columns(const struct column *chosen[N_COLUMNS], int width)
{
    int left = width - MARK - LEAST_NAME;
    int is_in[N_COLUMNS] = {0};
    int n = 0;
    for (int i = 0; i < N_COLUMNS; i++) {
        if (left >= columns[i].width) {
            left -= columns[i].width;
            is_in[i] = 1;
        } else {
            break;
        }
    }
    for (int order = 0; order < N_COLUMNS; order++) {
        for (int i = 0; i < N_COLUMNS; i++) {
            if (columns[i].order == order && is_in[i]) {
                chosen[n++] = &columns[i];
            }
        }
    }
    return n;
}

static int name_width(const merit_comparison *comparison,
                      const struct column *const *chosen, int n, int width)
{
    int64_t n_losses = merit_comparison_facts(comparison)->n_losses;
    int longest = LEAST_NAME;
    int room = width - MARK;
    for (int i = 0; i < n; i++) {
        room -= chosen[i]->width;
    }
    for (int64_t l = 0; l < n_losses; l++) {
        int needed = merit__cell_width(merit_comparison_loss(comparison, l)->loss);
        longest = needed > longest ? needed : longest;
    }
    longest = longest < MOST_NAME ? longest : MOST_NAME;
    return longest < room ? longest : room;
}

// Why a loss has no numbers, after `column` columns.
static void print_reason(const merit_compare_loss *loss, int column, int width)
{
    static const char *const states[] = {"not trained to the end", "",
                                         "diverged: ", "not for this table: "};
    char message[512];
    char text[600];
    merit__visible(message, sizeof message, loss->message);
    snprintf(text, sizeof text, "%s%s", states[loss->state], message);
    merit__print_column(stdout, text, column + 2, width, column);
}

static void print_row(const merit_compare_loss *loss,
                      const struct column *const *chosen, int n, int name, int width)
{
    char cell[CELL_BYTES];
    fputs(loss->is_level ? "* " : loss->is_unsure ? "? " : "  ", stdout);
    if (merit__cell_width(loss->loss) > name) { // on a line of its own
        merit__print_cell(stdout, loss->loss, merit__cell_width(loss->loss));
        printf("\n  %*s", name, "");
    } else {
        merit__print_cell(stdout, loss->loss, name);
    }
    if (loss->state != MERIT_COMPARE_DONE) {
        print_reason(loss, MARK + name, width);
        return;
    }
    for (int i = 0; i < n; i++) {
        chosen[i]->print(cell, loss);
        printf("%*s", chosen[i]->width, cell);
    }
    putchar('\n');
}

// What the marks mean, and what to hold the scores against.
static void print_notes(const merit_comparison *comparison, int width)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    char text[512];
    int64_t n_level = 0;
    int64_t n_unsure = 0;
    for (int64_t l = 0; l < facts->n_done; l++) {
        n_level += merit_comparison_loss(comparison, l)->is_level;
        n_unsure += merit_comparison_loss(comparison, l)->is_unsure;
    }
    snprintf(text, sizeof text,
             "%" PRId64 " test examples, %" PRId64 " seed%s. Always the same answer "
             "earns %.4f at most, the right ones earn %.4f.%s%s",
             facts->n_test, facts->n_seeds, facts->n_seeds == 1 ? "" : "s",
             merit__unsigned_zero(facts->best_constant_score, 4),
             merit__unsigned_zero(facts->oracle_score, 4),
             n_level > 1 ? " * near the best, and no further behind it than chance can "
                           "do (paired tests, Holm, 5 %)."
                         : "",
             n_unsure > 0 ? " ? seems to be behind, but is too unsteady to prove it."
                          : "");
    merit__print_wrapped(stdout, text, 0, width);
    putchar('\n');
}

void merit__compare_print(const merit_comparison *comparison, int width)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    const struct column *chosen[N_COLUMNS];
    char verdict[2048];
    int n = choose_columns(chosen, width);
    int name = name_width(comparison, chosen, n, width);
    printf("  %-*s", name, "loss");
    for (int i = 0; i < n; i++) {
        printf("%*s", chosen[i]->width, chosen[i]->title);
    }
    putchar('\n');
    for (int64_t l = 0; l < facts->n_losses; l++) {
        print_row(merit_comparison_loss(comparison, l), chosen, n, name, width);
    }
    putchar('\n');
    if (facts->n_done > 0) {
        print_notes(comparison, width);
    }
    merit__print_wrapped(
        stdout, merit__visible(verdict, sizeof verdict, facts->verdict), 0, width);
}
