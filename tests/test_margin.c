/* Beliefs of nets that were trained with margins. */
#include "loss_fixtures.h"

#include <float.h>
#include <stdio.h>

enum { K = 6, MOST = 66 };

static merit_decision *decision_of(const merit_scores *scores, merit_rule rule,
                                   merit_link link)
{
    merit_decision *decision = NULL;
    merit_error err = {0};
    const merit_decision_options options = {.rule = rule, .link = link};
    if (merit_decision_create(&decision, scores, &options, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return decision;
}

static void believe(double *posterior, const merit_scores *scores, merit_link link,
                    const float *logits, int64_t n)
{
    merit_decision *decision = decision_of(scores, MERIT_RULE_BAYES, link);
    const merit_decision_results results = {.posterior = posterior};
    merit_error err = {0};
    if (merit_decision_apply(decision, logits, n, &results, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit_decision_free(decision);
}

/* The logits at which the mean of the loss over truths with these probabilities is
 * least: it is convex, so that going downhill finds them. */
static void find_optimum(double *z, const merit_loss *loss, const double *eta)
{
    double gradient[K];
    double sum[K];
    double size = 1;
    memset(z, 0, K * sizeof *z);
    for (int step = 0; step < 400000 && size > 1e-9; step++) {
        memset(sum, 0, sizeof sum);
        for (int64_t i = 0; i < K; i++) {
            merit_loss_row(loss, z, i, 0, gradient);
            for (int k = 0; k < K; k++) {
                sum[k] += eta[i] * gradient[k];
            }
        }
        size = 0;
        for (int k = 0; k < K; k++) {
            size = fmax(size, fabs(sum[k]));
            z[k] -= 2 * sum[k];
        }
    }
    assert_true(size < 1e-6);
}

/* What a table of the kind earns, with the truth its own best answer; numbers added to
 * rows change nothing. */
static merit_scores *table_of(table_kind kind, uint64_t seed)
{
    double values[K * K];
    fill_table(values, kind, K, seed);
    for (int i = 0; i < K; i++) {
        values[i * (K + 1)] += i; // the right answers are not all worth the same
        for (int k = 0; k < K; k++) {
            values[i * K + k] += 10 * i;
        }
    }
    return make_scores(values, K, K);
}

static void the_optimum_is_the_posterior(void **state)
{
    (void)state;
    static const table_kind kinds[] = {TABLE_IDENTITY, TABLE_SYMMETRIC,
                                       TABLE_ASYMMETRIC, TABLE_TREE};
    for (uint64_t turn = 0; turn < 8; turn++) {
        uint64_t seed = turn;
        merit_scores *scores = table_of(kinds[turn % 4], turn);
        merit_loss *loss = make_loss(turn < 4 ? "softmax-margin(scale=0.5)"
                                              : "softmax-margin(scale=0.2)",
                                     scores);
        double eta[K], z[K], found[K];
        float logits[K];
        double whole = 0;
        for (int k = 0; k < K; k++) {
            eta[k] = 0.05 + uniform(&seed);
            whole += eta[k];
        }
        for (int k = 0; k < K; k++) {
            eta[k] /= whole;
        }
        find_optimum(z, loss, eta);
        for (int k = 0; k < K; k++) {
            logits[k] = (float)z[k];
        }
        assert_int_equal(merit_loss_link(loss).kind, MERIT_LINK_MARGIN);
        believe(found, scores, merit_loss_link(loss), logits, 1);
        for (int k = 0; k < K; k++) {
            if (!is_close(found[k], eta[k], 2e-6)) {
                fail_msg("turn %d: class %d is believed with %.9g, is true with %.9g",
                         (int)turn, k, found[k], eta[k]);
            }
        }
        merit_loss_free(loss);
        merit_scores_free(scores);
    }
}

/* The closed form of symmetric tables and the chain of others agree where a table is
 * one and all but the other. */
static void both_ways_agree(void **state)
{
    (void)state;
    enum { N = 5 };
    double values[K * K];
    double one[N * K], other[N * K];
    float logits[N * K];
    uint64_t seed = 3;
    fill_table(values, TABLE_SYMMETRIC, K, 3);
    merit_scores *symmetric = make_scores(values, K, K);
    values[1] += 1e-7;
    merit_scores *almost = make_scores(values, K, K);
    for (int i = 0; i < N * K; i++) {
        logits[i] = (float)(4 * normal(&seed));
    }
    for (double cost = 0.01; cost < 60; cost *= 5) {
        const merit_link link = {MERIT_LINK_MARGIN, cost};
        believe(one, symmetric, link, logits, N);
        believe(other, almost, link, logits, N);
        for (int i = 0; i < N * K; i++) {
            assert_true(is_close(one[i], other[i], 2e-5));
        }
    }
    merit_scores_free(symmetric);
    merit_scores_free(almost);
}

/* Without margins to speak of the beliefs are a softmax; logits of any size give
 * beliefs. */
static void logits_of_any_size(void **state)
{
    (void)state;
    static const float large[] = {0, 50, 1e4F, 1e30F, FLT_MAX};
    uint64_t seed = 9;
    for (int kind = 0; kind < 2; kind++) {
        merit_scores *scores = table_of(kind ? TABLE_ASYMMETRIC : TABLE_SYMMETRIC, 5);
        for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
            float logits[K];
            double q[K];
            double sum = 0;
            for (int k = 0; k < K; k++) {
                logits[k] = copysignf(large[s], (float)normal(&seed));
            }
            logits[0] = large[s] / 2;
            for (double cost = 1e-6; cost < 101; cost *= 100) {
                believe(q, scores, (merit_link){MERIT_LINK_MARGIN, cost}, logits, 1);
                sum = 0;
                for (int k = 0; k < K; k++) {
                    assert_true(q[k] >= 0 && q[k] <= 1);
                    sum += q[k];
                }
                assert_true(is_close(sum, 1, 1e-12));
            }
            double plain[K];
            believe(plain, scores, (merit_link){0}, logits, 1);
            believe(q, scores, (merit_link){MERIT_LINK_MARGIN, 1e-6}, logits, 1);
            for (int k = 0; k < K; k++) {
                assert_true(is_close(q[k], plain[k], 1e-4));
            }
        }
        merit_scores_free(scores);
    }
}

static void argmax_is_the_largest_logit(void **state)
{
    (void)state;
    enum { N = 300 };
    merit_scores *scores = table_of(TABLE_SYMMETRIC, 8);
    static float logits[N * K];
    static double q[N * K];
    int32_t answers[N];
    uint64_t seed = 1;
    int n_other = 0;
    for (int i = 0; i < N * K; i++) {
        logits[i] = (float)normal(&seed);
    }
    merit_decision *decision =
        decision_of(scores, MERIT_RULE_ARGMAX, (merit_link){MERIT_LINK_MARGIN, 4});
    const merit_decision_results results = {.answers = answers, .posterior = q};
    assert_int_equal(merit_decision_apply(decision, logits, N, &results, NULL), 0);
    for (int n = 0; n < N; n++) {
        int best = 0, likeliest = 0;
        for (int k = 1; k < K; k++) {
            best = logits[n * K + k] > logits[n * K + best] ? k : best;
            likeliest = q[n * K + k] > q[n * K + likeliest] ? k : likeliest;
        }
        assert_int_equal(answers[n], best);
        n_other += best != likeliest;
    }
    assert_true(n_other > 10);
    // Of probabilities it is the largest of these.
    const merit_decision_results again = {.answers = answers};
    assert_int_equal(merit_decision_apply_posterior(decision, q, N, &again, NULL), 0);
    for (int n = 0; n < N; n++) {
        for (int k = 0; k < K; k++) {
            assert_true(q[n * K + k] <= q[n * K + answers[n]]);
        }
    }
    merit_decision_free(decision);
    merit_scores_free(scores);
}

/* Both ways of fitting give the temperature that the beliefs themselves have. */
static void the_temperature_is_that_of_beliefs(void **state)
{
    (void)state;
    enum { N = 400 };
    merit_scores *scores = table_of(TABLE_ASYMMETRIC, 2);
    static float logits[N * K], plain[N * K];
    static double q[N * K];
    int32_t labels[N];
    uint64_t seed = 4;
    double expected = 0, found = 0;
    int32_t is_found = 0;
    for (int i = 0; i < N * K; i++) {
        logits[i] = (float)(3 * normal(&seed));
    }
    const merit_link link = {MERIT_LINK_MARGIN, 5};
    believe(q, scores, link, logits, N);
    for (int n = 0; n < N; n++) {
        double left = uniform(&seed);
        labels[n] = 0;
        while (labels[n] < K - 1 && (left -= q[n * K + labels[n]]) > 0) {
            labels[n]++;
        }
        for (int k = 0; k < K; k++) {
            plain[n * K + k] = (float)(2.5 * log(fmax(q[n * K + k], 1e-30)));
        }
    }
    merit_decision *decision = decision_of(scores, MERIT_RULE_BAYES, link);
    merit_temperature_passes *passes = NULL;
    assert_int_equal(merit_temperature_fit(&expected, plain, labels, NULL, N, K, NULL),
                     0);
    assert_int_equal(
        merit_decision_fit_temperature(&found, decision, logits, labels, NULL, N, NULL),
        0);
    assert_true(is_close(found, expected / 2.5, 1e-5));
    assert_true(found > 0.8 && found < 1.25);
    assert_int_equal(merit_temperature_passes_create(&passes, decision, found, NULL),
                     0);
    assert_int_equal(merit_temperature_passes_add(passes, logits, labels, N, NULL), 0);
    double again = 0;
    assert_int_equal(merit_temperature_passes_end(passes, &again, &is_found, NULL), 0);
    assert_true(is_found && is_close(again, found, 2e-5));
    merit_temperature_passes_free(passes);
    merit_decision_free(decision);
    merit_scores_free(scores);
}

static void what_cannot_be_taken_back(void **state)
{
    (void)state;
    static double values[MOST * MOST];
    merit_error err = {0};
    merit_decision *decision = NULL;
    merit_decision_options options = {.link = {MERIT_LINK_MARGIN, 3}};
    merit_scores *question = make_scores(question_table, 4, 4);
    assert_int_equal(merit_decision_create(&decision, question, &options, &err),
                     MERIT_EUNSUPPORTED);
    assert_non_null(strstr(err.message, "another answer than the truth is best"));
    fill_table(values, TABLE_ASYMMETRIC, 65, 1);
    merit_scores *many = make_scores(values, 65, 65);
    assert_int_equal(merit_decision_create(&decision, many, &options, &err),
                     MERIT_EUNSUPPORTED);
    assert_non_null(strstr(err.message, "in up to 64 they can"));
    fill_table(values, TABLE_SYMMETRIC, MOST, 1);
    merit_scores *symmetric = make_scores(values, MOST, MOST);
    assert_int_equal(merit_decision_create(&decision, symmetric, &options, &err), 0);
    merit_decision_free(decision);
    for (int i = 0; i < 4; i++) {
        options.link.cost = ((const double[]){0, -1, 101, NAN})[i];
        assert_int_equal(merit_decision_create(&decision, symmetric, &options, &err),
                         MERIT_EINVAL);
        assert_non_null(strstr(err.message, "cost of margins"));
    }
    // A loss whose margins cannot be taken back is read as a softmax.
    const struct {
        const merit_scores *scores;
        const char *spec;
        merit_link_kind kind;
    } losses[] = {{question, "softmax-margin", MERIT_LINK_SOFTMAX},
                  {many, "softmax-margin", MERIT_LINK_SOFTMAX},
                  {symmetric, "softmax-margin", MERIT_LINK_MARGIN},
                  {symmetric, "softmax-margin(scale=0)", MERIT_LINK_SOFTMAX},
                  {symmetric, "softmax-margin(scale=1e4)", MERIT_LINK_SOFTMAX},
                  {symmetric, "cross-entropy", MERIT_LINK_SOFTMAX}};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        merit_loss *loss = make_loss(losses[i].spec, losses[i].scores);
        assert_int_equal(merit_loss_link(loss).kind, losses[i].kind);
        merit_loss_free(loss);
    }
    merit_scores_free(question);
    merit_scores_free(many);
    merit_scores_free(symmetric);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_optimum_is_the_posterior),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(logits_of_any_size),
        cmocka_unit_test(argmax_is_the_largest_logit),
        cmocka_unit_test(the_temperature_is_that_of_beliefs),
        cmocka_unit_test(what_cannot_be_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
