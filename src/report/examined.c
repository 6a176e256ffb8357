#include "report/examined.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"

static merit_status new_array(void *out, int64_t n, size_t size, merit_error *err)
{
    void *array = merit__alloc_array((size_t)n, size);
    *(void **)out = array;
    return array != NULL
               ? MERIT_OK
               : merit__fail_memory(err, (size_t)n * size, "what the model answers");
}

enum { RULES = 3 };

/* Answering by several rules while the blocks of logits go by; the first rule is that
 * of the page. */
typedef struct answering {
    merit__examined *out;
    merit_rule rules[RULES];
    merit_tally *tallies[RULES];
    int n_rules;
    double *posterior; // [block,K] of the first rule; NULL where there are no beliefs
    int32_t *answers;  // [block] of another rule
    double *expected;  // [block] likewise
} answering;

/* The outputs of a decode rule are no beliefs. */
static int has_beliefs(const merit__examined *out)
{
    return out->rule != MERIT_RULE_DECODE &&
           merit_link_has_posterior(merit_model_link(out->model));
}

static merit_status add_rule(answering *a, merit_rule rule, merit_error *err)
{
    for (int i = 0; i < a->n_rules; i++) {
        if (a->rules[i] == rule) {
            return MERIT_OK;
        }
    }
    a->rules[a->n_rules] = rule;
    return merit_tally_create(&a->tallies[a->n_rules++], a->out->scores, err);
}

static merit_status open_answering(answering *a, merit__examined *out, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t block = merit_model_block(out->model, out->data);
    *a = (answering){.out = out};
    MERIT_TRY(add_rule(a, out->rule, err));
    MERIT_TRY(add_rule(a, MERIT_RULE_BAYES, err));
    MERIT_TRY(add_rule(a, MERIT_RULE_ARGMAX, err));
    MERIT_TRY(new_array(&a->answers, block, sizeof *a->answers, err));
    MERIT_TRY(new_array(&a->expected, block, sizeof *a->expected, err));
    MERIT_TRY(new_array(&out->answers, out->n, sizeof *out->answers, err));
    MERIT_TRY(new_array(&out->expected, out->n, sizeof *out->expected, err));
    if (has_beliefs(out)) {
        const size_t n_bytes = (size_t)out->n_classes * sizeof *a->posterior;
        MERIT_TRY(new_array(&a->posterior, block, n_bytes, err));
        MERIT_TRY(new_array(&out->likeliest, out->n, sizeof *out->likeliest, err));
        MERIT_TRY(new_array(&out->believed, out->n, sizeof *out->believed, err));
    }
fail:
    return status;
}

static void close_answering(answering *a)
{
    for (int i = 0; i < a->n_rules; i++) {
        merit_tally_free(a->tallies[i]);
    }
    merit__free(a->posterior);
    merit__free(a->answers);
    merit__free(a->expected);
}

static void keep_likeliest(merit__examined *out, const double *posterior, int64_t first,
                           int64_t n)
{
    const int64_t K = out->n_classes;
    for (int64_t i = 0; i < n; i++) {
        const double *q = posterior + i * K;
        int64_t likeliest = 0;
        for (int64_t k = 1; k < K; k++) {
            likeliest = q[k] > q[likeliest] ? k : likeliest;
        }
        out->likeliest[first + i] = (int32_t)likeliest;
        out->believed[first + i] = q[likeliest];
    }
}

static merit_status add_block(void *payload, int64_t first, int64_t n,
                              const float *logits, merit_error *err)
{
    const answering *a = payload;
    merit__examined *out = a->out;
    merit_status status = MERIT_OK;
    for (int i = 0; i < a->n_rules; i++) {
        const int is_kept = i == 0;
        const merit_decision_results results = {
            .answers = is_kept ? out->answers + first : a->answers,
            .expected = is_kept ? out->expected + first : a->expected,
            .posterior = is_kept ? a->posterior : NULL};
        const merit_answers given = {.n = n,
                                     .labels = merit_dataset_labels(out->data) + first,
                                     .answers = results.answers,
                                     .expected = results.expected,
                                     .posterior = results.posterior};
        MERIT_TRY(
            merit_model_decide(out->model, a->rules[i], logits, n, &results, err));
        MERIT_TRY(merit_tally_add(a->tallies[i], &given, err));
    }
    if (a->posterior != NULL) {
        keep_likeliest(out, a->posterior, first, n);
    }
fail:
    return status;
}

static merit_status keep_ways(const answering *a, merit_error *err)
{
    merit__examined *out = a->out;
    merit_status status = MERIT_OK;
    for (int i = 0; i < a->n_rules; i++) {
        merit__way *way = &out->ways[out->n_ways++];
        *way = (merit__way){.name = merit_rule_name(a->rules[i]),
                            .is_stored = a->rules[i] == merit_model_rule(out->model)};
        MERIT_TRY(merit_tally_metrics(a->tallies[i], &way->metrics, err));
    }
    MERIT_TRY(new_array(&out->given, out->n_answers, sizeof *out->given, err));
    MERIT_TRY(new_array(&out->claimed, out->n_answers, sizeof *out->claimed, err));
    MERIT_TRY(new_array(&out->realised, out->n_answers, sizeof *out->realised, err));
    MERIT_TRY(merit_tally_claims(a->tallies[0], out->given, out->claimed, out->realised,
                                 err));
fail:
    return status;
}

