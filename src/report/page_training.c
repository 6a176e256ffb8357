#include "report/page_training.h"

#include <inttypes.h>
#include <math.h>

#include "merit/explain.h"
#include "report/chart.h"
#include "report/page.h"
#include "report/panel.h"

static double score_of(const merit_run_row *row)
{
    return row->mean_score;
}

static double survival_of(const merit_run_row *row)
{
    return row->gradient_survival;
}

static double stuck_of(const merit_run_row *row)
{
    return row->stuck_share;
}

static double answered_of(const merit_run_row *row)
{
    return row->classes_answered;
}

static void add_panels(merit__xml *xml, const merit_run *run)
{
    const merit__panel panels[] = {
        {.id = "score",
         .title = "Mean score on held-out data",
         .caption = "What an answer earns on average; thin: what was tried beside.",
         .low = run->best_constant,
         .high = run->best_constant,
         .is_narrow = 1,
         .run = run,
         .value = score_of},
        {.id = "survival",
         .title = "Gradient, of cross entropy's",
         .caption = "How much of cross entropy's gradient the loss still sends. "
                    "Little: it has stopped to learn.",
         .is_percent = 1,
         .is_log = 1,
         .low = 0.1,
         .high = 1,
         .run = run,
         .value = survival_of},
        {.id = "stuck",
         .title = "Stuck examples",
         .caption = "Held-out examples of which the model is so surely wrong that the "
                    "expected score would send no gradient.",
         .is_percent = 1,
         .low = 0,
         .high = 0.1,
         .run = run,
         .value = stuck_of},
        {.id = "answered",
         .title = "Answers in use",
         .caption = "Different answers that were given to the held-out examples.",
         .low = 0,
         .high = (double)run->n_answers,
         .run = run,
         .value = answered_of},
    };
    merit__xml_add(xml, "<div class=\"row\">\n");
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        if (merit__panel_has_numbers(&panels[i])) {
            merit__panel_add(xml, &panels[i]);
        }
    }
    merit__xml_add(xml, "</div>\n");
}

static void add_row(merit__xml *xml, const merit_run *run, const merit_run_row *row)
{
    int decimals = merit__page_decimals(0, row->mean_score);
    merit__xml_add(xml, "<tr%s>", row == run->kept ? " class=\"strong\"" : "");
    merit__page_head_cell(xml, run->candidates[row->candidate]);
    merit__xml_add(xml, "<td class=\"n\">%" PRId64 "</td>", row->epoch);
    merit__page_cell(xml, row->training_loss, 4);
    merit__page_cell(xml, row->mean_score, decimals);
    merit__xml_add(xml, "<td class=\"n\">");
    merit__page_percent(xml, row->accuracy, 1);
    merit__xml_add(xml, "</td><td>%s</td><td class=\"n\">", merit_rule_name(row->rule));
    merit__page_percent(xml, row->gradient_survival, 2);
    merit__xml_add(xml, "</td><td class=\"n\">");
    merit__page_percent(xml, row->stuck_share, 1);
    merit__xml_add(xml, "</td>");
    merit__page_cell(xml, row->classes_answered, 0);
    merit__xml_add(xml, "</tr>\n");
}

/* The numbers behind the pictures. */
static void add_numbers(merit__xml *xml, const merit_run *run)
{
    enum { MOST = 200 };
    static const char *const heads[] = {"epoch",    "training loss", "mean score",
                                        "accuracy", "decision",      "gradient",
                                        "stuck",    "answers"};
    merit__xml_add(xml, "<details><summary>The numbers of each epoch</summary>\n"
                        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
                        "aria-label=\"Epochs\">\n<table>\n<thead><tr>"
                        "<th scope=\"col\">loss</th>");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        merit__xml_add(xml, "<th scope=\"col\"%s>%s</th>", i == 4 ? "" : " class=\"n\"",
                       heads[i]);
    }
    merit__xml_add(xml, "</tr></thead>\n<tbody>\n");
    int64_t from = run->n_rows > MOST ? run->n_rows - MOST : 0;
    for (int64_t i = from; i < run->n_rows; i++) {
        add_row(xml, run, &run->rows[i]);
    }
    merit__xml_add(xml, "</tbody>\n</table>\n");
    if (from > 0) {
        merit__xml_add(xml,
                       "<p class=\"soft\">%" PRId64 " earlier ones are left out."
                       "</p>\n",
                       from);
    }
    merit__xml_add(xml, "</div>\n</details>\n");
}

/* What `merit explain` says. */
static merit_status add_explanation(merit__xml *xml, const merit_run *run,
                                    merit_error *err)
{
    char name[MERIT__PAGE_PATH_BYTES];
    merit_explanation *why = NULL;
    merit_run shown = *run; // called by its name, not by where it is on this system
    shown.path = merit__page_file_name(name, run->path);
    merit_status status = merit_explain(&why, &shown, err);
    if (status != MERIT_OK) {
        return status;
    }
    merit__xml_add(xml, "<h3>What <code>merit explain</code> says of it</h3>\n"
                        "<ul class=\"findings\">\n");
    for (int64_t i = 0; i < merit_explanation_n_findings(why); i++) {
        const merit_finding *finding = merit_explanation_finding(why, i);
        merit__page_finding(xml, finding->severity, finding->text);
    }
    merit__xml_add(xml, "</ul>\n");
    merit_explanation_free(why);
    return MERIT_OK;
}

/* What was asked for, what came of it, in a sentence. */
static void add_summary(merit__xml *xml, const merit_run *run)
{
    const merit_run_row *kept = run->kept;
    merit__xml_add(xml, "<p>Trained with ");
    merit__page_name(xml, run->loss);
    merit__xml_add(xml, " for %" PRId64 " %s%s", run->n_epochs,
                   run->n_epochs == 1 ? "epoch" : "epochs",
                   run->n_candidates > 1 ? " with each loss" : "");
    if (isfinite(run->seconds)) {
        merit__xml_add(xml, " in ");
        merit__page_count(xml, (int64_t)ceil(run->seconds));
        merit__xml_add(xml, " s");
    }
    if (kept != NULL) {
        merit__xml_add(xml, "; kept is the model after epoch %" PRId64, kept->epoch);
        if (run->n_candidates > 1) {
            merit__xml_add(xml, ", with ");
            merit__page_name(xml, run->candidates[kept->candidate]);
        }
    }
    merit__xml_add(xml, ".</p>\n");
}

merit_status merit__page_training_add(merit__xml *xml, const merit_runs *runs,
                                      merit_error *err)
{
    const merit_run *run = merit_runs_at(runs, 0);
    merit__page_section(xml, "training", "How it learned");
    add_summary(xml, run);
    if (run->kept == NULL) {
        merit__xml_add(xml, "<p>Nothing is measured yet.</p>\n");
        merit__page_section_end(xml);
        return MERIT_OK;
    }
    merit__xml_add(xml, "<div class=\"wide\">\n");
    merit__page_figure(xml, "Learning curves", MERIT__PAGE_WIDTH);
    merit_status status = merit__curves_add(xml, runs, "curves", 0, err);
    merit__page_figure_end(xml, "");
    merit__xml_add(xml, "</div>\n");
    status = status == MERIT_OK ? add_explanation(xml, run, err) : status;
    add_panels(xml, run);
    add_numbers(xml, run);
    merit__page_section_end(xml);
    return status;
}
