#include "report/page_losses.h"

#include <inttypes.h>
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/interval_chart.h"
#include "report/page.h"

enum { LOSS_CHARACTERS = 60 };

static const char *const states[] = {"not trained to the end yet", "done", "diverged",
                                     "refused"};

static double size_of(const merit_compare_facts *facts)
{
    return fmax(fabs(facts->best_constant_score), fabs(facts->oracle_score));
}

void merit__page_verdict_add(merit__xml *xml, const merit_comparison *comparison,
                             const char *name)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    merit__xml_add(xml,
                   "<p class=\"kicker\">A comparison of losses by merit</p>\n<h1>");
    merit__page_name(xml, name);
    merit__xml_add(xml, "</h1>\n<p class=\"lead\">");
    merit__xml_text(xml, facts->verdict, 600);
    merit__xml_add(xml, "</p>\n<p>");
    merit__page_count(xml, facts->n_losses);
    merit__xml_add(xml, " losses, %" PRId64 " %s, ", facts->n_seeds,
                   facts->n_seeds == 1 ? "seed" : "seeds");
    merit__page_count(xml, facts->n_test);
    merit__xml_add(xml, " test examples that no run has seen. ");
    if (isfinite(facts->best_constant_score)) {
        merit__xml_add(xml, "Always the same answer would earn ");
        merit__page_score(xml, facts->best_constant_score, size_of(facts));
        merit__xml_add(xml, " at most, the best answers ");
        merit__page_score(xml, facts->oracle_score, size_of(facts));
        merit__xml_add(xml, ". ");
    }
    if (facts->n_runs_over < facts->n_runs) {
        merit__xml_add(xml, "%" PRId64 " of %" PRId64 " runs are not over: ",
                       facts->n_runs - facts->n_runs_over, facts->n_runs);
        merit__xml_add(xml, "the same <code>merit compare</code> continues them.");
    }
    merit__xml_add(xml, "</p>\n");
}

// The rows of both charts.
typedef struct loss_rows {
    merit__interval_row *scores; // [n]
    merit__interval_row *behind; // [n_behind]: where some are near the best only those,
                                 // whose differences would not be seen beside others
    double *points;              // scores of all runs
    int64_t n, n_behind;
} loss_rows;

static merit_status find_rows(loss_rows *out, const merit_comparison *comparison,
                              merit_error *err)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    size_t n = (size_t)facts->n_done, n_points = (size_t)facts->n_runs;
    out->scores = merit__alloc_array(n, sizeof *out->scores);
    out->behind = merit__alloc_array(n, sizeof *out->behind);
    out->points = merit__alloc_array(n_points, sizeof *out->points);
    if (out->scores == NULL || out->behind == NULL || out->points == NULL) {
        return merit__fail_memory(err, n * sizeof *out->scores, "a chart");
    }
    const int has_rivals =
        facts->n_done > 1 && merit_comparison_loss(comparison, 1)->is_level;
    double *at = out->points;
    for (out->n = 0; out->n < facts->n_done; out->n++) {
        const merit_compare_loss *loss = merit_comparison_loss(comparison, out->n);
        const double *first = at;
        for (int64_t s = 0; s < loss->n_runs; s++) {
            if (loss->runs[s].state == MERIT_COMPARE_DONE) {
                *at++ = loss->runs[s].metrics.mean_score;
            }
        }
        out->scores[out->n] = (merit__interval_row){.name = loss->loss,
                                                    .mean = loss->score.mean,
                                                    .low = loss->score.low,
                                                    .high = loss->score.high,
                                                    .points = first,
                                                    .n_points = at - first,
                                                    .is_strong = loss->is_level};
        if (loss->is_level || !has_rivals) {
            out->behind[out->n_behind++] = (merit__interval_row){
                .name = loss->loss,
                .mean = loss->behind.mean,
                .low = loss->is_best ? (double)NAN : loss->behind.low,
                .high = loss->is_best ? (double)NAN : loss->behind.high,
                .is_strong = loss->is_level};
        }
    }
    return MERIT_OK;
}

