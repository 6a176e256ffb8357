/* Tables of large trees, of which only rows are ever seen: everything is as with the
 * table that is written out. */
#include "loss_fixtures.h"

#include "base/alloc.h"
#include "loss/fast_rows.h"
#include "merit/metrics.h"
#include "scores/scores_of_tree.h"
#include "scores/scores_table.h"

#include <stdio.h>

enum { K_MAX = 500, MANY = 5003 };

// A random tree with n leaves as edges; some nodes have one child, some many.
static char *random_edges(int64_t n_leaves, int has_lengths, uint64_t seed)
{
    const size_t n_bytes = (size_t)n_leaves * 160;
    char *text = calloc(n_bytes, 1);
    size_t at = 0;
    int64_t n_inner = 1;
    assert_non_null(text);
    for (int64_t leaf = 0; leaf < n_leaves; leaf++) {
        // Leaves hang below nodes that lead to the root by parents with lower numbers.
        const int64_t parent = (int64_t)(uniform(&seed) * (double)n_inner);
        char length[2][32] = {"", ""};
        for (int i = 0; has_lengths && i < 2; i++) {
            snprintf(length[i], sizeof length[i], "\t%.5f", uniform(&seed));
        }
        if (uniform(&seed) < 0.7) {
            at += (size_t)snprintf(text + at, n_bytes - at, "n%lld\tn%lld%s\n",
                                   (long long)n_inner, (long long)parent, length[0]);
            at += (size_t)snprintf(text + at, n_bytes - at, "leaf%lld\tn%lld%s\n",
                                   (long long)leaf, (long long)n_inner, length[1]);
            n_inner++;
        } else {
            at += (size_t)snprintf(text + at, n_bytes - at, "leaf%lld\tn%lld%s\n",
                                   (long long)leaf, (long long)parent, length[1]);
        }
    }
    return text;
}

typedef struct twins {
    merit_scores *written, *implicit;
} twins;

static twins make_twins(int64_t n_leaves, int by_length, int nodes, uint64_t seed)
{
    twins out = {0};
    merit_error err = {0};
    merit__tree tree = {0};
    char *text = random_edges(n_leaves, by_length, seed);
    merit_scores_options options = {.answer_nodes = nodes, .dense_limit = 20000};
    if (merit__tree_parse(&tree, text, strlen(text), "t", &err) != MERIT_OK ||
        merit__scores_of_tree(&out.written, &tree, by_length, "t", &options, &err)) {
        fail_msg("%s", err.message);
    }
    options.dense_limit = 1;
    assert_int_equal(
        merit__scores_of_tree(&out.implicit, &tree, by_length, "t", &options, &err),
        MERIT_OK);
    assert_non_null(merit_scores_values(out.written));
    assert_null(merit_scores_values(out.implicit));
    merit__tree_dispose(&tree);
    free(text);
    return out;
}

static void free_twins(twins *t)
{
    merit_scores_free(t->written);
    merit_scores_free(t->implicit);
}

static void assert_close(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance)) {
        fail_msg("%.17g and %.17g differ by more than %g", a, b, tolerance);
    }
}

static void test_scores(void **state)
{
    (void)state;
    for (uint64_t turn = 0; turn < 8; turn++) {
        uint64_t seed = turn;
        twins t =
            make_twins(20 + 60 * (int64_t)turn, turn % 2 == 1, turn % 4 > 1, turn);
        const int64_t K = merit_scores_n_truths(t.written);
        const int64_t A = merit_scores_n_answers(t.written);
        const size_t n = merit_scores_scratch(t.implicit);
        double *row = calloc((size_t)(2 * A + K) + n, sizeof *row);
        double *expected = row + A;
        double *belief = expected + A;
        assert_true((A > K) == (turn % 4 > 1));
        for (int64_t i = 0; i < K; i++) {
            belief[i] = uniform(&seed) / (double)K;
            merit_scores_row(t.implicit, i, row);
            for (int64_t a = 0; a < A; a++) {
                assert_true(row[a] == merit_scores_values(t.written)[i * A + a]);
                assert_true(row[a] == merit_scores_score(t.implicit, i, a));
                assert_true(row[a] >= -1e-12 && row[a] <= 1);
            }
        }
        merit_scores_expect(t.written, belief, row, NULL);
        merit_scores_expect(t.implicit, belief, expected, belief + K);
        for (int64_t a = 0; a < A; a++) {
            assert_close(row[a], expected[a], 1e-12);
        }
        assert_close(merit_scores_widest_row(t.written),
                     merit_scores_widest_row(t.implicit), 1e-12);
        free(row);
        free_twins(&t);
    }
}

