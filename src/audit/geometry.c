/* The table as distances D_ij = (S_ii + S_jj) / 2 - S_ij between classes. */
#include "audit/audit_parts.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

static double at(const merit_audit *audit, int64_t i, int64_t j)
{
    return audit->S[i * audit->A + j];
}

static int64_t count_asymmetric(const merit_audit *audit)
{
    int64_t n = 0;
    for (int64_t i = 0; i < audit->K; i++) {
        for (int64_t j = 0; j < i; j++) {
            n += at(audit, i, j) != at(audit, j, i);
        }
    }
    return n;
}

// Whether every row falls strictly on both sides of the diagonal.
static int is_ordinal(const merit_audit *audit)
{
    for (int64_t i = 0; i < audit->K; i++) {
        for (int64_t j = 1; j < audit->K; j++) {
            const int rises = at(audit, i, j) > at(audit, i, j - 1);
            const int falls = at(audit, i, j) < at(audit, i, j - 1);
            if (j <= i ? !rises : !falls) {
                return 0;
            }
        }
    }
    return audit->K > 2;
}

static int is_metric(const double *D, int64_t K, double rounding)
{
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < i; j++) {
            const double direct = D[i * K + j];
            if (direct <= rounding) {
                return 0;
            }
            for (int64_t m = 0; m < K; m++) {
                if (direct > D[i * K + m] + D[j * K + m] + rounding) {
                    return 0;
                }
            }
        }
    }
    return 1;
}

// Whether D_ij <= max(D_im, D_jm) for all three classes.
static int is_ultrametric(const double *D, int64_t K, double rounding)
{
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < i; j++) {
            for (int64_t m = 0; m < K; m++) {
                if (D[i * K + j] > fmax(D[i * K + m], D[j * K + m]) + rounding) {
                    return 0;
                }
            }
        }
    }
    return 1;
}

/* The four-point condition, by distances from class 0: with the products
 * G_ij = (D_i0 + D_j0 - D_ij) / 2 it is G_ij >= min(G_im, G_jm) for all three classes
 * (Gromov 1987; a space that is 0-hyperbolic at one point is so at each). */
static int is_tree(const double *D, double *G, int64_t K, double rounding)
{
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            // Negated: the condition is then that of an ultrametric.
            G[i * K + j] = -(D[i * K] + D[j * K] - D[i * K + j]) / 2;
        }
    }
    return is_ultrametric(G, K, rounding);
}

// Whether the classes are points on a line: all by their distances from one end.
static int is_line(const double *D, int64_t K, double rounding)
{
    int64_t end = 0;
    for (int64_t i = 1; i < K; i++) {
        end = D[i] > D[end] ? i : end;
    }
    const double *position = D + end * K;
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (fabs(fabs(position[i] - position[j]) - D[i * K + j]) > rounding) {
                return 0;
            }
        }
    }
    return 1;
}

merit_status merit__audit_geometry(merit_audit *audit, merit_error *err)
{
    const int64_t K = audit->K;
    merit_audit_facts *facts = &audit->facts;
    double largest = 0;
    facts->n_asymmetric = count_asymmetric(audit);
    facts->is_symmetric = facts->n_asymmetric == 0;
    facts->is_ordinal = is_ordinal(audit);
    if (!facts->is_symmetric) {
        facts->is_semidefinite = 0;
        facts->is_zero_sum_semidefinite = 0;
        return MERIT_OK;
    }
    double *D = merit__alloc_array((size_t)(2 * K * K), sizeof *D);
    if (D == NULL) {
        return merit__fail_memory(err, (size_t)(2 * K * K) * sizeof *D, "distances");
    }
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            D[i * K + j] = (at(audit, i, i) + at(audit, j, j)) / 2 - at(audit, i, j);
            largest = fmax(largest, fabs(D[i * K + j]));
        }
    }
    const double rounding = MERIT__AUDIT_ROUNDING * largest;
    facts->is_metric = is_metric(D, K, rounding);
    facts->is_ultrametric = facts->is_metric && is_ultrametric(D, K, rounding);
    facts->is_line = facts->is_metric && is_line(D, K, rounding);
    facts->is_tree = facts->is_metric && is_tree(D, D + K * K, K, rounding);
    merit__free(D);
    return MERIT_OK;
}
