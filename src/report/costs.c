#include "report/costs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/heat_map.h"
#include "report/page.h"

enum {
    ALL_SHOWN_MOST = 40, // classes of which all are in the picture; of more, the
    PART_SHOWN = 24,     // costliest so many
    PAIRS_SHOWN = 12,
    NUMBERS_MOST = 30 // answers of which all numbers are listed
};

// A truth and an answer, or a class.
typedef struct cost {
    int64_t truth, answer;
    double n;    // examples
    double lost; // by all of them together, > 0
} cost;

static int compare_costs(const void *a, const void *b)
{
    const cost *first = a, *second = b;
    if (first->lost < second->lost || first->lost > second->lost) {
        return first->lost > second->lost ? -1 : 1;
    }
    int64_t at = first->truth != second->truth ? first->truth - second->truth
                                               : first->answer - second->answer;
    return at < 0 ? -1 : at > 0;
}

static int compare_places(const void *a, const void *b)
{
    const int64_t *first = a, *second = b;
    return *first < *second ? -1 : *first > *second;
}

/* All pairs that cost something, the costliest first. */
static merit_status find_pairs(cost **out, int64_t *n, const merit__examined *examined,
                               merit_error *err)
{
    size_t capacity = 0;
    cost *pairs = NULL;
    *n = 0;
    for (int64_t i = 0; i < examined->n_met; i++) {
        const merit__met *met = &examined->met[i];
        const double count = (double)met->n;
        double lost = count * merit__examined_lost(examined, met->truth, met->answer);
        if (!(lost > 0)) {
            continue;
        }
        if (merit__grow_array((void **)&pairs, &capacity, (size_t)*n + 1,
                              sizeof *pairs) != 0) {
            merit__free(pairs);
            return merit__fail_memory(err, (size_t)*n * sizeof *pairs, "the confusion");
        }
        pairs[(*n)++] = (cost){
            .truth = met->truth, .answer = met->answer, .n = count, .lost = lost};
    }
    if (*n > 0) {
        qsort(pairs, (size_t)*n, sizeof *pairs, compare_costs);
    }
    *out = pairs;
    return MERIT_OK;
}

/* The answers, of which the first K are the classes too, in the costliest mistakes;
 * `list` has room for PART_SHOWN, ascending. Returns how many. */
static int64_t find_costliest(int64_t *list, const cost *pairs, int64_t n_pairs)
{
    int64_t n = 0;
    for (int64_t i = 0; i < n_pairs && n < PART_SHOWN; i++) {
        const int64_t both[2] = {pairs[i].truth, pairs[i].answer};
        for (int j = 0; j < 2 && n < PART_SHOWN; j++) {
            int64_t at = 0;
            while (at < n && list[at] != both[j]) {
                at++;
            }
            if (at == n) {
                list[n++] = both[j];
            }
        }
    }
    qsort(list, (size_t)n, sizeof *list, compare_places);
    return n;
}

// The part of the confusion that is drawn.
typedef struct confusion_part {
    const int64_t *rows, *columns; // NULL: all
    int64_t n_rows, n_columns;
    double *lost;  // [n_rows, n_columns] per example of the data, <= 0
    double *count; // likewise; examples
} confusion_part;

static merit_status fill(confusion_part *part, const merit__examined *examined,
                         merit_error *err)
{
    size_t n = (size_t)(part->n_rows * part->n_columns);
    part->lost = merit__alloc_array(n, sizeof *part->lost);
    part->count = merit__alloc_array(n, sizeof *part->count);
    if (part->lost == NULL || part->count == NULL) {
        return merit__fail_memory(err, n * sizeof *part->lost, "the confusion");
    }
    for (int64_t i = 0; i < part->n_rows; i++) {
        int64_t truth = part->rows != NULL ? part->rows[i] : i;
        for (int64_t k = 0; k < part->n_columns; k++) {
            int64_t answer = part->columns != NULL ? part->columns[k] : k;
            double count = (double)merit__examined_count(examined, truth, answer);
            double lost = count * merit__examined_lost(examined, truth, answer);
            part->count[i * part->n_columns + k] = count;
            part->lost[i * part->n_columns + k] =
                lost > 0 ? -lost / (double)examined->n : 0;
        }
    }
    return MERIT_OK;
}

