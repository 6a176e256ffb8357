#include "report/examined.h"

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

static merit_answers given_of(const merit__examined *examined)
{
    return (merit_answers){.n = examined->n,
                           .labels = merit_dataset_labels(examined->data),
                           .answers = examined->answers,
                           .expected = examined->expected,
                           .posterior = examined->posterior};
}

/* By the rule of the page. */
static merit_status answer(merit__examined *out, const float *logits, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(new_array(&out->answers, out->n, sizeof *out->answers, err));
    MERIT_TRY(new_array(&out->expected, out->n, sizeof *out->expected, err));
    if (out->rule != MERIT_RULE_DECODE && // whose outputs are no beliefs
        merit_link_has_posterior(merit_model_link(out->model))) {
        MERIT_TRY(new_array(&out->posterior, out->n,
                            (size_t)out->n_classes * sizeof *out->posterior, err));
    }
    merit_decision_results results = {.answers = out->answers,
                                      .expected = out->expected,
                                      .posterior = out->posterior};
    MERIT_TRY(merit_model_decide(out->model, out->rule, logits, out->n, &results, err));
    merit_answers given = given_of(out);
    merit__way *way = &out->ways[out->n_ways++];
    *way = (merit__way){.name = merit_rule_name(out->rule),
                        .is_stored = out->rule == merit_model_rule(out->model)};
    MERIT_TRY(merit_metrics_compute(&way->metrics, out->scores, &given, err));
fail:
    return status;
}

/* By another rule, of which only the metrics are kept. */
static merit_status answer_otherwise(merit__examined *out, merit_rule rule,
                                     const float *logits, merit_error *err)
{
    merit_status status = MERIT_OK;
    int32_t *answers = NULL;
    double *expected = NULL;
    MERIT_TRY(new_array(&answers, out->n, sizeof *answers, err));
    MERIT_TRY(new_array(&expected, out->n, sizeof *expected, err));
    merit_decision_results results = {.answers = answers, .expected = expected};
    merit_answers given = {.n = out->n,
                           .labels = merit_dataset_labels(out->data),
                           .answers = answers,
                           .expected = expected};
    MERIT_TRY(merit_model_decide(out->model, rule, logits, out->n, &results, err));
    merit__way *way = &out->ways[out->n_ways++];
    *way = (merit__way){.name = merit_rule_name(rule),
                        .is_stored = rule == merit_model_rule(out->model)};
    MERIT_TRY(merit_metrics_compute(&way->metrics, out->scores, &given, err));
fail:
    merit__free(answers);
    merit__free(expected);
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

static merit_status count(merit__examined *out, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_answers given = given_of(out);
    int64_t a = out->n_answers;
    MERIT_TRY(new_array(&out->confusion, out->n_classes,
                        (size_t)a * sizeof *out->confusion, err));
    MERIT_TRY(merit_confusion(out->confusion, out->scores, &given, err));
    MERIT_TRY(new_array(&out->best, out->n_classes, sizeof *out->best, err));
    for (int64_t i = 0; i < out->n_classes; i++) {
        out->best[i] = merit_scores_values(
            out->scores)[i * a + merit_scores_best_answer(out->scores, i)];
    }
    MERIT_TRY(new_array(&out->given, a, sizeof *out->given, err));
    MERIT_TRY(new_array(&out->claimed, a, sizeof *out->claimed, err));
    MERIT_TRY(new_array(&out->realised, a, sizeof *out->realised, err));
    MERIT_TRY(merit_claims(out->given, out->claimed, out->realised, out->scores, &given,
                           err));
fail:
    return status;
}

merit_status merit__examined_make(merit__examined *out, const merit_model *model,
                                  const merit_dataset *data, merit_rule rule,
                                  int64_t n_threads, merit_error *err)
{
    merit_status status = MERIT_OK;
    float *logits = NULL;
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
    if (merit_scores_values(scores) == NULL) {
        MERIT_TRY(
            merit__fail(err, MERIT_ENOMEM,
                        "a page of what %lld classes are taken for needs %.1f GB; "
                        "without examples it is made",
                        (long long)out->n_classes,
                        8e-9 * (double)out->n_classes * (double)out->n_answers));
    }
    MERIT_TRY(new_array(&logits, out->n, (size_t)out->n_classes * sizeof *logits, err));
    MERIT_TRY(merit_model_logits(model, data, n_threads, logits, err));
    MERIT_TRY(answer(out, logits, err));
    if (out->rule != MERIT_RULE_BAYES) {
        MERIT_TRY(answer_otherwise(out, MERIT_RULE_BAYES, logits, err));
    }
    if (out->rule != MERIT_RULE_ARGMAX) {
        MERIT_TRY(answer_otherwise(out, MERIT_RULE_ARGMAX, logits, err));
    }
    MERIT_TRY(answer_always(out, err));
    MERIT_TRY(count(out, err));
fail:
    merit__free(logits);
    return status;
}

void merit__examined_dispose(merit__examined *examined)
{
    merit__free(examined->answers);
    merit__free(examined->expected);
    merit__free(examined->posterior);
    merit__free(examined->best);
    merit__free(examined->confusion);
    merit__free(examined->given);
    merit__free(examined->claimed);
    merit__free(examined->realised);
    *examined = (merit__examined){0};
}

double merit__examined_lost(const merit__examined *examined, int64_t truth,
                            int64_t answer)
{
    const double *scores = merit_scores_values(examined->scores);
    return examined->best[truth] - scores[truth * examined->n_answers + answer];
}

double merit__examined_lost_all(const merit__examined *examined)
{
    double lost = 0;
    for (int64_t i = 0; i < examined->n_classes; i++) {
        for (int64_t k = 0; k < examined->n_answers; k++) {
            lost += examined->confusion[i * examined->n_answers + k] *
                    merit__examined_lost(examined, i, k);
        }
    }
    return lost;
}
