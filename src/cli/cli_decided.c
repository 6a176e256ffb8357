#include "cli_decided.h"

#include "cli_json.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_results.h"
#include "cli_tables.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Between which merit/decide.h fits temperatures; with how many rows it is reliable.
#define LEAST_FITTED 0.05
#define MOST_FITTED 20
enum { FEW_ROWS = 200 };
enum { NAME_BYTES = 64, TEXT_BYTES = 512, RESAMPLES = 1000, EXTRA_SHOWN = 5 };

// The measures of all rules; without labels those of `chosen` that need none.
struct measures {
    merit_metrics chosen, other, constant;
    char constant_name[NAME_BYTES];
    merit_interval interval; // of what chosen earns more than argmax
    int has_interval;
};

// The one answer that earns the most if it is always given.
static void measure_constant(struct measures *out, const merit__deciding *d)
{
    int32_t best = out->chosen.best_constant;
    int64_t n_hits = best < d->beliefs->n_classes ? d->n_true[best] : 0;
    double oracle = out->chosen.oracle_score;
    double score = out->chosen.best_constant_score;
    out->constant = (merit_metrics){.n = d->n,
                                    .accuracy = (double)n_hits / (double)d->n,
                                    .mean_score = score,
                                    .normalized_score = oracle > score ? 0 : NAN,
                                    .claimed_score = NAN};
    snprintf(out->constant_name, sizeof out->constant_name, "always %s",
             merit_scores_name(d->beliefs->scores, best));
}

