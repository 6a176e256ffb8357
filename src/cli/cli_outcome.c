#include "cli_outcome.h"

#include "cli_message.h"

#include <stdio.h>
#include <stdlib.h>

merit_answers merit__outcome_answers(const merit__outcome *outcome,
                                     const merit__predictions *predictions)
{
    return (merit_answers){.n = predictions->n,
                           .labels = merit_dataset_labels(predictions->data),
                           .answers = outcome->answers,
                           .expected = outcome->expected};
}

merit_status merit__outcome_begin(merit__outcome *out,
                                  const merit__predictions *predictions,
                                  merit_rule rule, merit_error *err)
{
    const int64_t n = predictions->n;
    merit_status status = MERIT_OK;
    *out = (merit__outcome){.rule = rule,
                            .is_stored = rule == merit_model_rule(predictions->model)};
    snprintf(out->name, sizeof out->name, "%s", merit_rule_name(rule));
    MERIT_TRY(
        merit_tally_create(&out->tally, merit_model_scores(predictions->model), err));
    MERIT_TRY(merit__new_array(&out->answers, n, sizeof *out->answers, err));
    MERIT_TRY(merit__new_array(&out->expected, n, sizeof *out->expected, err));
    // The outputs of a decode rule are no beliefs.
    if (rule != MERIT_RULE_DECODE &&
        merit_link_has_posterior(merit_model_link(predictions->model))) {
        MERIT_TRY(merit__new_array(
            &out->posterior, merit_model_block(predictions->model, predictions->data),
            (size_t)predictions->n_classes * sizeof *out->posterior, err));
    }

fail:
    return status;
}

merit_status merit__outcome_add(merit__outcome *outcome,
                                const merit__predictions *predictions, int64_t first,
                                int64_t n, const float *logits, merit_error *err)
{
    const merit_decision_results results = {.answers = outcome->answers + first,
                                            .expected = outcome->expected + first,
                                            .posterior = outcome->posterior};
    merit_answers given = {.n = n,
                           .labels = merit_dataset_labels(predictions->data) + first,
                           .answers = results.answers,
                           .expected = results.expected,
                           .posterior = results.posterior};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_model_decide(predictions->model, outcome->rule, logits, n, &results,
                                 err));
    MERIT_TRY(merit_tally_add(outcome->tally, &given, err));

fail:
    return status;
}

merit_status merit__outcome_end(merit__outcome *outcome, merit_error *err)
{
    return merit_tally_metrics(outcome->tally, &outcome->metrics, err);
}

merit_status merit__outcome_of_constant(merit__outcome *out,
                                        const merit__predictions *predictions,
                                        int64_t answer, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__outcome){0};
    snprintf(out->name, sizeof out->name, "always %s",
             merit_scores_name(merit_model_scores(predictions->model), answer));
    MERIT_TRY(
        merit__new_array(&out->answers, predictions->n, sizeof *out->answers, err));
    for (int64_t i = 0; i < predictions->n; i++) {
        out->answers[i] = (int32_t)answer;
    }
    merit_answers given = merit__outcome_answers(out, predictions);
    MERIT_TRY(merit_metrics_compute(
        &out->metrics, merit_model_scores(predictions->model), &given, err));

fail:
    return status;
}

merit__result merit__outcome_result(const merit__outcome *outcome)
{
    return (merit__result){.name = outcome->name,
                           .metrics = &outcome->metrics,
                           .is_marked = outcome->is_stored};
}

// What each answer earned, [N].
static merit_status earnings(double **out, const merit__outcome *outcome,
                             const merit__predictions *predictions, merit_error *err)
{
    const merit_scores *scores = merit_model_scores(predictions->model);
    const int32_t *labels = merit_dataset_labels(predictions->data);
    merit_status status = merit__new_array(out, predictions->n, sizeof **out, err);
    for (int64_t i = 0; status == MERIT_OK && i < predictions->n; i++) {
        (*out)[i] = merit_scores_score(scores, labels[i], outcome->answers[i]);
    }
    return status;
}

merit_status merit__outcome_compare(merit_interval *out, const merit__outcome *a,
                                    const merit__outcome *b,
                                    const merit__predictions *predictions,
                                    merit_error *err)
{
    double *earned_a = NULL;
    double *earned_b = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(earnings(&earned_a, a, predictions, err));
    MERIT_TRY(earnings(&earned_b, b, predictions, err));
    // Fewer resamples where one takes long; a second or so in all.
    int64_t n_resamples = 20000000 / predictions->n;
    n_resamples = n_resamples > 1000 ? 1000 : n_resamples < 100 ? 100 : n_resamples;
    status =
        merit_bootstrap(out, earned_a, earned_b, predictions->n, n_resamples, 0.95, 1);
    if (status != MERIT_OK) {
        merit__refuse(err, status, "the bootstrap interval cannot be computed");
    }

fail:
    free(earned_a);
    free(earned_b);
    return status;
}

void merit__outcome_dispose(merit__outcome *outcome)
{
    merit_tally_free(outcome->tally);
    free(outcome->answers);
    free(outcome->expected);
    free(outcome->posterior);
    *outcome = (merit__outcome){0};
}
