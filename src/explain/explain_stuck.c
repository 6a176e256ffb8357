/* Runs that are stuck because of their loss: what is lost, where, why, for how long. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "explain/explain_parts.h"

static void find_headline(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    const merit_run_row *last = c->last;
    if (e->verdict == MERIT_VERDICT_COLLAPSED) {
        merit__explain_find(e, "collapse", MERIT_SEVERITY_PROBLEM,
                            "The run has collapsed: %.0f of %" PRId64
                            " classes are still answered",
                            last->classes_answered, e->run->n_classes);
    } else {
        merit__explain_find(e, "stuck", MERIT_SEVERITY_PROBLEM, "The run is stuck");
    }
    if (c->n_missing > 0) {
        merit__explain_add(e, ", no longer ");
        merit__explain_add_names(e, c->missing, c->n_missing);
    }
    merit__explain_add(e, ". It earns %.4f", c->best->mean_score);
    if (isfinite(e->run->oracle_score)) {
        merit__explain_add(e, " of at most %.4f", e->run->oracle_score);
    }
    merit__explain_add(e, ".");
}

/* How much of the gradient arrives, and why. */
static void find_gradient(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(e, "gradient", MERIT_SEVERITY_PROBLEM,
                        "Of cross entropy's gradient ");
    merit__explain_add_share(e, c->last->gradient_survival);
    merit__explain_add(e, " arrives");
    if (c->first != c->last) {
        merit__explain_add(e, " (");
        merit__explain_add_share(e, c->first->gradient_survival);
        merit__explain_add(e, " after epoch %" PRId64 ")", c->first->epoch);
    }
    if (isnan(c->last->stuck_share)) {
        merit__explain_add(e, ".");
        return;
    }
    double wrong = fmax(1 - c->last->accuracy, c->last->stuck_share);
    merit__explain_add(
        e,
        ". %.0f %% of the wrong examples, %.0f %% of all, are stuck: the "
        "model is so sure of another answer that %.100s sends nothing "
        "back.",
        100 * c->last->stuck_share / wrong, 100 * c->last->stuck_share, e->kept->stage);
    if (strcmp(e->kept->stage, "expected-score") == 0) {
        merit__explain_add(e,
                           " Its gradient is multiplied by the probability of what "
                           "should be learned: 10^-%.3g, at the median.",
                           round(c->last->stuck_margin / log(10)));
    }
}

static void add_pair(merit_explanation *e, const merit_run_pair *pair)
{
    merit__explain_add_name(e, pair->truth);
    merit__explain_add(e, " -> ");
    merit__explain_add_name(e, pair->answer);
}

/* Where the stuck examples are. */
static void find_pairs(merit_explanation *e)
{
    enum { MOST = 5 };
    const merit_run_row *last = e->kept->shown.last;
    int64_t n = last->n_pairs < MOST ? last->n_pairs : MOST;
    if (n == 0) {
        return;
    }
    merit__explain_find(e, "pairs", MERIT_SEVERITY_PROBLEM, "Stuck, of all examples: ");
    for (int64_t i = 0; i < n; i++) {
        const merit_run_pair *p = &last->pairs[i];
        merit__explain_add(e, "%s", i == 0 ? "" : ", ");
        add_pair(e, p);
        merit__explain_add(e, " %.1f %%%s", 100 * p->share,
                           p->is_trap ? " (trap)" : "");
    }
    merit__explain_add(e, "%s.", n < last->n_pairs ? " and others" : "");
    if (last->trap_share > 0) {
        merit__explain_add(e,
                           " %.0f %% of them are in traps of this score table: answers "
                           "so nearly as good as the best one that the expected score "
                           "first makes the model surer of them.",
                           100 * last->trap_share / last->stuck_share);
    }
}

static void find_forecast(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    if (isnan(c->forecast_steps)) {
        return;
    }
    const merit_run_pair *p = &c->last->pairs[0];
    merit__explain_find(e, "forecast", MERIT_SEVERITY_PROBLEM,
                        "By its own gradient, the middle one of the examples ");
    add_pair(e, p);
    merit__explain_add(e, " needs ");
    merit__explain_add_count(e, c->forecast_steps);
    merit__explain_add(
        e,
        " more steps until the model is undecided (margin %.3g); this run "
        "took %" PRId64 ".",
        p->margin, c->last->step);
}

static void find_rate(merit_explanation *e)
{
    const double high = 3;
    const merit_run *run = e->run;
    double ratio = run->learning_rate / merit__explain_default_rate(run->optimizer);
    if (ratio >= high) {
        merit__explain_find(
            e, "learning-rate", MERIT_SEVERITY_WARNING,
            "The learning rate %g is %.0f times the default of %s; long "
            "steps push the model deeper in. A smaller one alone does "
            "not help: the gradient stays where it is.",
            run->learning_rate, ratio, run->optimizer);
    } else if (isfinite(ratio)) {
        merit__explain_find(
            e, "learning-rate", MERIT_SEVERITY_NOTE,
            "It is not the learning rate (%g): another one multiplies a "
            "gradient that is not there.",
            run->learning_rate);
    }
}

void merit__explain_stuck(merit_explanation *e)
{
    find_headline(e);
    find_gradient(e);
    find_pairs(e);
    find_forecast(e);
    find_rate(e);
}
