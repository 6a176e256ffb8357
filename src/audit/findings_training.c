/* What the table says of training on it. */
#include "audit/sentences.h"

#include <inttypes.h>
#include <math.h>

#include "base/fail.h"

// The margin of a confident mistake, in logits: a belief of 0.99995 against 0.00005.
static const double confident = 10;

static int is_trap(const merit_audit *audit, int64_t truth, int64_t answer)
{
    return merit_audit_is_trap(audit->scores, truth, answer);
}

// "c1 and c2 trap each other, c3 traps c4"
static void say_traps(merit__sentences *text, const merit_audit *audit)
{
    enum { MOST = 4 };
    int64_t n_said = 0, n_covered = 0;
    for (int64_t t = 0; t < audit->facts.n_traps && n_said < MOST; t++) {
        const merit_audit_pair trap = audit->traps[t];
        const int is_own = trap.truth == trap.answer;
        const int is_mutual = !is_own && is_trap(audit, trap.answer, trap.truth);
        if (is_mutual && trap.answer < trap.truth) {
            continue; // said already
        }
        merit__say(text,
                   is_own      ? "%sthe right answer %s traps %s"
                   : is_mutual ? "%s%s and %s trap each other"
                               : "%s%s traps %s",
                   n_said == 0 ? "" : ", ",
                   merit__speak_name(audit, is_mutual ? trap.truth : trap.answer).text,
                   merit__speak_name(audit, is_mutual ? trap.answer : trap.truth).text);
        n_said++;
        n_covered += is_mutual ? 2 : 1;
    }
    if (audit->facts.n_traps > n_covered) {
        merit__say(text, ", and %" PRId64 " traps more",
                   audit->facts.n_traps - n_covered);
    }
}

static void say_gradients(merit__sentences *text, const merit_audit *audit)
{
    double low = INFINITY, high = 0;
    for (int64_t i = 0; i < audit->K; i++) {
        const double ratio = audit->truths[i].gradient_ratio;
        if (ratio > 0) {
            low = fmin(low, 1 / ratio);
            high = fmax(high, 1 / ratio);
        }
    }
    const merit__spoken least = merit__speak_number(nearbyint(low * 100) / 100);
    const merit__spoken most = merit__speak_number(nearbyint(high * 100) / 100);
    if (low < 1) {
        merit__say(text,
                   " A fresh model's gradients are %s to %s times those of cross "
                   "entropy",
                   merit__speak_number(1 / high).text,
                   merit__speak_number(1 / low).text);
    } else if (high - low < 0.01) {
        merit__say(text,
                   " A fresh model learns %s times slower than with cross entropy",
                   least.text);
    } else {
        merit__say(text,
                   " A fresh model learns %s to %s times slower than with cross "
                   "entropy",
                   least.text, most.text);
    }
}

static double smallest_trap_gap(const merit_audit *audit)
{
    double gap = INFINITY;
    for (int64_t t = 0; t < audit->facts.n_traps; t++) {
        const double *row = audit->S + audit->traps[t].truth * audit->A;
        double best = row[0];
        for (int64_t k = 1; k < audit->K; k++) {
            best = fmax(best, row[k]);
        }
        gap = fmin(gap, best - row[audit->traps[t].answer]);
    }
    return gap;
}

static merit_status find_traps(merit_audit *audit, merit_error *err)
{
    merit__sentences text = {0};
    const double gap = smallest_trap_gap(audit);
    merit__say(&text, "Training directly on the expected score will stall: ");
    say_traps(&text, audit);
    merit__say(&text, ".");
    say_gradients(&text, audit);
    // Cross entropy needs margin / 2.
    const double times = merit_audit_escape_time(gap, confident) / (confident / 2);
    merit__say(&text,
               "; one that is confidently wrong by a margin of %s needs about %s times "
               "the steps. Begin with cross entropy, or with tilted-score from "
               "temperature %s on.",
               merit__speak_number(confident).text, merit__speak_times(times).text,
               merit__speak_number(audit->facts.temperature).text);
    return merit__audit_find(audit, "stalls", MERIT_SEVERITY_WARNING, &text, err);
}

static merit_status find_plateau(merit_audit *audit, merit_error *err)
{
    const merit_audit_facts *facts = &audit->facts;
    merit__sentences text = {0};
    const double ratio = facts->plateau / facts->plateau_cross_entropy;
    merit__say(&text,
               "Training directly on the expected score begins slowly: about %s times "
               "the steps of cross entropy until a fresh model believes in the right "
               "class.",
               merit__speak_number(nearbyint(ratio * 10) / 10).text);
    return merit__audit_find(audit, "plateau", MERIT_SEVERITY_NOTE, &text, err);
}

// Where some answers were not decided by linear programs.
static merit_status find_undecided(merit_audit *audit, merit_error *err)
{
    const merit_audit_facts *facts = &audit->facts;
    merit__sentences text = {0};
    if (audit->A <= audit->options.n_exact && facts->n_undecided == 0) {
        return MERIT_OK;
    }
    merit__say(&text,
               "Of %" PRId64 " answers, %" PRId64 " are the best one for a belief that "
               "was found by sampling, %" PRId64 " were decided by linear programs",
               audit->A, facts->n_by_belief, facts->n_by_program);
    if (facts->n_undecided > 0) {
        merit__say(&text, "; %" PRId64 " may or may not ever be the best one",
                   facts->n_undecided);
    }
    merit__say(&text, ".");
    return merit__audit_find(audit, "sampled", MERIT_SEVERITY_NOTE, &text, err);
}

merit_status merit__find_training(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (audit->facts.n_traps > 0) {
        MERIT_TRY(find_traps(audit, err));
    } else if (audit->K > 2 && audit->facts.smallest_gap > 0 &&
               audit->facts.plateau > audit->facts.plateau_cross_entropy) {
        MERIT_TRY(find_plateau(audit, err));
    }
    MERIT_TRY(find_undecided(audit, err));

fail:
    return status;
}