static double lost_in(const confusion_part *part)
{
    double lost = 0;
    for (int64_t i = 0; i < part->n_rows * part->n_columns; i++) {
        lost -= part->lost[i];
    }
    return lost;
}

static merit_status draw_part(merit__xml *xml, const merit__examined *examined,
                              const confusion_part *part, double lost_all,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__heat_map map = {.id = "confusion",
                           .title = "What was answered, and what it cost",
                           .legend = "mean score",
                           .values = part->lost,
                           .numbers = part->count,
                           .names = examined->scores,
                           .rows = part->rows,
                           .columns = part->columns,
                           .n_rows = part->n_rows,
                           .n_columns = part->n_columns};
    merit__page_figure(xml, "Confusion", merit__heat_map_width(&map));
    MERIT_TRY(merit__heat_map_draw(
        xml, &map, "The table of the costliest confusions tells it in numbers.", 0,
        err));
    if (part->rows == NULL) {
        merit__page_figure_end(xml,
                               "Numbers are examples; the colour is what they cost "
                               "the mean score.");
    } else {
        merit__xml_add(xml,
                       "</div>\n<figcaption>The %" PRId64 " classes and answers of the "
                       "costliest mistakes, of ",
                       part->n_columns);
        merit__page_count(xml, examined->n_answers);
        merit__xml_add(xml, "; in this part is ");
        merit__page_percent(xml, (double)examined->n * lost_in(part) / lost_all, 0);
        merit__xml_add(xml, " of the score that was lost.</figcaption>\n</figure>\n");
    }
fail:
    return status;
}

/* The confusion behind the picture, where it is small enough to be read. */
static void add_numbers(merit__xml *xml, const merit__examined *examined)
{
    int64_t a = examined->n_answers;
    if (a > NUMBERS_MOST) {
        return;
    }
    merit__xml_add(xml, "<details><summary>The confusion in numbers</summary>\n<div "
                        "class=\"scroll\" role=\"region\" tabindex=\"0\" "
                        "aria-label=\"Confusion in numbers\">\n<table>\n<thead><tr><th "
                        "scope=\"col\">truth</th>");
    for (int64_t k = 0; k < a; k++) {
        merit__xml_add(xml, "<th scope=\"col\" class=\"n\">");
        merit__page_name(xml, merit_scores_name(examined->scores, k));
        merit__xml_add(xml, "</th>");
    }
    merit__xml_add(xml, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < examined->n_classes; i++) {
        merit__xml_add(xml, "<tr>");
        merit__page_head_cell(xml, merit_scores_name(examined->scores, i));
        for (int64_t k = 0; k < a; k++) {
            merit__xml_add(xml, "<td class=\"n\">");
            merit__page_count(xml, merit__examined_count(examined, i, k));
            merit__xml_add(xml, "</td>");
        }
        merit__xml_add(xml, "</tr>\n");
    }
    merit__xml_add(xml, "</tbody>\n</table>\n</div>\n</details>\n");
}

static merit_status draw(merit__xml *xml, const merit__examined *examined,
                         const cost *pairs, int64_t n_pairs, double lost_all,
                         merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t list[PART_SHOWN];
    confusion_part part = {.n_rows = examined->n_classes,
                           .n_columns = examined->n_answers};
    if (examined->n_answers > ALL_SHOWN_MOST) {
        part.rows = part.columns = list;
        part.n_columns = find_costliest(list, pairs, n_pairs);
        part.n_rows = part.n_columns;
        while (part.n_rows > 0 && list[part.n_rows - 1] >= examined->n_classes) {
            part.n_rows--; // extra answers are no truths
        }
    }
    MERIT_TRY(fill(&part, examined, err));
    MERIT_TRY(draw_part(xml, examined, &part, lost_all, err));
fail:
    merit__free(part.lost);
    merit__free(part.count);
    return status;
}

