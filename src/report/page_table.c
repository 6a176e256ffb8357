#include "report/page_table.h"

#include <inttypes.h>
#include <math.h>

#include "merit/audit.h"
#include "report/decimal.h"
#include "report/page.h"
#include "report/scores_map.h"

enum {
    NUMBERS_MOST = 30,  // answers of which all numbers are listed
    AUDITED_MOST = 200, // answers of a table that is audited in passing
    FINDINGS_MOST = 20
};

static void add_number_cells(merit__xml *xml, const merit_scores *scores, int64_t truth)
{
    int64_t a = merit_scores_n_answers(scores);
    for (int64_t k = 0; k < a; k++) {
        double value = merit_scores_values(scores)[truth * a + k];
        char text[MERIT__NUMBER_BYTES];
        merit__print_double(text, value);
        int is_negative = text[0] == '-';
        merit__xml_add(xml, "<td class=\"n\">%s%s</td>",
                       is_negative ? "\xe2\x88\x92" : "", text + is_negative);
    }
}

/* The numbers behind the picture, exactly. */
static void add_numbers(merit__xml *xml, const merit_scores *scores)
{
    int64_t a = merit_scores_n_answers(scores);
    if (a > NUMBERS_MOST) {
        return;
    }
    merit__xml_add(xml,
                   "<details><summary>The numbers</summary>\n<div class=\"scroll\" "
                   "role=\"region\" tabindex=\"0\" aria-label=\"Scores\">\n<table>\n"
                   "<thead><tr><th scope=\"col\">truth</th>");
    for (int64_t k = 0; k < a; k++) {
        merit__xml_add(xml, "<th scope=\"col\" class=\"n\">");
        merit__page_name(xml, merit_scores_name(scores, k));
        merit__xml_add(xml, "</th>");
    }
    merit__xml_add(xml, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < merit_scores_n_truths(scores); i++) {
        merit__xml_add(xml, "<tr>");
        merit__page_head_cell(xml, merit_scores_name(scores, i));

        add_number_cells(xml, scores, i);
        merit__xml_add(xml, "</tr>\n");
    }
    merit__xml_add(xml, "</tbody>\n</table>\n</div>\n</details>\n");
}

static void add_notes(merit__xml *xml, const merit_scores *scores)
{
    for (int64_t i = 0; i < merit_scores_n_notes(scores); i++) {
        merit__page_finding(xml, MERIT_SEVERITY_NOTE, merit_scores_note(scores, i));
    }
}

/* What `merit check` finds; of a large table, for which that takes long, what is known
 * of it at once. */
static merit_status add_findings(merit__xml *xml, const merit_scores *scores,
                                 merit_error *err)
{
    merit_audit *audit = NULL;
    merit__xml_add(xml, "<h3>What <code>merit check</code> finds in it</h3>\n"
                        "<ul class=\"findings\">\n");
    if (merit_scores_n_answers(scores) > AUDITED_MOST) {
        add_notes(xml, scores);
        merit__xml_add(xml, "<li>A table of this size takes a while: <code>merit check "
                            "</code> says the rest.</li>\n");
    } else {
        merit_status status = merit_audit_create(&audit, scores, NULL, err);
        if (status != MERIT_OK) {
            return status;
        }
        const merit_audit_facts *facts = merit_audit_facts_of(audit);
        for (int64_t i = 0; i < facts->n_findings && i < FINDINGS_MOST; i++) {
            merit__page_finding(xml, facts->findings[i].severity,
                                facts->findings[i].text);
        }
        if (facts->n_findings > FINDINGS_MOST) {
            merit__xml_add(xml, "<li>%" PRId64 " more are left out.</li>\n",
                           facts->n_findings - FINDINGS_MOST);
        } else if (facts->n_findings == 0) {
            merit__xml_add(xml, "<li>Nothing to object to.</li>\n");
        }
    }
    merit__xml_add(xml, "</ul>\n");
    merit_audit_free(audit);
    return MERIT_OK;
}

merit_status merit__page_table_add(merit__xml *xml, const merit_scores *scores,
                                   merit_error *err)
{
    if (merit_scores_values(scores) == NULL) {
        merit__page_section(xml, "table", "The score table");
        merit__xml_add(xml,
                       "<p>That of a tree with %" PRId64 " leaves: the closer an "
                       "answer is to the truth in it, the more it earns.</p>\n",
                       merit_scores_n_truths(scores));
        merit__page_section_end(xml);
        return MERIT_OK;
    }
    merit__page_section(xml, "table", "The score table");
    merit__xml_add(xml, "<p>What each answer is worth for each truth.</p>\n"
                        "<div class=\"row\">\n");
    merit__page_figure(xml, "Score table", merit__scores_map_width(scores));
    merit_status status = merit__scores_map_add(xml, scores, "scores", 0, err);
    merit__page_figure_end(xml, "");
    merit__xml_add(xml, "<div class=\"grow\">\n");
    status = status == MERIT_OK ? add_findings(xml, scores, err) : status;
    merit__xml_add(xml, "</div>\n</div>\n");
    add_numbers(xml, scores);
    merit__page_section_end(xml);
    return status;
}
