/* The decode matrix: exact where the targets allow it, honest where they do not. */
#include "merit/decide.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { MAX_K = 8, MAX_A = 10, N_BELIEFS = 20000 };

static const double question[4 * 4] = {
    2,  1,  0,  -1, //
    1,  2,  -1, 0,  //
    0,  -1, 0,  1,  //
    -1, 0,  1,  2,
};

static double uniform(uint32_t a, uint32_t b)
{
    uint32_t words[4];
    merit__random(words, 3, MERIT__USE_INIT, a, b, 0);
    return merit__uniform(words[0]);
}

/* A random posterior eta [K], uniform over the simplex. */
static void fill_belief(double *eta, size_t K, uint32_t row)
{
    double sum = 0;
    for (size_t i = 0; i < K; i++) {
        eta[i] = -log1p(-uniform(row, (uint32_t)i)) + 1e-9;
        sum += eta[i];
    }
    for (size_t i = 0; i < K; i++) {
        eta[i] /= sum;
    }
}

/* out[k] = sum_i v[i] M[i][k] */
static void multiply(double *out, const double *v, const double *M, size_t K, size_t A)
{
    memset(out, 0, A * sizeof *out);
    for (size_t i = 0; i < K; i++) {
        for (size_t k = 0; k < A; k++) {
            out[k] += v[i] * M[i * A + k];
        }
    }
}

static size_t best_of(const double *values, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        best = values[i] > values[best] ? i : best;
    }
    return best;
}

/* Soft labels softmax(S_i / temperature) of the first K answers. */
static void exponential_labels(double *P, const double *S, size_t K, size_t A,
                               double temperature)
{
    for (size_t i = 0; i < K; i++) {
        double sum = 0;
        for (size_t j = 0; j < K; j++) {
            sum += P[i * K + j] = exp(S[i * A + j] / temperature);
        }
        for (size_t j = 0; j < K; j++) {
            P[i * K + j] /= sum;
        }
    }
}

/* Affine labels 1/K + (S_ij - mean_i) / M of the first K answers, M the least. */
static void affine_labels(double *P, const double *S, size_t K, size_t A)
{
    double mean[MAX_K] = {0}, M = 0;
    for (size_t i = 0; i < K; i++) {
        double low = INFINITY;
        for (size_t j = 0; j < K; j++) {
            mean[i] += S[i * A + j] / (double)K;
            low = fmin(low, S[i * A + j]);
        }
        M = fmax(M, (double)K * (mean[i] - low));
    }
    for (size_t i = 0; i < K; i++) {
        for (size_t j = 0; j < K; j++) {
            P[i * K + j] = 1 / (double)K + (S[i * A + j] - mean[i]) / M;
        }
    }
}

