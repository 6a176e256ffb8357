/* Steps of a learner that look at a sample of the classes; and what all steps share. */
#include "train/learner_object.h"

#include <inttypes.h>
#include <math.h>

#include "base/fail.h"
#include "data/dataset.h"

void merit__learner_run(merit__learner *learner, void (*task)(void *, int64_t))
{
    atomic_store(&learner->next, 0);
    merit__workers_run(learner->workers, task, learner);
}

merit__optimizer_step merit__learner_optimizer_step(const merit__learner *learner,
                                                    enum merit__tensor_kind kind)
{
    const merit__minibatch *m = learner->minibatch;
    return (merit__optimizer_step){.learning_rate = m->learning_rate,
                                   .momentum = m->momentum,
                                   .weight_decay =
                                       kind == MERIT__WEIGHT ? m->weight_decay : 0,
                                   .step = m->step - m->first_step + 1};
}

merit_status merit__learner_fail(const merit__learner *learner, int64_t tensor,
                                 const char *what, merit_error *err)
{
    // Its tensors and layers are the same, but for the number of classes.
    const merit_net *net = learner->last != NULL ? learner->last->whole : learner->net;
    const int64_t layer = net->tensors[tensor].layer;
    return merit__fail(err, MERIT_ENUMERIC,
                       "layer %" PRId64 " (%s): its %s are not finite", layer + 1,
                       net->layers[layer].text, what);
}

/* The classes that this step looks at. */
static void choose(merit__learner *learner)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__learner_options *o = &learner->options;
    const int32_t *labels = merit_dataset_labels(o->data);
    merit__sample *sample = &learner->last->sample;
    merit__draft draft = learner->hands[0].draft;
    merit__sample_begin(sample);
    for (int64_t i = 0; i < m->n; i++) {
        const int64_t unit = m->index[i];
        if (merit_dataset_task(o->data) == MERIT_TASK_NONE) {
            merit__sample_add(sample, labels[unit]);
        } else if (merit__dataset_draw(o->data, unit, o->augmentation.hide, o->seed,
                                       m->epoch, draft) > 0) {
            merit__sample_add(sample, draft.classes[0]);
        }
    }
    merit__sample_draw(sample, o->seed, (uint32_t)m->step);
}

/* Engines may change settings of the thread that runs them, so one of ours lends rows
 * and takes their gradient. */
static void lend(void *context, int64_t worker)
{
    merit__learner *learner = context;
    merit__hand *h = &learner->hands[worker];
    h->status = worker != 0 ? MERIT_OK
                            : merit__last_rows_lend(learner->last, h->plans[0],
                                                    learner->parameters, &h->error);
}

static void take(void *context, int64_t worker)
{
    merit__learner *learner = context;
    merit__hand *h = &learner->hands[worker];
    h->status = worker != 0 ? MERIT_OK
                            : merit__last_rows_take(learner->last, h->plans[0],
                                                    learner->gradients[0], &h->error);
}

static void update(void *context, int64_t worker)
{
    (void)worker;
    merit__learner *learner = context;
    const merit__optimizer_step step =
        merit__learner_optimizer_step(learner, MERIT__WEIGHT);
    for (;;) {
        int64_t i = (int64_t)atomic_fetch_add(&learner->next, 1);
        if (i >= learner->last->n_blocks) {
            return;
        }
        merit__last_rows_update(learner->last, learner->options.optimizer, &step, i);
    }
}

merit_status merit__learner_lend(merit__learner *learner, merit_error *err)
{
    choose(learner);
    merit__learner_run(learner, lend);
    return merit__learner_failure(learner, err);
}

merit_status merit__learner_update_lent(merit__learner *learner, merit_error *err)
{
    const merit__last_rows *rows = learner->last;
    merit__learner_run(learner, take);
    merit_status status = merit__learner_failure(learner, err);
    if (status != MERIT_OK) {
        return status;
    }
    merit__learner_run(learner, update);
    for (int64_t i = 0; i < rows->n_blocks; i++) {
        if (!isfinite(rows->magnitude[i])) {
            return merit__learner_fail(learner, learner->net->n_tensors - 1,
                                       "parameters", err);
        }
    }
    return MERIT_OK;
}
