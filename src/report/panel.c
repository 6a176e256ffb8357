#include "report/panel.h"

#include <inttypes.h>
#include <math.h>

#include "report/axis.h"
#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/page.h"
#include "runs/run_record.h"

// In pixels.
enum { WIDTH = 272, HEIGHT = 180, LEFT = 62, RIGHT = 256, TOP = 38, BOTTOM = 144 };

// Smaller shares are drawn as this one.
static const double least = 1e-6;

enum { MOST_DOTS = 24 };

typedef struct panel_frame {
    const merit__panel *panel;
    merit__axis x, y;
} panel_frame;

/* What is drawn: the number or its logarithm; NaN for none. */
static double height_of(const merit__panel *panel, const merit_run_row *row)
{
    double value = panel->value(row);
    if (!(fabs(value) <= 1e300)) {
        return NAN;
    }
    return panel->is_log ? log10(fmax(value, least)) : value;
}

int merit__panel_has_numbers(const merit__panel *panel)
{
    for (int64_t i = 0; i < panel->run->n_rows; i++) {
        if (!isnan(height_of(panel, &panel->run->rows[i]))) {
            return 1;
        }
    }
    return 0;
}

static panel_frame lay_out(const merit__panel *panel)
{
    panel_frame out = {.panel = panel};
    double low = panel->is_log ? log10(panel->low) : panel->low;
    double high = panel->is_log ? log10(panel->high) : panel->high;
    double first = INFINITY, last = -INFINITY;
    for (int64_t i = 0; i < panel->run->n_rows; i++) {
        double height = height_of(panel, &panel->run->rows[i]);
        low = fmin(low, height); // fmin(x, NaN) is x
        high = fmax(high, height);
        first = fmin(first, panel->run->rows[i].epochs);
        last = fmax(last, panel->run->rows[i].epochs);
    }
    out.y = panel->is_log ? merit__axis_whole(floor(low), ceil(high), 3)
                          : merit__axis_round(low, high, 3);
    out.y.from = BOTTOM;
    out.y.to = TOP;
    out.x = merit__axis_whole(first, last, 6);
    out.x.from = LEFT + 10;
    out.x.to = RIGHT - 8;
    return out;
}

static void add_value(merit__xml *xml, const merit__panel *panel, double value,
                      int decimals)
{
    if (!panel->is_percent) {
        merit__xml_number(xml, value, value == round(value) ? 0 : decimals);
        return;
    }
    double size = fabs(100 * value);
    merit__page_percent(xml, value,
                        size >= 10 || size < 1e-9 ? 0 : (int)ceil(-log10(size)) + 1);
}

static void describe(merit__xml *xml, const merit__panel *panel)
{
    merit__chart_tell(xml, panel->id, "title");
    merit__xml_add(xml, "%s</title>\n", panel->title);
    merit__chart_tell(xml, panel->id, "desc");
    for (int64_t i = 0; i < panel->run->n_line && i < MOST_DOTS; i++) {
        merit__xml_add(xml, "Epoch %" PRId64 ": ", panel->run->line[i].epoch);
        add_value(xml, panel, panel->value(&panel->run->line[i]), 2);
        merit__xml_add(xml, ". ");
    }
    merit__xml_add(xml, "</desc>\n");
}

static void draw_axes(merit__xml *xml, const panel_frame *frame)
{
    for (int64_t i = merit__axis_first(&frame->y); i <= merit__axis_last(&frame->y);
         i++) {
        double tick = (double)i * frame->y.step;
        merit__decimal y = merit__decimal_of(merit__axis_pixel(&frame->y, tick), 1);
        merit__xml_add(
            xml,
            "<path class=\"%s\" d=\"M%d %sH%d\"/><text x=\"%d\" y=\"%s\" "
            "text-anchor=\"end\" class=\"note\">",
            i == merit__axis_first(&frame->y) ? "base" : "grid", LEFT, y.text, RIGHT,
            LEFT - 6,
            merit__decimal_of(merit__axis_pixel(&frame->y, tick) + 4, 1).text);
        double value = frame->panel->is_log ? pow(10, tick) : tick;
        if (frame->panel->is_percent) {
            double size = 100 * value;
            merit__page_percent(
                xml, value,
                size >= 1 || !(size > 0) ? 0 : (int)ceil(-log10(size) - 1e-9));
        } else {
            merit__xml_number(xml, value, frame->y.decimals);
        }
        merit__xml_add(xml, "</text>\n");
    }
    for (int64_t i = merit__axis_first(&frame->x); i <= merit__axis_last(&frame->x);
         i++) {
        double tick = (double)i * frame->x.step;
        merit__xml_add(xml,
                       "<text x=\"%s\" y=\"%d\" text-anchor=\"middle\" "
                       "class=\"note\">%s</text>\n",
                       merit__decimal_of(merit__axis_pixel(&frame->x, tick), 1).text,
                       BOTTOM + 16, merit__decimal_of(tick, 0).text);
    }
    merit__xml_add(xml,
                   "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" "
                   "class=\"note\">epoch</text>\n",
                   (LEFT + RIGHT) / 2, BOTTOM + 31);
}

