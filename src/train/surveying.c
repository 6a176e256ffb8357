/* What each validation finds out about a training that goes wrong. */
#include "base/fail.h"
#include "train/feature_size.h"
#include "train/training.h"

// Fewer stuck examples than this share need no forecast.
static const double worth_forecasting = 0.01;

/* The mean learning rate of the steps of a candidate before `step` that belong to its
 * epoch. */
static double epoch_rate(const merit__training *t, int64_t step)
{
    int64_t first = (step - 1) / t->steps_per_epoch * t->steps_per_epoch;
    double sum = 0;
    for (int64_t i = first; i < step; i++) {
        sum += merit__training_rate(t, i);
    }
    return sum / (double)(step - first);
}

merit_status merit__training_survey(const merit__training *t,
                                    const merit__inference *inference,
                                    merit__history_row *row, merit_error *err)
{
    merit_status status = MERIT_OK;
    row->learning_rate = epoch_rate(t, t->state.at.step);
    merit__validation_survey(&row->survey, t->validation);
    if (row->survey.stuck_share >= worth_forecasting) {
        MERIT_TRY(merit__feature_size(&row->survey.feature_size, inference,
                                      t->validation_data, t->config.threads, err));
    }
fail:
    return status;
}

/* Most of cross entropy's gradient is gone while many examples need it. */
static int is_stuck(const merit__history_row *row)
{
    const double weak = 0.1, many = 0.05;
    return row->verdict.gradient_survival < weak && row->survey.stuck_share > many;
}

/* Whether row `i` says enough to be sure: it is not the first one of its candidate that
 * is stuck, or most examples are. */
static int is_surely_stuck(const merit__state *s, size_t i)
{
    const double most = 0.5;
    const merit__history_row *row = &s->history[i];
    return is_stuck(row) &&
           (row->survey.stuck_share > most ||
            (i > 0 && row[-1].candidate == row->candidate && is_stuck(&row[-1])));
}

const merit__history_row *merit__training_newly_stuck(const merit__training *t)
{
    const merit__state *s = &t->state;
    size_t last = s->n_history - 1;
    const merit__history_row *row = &s->history[last];
    int is_new = is_surely_stuck(s, last);
    for (size_t i = 0; i < last; i++) {
        is_new = is_new &&
                 !(s->history[i].candidate == row->candidate && is_surely_stuck(s, i));
    }
    return is_new ? row : NULL;
}