static merit_status answer_always(merit__examined *out, merit_error *err)
{
    merit_status status = MERIT_OK;
    int32_t *answers = NULL;
    MERIT_TRY(new_array(&answers, out->n, sizeof *answers, err));
    for (int64_t i = 0; i < out->n; i++) {
        answers[i] = out->ways[0].metrics.best_constant;
    }
    merit_answers given = {
        .n = out->n, .labels = merit_dataset_labels(out->data), .answers = answers};
    merit__way *way = &out->ways[out->n_ways++];
    *way = (merit__way){0};
    MERIT_TRY(merit_metrics_compute(&way->metrics, out->scores, &given, err));
fail:
    merit__free(answers);
    return status;
}

/* Once for all: what an example loses is asked for again and again. */
static merit_status find_best(merit__examined *out, merit_error *err)
{
    merit_status status = new_array(&out->best, out->n_classes, sizeof *out->best, err);
    for (int64_t i = 0; status == MERIT_OK && i < out->n_classes; i++) {
        const int64_t best = merit_scores_best_answer(out->scores, i);
        out->best[i] = merit_scores_score(out->scores, i, best);
    }
    return status;
}

static int compare_met(const void *a, const void *b)
{
    const merit__met *one = a, *other = b;
    if (one->truth != other->truth) {
        return one->truth < other->truth ? -1 : 1;
    }
    return one->answer < other->answer ? -1 : one->answer > other->answer;
}

/* The confusion: as many pairs as there are different ones among the examples. */
static merit_status count(merit__examined *out, merit_error *err)
{
    const int32_t *labels = merit_dataset_labels(out->data);
    merit_status status = new_array(&out->met, out->n, sizeof *out->met, err);
    if (status != MERIT_OK) {
        return status;
    }
    for (int64_t i = 0; i < out->n; i++) {
        out->met[i] = (merit__met){labels[i], out->answers[i], 1};
    }
    qsort(out->met, (size_t)out->n, sizeof *out->met, compare_met);
    for (int64_t i = 0; i < out->n; i++) {
        merit__met *last = out->n_met > 0 ? &out->met[out->n_met - 1] : NULL;
        if (last != NULL && compare_met(last, &out->met[i]) == 0) {
            last->n++;
        } else {
            out->met[out->n_met++] = out->met[i];
        }
    }
    return MERIT_OK;
}

merit_status merit__examined_make(merit__examined *out, const merit_model *model,
                                  const merit_dataset *data, merit_rule rule,
                                  int64_t n_threads, merit_error *err)
{
    merit_status status = MERIT_OK;
    answering a = {0};
    const merit_scores *scores = merit_model_scores(model);
    *out = (merit__examined){.model = model,
                             .data = data,
                             .scores = scores,
                             .n = merit_dataset_n(data),
                             .n_classes = merit_scores_n_truths(scores),
                             .n_answers = merit_scores_n_answers(scores),
                             .rule = rule != MERIT_RULE_AUTO ? rule
                                                             : merit_model_rule(model),
                             .temperature = merit_model_temperature(model)};
    MERIT_TRY(open_answering(&a, out, err));
    MERIT_TRY(merit_model_each(model, data, n_threads, add_block, &a, err));
    MERIT_TRY(keep_ways(&a, err));
    MERIT_TRY(answer_always(out, err));
    MERIT_TRY(find_best(out, err));
    MERIT_TRY(count(out, err));
fail:
    close_answering(&a);
    return status;
}

void merit__examined_dispose(merit__examined *examined)
{
    merit__free(examined->answers);
    merit__free(examined->expected);
    merit__free(examined->likeliest);
    merit__free(examined->believed);
    merit__free(examined->best);
    merit__free(examined->met);
    merit__free(examined->given);
    merit__free(examined->claimed);
    merit__free(examined->realised);
    *examined = (merit__examined){0};
}

int64_t merit__examined_count(const merit__examined *examined, int64_t truth,
                              int64_t answer)
{
    const merit__met wanted = {truth, answer, 0};
    const merit__met *found = bsearch(&wanted, examined->met, (size_t)examined->n_met,
                                      sizeof wanted, compare_met);
    return found == NULL ? 0 : found->n;
}

double merit__examined_lost(const merit__examined *examined, int64_t truth,
                            int64_t answer)
{
    return examined->best[truth] - merit_scores_score(examined->scores, truth, answer);
}

double merit__examined_lost_all(const merit__examined *examined)
{
    double lost = 0;
    for (int64_t i = 0; i < examined->n_met; i++) {
        const merit__met *met = &examined->met[i];
        lost +=
            (double)met->n * merit__examined_lost(examined, met->truth, met->answer);
    }
    return lost;
}
