#include "loss/loss_def.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

struct merit_loss_stages {
    int64_t n_stages;
    merit_loss **losses; // [n_stages]
    double *ends; // [n_stages] ascending fractions of the training; the last is 1
};

// Bytes of the first stage of a list: up to the first comma outside parentheses.
static size_t stage_bytes(const char *list)
{
    int depth = 0;
    size_t n = 0;
    while (list[n] != '\0' && (list[n] != ',' || depth > 0)) {
        depth += (list[n] == '(') - (list[n] == ')' && depth > 0);
        n++;
    }
    return n;
}

static int64_t count_stages(const char *list)
{
    int64_t n = 1;
    for (list += stage_bytes(list); *list != '\0'; list += stage_bytes(list)) {
        list++;
        n++;
    }
    return n;
}

// Takes `:60%` off the end of a stage: its length without, and the share in percent,
// 0 for none.
static merit_status take_share(const char *stage, size_t *n, double *percent,
                               merit_error *err)
{
    size_t colon = *n;
    while (colon > 0 && stage[colon - 1] != ':') {
        colon--;
    }
    *percent = 0;
    if (colon == 0) {
        return MERIT_OK;
    }
    const char *share = stage + colon;
    size_t n_share = *n - colon;
    while (n_share > 0 && share[n_share - 1] == ' ') {
        n_share--;
    }
    if (n_share < 2 || share[n_share - 1] != '%' ||
        merit__parse_double(share, n_share - 1, percent) != 0 || !(*percent > 0) ||
        *percent > 100) {
        return merit__fail(err, MERIT_EINVAL,
                           "stage \"%.*s\": expected a share such as :60%% after the "
                           "colon",
                           (int)(*n < 80 ? *n : 80), stage);
    }
    *n = colon - 1;
    return MERIT_OK;
}

// Turns shares in percent, 0 for open ones, into the fractions at which stages end.
static merit_status shares_to_ends(double *ends, int64_t n_stages, merit_error *err)
{
    double named = 0;
    int64_t n_open = 0;
    for (int64_t i = 0; i < n_stages; i++) {
        named += ends[i];
        n_open += ends[i] == 0;
    }
    const double rest = 100 - named;
    if (n_open > 0 && rest <= 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "the stages' shares add up to %g %%, which leaves nothing "
                           "for the stage without one",
                           named);
    }
    if (n_open == 0 && fabs(rest) > 1e-9) {
        return merit__fail(err, MERIT_EINVAL,
                           "the stages' shares add up to %g %%, expected 100 %%",
                           named);
    }
    double end = 0;
    for (int64_t i = 0; i < n_stages; i++) {
        end += ends[i] == 0 ? rest / (double)n_open : ends[i];
        ends[i] = end / 100;
    }
    ends[n_stages - 1] = 1;
    return MERIT_OK;
}

merit_status merit_loss_stages_create(merit_loss_stages **out, const char *spec,
                                      const merit_scores *scores, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_loss_stages *stages = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || spec == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_loss_stages_create: an argument is NULL");
    }
    const size_t n_stages = (size_t)count_stages(spec);
    stages = merit__alloc_array(1, sizeof *stages);
    if (stages == NULL) {
        return merit__fail_memory(err, sizeof *stages, "a stage list");
    }
    stages->losses = merit__alloc_array(n_stages, sizeof *stages->losses);
    stages->ends = merit__alloc_array(n_stages, sizeof *stages->ends);
    if (stages->losses == NULL || stages->ends == NULL) {
        MERIT_TRY(
            merit__fail_memory(err, n_stages * sizeof *stages->ends, "a stage list"));
    }
    stages->n_stages = (int64_t)n_stages;
    for (size_t i = 0; i < n_stages; i++) {
        const size_t n = stage_bytes(spec);
        size_t n_loss = n;
        MERIT_TRY(take_share(spec, &n_loss, &stages->ends[i], err));
        MERIT_TRY(merit__loss_create(&stages->losses[i], spec, n_loss, scores, err));
        spec += n + 1;
    }
    MERIT_TRY(shares_to_ends(stages->ends, stages->n_stages, err));
    *out = stages;
    return MERIT_OK;
fail:
    merit_loss_stages_free(stages);
    return status;
}

void merit_loss_stages_free(merit_loss_stages *stages)
{
    if (stages == NULL) {
        return;
    }
    for (int64_t i = 0; i < stages->n_stages; i++) {
        merit_loss_free(stages->losses[i]);
    }
    merit__free(stages->losses);
    merit__free(stages->ends);
    merit__free(stages);
}

const merit_loss *merit_loss_stages_at(const merit_loss_stages *stages, double fraction,
                                       double *progress)
{
    int64_t i = 0;
    while (i < stages->n_stages - 1 && fraction >= stages->ends[i]) {
        i++;
    }
    if (progress != NULL) {
        const double start = i == 0 ? 0 : stages->ends[i - 1];
        const double done = (fraction - start) / (stages->ends[i] - start);
        *progress = fmin(fmax(done, 0), 1);
    }
    return stages->losses[i];
}
