/* The gradient of every loss of the catalogue, over its range of parameters, is that of
 * its value, and both are finite. */
#include "check_gradient.h"
#include "loss_fixtures.h"

#include <stdio.h>

enum { MAX_CLASSES = 1000, MAX_COMPONENTS = 12, SPEC_BYTES = 96, MAX_SPECS = 16 };

/* The specifications of a loss that are tested: its defaults, and each parameter at
 * its ends and at 3 and 100 times its default, where it may be that large. */
static int64_t list_specs(char specs[MAX_SPECS][SPEC_BYTES],
                          const merit_loss_info *info)
{
    int64_t n = 0;
    snprintf(specs[n++], SPEC_BYTES, "%s", info->name);
    for (int64_t i = 0; i < info->n_parameters; i++) {
        const merit_loss_parameter *p = &info->parameters[i];
        const double values[] = {p->low, fmin(3 * p->initial, p->high),
                                 fmin(100 * p->initial, p->high), p->high};
        for (int k = 0; k < 4; k++) {
            assert_true(n < MAX_SPECS);
            snprintf(specs[n++], SPEC_BYTES, "%s(%s=%.17g)", info->name, p->name,
                     values[k]);
        }
    }
    return n;
}

typedef struct point {
    const merit_loss *loss;
    int64_t truth;
    double progress;
} point;

static double value_at(void *context, const double *logits)
{
    const point *at = context;
    return merit_loss_row(at->loss, logits, at->truth, at->progress, NULL);
}

static int begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Whether the loss is piecewise linear, so that it has corners. */
static int has_corners(const char *spec)
{
    return begins_with(spec, "hinge");
}

/* Whether the loss bends so sharply, at the edge of its range of parameters, that the
 * differences reach around the bends: classes come in and go out as logits move by
 * cost / K. */
static int has_sharp_bends(const char *spec)
{
    return begins_with(spec, "geometric(cost=0.1");
}

/* Whether the loss is all but a step function, of which differences tell nothing: the
 * decision score at next to no temperature. */
static int has_steps(const char *spec)
{
    return begins_with(spec, "decision-score(temperature=9.99");
}

/* All components of a short row; of a long one both ends, the truth, the largest and
 * some others. */
static int64_t pick_components(int64_t *components, const double *gradient, int64_t K,
                               int64_t truth)
{
    uint64_t state = (uint64_t)K;
    int64_t n = 0;
    if (K <= MAX_COMPONENTS) {
        for (n = 0; n < K; n++) {
            components[n] = n;
        }
        return n;
    }
    int64_t largest = 0;
    for (int64_t j = 0; j < K; j++) {
        largest = fabs(gradient[j]) > fabs(gradient[largest]) ? j : largest;
    }
    components[n++] = 0;
    components[n++] = K - 1;
    components[n++] = truth;
    components[n++] = largest;
    while (n < MAX_COMPONENTS) {
        components[n++] = (int64_t)(uniform(&state) * (double)K);
    }
    return n;
}

/* A loss that does not feel a constant added to all logits has no gradient along it. */
static void check_sum(point *at, const double *logits, const double *gradient,
                      int64_t K, const char *where)
{
    static const double steps[] = {1, 0.3}; // one may happen to change nothing
    double moved[MAX_CLASSES];
    double sum = 0;
    double size = 0;
    double change = 0;
    for (int s = 0; s < 2; s++) {
        for (int64_t j = 0; j < K; j++) {
            moved[j] = logits[j] + steps[s];
        }
        change += fabs(value_at(at, moved) - value_at(at, logits));
    }
    for (int64_t j = 0; j < K; j++) {
        sum += gradient[j];
        size += fabs(gradient[j]);
    }
    if (change < 1e-9 * fmax(1, size) && fabs(sum) > 1e-10 * fmax(1, size)) {
        fail_msg("%s: the gradient adds up to %g", where, sum);
    }
}

/* The slope from logits[i] to logits[i] + step. */
static double slope(point *at, double *logits, int64_t i, double step)
{
    const double value = value_at(at, logits);
    const double x = logits[i];
    logits[i] = x + step;
    const double moved = value_at(at, logits);
    logits[i] = x;
    return (moved - value) / step;
}

/* Around a corner of a convex function the slopes to either side differ by more than
 * `least`, and a subgradient lies between them. */
static int is_at_corner(point *at, double *logits, const double *gradient, int64_t i,
                        double least)
{
    const double h = 2. / 1024; // as far as the central differences go
    const double left = slope(at, logits, i, -h);
    const double right = slope(at, logits, i, h);
    return right - left > least && left - 1e-9 <= gradient[i] &&
           gradient[i] <= right + 1e-9;
}

static void check_point(point *at, logits_kind kind, int64_t K, const char *where)
{
    double logits[MAX_CLASSES] = {0};
    double gradient[MAX_CLASSES];
    int64_t components[MAX_COMPONENTS];
    fill_logits(logits, kind, K, (uint64_t)(K + at->truth));
    double value = merit_loss_row(at->loss, logits, at->truth, at->progress, gradient);
    assert_true(value == value_at(at, logits));
    if (!isfinite(value)) {
        fail_msg("%s: the value is %g", where, value);
    }
    for (int64_t j = 0; j < K; j++) {
        if (!isfinite(gradient[j])) {
            fail_msg("%s: the gradient is %g at %lld", where, gradient[j],
                     (long long)j);
        }
    }
    check_sum(at, logits, gradient, K, where);
    if (has_steps(where)) {
        return;
    }
    int64_t n = pick_components(components, gradient, K, at->truth);
    gradient_check check =
        check_gradient(value_at, at, logits, gradient, n, components);
    int64_t n_corners = 0;
    const double least = has_corners(where) ? 0.01 : has_sharp_bends(where) ? 0 : 1e9;
    for (int64_t k = 0; check.n_wrong > 0 && least < 1 && k < n; k++) {
        n_corners += is_at_corner(at, logits, gradient, components[k], least);
    }
    if (check.n_wrong > n_corners) {
        fail_msg("%s: %lld wrong components; at %lld the gradient is %.12g, "
                 "differences give %.12g",
                 where, (long long)check.n_wrong, (long long)check.worst, check.found,
                 check.expected);
    }
}

