/* What each loss earns, and whether it is less than the best one does. */
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "compare/comparison.h"
#include "compare/crossed_mean.h"
#include "compare/holm.h"

static const double level = 0.05;

typedef struct ranking {
    merit_comparison *comparison;
    const double **a, **b; // [S] what the runs of a loss, or of a pair, earned
    double *scratch;       // [N]
    double *p;             // of the best and each other loss
} ranking;

/* The mean over the runs that are DONE of one number of each. */
static double mean_of(const merit_compare_loss *loss,
                      double (*number)(const merit_compare_run *run))
{
    double sum = 0;
    for (int64_t s = 0; s < loss->n_runs; s++) {
        if (loss->runs[s].state == MERIT_COMPARE_DONE) {
            sum += number(&loss->runs[s]);
        }
    }
    return sum / (double)loss->n_done;
}

#define NUMBER(name, member)                                                           \
    static double name(const merit_compare_run *run)                                   \
    {                                                                                  \
        return run->member;                                                            \
    }
NUMBER(normalized_of, metrics.normalized_score)
NUMBER(accuracy_of, metrics.accuracy)
NUMBER(log_loss_of, metrics.log_loss)
NUMBER(ece_of, metrics.ece)
NUMBER(claimed_of, metrics.claimed_score)
NUMBER(regret_of, metrics.regret)
NUMBER(seconds_of, seconds)

static void add_means(merit_compare_loss *loss)
{
    double steps = 0, seconds = 0;
    loss->normalized_score = mean_of(loss, normalized_of);
    loss->accuracy = mean_of(loss, accuracy_of);
    loss->log_loss = mean_of(loss, log_loss_of);
    loss->ece = mean_of(loss, ece_of);
    loss->claimed_score = mean_of(loss, claimed_of);
    loss->regret = mean_of(loss, regret_of);
    loss->seconds = mean_of(loss, seconds_of);
    for (int64_t s = 0; s < loss->n_runs; s++) {
        if (loss->runs[s].steps_to >= 0) {
            loss->n_reached++;
            steps += (double)loss->runs[s].steps_to;
            seconds += loss->runs[s].seconds_to;
        }
    }
    loss->steps_to =
        loss->n_reached > 0 ? steps / (double)loss->n_reached : (double)NAN;
    loss->seconds_to =
        loss->n_reached > 0 ? seconds / (double)loss->n_reached : (double)NAN;
}

static void add_score(ranking *r, merit_compare_loss *loss)
{
    merit__crossed_mean mean;
    int64_t n = 0;
    for (int64_t s = 0; s < loss->n_runs; s++) {
        if (loss->runs[s].state == MERIT_COMPARE_DONE) {
            r->a[n++] = loss->runs[s].earned;
        }
    }
    merit__crossed_mean_of(&mean, r->a, NULL, n, r->comparison->facts.n_test,
                           r->scratch);
    loss->score = merit__crossed_interval(&mean);
    loss->seed_spread = mean.spread;
}

/* How much more `a` earns than `b` on the seeds that both have; 0 when there are none.
 */
static int64_t difference(merit__crossed_mean *out, ranking *r,
                          const merit_compare_loss *a, const merit_compare_loss *b)
{
    int64_t n = 0;
    for (int64_t s = 0; s < a->n_runs; s++) {
        if (a->runs[s].state == MERIT_COMPARE_DONE &&
            b->runs[s].state == MERIT_COMPARE_DONE) {
            r->a[n] = a->runs[s].earned;
            r->b[n++] = b->runs[s].earned;
        }
    }
    if (n > 0) {
        merit__crossed_mean_of(out, r->a, r->b, n, r->comparison->facts.n_test,
                               r->scratch);
    }
    return n;
}

/* Whether `a` goes before `b`. */
static int is_ahead(const merit_compare_loss *a, const merit_compare_loss *b)
{
    const int a_is_done = a->state == MERIT_COMPARE_DONE;
    const int b_is_done = b->state == MERIT_COMPARE_DONE;
    return a_is_done && (!b_is_done || a->score.mean > b->score.mean);
}