static merit_status add_charts(merit__xml *xml, const merit_comparison *comparison,
                               merit_error *err)
{
    merit_status status = MERIT_OK;
    loss_rows rows = {0};
    MERIT_TRY(find_rows(&rows, comparison, err));
    merit__interval_chart earned = {
        .id = "earned",
        .title = "Mean score",
        .caption =
            "Mean over the seeds and its 95&nbsp;% interval, over seeds and test "
            "examples; thin lines: the seeds. Filled: the best, and what is near it "
            "and cannot be told from it.",
        .mark = merit_comparison_facts(comparison)->best_constant_score,
        .mark_name = "best constant answer",
        .rows = rows.scores,
        .n = rows.n};
    merit__interval_chart behind = {
        .id = "behind",
        .title = "Behind the best",
        .caption =
            "How much more the best loss earns, on the same examples and seeds, "
            "with its 95&nbsp;% interval; of losses near the best where there are any. "
            "Reaching 0: chance alone may explain it.",
        .mark = 0,
        .mark_name = "no difference",
        .rows = rows.behind,
        .n = rows.n_behind};
    merit__xml_add(xml, "<div class=\"row\">\n");
    merit__interval_chart_add(xml, &earned);
    if (rows.n > 1) {
        merit__interval_chart_add(xml, &behind);
    }
    merit__xml_add(xml, "</div>\n");
fail:
    merit__free(rows.scores);
    merit__free(rows.behind);
    merit__free(rows.points);
    return status;
}

static void add_heads(merit__xml *xml)
{
    static const char *const heads[] = {"mean score",
                                        "&#177;",
                                        "normalised",
                                        "accuracy",
                                        "log loss",
                                        "ECE",
                                        "claimed",
                                        "steps to 95&nbsp;%",
                                        "seconds to 95&nbsp;%",
                                        "p, raised"};
    merit__xml_add(xml, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
                        "aria-label=\"Losses\">\n<table class=\"tight\">\n<thead><tr>"
                        "<th scope=\"col\">loss</th>");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        merit__xml_add(xml, "<th scope=\"col\" class=\"n\">%s</th>", heads[i]);
    }
    merit__xml_add(xml, "</tr></thead>\n<tbody>\n");
}

static void add_name(merit__xml *xml, const merit_compare_loss *loss)
{
    merit__xml_add(xml, "<th scope=\"row\" class=\"long\"><bdi>");
    merit__xml_text(xml, loss->loss, LOSS_CHARACTERS);
    merit__xml_add(xml, "</bdi></th>");
}

static void add_loss(merit__xml *xml, const merit_compare_loss *loss, int decimals)
{
    merit__xml_add(xml, "<tr%s>", loss->is_level ? " class=\"strong\"" : "");
    add_name(xml, loss);
    merit__page_cell(xml, loss->score.mean, decimals);
    merit__page_cell(xml, (loss->score.high - loss->score.low) / 2, decimals);
    merit__page_cell(xml, loss->normalized_score, 3);
    merit__xml_add(xml, "<td class=\"n\">");
    merit__page_percent(xml, loss->accuracy, 1);
    merit__xml_add(xml, "</td>");
    merit__page_cell(xml, loss->log_loss, 3);
    merit__page_cell(xml, loss->ece, 3);
    merit__page_cell(xml, loss->claimed_score, decimals);
    if (loss->n_reached > 0) {
        merit__page_cell(xml, loss->steps_to, 0);
    } else {
        merit__xml_add(xml, "<td class=\"n\">never</td>");
    }
    merit__page_cell(xml, loss->seconds_to, 1);
    if (loss->is_best) {
        merit__xml_add(xml, "<td class=\"n\">best</td>");
    } else if (loss->p_holm < 0.0001) {
        merit__xml_add(xml, "<td class=\"n\">&lt; 0.0001</td>");
    } else {
        merit__xml_add(xml, "<td class=\"n\">");
        merit__page_score(xml, loss->p_holm, 1);
        merit__xml_add(xml, "</td>");
    }
    merit__xml_add(xml, "</tr>\n");
}

