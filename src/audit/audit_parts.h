/* The inside of an audit, for the files that each find out one thing. */
#ifndef MERIT_AUDIT_AUDIT_PARTS_H
#define MERIT_AUDIT_AUDIT_PARTS_H

#include "merit/audit.h"

struct merit_audit {
    merit_audit_facts facts;
    merit_scores *scores; // a copy
    const double *S;      // [K,A] its values
    int64_t K, A;
    merit_audit_options options; // without zeros
    double *priors;              // [K] sums to 1
    double *scaled;              // [K,A] (S_ij - max_k S_ik) / R; zeros when R is 0
    double *regret;              // [K,A] -scaled
    merit_audit_truth *truths;   // [K]
    merit_audit_answer *answers; // [A]
    double **witnesses;          // [A] each [K] or NULL
    double **mixtures;           // [A] each [A] or NULL
    int64_t *truth_twin;         // [K] the first truth with the same row, but for a
                                 // constant; itself when there is none
    double *spectra;             // eigenvalues and singular values, one array
    merit_audit_pair *traps;
    size_t trap_capacity;
    int64_t *trap_component; // [K]
    merit_finding *findings;
    size_t finding_capacity;
};

/* Differences of scores below this share of R are rounding. */
#define MERIT__AUDIT_ROUNDING 1e-9

/* Each fills its part of audit->facts and of the arrays, from what those above it
 * found. The classes' best, gap and spread; regrets; affine_M. */
void merit__audit_truths(merit_audit *audit);

/* Answers that differ by a constant, truths that no decision can tell apart. */
void merit__audit_twins(merit_audit *audit);

/* Volumes of the decisions' regions, agreement of argmax, witnesses. */
merit_status merit__audit_regions(merit_audit *audit, merit_error *err);

/* Which answers some belief makes the best, and the beliefs they need. */
merit_status merit__audit_reach(merit_audit *audit, merit_error *err);

/* Keeps eta [K] as the witness of an answer that leads by `lead` (of scaled scores)
 * there, when that is more than the last one. ENOMEM. */
merit_status merit__audit_witness(merit_audit *audit, int64_t answer, const double *eta,
                                  double lead, merit_error *err);

/* Eigenvalues, singular values, ranks. EBACKEND. */
merit_status merit__audit_spectra(merit_audit *audit, merit_error *err);

/* Singular values [K], descending, of a matrix [K,A], K <= A, which is lost. */
merit_status merit__audit_singular_values(double *values, double *matrix, int64_t K,
                                          int64_t A, merit_error *err);

/* Distances. */
merit_status merit__audit_geometry(merit_audit *audit, merit_error *err);

/* Traps, best constant answer, how long training on the expected score takes. */
merit_status merit__audit_training(merit_audit *audit, merit_error *err);

/* The findings, in sentences. */
merit_status merit__audit_findings(merit_audit *audit, merit_error *err);

#endif