static void test_written_out_and_printed(void **state)
{
    (void)state;
    twins t = make_twins(40, 0, 1, 5);
    merit_scores *whole = NULL;
    char *text = NULL;
    size_t n = 0;
    merit__tree tree = {0};
    const merit_scores_options options = {.answer_nodes = 1};
    assert_int_equal(merit_scores_write_out(&whole, t.implicit, NULL), MERIT_OK);
    const size_t n_values = (size_t)(whole->n_truths * whole->n_answers);
    assert_memory_equal(whole->values, t.written->values, n_values * sizeof(double));
    assert_string_equal(merit_scores_name(whole, 3), merit_scores_name(t.written, 3));
    merit_scores_free(whole);
    assert_int_equal(merit_scores_print(t.implicit, &text, &n, NULL), MERIT_OK);
    assert_int_equal(merit__tree_parse(&tree, text, n, "printed", NULL), MERIT_OK);
    assert_int_equal(merit__scores_of_tree(&whole, &tree, 1, "printed", &options, NULL),
                     MERIT_OK);
    assert_int_equal(whole->n_answers, t.written->n_answers);
    for (size_t i = 0; i < n_values; i++) {
        assert_close(whole->values[i], t.written->values[i], 1e-12);
    }
    merit_scores_free(whole);
    merit__tree_dispose(&tree);
    merit_text_free(text);
    free_twins(&t);
}

// The two losses agree on the batch, in value and gradient.
static void compare_losses(const twins *t, const char *spec,
                           const merit_loss_batch *batch)
{
    merit_error err = {0};
    merit_loss *a = NULL;
    merit_loss *b = NULL;
    const int64_t K = merit_scores_n_truths(t->written);
    const size_t n = (size_t)(batch->n * K);
    float *d = calloc(2 * n, sizeof *d);
    double value[2] = {0};
    if (merit_loss_create(&a, spec, t->written, &err) ||
        merit_loss_create(&b, spec, t->implicit, &err) ||
        merit_loss_eval(a, batch, &value[0], d, &err) ||
        merit_loss_eval(b, batch, &value[1], d + n, &err)) {
        fail_msg("%s: %s", spec, err.message);
    }
    assert_close(value[0], value[1], 1e-6);
    for (size_t i = 0; i < n; i++) {
        assert_close(d[i], d[n + i], 1e-6);
    }
    if (merit_loss_targets(a) != NULL) { // which an implicit table would not hold
        assert_null(merit_loss_targets(b));
        assert_int_equal(merit_loss_rule(b), MERIT_RULE_ARGMAX);
    } else {
        assert_int_equal(merit_loss_rule(a), merit_loss_rule(b));
    }
    merit_loss_free(a);
    merit_loss_free(b);
    free(d);
}

// The gradient of one row in double is that of central differences.
static void check_row_gradient(const merit_scores *scores, const char *spec,
                               uint64_t seed)
{
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const double step = 1e-4;
    double *z = make_array(2 * (int64_t)K, sizeof *z);
    double *gradient = z + K;
    merit_loss *loss = make_loss(spec, scores);
    const int64_t truth = (int64_t)(uniform(&seed) * (double)K);
    for (size_t k = 0; k < K; k++) {
        z[k] = 2 * normal(&seed);
    }
    merit_loss_row(loss, z, truth, 0.5, gradient);
    for (size_t k = 0; k < K; k += 1 + K / 20) {
        const double at = z[k];
        z[k] = at + step;
        const double above = merit_loss_row(loss, z, truth, 0.5, NULL);
        z[k] = at - step;
        const double below = merit_loss_row(loss, z, truth, 0.5, NULL);
        z[k] = at;
        const double slope = (above - below) / (2 * step);
        if (!is_close(gradient[k], slope, 1e-6)) {
            fail_msg("%s: d/dz_%zu is %g, by differences %g", spec, k, gradient[k],
                     slope);
        }
    }
    merit_loss_free(loss);
    free(z);
}

