/* From the numbers of a candidate to what became of it.
 *
 * The thresholds were set on runs with Fashion-MNIST of one seed and tried on others,
 * with other tables and losses (bench/explain.py). Stuck runs had 0 to 8 % of cross
 * entropy's gradient and 25 to 90 % of the examples stuck, healthy ones 10 to 140 % and
 * 0 to 4 %. */
#include <math.h>
#include <string.h>

#include "explain/explain_parts.h"

static const double weak_gradient = 0.1; // of cross entropy's
static const double many_stuck = 0.05;   // of the examples
static const double most_stuck = 0.2;    // even if others have a gradient,
static const double half_gradient = 0.5; // but not all of it
static const double many_missing = 0.2;  // of the answers expected
static const double good_gain = 0.8;     // the way from a constant answer to all right
static const double some_gain = 0.5;
static const double hardly_gain = 0.1;

double merit__explain_default_rate(const char *optimizer)
{
    static const struct {
        const char *name;
        double rate;
    } defaults[] = {{"sgd", 0.05}, {"adamw", 0.001}};
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        if (strcmp(defaults[i].name, optimizer) == 0) {
            return defaults[i].rate;
        }
    }
    return NAN;
}

int merit__explain_row_is_stuck(const merit_run_row *row)
{
    return row->gradient_survival < weak_gradient && row->stuck_share > many_stuck;
}

int merit__explain_is_low(const merit_explain_candidate *candidate)
{
    return candidate->gain < some_gain;
}

/* Runs from before stuck examples were counted. */
static int is_older(const merit_run_row *row)
{
    return isnan(row->stuck_share);
}

static int is_collapsed(const merit_explain_candidate *c, const merit_run *run)
{
    const merit_run_row *last = c->last;
    int gave_up =
        c->n_lost > 0 || (c->n_missing > 0 &&
                          (double)c->n_missing >= many_missing * (double)c->n_expected);
    if (is_older(last)) {
        return last->gradient_survival < weak_gradient && run->n_classes > 0 &&
               last->classes_answered <= 0.5 * (double)run->n_classes;
    }
    return gave_up && (merit__explain_row_is_stuck(last) ||
                       (last->stuck_share > most_stuck && c->n_lost > 0 &&
                        last->gradient_survival < half_gradient));
}

/* Stuck examples that come together in a few pairs: noise in labels spreads over all.
 */
static int is_stuck(const merit_explain_candidate *c)
{
    const double alike = 0.5;
    double in_pairs = 0;
    for (int64_t i = 0; i < c->last->n_pairs; i++) {
        in_pairs += c->last->pairs[i].share;
    }
    return merit__explain_row_is_stuck(c->last) && !(c->gain >= good_gain) &&
           in_pairs >= alike * c->last->stuck_share;
}

/* Whether it was still learning at the end. */
static int is_moving(const merit_explain_candidate *c)
{
    return c->first == c->last || c->last->training_loss < c->first->training_loss;
}

/* Held-out examples earn less while those trained on are learned ever better. */
static int is_overfitting(const merit__explained *candidate, const merit_run *run)
{
    const double lost = 0.02, rise = 1.1; // of what can be earned; of the loss
    const merit_explain_candidate *c = &candidate->shown;
    double scale = run->oracle_score - run->best_constant;
    double least = c->last->validation_loss;
    for (int64_t i = 0; i < candidate->n_rows; i++) {
        least = fmin(least, candidate->rows[i].validation_loss);
    }
    return candidate->is_single &&
           c->best->mean_score - c->last->mean_score > lost * scale &&
           c->last->training_loss < c->best->training_loss && least > 0 &&
           c->last->validation_loss > rise * least;
}

/* Why so little was earned, when no example is stuck. */
static merit_explain_verdict judge_low(const merit__explained *candidate,
                                       const merit_run *run)
{
    const int64_t few_steps = 50;
    const double low = 0.1, high = 3;
    const merit_explain_candidate *c = &candidate->shown;
    double rate = run->learning_rate / merit__explain_default_rate(run->optimizer);
    if (c->last->gradient_survival < weak_gradient && rate < high) {
        return MERIT_VERDICT_SLOW_START;
    }
    if (rate <= low && is_moving(c)) {
        return MERIT_VERDICT_RATE_LOW;
    }
    if (is_overfitting(candidate, run)) {
        return MERIT_VERDICT_OVERFITTING;
    }
    if (rate >= high) {
        return MERIT_VERDICT_RATE_HIGH;
    }
    if (c->last->step < few_steps) {
        return MERIT_VERDICT_TOO_EARLY;
    }
    if (c->best == c->last && candidate->n_rows > 1 &&
        merit__explain_gain(run, c->first) < hardly_gain) {
        // It has begun to learn: late for want of gradient, or it had too few steps.
        return c->first->gradient_survival < half_gradient ? MERIT_VERDICT_SLOW_START
                                                           : MERIT_VERDICT_TOO_EARLY;
    }
    return c->gain < hardly_gain ? MERIT_VERDICT_NOTHING_LEARNED
                                 : MERIT_VERDICT_HEALTHY;
}

merit_explain_verdict merit__explain_judge(const merit__explained *candidate,
                                           const merit_run *run)
{
    const double very_low = 0.05, nearly_all = 0.9;
    const merit_explain_candidate *c = &candidate->shown;
    double rate = run->learning_rate / merit__explain_default_rate(run->optimizer);
    if (is_collapsed(c, run)) {
        return MERIT_VERDICT_COLLAPSED;
    }
    if (is_stuck(c)) {
        return MERIT_VERDICT_STUCK;
    }
    if (merit__explain_is_low(c)) {
        return judge_low(candidate, run);
    }
    if (is_overfitting(candidate, run)) {
        return MERIT_VERDICT_OVERFITTING;
    }
    if (rate <= very_low && is_moving(c) && c->n_lost == 0 && c->gain < nearly_all &&
        candidate->n_rows > 1) {
        return MERIT_VERDICT_RATE_LOW;
    }
    return MERIT_VERDICT_HEALTHY;
}