/* Insertion keeps the order of those that are equal. */
static void sort_losses(merit_compare_loss *losses, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const merit_compare_loss loss = losses[i];
        int64_t at = i;
        for (; at > 0 && is_ahead(&loss, &losses[at - 1]); at--) {
            losses[at] = losses[at - 1];
        }
        losses[at] = loss;
    }
}

/* All that is known of losses that have no seed in common. */
static merit_interval difference_of_means(const merit_compare_loss *loss,
                                          const merit_compare_loss *best)
{
    return (merit_interval){
        .mean = best->score.mean - loss->score.mean, .low = NAN, .high = NAN};
}

/* Tests the best loss against each other one that is DONE; those come first. */
static merit_status test_rivals(ranking *r, merit_error *err)
{
    const merit_compare_facts *facts = &r->comparison->facts;
    merit_compare_loss *losses = r->comparison->losses;
    for (int64_t j = 1; j < facts->n_done; j++) {
        merit__crossed_mean mean;
        const int64_t n_seeds = difference(&mean, r, losses, &losses[j]);
        losses[j].behind = n_seeds > 0 ? merit__crossed_interval(&mean)
                                       : difference_of_means(&losses[j], losses);
        losses[j].p = r->p[j - 1] = n_seeds > 0 ? merit__crossed_p(&mean) : 1;
    }
    merit_status status = merit__holm(r->p, facts->n_done - 1, err);
    losses[0].is_best = losses[0].is_level = facts->n_done > 0;
    losses[0].p = losses[0].p_holm = 1;
    const double constant = facts->best_constant_score, best = losses[0].score.mean;
    const double near_best =
        best > constant ? constant + merit__nearly_best * (best - constant) : -INFINITY;
    for (int64_t j = 1; j < facts->n_done; j++) {
        const int can_be_chance = !(r->p[j - 1] < level);
        losses[j].p_holm = r->p[j - 1];
        losses[j].is_level = can_be_chance && !(losses[j].score.mean < near_best);
        losses[j].is_unsure = can_be_chance && !losses[j].is_level;
    }
    return status;
}

static void forget_numbers(merit_compare_loss *loss)
{
    const merit_interval unknown = {.mean = NAN, .low = NAN, .high = NAN};
    loss->score = loss->behind = unknown;
    loss->seed_spread = loss->normalized_score = loss->accuracy = NAN;
    loss->log_loss = loss->ece = loss->claimed_score = loss->regret = NAN;
    loss->p = loss->p_holm = NAN;
    loss->steps_to = loss->seconds_to = loss->seconds = NAN;
}

merit_status merit__comparison_rank(merit_comparison *c, merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t n_done = (size_t)c->facts.n_done, S = (size_t)c->facts.n_seeds;
    ranking r = {.comparison = c};
    r.a = merit__alloc_array(S, sizeof *r.a);
    r.b = merit__alloc_array(S, sizeof *r.b);
    r.scratch = merit__alloc_array((size_t)c->facts.n_test, sizeof *r.scratch);
    r.p = merit__alloc_array(n_done, sizeof *r.p);
    if (r.a == NULL || r.b == NULL || r.scratch == NULL || r.p == NULL) {
        MERIT_TRY(merit__fail_memory(err, n_done * sizeof *r.p, "a ranking"));
    }
    for (int64_t l = 0; l < c->facts.n_losses; l++) {
        if (c->losses[l].state == MERIT_COMPARE_DONE) {
            add_score(&r, &c->losses[l]);
            add_means(&c->losses[l]);
        } else {
            forget_numbers(&c->losses[l]);
        }
    }
    sort_losses(c->losses, c->facts.n_losses);
    if (n_done > 0) {
        MERIT_TRY(test_rivals(&r, err));
    }
fail:
    merit__free(r.a);
    merit__free(r.b);
    merit__free(r.scratch);
    merit__free(r.p);
    return status;
}