static void test_losses(void **state)
{
    (void)state;
    enum { N = 6 };
    int64_t n_refused = 0;
    for (int turn = 0; turn < 4; turn++) {
        uint64_t seed = (uint64_t)turn;
        const int by_length = turn == 3;
        twins t = make_twins(turn == 0 ? K_MAX : 60, by_length, turn == 2, 40 + seed);
        const size_t K = (size_t)merit_scores_n_truths(t.written);
        float *logits = calloc(2 * N * K, sizeof *logits);
        float *targets = logits + N * K;
        int32_t labels[N];
        for (size_t i = 0; i < N * K; i++) {
            logits[i] = (float)(4 * normal(&seed));
        }
        for (size_t n = 0; n < N; n++) {
            labels[n] = (int32_t)(uniform(&seed) * (double)K);
            targets[n * K + (size_t)labels[n]] = 0.75F;
            targets[n * K + ((size_t)labels[n] + 3) % K] = 0.25F;
        }
        const float weights[N] = {1, 0.5F, 0, 3, 2, 0.25F};
        const merit_loss_batch by_label = {
            .n = N, .logits = logits, .labels = labels, .weights = weights};
        const merit_loss_batch by_target = {
            .n = N, .logits = logits, .targets = targets};
        for (int64_t i = 0; i < merit_loss_count(); i++) {
            const char *name = merit_loss_describe(i)->name;
            merit_loss *loss = NULL;
            merit_error err = {0};
            if (merit_loss_create(&loss, name, t.implicit, &err) != MERIT_OK) {
                assert_int_equal(err.code, MERIT_EUNSUPPORTED);
                assert_non_null(strstr(err.message, name));
                assert_non_null(strstr(err.message, "implicit"));
                assert_non_null(strstr(err.message, "Use "));
                n_refused++;
                continue;
            }
            merit_loss_free(loss);
            if (by_length && strcmp(name, "hierarchical-cross-entropy") == 0) {
                continue; // not ultrametric: refused of a table that is written out
            }
            compare_losses(&t, name, &by_label);
            compare_losses(&t, name, &by_target);
            check_row_gradient(t.implicit, name, seed);
        }
        if (turn != 2) { // with other parameters
            compare_losses(&t, "power-score(power=0.3, floor=0.5)", &by_label);
            compare_losses(&t, "log-score(floor=0.01)", &by_label);
            compare_losses(&t, "complement(scale=3)", &by_label);
            compare_losses(&t, "soft-labels(temperature=0.4)", &by_target);
            compare_losses(&t, "decision-score(temperature=0.02)", &by_label);
        }
        free(logits);
        free_twins(&t);
    }
    assert_int_equal(n_refused, 4); // geometric
}