static void decode_matrix(double *D, double *residual, const double *P, const double *S,
                          size_t K, size_t A)
{
    merit_scores *scores = NULL;
    merit_error err;
    assert_int_equal(
        merit_scores_create(&scores, (int64_t)K, (int64_t)A, S, NULL, NULL), MERIT_OK);
    if (merit_decode_matrix(D, residual, P, scores, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit_scores_free(scores);
}

/* Decides random posteriors eta from q = P^T eta: every answer must be a best one.
 * Returns the largest amount by which the claimed scores differ from the true ones. */
static double check_decisions(const double *D, const double *P, const double *S,
                              size_t K, size_t A, double tolerance)
{
    double eta[MAX_K], q[MAX_K], u[MAX_A], claimed[MAX_A], largest = 0;
    for (uint32_t row = 0; row < N_BELIEFS; row++) {
        fill_belief(eta, K, row);
        multiply(u, eta, S, K, A);
        multiply(q, eta, P, K, K);
        multiply(claimed, q, D, K, A);
        assert_true(u[best_of(claimed, A)] >= u[best_of(u, A)] - 2 * tolerance);
        for (size_t k = 0; k < A; k++) {
            // The same for every answer.
            assert_true(fabs(claimed[k] - u[k] - (claimed[0] - u[0])) < tolerance);
            largest = fmax(largest, fabs(claimed[k] - u[k]));
        }
    }
    return largest;
}

/* The largest singular value of M [n,n], by power iteration. */
static double norm_of(const double *M, size_t n)
{
    double x[MAX_K], y[MAX_K], norm = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = 1 + 0.1 * (double)i;
    }
    for (int iteration = 0; iteration < 1000; iteration++) {
        norm = 0;
        for (size_t i = 0; i < n; i++) {
            y[i] = 0;
            for (size_t j = 0; j < n; j++) {
                y[i] += M[i * n + j] * x[j];
            }
        }
        multiply(x, y, M, n, n);
        for (size_t i = 0; i < n; i++) {
            norm += x[i] * x[i];
        }
        norm = sqrt(norm);
        for (size_t i = 0; i < n; i++) {
            x[i] /= norm;
        }
    }
    return sqrt(norm);
}

/* Soft labels of the question's table mislead argmax as often as is known, and their
 * decode matrix never errs and claims the true expected scores. */
static void test_exponential_labels(void **state)
{
    (void)state;
    static const double identity[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    static const struct {
        double temperature, condition, argmax_errors;
    } cases[] = {{0.25, 325834, 0.194},
                 {0.5, 852.01, 0.161},
                 {1, 64.53, 0.111},
                 {2, 31.68, 0.070},
                 {8, 56.04, 0.022}};
    for (size_t c = 0; c < LENGTH(cases); c++) {
        double P[16], D[16], inverse[16], residual, argmax_errors = 0;
        exponential_labels(P, question, 4, 4, cases[c].temperature);
        decode_matrix(inverse, &residual, P, identity, 4, 4);
        const double condition = norm_of(P, 4) * norm_of(inverse, 4);
        assert_true(fabs(condition / cases[c].condition - 1) < 1e-3);
        decode_matrix(D, &residual, P, question, 4, 4);
        assert_true(residual < 1e-10);
        assert_true(check_decisions(D, P, question, 4, 4, 1e-9) < 1e-9);
        for (uint32_t row = 0; row < N_BELIEFS; row++) {
            double eta[4], q[4], u[4];
            fill_belief(eta, 4, row);
            multiply(q, eta, P, 4, 4);
            multiply(u, eta, question, 4, 4);
            argmax_errors += (best_of(q, 4) != best_of(u, 4)) / (double)N_BELIEFS;
        }
        assert_true(fabs(argmax_errors - cases[c].argmax_errors) < 0.01);
    }
}

/* Affine labels, also where they are singular, also with extra answers. `exact` says
 * that (q^T D)_k is to be the expected score itself. */
static void test_affine_labels(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t K, A;
        int exact;
        double S[6 * 7];
    } cases[] = {
        {"identity", 3, 3, 1, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        {"question", 4, 4, 1, {2, 1, 0, -1, 1, 2, -1, 0, 0, -1, 0, 1, -1, 0, 1, 2}},
        {"question and don't know", 4, 5, 1, {2, 1,  0, -1, .75, 1,  2, -1, 0, .75,
                                              0, -1, 0, 1,  .75, -1, 0, 1,  2, .75}},
        // Rows 1 and 2 differ by 5: no decision can tell these truths apart.
        {"twin truths", 3, 3, 0, {2, 1, 0, 7, 6, 5, 0, 1, 2}},
        {"twin truths and their middle",
         3,
         4,
         0,
         {2, 1, 0, 1.5, 7, 6, 5, 6.5, 0, 1, 2, .5}},
        // Truths 1 and 2 are alike whatever is answered, and so is don't know.
        {"equal truths", 3, 4, 1, {2, 1, 0, 1.25, 2, 1, 0, 1.25, 0, 1, 2, 0.5}},
        // Every row a b c a b c: two truths to each kind.
        {"rank 2", 6, 6, 1, {3, 0, 0, 3, 0, 0, 0, 3, 0, 0, 3, 0, 0, 0, 3, 0, 0, 3,
                             3, 0, 0, 3, 0, 0, 0, 3, 0, 0, 3, 0, 0, 0, 3, 0, 0, 3}},
    };
    for (size_t c = 0; c < LENGTH(cases); c++) {
        const double *S = cases[c].S;
        const size_t K = cases[c].K, A = cases[c].A;
        double P[MAX_K * MAX_K], D[MAX_K * MAX_A], residual;
        affine_labels(P, S, K, A);
        decode_matrix(D, &residual, P, S, K, A);
        const double off = check_decisions(D, P, S, K, A, 1e-11);
        if (residual > 1e-12 || (off < 1e-11) != cases[c].exact) {
            fail_msg("%s: residual %g, claimed scores off by %g", cases[c].name,
                     residual, off);
        }
    }
}

/* What a singular P hides: c = -(I - P P^+) m, for every answer alike. */
static void test_hidden_constant(void **state)
{
    (void)state;
    // Truths 1 and 2 have the same targets; row means are 1, 6 and 1, of which P can
    // express 3.5, 3.5 and 1.
    static const double S[9] = {2, 1, 0, 7, 6, 5, 0, 1, 2};
    static const double P[9] = {0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.25, 0.25, 0.5};
    static const double c[3] = {2.5, -2.5, 0};
    double D[9], residual, product[3];
    decode_matrix(D, &residual, P, S, 3, 3);
    assert_true(residual < 1e-14);
    for (size_t i = 0; i < 3; i++) {
        multiply(product, P + 3 * i, D, 3, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_true(fabs(product[k] - S[3 * i + k] - c[i]) < 1e-13);
        }
    }
}

static void test_no_exact_matrix(void **state)
{
    (void)state;
    static const struct {
        size_t K, A;
        double P[9], S[12], residual;
    } cases[] = {
        // The targets do not tell the truths apart, the scores do.
        {2, 2, {0.5, 0.5, 0.5, 0.5}, {1, 0, 0, 1}, 0.5},
        {2, 3, {0.5, 0.5, 0.5, 0.5}, {1, 0, 0, 0, 1, 2}, 0.75},
        // Only the extra answer does.
        {3,
         4,
         {0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.1, 0.8},
         {1, 0, 0, 0, 1, 0, 0, 4, 0, 0, 1, 0},
         1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        double D[12], residual;
        decode_matrix(D, &residual, cases[i].P, cases[i].S, cases[i].K, cases[i].A);
        assert_true(fabs(residual - cases[i].residual) < 1e-13);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    const struct {
        double P[4];
        const char *message;
    } cases[] = {
        {{1, 0, 0.5, 0.6}, "row 1 of the targets sums to 1.1, expected 1"},
        {{0, 0, 0, 1}, "row 0 of the targets sums to 0"},
        {{1, 0, -0.5, 1.5}, "targets[1][0] is -0.5, expected a probability"},
        {{NAN, 1, 0, 1}, "targets[0][0] is nan"},
        {{1, INFINITY, 0, 1}, "targets[0][1] is inf"},
    };
    static const double S[4] = {1, 0, 0, 1};
    merit_scores *scores = NULL;
    double D[4], residual;
    merit_error err;
    assert_int_equal(merit_scores_create(&scores, 2, 2, S, NULL, NULL), MERIT_OK);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_int_equal(merit_decode_matrix(D, &residual, cases[i].P, scores, &err),
                         MERIT_EINVAL);
        assert_non_null(strstr(err.message, cases[i].message));
    }
    assert_int_equal(merit_decode_matrix(NULL, &residual, S, scores, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decode_matrix(D, NULL, S, scores, NULL), MERIT_EINVAL);
    assert_int_equal(merit_decode_matrix(D, &residual, NULL, scores, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decode_matrix(D, &residual, S, NULL, NULL), MERIT_EINVAL);

    int n_failures = 0;
    for (long n = 1;; n++) {
        merit__alloc_fail_at(n, 0);
        const merit_status status = merit_decode_matrix(D, &residual, S, scores, &err);
        merit__alloc_fail_at(0, 0);
        if (status == MERIT_OK) {
            break;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        n_failures++;
    }
    assert_int_equal(n_failures, 4);
    merit_scores_free(scores);
}

/* D = T^T S, extra answers included. */
static void test_channel(void **state)
{
    (void)state;
    static const double T[4] = {0.9, 0.25, 0.1, 0.75};
    static const double S[6] = {1, 0, 0.5, -2, 4, 0.5};
    static const double expected[6] = {0.7, 0.4, 0.5, -1.25, 3, 0.5};
    const struct {
        double T[4];
        const char *message;
    } bad[] = {
        {{1, 0.5, 0, 0.6}, "column 1 of the channel sums to 1.1, expected 1"},
        {{1, -0.5, 0, 1.5}, "channel[0][1] is -0.5, expected a probability"},
        {{NAN, 0, 1, 1}, "channel[0][0] is nan"},
    };
    merit_scores *scores = NULL;
    double D[6];
    merit_error err;
    assert_int_equal(merit_scores_create(&scores, 2, 3, S, NULL, NULL), MERIT_OK);
    assert_int_equal(merit_decode_channel(D, T, scores, NULL), MERIT_OK);
    for (size_t i = 0; i < LENGTH(D); i++) {
        assert_true(fabs(D[i] - expected[i]) < 1e-15);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_int_equal(merit_decode_channel(D, bad[i].T, scores, &err), MERIT_EINVAL);
        assert_non_null(strstr(err.message, bad[i].message));
    }
    assert_int_equal(merit_decode_channel(NULL, T, scores, NULL), MERIT_EINVAL);
    assert_int_equal(merit_decode_channel(D, NULL, scores, NULL), MERIT_EINVAL);
    assert_int_equal(merit_decode_channel(D, T, NULL, NULL), MERIT_EINVAL);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential_labels),
        cmocka_unit_test(test_affine_labels),
        cmocka_unit_test(test_hidden_constant),
        cmocka_unit_test(test_no_exact_matrix),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
