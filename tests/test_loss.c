/* What must hold of the losses: known values, invariances, convexity, parameters that
 * move, decision rules. */
#include "loss_fixtures.h"

#include <stdio.h>

enum { SPEC_BYTES = 64 };

/* Losses that are cross entropy when S = I. */
static void identity_gives_cross_entropy(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "affine-labels",
        "cross-entropy-plus-cost(lambda=0)",
        "geometric(cost=100)",
        "hierarchical-cross-entropy(alpha=2)",
        "log-score",
        "soft-labels(temperature=0.001)",
        "softmax-margin(scale=0)",
        "tilted-score(temperature=0.001)",
    };
    enum { K = 10 };
    double values[K * K];
    double logits[K];
    double expected[K];
    double found[K];
    fill_table(values, TABLE_IDENTITY, K, 0);
    fill_logits(logits, LOGITS_NORMAL, K, 5);
    merit_loss *cross_entropy = make_loss_of("cross-entropy", values, K);
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        merit_loss *loss = make_loss_of(specs[s], values, K);
        for (int64_t i = 0; i < K; i++) {
            double a = merit_loss_row(cross_entropy, logits, i, 0, expected);
            double b = merit_loss_row(loss, logits, i, 0, found);
            if (!is_close(a, b, 1e-14)) {
                fail_msg("%s: %.17g, cross entropy is %.17g", specs[s], b, a);
            }
            for (int64_t j = 0; j < K; j++) {
                assert_true(is_close(expected[j], found[j], 1e-14));
            }
        }
        merit_loss_free(loss);
    }
    merit_loss_free(cross_entropy);
}

/* What else is known of single losses. */
static void known_values(void **state)
{
    (void)state;
    enum { K = 4 };
    double values[K * K];
    double z[K] = {0.5, -1, 2, 0};
    double ce[K];
    double g[K];
    fill_table(values, TABLE_IDENTITY, K, 0);
    merit_loss *cross_entropy = make_loss_of("cross-entropy", values, K);
    merit_loss *expected = make_loss_of("expected-score", values, K);
    merit_loss *limit = make_loss_of("tilted-score(temperature=1e13)", values, K);
    for (int64_t i = 0; i < K; i++) {
        double q = exp(-merit_loss_row(cross_entropy, z, i, 0, ce));
        assert_true(is_close(merit_loss_row(expected, z, i, 0, g), -q, 1e-14));
        for (int64_t k = 0; k < K; k++) {
            // At S = I the gradient is that of cross entropy, times q_i.
            assert_true(is_close(g[k], q * ce[k], 1e-14));
        }
        // Far along, the tilted score is the expected cost over the range.
        assert_true(is_close(merit_loss_row(limit, z, i, 0, g), 1 - q, 1e-12));
        for (int64_t k = 0; k < K; k++) {
            assert_true(is_close(g[k], q * ce[k], 1e-12));
        }
    }
    merit_loss_free(cross_entropy);
    merit_loss_free(expected);
    merit_loss_free(limit);

    // The question: r_i = |gradient of the expected score| / |that of cross entropy|
    // in a fresh model, and the affine labels, M = 6.
    static const double ratios[K] = {0.645, 0.645, 0.408, 0.645};
    static const double labels[K * K] = {0.5, 1. / 3, 1. / 6, 0,       1. / 3, 0.5,
                                         0,   1. / 6, 0.25,   1. / 12, 0.25,   5. / 12,
                                         0,   1. / 6, 1. / 3, 0.5};
    static const double fresh[K] = {0};
    cross_entropy = make_loss_of("cross-entropy", question_table, K);
    expected = make_loss_of("expected-score", question_table, K);
    merit_loss *affine = make_loss_of("affine-labels", question_table, K);
    assert_null(merit_loss_targets(cross_entropy));
    assert_null(merit_loss_targets(expected));
    for (int64_t i = 0; i < K; i++) {
        double a = 0;
        double b = 0;
        merit_loss_row(expected, fresh, i, 0, g);
        merit_loss_row(cross_entropy, fresh, i, 0, ce);
        for (int64_t k = 0; k < K; k++) {
            a += g[k] * g[k];
            b += ce[k] * ce[k];
            assert_true(fabs(merit_loss_targets(affine)[i * K + k] -
                             labels[i * K + k]) < 1e-15);
        }
        assert_true(fabs(sqrt(a / b) - ratios[i]) < 0.0005);
        assert_true(i != 2 || g[2] == 0); // c3's own logit gets nothing
    }
    merit_loss_free(cross_entropy);
    merit_loss_free(expected);
    merit_loss_free(affine);
}

