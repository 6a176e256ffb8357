#include "report/reliability.h"

#include <inttypes.h>
#include <math.h>

#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/page.h"

// The picture, in pixels.
enum {
    WIDTH = 330,
    HEIGHT = 384,
    LEFT = 44,
    SIDE = 270, // of the square
    TOP = 24,
    BARS = 34 // height of the longest bar below it
};

/* The interval of Wilson for a share of n. */
static void set_interval(merit__reliability_bin *bin)
{
    static const double z = 1.959963984540054;
    double n = (double)bin->n, p = bin->right;
    double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    bin->low = fmax(middle - half, 0);
    bin->high = fmin(middle + half, 1);
}

void merit__reliability_count(merit__reliability_bin *bins,
                              const merit__examined *examined)
{
    const int32_t *labels = merit_dataset_labels(examined->data);
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        bins[b] = (merit__reliability_bin){0};
    }
    for (int64_t i = 0; i < examined->n; i++) {
        const double believed = examined->believed[i];
        double place = ceil(believed * MERIT__RELIABILITY_BINS) - 1;
        merit__reliability_bin *bin =
            &bins[(int)fmin(fmax(place, 0), MERIT__RELIABILITY_BINS - 1)];
        bin->n++;
        bin->believed += believed;
        bin->right += examined->likeliest[i] == labels[i];
    }
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        if (bins[b].n > 0) {
            bins[b].believed /= (double)bins[b].n;
            bins[b].right /= (double)bins[b].n;
            set_interval(&bins[b]);
        }
    }
}

static double x_of(double share)
{
    return LEFT + SIDE * share;
}

static double y_of(double share)
{
    return TOP + SIDE * (1 - share);
}

static void describe(merit__xml *xml, const merit__reliability_bin *bins)
{
    merit__chart_tell(xml, "reliability", "title");
    merit__xml_add(xml,
                   "How often the most probable class is right, by how probable the "
                   "model says it is</title>\n");
    merit__chart_tell(xml, "reliability", "desc");
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        if (bins[b].n > 0) {
            merit__xml_add(xml, "Believed ");
            merit__page_percent(xml, bins[b].believed, 0);
            merit__xml_add(xml, ", right ");
            merit__page_percent(xml, bins[b].right, 0);
            merit__xml_add(xml, " of %" PRId64 ". ", bins[b].n);
        }
    }
    merit__xml_add(xml, "</desc>\n");
}

static void draw_axes(merit__xml *xml)
{
    for (int i = 0; i <= 4; i++) {
        double share = i / 4.0;
        merit__decimal x = merit__decimal_of(x_of(share), 1);
        merit__decimal y = merit__decimal_of(y_of(share), 1);
        const char *class = i == 0 ? "base" : "grid";
        merit__xml_add(xml,
                       "<path class=\"%s\" d=\"M%d %sh%d\"/><path class=\"%s\" "
                       "d=\"M%s %dv%d\"/>\n<text x=\"%d\" y=\"%s\" "
                       "text-anchor=\"end\" class=\"note\">%d</text>\n",
                       class, LEFT, y.text, SIDE, class, x.text, TOP, SIDE, LEFT - 7,
                       merit__decimal_of(y_of(share) + 4, 1).text, 25 * i);
        merit__xml_add(xml,
                       "<text x=\"%s\" y=\"%d\" text-anchor=\"middle\" "
                       "class=\"note\">%d</text>\n",
                       x.text, TOP + SIDE + 16, 25 * i);
    }
    merit__xml_add(xml,
                   "<path class=\"constant\" d=\"M%d %dL%d %d\"/>\n<text x=\"%d\" "
                   "y=\"13\" class=\"note\">right, %%</text>\n<text x=\"%d\" y=\"%d\" "
                   "text-anchor=\"end\" class=\"note\">believed, %%</text>\n",
                   LEFT, TOP + SIDE, LEFT + SIDE, TOP, LEFT - 28, LEFT + SIDE,
                   TOP + SIDE + 32);
}

