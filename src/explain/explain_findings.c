/* Which findings an explanation has, in which order: the verdict, its reasons, what
 * else is worth knowing, what to do. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "explain/explain_parts.h"

/* "1.8150 of at most 2.0000" or "1.8150". */
static void add_earned(merit_explanation *e)
{
    const merit_run *run = e->run;
    merit__explain_add(e, "%.4f", e->kept->shown.best->mean_score);
    if (isfinite(run->oracle_score)) {
        merit__explain_add(e, " of at most %.4f", run->oracle_score);
    }
    if (isfinite(run->best_constant)) {
        merit__explain_add(e, "; always giving one and the same answer earns %.4f",
                           run->best_constant);
    }
}

/* Not long enough. */
static void find_rising(merit_explanation *e)
{
    const double much = 0.03; // of what can be earned
    const merit_explain_candidate *c = &e->kept->shown;
    double scale = e->run->oracle_score - e->run->best_constant;
    if (e->kept->n_rows < 2 || c->best != c->last || !e->run->is_finished) {
        return;
    }
    double before = c->last[-1].mean_score;
    if (c->last->mean_score - before > much * scale) {
        merit__explain_find(
            e, "rising", MERIT_SEVERITY_NOTE,
            "The score was still rising at the end, from %.4f to %.4f in "
            "the last epoch: more epochs (-e) earn more.",
            before, c->last->mean_score);
    }
}

static void find_healthy(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    int is_low = merit__explain_is_low(c);
    merit__explain_find(e, "healthy", MERIT_SEVERITY_NOTE, "%s. %.120s earns ",
                        is_low ? "No sign of trouble was measured"
                               : "Nothing stands in the way of this run",
                        c->loss);
    add_earned(e);
    merit__explain_add(e, ".");
    if (is_low) {
        merit__explain_add(e, " That is little; more examples, a larger net or more "
                              "epochs may earn more.");
    }
    if (isnan(c->last->stuck_share)) {
        return;
    }
    merit__explain_find(e, "gradient", MERIT_SEVERITY_NOTE,
                        "The model is confidently wrong on %.1f %% of the held-out "
                        "examples",
                        100 * c->last->stuck_share);
    if (strcmp(e->kept->stage, "cross-entropy") != 0) {
        merit__explain_add(e, ", %.0f %% of cross entropy's gradient arrives",
                           100 * c->last->gradient_survival);
    }
    if (c->n_expected > 0 && c->n_missing == 0) {
        merit__explain_add(e, ", every answer that is the best one to some truth is "
                              "given");
    }
    merit__explain_add(e, ".");
    find_rising(e);
}

static void find_overfitting(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(
        e, "overfitting", MERIT_SEVERITY_WARNING,
        "After epoch %" PRId64 " the held-out examples earned less, %.4f there "
        "and %.4f at the end, while the training loss went on falling, from %.3g to "
        "%.3g: the model learns its examples by heart. The kept model is that of epoch "
        "%" PRId64 ".",
        c->best->epoch, c->best->mean_score, c->last->mean_score,
        c->best->training_loss, c->last->training_loss, c->best->epoch);
}

/* A loss with little gradient where the model stands, or one that began to learn late.
 */
static void find_slow_start(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(e, "slow-start", MERIT_SEVERITY_PROBLEM,
                        "The run is slow: after %" PRId64 " steps it earns ",
                        c->last->step);
    add_earned(e);
    merit__explain_add(e, ". %.100s sends ", e->kept->stage);
    merit__explain_add_share(e, c->last->gradient_survival);
    merit__explain_add(e, " of cross entropy's gradient (");
    merit__explain_add_share(e, c->first->gradient_survival);
    merit__explain_add(
        e,
        " after epoch %" PRId64 "), while the model is still undecided: its "
        "best guess has %.0f %% on the average, %.1f %% of the examples are "
        "stuck.",
        c->first->epoch, 100 * c->last->confidence, 100 * c->last->stuck_share);
}

/* How the learning rate compares with the optimiser's own. */
static void add_rate(merit_explanation *e)
{
    const merit_run *run = e->run;
    double own = merit__explain_default_rate(run->optimizer);
    double ratio = run->learning_rate / own;
    merit__explain_add(e, "the learning rate %g is ", run->learning_rate);
    if (ratio < 1) {
        merit__explain_add(e, "1/%.0f of", 1 / ratio);
    } else {
        merit__explain_add(e, ratio < 100 ? "%.3g times" : "%.0f times", ratio);
    }
    merit__explain_add(e, " the %g that is %s's default", own, run->optimizer);
}

