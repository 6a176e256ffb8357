/* Tables that look turned around, reversed or mistyped. Each test asks for a pattern
 * that all other cells keep, so that tables without a pattern raise no suspicion. */
#include "audit/sentences.h"

#include <math.h>

#include "base/fail.h"

enum { FEWEST = 4 }; // classes; among fewer, one cell makes no pattern

static double score(const merit_audit *audit, int64_t i, int64_t k)
{
    return audit->S[i * audit->A + k];
}

int merit__looks_reversed(const merit_audit *audit)
{
    int is_worse = 0;
    for (int64_t i = 0; i < audit->K; i++) {
        for (int64_t k = 0; k < audit->A; k++) {
            if (score(audit, i, k) < score(audit, i, i)) {
                return 0;
            }
            is_worse = is_worse || score(audit, i, k) > score(audit, i, i);
        }
    }
    return is_worse;
}

int64_t merit__odd_diagonal(const merit_audit *audit, double *usual)
{
    // Of the first three at least two are the usual ones.
    const double a = score(audit, 0, 0), b = score(audit, 1, 1);
    int64_t odd = -1, n_odd = 0;
    if (audit->K < FEWEST) {
        return -1;
    }
    *usual = a == b ? a : score(audit, 2, 2);
    for (int64_t i = 0; i < audit->K; i++) {
        if (score(audit, i, i) != *usual) {
            odd = i;
            n_odd++;
        }
    }
    return n_odd == 1 ? odd : -1;
}

// Whether the columns, but not the rows, have their best score on the diagonal.
static int looks_transposed(const merit_audit *audit)
{
    int64_t n_bad = 0;
    if (audit->A != audit->K || audit->K < FEWEST || audit->facts.is_symmetric) {
        return 0;
    }
    for (int64_t i = 0; i < audit->K; i++) {
        n_bad += audit->truths[i].diagonal_rank > 1;
        for (int64_t k = 0; k < audit->K; k++) {
            if (i != k && score(audit, i, k) >= score(audit, k, k)) {
                return 0;
            }
        }
    }
    return n_bad * 4 >= audit->K;
}

static merit_status find_transposed(merit_audit *audit, merit_error *err)
{
    merit__sentences text = {0};
    if (!looks_transposed(audit)) {
        return MERIT_OK;
    }
    merit__say(&text, "Rows and columns look exchanged: every column has its largest "
                      "score on the diagonal, the rows have not. Rows are truths, "
                      "columns are answers.");
    return merit__audit_find(audit, "looks-transposed", MERIT_SEVERITY_WARNING, &text,
                             err);
}

static merit_status find_odd_diagonal(merit_audit *audit, merit_error *err)
{
    double usual = 0;
    merit__sentences text = {0};
    const int64_t odd = merit__odd_diagonal(audit, &usual);
    // Where it is not the best answer to its truth, that finding says it.
    if (odd < 0 || audit->truths[odd].diagonal_rank > 1) {
        return MERIT_OK;
    }
    merit__say(
        &text,
        "The right answer earns %s for every truth but %s, where it earns %s; is "
        "that meant?",
        merit__speak_score(usual).text, merit__speak_name(audit, odd).text,
        merit__speak_score(score(audit, odd, odd)).text);
    return merit__audit_find(audit, "odd-diagonal", MERIT_SEVERITY_NOTE, &text, err);
}

// One pair of classes that alone is not symmetric.
static merit_status find_odd_pair(merit_audit *audit, merit_error *err)
{
    merit__sentences text = {0};
    if (audit->K < FEWEST || audit->facts.n_asymmetric != 1) {
        return MERIT_OK;
    }
    for (int64_t i = 0; i < audit->K; i++) {
        for (int64_t j = i + 1; j < audit->K; j++) {
            const double a = score(audit, i, j), b = score(audit, j, i);
            if (a == b) {
                continue;
            }
            merit__say(&text,
                       "Answering %s for %s earns %s, %s for %s %s; all other pairs of "
                       "classes are symmetric. Is one of the two a slip%s?",
                       merit__speak_name(audit, j).text,
                       merit__speak_name(audit, i).text, merit__speak_score(a).text,
                       merit__speak_name(audit, i).text,
                       merit__speak_name(audit, j).text, merit__speak_score(b).text,
                       a == -b                      ? " of the sign"
                       : a == 10 * b || b == 10 * a ? " of the decimal point"
                                                    : "");
        }
    }
    return merit__audit_find(audit, "odd-pair", MERIT_SEVERITY_WARNING, &text, err);
}

