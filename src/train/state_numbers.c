#include "train/state_numbers.h"

// Whole numbers up to here have a double of their own.
static const int64_t whole_limit = (int64_t)1 << 53;

static void real(merit__walk *w, double *value)
{
    if (w->loading) {
        *value = w->number[w->n];
    } else {
        w->number[w->n] = *value;
    }
    w->n++;
}

/* Whoever writes files by hand can write any number: what is no number of a state must
 * not become an index. */
static void whole(merit__walk *w, int64_t *value, int64_t low, int64_t high)
{
    double number = (double)*value;
    real(w, &number);
    if (!(number >= (double)low && number <= (double)high)) {
        w->is_bad = 1;
        number = (double)low;
    }
    *value = (int64_t)number;
}

static void position(merit__walk *w, const merit__state_shape *shape,
                     merit__position *at)
{
    whole(w, &at->step, 0, shape->n_steps);
    real(w, &at->loss_sum);
    whole(w, &at->n_losses, 0, whole_limit);
}

static void verdict(merit__walk *w, merit__verdict *v)
{
    int64_t rule = v->rule;
    whole(w, &rule, MERIT_RULE_ARGMAX, MERIT_RULE_DECODE);
    v->rule = (merit_rule)rule;
    real(w, &v->temperature);
    real(w, &v->score);
    real(w, &v->accuracy);
    real(w, &v->log_loss);
    real(w, &v->argmax_score);
    real(w, &v->bayes_score);
    real(w, &v->classes_answered);
    real(w, &v->gradient_survival);
    real(w, &v->validation_loss);
    int64_t link = v->link.kind;
    whole(w, &link, MERIT_LINK_SOFTMAX, MERIT_LINK_MARGIN);
    v->link.kind = (merit_link_kind)link;
    real(w, &v->link.cost);
    char text[MERIT_LINK_BYTES];
    merit_link read;
    merit_link_print(text, v->link);
    if (merit_link_parse(&read, text, NULL) != MERIT_OK) {
        w->is_bad = 1;
    }
}

static void survey(merit__walk *w, const merit__state_shape *shape, merit__survey *s)
{
    real(w, &s->stuck_share);
    real(w, &s->trap_share);
    real(w, &s->stuck_margin);
    real(w, &s->stuck_margin_95);
    real(w, &s->effective_classes);
    real(w, &s->confidence);
    real(w, &s->feature_size);
    whole(w, &s->n_pairs, 0, MERIT__SURVEY_PAIRS);
    for (int i = 0; i < MERIT__SURVEY_PAIRS; i++) {
        merit__stuck_pair *p = &s->pairs[i];
        whole(w, &p->truth, 0, shape->n_classes - 1);
        whole(w, &p->answer, 0, shape->n_classes - 1);
        whole(w, &p->is_trap, 0, 1);
        real(w, &p->share);
        real(w, &p->margin);
    }
}

void merit__walk_row(merit__walk *w, const merit__state_shape *shape,
                     merit__history_row *row, int64_t *given)
{
    whole(w, &row->candidate, 0, shape->n_candidates - 1);
    whole(w, &row->epoch, 1, whole_limit);
    whole(w, &row->step, 1, shape->n_steps * shape->n_candidates);
    real(w, &row->loss);
    verdict(w, &row->verdict);
    real(w, &row->learning_rate);
    survey(w, shape, &row->survey);
    for (int64_t k = 0; k < shape->n_answers; k++) {
        whole(w, &given[k], 0, whole_limit);
    }
}

size_t merit__row_numbers(const merit__state_shape *shape)
{
    enum { PAIR = 5, SURVEY = 8 + PAIR * MERIT__SURVEY_PAIRS, VERDICT = 12 };
    return 5 + VERDICT + SURVEY + (size_t)shape->n_answers;
}

void merit__walk_state(merit__walk *w, merit__state *state)
{
    const merit__state_shape *shape = &state->shape;
    whole(w, &state->candidate, 0, shape->n_candidates);
    position(w, shape, &state->at);
    position(w, shape, &state->good);
    whole(w, &state->retries, 0, whole_limit);
    real(w, &state->rate_scale);
    real(w, &state->seconds);
}
