/* How many steps of gradient descent on the logits of one example each loss takes from
 * a wrong belief to the right answer: the plateaus of the losses, in numbers.
 *
 * The table is a tree of groups: the truth scores 1, the others of its group 0.5,
 * the rest 0; K = 10 in 2 groups, K = 100 in 10. A step is z -= gradient of the loss
 * as its formula has it. A fresh model starts at z = 0; one that is confidently
 * wrong at z_m = M and 0 elsewhere, m a class of the same group (a near miss) or of
 * another (a far one). It arrives when the truth leads: where the loss trains q
 * towards the posterior or a corner a fresh model arrives at q_truth >= 1/2. */
#include "loss_fixtures.h"

enum { MAX_K = 100, LIMIT = 20000, MORE = -1, N_STARTS = 7 };

typedef struct escape {
    const char *loss;
    double rate;    // undoes a factor that the catalogue's loss has beside the formula
    int fresh_half; // whether a fresh model arrives at 1/2
    int steps[N_STARTS]; // fresh; near M = 3, 6, 9; far M = 3, 6, 9; MORE than LIMIT
} escape;

static const escape escapes_10[] = {
    {"cross-entropy", 1, 1, {3, 2, 4, 5, 2, 4, 5}},
    {"expected-score", 1, 1, {18, 109, 2301, MORE, 20, 130, 2205}},
    {"entropic-expected-score(temperature=0.1)", 1, 1,
     {20, 34, 147, 1382, 16, 65, 732}},
    {"log-score(floor=0.05)", 1, 1, {9, 61, 1269, MORE, 5, 13, 119}},
    // A is divided by its largest entry, 1.05.
    {"power-score(power=0.5,floor=0.05)", 1.02469507659596, 1,
     {12, 81, 1709, MORE, 10, 39, 508}},
    {"tilted-score(temperature=0.5)", 1, 1, {7, 19, 236, 4486, 7, 31, 460}},
    {"tilted-score(temperature=0.1)", 1, 1, {3, 3, 6, 35, 3, 4, 6}},
    {"cross-entropy-plus-cost(lambda=1)", 1, 1, {3, 2, 4, 5, 2, 4, 5}},
    {"affine-labels", 1, 0, {1, 7, 9, 11, 5, 7, 9}},
    // The costs, of mean 7/9, are scaled to a mean of 3.
    {"complement", 7. / 27, 1, {16, 21, 26, 32, 10, 13, 16}},
    {"softmax-margin", 1, 1, {3, 2, 4, 5, 2, 4, 5}},
    {"brier", 1, 1, {15, 14, 53, 743, 14, 53, 743}},
    {"score-logistic", 1, 0, {1, 4, 9, 14, 3, 5, 8}},
    {"score-squares", 1, 0, {1, 1, 1, 1, 1, 1, 1}},
};

static const escape escapes_100[] = {
    {"cross-entropy", 1, 1, {6, 3, 4, 5, 3, 4, 5}},
    {"expected-score", 1, 1, {117, MORE, MORE, MORE, 110, 207, 1497}},
    {"entropic-expected-score(temperature=0.1)", 1, 1,
     {135, 185, 245, 465, 91, 107, 201}},
    {"log-score(floor=0.05)", 1, 1, {20, MORE, MORE, MORE, 14, 21, 87}},
    {"power-score(power=0.5,floor=0.05)", 1.02469507659596, 1,
     {47, MORE, MORE, MORE, 39, 64, 355}},
    {"tilted-score(temperature=0.5)", 1, 1, {27, MORE, MORE, MORE, 24, 46, 354}},
    {"tilted-score(temperature=0.1)", 1, 1, {6, 4, 7, 42, 3, 5, 6}},
    {"cross-entropy-plus-cost(lambda=1)", 1, 1, {5, 3, 5, 5, 3, 4, 5}},
    {"affine-labels", 1, 0, {1, 18, 20, 21, 12, 15, 16}},
    // A mean cost of (9/2 + 90) / 99, scaled to sqrt(99).
    {"complement", 94.5 / 99 / 9.9498743710662, 1, {116, 194, 208, 215, 97, 104, 107}},
    {"softmax-margin", 1, 1, {5, 3, 5, 5, 3, 4, 5}},
    {"brier", 1, 1, {115, 99, 113, 197, 99, 113, 197}},
    {"score-logistic", 1, 0, {1, 4, 9, 14, 3, 5, 8}},
    {"score-squares", 1, 0, {1, 1, 1, 1, 1, 1, 1}},
};

