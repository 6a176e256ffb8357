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

static int64_t count_level(const merit_comparison *c)
{
    int64_t n = 0;
    for (int64_t l = 0; l < c->facts.n_done; l++) {
        n += c->losses[l].is_level;
    }
    return n;
}

/* "b, c and 3 more" of the losses that are level with the best. */
static void add_rivals(sentence *s, const merit_comparison *c, int64_t n_rivals)
{
    enum { MOST_NAMED = 4 };
    const int64_t n_named = n_rivals > MOST_NAMED ? MOST_NAMED - 1 : n_rivals;
    int64_t n = 0;
    for (int64_t l = 1; l < c->facts.n_done && n < n_named; l++) {
        if (c->losses[l].is_level) {
            const int is_last = n + 1 == n_rivals;
            add(s, "%s%s", n == 0 ? "" : is_last ? " and " : ", ", c->losses[l].loss);
            n++;
        }
    }
    if (n_rivals > n_named) {
        add(s, " and %" PRId64 " more", n_rivals - n_named);
    }
}

static void add_winner(sentence *s, const merit_comparison *c)
{
    const merit_compare_loss *best = &c->losses[0];
    const int64_t n_rivals = count_level(c) - 1;
    if (n_rivals == 0) {
        add(s, "%s wins: it earns ", best->loss);
        add_score(s, best->score.mean);
        add(s, " per example, ");
        add_score(s, c->losses[1].behind.mean);
        add(s, " more than %s, and more than every other loss by more than chance.",
            c->losses[1].loss);
        return;
    }
    add(s, "Nobody wins: %s earns the most, ", best->loss);
    add_score(s, best->score.mean);
    add(s, " per example, but chance alone can explain its lead over ");
    add_rivals(s, c, n_rivals);
    add(s, ".");
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
