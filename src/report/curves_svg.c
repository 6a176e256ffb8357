/* The picture of the curves. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/chart.h"
#include "report/chart_style.h"
#include "runs/run_record.h"
#include "report/decimal.h"

enum { MAX_RUNS = 16, MAX_DOTS = 24, LONG_NUMBER = 6 }; // characters

int merit__chart_can_draw(double value)
{
    return fabs(value) <= 1e300; // false for NaN
}

const char *merit__chart_dashes(const merit__chart *chart,
                                const merit__chart_line *line)
{
    static const char *const dashes[CHART_DASHES] = {
        "",
        " stroke-dasharray=\"8 6\"",
        " stroke-dasharray=\"0.1 5.5\"",
        " stroke-dasharray=\"9 5 0.1 5\"",
    };
    int64_t from_last = merit_runs_count(chart->curves) - 1 - line->run_index;
    return line->is_kept ? dashes[from_last % CHART_DASHES] : "";
}

/* The line of a candidate; that of the kept one comes all the way. */
static void add_line(merit__chart *chart, int64_t run_index, int64_t candidate)
{
    const merit_run *run = merit_runs_at(chart->curves, run_index);
    merit__chart_line line = {.run = run,
                              .run_index = run_index,
                              .candidate = candidate,
                              .is_kept = candidate == run->kept->candidate,
                              .rows = run->line,
                              .n_rows = run->n_line};
    if (!line.is_kept) {
        line.from = run->kept;
        line.n_rows =
            merit__run_candidate_rows(&line.rows, candidate, run->rows, run->n_rows);
    }
    chart->lines[chart->n_lines++] = line;
}

/* The candidates of each run that did not earn more, before the kept one, which is
 * drawn over them. */
static merit_status find_lines(merit__chart *chart, merit_error *err)
{
    size_t n = 0;
    int64_t n_runs = merit_runs_count(chart->curves);
    for (int64_t i = 0; i < n_runs; i++) {
        n += (size_t)merit_runs_at(chart->curves, i)->n_candidates;
    }
    chart->lines = merit__alloc_array(n, sizeof *chart->lines);
    if (chart->lines == NULL) {
        return merit__fail_memory(err, n * sizeof *chart->lines, "a picture");
    }
    for (int64_t i = n_runs; i-- > 0;) {
        const merit_run *run = merit_runs_at(chart->curves, i);
        if (run->kept == NULL) {
            continue;
        }
        for (int64_t c = run->kept->candidate + 1; c < run->n_candidates; c++) {
            add_line(chart, i, c);
        }
        add_line(chart, i, run->kept->candidate);
    }
    return MERIT_OK;
}

/* What the best constant answer earns, when the runs that know it agree. */
static double common_constant(const merit_runs *curves)
{
    double common = NAN;
    for (int64_t i = 0; i < merit_runs_count(curves); i++) {
        double own = merit_runs_at(curves, i)->best_constant;
        if (isnan(common)) {
            common = own;
        } else if (fabs(own - common) > 1e-9 * (1 + fabs(common))) {
            return NAN;
        }
    }
    return common;
}

static void find_axes(merit__chart *chart)
{
    double x_low = INFINITY, x_high = -INFINITY;
    double y_low = chart->best_constant, y_high = chart->best_constant;
    for (int64_t i = 0; i < merit_runs_count(chart->curves); i++) {
        const merit_run *run = merit_runs_at(chart->curves, i);
        for (int64_t j = 0; j < run->n_rows; j++) {
            const merit_run_row *row = &run->rows[j];
            x_low = fmin(x_low, row->epochs);
            x_high = fmax(x_high, row->epochs);
            if (merit__chart_can_draw(row->mean_score)) {
                y_low = fmin(y_low, row->mean_score); // fmin(NaN, x) is x
                y_high = fmax(y_high, row->mean_score);
            }
        }
    }
    if (!(x_low <= x_high)) {
        x_low = x_high = 1;
    }
    if (!merit__chart_can_draw(y_low)) {
        y_low = 0;
        y_high = 1;
    }
    chart->x = merit__axis_whole(x_low, x_high, 10);
    chart->x.from = CHART_LEFT + 14;
    chart->x.to = CHART_RIGHT - 6;
    chart->y = merit__axis_round(y_low, y_high, 5);
    chart->y.from = CHART_BOTTOM;
    chart->y.to = CHART_TOP;
}

