/* What the table is as a matrix, where it matters for the choice of a loss. */
#include "audit/sentences.h"

#include <inttypes.h>
#include <math.h>

#include "base/fail.h"

static merit_status find_asymmetry(merit_audit *audit, merit_error *err)
{
    const int64_t K = audit->K, A = audit->A;
    merit__sentences text = {0};
    int64_t truth = 0, answer = 0;
    double most = 0;
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < i; j++) {
            const double by = fabs(audit->S[i * A + j] - audit->S[j * A + i]);
            if (by > most) {
                most = by;
                truth = i;
                answer = j;
            }
        }
    }
    merit__say(
        &text,
        "Not symmetric: %" PRId64 " of %" PRId64 " pairs of classes; most, "
        "answering %s for %s earns %s, %s for %s %s.",
        audit->facts.n_asymmetric, K * (K - 1) / 2,
        merit__speak_name(audit, answer).text, merit__speak_name(audit, truth).text,
        merit__speak_score(audit->S[truth * A + answer]).text,
        merit__speak_name(audit, truth).text, merit__speak_name(audit, answer).text,
        merit__speak_score(audit->S[answer * A + truth]).text);
    return merit__audit_find(audit, "not-symmetric", MERIT_SEVERITY_NOTE, &text, err);
}

static merit_status find_geometry(merit_audit *audit, merit_error *err)
{
    const merit_audit_facts *facts = &audit->facts;
    merit__sentences text = {0};
    if (facts->is_ultrametric) {
        merit__say(&text, "As distances the scores are those of groups within groups "
                          "(an ultrametric).");
    } else if (facts->is_line) {
        merit__say(&text, "As distances the scores are those of points on a line.");
    } else if (facts->is_tree) {
        merit__say(&text, "As distances the scores are those of paths in a tree.");
    } else if (facts->is_metric) {
        merit__say(&text, "As distances the scores obey the triangle inequality.");
    }
    if (!facts->is_zero_sum_semidefinite) {
        merit__say(&text,
                   "%sIndefinite (smallest eigenvalue %s; %s where weights sum to 0): "
                   "no kernel has these scores, so the losses made of kernels do not "
                   "apply.",
                   text.n_bytes > 0 ? " " : "",
                   merit__speak_number(facts->eigenvalues[0]).text,
                   merit__speak_number(facts->zero_sum_eigenvalues[0]).text);
    }
    return text.n_bytes == 0 && !text.failed
               ? MERIT_OK
               : merit__audit_find(
                     audit, facts->is_zero_sum_semidefinite ? "geometry" : "indefinite",
                     MERIT_SEVERITY_NOTE, &text, err);
}

static merit_status find_rank(merit_audit *audit, merit_error *err)
{
    const merit_audit_facts *facts = &audit->facts;
    merit__sentences text = {0};
    if (facts->centred_rank >= audit->K - 1 || facts->centred_rank == 0) {
        return MERIT_OK;
    }
    merit__say(&text,
               "%" PRId64 " output%s %s enough to decide among %" PRId64
               " answers: the rank of the table less the means of its rows.",
               facts->centred_rank, facts->centred_rank == 1 ? "" : "s",
               facts->centred_rank == 1 ? "is" : "are", audit->A);
    return merit__audit_find(audit, "low-rank", MERIT_SEVERITY_NOTE, &text, err);
}

merit_status merit__find_shape(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (audit->facts.regret_scale == 0) {
        return MERIT_OK;
    }
    if (audit->facts.is_symmetric) {
        MERIT_TRY(find_geometry(audit, err));
    } else if (audit->facts.n_asymmetric > 1 || audit->K < 4) {
        MERIT_TRY(find_asymmetry(audit, err));
    }
    MERIT_TRY(find_rank(audit, err));

fail:
    return status;
}
