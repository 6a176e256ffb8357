#include "report/heat_fields.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/decimal.h"
#include "report/text_width.h"

// In pixels.
static const double digit_width = 6, tight_digit_width = 5;
static const double thinnest = 0.07;

enum {
    MOST_DECIMALS = 2,
    SMALLEST_WITH_NUMBER = 20,
    LEGEND_FIELDS = 13,
    LEGEND_SIZE = 11,
    THICK = 19 // from this level on numbers are written in the colour of the paper
};

static double opacity_of(int level)
{
    return level == 0
               ? 0
               : thinnest + (1 - thinnest) * abs(level) / (double)MERIT__HEAT_LEVELS;
}

static double number_of(const merit__heat_fields *fields, int64_t i)
{
    return fields->numbers != NULL ? fields->numbers[i] : fields->values[i];
}

/* The decimals that the numbers need, at most MOST_DECIMALS. */
static int decimals_wanted(const merit__heat_fields *fields)
{
    int n = 0;
    for (int64_t i = 0; i < fields->n_rows * fields->n_columns; i++) {
        double value = number_of(fields, i);
        while (n < MOST_DECIMALS && fabs(value - round(value * pow(10, n)) /
                                                     pow(10, n)) > 1e-9 * fabs(value)) {
            n++;
        }
    }
    return n;
}

static size_t longest_number(const merit__heat_fields *fields, int decimals)
{
    size_t longest = 0;
    for (int64_t i = 0; i < fields->n_rows * fields->n_columns; i++) {
        size_t n = strlen(merit__decimal_of(number_of(fields, i), decimals).text);
        longest = n > longest ? n : longest;
    }
    return longest;
}

void merit__heat_fields_prepare(merit__heat_fields *fields)
{
    fields->scale =
        merit__heat_scale_of(fields->values, fields->n_rows * fields->n_columns);
    fields->block = 1;
    fields->decimals = -1;
    fields->legend_left = fields->left;
    if (fields->size < SMALLEST_WITH_NUMBER) {
        return;
    }
    for (int decimals = decimals_wanted(fields); decimals >= 0; decimals--) {
        double n = (double)longest_number(fields, decimals);
        if (n * tight_digit_width <= fields->size - 2) {
            fields->decimals = decimals;
            fields->is_tight = n * digit_width > fields->size - 4;
            return;
        }
        if (decimals == 1 && fields->scale.reach < 10) {
            return; // whole numbers would not tell them apart
        }
    }
}

/* The fields of levels low .. high, one path; a run of fields in a row is one piece. */
static void draw_levels(merit__xml *xml, const merit__heat_fields *fields,
                        const char *attributes, int low, int high)
{
    int n_drawn = 0;
    for (int64_t i = 0; i < fields->n_rows; i++) {
        const double *row = fields->values + i * fields->n_columns;
        for (int64_t k = 0; k < fields->n_columns;) {
            int64_t from = k;
            while (k < fields->n_columns) {
                int level = merit__heat_level(&fields->scale, row[k]);
                if (level < low || level > high) {
                    break;
                }
                k++;
            }
            if (k == from) {
                k++;
                continue;
            }
            if (n_drawn++ == 0) {
                merit__xml_add(xml, "<path %s", attributes);
            }
            double size = fields->size;
            merit__xml_add(
                xml, "M%s %sh%sv%sh-%sz",
                merit__decimal_of(fields->left + size * (double)from, 1).text,
                merit__decimal_of(fields->top + size * (double)i, 1).text,
                merit__decimal_of(size * (double)(k - from), 1).text,
                merit__decimal_of(size, 1).text,
                merit__decimal_of(size * (double)(k - from), 1).text);
        }
    }
    merit__xml_add(xml, "%s", n_drawn > 0 ? "\"/>\n" : "");
}

/* Lines of paper between the fields. */
static void draw_gaps(merit__xml *xml, const merit__heat_fields *fields)
{
    merit__xml_add(xml, "<path class=\"hatch\" d=\"");
    for (int64_t i = 1; i < fields->n_rows; i++) {
        merit__xml_add(
            xml, "M%s %sh%s", merit__decimal_of(fields->left, 1).text,
            merit__decimal_of(fields->top + fields->size * (double)i, 1).text,
            merit__decimal_of(fields->size * (double)fields->n_columns, 1).text);
    }
    for (int64_t k = 1; k < fields->n_columns; k++) {
        merit__xml_add(
            xml, "M%s %sv%s",
            merit__decimal_of(fields->left + fields->size * (double)k, 1).text,
            merit__decimal_of(fields->top, 1).text,
            merit__decimal_of(fields->size * (double)fields->n_rows, 1).text);
    }
    merit__xml_add(xml, "\"/>\n");
}

static void draw_frame(merit__xml *xml, const merit__heat_fields *fields)
{
    double width = fields->size * (double)fields->n_columns;
    double height = fields->size * (double)fields->n_rows;
    merit__xml_add(xml,
                   "<rect class=\"field\" x=\"%s\" y=\"%s\" width=\"%s\" "
                   "height=\"%s\"/>\n",
                   merit__decimal_of(fields->left, 1).text,
                   merit__decimal_of(fields->top, 1).text,
                   merit__decimal_of(width, 1).text, merit__decimal_of(height, 1).text);
}

