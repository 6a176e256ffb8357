#include "report/claims_chart.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/axis.h"
#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/page.h"
#include "report/text_width.h"

// In pixels, and in characters.
enum {
    WIDTH = 400,
    TOP = 44,
    ROW_HEIGHT = 21,
    BOTTOM = 30,
    MOST_ROWS = 30,
    NAME_CHARACTERS = 14,
    COUNT_WIDTH = 52
};

typedef struct claims {
    const merit__examined *examined;
    int64_t *answers; // [n], those that were given, the most frequent first
    int64_t n, n_given;
    merit__axis axis;
    double left, height;
} claims;

typedef struct entry {
    double given;
    int64_t answer;
} entry;

static int compare_entries(const void *a, const void *b)
{
    const entry *first = a, *second = b;
    if (first->given < second->given || first->given > second->given) {
        return first->given > second->given ? -1 : 1;
    }
    return first->answer < second->answer ? -1 : first->answer > second->answer;
}

static merit_status find_answers(claims *chart, merit_error *err)
{
    const merit__examined *examined = chart->examined;
    size_t n_bytes = (size_t)examined->n_answers * sizeof(entry);
    entry *entries = merit__alloc_array(1, n_bytes);
    chart->answers = merit__alloc_array(MOST_ROWS, sizeof *chart->answers);
    if (entries == NULL || chart->answers == NULL) {
        merit__free(entries);
        return merit__fail_memory(err, n_bytes, "the claims");
    }
    for (int64_t k = 0; k < examined->n_answers; k++) {
        if (examined->given[k] > 0) {
            entries[chart->n_given++] = (entry){examined->given[k], k};
        }
    }
    qsort(entries, (size_t)chart->n_given, sizeof *entries, compare_entries);
    for (; chart->n < chart->n_given && chart->n < MOST_ROWS; chart->n++) {
        chart->answers[chart->n] = entries[chart->n].answer;
    }
    merit__free(entries);
    return MERIT_OK;
}

static void lay_out(claims *chart)
{
    const merit__examined *examined = chart->examined;
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < chart->n; i++) {
        int64_t k = chart->answers[i];
        low = fmin(low, fmin(examined->claimed[k], examined->realised[k]));
        high = fmax(high, fmax(examined->claimed[k], examined->realised[k]));
        const char *name = merit_scores_name(examined->scores, k);
        chart->left =
            fmax(chart->left, merit__text_width(name, NAME_CHARACTERS, 12) + 10);
    }
    chart->axis = merit__axis_round(low, high, 4);
    chart->axis.from = chart->left + 6;
    chart->axis.to = WIDTH - COUNT_WIDTH - 12;
    chart->height = TOP + ROW_HEIGHT * (double)chart->n + BOTTOM;
}

static void draw_frame(merit__xml *xml, const claims *chart)
{
    const merit__axis *axis = &chart->axis;
    double bottom = TOP + ROW_HEIGHT * (double)chart->n;
    merit__chart_open(xml, "claims", WIDTH, chart->height);
    merit__chart_tell(xml, "claims", "title");
    merit__xml_add(xml,
                   "What each answer claimed to earn and what it earned</title>\n");
    merit__chart_tell(xml, "claims", "desc");
    merit__xml_add(xml, "The numbers are in the table below.</desc>\n");
    for (int64_t i = merit__axis_first(axis); i <= merit__axis_last(axis); i++) {
        double value = (double)i * axis->step;
        merit__decimal x = merit__decimal_of(merit__axis_pixel(axis, value), 1);
        merit__xml_add(
            xml,
            "<path class=\"grid\" d=\"M%s %dV%s\"/>\n<text x=\"%s\" y=\"%s\" "
            "text-anchor=\"middle\" class=\"note\">",
            x.text, TOP - 6, merit__decimal_of(bottom, 1).text, x.text,
            merit__decimal_of(bottom + 16, 1).text);
        merit__xml_number(xml, value, axis->decimals);
        merit__xml_add(xml, "</text>\n");
    }
    merit__xml_add(xml,
                   "<circle class=\"ring c0\" cx=\"%d\" cy=\"12\" r=\"4.5\"/>"
                   "<text x=\"%d\" y=\"16\" class=\"note\">claimed</text>"
                   "<circle class=\"dot c1\" cx=\"%d\" cy=\"12\" r=\"5\"/>"
                   "<text x=\"%d\" y=\"16\" class=\"note\">earned</text>"
                   "<text x=\"%d\" y=\"16\" text-anchor=\"end\" "
                   "class=\"note\">given</text>\n",
                   10, 19, 84, 93, WIDTH - 4);
}

