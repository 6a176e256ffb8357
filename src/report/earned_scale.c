#include "report/earned_scale.h"

#include <math.h>

#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/page.h"

// In pixels, and in characters.
enum {
    WIDTH = 460,
    HEIGHT = 84,
    LEFT = 8,
    RIGHT = 452,
    LINE = 40,
    NAME_CHARACTERS = 22
};

typedef struct earned_range {
    double low, high;
    int decimals;
} earned_range;

static double pixel_of(const earned_range *scale, double score)
{
    return LEFT + (RIGHT - LEFT) * (score - scale->low) / (scale->high - scale->low);
}

static void add_text(merit__xml *xml, double x, double y, const char *class)
{
    const char *anchor = x < WIDTH / 3.0 ? "start" : x > WIDTH / 1.5 ? "end" : "middle";
    merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"%s\">",
                   merit__decimal_of(x, 1).text, merit__decimal_of(y, 1).text, anchor,
                   class);
}

static void draw_limit(merit__xml *xml, const earned_range *scale, double score)
{
    merit__xml_add(xml, "<path class=\"base\" d=\"M%s %dv14\"/>\n",
                   merit__decimal_of(pixel_of(scale, score), 1).text, LINE - 7);
}

void merit__earned_scale_add(merit__xml *xml, const merit__examined *examined)
{
    const merit_metrics *m = &examined->ways[0].metrics;
    earned_range scale = {.low = fmin(m->best_constant_score, m->mean_score),
                          .high = m->oracle_score};
    scale.decimals = merit__page_decimals(scale.low, scale.high);
    if (!(scale.high > scale.low)) {
        return;
    }
    double x = pixel_of(&scale, m->mean_score);
    double constant = pixel_of(&scale, m->best_constant_score);
    merit__page_figure(xml, "Earned", WIDTH);
    merit__chart_open(xml, "earned", WIDTH, HEIGHT);
    merit__chart_tell(xml, "earned", "title");
    merit__xml_add(xml,
                   "What was earned, between the best constant answer and the best "
                   "answers</title>\n");
    merit__chart_tell(xml, "earned", "desc");
    merit__xml_add(xml, "The table below has the numbers.</desc>\n");
    merit__xml_add(xml, "<path class=\"base\" d=\"M%d %dH%d\"/>\n", LEFT, LINE, RIGHT);
    merit__xml_add(xml,
                   "<rect class=\"%s\" x=\"%s\" y=\"%d\" width=\"%s\" "
                   "height=\"6\"/>\n",
                   x >= constant ? "up" : "down",
                   merit__decimal_of(fmin(x, constant), 1).text, LINE - 3,
                   merit__decimal_of(fabs(x - constant), 1).text);
    draw_limit(xml, &scale, m->best_constant_score);
    draw_limit(xml, &scale, m->oracle_score);
    merit__xml_add(xml, "<circle class=\"dot c1\" cx=\"%s\" cy=\"%d\" r=\"7\"/>\n",
                   merit__decimal_of(x, 1).text, LINE);
    add_text(xml, x, LINE - 15, "name");
    merit__xml_add(xml, "earned ");
    merit__page_score(xml, m->mean_score, scale.high);
    merit__xml_add(xml, "</text>\n");
    add_text(xml, constant, LINE + 22, "note");
    merit__xml_add(xml, "always <tspan>");
    merit__xml_text(xml, merit_scores_name(examined->scores, m->best_constant),
                    NAME_CHARACTERS);
    merit__xml_add(xml, "</tspan>: ");
    merit__page_score(xml, m->best_constant_score, scale.high);
    merit__xml_add(xml, "</text>\n");
    add_text(xml, RIGHT, LINE + (constant > WIDTH / 2.0 ? 37 : 22), "note");
    merit__xml_add(xml, "the best answers: ");
    merit__page_score(xml, m->oracle_score, scale.high);
    merit__xml_add(xml, "</text>\n</svg>\n");
    merit__page_figure_end(xml, "");
}
