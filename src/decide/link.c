/* Links as text. */
#include "merit/decide.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "decide/outputs.h"

static const char *const link_names[] = {
    [MERIT_LINK_SOFTMAX] = "softmax", [MERIT_LINK_G_SOFTMAX] = "g-softmax",
    [MERIT_LINK_SCORES] = "scores",   [MERIT_LINK_LOGISTIC_SCORES] = "logistic-scores",
    [MERIT_LINK_MARGIN] = "margin",
};

enum { N_LINKS = sizeof link_names / sizeof link_names[0] };

static const double least_cost = 1e-3, largest_cost = 1e6;

static int has_cost(merit_link_kind kind)
{
    return kind == MERIT_LINK_G_SOFTMAX || kind == MERIT_LINK_MARGIN;
}

int merit_link_has_posterior(merit_link link)
{
    return link.kind == MERIT_LINK_SOFTMAX || has_cost(link.kind);
}

merit_status merit__link_check(merit_link link, merit_error *err)
{
    if ((size_t)link.kind >= N_LINKS) {
        return merit__fail(err, MERIT_EINVAL, "there is no link number %d",
                           (int)link.kind);
    }
    if (link.kind == MERIT_LINK_G_SOFTMAX &&
        !(link.cost >= least_cost && link.cost <= largest_cost)) {
        return merit__fail(err, MERIT_EINVAL,
                           "the cost of g-softmax is %g, expected %g to %g", link.cost,
                           least_cost, largest_cost);
    }
    if (link.kind == MERIT_LINK_MARGIN &&
        !(link.cost > 0 && link.cost <= MERIT_MARGIN_MOST)) {
        return merit__fail(err, MERIT_EINVAL,
                           "the cost of margins is %g, expected above 0, %d at most",
                           link.cost, MERIT_MARGIN_MOST);
    }
    return MERIT_OK;
}

void merit_link_print(char text[MERIT_LINK_BYTES], merit_link link)
{
    char number[MERIT__NUMBER_BYTES];
    const char *name = (size_t)link.kind < N_LINKS ? link_names[link.kind] : "unknown";
    if (!has_cost(link.kind)) {
        snprintf(text, MERIT_LINK_BYTES, "%s", name);
        return;
    }
    merit__print_double(number, link.cost);
    snprintf(text, MERIT_LINK_BYTES, "%s(cost=%s)", name, number);
}

/* The number between "(cost=" and ")", or nothing. */
static int parse_cost(double *out, const char *text)
{
    static const char before[] = "(cost=";
    const size_t n_before = sizeof before - 1;
    const size_t n = strlen(text);
    return n > n_before && memcmp(text, before, n_before) == 0 && text[n - 1] == ')' &&
           merit__parse_double(text + n_before, n - n_before - 1, out) == 0;
}

merit_status merit_link_parse(merit_link *out, const char *text, merit_error *err)
{
    char shown[64];
    if (out == NULL || text == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_link_parse: an argument is NULL");
    }
    for (size_t i = 0; i < N_LINKS; i++) {
        merit_link link = {.kind = (merit_link_kind)i};
        const size_t n = strlen(link_names[i]);
        const int is_whole = has_cost(link.kind)
                                 ? strncmp(text, link_names[i], n) == 0 &&
                                       parse_cost(&link.cost, text + n)
                                 : strcmp(text, link_names[i]) == 0;
        if (is_whole) {
            *out = link;
            return merit__link_check(link, err);
        }
    }
    return merit__fail(err, MERIT_EINVAL,
                       "unknown link \"%s\", expected softmax, g-softmax(cost=C), "
                       "margin(cost=C), scores or logistic-scores",
                       merit__printable(shown, sizeof shown, text));
}