/* Scores 1, 0.5 in the group, 0. */
static void fill_tree(double *values, int K, int group)
{
    for (int i = 0; i < K; i++) {
        for (int k = 0; k < K; k++) {
            values[i * K + k] = i == k ? 1 : i / group == k / group ? 0.5 : 0;
        }
    }
}

/* Whether class 0 leads, or has half of the belief. */
static int has_arrived(const double *z, int K, int at_half)
{
    double sum = 0;
    for (int k = 1; k < K; k++) {
        sum += exp(z[k] - z[0]);
        if (z[k] >= z[0]) {
            return 0;
        }
    }
    return !at_half || sum <= 1;
}

static int count_steps(const merit_loss *loss, double *z, int K, double rate,
                       int at_half)
{
    double gradient[MAX_K];
    for (int step = 0; step <= LIMIT; step++) {
        if (has_arrived(z, K, at_half)) {
            return step;
        }
        merit_loss_row(loss, z, 0, 0, gradient);
        for (int k = 0; k < K; k++) {
            z[k] -= rate * gradient[k];
        }
    }
    return MORE;
}

static void check_escapes(const escape *escapes, size_t n, int K, int group)
{
    static const double margins[N_STARTS] = {0, 3, 6, 9, 3, 6, 9};
    double values[MAX_K * MAX_K];
    fill_tree(values, K, group);
    for (size_t e = 0; e < n; e++) {
        const escape *one = &escapes[e];
        merit_loss *loss = make_loss_of(one->loss, values, K);
        for (int s = 0; s < N_STARTS; s++) {
            double z[MAX_K] = {0};
            z[s <= 3 ? 1 : K - 1] = margins[s];
            int found =
                count_steps(loss, z, K, one->rate, s == 0 && one->fresh_half);
            if (found != one->steps[s]) {
                fail_msg("%s, K %d, start %d: %d steps, expected %d", one->loss, K, s,
                         found, one->steps[s]);
            }
        }
        merit_loss_free(loss);
    }
}

static void losses_escape_from_wrong_beliefs(void **state)
{
    (void)state;
    check_escapes(escapes_10, sizeof escapes_10 / sizeof *escapes_10, 10, 5);
    check_escapes(escapes_100, sizeof escapes_100 / sizeof *escapes_100, 100, 10);
}

/* In small steps, for S = I, a fresh model has half of the belief in the truth after
 * the time (e^m - 1 + 2 (K-1) m + (K-1)^2 (1 - e^-m)) / K with m = log(K-1) under
 * the expected score, and (K-1)/K (m + (e^m - 1) / (K-1)) under cross entropy. */
static void fresh_models_take_as_long_as_derived(void **state)
{
    (void)state;
    static const struct {
        int K;
        double expected_score, cross_entropy;
    } cases[] = {{4, 3.65, 1.32}, {10, 11.96, 2.78}, {100, 107.1, 5.53}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const int K = cases[c].K;
        const double rate = 1e-3 * K;
        double values[MAX_K * MAX_K];
        double fresh[2][MAX_K] = {{0}};
        fill_table(values, TABLE_IDENTITY, K, 0);
        merit_loss *slow = make_loss_of("expected-score", values, K);
        merit_loss *fast = make_loss_of("cross-entropy", values, K);
        double time = rate * count_steps(slow, fresh[0], K, rate, 1);
        assert_true(fabs(time - cases[c].expected_score) < 0.01 * time);
        time = rate / 10 * count_steps(fast, fresh[1], K, rate / 10, 1);
        assert_true(fabs(time - cases[c].cross_entropy) < 0.01 * time);
        merit_loss_free(slow);
        merit_loss_free(fast);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_escape_from_wrong_beliefs),
        cmocka_unit_test(fresh_models_take_as_long_as_derived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
