#include "report/interval_chart.h"

#include <inttypes.h>
#include <math.h>

#include "report/axis.h"
#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/page.h"
#include "report/text_width.h"

// In pixels, and in characters.
enum {
    WIDTH = 432,
    TOP = 34,
    ROW_HEIGHT = 26,
    BOTTOM = 40,
    NAME_CHARACTERS = 26, // the longest name of a loss
    NAMES_WIDTH = 214,    // at most
    VALUE_WIDTH = 56
};

// An interval may reach so many times the distance of the outermost points beyond them.
static const double reach = 0.6;

typedef struct interval_frame {
    const merit__interval_chart *chart;
    merit__axis axis;
    double left, height;
} interval_frame;

/* The points that must be in the picture. */
static void find_ends(const merit__interval_chart *chart, double *low, double *high)
{
    *low = *high = chart->mark; // fmin(NaN, x) is x
    for (int64_t i = 0; i < chart->n; i++) {
        const merit__interval_row *row = &chart->rows[i];
        *low = fmin(*low, row->mean);
        *high = fmax(*high, row->mean);
        for (int64_t j = 0; j < row->n_points; j++) {
            *low = fmin(*low, row->points[j]);
            *high = fmax(*high, row->points[j]);
        }
    }
}

static interval_frame lay_out(const merit__interval_chart *chart)
{
    interval_frame out = {.chart = chart,
                          .height = TOP + ROW_HEIGHT * (double)chart->n + BOTTOM};
    double first, last, low, high;
    find_ends(chart, &first, &last);
    low = first;
    high = last;
    for (int64_t i = 0; i < chart->n; i++) {
        const merit__interval_row *row = &chart->rows[i];
        low = fmin(low, row->low);
        high = fmax(high, row->high);
        out.left = fmax(out.left, merit__text_width(row->name, NAME_CHARACTERS,
                                                    row->is_strong ? 15 : 12.5));
    }
    if (last > first) {
        low = fmax(low, first - reach * (last - first));
        high = fmin(high, last + reach * (last - first));
    }
    out.left = fmin(out.left, NAMES_WIDTH) + 8;
    out.axis = merit__axis_round(low, high, 5);
    out.axis.from = out.left + 8;
    out.axis.to = WIDTH - VALUE_WIDTH - 12;
    return out;
}

static void describe(merit__xml *xml, const merit__interval_chart *chart, int decimals)
{
    merit__chart_tell(xml, chart->id, "title");
    merit__xml_add(xml, "%s</title>\n", chart->title);
    merit__chart_tell(xml, chart->id, "desc");
    for (int64_t i = 0; i < chart->n; i++) {
        const merit__interval_row *row = &chart->rows[i];
        merit__xml_text(xml, row->name, NAME_CHARACTERS);
        merit__xml_add(xml, ": ");
        merit__xml_number(xml, row->mean, decimals);
        if (!isnan(row->low)) {
            merit__xml_add(xml, ", from ");
            merit__xml_number(xml, row->low, decimals);
            merit__xml_add(xml, " to ");
            merit__xml_number(xml, row->high, decimals);
        }
        merit__xml_add(xml, ". ");
    }
    merit__xml_add(xml, "</desc>\n");
}

static void draw_axis(merit__xml *xml, const interval_frame *frame)
{
    const merit__axis *axis = &frame->axis;
    double bottom = frame->height - BOTTOM;
    for (int64_t i = merit__axis_first(axis); i <= merit__axis_last(axis); i++) {
        double value = (double)i * axis->step;
        merit__decimal x = merit__decimal_of(merit__axis_pixel(axis, value), 1);
        merit__xml_add(xml,
                       "<path class=\"grid\" d=\"M%s %dV%s\"/><text x=\"%s\" y=\"%s\" "
                       "text-anchor=\"middle\" class=\"note\">",
                       x.text, TOP - 4, merit__decimal_of(bottom, 1).text, x.text,
                       merit__decimal_of(bottom + 15, 1).text);
        merit__xml_number(xml, value, axis->decimals);
        merit__xml_add(xml, "</text>\n");
    }
    if (!isnan(frame->chart->mark)) {
        double x = merit__axis_pixel(axis, frame->chart->mark);
        merit__xml_add(
            xml,
            "<path class=\"constant\" d=\"M%s %dV%s\"/><text x=\"%s\" "
            "y=\"%s\" text-anchor=\"%s\" class=\"note\">%s</text>\n",
            merit__decimal_of(x, 1).text, TOP - 4, merit__decimal_of(bottom, 1).text,
            merit__decimal_of(x, 1).text, merit__decimal_of(bottom + 31, 1).text,
            x < (axis->from + axis->to) / 2 ? "start" : "end", frame->chart->mark_name);
    }
}