static void add_pair(merit__xml *xml, const merit__examined *examined, const cost *pair,
                     double largest, double lost_all)
{
    double each = merit__examined_lost(examined, pair->truth, pair->answer);
    merit__xml_add(xml, "<tr>");
    merit__page_head_cell(xml, merit_scores_name(examined->scores, pair->truth));
    merit__xml_add(xml, "<td>");
    merit__page_name(xml, merit_scores_name(examined->scores, pair->answer));
    merit__xml_add(xml, "</td><td class=\"n\">");
    merit__page_count(xml, (int64_t)pair->n);
    merit__xml_add(xml, "</td>");
    merit__xml_add(xml, "<td class=\"n\">");
    merit__page_score(xml, each, each);
    merit__xml_add(xml, "</td>");
    merit__xml_add(xml, "<td class=\"n\">");
    merit__page_percent(xml, pair->lost / lost_all, 1);
    merit__xml_add(xml, "</td><td class=\"extra\">");
    merit__page_bar(xml, pair->lost / largest);
    merit__xml_add(xml, "</td></tr>\n");
}

static void add_pairs(merit__xml *xml, const merit__examined *examined,
                      const cost *pairs, int64_t n, double lost_all)
{
    int64_t n_shown = n < PAIRS_SHOWN ? n : PAIRS_SHOWN;
    merit__xml_add(xml, "<div class=\"scroll grow\" role=\"region\" tabindex=\"0\" "
                        "aria-label=\"Costliest confusions\">\n<table>\n<caption>The "
                        "costliest confusions</caption>\n<thead><tr><th scope=\"col\">"
                        "truth</th><th scope=\"col\">answer</th><th scope=\"col\" "
                        "class=\"n\">examples</th><th scope=\"col\" class=\"n\">each "
                        "loses</th><th scope=\"col\" class=\"n\">of all lost</th>"
                        "<th class=\"extra\"></th></tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n_shown; i++) {
        add_pair(xml, examined, &pairs[i], pairs[0].lost, lost_all);
    }
    merit__xml_add(xml, "</tbody>\n</table>\n");
    if (n > n_shown) {
        double rest = 0;
        for (int64_t i = n_shown; i < n; i++) {
            rest += pairs[i].lost;
        }
        merit__xml_add(xml, "<p class=\"soft\">");
        merit__page_count(xml, n - n_shown);
        merit__xml_add(xml, " more pairs lose the other ");
        merit__page_percent(xml, rest / lost_all, 1);
        merit__xml_add(xml, ".</p>\n");
    }
    merit__xml_add(xml, "</div>\n");
}

merit_status merit__costs_add(merit__xml *xml, const merit__examined *examined,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    cost *pairs = NULL;
    int64_t n = 0;
    double lost_all = merit__examined_lost_all(examined);
    double each = lost_all / (double)examined->n;
    MERIT_TRY(find_pairs(&pairs, &n, examined, err));
    merit__page_section(xml, "costs", "Where the score is lost");
    merit__xml_add(xml, "<p>Against the best answer to every example, ");
    merit__xml_number(xml, each, merit__page_decimals(0, each));
    merit__xml_add(xml, " is lost per example.</p>\n<div class=\"row\">\n");
    if (n > 0 || examined->n_answers <= ALL_SHOWN_MOST) {
        MERIT_TRY(draw(xml, examined, pairs, n, lost_all, err));
    }
    if (n > 0) {
        add_pairs(xml, examined, pairs, n, lost_all);
    }
    merit__xml_add(xml, "</div>\n");
    add_numbers(xml, examined);
    merit__page_section_end(xml);
fail:
    merit__free(pairs);
    return status;
}