/* Returns 0 where the table forbids the loss. */
static int check_loss(const char *spec, const merit_scores *scores, table_kind kind)
{
    const int64_t K = merit_scores_n_truths(scores);
    if (K == MAX_CLASSES && begins_with(spec, "geometric")) {
        return 1; // cubic in K: test_g_softmax.c has it
    }
    // One truth is enough where a row takes a square of K or more.
    const int is_slow = begins_with(spec, "kernel") || begins_with(spec, "decision") ||
                        begins_with(spec, "geometric");
    const int64_t step = K <= 10 ? 1 : is_slow ? K : K / 2 - 1;
    char where[SPEC_BYTES + 120];
    merit_loss *loss = make_loss_if_allowed(spec, scores);
    point at = {.loss = loss};
    if (loss == NULL) {
        return 0;
    }
    for (int l = 0; l < N_LOGITS_KINDS; l++) {
        for (at.truth = 0; at.truth < K; at.truth += step) {
            at.progress = (double)(at.truth % 3) / 2;
            snprintf(where, sizeof where,
                     "%.*s, K %lld, table %d, logits %d, truth %lld", SPEC_BYTES - 1,
                     spec, (long long)K, (int)kind, l, (long long)at.truth);
            check_point(&at, (logits_kind)l, K, where);
        }
    }
    merit_loss_free(loss);
    return 1;
}

static void check_catalogue(int64_t K)
{
    double *values = make_array(K * K, sizeof *values);
    char specs[MAX_SPECS][SPEC_BYTES];
    for (int kind = 0; kind < N_TABLE_KINDS; kind++) {
        if (kind == TABLE_QUESTION && K != QUESTION_CLASSES) {
            continue;
        }
        fill_table(values, (table_kind)kind, K, (uint64_t)kind);
        merit_scores *scores = make_scores(values, K, K);
        for (int64_t i = 0; i < merit_loss_count(); i++) {
            int64_t n_specs = list_specs(specs, merit_loss_describe(i));
            // Parameters at their ends differ enough in the shorter rows.
            n_specs = K > 100 ? 1 : n_specs;
            for (int64_t s = 0; s < n_specs; s++) {
                int is_allowed = check_loss(specs[s], scores, (table_kind)kind);
                if (!is_allowed && kind == TABLE_TREE) {
                    fail_msg("%s is not allowed for a tree", specs[s]);
                }
            }
        }
        merit_scores_free(scores);
    }
    free(values);
}

static void gradients_are_those_of_the_values(void **state)
{
    (void)state;
    static const int64_t sizes[] = {2, 3, QUESTION_CLASSES, 10, 100, MAX_CLASSES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_catalogue(sizes[i]);
    }
}

/* A test of the test: every way of being slightly wrong is found in every loss. */
static void wrong_gradients_are_found(void **state)
{
    (void)state;
    enum { K = 10, N_WRONG = 4 };
    double values[K * K];
    double logits[K];
    double gradient[K];
    fill_logits(logits, LOGITS_NORMAL, K, 4);
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        fill_table(values, TABLE_ASYMMETRIC, K, 3);
        merit_loss *loss = make_loss_of_kin(merit_loss_describe(i)->name, values, K);
        point at = {.loss = loss, .truth = 1};
        int64_t n_nonzero = 0;
        int64_t largest = 0;
        merit_loss_row(loss, logits, at.truth, 0, gradient);
        for (int64_t j = 0; j < K; j++) {
            n_nonzero += gradient[j] != 0;
            largest = fabs(gradient[j]) > fabs(gradient[largest]) ? j : largest;
        }
        assert_true(n_nonzero == K || has_corners(merit_loss_describe(i)->name) ||
                    begins_with(merit_loss_describe(i)->name, "geometric")); // sparse
        for (int wrong = -1; wrong < N_WRONG; wrong++) {
            merit_loss_row(loss, logits, at.truth, 0, gradient);
            for (int64_t j = 0; j < K; j++) {
                gradient[j] *= wrong == 0 ? -1 : wrong == 1 ? 1.01 : 1;
            }
            gradient[largest] *= wrong == 2 ? -1 : wrong == 3 ? 1.01 : 1;
            gradient_check check =
                check_gradient(value_at, &at, logits, gradient, K, NULL);
            int64_t expected = wrong < 0 ? 0 : wrong < 2 ? n_nonzero : 1;
            assert_int_equal(check.n_wrong, expected);
            assert_true(wrong < 2 || check.worst == largest);
        }
        gradient[2] = NAN;
        assert_true(check_gradient(value_at, &at, logits, gradient, K, NULL).n_wrong >
                    0);
        merit_loss_free(loss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_the_values),
        cmocka_unit_test(wrong_gradients_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