/* Temperatures are in the units of the scores: the labels are softmax(S_i / T), the
 * tilted score is max(1, T / R) (-log sum_k q_k exp((S_ik - max S_i) / T)). */
static void temperatures_count_in_scores(void **state)
{
    (void)state;
    enum { K = QUESTION_CLASSES };
    static const double temperatures[] = {0.25, 0.5, 1, 2, 8, 300};
    static const double best[K] = {2, 2, 1, 2};
    static const double z[K] = {0.3, -1.2, 0.9, 0.1};
    for (size_t t = 0; t < sizeof temperatures / sizeof *temperatures; t++) {
        const double T = temperatures[t];
        char spec[SPEC_BYTES];
        snprintf(spec, sizeof spec, "soft-labels(temperature=%g)", T);
        merit_loss *soft = make_loss_of(spec, question_table, K);
        snprintf(spec, sizeof spec, "tilted-score(temperature=%g)", T);
        merit_loss *tilted = make_loss_of(spec, question_table, K);
        for (int64_t i = 0; i < K; i++) {
            const double *S = question_table + i * K;
            double sum_labels = 0;
            double sum_q = 0;
            double sum_tilted = 0;
            for (int64_t k = 0; k < K; k++) {
                sum_labels += exp(S[k] / T);
                sum_q += exp(z[k]);
                sum_tilted += exp(z[k] + (S[k] - best[i]) / T);
            }
            for (int64_t k = 0; k < K; k++) {
                assert_true(is_close(merit_loss_targets(soft)[i * K + k],
                                     exp(S[k] / T) / sum_labels, 1e-14));
            }
            double expected = fmax(1, T / 3) * log(sum_q / sum_tilted);
            assert_true(
                is_close(merit_loss_row(tilted, z, i, 0, NULL), expected, 1e-13));
        }
        merit_loss_free(soft);
        merit_loss_free(tilted);
    }
}

/* Scores in another unit change nothing but the unit of a value that is in scores; a
 * parameter that is in scores goes along. */
static void units_of_the_scores_cancel(void **state)
{
    (void)state;
    enum { K = 5 };
    static const double unit = 1000;
    static const struct {
        const char *loss, *scaled;
        double value; // of the scaled table, for 1 of the other
    } cases[] = {
        {"affine-labels", "affine-labels", 1},
        {"brier", "brier", 1},
        {"complement", "complement", 1},
        {"cross-entropy", "cross-entropy", 1},
        {"cross-entropy-plus-cost", "cross-entropy-plus-cost", 1},
        {"decision-score", "decision-score", unit},
        {"decision-score(temperature=0.2)", "decision-score(temperature=200)", unit},
        {"entropic-expected-score", "entropic-expected-score", unit},
        {"entropic-expected-score(temperature=0.2)",
         "entropic-expected-score(temperature=200)", unit},
        {"expected-score", "expected-score", unit},
        {"hinge", "hinge", 1},
        {"score-logistic", "score-logistic", 1},
        {"score-squares", "score-squares", 1},
        {"log-score", "log-score", 1},
        {"log-score(floor=0.1)", "log-score(floor=100)", 1},
        {"power-score", "power-score", 1},
        {"power-score(floor=0.1)", "power-score(floor=100)", 1},
        {"ranked-probability", "ranked-probability", 1},
        {"soft-labels", "soft-labels", 1},
        {"soft-labels(temperature=0.7)", "soft-labels(temperature=700)", 1},
        {"softmax-margin", "softmax-margin(scale=0.001)", 1},
        {"tilted-score", "tilted-score", 1},
        {"tilted-score(temperature=0.1..9)", "tilted-score(temperature=100..9000)", 1},
    };
    double values[K * K];
    double scaled[K * K];
    double z[K];
    double before[K];
    double after[K];
    fill_table(values, TABLE_NEGATIVE, K, 6);
    fill_logits(z, LOGITS_NORMAL, K, 8);
    for (int64_t k = 0; k < K * K; k++) {
        scaled[k] = unit * values[k];
    }
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_loss *loss = make_loss_of(cases[c].loss, values, K);
        merit_loss *other = make_loss_of(cases[c].scaled, scaled, K);
        for (int64_t i = 0; i < 3 * K; i++) {
            const double progress = (double)(i / K) / 2;
            double a = merit_loss_row(loss, z, i % K, progress, before);
            double b = merit_loss_row(other, z, i % K, progress, after);
            if (!is_close(cases[c].value * a, b, 1e-13)) {
                fail_msg("%s: %.17g becomes %.17g", cases[c].loss, a, b);
            }
            for (int64_t k = 0; k < K; k++) {
                assert_true(is_close(cases[c].value * before[k], after[k], 1e-13));
            }
        }
        merit_loss_free(loss);
        merit_loss_free(other);
    }
}

