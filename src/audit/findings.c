#include "audit/audit_parts.h"

#include "audit/sentences.h"
#include "base/alloc.h"
#include "base/fail.h"

const char *merit_severity_name(merit_severity severity)
{
    static const char *const names[] = {"NOTE", "WARNING", "PROBLEM", "REMEDY"};
    const size_t i = (size_t)severity - 1;
    return i < sizeof names / sizeof *names ? names[i] : "unknown";
}

// The gravest first; of one severity, in the order in which they were found.
static void order(merit_finding *findings, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const merit_finding finding = findings[i];
        int64_t at = i;
        for (; at > 0 && findings[at - 1].severity < finding.severity; at--) {
            findings[at] = findings[at - 1];
        }
        findings[at] = finding;
    }
}

merit_status merit__audit_findings(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t n = 2 * (size_t)audit->A;
    int64_t *found = merit__alloc_array(n, sizeof *found);
    if (found == NULL) {
        return merit__fail_memory(err, n * sizeof *found, "findings");
    }
    MERIT_TRY(merit__find_slips(audit, err));
    if (!merit__looks_reversed(audit)) {
        MERIT_TRY(merit__find_best_answers(audit, found, err));
    }
    MERIT_TRY(merit__find_never_best(audit, found, err));
    MERIT_TRY(merit__find_twins(audit, found, err));
    MERIT_TRY(merit__find_training(audit, err));
    MERIT_TRY(merit__find_shape(audit, err));
    order(audit->findings, audit->facts.n_findings);

fail:
    merit__free(found);
    return status;
}
