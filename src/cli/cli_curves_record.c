#include "cli_curves.h"

#include "cli_json.h"

// clang-format off
static json_t *row_record(const merit_run *run, const merit_run_row *row)
{
    return json_pack("{s:o, s:I, s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "loss", merit__json_text(run->candidates[row->candidate]),
                     "epoch", (json_int_t)row->epoch,
                     "step", (json_int_t)row->step,
                     "epochs", merit__json_number(row->epochs),
                     "rule", merit_rule_name(row->rule),
                     "training_loss", merit__json_number(row->training_loss),
                     "mean_score", merit__json_number(row->mean_score),
                     "accuracy", merit__json_number(row->accuracy),
                     "log_loss", merit__json_number(row->log_loss),
                     "temperature", merit__json_number(row->temperature),
                     "argmax_score", merit__json_number(row->argmax_score),
                     "bayes_score", merit__json_number(row->bayes_score),
                     "classes_answered", merit__json_number(row->classes_answered),
                     "gradient_survival", merit__json_number(row->gradient_survival));
}
// clang-format on

static json_t *row_list(const merit_run *run, const merit_run_row *rows, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        if (json_array_append_new(list, row_record(run, &rows[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *run_record(const merit_run *run)
{
    json_t *record = json_object();
    json_t *kept = run->kept == NULL ? json_null() : row_record(run, run->kept);
    int failed = 0;
    failed |= json_object_set_new(record, "path", merit__json_text(run->path));
    failed |= json_object_set_new(record, "name", merit__json_text(run->name));
    failed |= json_object_set_new(record, "loss", merit__json_text(run->loss));
    failed |= json_object_set_new(record, "classes", json_integer(run->n_classes));
    failed |= json_object_set_new(record, "answers", json_integer(run->n_answers));
    failed |= json_object_set_new(record, "seconds", merit__json_number(run->seconds));
    failed |= json_object_set_new(record, "best_constant",
                                  merit__json_number(run->best_constant));
    failed |= json_object_set_new(record, "kept", kept);
    failed |=
        json_object_set_new(record, "line", row_list(run, run->line, run->n_line));
    failed |=
        json_object_set_new(record, "rows", row_list(run, run->rows, run->n_rows));
    if (failed) {
        json_decref(record);
        return NULL;
    }
    return record;
}

merit_status merit__curves_record(const merit_runs *curves, merit_error *err)
{
    json_t *runs = json_array();
    for (int64_t i = 0; i < merit_runs_count(curves); i++) {
        json_array_append_new(runs, run_record(merit_runs_at(curves, i)));
    }
    return merit__json_print(
        json_pack("{s:s, s:o}", "merit", merit_version(), "runs", runs), err);
}