/* A score in words: more exactly than the axis tells, or that there is none. */
static merit__decimal score_of(const merit__chart *chart, double value)
{
    return merit__chart_can_draw(value) ? merit__decimal_of(value, chart->y.fine)
                                        : (merit__decimal){.text = "no number"};
}

/* What a reader hears who does not see the picture. */
static void describe(merit__chart *chart)
{
    merit__xml *xml = &chart->xml;
    merit__chart_tell(xml, chart->id, "title");
    merit__xml_add(xml, "Mean score on held-out data after each epoch of "
                        "training</title>\n");
    merit__chart_tell(xml, chart->id, "desc");
    for (int64_t i = 0; i < merit_runs_count(chart->curves); i++) {
        const merit_run *run = merit_runs_at(chart->curves, i);
        merit__xml_text(xml, run->name, 200);
        if (run->n_line == 0) {
            merit__xml_add(xml, ": not measured yet. ");
            continue;
        }
        const merit_run_row *first = run->line, *last = first + run->n_line - 1;
        merit__xml_add(xml, ": %s after epoch %" PRId64,
                       score_of(chart, first->mean_score).text, first->epoch);
        if (last > first) {
            merit__xml_add(xml, ", %s after epoch %" PRId64,
                           score_of(chart, last->mean_score).text, last->epoch);
        }
        merit__xml_add(xml, ". ");
    }
    if (merit__chart_can_draw(chart->best_constant)) {
        merit__xml_add(xml, "Always giving the same answer, the best one: %s.",
                       score_of(chart, chart->best_constant).text);
    }
    merit__xml_add(xml, "</desc>\n");
}

