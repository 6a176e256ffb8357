/* Labels beside the ends of lines: a piece of the line, its name, its last score. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/chart.h"
#include "runs/run_record.h"
#include "report/decimal.h"
#include "report/label_places.h"

// In pixels, and in characters.
enum {
    STRONG_HEIGHT = 20,
    THIN_HEIGHT = 16,
    SAMPLE_WIDTH = 20,
    TEXT_X = CHART_LABELS + SAMPLE_WIDTH + 6,
    NAME_CHARACTERS = 19, // longer names are smaller,
    LONG_CHARACTERS = 25, // and even longer ones cut
    NOTE_CHARACTERS = 28
};

typedef struct label {
    const merit__chart_line *line; // NULL: the best constant answer
    const char *kept;              // the loss that was kept, on a line of its own; or
    int64_t n_answered;            // the answers given, when they are not all; or 0
    double end_x, end_y;           // of the line, in pixels
    double value;                  // the score there
    double height;
} label;

static int has_note(const label *what)
{
    return what->kept != NULL || what->n_answered > 0;
}

/* How far the middle of a label is below that of its first line, which is what belongs
 * to the end of the line. */
static double below_first_line(const label *what)
{
    return has_note(what) ? THIN_HEIGHT / 2.0 : 0;
}

/* From top to bottom. */
static int compare_labels(const void *a, const void *b)
{
    const label *first = a, *second = b;
    if (first->end_y < second->end_y || first->end_y > second->end_y) {
        return first->end_y < second->end_y ? -1 : 1;
    }
    return first->line < second->line ? -1 : first->line > second->line;
}

static label label_of(const merit__chart *chart, const merit__chart_line *line,
                      const merit_run_row *end)
{
    const merit_run *run = line->run;
    label out = {.line = line,
                 .end_x = merit__axis_pixel(&chart->x, end->epochs),
                 .end_y = merit__axis_pixel(&chart->y, end->mean_score),
                 .value = end->mean_score,
                 .height = line->is_kept ? STRONG_HEIGHT : THIN_HEIGHT};
    if (line->is_kept && run->n_candidates > 1) {
        out.kept = run->candidates[line->candidate];
        out.height += THIN_HEIGHT;
    } else if (line->is_kept && run->kept->classes_answered < (double)run->n_answers) {
        out.n_answered = (int64_t)run->kept->classes_answered;
        out.height += THIN_HEIGHT;
    }
    return out;
}

/* Adds the label of a line, where it has a point to be drawn. */
static void add_label(label *labels, size_t *n, const merit__chart *chart,
                      const merit__chart_line *line)
{
    int64_t i = line->n_rows - 1;
    while (i >= 0 && !merit__chart_can_draw(line->rows[i].mean_score)) {
        i--;
    }
    if (i >= 0) {
        labels[(*n)++] = label_of(chart, line, &line->rows[i]);
    }
}

/* Leaves out what is said of single candidates where there is no room for all. */
static size_t leave_out(label *labels, size_t n)
{
    double total = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        total += labels[i].height;
    }
    if (total <= CHART_BOTTOM - CHART_TOP) {
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        if (labels[i].line == NULL || labels[i].line->is_kept) {
            labels[n_left] = labels[i];
            labels[n_left].kept = NULL;
            labels[n_left].n_answered = 0;
            labels[n_left++].height = THIN_HEIGHT;
        }
    }
    return n_left;
}

/* A hair from the end of the line to its label, and a piece of the line. */
static void draw_sample(merit__chart *chart, const label *what, double y)
{
    const merit__chart_line *line = what->line;
    merit__decimal middle = merit__decimal_of(y, 1);
    merit__xml_add(&chart->xml, "<path class=\"hair\" d=\"M%s %sL%d %s\"/>\n",
                   merit__decimal_of(what->end_x + 5, 1).text,
                   merit__decimal_of(what->end_y, 1).text, CHART_LABELS - 4,
                   middle.text);
    if (line == NULL) {
        merit__xml_add(&chart->xml, "<path class=\"constant\" d=\"M%d %sh%d\"/>\n",
                       CHART_LABELS, middle.text, SAMPLE_WIDTH);
        return;
    }
    merit__xml_add(
        &chart->xml, "<path class=\"%s c%d\"%s d=\"M%d %sh%d\"/>\n",
        line->is_kept ? "line" : "thin", (int)(line->run_index % CHART_COLOURS),
        merit__chart_dashes(chart, line), CHART_LABELS, middle.text, SAMPLE_WIDTH);
}

