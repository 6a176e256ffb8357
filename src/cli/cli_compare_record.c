#include "cli_compare.h"

#include "cli_json.h"

static const char *const states[] = {"waiting", "done", "diverged", "refused"};

static json_t *pair(double low, double high)
{
    const double values[] = {low, high};
    return merit__json_numbers(values, 2);
}

static json_t *run_record(const merit_compare_run *run)
{
    const merit_metrics *m = &run->metrics;
    json_t *record = json_pack(
        "{s:s, s:I, s:s, s:o, s:o}", "directory", run->name, "seed",
        (json_int_t)run->seed, "state", states[run->state], "message",
        merit__json_text(run->message), "loss", merit__json_text(run->candidate));
    if (run->state == MERIT_COMPARE_DONE && record != NULL) {
        json_t *numbers = json_pack(
            "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "rule",
            merit_rule_name(run->rule), "temperature",
            merit__json_number(run->temperature), "mean_score",
            merit__json_number(m->mean_score), "accuracy",
            merit__json_number(m->accuracy), "log_loss",
            merit__json_number(m->log_loss), "ece", merit__json_number(m->ece),
            "claimed_score", merit__json_number(m->claimed_score), "validated_score",
            merit__json_number(run->validated), "steps", (json_int_t)run->n_steps,
            "seconds", merit__json_number(run->seconds), "steps_to_95",
            run->steps_to < 0 ? json_null() : json_integer(run->steps_to),
            "seconds_to_95", merit__json_number(run->seconds_to));
        json_object_update(record, numbers);
        json_decref(numbers);
    }
    return record;
}

static json_t *run_records(const merit_compare_loss *loss)
{
    json_t *list = json_array();
    for (int64_t s = 0; s < loss->n_runs; s++) {
        if (json_array_append_new(list, run_record(&loss->runs[s])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *loss_record(const merit_compare_loss *loss)
{
    return json_pack(
        "{s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:b, s:b, s:b, s:I, s:o, s:o, s:o, s:o}",
        "loss", merit__json_text(loss->loss), "state", states[loss->state], "message",
        merit__json_text(loss->message), "n_done", (json_int_t)loss->n_done,
        "mean_score", merit__json_number(loss->score.mean), "interval",
        pair(loss->score.low, loss->score.high), "seed_spread",
        merit__json_number(loss->seed_spread), "normalized_score",
        merit__json_number(loss->normalized_score), "accuracy",
        merit__json_number(loss->accuracy), "log_loss",
        merit__json_number(loss->log_loss), "ece", merit__json_number(loss->ece),
        "claimed_score", merit__json_number(loss->claimed_score), "regret",
        merit__json_number(loss->regret), "behind",
        merit__json_number(loss->behind.mean), "behind_interval",
        pair(loss->behind.low, loss->behind.high), "p", merit__json_number(loss->p),
        "p_holm", merit__json_number(loss->p_holm), "best", (int)loss->is_best, "level",
        (int)loss->is_level, "unsure", (int)loss->is_unsure, "n_reached",
        (json_int_t)loss->n_reached, "steps_to_95", merit__json_number(loss->steps_to),
        "seconds_to_95", merit__json_number(loss->seconds_to), "seconds",
        merit__json_number(loss->seconds), "runs", run_records(loss));
}

merit_status merit__compare_record(const merit_comparison *comparison, merit_error *err)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    json_t *seeds = json_array();
    json_t *losses = json_array();
    int failure = 0;
    for (int64_t s = 0; s < facts->n_seeds; s++) {
        failure |=
            json_array_append_new(seeds, json_integer((json_int_t)facts->seeds[s]));
    }
    for (int64_t l = 0; l < facts->n_losses; l++) {
        failure |= json_array_append_new(
            losses, loss_record(merit_comparison_loss(comparison, l)));
    }
    if (failure) {
        json_decref(losses);
        losses = NULL;
    }
    json_t *record = json_pack(
        "{s:s, s:I, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "merit", merit_version(), "n",
        (json_int_t)facts->n_test, "seeds", seeds, "runs", (json_int_t)facts->n_runs,
        "runs_over", (json_int_t)facts->n_runs_over, "best_constant_score",
        merit__json_number(facts->best_constant_score), "oracle_score",
        merit__json_number(facts->oracle_score), "losses", losses, "verdict",
        merit__json_text(facts->verdict));
    return merit__json_print(record, err);
}
