/* What training on the expected score will meet. */
#include "audit/audit_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"

static merit_status add_trap(merit_audit *audit, int64_t truth, int64_t answer,
                             merit_error *err)
{
    const size_t n = (size_t)audit->facts.n_traps;
    if (merit__grow_array((void **)&audit->traps, &audit->trap_capacity, n + 1,
                          sizeof *audit->traps) != 0) {
        return merit__fail_memory(err, (n + 1) * sizeof *audit->traps, "traps");
    }
    audit->traps[n] = (merit_audit_pair){truth, answer};
    audit->facts.n_traps++;
    return MERIT_OK;
}

// merit_audit_is_trap, by the sum of the row where that is sure enough.
static int is_trap(const merit_audit *audit, int64_t truth, int64_t answer, double best,
                   double sum)
{
    const double score = audit->S[truth * audit->A + answer];
    const double rate = best - score + sum - (double)audit->K * score;
    const double sure = 1e-9 * (double)audit->K * (fabs(best) + fabs(score));
    return fabs(rate) > sure ? rate < 0 && score < best
                             : merit_audit_is_trap(audit->scores, truth, answer);
}

static merit_status find_traps(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    for (int64_t i = 0; i < audit->K; i++) {
        const double *row = audit->S + i * audit->A;
        double best = row[0], sum = 0;
        for (int64_t k = 0; k < audit->K; k++) {
            best = row[k] > best ? row[k] : best;
            sum += row[k];
        }
        for (int64_t k = 0; k < audit->K; k++) {
            if (is_trap(audit, i, k, best, sum)) {
                MERIT_TRY(add_trap(audit, i, k, err));
            }
        }
    }
    audit->facts.traps = audit->traps;

fail:
    return status;
}

static int64_t root_of(const int64_t *parent, int64_t i)
{
    while (parent[i] != i) {
        i = parent[i];
    }
    return i;
}

// Numbers the components of the classes that traps connect, in the order of classes.
static void find_components(merit_audit *audit)
{
    int64_t *component = audit->trap_component;
    for (int64_t i = 0; i < audit->K; i++) {
        component[i] = i;
    }
    for (int64_t t = 0; t < audit->facts.n_traps; t++) {
        const int64_t a = root_of(component, audit->traps[t].truth);
        const int64_t b = root_of(component, audit->traps[t].answer);
        component[a > b ? a : b] = a > b ? b : a;
    }
    // Roots are the least of their components; a class alone is in none.
    for (int64_t i = 0; i < audit->K; i++) {
        component[i] = root_of(component, i);
    }
    int64_t n = 0;
    for (int64_t i = audit->K - 1; i >= 0; i--) {
        int is_alone = component[i] == i;
        for (int64_t j = i + 1; is_alone && j < audit->K; j++) {
            is_alone = component[j] != i;
        }
        if (is_alone) {
            component[i] = -1;
        }
    }
    for (int64_t i = 0; i < audit->K; i++) {
        if (component[i] == i) {
            for (int64_t j = audit->K - 1; j >= i; j--) {
                component[j] = component[j] == i ? -2 - n : component[j];
            }
            n++;
        }
    }
    for (int64_t i = 0; i < audit->K; i++) {
        component[i] = component[i] <= -2 ? -2 - component[i] : -1;
    }
    audit->facts.n_trap_components = n;
}

static merit_status find_best_constant(merit_audit *audit, merit_error *err)
{
    merit_audit_facts *facts = &audit->facts;
    double *mean = merit__alloc_array((size_t)audit->A, sizeof *mean);
    double next = -INFINITY;
    int64_t best = 0;
    if (mean == NULL) {
        return merit__fail_memory(err, (size_t)audit->A * sizeof *mean, "means");
    }
    for (int64_t i = 0; i < audit->K; i++) {
        for (int64_t k = 0; k < audit->A; k++) {
            mean[k] += audit->priors[i] * audit->S[i * audit->A + k];
        }
    }
    const double rounding = MERIT__AUDIT_ROUNDING * facts->regret_scale;
    for (int64_t k = 1; k < audit->A; k++) {
        best = mean[k] > mean[best] + rounding ? k : best;
    }
    for (int64_t k = 0; k < audit->A; k++) {
        next = mean[k] < mean[best] - rounding ? fmax(next, mean[k]) : next;
    }
    facts->best_constant = best;
    facts->best_constant_score = mean[best];
    facts->best_constant_lead = isinf(next) ? 0 : mean[best] - next;
    merit__free(mean);
    return MERIT_OK;
}

static int compare_numbers(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static merit_status find_learning_rate(merit_audit *audit, merit_error *err)
{
    const size_t K = (size_t)audit->K;
    double *ratios = merit__alloc_array(K, sizeof *ratios);
    if (ratios == NULL) {
        return merit__fail_memory(err, K * sizeof *ratios, "gradient ratios");
    }
    for (size_t i = 0; i < K; i++) {
        ratios[i] = audit->truths[i].gradient_ratio;
    }
    qsort(ratios, K, sizeof *ratios, compare_numbers);
    audit->facts.learning_rate_factor = 1 / ((ratios[(K - 1) / 2] + ratios[K / 2]) / 2);
    merit__free(ratios);
    return MERIT_OK;
}

static void forecast(merit_audit *audit)
{
    merit_audit_facts *facts = &audit->facts;
    const double lead = log((double)audit->K - 1); // of the best class at q = 1/2
    double gap = INFINITY;
    for (int64_t i = 0; i < audit->K; i++) {
        gap = audit->truths[i].gap > 0 ? fmin(gap, audit->truths[i].gap) : gap;
    }
    facts->smallest_gap = isinf(gap) ? NAN : gap;
    facts->temperature = facts->smallest_gap / 10;
    facts->plateau = merit_audit_plateau(audit->K, facts->smallest_gap, 0, lead);
    facts->plateau_cross_entropy = merit_audit_plateau_cross_entropy(audit->K, 0, lead);
    // Where the most probable class is the best answer whatever is believed, nothing is
    // left to choose.
    facts->loss = facts->argmax_agreement == 1 ? "cross-entropy" : "auto";
}

merit_status merit__audit_training(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(find_traps(audit, err));
    find_components(audit);
    MERIT_TRY(find_best_constant(audit, err));
    MERIT_TRY(find_learning_rate(audit, err));
    forecast(audit);

fail:
    return status;
}