/* S_ik + c_i gives the same gradient, where the catalogue says so. */
static void row_shifts_change_no_gradient(void **state)
{
    (void)state;
    enum { K = 5 };
    double values[K * K];
    double shifted[K * K];
    double z[K];
    double before[K];
    double after[K];
    uint64_t seed = 7;
    fill_logits(z, LOGITS_NORMAL, K, 8);
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        const merit_loss_info *info = merit_loss_describe(l);
        fill_table(values, TABLE_NEGATIVE, K, 6);
        merit_loss *loss = make_loss_of_kin(info->name, values, K);
        for (int64_t i = 0; i < K; i++) {
            double c = 10 * normal(&seed);
            for (int64_t k = 0; k < K; k++) {
                shifted[i * K + k] = values[i * K + k] + c;
            }
        }
        merit_loss *moved = make_loss_of(info->name, shifted, K);
        for (int64_t i = 0; i < K && info->row_shift_invariant; i++) {
            merit_loss_row(loss, z, i, 0.5, before);
            merit_loss_row(moved, z, i, 0.5, after);
            for (int64_t k = 0; k < K; k++) {
                if (!is_close(before[k], after[k], 1e-12)) {
                    fail_msg("%s: %g becomes %g", info->name, before[k], after[k]);
                }
            }
        }
        merit_loss_free(loss);
        merit_loss_free(moved);
    }
}

/* Where the catalogue says convex, values lie below their chords. */
static void convex_losses_are_convex(void **state)
{
    (void)state;
    enum { K = 4, N_PAIRS = 200 };
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        const merit_loss_info *info = merit_loss_describe(l);
        double values[K * K];
        memcpy(values, question_table, sizeof values);
        merit_loss *loss = make_loss_of_kin(info->name, values, K);
        int n_above = 0;
        for (uint64_t pair = 0; pair < N_PAIRS; pair++) {
            double a[K];
            double b[K];
            double middle[K];
            uint64_t seed = pair;
            const int64_t truth = (int64_t)(pair % K);
            for (int64_t k = 0; k < K; k++) {
                a[k] = 3 * normal(&seed);
                b[k] = 3 * normal(&seed);
                middle[k] = (a[k] + b[k]) / 2;
            }
            double chord = (merit_loss_row(loss, a, truth, 0, NULL) +
                            merit_loss_row(loss, b, truth, 0, NULL)) /
                           2;
            n_above += merit_loss_row(loss, middle, truth, 0, NULL) > chord + 1e-12;
        }
        if ((n_above == 0) != (info->convex != 0)) {
            fail_msg("%s: %d of %d midpoints lie above the chord", info->name, n_above,
                     N_PAIRS);
        }
        merit_loss_free(loss);
    }
}