// How many cells are about `value`, without regard to the sign.
static int64_t count_cells(const merit_audit *audit, double value)
{
    int64_t n = 0;
    for (int64_t at = 0; at < audit->K * audit->A; at++) {
        n += fabs(fabs(audit->S[at]) - fabs(value)) <= 1e-9 * fabs(value);
    }
    return n;
}

// A cell far larger than all others, which would be like them with its decimal point
// one or two places to the left.
static merit_status find_odd_size(merit_audit *audit, merit_error *err)
{
    double largest = 0, next = 0;
    int64_t where = 0;
    merit__sentences text = {0};
    for (int64_t at = 0; at < audit->K * audit->A; at++) {
        const double size = fabs(audit->S[at]);
        if (size > largest) {
            next = largest;
            largest = size;
            where = at;
        } else {
            next = fmax(next, size);
        }
    }
    const int has_like =
        count_cells(audit, largest / 10) >= 2 || count_cells(audit, largest / 100) >= 2;
    if (audit->K < FEWEST || audit->facts.n_asymmetric == 1 || next == 0 ||
        largest < 5 * next || !has_like) {
        return MERIT_OK;
    }
    merit__say(&text,
               "The %s for answering %s to %s is %s times as large as any other score; "
               "is the decimal point where it should be?",
               merit__speak_score(audit->S[where]).text,
               merit__speak_name(audit, where % audit->A).text,
               merit__speak_name(audit, where / audit->A).text,
               merit__speak_number(largest / next).text);
    return merit__audit_find(audit, "odd-size", MERIT_SEVERITY_NOTE, &text, err);
}

// One mistake that alone has another sign than all others, and whose opposite is among
// them.
static merit_status find_odd_sign(merit_audit *audit, merit_error *err)
{
    int64_t n_positive = 0, n_negative = 0, positive = 0, negative = 0;
    merit__sentences text = {0};
    for (int64_t i = 0; i < audit->K; i++) {
        for (int64_t k = 0; k < audit->K; k++) {
            const double s = i == k ? 0 : score(audit, i, k);
            n_positive += s > 0;
            n_negative += s < 0;
            positive = s > 0 ? i * audit->A + k : positive;
            negative = s < 0 ? i * audit->A + k : negative;
        }
    }
    const int64_t odd = n_positive == 1 ? positive : negative;
    if (audit->K < FEWEST || audit->facts.n_asymmetric == 1 ||
        !(n_positive == 1 ? n_negative > 4 : n_negative == 1 && n_positive > 4) ||
        count_cells(audit, audit->S[odd]) < 2) {
        return MERIT_OK;
    }
    merit__say(&text,
               "Answering %s for %s earns %s; all other mistakes earn %s. Is the sign "
               "right?",
               merit__speak_name(audit, odd % audit->A).text,
               merit__speak_name(audit, odd / audit->A).text,
               merit__speak_score(audit->S[odd]).text,
               n_positive == 1 ? "0 or less" : "0 or more");
    return merit__audit_find(audit, "odd-sign", MERIT_SEVERITY_WARNING, &text, err);
}

static merit_status find_reversed(merit_audit *audit, merit_error *err)
{
    merit__sentences text = {0};
    merit__say(&text, "For every truth the right answer is the worst one, or as bad: "
                      "these look like costs read as scores, or scores read as costs. "
                      "Tables of costs are read with --costs.");
    return merit__audit_find(audit, "looks-reversed", MERIT_SEVERITY_PROBLEM, &text,
                             err);
}

merit_status merit__find_slips(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (merit__looks_reversed(audit)) {
        return find_reversed(audit, err);
    }
    MERIT_TRY(find_transposed(audit, err));
    MERIT_TRY(find_odd_diagonal(audit, err));
    MERIT_TRY(find_odd_pair(audit, err));
    MERIT_TRY(find_odd_size(audit, err));
    MERIT_TRY(find_odd_sign(audit, err));

fail:
    return status;
}