static void draw_bin(merit__xml *xml, const merit__reliability_bin *bin, int b,
                     int64_t most)
{
    double x = x_of(bin->believed);
    merit__xml_add(xml, "<path class=\"thin c1\" d=\"M%s %sV%s\"/>\n",
                   merit__decimal_of(x, 1).text,
                   merit__decimal_of(y_of(bin->low), 1).text,
                   merit__decimal_of(y_of(bin->high), 1).text);
    merit__xml_add(xml, "<circle class=\"dot c1\" cx=\"%s\" cy=\"%s\" r=\"5\"/>\n",
                   merit__decimal_of(x, 1).text,
                   merit__decimal_of(y_of(bin->right), 1).text);
    double height = fmax(BARS * (double)bin->n / (double)most, 1);
    merit__xml_add(
        xml,
        "<rect class=\"up\" fill-opacity=\"0.55\" x=\"%s\" y=\"%s\" width=\"%s\" "
        "height=\"%s\"/>\n",
        merit__decimal_of(x_of(b / (double)MERIT__RELIABILITY_BINS) + 1, 1).text,
        merit__decimal_of(HEIGHT - 4 - height, 1).text,
        merit__decimal_of(SIDE / (double)MERIT__RELIABILITY_BINS - 2, 1).text,
        merit__decimal_of(height, 1).text);
}

static void add_numbers(merit__xml *xml, const merit__reliability_bin *bins)
{
    merit__xml_add(xml,
                   "<details><summary>The numbers</summary>\n<table>\n<thead><tr>"
                   "<th scope=\"col\" class=\"n\">believed</th><th scope=\"col\" "
                   "class=\"n\">right</th><th scope=\"col\" class=\"n\">95&nbsp;%% "
                   "interval</th><th scope=\"col\" class=\"n\">examples</th></tr>"
                   "</thead>\n<tbody>\n");
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        if (bins[b].n == 0) {
            continue;
        }
        merit__xml_add(xml, "<tr><td class=\"n\">");
        merit__page_percent(xml, bins[b].believed, 1);
        merit__xml_add(xml, "</td><td class=\"n\">");
        merit__page_percent(xml, bins[b].right, 1);
        merit__xml_add(xml, "</td><td class=\"n\">");
        merit__xml_number(xml, 100 * bins[b].low, 1);
        merit__xml_add(xml, "\xe2\x80\x93");
        merit__page_percent(xml, bins[b].high, 1);
        merit__xml_add(xml, "</td><td class=\"n\">");
        merit__page_count(xml, bins[b].n);
        merit__xml_add(xml, "</td></tr>\n");
    }
    merit__xml_add(xml, "</tbody>\n</table>\n</details>\n");
}

void merit__reliability_add(merit__xml *xml, const merit__examined *examined)
{
    merit__reliability_bin bins[MERIT__RELIABILITY_BINS];
    int64_t most = 1;
    merit__reliability_count(bins, examined);
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        most = bins[b].n > most ? bins[b].n : most;
    }
    merit__page_figure(xml, "Reliability", WIDTH);
    merit__chart_open(xml, "reliability", WIDTH, HEIGHT);
    describe(xml, bins);
    draw_axes(xml);
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        if (bins[b].n > 0) {
            draw_bin(xml, &bins[b], b, most);
        }
    }
    merit__xml_add(xml,
                   "<path class=\"base\" d=\"M%d %dh%d\"/><text x=\"%d\" y=\"%d\" "
                   "class=\"note\">bars: examples</text>\n</svg>\n",
                   LEFT, HEIGHT - 4, SIDE, LEFT, TOP + SIDE + 32);
    merit__xml_add(xml,
                   "</div>\n<figcaption>Beliefs against facts, for the most probable "
                   "class. Below the dotted line the model is surer than it is "
                   "right. Whiskers: 95&nbsp;%% intervals.</figcaption>\n");
    add_numbers(xml, bins);
    merit__xml_add(xml, "</figure>\n");
}