/* What a label is about. */
static const char *name_of(const label *what)
{
    const merit__chart_line *line = what->line;
    if (line == NULL) {
        return "best constant answer";
    }
    return line->is_kept ? line->run->name : line->run->candidates[line->candidate];
}

static void draw_text(merit__chart *chart, const label *what, double y)
{
    merit__xml *xml = &chart->xml;
    const char *name = name_of(what);
    int is_note = what->line == NULL || !what->line->is_kept;
    const char *kind = is_note                          ? "note"
                       : strlen(name) > NAME_CHARACTERS ? "name long"
                                                        : "name";
    merit__xml_add(xml, "<text x=\"%d\" y=\"%s\" class=\"%s\">", TEXT_X,
                   merit__decimal_of(y + 4, 1).text, kind);
    merit__xml_text(xml, name, is_note ? NOTE_CHARACTERS : LONG_CHARACTERS);
    merit__xml_add(xml, " <tspan dx=\"3\" class=\"value\">%s</tspan></text>\n",
                   merit__decimal_of(what->value, chart->y.fine).text);
}

/* The second line of a label, where it has one. */
static void draw_note(merit__chart *chart, const label *what, double y)
{
    merit__xml *xml = &chart->xml;
    if (!has_note(what)) {
        return;
    }
    merit__xml_add(xml, "<text x=\"%d\" y=\"%s\" class=\"note\">", TEXT_X,
                   merit__decimal_of(y + 4 + THIN_HEIGHT, 1).text);
    if (what->kept != NULL) {
        merit__xml_add(xml, "kept ");
        merit__xml_text(xml, what->kept, NOTE_CHARACTERS);
    } else {
        const merit_run *run = what->line->run;
        merit__xml_add(xml, "answers %" PRId64 " of %" PRId64 " %s", what->n_answered,
                       run->n_answers,
                       run->n_answers > run->n_classes ? "answers" : "classes");
    }
    merit__xml_add(xml, "</text>\n");
}

static merit_status draw(merit__chart *chart, label *labels, size_t n, merit_error *err)
{
    merit__label_place *places = merit__alloc_array(n, sizeof *places);
    if (places == NULL) {
        return merit__fail_memory(err, n * sizeof *places, "labels");
    }
    qsort(labels, n, sizeof *labels, compare_labels);
    for (size_t i = 0; i < n; i++) {
        places[i] = (merit__label_place){.wanted = labels[i].end_y +
                                                   below_first_line(&labels[i]),
                                         .height = labels[i].height};
    }
    merit__label_places_set(places, n, CHART_TOP, CHART_BOTTOM);
    for (size_t i = 0; i < n; i++) {
        double y = places[i].middle - below_first_line(&labels[i]);
        draw_sample(chart, &labels[i], y);
        draw_text(chart, &labels[i], y);
        draw_note(chart, &labels[i], y);
    }
    merit__free(places);
    return MERIT_OK;
}

merit_status merit__chart_labels(merit__chart *chart, merit_error *err)
{
    size_t n = 0;
    label *labels = merit__alloc_array(chart->n_lines + 1, sizeof *labels);
    if (labels == NULL) {
        return merit__fail_memory(err, chart->n_lines * sizeof *labels, "labels");
    }
    for (size_t i = 0; i < chart->n_lines; i++) {
        add_label(labels, &n, chart, &chart->lines[i]);
    }
    if (merit__chart_can_draw(chart->best_constant)) {
        labels[n++] =
            (label){.end_x = CHART_RIGHT,
                    .end_y = merit__axis_pixel(&chart->y, chart->best_constant),
                    .value = chart->best_constant,
                    .height = THIN_HEIGHT};
    }
    n = leave_out(labels, n);
    merit_status status = draw(chart, labels, n, err);
    merit__free(labels);
    return status;
}
