/* Who wins, in a sentence. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "compare/comparison.h"

typedef struct sentence {
    char text[1024];
    size_t n;
} sentence;

__attribute__((format(printf, 2, 3))) static void add(sentence *s, const char *format,
                                                      ...)
{
    va_list arguments;
    size_t room = sizeof s->text - s->n;
    va_start(arguments, format);
    int n = vsnprintf(s->text + s->n, room, format, arguments);
    va_end(arguments);
    s->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* A score with four decimals, the same in every locale. */
static void add_score(sentence *s, double value)
{
    char number[MERIT__NUMBER_BYTES];
    const double shifted = round(fabs(value) * 1e4);
    if (shifted < 1e15) {
        const int64_t n = (int64_t)shifted;
        add(s, "%s%" PRId64 ".%04" PRId64, value < 0 && n > 0 ? "-" : "", n / 10000,
            n % 10000);
    } else {
        merit__print_double(number, value);
        add(s, "%s", number);
    }
}

static int is_rival(const merit_compare_loss *loss)
{
    return loss->is_level && !loss->is_best;
}

static int is_unsure(const merit_compare_loss *loss)
{
    return loss->is_unsure;
}

/* "b, c and 3 more" of the losses that are such; returns how many they are. */
static int64_t add_losses(sentence *s, const merit_comparison *c,
                          int (*is_such)(const merit_compare_loss *loss))
{
    enum { MOST_NAMED = 4 };
    int64_t n_such = 0, n = 0;
    for (int64_t l = 0; l < c->facts.n_done; l++) {
        n_such += is_such(&c->losses[l]);
    }
    const int64_t n_named = n_such > MOST_NAMED ? MOST_NAMED - 1 : n_such;
    for (int64_t l = 0; l < c->facts.n_done && n < n_named; l++) {
        if (is_such(&c->losses[l])) {
            const int is_last = n + 1 == n_such;
            add(s, "%s%s", n == 0 ? "" : is_last ? " and " : ", ", c->losses[l].loss);
            n++;
        }
    }
    if (n_such > n_named) {
        add(s, " and %" PRId64 " more", n_such - n_named);
    }
    return n_such;
}

/* Whether the best one earns more than one answer to everything, beyond rounding. */
static int is_worth_it(const merit_comparison *c)
{
    const double rounding = 1e-9;
    const double constant = c->facts.best_constant_score;
    return !(c->losses[0].score.mean <=
             constant + rounding * (c->facts.oracle_score - constant));
}

static void add_winner(sentence *s, const merit_comparison *c)
{
    const merit_compare_loss *best = &c->losses[0];
    if (!is_worth_it(c)) {
        add(s, "Nobody wins: no loss earns more than always giving one and the same "
               "answer, ");
        add_score(s, c->facts.best_constant_score);
        add(s, " per example.");
        return;
    }
    sentence rivals = {.n = 0}, unsure = {.n = 0};
    const int64_t n_rivals = add_losses(&rivals, c, is_rival);
    const int64_t n_unsure = add_losses(&unsure, c, is_unsure);
    if (n_rivals > 0) {
        add(s, "Nobody wins: %s earns the most, ", best->loss);
        add_score(s, best->score.mean);
        add(s, " per example, but chance alone can explain its lead over %s.",
            rivals.text);
    } else {
        add(s, "%s %s: it earns ", best->loss, n_unsure > 0 ? "may win" : "wins");
        add_score(s, best->score.mean);
        add(s, " per example, ");
        add_score(s, c->losses[1].behind.mean);
        add(s, " more than %s%s.", c->losses[1].loss,
            n_unsure > 0 ? "" : ", and more than every other loss by more than chance");
    }
    if (n_unsure > 0) {
        add(s,
            " %s seem%s to earn less, but too unsteadily to prove it with %" PRId64
            " seed%s.",
            unsure.text, n_unsure == 1 ? "s" : "", c->facts.n_seeds,
            c->facts.n_seeds == 1 ? "" : "s");
    }
}

static void add_caution(sentence *s, const merit_comparison *c)
{
    if (c->facts.n_seeds == 1) {
        add(s, " One seed says nothing about others.");
    }
    const int64_t n_left = c->facts.n_runs - c->facts.n_runs_over;
    if (n_left > 0) {
        add(s, " %" PRId64 " of %" PRId64 " runs are not over.", n_left,
            c->facts.n_runs);
    }
}

merit_status merit__comparison_judge(merit_comparison *c, merit_error *err)
{
    sentence s = {.n = 0};
    if (c->facts.n_done == 0) {
        add(&s, "Nothing has been measured.");
    } else if (c->facts.n_done == 1) {
        add(&s, "Only %s has been measured; there is nothing to compare it with.",
            c->losses[0].loss);
    } else {
        add_winner(&s, c);
    }
    add_caution(&s, c);
    c->facts.verdict = merit__comparison_text(c, s.text);
    return c->facts.verdict != NULL ? MERIT_OK
                                    : merit__fail_memory(err, s.n, "a sentence");
}