static merit_status measure(struct measures *out, const merit__deciding *d,
                            merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (struct measures){.chosen = {.n = d->n,
                                        .accuracy = NAN,
                                        .mean_score = NAN,
                                        .normalized_score = NAN,
                                        .regret = NAN,
                                        .claimed_score = d->claimed / (double)d->n,
                                        .log_loss = NAN,
                                        .ece = NAN}};
    if (d->chosen.tally == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(merit_tally_metrics(d->chosen.tally, &out->chosen, err));
    MERIT_TRY(merit_tally_metrics(d->other.tally, &out->other, err));
    measure_constant(out, d);
    if (d->pairs != NULL && d->rule != MERIT_RULE_ARGMAX) {
        status = merit_pairs_bootstrap(d->pairs, &out->interval, RESAMPLES, 0.95, 1);
        // Beyond 2^32 examples there is none.
        out->has_interval = status == MERIT_OK;
        status = status == MERIT_ENOMEM
                     ? merit__refuse(err, status, "not enough memory for the bootstrap")
                     : MERIT_OK;
    }

fail:
    return status;
}

static void print_table(FILE *stream, const struct measures *m,
                        const merit__deciding *d, int width)
{
    int is_argmax = d->rule == MERIT_RULE_ARGMAX;
    const char *other =
        merit_rule_name(is_argmax ? MERIT_RULE_BAYES : MERIT_RULE_ARGMAX);
    merit__result results[] = {
        {.name = merit_rule_name(d->rule), .metrics = &m->chosen, .is_marked = 1},
        {.name = other, .metrics = &m->other},
        {.name = m->constant_name, .metrics = &m->constant},
    };
    merit__print_results(stream, results, sizeof results / sizeof results[0],
                         "the answers given", width);
}

static void print_fit(FILE *stream, const merit__fit *fit,
                      const merit__beliefs *beliefs, int width)
{
    char text[TEXT_BYTES];
    if (fit->n_rows == 0) {
        return;
    }
    snprintf(text, sizeof text,
             "The temperature was fitted on %s%" PRId64
             " of these rows, so log loss and calibration error %s.%s To use it on "
             "others: --temperature %.4g; to leave the beliefs as they are: "
             "--temperature 1.",
             !fit->is_sample       ? "all "
             : beliefs->can_reopen ? "a sample of "
                                   : "the first ",
             fit->n_rows,
             fit->n_rows < FEW_ROWS ? "look better than they are"
                                    : "are optimistic by a hair",
             fit->temperature <= LEAST_FITTED || fit->temperature >= MOST_FITTED
                 ? " It is the last one that is tried: too few rows, or wrong labels?"
                 : "",
             fit->temperature);
    merit__print_wrapped(stream, text, 0, width);
}

// The extra answer that is given most often after `before` (-1: of all), those before
// it in the table first; -1 when there is no other.
static int64_t next_extra(const merit__deciding *d, int64_t before)
{
    const int64_t *given = d->n_given;
    const int64_t n_answers = merit_scores_n_answers(d->beliefs->scores);
    int64_t next = -1;
    for (int64_t a = d->beliefs->n_classes; a < n_answers; a++) {
        const int is_left = before < 0 || given[a] < given[before] ||
                            (given[a] == given[before] && a > before);
        if (is_left && (next < 0 || given[a] > given[next])) {
            next = a;
        }
    }
    return next;
}

// How often the extra answers of the table were given: of many, which most often.
static void print_extra(FILE *stream, const merit__deciding *d, int width)
{
    const merit_scores *scores = d->beliefs->scores;
    const int64_t n_extra = merit_scores_n_answers(scores) - d->beliefs->n_classes;
    char text[TEXT_BYTES];
    char name[NAME_BYTES];
    int64_t n_given = 0;
    for (int64_t i = 0; i < n_extra; i++) {
        n_given += d->n_given[d->beliefs->n_classes + i];
    }
    if (n_extra > EXTRA_SHOWN) {
        snprintf(text, sizeof text,
                 "%" PRId64 " of them, %.3g %%, are answered with one of the %" PRId64
                 " answers that are no classes.",
                 n_given, 100 * (double)n_given / (double)d->n, n_extra);
        merit__print_wrapped(stream, text, 0, width);
    }
    int64_t a = next_extra(d, -1);
    for (int i = 0; i < EXTRA_SHOWN && a >= 0; i++, a = next_extra(d, a)) {
        if (n_extra > EXTRA_SHOWN && d->n_given[a] == 0) {
            break;
        }
        snprintf(text, sizeof text,
                 "\"%s\" is the answer to %" PRId64 " of them, %.3g %%.",
                 merit__visible(name, sizeof name, merit_scores_name(scores, a)),
                 d->n_given[a], 100 * (double)d->n_given[a] / (double)d->n);
        merit__print_wrapped(stream, text, 0, width);
    }
}

// What else there is to tell.
static void print_remarks(FILE *stream, const merit__deciding *d, int width)
{
    char text[TEXT_BYTES];
    int64_t n_renormalized = merit_rows_n_renormalized(d->beliefs->rows);
    print_extra(stream, d, width);
    if (n_renormalized > 0) {
        snprintf(text, sizeof text,
                 "In %" PRId64
                 " row%s the probabilities did not sum to 1; they were divided "
                 "by their sum.",
                 n_renormalized, n_renormalized == 1 ? "" : "s");
        merit__print_wrapped(stream, text, 0, width);
    }
    if (d->n_impossible > 0) {
        snprintf(text, sizeof text,
                 "In %" PRId64
                 " row%s the label has a probability of 0, which makes the log "
                 "loss infinite.",
                 d->n_impossible, d->n_impossible == 1 ? "" : "s");
        merit__print_wrapped(stream, text, 0, width);
    }
}

static void print_comparison(FILE *stream, const struct measures *m,
                             const merit__deciding *d, int width)
{
    if (m->has_interval && m->interval.mean == 0 && m->interval.low == 0 &&
        m->interval.high == 0) {
        fprintf(stream, "bayes and argmax earn the same on every example.\n");
    } else if (m->has_interval) {
        merit__print_interval(stream, merit_rule_name(d->rule), &m->interval, width);
    } else if (d->rule != MERIT_RULE_ARGMAX) {
        merit__print_wrapped(stream,
                             "No interval for the difference to argmax: too many "
                             "examples, or kinds of difference, to resample.",
                             0, width);
    }
}

static merit_status print_claims(FILE *stream, const merit__deciding *d,
                                 merit_error *err)
{
    const merit_scores *scores = d->beliefs->scores;
    int64_t a = merit_scores_n_answers(scores);
    double *numbers = NULL; // weight, claimed, realised: [A] each
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__new_array(&numbers, a, 3 * sizeof *numbers, err));
    MERIT_TRY(merit_tally_claims(d->chosen.tally, numbers, numbers + a, numbers + 2 * a,
                                 err));
    merit__print_claims(stream, scores, numbers, numbers + a, numbers + 2 * a);

fail:
    free(numbers);
    return status;
}

