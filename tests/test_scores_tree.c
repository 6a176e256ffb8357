/* The tree of a table against the distances themselves. */
#include "scores/scores_tree.h"

#include "base/alloc.h"
#include "loss_fixtures.h"

enum { MAX_CLASSES = 60 };

/* A random tree over classes in a random order: classes belong to the same node of a
 * level when their numbers, halved that often, agree. Some levels are missing. */
static void fill_random_tree(double *values, int64_t K, uint64_t *seed)
{
    int64_t number[MAX_CLASSES];
    double score[8];
    double next = 5;
    for (int level = 0; level < 8; level++) {
        score[level] = next;
        next -= uniform(seed) < 0.4 ? 0 : uniform(seed) * 3;
    }
    for (int64_t i = 0; i < K; i++) {
        number[i] = i;
    }
    for (int64_t i = K - 1; i > 0; i--) {
        const int64_t other = (int64_t)(uniform(seed) * (double)(i + 1));
        const int64_t kept = number[i];
        number[i] = number[other];
        number[other] = kept;
    }
    for (int64_t i = 0; i < K; i++) {
        const double shift = 10 * normal(seed);
        for (int64_t j = 0; j < K; j++) {
            int level = 0;
            while (level < 7 && number[i] >> level != number[j] >> level) {
                level++;
            }
            values[i * K + j] = score[level] + shift;
        }
    }
}

/* How many different distances from i are larger than that to j; a node of distance 0
 * lies above the classes in it. */
static double count_larger(const double *values, int64_t K, int64_t i, int64_t j)
{
    const double apart = values[i * K + i] - values[i * K + j];
    double n = 0;
    for (int64_t k = 0; k < K; k++) {
        const double distance = values[i * K + i] - values[i * K + k];
        int is_new = distance > apart + 1e-6 || (i == j && k != i && distance < 1e-6);
        for (int64_t l = 0; l < k && is_new; l++) {
            is_new = l == i || fabs(values[i * K + l] - values[i * K + k]) > 1e-6;
        }
        n += is_new;
    }
    return n;
}

static void depths_count_the_nodes_above(void **state)
{
    (void)state;
    double values[MAX_CLASSES * MAX_CLASSES];
    double depths[MAX_CLASSES * MAX_CLASSES];
    int n_checked = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const int64_t K = 2 + (int64_t)(seed % (MAX_CLASSES - 1));
        uint64_t source = seed;
        merit_error err = {0};
        fill_random_tree(values, K, &source);
        merit_scores *scores = make_scores(values, K, K);
        merit_status status = merit__scores_tree(depths, scores, "test", "", &err);
        // Where no level is left all classes are the same.
        if (strstr(err.message, "no two classes") == NULL) {
            if (status != MERIT_OK) {
                fail_msg("seed %d: %s", (int)seed, err.message);
            }
            for (int64_t k = 0; k < K * K; k++) {
                assert_true(depths[k] == count_larger(values, K, k / K, k % K));
                n_checked++;
            }
            // The first and the last class further apart than a third one allows.
            int has_third = 0;
            for (int64_t k = 1; k < K - 1; k++) {
                has_third |= values[k] >= values[K - 1] - 1e-6;
            }
            values[K - 1] -= 0.01;
            values[(K - 1) * K] -= 0.01;
            merit_scores_free(scores);
            scores = make_scores(values, K, K);
            status = merit__scores_tree(depths, scores, "test", "", &err);
            assert_true(status == (has_third ? MERIT_EUNSUPPORTED : MERIT_OK));
        }
        merit_scores_free(scores);
    }
    assert_true(n_checked > 10000);
}

static void allocations_may_fail(void **state)
{
    (void)state;
    double depths[QUESTION_CLASSES * QUESTION_CLASSES];
    double values[QUESTION_CLASSES * QUESTION_CLASSES];
    fill_table(values, TABLE_TREE, QUESTION_CLASSES, 0);
    merit_scores *scores = make_scores(values, QUESTION_CLASSES, QUESTION_CLASSES);
    for (long at = 1; at <= 3; at++) {
        merit__alloc_fail_at(at, 0);
        merit_status status = merit__scores_tree(depths, scores, "test", "", NULL);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, at <= 2 ? MERIT_ENOMEM : MERIT_OK);
    }
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depths_count_the_nodes_above),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
