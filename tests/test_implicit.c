/* Tables of large trees, of which only rows are ever seen: everything is as with the
 * table that is written out. */
#include "implicit_fixtures.h"

#include "base/alloc.h"
#include "merit/metrics.h"
#include "scores/scores_table.h"

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
    static const double costs[] = {3, 3, 17, 17, 100, 100, 2, 2, 17, 17, 100, 100};
    for (uint64_t turn = 0; turn < 12; turn++) {
        uint64_t seed = turn + 1;
        // Many classes have a way of their own, where costs are moderate.
        const int64_t n_leaves = turn < 6 ? 300 : 2101 + (int64_t)turn % 3;
        twins t = make_twins(n_leaves, turn % 2 == 1, turn % 4 > 1, turn + 60);
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

/*      0
 *    1   4     classes are nodes 2, 3 and 5; answers also 0 and 1
 *   2 3  5
 */
enum { N_NODES = 6, N_TRUTHS = 3, N_ANSWERS = 5 };
static const int64_t parents[N_NODES] = {-1, 0, 1, 1, 0, 4};
static const double places[N_NODES] = {0, 0.25, 0.5, 0.5, 0.25, 0.5};
static const int64_t nodes[N_ANSWERS] = {2, 3, 5, 0, 1};
static const char *const names[N_ANSWERS] = {"a", "b", "c", "all", "ab"};

static void test_numbers_of_a_tree(void **state)
{
    (void)state;
    const merit_tree tree = {N_NODES, N_TRUTHS, N_ANSWERS, parents, places, nodes};
    merit_scores *scores = NULL;
    merit_error err = {0};
    double row[N_ANSWERS];
    assert_int_equal(merit_scores_create_tree(&scores, &tree, names, &err), 0);
    merit_scores_row(scores, 0, row);
    assert_true(row[0] == 1 && row[1] == 0.5 && row[2] == 0);
    assert_true(row[3] == 0.5 && row[4] == 0.75);
    merit_scores_free(scores);
}

static void test_wrong_numbers_of_a_tree(void **state)
{
    (void)state;
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
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t p[N_NODES], a[N_ANSWERS];
        double x[N_NODES];
        merit_scores *scores = NULL;
        merit_error err = {0};
        memcpy(p, parents, sizeof p);
        memcpy(x, places, sizeof x);
        memcpy(a, nodes, sizeof a);
        const merit_tree tree = {N_NODES, N_TRUTHS, N_ANSWERS, p, x, a};
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
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_margins),
        cmocka_unit_test(test_a_hundred_thousand_leaves),
        cmocka_unit_test(test_numbers_of_a_tree),
        cmocka_unit_test(test_wrong_numbers_of_a_tree),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