// The float path of many classes is the row function in double, up to rounding.
static void check_fast(const merit_scores *scores, const char *spec, double spread,
                       uint64_t seed)
{
    enum { N = 3 };
    merit_loss *loss = NULL;
    assert_int_equal(merit_loss_create(&loss, spec, scores, NULL), MERIT_OK);
    assert_true(loss->def->fast != MERIT__FAST_NONE &&
                MANY >= (int)MERIT__FAST_CLASSES);
    float *logits = calloc(2 * N * MANY, sizeof *logits);
    float *dlogits = logits + N * MANY;
    double *z = calloc(2 * MANY, sizeof *z);
    int32_t labels[N] = {0, MANY / 2, MANY - 1};
    const float weights[N] = {1, 0.5F, 2};
    for (int64_t i = 0; i < N * MANY; i++) {
        logits[i] = (float)(spread * normal(&seed));
    }
    logits[MANY / 2] += (float)(5 * spread);
    const merit_loss_batch batch = {
        .n = N, .logits = logits, .labels = labels, .weights = weights, .scale = 1};
    double value = 0;
    double expected = 0;
    double unused = 0;
    assert_int_equal(merit_loss_eval(loss, &batch, &value, dlogits, NULL), MERIT_OK);
    assert_int_equal(merit_loss_eval(loss, &batch, &unused, NULL, NULL), MERIT_OK);
    assert_true(value == unused);
    for (int64_t n = 0; n < N; n++) {
        for (int64_t k = 0; k < MANY; k++) {
            z[k] = logits[n * MANY + k];
        }
        const double w = (double)weights[n];
        expected += w * merit_loss_row(loss, z, labels[n], 0, z + MANY);
        for (int64_t k = 0; k < MANY; k++) {
            assert_close(dlogits[n * MANY + k], w * z[MANY + k], 3e-6);
        }
    }
    assert_close(value, expected, 1e-6 * (1 + fabs(expected)));
    free(logits);
    free(z);
    merit_loss_free(loss);
}

static void test_fast_rows(void **state)
{
    (void)state;
    static const char *const specs[] = {"cross-entropy", "softmax-margin",
                                        "softmax-margin(scale=12)", "expected-score"};
    twins t = make_twins(MANY, 1, 0, 77);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        check_fast(t.implicit, specs[i], 0.1, 1);
        check_fast(t.implicit, specs[i], 3, 2);
        check_fast(t.implicit, specs[i], 40, 3);
        check_fast(t.written, specs[i], 3, 2);
    }
    free_twins(&t);
}

// Exponentials in float, beside those in double that the rows are specified with.
static void check_row_by_row(const merit_scores *scores, const char *name,
                             double spread, uint64_t seed)
{
    merit_loss *loss = NULL;
    float *logits = calloc(2 * MANY, sizeof *logits);
    double *z = calloc(2 * MANY, sizeof *z);
    merit_error err = {0};
    if (merit_loss_create(&loss, name, scores, &err) != MERIT_OK) {
        assert_int_equal(err.code, MERIT_EUNSUPPORTED);
    }
    for (int32_t label = 0; loss != NULL && label < MANY; label += MANY / 2) {
        const merit_loss_batch batch = {.n = 1, .logits = logits, .labels = &label};
        double value = 0;
        double largest = 0;
        for (int64_t k = 0; k < MANY; k++) {
            logits[k] = (float)(spread * normal(&seed));
            z[k] = logits[k];
        }
        assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, NULL),
                         MERIT_OK);
        const double expected = merit_loss_row(loss, z, label, 0, z + MANY);
        assert_close(value, expected, 1e-6 * fabs(expected) + 1e-30);
        for (int64_t k = 0; k < MANY; k++) {
            largest = fmax(largest, fabs(z[MANY + k]));
        }
        for (int64_t k = 0; k < MANY; k++) {
            assert_close(logits[MANY + k], z[MANY + k], 3e-6 * largest + 1e-30);
        }
    }
    merit_loss_free(loss);
    free(logits);
    free(z);
}

static void test_exponentials_in_float(void **state)
{
    (void)state;
    twins t = make_twins(MANY, 0, 0, 79);
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        const char *name = merit_loss_describe(i)->name;
        check_row_by_row(t.implicit, name, 0.1, 1);
        check_row_by_row(t.implicit, name, 3, 2);
        check_row_by_row(t.implicit, name, 30, 3);
    }
    free_twins(&t);
}

