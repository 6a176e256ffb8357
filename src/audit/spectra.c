#include "audit/audit_parts.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <lapacke.h>

#include "base/alloc.h"
#include "base/fail.h"

static merit_status failed(merit_error *err, const char *routine, lapack_int info)
{
    return merit__fail(err, MERIT_EBACKEND, "LAPACK's %s gave up (%d)", routine,
                       (int)info);
}

// Eigenvalues, ascending, of the symmetric matrix [n,n], which is lost.
static merit_status find_eigenvalues(double *values, double *matrix, int64_t n,
                                     merit_error *err)
{
    double size = 0;
    lapack_int info = LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 'N', 'L', (lapack_int)n,
                                         matrix, (lapack_int)n, values, &size, -1);
    if (info != 0) {
        return failed(err, "dsyev", info);
    }
    double *work = merit__alloc_array((size_t)size, sizeof *work);
    if (work == NULL) {
        return merit__fail_memory(err, (size_t)size * sizeof *work, "eigenvalues");
    }
    info = LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 'N', 'L', (lapack_int)n, matrix,
                              (lapack_int)n, values, work, (lapack_int)size);
    merit__free(work);
    return info == 0 ? MERIT_OK : failed(err, "dsyev", info);
}

merit_status merit__audit_singular_values(double *values, double *matrix, int64_t K,
                                          int64_t A, merit_error *err)
{
    const lapack_int k = (lapack_int)K, a = (lapack_int)A;
    double size = 0;
    // By columns it is the transposed matrix, with the same singular values.
    lapack_int info = LAPACKE_dgesvd_work(LAPACK_COL_MAJOR, 'N', 'N', a, k, matrix, a,
                                          values, NULL, 1, NULL, 1, &size, -1);
    if (info != 0) {
        return failed(err, "dgesvd", info);
    }
    double *work = merit__alloc_array((size_t)size, sizeof *work);
    if (work == NULL) {
        return merit__fail_memory(err, (size_t)size * sizeof *work, "singular values");
    }
    info = LAPACKE_dgesvd_work(LAPACK_COL_MAJOR, 'N', 'N', a, k, matrix, a, values,
                               NULL, 1, NULL, 1, work, (lapack_int)size);
    merit__free(work);
    return info == 0 ? MERIT_OK : failed(err, "dgesvd", info);
}

// `size` is the largest singular value of the table: what is below its rounding is 0.
static int64_t rank_of(const double *singular_values, int64_t K, int64_t A, double size)
{
    const double limit = size * (double)A * DBL_EPSILON;
    int64_t rank = 0;
    while (rank < K && singular_values[rank] > limit) {
        rank++;
    }
    return rank;
}

// matrix [K,K] = (S + S^T) / 2 of the classes
static void symmetrise(const merit_audit *audit, double *matrix)
{
    const int64_t K = audit->K, A = audit->A;
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            matrix[i * K + j] = (audit->S[i * A + j] + audit->S[j * A + i]) / 2;
        }
    }
}

// Turns the symmetric matrix [K,K] by the reflection that takes (1, ..., 1) to an axis,
// the first, and leaves the other K - 1 rows and columns in matrix [K-1,K-1].
static void restrict_to_zero_sum(double *matrix, int64_t K, double *scratch)
{
    // H = I - v v^T / (1 + v_0), v = (1, ..., 1) / sqrt(K) + e_0 turns it to -e_0.
    double *v = scratch, *w = scratch + K;
    const double length = sqrt((double)K);
    for (int64_t i = 0; i < K; i++) {
        v[i] = 1 / length + (i == 0 ? 1 : 0);
    }
    const double beta = 1 / (1 + 1 / length); // 2 / v.v
    double vMv = 0;
    for (int64_t i = 0; i < K; i++) {
        w[i] = 0;
        for (int64_t j = 0; j < K; j++) {
            w[i] += matrix[i * K + j] * v[j];
        }
        vMv += w[i] * v[i];
    }
    for (int64_t i = 1; i < K; i++) {
        for (int64_t j = 1; j < K; j++) {
            // The target lies before the source: nothing is overwritten unread.
            matrix[(i - 1) * (K - 1) + j - 1] =
                matrix[i * K + j] -
                beta * (v[i] * w[j] + w[i] * v[j] - beta * vMv * v[i] * v[j]);
        }
    }
}

static void centre_rows(const merit_audit *audit, double *matrix)
{
    const int64_t A = audit->A;
    for (int64_t i = 0; i < audit->K; i++) {
        const double *row = audit->S + i * A;
        double mean = 0;
        for (int64_t k = 0; k < A; k++) {
            mean += row[k] / (double)A;
        }
        for (int64_t k = 0; k < A; k++) {
            matrix[i * A + k] = row[k] - mean;
        }
    }
}

static int is_nonnegative(const double *eigenvalues, int64_t n)
{
    const double largest = fmax(fabs(eigenvalues[0]), fabs(eigenvalues[n - 1]));
    return eigenvalues[0] >= -MERIT__AUDIT_ROUNDING * largest;
}

merit_status merit__audit_spectra(merit_audit *audit, merit_error *err)
{
    const int64_t K = audit->K, A = audit->A;
    merit_audit_facts *facts = &audit->facts;
    double *matrix = merit__alloc_array((size_t)(K * A + 2 * K), sizeof *matrix);
    merit_status status = MERIT_OK;
    audit->spectra = merit__alloc_array((size_t)(4 * K), sizeof *audit->spectra);
    if (matrix == NULL || audit->spectra == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)(K * A + 6 * K) * sizeof *matrix,
                                     "eigenvalues"));
    }
    double *eigen = audit->spectra, *zero_sum = eigen + K;
    double *singular = zero_sum + K, *centred = singular + K;
    symmetrise(audit, matrix);
    MERIT_TRY(find_eigenvalues(eigen, matrix, K, err));
    symmetrise(audit, matrix);
    restrict_to_zero_sum(matrix, K, matrix + K * A);
    MERIT_TRY(find_eigenvalues(zero_sum, matrix, K - 1, err));
    memcpy(matrix, audit->S, (size_t)(K * A) * sizeof *matrix);
    MERIT_TRY(merit__audit_singular_values(singular, matrix, K, A, err));
    centre_rows(audit, matrix);
    MERIT_TRY(merit__audit_singular_values(centred, matrix, K, A, err));
    facts->eigenvalues = eigen;
    facts->zero_sum_eigenvalues = zero_sum;
    facts->singular_values = singular;
    facts->centred_singular_values = centred;
    facts->rank = rank_of(singular, K, A, singular[0]);
    facts->centred_rank = rank_of(centred, K, A, singular[0]);
    facts->is_semidefinite = is_nonnegative(eigen, K);
    facts->is_zero_sum_semidefinite = is_nonnegative(zero_sum, K - 1);

fail:
    merit__free(matrix);
    return status;
}
