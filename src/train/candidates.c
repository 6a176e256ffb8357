#include "train/candidates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/suggest.h"

/* What a loss may be called besides the names of the catalogue. */
static const char *const own_names[] = {"auto", "auto:fast"};

static const char *own_name_at(const void *context, size_t index)
{
    (void)context;
    return own_names[index];
}

/* The widest margin of auto's softmax-margin, in units of log K: wider ones teach the
 * table at the expense of the probabilities that the Bayes decision needs. */
static const double widest_margin = 1.5;

/* Two significant digits of 0 < value < 1, so that the name of the loss stays readable.
 */
static size_t print_rounded(char out[MERIT__NUMBER_BYTES], double value)
{
    int exponent = (int)floor(log10(value)) - 1;
    char text[32];
    int n = snprintf(text, sizeof text, "%.0fe%d", value / pow(10, exponent), exponent);
    merit__parse_double(text, (size_t)n, &value);
    return merit__print_double(out, value);
}

/* Cross entropy; and softmax-margin with the table's own margins, narrowed where they
 * are wider than the probabilities bear. Where all answers are worth the same there is
 * nothing to choose. */
static void auto_specs(merit__candidates *out, const merit_scores *scores)
{
    double cost = merit_scores_widest_row(scores); // the most that an answer loses
    double scale = widest_margin * log((double)merit_scores_n_truths(scores)) / cost;
    snprintf(out->spec[0], sizeof out->spec[0], "cross-entropy");
    out->n = cost > 0 ? 2 : 1;
    if (scale < 1) {
        char number[MERIT__NUMBER_BYTES];
        print_rounded(number, scale);
        snprintf(out->spec[1], sizeof out->spec[1], "softmax-margin(scale=%s)", number);
    } else {
        snprintf(out->spec[1], sizeof out->spec[1], "softmax-margin");
    }
}

/* EINVAL for what can only be meant as auto or auto:fast. */
static merit_status check_own_name(const char *loss, merit_error *err)
{
    enum { N = sizeof own_names / sizeof *own_names };
    const char *near = merit__suggest(loss, own_name_at, NULL, N);
    for (int i = 0; i < N; i++) {
        if (strcmp(loss, own_names[i]) == 0) {
            return MERIT_OK;
        }
    }
    if (near == NULL && strncmp(loss, "auto:", 5) != 0) {
        return MERIT_OK;
    }
    char shown[80];
    return merit__fail(err, MERIT_EINVAL, "unknown loss \"%s\"; did you mean %s?",
                       merit__printable(shown, sizeof shown, loss),
                       near != NULL ? near : "auto or auto:fast");
}

merit_status merit__candidates_create(merit__candidates *out, const char *loss,
                                      int64_t n_steps, const merit_scores *scores,
                                      merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__candidates){.n = 1, .n_steps = n_steps};
    MERIT_TRY(check_own_name(loss, err));
    if (strcmp(loss, "auto") == 0) {
        auto_specs(out, scores);
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
