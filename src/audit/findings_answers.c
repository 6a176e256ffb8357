/* What the table says of single truths and answers. */
#include "audit/sentences.h"

#include <inttypes.h>
#include <math.h>

#include "base/fail.h"

enum { MOST_ALONE = 3 }; // findings of one kind in full; the rest in one line

static double score(const merit_audit *audit, int64_t i, int64_t k)
{
    return audit->S[i * audit->A + k];
}

static int is_flat(const merit_audit *audit, int64_t i)
{
    return audit->truths[i].n_best == audit->A;
}

// Truths of which all answers are worth the same.
static merit_status find_flat(merit_audit *audit, int64_t *found, merit_error *err)
{
    merit__sentences text = {0};
    int64_t n = 0;
    for (int64_t i = 0; i < audit->K; i++) {
        if (is_flat(audit, i)) {
            found[n++] = i;
        }
    }
    if (n == 0) {
        return MERIT_OK;
    }
    if (n == audit->K) {
        merit__say(&text, "All answers are worth the same for every truth: there is "
                          "nothing to learn from this table.");
        return merit__audit_find(audit, "no-information", MERIT_SEVERITY_PROBLEM, &text,
                                 err);
    }
    merit__say(&text, "All answers are worth the same when the truth is ");
    merit__say_names(&text, audit, found, n);
    merit__say(&text, ": nothing is learned from %s.", n == 1 ? "it" : "them");
    return merit__audit_find(audit, "no-information", MERIT_SEVERITY_WARNING, &text,
                             err);
}

static merit_status find_best_answer(merit_audit *audit, int64_t i, merit_error *err)
{
    merit__sentences text = {0};
    double usual = 0;
    const int64_t best = audit->truths[i].best;
    const merit__spoken truth = merit__speak_name(audit, i);
    const merit__spoken answer = merit__speak_name(audit, best);
    const merit__spoken earned = merit__speak_score(score(audit, i, best));
    const merit__spoken own = merit__speak_score(score(audit, i, i));
    merit__say(&text, "%s: the best answer is %s (scores %s), not %s (scores %s). ",
               truth.text, answer.text, earned.text, truth.text, own.text);
    merit__say(&text,
               "A model that earns the most under this table answers %s whenever it "
               "sees a %s. Cross entropy teaches %s.",
               answer.text, truth.text, truth.text);
    if (merit__odd_diagonal(audit, &usual) == i) {
        merit__say(&text, " Every other diagonal is %s; is the %s in row %s a slip?",
                   merit__speak_score(usual).text, own.text, truth.text);
    }
    merit__say(&text,
               " With any score above %s there, %s would be its own best answer.",
               earned.text, truth.text);
    return merit__audit_find(audit, "best-answer", MERIT_SEVERITY_PROBLEM, &text, err);
}

merit_status merit__find_best_answers(merit_audit *audit, int64_t *found,
                                      merit_error *err)
{
    merit__sentences text = {0};
    int64_t n = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(find_flat(audit, found, err));
    for (int64_t i = 0; i < audit->K; i++) {
        if (audit->truths[i].diagonal_rank > 1) {
            found[n++] = i;
        }
    }
    const int64_t n_alone = n > MOST_ALONE + 1 ? MOST_ALONE : n;
    for (int64_t f = 0; f < n_alone; f++) {
        MERIT_TRY(find_best_answer(audit, found[f], err));
    }
    if (n > n_alone) {
        merit__say(&text,
                   "%" PRId64 " more truths have another best answer: ", n - n_alone);
        merit__say_names(&text, audit, found + n_alone, n - n_alone);
        merit__say(&text, ".");
        MERIT_TRY(merit__audit_find(audit, "best-answer", MERIT_SEVERITY_PROBLEM, &text,
                                    err));
    }

fail:
    return status;
}

// The share of an answer in a mixture that is worth naming.
static const double least_share = 5e-4;

// "c2 or c4 by the toss of a coin", "c2", "at random c1 (12 %), ..."
static void say_mixture(merit__sentences *text, const merit_audit *audit,
                        const double *mixture)
{
    enum { MOST = 4 };
    int64_t parts[MOST] = {0};
    int64_t n = 0;
    for (int64_t j = 0; j < audit->A; j++) {
        if (mixture[j] > least_share) {
            if (n < MOST) {
                parts[n] = j;
            }
            n++;
        }
    }
    if (n == 1) {
        merit__say(text, "answering %s", merit__speak_name(audit, parts[0]).text);
        return;
    }
    if (n == 2 && fabs(mixture[parts[0]] - 0.5) < least_share) {
        merit__say(text, "answering %s or %s by the toss of a coin",
                   merit__speak_name(audit, parts[0]).text,
                   merit__speak_name(audit, parts[1]).text);
        return;
    }
    merit__say(text, "answering at random ");
    for (int64_t p = 0; p < n && p < MOST; p++) {
        merit__say(text, "%s%s (%s %%)",
                   p == 0       ? ""
                   : p == n - 1 ? " or "
                                : ", ",
                   merit__speak_name(audit, parts[p]).text,
                   merit__speak_number(100 * mixture[parts[p]]).text);
    }
    if (n > MOST) {
        merit__say(text, " and %" PRId64 " others", n - MOST);
    }
}

