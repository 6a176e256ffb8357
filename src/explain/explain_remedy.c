/* What to do: commands, with the numbers of this run. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "explain/explain_parts.h"

/* "merit train DATA -s RUN/scores.tsv -o NEW". */
static void add_command(merit_explanation *e)
{
    if (e->run->table == NULL || merit_scores_values(e->run->table) == NULL) {
        merit__explain_add(e, "merit train DATA -s SCORES -o NEW"); // of a large tree
        return;
    }
    merit__explain_add(e, "merit train DATA -s ");
    merit__explain_add_path(e, "scores.tsv");
    merit__explain_add(e, " -o NEW");
}

static void remedy_loss(merit_explanation *e)
{
    const merit_explain_candidate *c = &e->kept->shown;
    merit__explain_find(e, "remedy", MERIT_SEVERITY_REMEDY,
                        "Learn the probabilities first and decide by the score table "
                        "afterwards, which is what auto does: `");
    add_command(e);
    merit__explain_add(e, " -l auto`.");
    merit__explain_find(e, "last-stage", MERIT_SEVERITY_REMEDY,
                        "If it must be the expected score, then as the last stage: -l "
                        "cross-entropy:60%%,expected-score");
    const merit_scores *table = e->run->table;
    if (isnan(c->smallest_gap) && table != NULL && merit_scores_values(table) == NULL) {
        merit__explain_add(e,
                           " (how low the temperature of tilted-score would have to "
                           "begin was not computed: it takes all differences of scores "
                           "of this large tree)");
    }
    if (c->smallest_gap > 0) {
        // A fresh model is not stuck; where it may become so, the gap over 10 is safe.
        merit__explain_add(e,
                           ", or from a low temperature up: -l "
                           "\"tilted-score(temperature=%.2g..%.2g)\"",
                           c->smallest_gap / 10, 2 * c->smallest_gap);
    }
    merit__explain_add(e, ".");
    if (c->temperature > 0) {
        merit__explain_add(e,
                           " Where this model stands, temperatures above %.2g have no "
                           "gradient either (smallest difference of scores %g, margin "
                           "%.3g).",
                           c->temperature, c->smallest_gap, c->last->stuck_margin_95);
    }
}

static void remedy_rate(merit_explanation *e)
{
    merit__explain_find(e, "remedy", MERIT_SEVERITY_REMEDY, "Train again with --lr %g.",
                        merit__explain_default_rate(e->run->optimizer));
}

static void remedy_diverged(merit_explanation *e)
{
    merit__explain_find(e, "remedy", MERIT_SEVERITY_REMEDY,
                        "Train again with a lower learning rate: --lr %g.",
                        fmin(e->run->learning_rate / 10,
                             merit__explain_default_rate(e->run->optimizer)));
}

static void remedy_overfitting(merit_explanation *e)
{
    merit__explain_find(
        e, "remedy", MERIT_SEVERITY_REMEDY,
        "Stop earlier (-e %" PRId64 " or --patience 2), or make it "
        "harder to learn by heart: --weight-decay 0.001, dropout in the "
        "net, --shift and --flip for pictures, more examples.",
        e->kept->shown.best->epoch - e->kept->shown.first->epoch + 1);
}

static void remedy_nothing(merit_explanation *e)
{
    merit__explain_find(e, "remedy", MERIT_SEVERITY_REMEDY,
                        "See whether the labels belong to the examples and to the rows "
                        "of the table in this order (`merit info DATA`), and whether a "
                        "larger net or a few more epochs of `-l cross-entropy` learn "
                        "the examples at all.");
}

void merit__explain_remedy(merit_explanation *e)
{
    switch (e->verdict) {
    case MERIT_VERDICT_COLLAPSED:
    case MERIT_VERDICT_STUCK:
    case MERIT_VERDICT_SLOW_START:
        remedy_loss(e);
        break;
    case MERIT_VERDICT_RATE_LOW:
    case MERIT_VERDICT_RATE_HIGH:
        remedy_rate(e);
        break;
    case MERIT_VERDICT_DIVERGED:
        remedy_diverged(e);
        break;
    case MERIT_VERDICT_OVERFITTING:
        remedy_overfitting(e);
        break;
    case MERIT_VERDICT_NOTHING_LEARNED:
        remedy_nothing(e);
        break;
    case MERIT_VERDICT_HEALTHY:
    case MERIT_VERDICT_TOO_EARLY:
        break;
    }
}