// What is wrong is told as for few classes.
static void test_fast_rows_refuse(void **state)
{
    (void)state;
    twins t = make_twins(MANY, 0, 0, 78);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    float *logits = calloc(2 * MANY, sizeof *logits);
    merit_loss *loss = NULL;
    assert_int_equal(merit_loss_create(&loss, "softmax-margin", t.implicit, NULL), 0);
    for (size_t i = 0; i < 3 * 4; i++) {
        const int64_t places[] = {0, 7, MANY / 2, MANY - 1};
        const int64_t at = places[i % 4];
        int32_t label = 5;
        double value = 0;
        merit_error err = {0};
        char expected[40];
        const merit_loss_batch batch = {.n = 1, .logits = logits, .labels = &label};
        logits[at] = bad[i / 4];
        snprintf(expected, sizeof expected, "logits[0][%lld]", (long long)at);
        assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, &err),
                         MERIT_ENUMERIC);
        assert_non_null(strstr(err.message, expected));
        logits[at] = 0;
        label = MANY;
        assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, &err),
                         MERIT_EFORMAT);
    }
    logits[3] = 2e38F; // finite, but nothing for float sums
    int32_t label = 3;
    double value = 0;
    const merit_loss_batch batch = {.n = 1, .logits = logits, .labels = &label};
    assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, NULL), 0);
    assert_true(value >= 0 && value < 1e-30);
    merit_loss_free(loss);
    free(logits);
    free_twins(&t);
}

static void test_decisions(void **state)
{
    (void)state;
    enum { N = 40 };
    for (uint64_t seed = 0; seed < 4; seed++) {
        uint64_t random = seed + 9;
        twins t = make_twins(150, seed % 2 == 1, seed > 1, seed + 20);
        const size_t K = 150;
        const merit_scores *tables[2] = {t.written, t.implicit};
        float *logits = calloc(N * K, sizeof *logits);
        int32_t labels[N], answers[2][N];
        double expected[2][N];
        merit_metrics metrics[2];
        double *posterior = calloc(N * K, sizeof *posterior);
        for (size_t i = 0; i < N * K; i++) {
            logits[i] = (float)(2 * normal(&random));
        }
        for (int rule = MERIT_RULE_ARGMAX; rule <= MERIT_RULE_BAYES; rule++) {
            for (int i = 0; i < 2; i++) {
                merit_decision *decision = NULL;
                const merit_decision_options options = {.rule = (merit_rule)rule};
                const merit_decision_results results = {answers[i], expected[i],
                                                        posterior};
                assert_int_equal(
                    merit_decision_create(&decision, tables[i], &options, NULL), 0);
                assert_int_equal(
                    merit_decision_apply(decision, logits, N, &results, NULL), 0);
                for (size_t n = 0; n < N; n++) {
                    labels[n] = (int32_t)(n * 3);
                }
                const merit_answers given = {.n = N,
                                             .labels = labels,
                                             .answers = answers[i],
                                             .expected = expected[i],
                                             .posterior = posterior};
                assert_int_equal(
                    merit_metrics_compute(&metrics[i], tables[i], &given, NULL), 0);
                merit_decision_free(decision);
            }
            for (size_t n = 0; n < N; n++) {
                assert_int_equal(answers[0][n], answers[1][n]);
                assert_close(expected[0][n], expected[1][n], 1e-12);
            }
            assert_close(metrics[0].mean_score, metrics[1].mean_score, 1e-12);
            assert_close(metrics[0].normalized_score, metrics[1].normalized_score,
                         1e-9);
            assert_close(metrics[0].decode_loss, metrics[1].decode_loss, 1e-9);
        }
        free(logits);
        free(posterior);
        free_twins(&t);
    }
}

/* The formula as it stands: p_k ~ exp(z_k) sum_j exp(z_j - cost S_kj). */
static void check_margins(const double *q, const merit_scores *scores,
                          const float *logits, double cost)
{
    const int64_t K = merit_scores_n_truths(scores);
    const int64_t A = merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    double *p = make_array(K, sizeof *p);
    double largest = logits[0];
    double sum = 0;
    for (int64_t k = 0; k < K; k++) {
        largest = fmax(largest, logits[k]);
    }
    for (int64_t k = 0; k < K; k++) {
        for (int64_t j = 0; j < K; j++) {
            p[k] += exp(logits[j] - largest - cost * S[k * A + j]);
        }
        p[k] *= exp(logits[k] - largest);
        sum += p[k];
    }
    for (int64_t k = 0; k < K; k++) {
        assert_close(q[k], p[k] / sum, 1e-6);
        assert_true(fabs(q[k] * sum - p[k]) < 1e-5 * p[k] || p[k] < 1e-30 * sum);
    }
    free(p);
}