static void draw_interval(merit__xml *xml, const interval_frame *frame,
                          const merit__interval_row *row, double y)
{
    const merit__axis *axis = &frame->axis;
    double low = fmax(row->low, axis->low), high = fmin(row->high, axis->high);
    const char *ink = row->is_strong ? "c1" : "c6";
    merit__xml_add(xml, "<path class=\"thin %s\" d=\"M%s %sH%s", ink,
                   merit__decimal_of(merit__axis_pixel(axis, low), 1).text,
                   merit__decimal_of(y, 1).text,
                   merit__decimal_of(merit__axis_pixel(axis, high), 1).text);
    const double ends[2] = {row->low, row->high};
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= axis->low && ends[i] <= axis->high) {
            merit__xml_add(xml, "M%s %sv8",
                           merit__decimal_of(merit__axis_pixel(axis, ends[i]), 1).text,
                           merit__decimal_of(y - 4, 1).text);
        }
    }
    merit__xml_add(xml, "\"/>\n");
}

static void draw_row(merit__xml *xml, const interval_frame *frame, int64_t i)
{
    const merit__interval_row *row = &frame->chart->rows[i];
    double y = TOP + ROW_HEIGHT * ((double)i + 0.5);
    const char *ink = row->is_strong ? "c1" : "c6";
    merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" text-anchor=\"end\"%s>",
                   merit__decimal_of(frame->left - 6, 1).text,
                   merit__decimal_of(y + 4, 1).text,
                   row->is_strong ? " class=\"name\"" : "");
    merit__xml_text(xml, row->name, NAME_CHARACTERS);
    merit__xml_add(xml, "</text>\n");
    if (!isnan(row->low) && !isnan(row->high)) {
        draw_interval(xml, frame, row, y);
    }
    for (int64_t j = 0; j < row->n_points; j++) {
        double x = merit__axis_pixel(&frame->axis, row->points[j]);
        merit__xml_add(xml, "<path class=\"hair\" d=\"M%s %sv14\"/>\n",
                       merit__decimal_of(x, 1).text, merit__decimal_of(y - 7, 1).text);
    }
    double x = merit__axis_pixel(&frame->axis, row->mean);
    merit__xml_add(xml, "<circle class=\"%s %s\" cx=\"%s\" cy=\"%s\" r=\"%s\"/>\n",
                   row->is_strong ? "dot" : "ring", ink, merit__decimal_of(x, 1).text,
                   merit__decimal_of(y, 1).text, row->is_strong ? "5.5" : "4.5");
    merit__xml_add(xml, "<text x=\"%d\" y=\"%s\" text-anchor=\"end\">", WIDTH - 4,
                   merit__decimal_of(y + 4, 1).text);
    merit__xml_number(xml, row->mean, frame->axis.fine);
    merit__xml_add(xml, "</text>\n");
}

void merit__interval_chart_add(merit__xml *xml, const merit__interval_chart *chart)
{
    interval_frame frame = lay_out(chart);
    frame.axis.fine = merit__page_decimals(frame.axis.low, frame.axis.high);
    merit__page_figure(xml, chart->title, WIDTH);
    merit__chart_open(xml, chart->id, WIDTH, frame.height);
    describe(xml, chart, frame.axis.fine);
    merit__xml_add(xml, "<text x=\"0\" y=\"13\" class=\"name\">%s</text>\n",
                   chart->title);
    draw_axis(xml, &frame);
    for (int64_t i = 0; i < chart->n; i++) {
        draw_row(xml, &frame, i);
    }
    merit__xml_add(xml, "</svg>\n");
    merit__page_figure_end(xml, chart->caption);
}