/* The line through rows [n], which goes on from a row, or NULL: then it is the strong
 * one. */
static void draw_line(merit__xml *xml, const panel_frame *frame,
                      const merit_run_row *from, const merit_run_row *rows, int64_t n)
{
    int is_begun = 0;
    merit__xml_add(xml, "<path class=\"%s c0\" d=\"", from == NULL ? "line" : "thin");
    for (int64_t i = from == NULL ? 0 : -1; i < n; i++) {
        const merit_run_row *row = i < 0 ? from : &rows[i];
        double height = height_of(frame->panel, row);
        if (!isnan(height)) {
            merit__xml_add(
                xml, "%s%s %s", is_begun ? "L" : "M",
                merit__decimal_of(merit__axis_pixel(&frame->x, row->epochs), 1).text,
                merit__decimal_of(merit__axis_pixel(&frame->y, height), 1).text);
        }
        is_begun = !isnan(height);
    }
    merit__xml_add(xml, "\"/>\n");
}

/* The lines of candidates that did not earn more. */
static void draw_others(merit__xml *xml, const panel_frame *frame)
{
    const merit_run *run = frame->panel->run;
    for (int64_t c = run->kept->candidate + 1; c < run->n_candidates; c++) {
        const merit_run_row *rows;
        int64_t n = merit__run_candidate_rows(&rows, c, run->rows, run->n_rows);
        draw_line(xml, frame, run->kept, rows, n);
    }
}

/* A dot and the number of a row of the kept line. */
static void draw_dot(merit__xml *xml, const panel_frame *frame,
                     const merit_run_row *row, int has_number)
{
    double height = height_of(frame->panel, row);
    if (isnan(height)) {
        return;
    }
    double x = merit__axis_pixel(&frame->x, row->epochs);
    double y = merit__axis_pixel(&frame->y, height);
    merit__xml_add(xml, "<circle class=\"dot c0\" cx=\"%s\" cy=\"%s\" r=\"3.5\"/>\n",
                   merit__decimal_of(x, 1).text, merit__decimal_of(y, 1).text);
    if (has_number) {
        const char *anchor = x < LEFT + 30    ? "start"
                             : x > RIGHT - 30 ? "end"
                                              : "middle";
        merit__xml_add(
            xml, "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"name\">",
            merit__decimal_of(x, 1).text,
            merit__decimal_of(y < TOP + 12 ? y + 18 : y - 8, 1).text, anchor);
        add_value(xml, frame->panel, frame->panel->value(row),
                  frame->y.fine > 3 ? 3 : frame->y.fine);
        merit__xml_add(xml, "</text>\n");
    }
}

void merit__panel_add(merit__xml *xml, const merit__panel *panel)
{
    const merit_run *run = panel->run;
    panel_frame frame = lay_out(panel);
    merit__xml_add(xml, "<figure class=\"fit%s\">\n",
                   panel->is_narrow ? " narrow" : "");
    merit__chart_open(xml, panel->id, WIDTH, HEIGHT);
    describe(xml, panel);
    merit__xml_add(xml, "<text x=\"0\" y=\"13\" class=\"name\">%s</text>\n",
                   panel->title);
    draw_axes(xml, &frame);
    draw_others(xml, &frame);
    draw_line(xml, &frame, NULL, run->line, run->n_line);
    for (int64_t i = 0; i < run->n_line && run->n_line <= MOST_DOTS; i++) {
        draw_dot(xml, &frame, &run->line[i], i == 0 || i + 1 == run->n_line);
    }
    merit__xml_add(xml, "</svg>\n<figcaption>%s</figcaption>\n</figure>\n",
                   panel->caption);
}
