/* What slices are made of, and what a hand reads of one. */
#include "train/learner_object.h"

#include <string.h>

static int64_t format_of(const merit__learner *learner, int64_t unit)
{
    return merit__widths_find(&learner->formats.widths, learner->options.data, unit);
}

void merit__learner_cut(merit__learner *learner)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__formats *formats = &learner->formats;
    int64_t first[MERIT__WIDTHS_MOST + 1] = {0}, at[MERIT__WIDTHS_MOST];
    for (int64_t i = 0; i < m->n; i++) {
        first[format_of(learner, m->index[i]) + 1]++;
    }
    for (int64_t f = 0; f < formats->n; f++) {
        at[f] = first[f];
        first[f + 1] += first[f];
    }
    for (int64_t i = 0; i < m->n; i++) {
        learner->order[at[format_of(learner, m->index[i])]++] = m->index[i];
    }
    learner->n_slices = 0;
    for (int64_t f = 0; f < formats->n; f++) {
        for (int64_t i = first[f]; i < first[f + 1]; i += formats->format[f].n) {
            learner->slices[learner->n_slices++] =
                (merit__slice){.format = f,
                               .units = learner->order + first[f],
                               .n_units = first[f + 1] - first[f],
                               .first = i - first[f]};
        }
    }
}

/* How much an example of a class counts. */
static float weight_of(const merit__learner_options *o, int32_t class)
{
    return o->class_weights != NULL ? o->class_weights[class] : 1.0f;
}

/* Fills the hand's slice with windows of sequences; those that fill up the last slice
 * have no rows. */
static void gather_windows(const merit__learner *learner, merit__hand *h,
                           const merit__slice *slice)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__learner_options *o = &learner->options;
    const merit__format *format = &learner->formats.format[slice->format];
    int64_t T = format->net->in.w, n_positions = format->net->n_positions;
    h->n_rows = 0;
    for (int64_t i = 0; i < format->n; i++) {
        int64_t place = slice->first + i;
        h->index[i] = slice->units[place % slice->n_units];
        int64_t n = merit__dataset_draw(o->data, h->index[i], o->augmentation.hide,
                                        o->seed, m->epoch, h->draft);
        int64_t length = merit__dataset_unit_length(o->data, h->index[i]);
        memcpy(h->x + i * T, h->draft.x, (size_t)length * sizeof *h->x);
        for (int64_t t = length; t < T; t++) {
            h->x[i * T + t] = (float)MERIT__CODE_END;
        }
        for (int64_t j = 0; place < slice->n_units && j < n; j++) {
            h->places[h->n_rows] =
                i * n_positions + (n_positions > 1 ? h->draft.places[j] : 0);
            h->weights[h->n_rows] = weight_of(o, h->draft.classes[j]);
            h->labels[h->n_rows++] = h->draft.classes[j];
        }
    }
}

merit_status merit__learner_gather(const merit__learner *learner, merit__hand *h,
                                   const merit__slice *slice)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__learner_options *o = &learner->options;
    const int32_t *labels = merit_dataset_labels(o->data);
    if (h->places != NULL) {
        gather_windows(learner, h, slice);
        return MERIT_OK;
    }
    for (int64_t i = 0; i < o->slice; i++) {
        int64_t place = slice->first + i;
        h->index[i] = slice->units[place % slice->n_units];
        h->labels[i] = labels[h->index[i]];
        h->weights[i] = place < slice->n_units ? weight_of(o, h->labels[i]) : 0.0f;
    }
    return merit__batch_fill(h->x, o->data, h->index, o->slice, o->normalisation,
                             &o->augmentation, o->seed, m->epoch, &h->error);
}
