/* The measures of examples that are all there at once. */
#include "merit/metrics.h"

#include "base/fail.h"

merit_status merit_metrics_compute(merit_metrics *out, const merit_scores *scores,
                                   const merit_answers *given, merit_error *err)
{
    if (out == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_metrics_compute: out is NULL");
    }
    merit_status status = MERIT_OK;
    merit_tally *tally = NULL;
    MERIT_TRY(merit_tally_create(&tally, scores, err));
    MERIT_TRY(merit_tally_add(tally, given, err));
    MERIT_TRY(merit_tally_metrics(tally, out, err));

fail:
    merit_tally_free(tally);
    return status;
}

merit_status merit_claims(double *weight, double *claimed, double *realised,
                          const merit_scores *scores, const merit_answers *given,
                          merit_error *err)
{
    if (given == NULL || given->expected == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_claims: given->expected is NULL");
    }
    merit_status status = MERIT_OK;
    merit_tally *tally = NULL;
    MERIT_TRY(merit_tally_create(&tally, scores, err));
    MERIT_TRY(merit_tally_add(tally, given, err));
    MERIT_TRY(merit_tally_claims(tally, weight, claimed, realised, err));

fail:
    merit_tally_free(tally);
    return status;
}
