#include "cli_explain.h"

#include "cli_json.h"
#include "cli_message.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <stdio.h>

enum { INDENT = 9 }; // "PROBLEM  "

// "run1: collapsed (expected-score, epoch 3 of 3)"
static void print_title(const merit_explanation *explanation, const merit_run *run,
                        int width)
{
    char title[1024], path[256], loss[256];
    const merit_explain_candidate *kept = merit_explanation_kept(explanation);
    const char *verdict =
        merit_explain_verdict_name(merit_explanation_verdict(explanation));
    merit__visible(path, sizeof path, run->path);
    merit__visible(loss, sizeof loss, kept == NULL ? run->loss : kept->loss);
    if (kept == NULL) {
        snprintf(title, sizeof title, "%s: %s (%s)", path, verdict, loss);
    } else {
        snprintf(title, sizeof title, "%s: %s (%s, epoch %" PRId64 "%s%" PRId64 "%s)",
                 path, verdict, loss, kept->last->epoch,
                 run->n_candidates > 1 ? "; " : " of ", run->n_epochs,
                 run->n_candidates > 1 ? " with each loss" : "");
    }
    merit__print_wrapped(stdout, title, 0, width);
}

void merit__explain_print(const merit_explanation *explanation, const merit_run *run,
                          int width)
{
    merit_severity before = (merit_severity)0;
    print_title(explanation, run, width);
    for (int64_t i = 0; i < merit_explanation_n_findings(explanation); i++) {
        char text[4096];
        const merit_finding *f = merit_explanation_finding(explanation, i);
        if (i == 0 || f->severity != before) {
            putchar('\n');
        }
        before = f->severity;
        int n = printf("%s", merit_severity_name(f->severity));
        merit__print_column(stdout, merit__visible(text, sizeof text, f->text), INDENT,
                            width, n);
    }
}

static json_t *names(const merit_run *run, const int64_t *index, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        json_array_append_new(
            list, merit__json_text(merit_scores_name(run->table, index[i])));
    }
    return list;
}

static json_t *pairs(const merit_run *run, const merit_run_row *row)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < row->n_pairs; i++) {
        const merit_run_pair *p = &row->pairs[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:b}", "truth",
                            merit__json_text(merit_scores_name(run->table, p->truth)),
                            "answer",
                            merit__json_text(merit_scores_name(run->table, p->answer)),
                            "share", merit__json_number(p->share), "margin",
                            merit__json_number(p->margin), "trap", (int)p->is_trap));
    }
    return list;
}

// Epochs and steps are those of this loss alone.
static json_t *candidate(const merit_run *run, const merit_explain_candidate *c)
{
    const merit_run_row *last = c->last;
    const int64_t before = c->first > run->rows ? c->first[-1].step : 0;
    json_t *record = json_pack(
        "{s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, "
        "s:o}",
        "loss", merit__json_text(c->loss), "verdict",
        merit_explain_verdict_name(c->verdict), "epochs",
        (json_int_t)(last->epoch - c->first->epoch + 1), "steps",
        (json_int_t)(last->step - before), "mean_score",
        merit__json_number(c->best->mean_score), "gain", merit__json_number(c->gain),
        "accuracy", merit__json_number(c->best->accuracy), "gradient_survival",
        merit__json_number(last->gradient_survival), "stuck_share",
        merit__json_number(last->stuck_share), "trap_share",
        merit__json_number(last->trap_share), "stuck_margin",
        merit__json_number(last->stuck_margin), "stuck_margin_95",
        merit__json_number(last->stuck_margin_95), "classes_answered",
        merit__json_number(last->classes_answered), "effective_classes",
        merit__json_number(last->effective_classes), "forecast_steps",
        merit__json_number(c->forecast_steps), "temperature",
        merit__json_number(c->temperature), "stuck", pairs(run, last));
    if (record != NULL) {
        json_object_set_new(record, "missing", names(run, c->missing, c->n_missing));
        json_object_set_new(record, "lost", names(run, c->lost, c->n_lost));
    }
    return record;
}

static json_t *findings(const merit_explanation *explanation)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < merit_explanation_n_findings(explanation); i++) {
        const merit_finding *f = merit_explanation_finding(explanation, i);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "id", f->id, "severity",
                                        merit_severity_name(f->severity), "text",
                                        merit__json_text(f->text)));
    }
    return list;
}

merit_status merit__explain_record(const merit_explanation *explanation,
                                   const merit_run *run, merit_error *err)
{
    const merit_explain_candidate *kept = merit_explanation_kept(explanation);
    json_t *candidates = json_array();
    for (int64_t i = 0; i < merit_explanation_n_candidates(explanation); i++) {
        json_array_append_new(
            candidates, candidate(run, merit_explanation_candidate(explanation, i)));
    }
    return merit__json_print(
        json_pack("{s:s, s:o, s:s, s:o, s:b, s:o, s:o, s:o, s:o}", "merit",
                  merit_version(), "run", merit__json_text(run->path), "verdict",
                  merit_explain_verdict_name(merit_explanation_verdict(explanation)),
                  "loss", merit__json_text(kept == NULL ? run->loss : kept->loss),
                  "finished", (int)run->is_finished, "best_constant",
                  merit__json_number(run->best_constant), "oracle_score",
                  merit__json_number(run->oracle_score), "candidates", candidates,
                  "findings", findings(explanation)),
        err);
}
