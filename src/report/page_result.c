#include "report/page_result.h"

#include <inttypes.h>
#include <math.h>

#include "report/earned_scale.h"
#include "report/page.h"

/* Opens and closes one fact: a name and a large number. */
static void fact(merit__xml *xml, const char *class, const char *name)
{
    merit__xml_add(xml, "<div%s><dt>%s</dt><dd>", class, name);
}

static void end_fact(merit__xml *xml)
{
    merit__xml_add(xml, "</dd></div>\n");
}

static void add_score(merit__xml *xml, double score, double size)
{
    merit__xml_number(xml, score, merit__page_decimals(0, size));
}

/* `size` is that of scores to compare with. */
static void add_facts(merit__xml *xml, const merit_metrics *m, double size,
                      merit_rule rule)
{
    merit__xml_add(xml, "<dl class=\"facts\">\n");
    fact(xml, " class=\"first\"", "mean score");
    add_score(xml, m->mean_score, size);
    end_fact(xml);
    if (!isnan(m->normalized_score)) {
        fact(xml, "", "normalised");
        merit__page_percent(xml, m->normalized_score, 1);
        end_fact(xml);
    }
    fact(xml, "", "accuracy");
    merit__page_percent(xml, m->accuracy, 1);
    end_fact(xml);
    fact(xml, "", "decision rule");
    merit__xml_add(xml, "%s", merit_rule_name(rule));
    end_fact(xml);
    merit__xml_add(xml, "</dl>\n");
}

/* The largest of the scores that are told together. */
static double size_of(const merit_metrics *m)
{
    return fmax(fabs(m->oracle_score), fabs(m->mean_score));
}

/* The result in a sentence. */
static void add_lead(merit__xml *xml, const merit__examined *examined)
{
    const merit_metrics *m = &examined->ways[0].metrics;
    double size = size_of(m);
    merit__xml_add(xml, "<p class=\"lead\">On ");
    merit__page_count(xml, examined->n);
    merit__xml_add(xml, " examples an answer earned ");
    add_score(xml, m->mean_score, size);
    merit__xml_add(xml, " on average");
    if (isnan(m->normalized_score)) {
        merit__xml_add(xml, "; no answers could earn more than always ");
        merit__page_name(xml, merit_scores_name(examined->scores, m->best_constant));
    } else if (m->normalized_score >= 0) {
        merit__xml_add(xml, ": ");
        merit__page_percent(xml, m->normalized_score, 0);
        merit__xml_add(xml, " of the way from always answering ");
        merit__page_name(xml, merit_scores_name(examined->scores, m->best_constant));
        merit__xml_add(xml, " to always giving the best answer");
    } else {
        merit__xml_add(xml, ", less than always answering ");
        merit__page_name(xml, merit_scores_name(examined->scores, m->best_constant));
        merit__xml_add(xml, " would have");
    }
    merit__xml_add(xml, ".</p>\n");
}

static void add_way(merit__xml *xml, const merit__examined *examined,
                    const merit__way *way, int decimals)
{
    const merit_metrics *m = &way->metrics;
    merit__xml_add(xml, "<tr%s><th scope=\"row\">",
                   way == examined->ways ? " class=\"strong\"" : "");
    if (way->name != NULL) {
        merit__xml_add(xml, "%s%s", way->name, way->is_stored ? " (stored)" : "");
    } else {
        merit__xml_add(xml, "always ");
        merit__page_name(xml,
                         merit_scores_name(examined->scores,
                                           examined->ways[0].metrics.best_constant));
    }
    merit__xml_add(xml, "</th><td class=\"n\">");
    merit__page_percent(xml, m->accuracy, 2);
    merit__xml_add(xml, "</td>");
    merit__page_cell(xml, m->mean_score, decimals);
    merit__page_cell(xml, m->normalized_score, 3);
    merit__page_cell(xml, m->claimed_score, decimals);
    merit__xml_add(xml, "</tr>\n");
}

static void add_ways(merit__xml *xml, const merit__examined *examined)
{
    const merit_metrics *m = &examined->ways[0].metrics;
    int decimals = merit__page_decimals(m->mean_score, m->oracle_score);
    decimals = decimals > 0 ? decimals + 1 : 0;
    merit__xml_add(
        xml, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
             "aria-label=\"Ways of answering\">\n<table>\n<caption>The same model, "
             "different ways of answering</caption>\n<thead><tr><th scope=\"col\">"
             "decision</th><th scope=\"col\" class=\"n\">accuracy</th><th "
             "scope=\"col\" class=\"n\">mean score</th><th scope=\"col\" "
             "class=\"n\">normalised</th><th scope=\"col\" class=\"n\">claimed</th>"
             "</tr></thead>\n<tbody>\n");
    for (int i = 0; i < examined->n_ways; i++) {
        add_way(xml, examined, &examined->ways[i], decimals);
    }
    merit__xml_add(xml,
                   "</tbody>\n</table>\n</div>\n<p class=\"soft\">normalised: 0 is "
                   "the best constant answer, 1 the best answer to every truth. "
                   "claimed: the score that the model expected. ");
    if (examined->believed != NULL) {
        merit__xml_add(xml, "Log loss ");
        merit__xml_number(xml, m->log_loss, 4);
        merit__xml_add(xml, ", calibration error ");
        merit__xml_number(xml, m->ece, 4);
        merit__xml_add(xml, ", temperature ");
        merit__page_score(xml, examined->temperature, 1);
        merit__xml_add(xml, ".");
    }
    merit__xml_add(xml, "</p>\n");
}

static void add_examined(merit__xml *xml, const merit__examined *examined)
{
    const merit_metrics *m = &examined->ways[0].metrics;
    add_facts(xml, m, size_of(m), examined->rule);
    add_lead(xml, examined);
    merit__earned_scale_add(xml, examined);
    add_ways(xml, examined);
}

static void add_held_out(merit__xml *xml, const merit_run *run)
{
    if (run->kept == NULL) {
        merit__xml_add(xml, "<p class=\"lead\">Its training has not measured anything "
                            "yet.</p>\n");
        return;
    }
    merit_metrics m = {.mean_score = run->kept->mean_score,
                       .accuracy = run->kept->accuracy,
                       .normalized_score = NAN};
    add_facts(xml, &m, m.mean_score, run->kept->rule);
    merit__xml_add(xml, "<p class=\"lead\">Measured on the examples that training held "
                        "out and chose by");
    if (isfinite(run->best_constant)) {
        merit__xml_add(xml, "; always giving the same answer would have earned ");
        add_score(xml, run->best_constant,
                  fmax(fabs(run->best_constant), fabs(run->kept->mean_score)));
    }
    merit__xml_add(xml,
                   ".</p>\n<p>Which mistakes cost the score, whether the claims "
                   "hold and the costliest mistakes are told for labelled examples: "
                   "<code>merit report RUN DATA</code>.</p>\n");
}

void merit__page_result_add(merit__xml *xml, const merit_run *run,
                            const merit__examined *examined)
{
    char name[MERIT__PAGE_PATH_BYTES];
    merit__xml_add(xml, "<p class=\"kicker\">A run of merit: ");
    merit__page_name(xml, run->name);
    if (examined != NULL) {
        merit__xml_add(xml, "; answers to ");
        merit__page_name(
            xml, merit__page_file_name(name, merit_dataset_path(examined->data)));
    }
    merit__xml_add(xml, "</p>\n<h1>");
    merit__page_name(xml, merit__page_file_name(name, run->path));
    merit__xml_add(xml, "</h1>\n");
    if (examined != NULL) {
        add_examined(xml, examined);
    } else {
        add_held_out(xml, run);
    }
}