static void find_rate_low(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(e, "learning-rate", MERIT_SEVERITY_PROBLEM,
                        "The run learns too slowly: ");
    add_rate(e);
    merit__explain_add(e, ". It earns ");
    add_earned(e);
    merit__explain_add(e, ", and ");
    if (c->first != c->last) {
        merit__explain_add(e,
                           "its training loss was still falling, from %.4g in epoch "
                           "%" PRId64 " to %.4g. ",
                           c->first->training_loss, c->first->epoch,
                           c->last->training_loss);
    } else {
        merit__explain_add(e, "has had one epoch. ");
    }
    merit__explain_add(
        e,
        "It is not the loss: %.1f %% of the examples are stuck, and %.0f "
        "%% of cross entropy's gradient arrives.",
        100 * c->last->stuck_share, 100 * c->last->gradient_survival);
}

static void find_rate_high(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(e, "learning-rate", MERIT_SEVERITY_PROBLEM,
                        "The run did not learn: it earns ");
    add_earned(e);
    merit__explain_add(e, ". Most likely its steps are too long: ");
    add_rate(e);
    merit__explain_add(
        e,
        ". It is not the loss: %.1f %% of the examples are stuck, and %.0f "
        "%% of cross entropy's gradient arrives.",
        100 * c->last->stuck_share, 100 * c->last->gradient_survival);
}

static void find_nothing(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(e, "nothing-learned", MERIT_SEVERITY_PROBLEM,
                        "The run has learned nothing that the score table pays for: it "
                        "earns ");
    add_earned(e);
    merit__explain_add(e,
                       ". Neither stuck examples (%.1f %% are) nor the learning rate "
                       "%g explains it.",
                       100 * c->last->stuck_share, e->run->learning_rate);
}

static void find_diverged(merit_explanation *e)
{
    merit__explain_find(
        e, "diverged", MERIT_SEVERITY_PROBLEM,
        "The run was given up: numbers were not finite, also after %" PRId64
        " retries with smaller learning rates.",
        e->run->n_retries);
    if (e->kept != NULL) {
        merit__explain_add(e, " The best model before that earns ");
        add_earned(e);
        merit__explain_add(e, ".");
    }
}

static void find_too_early(merit_explanation *e)
{
    if (e->kept == NULL) {
        merit__explain_find(e, "too-early", MERIT_SEVERITY_NOTE,
                            "There is nothing to explain yet: the run has not been "
                            "validated, which happens after each epoch.");
        return;
    }
    merit__explain_find(e, "too-early", MERIT_SEVERITY_NOTE,
                        "It is too early to tell: %" PRId64 " steps were trained. The "
                        "run earns ",
                        e->kept->shown.last->step);
    add_earned(e);
    merit__explain_add(e, ".");
    find_rising(e);
}

static void find_verdict(merit_explanation *e)
{
    static void (*const find[])(merit_explanation *) = {
        [MERIT_VERDICT_TOO_EARLY] = find_too_early,
        [MERIT_VERDICT_HEALTHY] = find_healthy,
        [MERIT_VERDICT_COLLAPSED] = merit__explain_stuck,
        [MERIT_VERDICT_STUCK] = merit__explain_stuck,
        [MERIT_VERDICT_SLOW_START] = find_slow_start,
        [MERIT_VERDICT_RATE_LOW] = find_rate_low,
        [MERIT_VERDICT_RATE_HIGH] = find_rate_high,
        [MERIT_VERDICT_DIVERGED] = find_diverged,
        [MERIT_VERDICT_OVERFITTING] = find_overfitting,
        [MERIT_VERDICT_NOTHING_LEARNED] = find_nothing,
    };
    find[e->verdict](e);
}

/* Losses of the run that were not kept: those that the kept one goes on from, and those
 * that went on from it. */
static void find_others(merit_explanation *e)
{
    for (int64_t i = 0; i < e->n_candidates; i++) {
        const merit_explain_candidate *c = &e->candidates[i].shown;
        if (&e->candidates[i] == e->kept) {
            continue;
        }
        int is_well = c->verdict == MERIT_VERDICT_HEALTHY;
        int is_earlier = &e->candidates[i] < e->kept;
        merit__explain_find(
            e, "candidate", is_well ? MERIT_SEVERITY_NOTE : MERIT_SEVERITY_WARNING,
            "%s%.120s%s reached %.4f%s%s.", is_earlier ? "Before it, " : "", c->loss,
            is_earlier ? "" : " went on from there and", c->best->mean_score,
            is_well ? "" : "; its part is judged ",
            is_well ? "" : merit_explain_verdict_name(c->verdict));
    }
    if (e->run->given_up[0] != '\0') {
        merit__explain_find(e, "candidate", MERIT_SEVERITY_WARNING,
                            "%.120s was given up: numbers were not finite.",
                            e->run->given_up);
    }
    if (e->run->n_retries > 0 && e->verdict != MERIT_VERDICT_DIVERGED) {
        merit__explain_find(
            e, "retries", MERIT_SEVERITY_WARNING,
            "Numbers were not finite %s; the epoch was tried again with "
            "half the learning rate. A lower --lr saves that time.",
            e->run->n_retries == 1 ? "once" : "several times");
    }
}