static void test_margins(void **state)
{
    (void)state;
    enum { N = 8 };
    static const double costs[] = {3, 3, 17, 17, 100, 100, 2};
    for (uint64_t turn = 0; turn < 7; turn++) {
        uint64_t seed = turn + 1;
        // The exponentials of many classes are floats.
        const int64_t n_leaves = turn < 6 ? 300 : 2100;
        twins t = make_twins(n_leaves, turn % 2 == 1, turn > 3, turn + 60);
        const merit_scores *tables[2] = {t.written, t.implicit};
        double *q = make_array(2 * N * n_leaves, sizeof *q);
        float *logits = make_array(N * n_leaves, sizeof *logits);
        double expected[2][N];
        for (int64_t i = 0; i < N * n_leaves; i++) { // from alike to far apart
            logits[i] = (float)(pow(10, (double)(i / n_leaves) - 4) * normal(&seed));
        }
        for (int i = 0; i < 2; i++) {
            merit_decision *decision = NULL;
            merit_error err = {0};
            const merit_decision_options options = {
                .link = {MERIT_LINK_MARGIN, costs[turn]}};
            const merit_decision_results results = {.expected = expected[i],
                                                    .posterior = q + i * N * n_leaves};
            if (merit_decision_create(&decision, tables[i], &options, &err) ||
                merit_decision_apply(decision, logits, N, &results, &err)) {
                fail_msg("%s", err.message);
            }
            merit_decision_free(decision);
        }
        for (int64_t i = 0; i < N * n_leaves; i++) {
            assert_close(q[i], q[N * n_leaves + i], 1e-6);
        }
        for (int64_t n = 0; n < N; n++) {
            assert_close(expected[0][n], expected[1][n], 1e-6);
        }
        for (int64_t n = 0; n < N; n += turn < 6 ? 1 : 3) {
            check_margins(q + (N + n) * n_leaves, t.written, logits + n * n_leaves,
                          costs[turn]);
        }
        free(logits);
        free(q);
        free_twins(&t);
    }
}

static void test_a_hundred_thousand_leaves(void **state)
{
    (void)state;
    twins t = {0};
    merit_error err = {0};
    merit__tree tree = {0};
    char *text = random_edges(100000, 1, 3);
    const merit_scores_options options = {.answer_nodes = 1};
    assert_int_equal(merit__tree_parse(&tree, text, strlen(text), "t", &err), MERIT_OK);
    assert_int_equal(merit__scores_of_tree(&t.implicit, &tree, 1, "t", &options, &err),
                     MERIT_OK);
    assert_true(merit_scores_bytes(t.implicit) < 20000000);
    assert_true(merit_scores_bytes(t.implicit) > 5000000);
    assert_int_equal(merit_scores_write_out(&t.written, t.implicit, &err),
                     MERIT_ENOMEM);
    assert_non_null(strstr(err.message, "GB"));
    merit__tree_dispose(&tree);
    free(text);
    free_twins(&t);
}