/* Those that were refused, diverged or are not trained yet. */
static void add_others(merit__xml *xml, const merit_comparison *comparison)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    if (facts->n_done == facts->n_losses) {
        return;
    }
    merit__xml_add(xml, "<ul class=\"findings\">\n");
    for (int64_t i = facts->n_done; i < facts->n_losses; i++) {
        const merit_compare_loss *loss = merit_comparison_loss(comparison, i);
        merit__xml_add(xml, "<li class=\"note\"><b>");
        merit__xml_text(xml, loss->loss, LOSS_CHARACTERS);
        merit__xml_add(xml, "</b>%s%s", states[loss->state],
                       loss->message[0] != '\0' ? ": " : "");
        merit__xml_text(xml, loss->message, 300);
        merit__xml_add(xml, "</li>\n");
    }
    merit__xml_add(xml, "</ul>\n");
}

merit_status merit__page_losses_add(merit__xml *xml, const merit_comparison *comparison,
                                    merit_error *err)
{
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    merit_status status = MERIT_OK;
    int decimals = merit__page_decimals(0, size_of(facts));
    merit__page_section(xml, "losses", "What each loss earned");
    if (facts->n_done > 0) {
        MERIT_TRY(add_charts(xml, comparison, err));
        add_heads(xml);
        for (int64_t i = 0; i < facts->n_done; i++) {
            add_loss(xml, merit_comparison_loss(comparison, i), decimals);
        }
        merit__xml_add(
            xml,
            "</tbody>\n</table>\n</div>\n<p class=\"soft\">Each under the "
            "decision rule that its models store. &#177;: half of the 95&nbsp;%% "
            "interval. steps, seconds: until a run first came 95&nbsp;%% of the way to "
            "the best score on its own validation examples. p: of the "
            "difference to the best, paired by example and seed, raised for "
            "the number of losses (Holm); below 0.05 chance does not explain "
            "it.</p>\n");
    }
    add_others(xml, comparison);
    merit__page_section_end(xml);
fail:
    return status;
}

static void add_run(merit__xml *xml, const merit_compare_loss *loss,
                    const merit_compare_run *run, int decimals)
{
    merit__xml_add(xml, "<tr>");
    add_name(xml, loss);
    merit__xml_add(xml, "<td class=\"n\">%" PRIu64 "</td>", run->seed);
    if (run->state != MERIT_COMPARE_DONE) {
        merit__xml_add(xml, "<td colspan=\"7\">%s%s", states[run->state],
                       run->message[0] != '\0' ? ": " : "");
        merit__xml_text(xml, run->message, 200);
        merit__xml_add(xml, "</td></tr>\n");
        return;
    }
    merit__page_cell(xml, run->metrics.mean_score, decimals);
    merit__xml_add(xml, "<td class=\"n\">");
    merit__page_percent(xml, run->metrics.accuracy, 1);
    merit__xml_add(xml, "</td>");
    merit__page_cell(xml, run->validated, decimals);
    merit__xml_add(xml, "<td>");
    merit__xml_text(xml, run->candidate, LOSS_CHARACTERS);
    merit__xml_add(xml, "</td><td>%s</td>", merit_rule_name(run->rule));
    merit__page_cell(xml, run->temperature, 3);
    merit__page_cell(xml, run->seconds, 1);
    merit__xml_add(xml, "</tr>\n");
}

void merit__page_each_run_add(merit__xml *xml, const merit_comparison *comparison)
{
    static const char *const heads[] = {"seed",        "mean score", "accuracy",
                                        "validated",   "kept",       "decision",
                                        "temperature", "seconds"};
    const merit_compare_facts *facts = merit_comparison_facts(comparison);
    int decimals = merit__page_decimals(0, size_of(facts));
    merit__xml_add(xml, "<details><summary>Each run</summary>\n<div class=\"scroll\" "
                        "role=\"region\" tabindex=\"0\" aria-label=\"Runs\">\n<table>\n"
                        "<thead><tr><th scope=\"col\">loss</th>");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        merit__xml_add(xml, "<th scope=\"col\"%s>%s</th>",
                       i == 4 || i == 5 ? "" : " class=\"n\"", heads[i]);
    }
    merit__xml_add(xml, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < facts->n_losses; i++) {
        const merit_compare_loss *loss = merit_comparison_loss(comparison, i);
        for (int64_t s = 0; s < loss->n_runs; s++) {
            add_run(xml, loss, &loss->runs[s], decimals);
        }
    }
    merit__xml_add(xml, "</tbody>\n</table>\n</div>\n</details>\n");
}
