/* Which answers are the Bayes decision for some belief. */
#include "audit/audit_parts.h"

#include <math.h>
#include <string.h>

#include "audit/beliefs.h"
#include "audit/programs.h"
#include "base/alloc.h"
#include "base/fail.h"

enum { MOST_PAIRS = 2000 }; // of an extra answer and a class

static const double agreement = 1e-6; // of the two sides of a program's solution

merit_status merit__audit_witness(merit_audit *audit, int64_t answer, const double *eta,
                                  double lead, merit_error *err)
{
    merit_audit_answer *found = &audit->answers[answer];
    const size_t n_bytes = (size_t)audit->K * sizeof(double);
    if (!(lead > MERIT__AUDIT_ROUNDING) ||
        lead <= found->margin + MERIT__AUDIT_ROUNDING) {
        return MERIT_OK; // nothing, or nothing new
    }
    if (audit->witnesses[answer] == NULL) {
        audit->witnesses[answer] = merit__alloc_array((size_t)audit->K, sizeof(double));
        if (audit->witnesses[answer] == NULL) {
            return merit__fail_memory(err, n_bytes, "a belief");
        }
    }
    memcpy(audit->witnesses[answer], eta, n_bytes);
    found->margin = lead;
    found->reach = MERIT_REACH_BELIEFS;
    found->proof = MERIT_PROOF_BELIEF;
    return MERIT_OK;
}

// How far answer k leads all others at a belief.
static double lead_of(const merit_audit *audit, int64_t k, const double *eta,
                      double *expected)
{
    double next = -INFINITY;
    merit__belief_expected(expected, eta, audit->scaled, audit->K, audit->A);
    for (int64_t j = 0; j < audit->A; j++) {
        next = j == k ? next : fmax(next, expected[j]);
    }
    return expected[k] - next;
}

// The most by which k earns more than a mixture of other answers for any truth: no
// belief can give k a greater lead.
static double lead_limit(const merit_audit *audit, int64_t k, const double *mixture)
{
    double most = -INFINITY;
    for (int64_t i = 0; i < audit->K; i++) {
        const double *row = audit->scaled + i * audit->A;
        double mixed = 0;
        for (int64_t j = 0; j < audit->A; j++) {
            mixed += mixture[j] * row[j];
        }
        most = fmax(most, row[k] - mixed);
    }
    return most;
}

// Certain beliefs: each truth's only best answer, the truth itself first.
static merit_status try_certain_beliefs(merit_audit *audit, double *eta,
                                        merit_error *err)
{
    merit_status status = MERIT_OK;
    memset(eta, 0, (size_t)audit->K * sizeof *eta);
    for (int64_t n = 0; n < 2 * audit->K; n++) {
        const int64_t i = n % audit->K;
        const int64_t best = audit->truths[i].best;
        if ((best == i) != (n < audit->K)) {
            continue;
        }
        const double *row = audit->scaled + i * audit->A;
        double next = -INFINITY;
        for (int64_t j = 0; j < audit->A; j++) {
            next = j == best ? next : fmax(next, row[j]);
        }
        eta[i] = 1;
        MERIT_TRY(merit__audit_witness(audit, best, eta, row[best] - next, err));
        eta[i] = 0;
    }

fail:
    return status;
}

// What the solution of the program for the margin proves, looked at from both sides.
static merit_status judge(merit_audit *audit, int64_t k, const double *eta,
                          double *mixture, double *expected, merit_error *err)
{
    merit_audit_answer *answer = &audit->answers[k];
    const double low = lead_of(audit, k, eta, expected);
    const double high = lead_limit(audit, k, mixture);
    merit_status status = merit__audit_witness(audit, k, eta, low, err);
    if (status != MERIT_OK || !(high - low < agreement)) {
        return status; // not proved: what is known stays
    }
    answer->proof = MERIT_PROOF_PROGRAM;
    if (answer->reach == MERIT_REACH_BELIEFS) {
        return MERIT_OK;
    }
    answer->reach =
        high < -MERIT__AUDIT_ROUNDING ? MERIT_REACH_NEVER : MERIT_REACH_TIES;
    answer->margin = answer->reach == MERIT_REACH_TIES ? 0 : low;
    audit->witnesses[k] = merit__alloc_array((size_t)audit->K, sizeof(double));
    audit->mixtures[k] = merit__alloc_array((size_t)audit->A, sizeof(double));
    if (audit->witnesses[k] == NULL || audit->mixtures[k] == NULL) {
        return merit__fail_memory(err, (size_t)(audit->K + audit->A) * sizeof(double),
                                  "a belief");
    }
    memcpy(audit->witnesses[k], eta, (size_t)audit->K * sizeof(double));
    memcpy(audit->mixtures[k], mixture, (size_t)audit->A * sizeof(double));
    return MERIT_OK;
}