static void test_numbers_of_a_tree(void **state)
{
    (void)state;
    enum { N = 6, K = 3, A = 5 };
    //      0
    //    1   4     classes are nodes 2, 3 and 5; answers also 0 and 1
    //   2 3  5
    static const int64_t parents[N] = {-1, 0, 1, 1, 0, 4};
    static const double places[N] = {0, 0.25, 0.5, 0.5, 0.25, 0.5};
    static const int64_t nodes[A] = {2, 3, 5, 0, 1};
    static const char *const names[A] = {"a", "b", "c", "all", "ab"};
    static const struct {
        int what; // 0: parents, 1: places, 2: nodes
        int64_t at;
        double value;
        const char *message;
    } wrong[] = {
        {0, 0, 0, "node 0 of a tree is not its root"},
        {0, 3, -1, "node 3 of a tree is not where a walk"},
        {0, 3, 3, "node 3 of a tree is not where a walk"},
        {0, 3, 5, "node 3 of a tree is not where a walk"},
        {0, 5, 2, "node 5 of a tree is not where a walk"},
        {0, 5, -7, "node 5 of a tree is not where a walk"},
        {0, 5, 0, "a tree of 4 leaves for 3 classes"},
        {1, 0, -1, "node 0 of a tree is not its root"},
        {1, 2, 0.1, "node 2 of a tree is not in a place"},
        {1, 2, 1.5, "node 2 of a tree is not in a place"},
        {1, 2, NAN, "node 2 of a tree is not in a place"},
        {2, 0, 3, "answer 1 of a tree is node 3, expected a leaf"},
        {2, 0, 1, "answer 0 of a tree is node 1, expected a leaf"},
        {2, 2, 6, "answer 2 of a tree is node 6, expected a leaf"},
        {2, 2, -1, "answer 2 of a tree is node -1, expected a leaf"},
        {2, 3, 2, "answer 3 of a tree is node 2, expected an inner node"},
        {2, 4, 0, "answer 4 of a tree is node 0, expected an inner node"},
    };
    for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++) {
        int64_t p[N], a[A];
        double x[N];
        merit_scores *scores = NULL;
        merit_error err = {0};
        memcpy(p, parents, sizeof p);
        memcpy(x, places, sizeof x);
        memcpy(a, nodes, sizeof a);
        const merit_tree tree = {N, K, A, p, x, a};
        if (i == sizeof wrong / sizeof *wrong) {
            double row[A];
            assert_int_equal(merit_scores_create_tree(&scores, &tree, names, &err), 0);
            merit_scores_row(scores, 0, row);
            assert_true(row[0] == 1 && row[1] == 0.5 && row[2] == 0);
            assert_true(row[3] == 0.5 && row[4] == 0.75);
            merit_scores_free(scores);
            continue;
        }
        if (wrong[i].what == 1) {
            x[wrong[i].at] = wrong[i].value;
        } else {
            (wrong[i].what == 0 ? p : a)[wrong[i].at] = (int64_t)wrong[i].value;
        }
        if (merit_scores_create_tree(&scores, &tree, names, &err) != MERIT_EINVAL ||
            strstr(err.message, wrong[i].message) == NULL) {
            fail_msg("%zu: %s", i, err.message);
        }
        assert_null(scores);
    }
}

static void test_without_memory(void **state)
{
    (void)state;
    const char *text = "a\tx\t1\nb\tx\t2\nx\tr\t1\nc\tr\t1\n";
    const char *newick = "((a:1,'b b':2)x:1,c:1)r;";
    const char *classes[] = {"c", "b_b", "a"};
    for (int kind = 0; kind < 2; kind++) {
        const char *bytes = kind == 0 ? text : newick;
        const merit_scores_options options = {.answer_nodes = 1,
                                              .dense_limit = 1,
                                              .n_classes = kind * 3,
                                              .classes = kind ? classes : NULL};
        merit_status status = MERIT_ENOMEM;
        for (long n = 1; status != MERIT_OK; n++) {
            merit__tree tree = {0};
            merit_scores *scores = NULL;
            merit_loss *loss = NULL;
            merit__alloc_fail_at(n, n % 2 == 0);
            status = merit__tree_parse(&tree, bytes, strlen(bytes), "t", NULL);
            if (status == MERIT_OK) {
                status = merit__scores_of_tree(&scores, &tree, 1, "t", &options, NULL);
            }
            if (status == MERIT_OK) {
                status = merit_loss_create(&loss, "softmax-margin", scores, NULL);
            }
            merit__alloc_fail_at(0, 0);
            assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
            assert_true(n < 1000);
            merit_loss_free(loss);
            merit_scores_free(scores);
            merit__tree_dispose(&tree);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_written_out_and_printed),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_fast_rows),
        cmocka_unit_test(test_fast_rows_refuse),
        cmocka_unit_test(test_exponentials_in_float),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_margins),
        cmocka_unit_test(test_a_hundred_thousand_leaves),
        cmocka_unit_test(test_numbers_of_a_tree),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