/* A run that was stuck on the way is as slow as one that is stuck. */
static void find_past(merit_explanation *e)
{
    int64_t n = 0;
    const merit_run_row *stuck = NULL;
    if (e->kept == NULL || e->verdict == MERIT_VERDICT_COLLAPSED ||
        e->verdict == MERIT_VERDICT_STUCK) {
        return;
    }
    for (int64_t i = 0; i < e->kept->n_rows; i++) {
        if (merit__explain_row_is_stuck(&e->kept->rows[i])) {
            stuck = &e->kept->rows[i];
            n++;
        }
    }
    if (stuck != NULL && n < e->kept->n_rows) {
        merit__explain_find(e, "was-stuck", MERIT_SEVERITY_WARNING,
                            "It was stuck for %" PRId64 " of its %" PRId64 " epochs, "
                            "until epoch %" PRId64 ", with %.1f %% of cross entropy's "
                            "gradient and %.0f %% of the examples stuck.",
                            n, e->kept->n_rows, stuck->epoch,
                            100 * stuck->gradient_survival, 100 * stuck->stuck_share);
    }
}

/* The truth itself where no other answer earns more. */
static int64_t best_answer(const merit_run *run, int64_t truth)
{
    const int64_t best = merit_scores_best_answer(run->table, truth);
    return merit_scores_score(run->table, truth, best) >
                   merit_scores_score(run->table, truth, truth)
               ? best
               : truth;
}

/* Tables that pay most for another answer than the truth: no accuracy is due there. */
static void find_table(merit_explanation *e)
{
    const merit_run *run = e->run;
    int64_t n = 0;
    enum { MOST_NAMED = 4 };
    for (int64_t i = 0; run->table != NULL && i < run->n_classes; i++) {
        int64_t best = best_answer(run, i);
        if (best == i) {
            continue;
        }
        n++;
        if (n == 1) {
            merit__explain_find(e, "table", MERIT_SEVERITY_WARNING,
                                "The score table pays more for another answer than the "
                                "truth: ");
        }
        if (n <= MOST_NAMED) {
            merit__explain_add(e, "%s", n > 1 ? "; " : "");
            merit__explain_add_name(e, i);
            merit__explain_add(e, " is answered ");
            merit__explain_add_name(e, best);
            merit__explain_add(e, ", which earns %g instead of %g",
                               merit_scores_score(run->table, i, best),
                               merit_scores_score(run->table, i, i));
        }
    }
    if (n > 0) {
        merit__explain_add(e,
                           "%s. Accuracy counts these as mistakes, the score does "
                           "not. If that is a slip, mend the table; `merit check ",
                           n > MOST_NAMED ? "; and others" : "");
        merit__explain_add_path(e, "scores.tsv");
        merit__explain_add(e, "` shows it.");
    }
}

/* Decisions that earn more than the most probable class lower the accuracy. */
static void find_decision(merit_explanation *e)
{
    if (e->kept == NULL || e->kept->shown.verdict != MERIT_VERDICT_HEALTHY) {
        return;
    }
    const merit_run_row *best = e->kept->shown.best;
    double scale = e->run->oracle_score - e->run->best_constant;
    if (best->rule != MERIT_RULE_ARGMAX &&
        best->mean_score - best->argmax_score > 0.02 * scale) {
        merit__explain_find(e, "decision", MERIT_SEVERITY_NOTE,
                            "Answering the most probable class would earn %.4f instead "
                            "of %.4f: under this table some answers are safer than "
                            "others. That is why the accuracy is %.1f %%, no fault of "
                            "training.",
                            best->argmax_score, best->mean_score, 100 * best->accuracy);
    }
}

static void find_state(merit_explanation *e)
{
    const merit_run *run = e->run;
    const merit_explain_candidate *c = e->kept == NULL ? NULL : &e->kept->shown;
    if (!run->is_finished && !run->has_diverged) {
        merit__explain_find(
            e, "unfinished", MERIT_SEVERITY_NOTE,
            "The run has not ended%s: it is still training, or the same "
            "command continues it.",
            c == NULL ? "" : ", so this may change");
    }
    if (run->table == NULL && c != NULL) {
        merit__explain_find(e, "no-table", MERIT_SEVERITY_NOTE,
                            "The score table is that of a large tree, which the model "
                            "has, and there is none here yet: what the run earns of "
                            "what can be earned, which answers are given up and which "
                            "examples are stuck was not looked at.");
    }
    if (c != NULL && isnan(c->last->stuck_share)) {
        merit__explain_find(e, "older", MERIT_SEVERITY_NOTE,
                            "The run is older than the measuring of stuck examples; "
                            "trained again it can be explained better.");
    }
}

void merit__explain_findings(merit_explanation *e)
{
    find_verdict(e);
    find_decision(e);
    find_past(e);
    find_others(e);
    find_table(e);
    find_state(e);
    merit__explain_remedy(e);
}