void merit__heat_fields_draw(merit__xml *xml, const merit__heat_fields *fields,
                             const char *id)
{
    char attributes[128];
    for (int level = -MERIT__HEAT_LEVELS; level <= MERIT__HEAT_LEVELS; level++) {
        if (level != 0) {
            snprintf(attributes, sizeof attributes,
                     "class=\"%s\" fill-opacity=\"%s\" d=\"", level > 0 ? "up" : "down",
                     merit__decimal_of(opacity_of(level), 3).text);
            draw_levels(xml, fields, attributes, level, level);
        }
    }
    if (fields->decimals < 0 && fields->scale.low < fields->scale.from &&
        fields->scale.high > fields->scale.from) {
        merit__xml_add(xml,
                       "<pattern id=\"%s-hatch\" width=\"4\" height=\"4\" "
                       "patternUnits=\"userSpaceOnUse\"><path class=\"hatch\" "
                       "d=\"M0 4L4 0\"/></pattern>\n",
                       id);
        snprintf(attributes, sizeof attributes, "fill=\"url(#%s-hatch)\" d=\"", id);
        draw_levels(xml, fields, attributes, -MERIT__HEAT_LEVELS, -1);
    }
    if (fields->size >= SMALLEST_WITH_NUMBER) {
        draw_gaps(xml, fields);
    }
    draw_frame(xml, fields);
}

void merit__heat_fields_numbers(merit__xml *xml, const merit__heat_fields *fields)
{
    if (fields->decimals < 0) {
        return;
    }
    merit__xml_add(xml, "<g text-anchor=\"middle\" aria-hidden=\"true\">\n");
    for (int64_t i = 0; i < fields->n_rows; i++) {
        for (int64_t k = 0; k < fields->n_columns; k++) {
            int64_t at = i * fields->n_columns + k;
            int level = abs(merit__heat_level(&fields->scale, fields->values[at]));
            double x = fields->left + fields->size * ((double)k + 0.5);
            double y = fields->top + fields->size * ((double)i + 0.5) + 3.6;
            if (fields->numbers != NULL && fields->numbers[at] == 0) {
                continue; // nothing was counted here
            }
            merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" class=\"%s%s\">",
                           merit__decimal_of(x, 1).text, merit__decimal_of(y, 1).text,
                           level >= THICK ? "on-thick" : "on-thin",
                           fields->is_tight ? " tight" : "");
            merit__xml_number(xml, number_of(fields, at), fields->decimals);
            merit__xml_add(xml, "</text>\n");
        }
    }
    merit__xml_add(xml, "</g>\n");
}

void merit__heat_fields_outline(merit__xml *xml, const merit__heat_fields *fields,
                                int64_t row, int64_t column)
{
    double inner = fields->size - 2;
    merit__xml_add(
        xml, "M%s %sh%sv%sh-%sz",
        merit__decimal_of(fields->left + fields->size * (double)column + 1, 1).text,
        merit__decimal_of(fields->top + fields->size * (double)row + 1, 1).text,
        merit__decimal_of(inner, 1).text, merit__decimal_of(inner, 1).text,
        merit__decimal_of(inner, 1).text);
}

/* The decimals that tell the ends of the scale. */
static int legend_decimals(const merit__heat_scale *scale)
{
    double width = scale->high - scale->low;
    int is_whole = scale->high == round(scale->high) && scale->low == round(scale->low);
    if (is_whole || !(width > 0) || isinf(width)) {
        return is_whole ? 0 : 3;
    }
    return (int)fmin(fmax(2 - floor(log10(width)), 0), 6);
}

/* Adds text that ends left of the returned pixel. */
static double draw_legend_number(merit__xml *xml, double x, double y, double value,
                                 int decimals)
{
    char text[MERIT__NUMBER_BYTES];
    decimals = value == 0 ? 0 : decimals;
    snprintf(text, sizeof text, "%s", merit__decimal_of(value, decimals).text);
    merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" class=\"note\">",
                   merit__decimal_of(x, 1).text, merit__decimal_of(y + 9.5, 1).text);
    merit__xml_number(xml, value, decimals);
    merit__xml_add(xml, "</text>\n");
    // A minus is as wide as a digit and more.
    return x + merit__text_width(text, sizeof text, 11) + (text[0] == '-' ? 7 : 0) + 5;
}

void merit__heat_fields_legend(merit__xml *xml, const merit__heat_fields *fields,
                               const char *legend, double y)
{
    const merit__heat_scale *scale = &fields->scale;
    int decimals = legend_decimals(scale);
    double x = fields->legend_left;
    merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" class=\"note\">%s</text>\n",
                   merit__decimal_of(x, 1).text, merit__decimal_of(y + 9.5, 1).text,
                   legend);
    x += merit__text_width(legend, SIZE_MAX, 11) + 7;
    x = draw_legend_number(xml, x, y, scale->low, decimals);
    if (!(scale->high > scale->low)) {
        return;
    }
    for (int i = 0; i < LEGEND_FIELDS; i++) {
        double share = i / (double)(LEGEND_FIELDS - 1);
        int level =
            merit__heat_level(scale, scale->low * (1 - share) + scale->high * share);
        merit__xml_add(xml,
                       "<rect class=\"%s\" fill-opacity=\"%s\" x=\"%s\" y=\"%s\" "
                       "width=\"%d\" height=\"%d\"/>\n",
                       level >= 0 ? "up" : "down",
                       merit__decimal_of(opacity_of(level), 3).text,
                       merit__decimal_of(x, 1).text, merit__decimal_of(y, 1).text,
                       LEGEND_SIZE, LEGEND_SIZE);
        x += LEGEND_SIZE;
    }
    merit__xml_add(xml,
                   "<rect class=\"field\" x=\"%s\" y=\"%s\" width=\"%d\" "
                   "height=\"%d\"/>\n",
                   merit__decimal_of(x - LEGEND_FIELDS * LEGEND_SIZE, 1).text,
                   merit__decimal_of(y, 1).text, LEGEND_FIELDS * LEGEND_SIZE,
                   LEGEND_SIZE);
    draw_legend_number(xml, x + 5, y, scale->high, decimals);
}