static void draw_row(merit__xml *xml, const claims *chart, int64_t i)
{
    const merit__examined *examined = chart->examined;
    int64_t k = chart->answers[i];
    double y = TOP + ROW_HEIGHT * ((double)i + 0.5);
    double claimed = merit__axis_pixel(&chart->axis, examined->claimed[k]);
    double earned = merit__axis_pixel(&chart->axis, examined->realised[k]);
    merit__decimal middle = merit__decimal_of(y, 1), text = merit__decimal_of(y + 4, 1);
    merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" text-anchor=\"end\">",
                   merit__decimal_of(chart->left - 4, 1).text, text.text);
    merit__xml_text(xml, merit_scores_name(examined->scores, k), NAME_CHARACTERS);
    merit__xml_add(xml, "</text>\n<path class=\"base\" d=\"M%s %sH%s\"/>\n",
                   merit__decimal_of(claimed, 1).text, middle.text,
                   merit__decimal_of(earned, 1).text);
    merit__xml_add(xml,
                   "<circle class=\"ring c0\" cx=\"%s\" cy=\"%s\" r=\"4.5\"/>"
                   "<circle class=\"dot c1\" cx=\"%s\" cy=\"%s\" r=\"5\"/>\n"
                   "<text x=\"%d\" y=\"%s\" text-anchor=\"end\" class=\"note\">",
                   merit__decimal_of(claimed, 1).text, middle.text,
                   merit__decimal_of(earned, 1).text, middle.text, WIDTH - 4,
                   text.text);
    merit__page_count(xml, (int64_t)examined->given[k]);
    merit__xml_add(xml, "</text>\n");
}

static void add_numbers(merit__xml *xml, const claims *chart)
{
    const merit__examined *examined = chart->examined;
    int decimals = merit__page_decimals(chart->axis.low, chart->axis.high);
    merit__xml_add(xml, "<details><summary>The numbers</summary>\n<table>\n<thead><tr>"
                        "<th scope=\"col\">answer</th><th scope=\"col\" class=\"n\">"
                        "given</th><th scope=\"col\" class=\"n\">claimed</th>"
                        "<th scope=\"col\" class=\"n\">earned</th></tr></thead>\n"
                        "<tbody>\n");
    for (int64_t i = 0; i < chart->n; i++) {
        int64_t k = chart->answers[i];
        merit__xml_add(xml, "<tr>");
        merit__page_head_cell(xml, merit_scores_name(examined->scores, k));
        merit__xml_add(xml, "<td class=\"n\">");
        merit__page_count(xml, (int64_t)examined->given[k]);
        merit__xml_add(xml, "</td>");
        merit__page_cell(xml, examined->claimed[k], decimals);
        merit__page_cell(xml, examined->realised[k], decimals);
        merit__xml_add(xml, "</tr>\n");
    }
    merit__xml_add(xml, "</tbody>\n</table>\n</details>\n");
}

static void add_caption(merit__xml *xml, const claims *chart)
{
    int64_t n_never = chart->examined->n_answers - chart->n_given;
    merit__xml_add(xml, "</div>\n<figcaption>Mean score that each answer promised and "
                        "that it earned, the most frequent answers first.");
    if (chart->n_given > chart->n) {
        merit__xml_add(xml, " %" PRId64 " rarer answers are left out.",
                       chart->n_given - chart->n);
    }
    if (n_never > 0) {
        merit__xml_add(xml, " %" PRId64 " %s never given.", n_never,
                       n_never == 1 ? "answer was" : "answers were");
    }
    merit__xml_add(xml, "</figcaption>\n");
}

merit_status merit__claims_chart_add(merit__xml *xml, const merit__examined *examined,
                                     merit_error *err)
{
    merit_status status = MERIT_OK;
    claims chart = {.examined = examined};
    MERIT_TRY(find_answers(&chart, err));
    lay_out(&chart);
    merit__page_figure(xml, "Claims", WIDTH);
    draw_frame(xml, &chart);
    for (int64_t i = 0; i < chart.n; i++) {
        draw_row(xml, &chart, i);
    }
    merit__xml_add(xml, "</svg>\n");
    add_caption(xml, &chart);
    add_numbers(xml, &chart);
    merit__xml_add(xml, "</figure>\n");
fail:
    merit__free(chart.answers);
    return status;
}