// By how much an answer's score for its own truth, or all of an extra answer's, must
// rise.
static void find_raise(merit_audit *audit, merit__programs *programs, int64_t k,
                       double *eta, double *mixture, double *expected)
{
    merit_audit_answer *answer = &audit->answers[k];
    if (k >= audit->K) {
        answer->raise = -answer->margin;
    } else if (merit__program_solve(programs, MERIT__PROGRAM_RAISE, k, k, eta,
                                    mixture)) {
        answer->raise = fmax(-lead_of(audit, k, eta, expected), 0);
    }
}

// The belief in its class that an answer needs, or that an extra answer bears.
static void find_beliefs(merit_audit *audit, merit__programs *programs, int64_t k,
                         double *eta, double *mixture)
{
    merit_audit_answer *answer = &audit->answers[k];
    if (k < audit->K) {
        if (merit__program_solve(programs, MERIT__PROGRAM_LEAST_BELIEF, k, k, eta,
                                 mixture)) {
            answer->least_belief = eta[k];
        }
        return;
    }
    double most = 0;
    for (int64_t i = 0; i < audit->K; i++) {
        if ((audit->A - audit->K) * audit->K > MOST_PAIRS ||
            !merit__program_solve(programs, MERIT__PROGRAM_MOST_BELIEF, k, i, eta,
                                  mixture)) {
            return;
        }
        most = fmax(most, eta[i]);
    }
    answer->most_belief = most;
}

static merit_status decide(merit_audit *audit, merit__programs *programs, int64_t k,
                           double *eta, double *mixture, double *expected,
                           merit_error *err)
{
    merit_audit_answer *answer = &audit->answers[k];
    if (!merit__program_solve(programs, MERIT__PROGRAM_MARGIN, k, k, eta, mixture)) {
        return MERIT_OK;
    }
    merit_status status = judge(audit, k, eta, mixture, expected, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (answer->reach == MERIT_REACH_NEVER || answer->reach == MERIT_REACH_TIES) {
        find_raise(audit, programs, k, eta, mixture, expected);
    } else if (answer->reach == MERIT_REACH_BELIEFS &&
               audit->A <= audit->options.n_exact) {
        find_beliefs(audit, programs, k, eta, mixture);
    }
    return MERIT_OK;
}

// Above which belief in class k no other answer earns more. Against one answer j the
// worst case is a belief in k and in the truth where j leads most. lead [A] is scratch.
static double sure_belief_of(const merit_audit *audit, int64_t k, double *lead)
{
    const int64_t A = audit->A;
    const double *own = audit->scaled + k * A;
    double sure = 0;
    memset(lead, 0, (size_t)A * sizeof *lead);
    for (int64_t i = 0; i < audit->K; i++) {
        const double *row = audit->scaled + i * A;
        for (int64_t j = 0; i != k && j < A; j++) {
            const double by = row[j] - row[k];
            lead[j] = by > lead[j] ? by : lead[j];
        }
    }
    for (int64_t j = 0; j < A; j++) {
        const double behind = own[k] - own[j]; // of j, at truth k itself
        if (j != k && (lead[j] > 0 || behind < 0)) {
            sure = fmax(sure, behind <= 0 ? 1 : lead[j] / (lead[j] + behind));
        }
    }
    return sure;
}

static void rescale(merit_audit *audit, double *scratch)
{
    for (int64_t k = 0; k < audit->A; k++) {
        audit->answers[k].margin *= audit->facts.regret_scale;
        audit->answers[k].raise *= audit->facts.regret_scale;
        if (k < audit->K && audit->answers[k].reach == MERIT_REACH_BELIEFS) {
            audit->answers[k].sure_belief = sure_belief_of(audit, k, scratch);
        }
    }
}

merit_status merit__audit_reach(merit_audit *audit, merit_error *err)
{
    const int64_t A = audit->A;
    const int is_small = A <= audit->options.n_exact;
    merit__programs *programs = NULL;
    double *scratch = merit__alloc_array((size_t)(audit->K + 2 * A), sizeof *scratch);
    merit_status status = MERIT_OK;
    if (scratch == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)(audit->K + 2 * A) * sizeof *scratch,
                                     "beliefs"));
    }
    double *eta = scratch, *mixture = eta + audit->K, *expected = mixture + A;
    MERIT_TRY(try_certain_beliefs(audit, eta, err));
    MERIT_TRY(
        merit__programs_create(&programs, audit->scaled, audit->K, A, is_small, err));
    int64_t n_left = audit->options.n_programs;
    for (int64_t k = 0; k < A; k++) {
        const int is_known = audit->answers[k].reach == MERIT_REACH_BELIEFS;
        if (is_small || (!is_known && n_left-- > 0)) {
            MERIT_TRY(decide(audit, programs, k, eta, mixture, expected, err));
        }
    }
    rescale(audit, expected);

fail:
    merit__programs_free(programs);
    merit__free(scratch);
    return status;
}
