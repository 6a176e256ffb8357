/* What a run leaves: the kept model and the table of its validations. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "data/dataset.h"
#include "model/model.h"
#include "train/json_text.h"
#include "train/own_decode.h"
#include "train/training.h"

/* What made the model: the configuration, the candidate, the epoch. */
static char *provenance(const merit__training *t, const merit__history_row *row)
{
    json_t *record = json_pack(
        "{s:o, s:s, s:I, s:s, s:o, s:o}", "config", json_loads(t->config_json, 0, NULL),
        "candidate", t->candidates.spec[row->candidate], "epoch",
        (json_int_t)row->epoch, "engine", t->engine, "validation_score",
        merit__json_real(row->verdict.score), "validation_accuracy",
        merit__json_real(row->verdict.accuracy));
    char *text = merit__json_dump(record, JSON_SORT_KEYS);
    json_decref(record);
    return text;
}

/* The loss that was in force. */
static const merit_loss *loss_of(const merit__training *t,
                                 const merit__history_row *row)
{
    double progress;
    return merit__candidates_loss(&t->candidates, row->candidate,
                                  merit__training_own_step(t, row) - 1, &progress);
}

/* The decode matrix [K,A] of a loss; the caller frees it. */
static merit_status make_decode(double **out, const merit__training *t,
                                const merit_loss *loss, merit_error *err)
{
    size_t n =
        (size_t)(merit_scores_n_truths(t->scores) * merit_scores_n_answers(t->scores));
    *out = merit__alloc_array(n, sizeof **out);
    if (*out == NULL) {
        return merit__fail_memory(err, n * sizeof **out, "a model");
    }
    return merit__own_decode(*out, loss, t->scores, err);
}

/* `row` is the validation of the parameters. */
static merit_status save_model(const merit__training *t, const char *name,
                               const float *parameters, const merit__history_row *row,
                               char hash[65], merit_error *err)
{
    merit_status status = MERIT_OK;
    double *decode = NULL;
    const merit_loss *loss = loss_of(t, row);
    char *path = merit__run_directory_path(t->run, name);
    char *origin = provenance(t, row);
    if (path == NULL || origin == NULL) {
        MERIT_TRY(merit__fail_memory(err, 4096, "a model"));
    }
    if (row->verdict.rule == MERIT_RULE_DECODE) {
        MERIT_TRY(make_decode(&decode, t, loss, err));
    }
    merit__model_parts parts = {
        .net = t->net,
        .parameters = parameters,
        .scores = t->scores,
        .normalisation = &t->normalisation,
        .rule = row->verdict.rule,
        .link = row->verdict.link,
        .temperature = row->verdict.temperature,
        .decode = decode,
        .loss = t->candidates.spec[row->candidate],
        .slice = t->config.slice,
        .exact = t->config.exact,
        .data = t->data,
        .provenance = origin,
        .fit = !merit__dataset_is_gallery(t->whole)               ? NULL
               : merit_dataset_fit(t->whole) == MERIT_FIT_STRETCH ? "stretch"
                                                                  : "crop",
        .table = merit_dataset_schema(t->whole),
    };
    MERIT_TRY(merit__model_save(path, &parts, hash, err));
fail:
    merit__free(path);
    merit__free(origin);
    merit__free(decode);
    return status;
}

merit_status merit__training_save_best(const merit__training *t, char hash[65],
                                       merit_error *err)
{
    return save_model(t, "best.safetensors", t->state.kept,
                      merit__state_best(&t->state, -1), hash, err);
}

merit_status merit__training_save_last(const merit__training *t, merit_error *err)
{
    const merit__state *s = &t->state;
    const merit__history_row *row = &s->history[s->n_history - 1];
    // A candidate that was given up before its first validation has no row.
    if (merit__training_own_step(t, row) != s->at.step) {
        return MERIT_OK;
    }
    return save_model(t, "last.safetensors", s->now_weights.parameters, row, NULL, err);
}