merit_status merit__decided_print(FILE *stream, const merit__deciding *d,
                                  const merit__fit *fit, merit_error *err)
{
    int width = merit__terminal_width(stream);
    char text[TEXT_BYTES];
    struct measures m;
    merit_status status = MERIT_OK;
    MERIT_TRY(measure(&m, d, err));
    if (d->chosen.tally == NULL) {
        snprintf(text, sizeof text,
                 "%" PRId64 " row%s answered by %s; temperature %.4g; expected score "
                 "%.4f on average.",
                 d->n, d->n == 1 ? "" : "s", merit_rule_name(d->rule), fit->temperature,
                 merit__unsigned_zero(m.chosen.claimed_score, 4));
        merit__print_wrapped(stream, text, 0, width);
        print_remarks(stream, d, width);
        return MERIT_OK;
    }
    print_table(stream, &m, d, width);
    fputc('\n', stream);
    print_comparison(stream, &m, d, width);
    merit__print_beliefs(stream, &m.chosen, fit->temperature, width);
    print_fit(stream, fit, d->beliefs, width);
    print_remarks(stream, d, width);
    fputc('\n', stream);
    MERIT_TRY(print_claims(stream, d, err));

fail:
    return status;
}

// {"cat": {"given": 3, "claimed": 1.2, "earned": 1.1}, ...}
static merit_status claims_record(json_t **out, const merit__deciding *d,
                                  merit_error *err)
{
    const merit_scores *scores = d->beliefs->scores;
    int64_t a = merit_scores_n_answers(scores);
    double *numbers = NULL;
    char name[256];
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__new_array(&numbers, a, 3 * sizeof *numbers, err));
    if (d->chosen.tally != NULL) {
        MERIT_TRY(merit_tally_claims(d->chosen.tally, numbers, numbers + a,
                                     numbers + 2 * a, err));
    }
    *out = json_object();
    for (int64_t i = 0; i < a; i++) {
        json_t *answer = json_pack("{s:I}", "given", (json_int_t)d->n_given[i]);
        if (d->chosen.tally != NULL) {
            json_object_set_new(answer, "claimed", merit__json_number(numbers[a + i]));
            json_object_set_new(answer, "earned",
                                merit__json_number(numbers[2 * a + i]));
        }
        json_object_set_new(
            *out, merit__visible(name, sizeof name, merit_scores_name(scores, i)),
            answer);
    }

fail:
    free(numbers);
    return status;
}

merit_status merit__decided_record(const merit__deciding *d, const merit__fit *fit,
                                   merit_error *err)
{
    struct measures m;
    json_t *answers = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(measure(&m, d, err));
    MERIT_TRY(claims_record(&answers, d, err));
    merit__result chosen = {.name = merit_rule_name(d->rule), .metrics = &m.chosen};
    json_t *record = merit__result_record(&chosen, fit->temperature);
    json_object_set_new(record, "claimed_score",
                        merit__json_number(m.chosen.claimed_score));
    json_object_set_new(record, "temperature_rows", json_integer(fit->n_rows));
    json_object_set_new(record, "renormalized",
                        json_integer(merit_rows_n_renormalized(d->beliefs->rows)));
    if (m.has_interval) {
        json_object_set_new(record, "more_than_argmax",
                            json_pack("{s:o, s:o, s:o}", "mean",
                                      merit__json_number(m.interval.mean), "low",
                                      merit__json_number(m.interval.low), "high",
                                      merit__json_number(m.interval.high)));
    }
    json_object_set_new(record, "answers", answers);
    return merit__json_print(record, err);

fail:
    return status;
}