// Whether the same answer under another name is all that stands against it.
static int has_equal(const merit_audit *audit, int64_t k)
{
    for (int64_t j = 0; j < audit->A; j++) {
        if (j != k && audit->answers[j].twin == audit->answers[k].twin &&
            audit->answers[j].twin_offset == audit->answers[k].twin_offset) {
            return 1;
        }
    }
    return 0;
}

static int is_never_best(const merit_audit *audit, int64_t k)
{
    const merit_audit_reach reach = audit->answers[k].reach;
    return reach == MERIT_REACH_NEVER ||
           (reach == MERIT_REACH_TIES && !has_equal(audit, k));
}

static merit_status find_never(merit_audit *audit, int64_t k, merit_error *err)
{
    const merit_audit_answer *answer = &audit->answers[k];
    const merit__spoken name = merit__speak_name(audit, k);
    merit__sentences text = {0};
    merit__say(&text,
               "%s is never the best answer, however sure the model is: ", name.text);
    say_mixture(&text, audit, answer->mixture);
    merit__say(&text, " always earns %s.",
               answer->reach == MERIT_REACH_TIES ? "at least as much" : "more");
    if (k >= audit->K && !isnan(answer->raise)) {
        merit__say(&text, " %s",
                   answer->raise > 0
                       ? "To change that, all its scores must rise by more than "
                       : "Any rise of all its scores changes that.");
        merit__say(&text, "%s%s",
                   answer->raise > 0 ? merit__speak_number(answer->raise).text : "",
                   answer->raise > 0 ? "." : "");
    } else if (!isnan(answer->raise)) {
        merit__say(&text,
                   " With more than %s for %s when it is right, there are beliefs "
                   "that make it the answer.",
                   merit__speak_number(score(audit, k, k) + answer->raise).text,
                   name.text);
    }
    return merit__audit_find(audit, "never-best", MERIT_SEVERITY_PROBLEM, &text, err);
}

merit_status merit__find_never_best(merit_audit *audit, int64_t *found,
                                    merit_error *err)
{
    merit__sentences text = {0};
    int64_t n = 0;
    merit_status status = MERIT_OK;
    for (int64_t k = 0; audit->facts.regret_scale > 0 && k < audit->A; k++) {
        if (is_never_best(audit, k)) {
            found[n++] = k;
        }
    }
    const int64_t n_alone = n > MOST_ALONE + 1 ? MOST_ALONE : n;
    for (int64_t f = 0; f < n_alone; f++) {
        MERIT_TRY(find_never(audit, found[f], err));
    }
    if (n > n_alone) {
        merit__say(&text, "%" PRId64 " more are never the best answer: ", n - n_alone);
        merit__say_names(&text, audit, found + n_alone, n - n_alone);
        merit__say(&text, ".");
        MERIT_TRY(
            merit__audit_find(audit, "never-best", MERIT_SEVERITY_PROBLEM, &text, err));
    }

fail:
    return status;
}

// "a and b; c, d and e" of those of n that belong together: group[i] is the first of
// i's group, or -1. Returns the number of groups with more than one. found [n] is
// scratch.
static int64_t say_groups(merit__sentences *text, const merit_audit *audit,
                          const int64_t *group, int64_t n, int64_t *found)
{
    int64_t n_groups = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t n_found = 0;
        for (int64_t j = i; group[i] == i && j < n; j++) {
            if (group[j] == i) {
                found[n_found++] = j;
            }
        }
        if (n_found > 1 && n_groups++ < MOST_ALONE) {
            merit__say(text, "%s", n_groups == 1 ? "" : "; ");
            merit__say_names(text, audit, found, n_found);
        }
    }
    if (n_groups > MOST_ALONE) {
        merit__say(text, "; and %" PRId64 " more groups", n_groups - MOST_ALONE);
    }
    return n_groups;
}

// Answers that are worth the same for every truth. found [2 A] is scratch.
static merit_status find_equal_answers(merit_audit *audit, int64_t *found,
                                       merit_error *err)
{
    merit__sentences text = {0};
    int64_t *group = found + audit->A;
    for (int64_t k = 0; k < audit->A; k++) {
        const merit_audit_answer *answer = &audit->answers[k];
        group[k] = answer->twin_offset == 0 ? answer->twin : -1;
    }
    if (say_groups(&text, audit, group, audit->A, found) == 0) {
        return MERIT_OK;
    }
    merit__say(&text, ": answers that earn the same whatever the truth; one of each is "
                      "enough.");
    return merit__audit_find(audit, "equal-answers", MERIT_SEVERITY_WARNING, &text,
                             err);
}

// Truths that no decision can tell apart. found [2 K] is scratch.
static merit_status find_equal_truths(merit_audit *audit, int64_t *found,
                                      merit_error *err)
{
    merit__sentences text = {0};
    int64_t *group = found + audit->K;
    for (int64_t i = 0; i < audit->K; i++) {
        group[i] = is_flat(audit, i) ? -1 : audit->truth_twin[i];
    }
    if (say_groups(&text, audit, group, audit->K, found) == 0) {
        return MERIT_OK;
    }
    merit__say(&text, ": for decisions these truths are one, since every answer earns "
                      "the same for them, but for a constant.");
    return merit__audit_find(audit, "equal-truths", MERIT_SEVERITY_NOTE, &text, err);
}

merit_status merit__find_twins(merit_audit *audit, int64_t *found, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (audit->facts.regret_scale > 0) {
        MERIT_TRY(find_equal_answers(audit, found, err));
        MERIT_TRY(find_equal_truths(audit, found, err));
    }

fail:
    return status;
}