/* A moving parameter goes geometrically from the first to the last value. */
static void parameters_move(void **state)
{
    (void)state;
    enum { K = QUESTION_CLASSES };
    static const struct {
        const char *moving, *fixed;
        double progress;
    } cases[] = {
        {"tilted-score(temperature=0.05..3.2)", "tilted-score(temperature=0.05)", 0},
        {"tilted-score(temperature=0.05..3.2)", "tilted-score(temperature=0.4)", 0.5},
        {"tilted-score(temperature=0.05..3.2)", "tilted-score(temperature=3.2)", 1},
        {"tilted-score(temperature=2..0.5)", "tilted-score(temperature=1)", 0.5},
        // The range of the question's table is 3.
        {"tilted-score", "tilted-score(temperature=0.15)", 0},
        {"tilted-score", "tilted-score(temperature=6)", 1},
        {"soft-labels", "soft-labels(temperature=0.15)", 1},
        {"tilted-score(temperature=0.05)", "tilted-score(temperature=0.05)", 1},
        {"softmax-margin", "softmax-margin(scale=1)", 1},
        {"entropic-expected-score", "entropic-expected-score(temperature=0.15)", 0},
        {"entropic-expected-score", "entropic-expected-score(temperature=0.015)", 1},
        {"decision-score", "decision-score(temperature=0.75)", 0},
        {"decision-score", "decision-score(temperature=0.15)", 1},
        {"power-score(power=0.16..1)", "power-score(power=0.4)", 0.5},
    };
    static const double z[K] = {0.3, -1.2, 0.9, 0.1};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_loss *moving = make_loss_of(cases[c].moving, question_table, K);
        merit_loss *fixed = make_loss_of(cases[c].fixed, question_table, K);
        for (int64_t i = 0; i < K; i++) {
            double a = merit_loss_row(moving, z, i, cases[c].progress, NULL);
            double b = merit_loss_row(fixed, z, i, 0, NULL);
            if (!is_close(a, b, 1e-13)) {
                fail_msg("%s at %g: %.17g, expected %.17g", cases[c].moving,
                         cases[c].progress, a, b);
            }
        }
        merit_loss_free(moving);
        merit_loss_free(fixed);
    }
}

static void rules_are_right(void **state)
{
    (void)state;
    static const struct {
        const char *loss;
        merit_rule rule, rule_with_extra_answers;
    } cases[] = {
        {"affine-labels", MERIT_RULE_ARGMAX, MERIT_RULE_DECODE},
        {"brier", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"complement", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
        {"cross-entropy", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"cross-entropy-plus-cost", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"decision-score", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"entropic-expected-score", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
        {"expected-score", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
        {"geometric", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"hinge", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
        {"hierarchical-cross-entropy", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"kernel-score", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"score-logistic", MERIT_RULE_ARGMAX, MERIT_RULE_BAYES},
        {"score-squares", MERIT_RULE_ARGMAX, MERIT_RULE_BAYES},
        {"log-score", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
        {"power-score", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
        {"ranked-probability", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"soft-labels", MERIT_RULE_DECODE, MERIT_RULE_DECODE},
        {"softmax-margin", MERIT_RULE_BAYES, MERIT_RULE_BAYES},
        {"tilted-score", MERIT_RULE_ARGMAX, MERIT_RULE_ARGMAX},
    };
    // Two classes and "don't know", whose scores the losses must not mistake for
    // those of a class.
    static const double values[] = {2, 1, 9, -1, 3, 9};
    static const double square[] = {2, 1, -1, 3};
    static const double z[] = {0.25, -0.5};
    merit_scores *scores = make_scores(values, 2, 3);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_loss *with_extra = make_loss(cases[c].loss, scores);
        merit_loss *without = make_loss_of(cases[c].loss, square, 2);
        assert_int_equal(merit_loss_rule(without), cases[c].rule);
        assert_int_equal(merit_loss_rule(with_extra), cases[c].rule_with_extra_answers);
        for (int64_t i = 0; i < 2; i++) {
            assert_true(merit_loss_row(with_extra, z, i, 0.5, NULL) ==
                        merit_loss_row(without, z, i, 0.5, NULL));
        }
        merit_loss_free(with_extra);
        merit_loss_free(without);
    }
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_gives_cross_entropy),
        cmocka_unit_test(known_values),
        cmocka_unit_test(temperatures_count_in_scores),
        cmocka_unit_test(units_of_the_scores_cancel),
        cmocka_unit_test(row_shifts_change_no_gradient),
        cmocka_unit_test(convex_losses_are_convex),
        cmocka_unit_test(parameters_move),
        cmocka_unit_test(rules_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