static void draw_axes(merit__chart *chart)
{
    merit__xml *xml = &chart->xml;
    for (int64_t i = merit__axis_first(&chart->y); i <= merit__axis_last(&chart->y);
         i++) {
        double value = (double)i * chart->y.step;
        double y = merit__axis_pixel(&chart->y, value);
        merit__xml_add(xml, "<path class=\"%s\" d=\"M%d %sH%d\"/>\n",
                       i == merit__axis_first(&chart->y) ? "base" : "grid", CHART_LEFT,
                       merit__decimal_of(y, 1).text, CHART_RIGHT);
        merit__decimal number = merit__decimal_of(value, chart->y.decimals);
        merit__xml_add(xml, "<text x=\"%d\" y=\"%s\" text-anchor=\"end\"%s>%s</text>\n",
                       CHART_LEFT - 8, merit__decimal_of(y + 4, 1).text,
                       strlen(number.text) > LONG_NUMBER ? " class=\"small\"" : "",
                       number.text);
    }
    for (int64_t i = merit__axis_first(&chart->x); i <= merit__axis_last(&chart->x);
         i++) {
        double value = (double)i * chart->x.step;
        merit__decimal x = merit__decimal_of(merit__axis_pixel(&chart->x, value), 1);
        merit__xml_add(xml, "<path class=\"base\" d=\"M%s %dv5\"/>\n", x.text,
                       CHART_BOTTOM);
        merit__xml_add(xml,
                       "<text x=\"%s\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                       x.text, CHART_BOTTOM + 20, merit__decimal_of(value, 0).text);
    }
    merit__xml_add(xml, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">epoch</text>\n",
                   (CHART_LEFT + CHART_RIGHT) / 2, CHART_BOTTOM + 38);
    if (merit__chart_can_draw(chart->best_constant)) {
        double y = merit__axis_pixel(&chart->y, chart->best_constant);
        merit__xml_add(xml, "<path class=\"constant\" d=\"M%d %sH%d\"/>\n", CHART_LEFT,
                       merit__decimal_of(y, 1).text, CHART_RIGHT);
    }
}

/* The line through its validations, broken where one cannot be drawn. Points closer
 * than the eye tells apart are passed over. */
static void draw_path(merit__chart *chart, const merit__chart_line *line)
{
    static const double least = 0.3;
    double last = -INFINITY; // x of the point before; -infinity: none to draw from
    merit__xml_add(
        &chart->xml, "<path class=\"%s c%d\"%s d=\"", line->is_kept ? "line" : "thin",
        (int)(line->run_index % CHART_COLOURS), merit__chart_dashes(chart, line));
    for (int64_t i = line->from == NULL ? 0 : -1; i < line->n_rows; i++) {
        const merit_run_row *row = i < 0 ? line->from : &line->rows[i];
        double x = merit__axis_pixel(&chart->x, row->epochs);
        if (!merit__chart_can_draw(row->mean_score)) {
            last = -INFINITY;
        } else if (x - last >= least || i + 1 == line->n_rows) {
            double y = merit__axis_pixel(&chart->y, row->mean_score);
            merit__xml_add(&chart->xml, "%s%s %s", isinf(last) ? "M" : "L",
                           merit__decimal_of(x, 1).text, merit__decimal_of(y, 1).text);
            last = x;
        }
    }
    merit__xml_add(&chart->xml, "\"/>\n");
}

/* A dot for each validation. */
static void draw_dots(merit__chart *chart, const merit__chart_line *line)
{
    for (int64_t i = 0; i < line->n_rows; i++) {
        const merit_run_row *row = &line->rows[i];
        if (merit__chart_can_draw(row->mean_score)) {
            double x = merit__axis_pixel(&chart->x, row->epochs);
            double y = merit__axis_pixel(&chart->y, row->mean_score);
            merit__xml_add(&chart->xml,
                           "<circle class=\"dot c%d\" cx=\"%s\" cy=\"%s\" r=\"4\"/>\n",
                           (int)(line->run_index % CHART_COLOURS),
                           merit__decimal_of(x, 1).text, merit__decimal_of(y, 1).text);
        }
    }
}

static void draw_line(merit__chart *chart, const merit__chart_line *line)
{
    draw_path(chart, line);
    if (line->is_kept && line->n_rows <= MAX_DOTS) {
        draw_dots(chart, line);
    }
}

static merit_status draw(merit__chart *chart, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__xml *xml = &chart->xml;
    MERIT_TRY(find_lines(chart, err));
    find_axes(chart);
    merit__chart_open(xml, chart->id, CHART_WIDTH, CHART_HEIGHT);
    describe(chart);
    if (chart->is_alone) {
        merit__chart_paper(xml, CHART_WIDTH, CHART_HEIGHT);
    }
    merit__xml_add(xml, "<text x=\"22\" y=\"34\" class=\"head\">Mean score on held-out "
                        "data</text>\n<text x=\"22\" y=\"53\">what an answer earns on "
                        "average, after each epoch of training</text>\n");
    draw_axes(chart);
    for (size_t i = 0; i < chart->n_lines; i++) {
        draw_line(chart, &chart->lines[i]);
    }
    MERIT_TRY(merit__chart_labels(chart, err));
    if (chart->n_lines == 0) {
        merit__xml_add(xml,
                       "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">nothing is "
                       "measured yet</text>\n",
                       (CHART_LEFT + CHART_RIGHT) / 2,
                       (CHART_TOP + CHART_BOTTOM) / 2 - 8);
    }
    merit__xml_add(xml, "</svg>\n");
    if (xml->out_of_memory) {
        MERIT_TRY(merit__fail_memory(err, xml->n, "a picture"));
    }
fail:
    return status;
}

merit_status merit__curves_add(merit__xml *xml, const merit_runs *curves,
                               const char *id, int is_alone, merit_error *err)
{
    if (curves->n > MAX_RUNS) {
        return merit__fail(err, MERIT_EINVAL,
                           "%" PRId64 " runs, expected at most %d in a picture",
                           curves->n, MAX_RUNS);
    }
    merit__chart chart = {.curves = curves,
                          .id = id,
                          .is_alone = is_alone,
                          .best_constant = common_constant(curves),
                          .xml = *xml};
    merit_status status = draw(&chart, err);
    merit__free(chart.lines);
    *xml = chart.xml;
    return status;
}

merit_status merit_curves_svg(const merit_runs *curves, char **text, size_t *n_bytes,
                              merit_error *err)
{
    merit__xml xml = {0};
    *text = NULL;
    *n_bytes = 0;
    merit_status status = merit__curves_add(&xml, curves, "curves", 1, err);
    if (status != MERIT_OK) {
        merit__free(xml.bytes);
        return status;
    }
    *text = xml.bytes;
    *n_bytes = xml.n;
    return MERIT_OK;
}
