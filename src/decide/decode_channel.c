#include "merit/decide.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"

static const double tolerance = 1e-6;

/* Whether every column of the channel [K,K] is a distribution, up to rounding. */
static merit_status channel_check(const double *channel, size_t K, merit_error *err)
{
    for (size_t j = 0; j < K; j++) {
        double sum = 0;
        for (size_t i = 0; i < K; i++) {
            const double t = channel[i * K + j];
            // The negation also catches what is not a number.
            if (!(t >= 0 && t <= 1 + tolerance)) {
                return merit__fail(err, MERIT_EINVAL,
                                   "channel[%zu][%zu] is %g, expected a probability", i,
                                   j, t);
            }
            sum += t;
        }
        if (fabs(sum - 1) > tolerance) {
            return merit__fail(err, MERIT_EINVAL,
                               "column %zu of the channel sums to %g, expected 1", j,
                               sum);
        }
    }
    return MERIT_OK;
}

merit_status merit_decode_channel(double *decode, const double *channel,
                                  const merit_scores *scores, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (decode == NULL || channel == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_decode_channel: an argument is NULL");
    }
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    if (S == NULL) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "an implicit table has no decode matrix: it would hold %zu "
                           "numbers",
                           K * A);
    }
    MERIT_TRY(channel_check(channel, K, err));
    memset(decode, 0, K * A * sizeof *decode);
    for (size_t i = 0; i < K; i++) {
        for (size_t j = 0; j < K; j++) {
            for (size_t k = 0; k < A; k++) {
                decode[j * A + k] += channel[i * K + j] * S[i * A + k];
            }
        }
    }
fail:
    return status;
}
