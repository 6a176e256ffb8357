#include "train/candidates.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"

/* The share that auto's candidates have in common. Three candidates then cost 0.45 +
 * 3 * 0.55 = 2.1 times one training. */
enum { SHARED_PERCENT = 45 };

/* What auto tries after the shared cross entropy; docs/architecture.md says why these.
 */
static const char *const auto_losses[] = {
    "cross-entropy",
    "softmax-margin",
    "softmax-margin(scale=0.5)",
};
enum { N_AUTO = sizeof auto_losses / sizeof *auto_losses };

static void auto_specs(merit__candidates *out)
{
    out->n = N_AUTO;
    snprintf(out->spec[0], sizeof out->spec[0], "%s", auto_losses[0]);
    for (int i = 1; i < N_AUTO; i++) {
        snprintf(out->spec[i], sizeof out->spec[i], "%s:%d%%,%s", auto_losses[0],
                 SHARED_PERCENT, auto_losses[i]);
    }
}

merit_status merit__candidates_create(merit__candidates *out, const char *loss,
                                      int64_t n_steps, const merit_scores *scores,
                                      merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__candidates){.n = 1, .n_steps = n_steps, .branch = n_steps};
    if (strcmp(loss, "auto") == 0) {
        auto_specs(out);
        out->branch = (n_steps * SHARED_PERCENT + 99) / 100;
    } else {
        const char *spec = strcmp(loss, "auto:fast") == 0 ? "cross-entropy" : loss;
        int n = snprintf(out->spec[0], sizeof out->spec[0], "%s", spec);
        if (n < 0 || (size_t)n >= sizeof out->spec[0]) {
            MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                                  "the loss has %d characters, expected at most %zu", n,
                                  sizeof out->spec[0] - 1));
        }
        // Stages may be apart by tabs, but the text becomes a field of a table.
        for (char *at = strchr(out->spec[0], '\t'); at != NULL; at = strchr(at, '\t')) {
            *at = ' ';
        }
    }
    for (int64_t i = 0; i < out->n; i++) {
        MERIT_TRY(merit_loss_stages_create(&out->stages[i], out->spec[i], scores, err));
    }
    return MERIT_OK;
fail:
    merit__candidates_dispose(out);
    return status;
}

void merit__candidates_dispose(merit__candidates *candidates)
{
    for (int64_t i = 0; i < MERIT__MAX_CANDIDATES; i++) {
        merit_loss_stages_free(candidates->stages[i]);
        candidates->stages[i] = NULL;
    }
}

const merit_loss *merit__candidates_loss(const merit__candidates *candidates,
                                         int64_t candidate, int64_t step,
                                         double *progress)
{
    double fraction = (double)step / (double)candidates->n_steps;
    return merit_loss_stages_at(candidates->stages[candidate], fraction, progress);
}