/* One line of metrics.tsv; returns its length. */
static size_t print_row(char *out, size_t out_bytes, const merit__training *t,
                        const merit__history_row *row)
{
    const merit__verdict *v = &row->verdict;
    const merit__survey *s = &row->survey;
    const double real[] = {row->loss,
                           v->score,
                           v->accuracy,
                           v->log_loss,
                           v->temperature,
                           v->argmax_score,
                           v->bayes_score,
                           v->classes_answered,
                           v->gradient_survival,
                           v->validation_loss,
                           row->learning_rate,
                           s->stuck_share,
                           s->trap_share,
                           s->stuck_margin,
                           s->stuck_margin_95,
                           s->feature_size,
                           s->effective_classes,
                           s->confidence};
    int n = snprintf(out, out_bytes, "%s\t%" PRId64 "\t%" PRId64 "\t%s",
                     t->candidates.spec[row->candidate], row->epoch, row->step,
                     merit_rule_name(v->rule));
    size_t at = n > 0 ? (size_t)n : 0;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        char number[MERIT__NUMBER_BYTES];
        merit__print_double(number, real[i]);
        n = snprintf(out + at, out_bytes - at, "\t%s", number);
        at += n > 0 ? (size_t)n : 0;
    }
    n = snprintf(out + at, out_bytes - at, "\n");
    return at + (n > 0 ? (size_t)n : 0);
}

/* One line of answers.jsonl; NULL without memory. Free with merit__free. */
static char *answers_line(const merit__training *t, size_t index)
{
    const merit__history_row *row = &t->state.history[index];
    int64_t n_answers = t->state.shape.n_answers;
    json_t *given = json_array(), *stuck = json_array();
    for (int64_t k = 0; k < n_answers; k++) {
        json_array_append_new(
            given, json_integer(t->state.given[(int64_t)index * n_answers + k]));
    }
    for (int64_t i = 0; i < row->survey.n_pairs; i++) {
        const merit__stuck_pair *p = &row->survey.pairs[i];
        json_array_append_new(
            stuck, json_pack("{s:s, s:s, s:b, s:o, s:o}", "truth",
                             merit_scores_name(t->scores, p->truth), "answer",
                             merit_scores_name(t->scores, p->answer), "trap",
                             (int)p->is_trap, "share", merit__json_real(p->share),
                             "margin", merit__json_real(p->margin)));
    }
    json_t *record =
        json_pack("{s:s, s:I, s:I, s:o, s:o}", "loss",
                  t->candidates.spec[row->candidate], "epoch", (json_int_t)row->epoch,
                  "step", (json_int_t)row->step, "given", given, "stuck", stuck);
    char *text = merit__json_dump(record, JSON_COMPACT);
    json_decref(record);
    return text;
}

static merit_status write_answers(const merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL, *line = NULL;
    size_t capacity = 0, n = 0;
    for (size_t i = 0; i < t->state.n_history; i++) {
        line = answers_line(t, i);
        size_t n_line = line == NULL ? 0 : strlen(line);
        if (line == NULL ||
            merit__grow_array((void **)&text, &capacity, n + n_line + 1, 1) != 0) {
            MERIT_TRY(merit__fail_memory(err, n + n_line + 1, "the answers"));
        }
        memcpy(text + n, line, n_line);
        n += n_line;
        text[n++] = '\n';
        merit__free(line);
        line = NULL;
    }
    MERIT_TRY(merit__run_directory_write(t->run, "answers.jsonl", text, n, err));
fail:
    merit__free(text);
    merit__free(line);
    return status;
}

merit_status merit__training_write_metrics(const merit__training *t, merit_error *err)
{
    enum { LINE = 1024 };
    static const char header[] =
        "loss\tepoch\tstep\trule\ttraining_loss\tmean_score\taccuracy\tlog_loss\t"
        "temperature\targmax_score\tbayes_score\tclasses_answered\tgradient_survival\t"
        "validation_loss\tlearning_rate\tstuck_share\ttrap_share\tstuck_margin\t"
        "stuck_margin_95\tfeature_size\teffective_classes\tconfidence\n";
    size_t capacity = sizeof header + t->state.n_history * LINE;
    char *text = merit__alloc_array(capacity, 1);
    if (text == NULL) {
        return merit__fail_memory(err, capacity, "the metrics");
    }
    size_t n = (size_t)snprintf(text, capacity, "%s", header);
    for (size_t i = 0; i < t->state.n_history; i++) {
        n += print_row(text + n, capacity - n, t, &t->state.history[i]);
    }
    merit_status status =
        merit__run_directory_write(t->run, "metrics.tsv", text, n, err);
    merit__free(text);
    return status == MERIT_OK ? write_answers(t, err) : status;
}
