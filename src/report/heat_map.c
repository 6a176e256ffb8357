#include "report/heat_map.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/heat_fields.h"
#include "report/text_width.h"

// In pixels, and in characters.
enum {
    GAP = 8,
    LEGEND_HEIGHT = 44,
    NAME_CHARACTERS = 14,
    NAMED_MOST = 64, // rows with a name each
    LINE_HEIGHT = 14,
    LEGEND_WIDTH = 280
};

// The sizes of the parts, in pixels.
typedef struct layout {
    merit__heat_fields fields;
    double width, height;
    int is_named;
} layout;

static const char *name_of(const merit__heat_map *map, const int64_t *list, int64_t i)
{
    return merit_scores_name(map->names, list != NULL ? list[i] : i);
}

/* The width of the longest name, as it will be cut. */
static double longest_name(const merit__heat_map *map, const int64_t *list, int64_t n)
{
    double longest = 0;
    for (int64_t i = 0; i < n; i++) {
        longest = fmax(longest,
                       merit__text_width(name_of(map, list, i), NAME_CHARACTERS, 11));
    }
    return longest;
}

static double field_size(int64_t n)
{
    return n <= 6 ? 44 : n <= 12 ? 30 : n <= 24 ? 22 : n <= 64 ? 11 : 5;
}

static layout lay_out(const merit__heat_map *map)
{
    layout out = {.fields = {.values = map->values,
                             .numbers = map->numbers,
                             .n_rows = map->n_rows,
                             .n_columns = map->n_columns}};
    merit__heat_fields *fields = &out.fields;
    int64_t n = map->n_rows > map->n_columns ? map->n_rows : map->n_columns;
    out.is_named = n <= NAMED_MOST;
    fields->size = field_size(n);
    fields->left = LINE_HEIGHT + GAP;
    fields->top = LINE_HEIGHT + GAP;
    double overhang = 0;
    if (out.is_named) {
        double above = longest_name(map, map->columns, map->n_columns);
        fields->left += longest_name(map, map->rows, map->n_rows) + 4;
        fields->top += above * 0.71 + 8; // they are written at 45 degrees
        overhang = above * 0.71 - fields->size / 2;
    }
    merit__heat_fields_prepare(fields);
    out.width = fields->left + fields->size * (double)fields->n_columns + GAP +
                fmax(0, overhang);
    out.width = fmax(out.width, fields->left + LEGEND_WIDTH);
    out.height = fields->top + fields->size * (double)fields->n_rows + LEGEND_HEIGHT;
    return out;
}

static void draw_row_names(merit__xml *xml, const merit__heat_map *map,
                           const layout *places)
{
    const merit__heat_fields *fields = &places->fields;
    const char *class = fields->size < 12 ? " class=\"small\"" : " class=\"note\"";
    for (int64_t i = 0; i < fields->n_rows; i++) {
        double y = fields->top + fields->size * ((double)i + 0.5) + 3.5;
        merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" text-anchor=\"end\"%s>",
                       merit__decimal_of(fields->left - 5, 1).text,
                       merit__decimal_of(y, 1).text, class);
        merit__xml_text(xml, name_of(map, map->rows, i), NAME_CHARACTERS);
        merit__xml_add(xml, "</text>\n");
    }
}

static void draw_column_names(merit__xml *xml, const merit__heat_map *map,
                              const layout *places)
{
    const merit__heat_fields *fields = &places->fields;
    const char *class = fields->size < 12 ? " class=\"small\"" : " class=\"note\"";
    for (int64_t k = 0; k < fields->n_columns; k++) {
        double x = fields->left + fields->size * ((double)k + 0.5) + 2;
        merit__xml_add(xml, "<text transform=\"translate(%s %s) rotate(-45)\"%s>",
                       merit__decimal_of(x, 1).text,
                       merit__decimal_of(fields->top - 5, 1).text, class);
        merit__xml_text(xml, name_of(map, map->columns, k), NAME_CHARACTERS);
        merit__xml_add(xml, "</text>\n");
    }
}

/* What rows and columns are. */
static void draw_heads(merit__xml *xml, const layout *places)
{
    const merit__heat_fields *fields = &places->fields;
    double middle = fields->top + fields->size * (double)fields->n_rows / 2;
    merit__xml_add(xml,
                   "<text x=\"%s\" y=\"11\" class=\"note\">answer &#8594;</text>\n",
                   merit__decimal_of(fields->left, 1).text);
    merit__xml_add(xml,
                   "<text transform=\"translate(11 %s) rotate(-90)\" "
                   "text-anchor=\"middle\" class=\"note\">&#8592; truth</text>\n",
                   merit__decimal_of(middle, 1).text);
}

/* The best answer of each truth is outlined: where it is not the truth itself, that is
 * what the picture is about. */
static void draw_best(merit__xml *xml, const merit__heat_map *map, const layout *places)
{
    const merit__heat_fields *fields = &places->fields;
    if (fields->block > 1 || fields->size < 10) {
        return;
    }
    merit__xml_add(xml, "<path class=\"best\" d=\"");
    for (int64_t i = 0; i < map->n_rows; i++) {
        int64_t truth = map->rows != NULL ? map->rows[i] : i;
        int64_t best = merit_scores_best_answer(map->names, truth);
        for (int64_t k = 0; k < map->n_columns; k++) {
            if ((map->columns != NULL ? map->columns[k] : k) == best) {
                merit__heat_fields_outline(xml, fields, i, k);
            }
        }
    }
    merit__xml_add(xml, "\"/>\n");
}

static void draw_legend(merit__xml *xml, const merit__heat_map *map,
                        const layout *places)
{
    const merit__heat_fields *fields = &places->fields;
    double y = fields->top + fields->size * (double)fields->n_rows + 12;
    merit__heat_fields_legend(xml, fields, map->legend, y);
    merit__xml_add(xml, "<text x=\"%s\" y=\"%s\" class=\"note\">",
                   merit__decimal_of(fields->legend_left, 1).text,
                   merit__decimal_of(y + 9.5 + LINE_HEIGHT + 2, 1).text);
    if (fields->block > 1) {
        merit__xml_add(xml, "a field: the mean of %" PRId64 " &#215; %" PRId64,
                       fields->block, fields->block);
    } else if (map->best != NULL && fields->size >= 10) {
        merit__xml_add(xml, "outlined: %s", map->best);
    }
    merit__xml_add(xml, "</text>\n");
}

static void draw(merit__xml *xml, const merit__heat_map *map, const layout *places,
                 const char *description, int is_alone)
{
    merit__chart_open(xml, map->id, places->width, places->height);
    merit__chart_tell(xml, map->id, "title");
    merit__xml_add(xml, "%s</title>\n", map->title);
    merit__chart_tell(xml, map->id, "desc");
    merit__xml_text(xml, description, 2000);
    merit__xml_add(xml, "</desc>\n");
    if (is_alone) {
        merit__chart_paper(xml, places->width, places->height);
    }
    draw_heads(xml, places);
    merit__heat_fields_draw(xml, &places->fields, map->id);
    if (places->is_named) {
        draw_row_names(xml, map, places);
        draw_column_names(xml, map, places);
    }
    if (map->best != NULL) {
        draw_best(xml, map, places);
    }
    merit__heat_fields_numbers(xml, &places->fields);
    draw_legend(xml, map, places);
    merit__xml_add(xml, "</svg>\n");
}

/* The means of square blocks, where there are too many rows or columns. */
static merit_status shrink(merit__heat_map *map, double **means, int64_t block,
                           merit_error *err)
{
    int64_t n_rows = (map->n_rows + block - 1) / block;
    int64_t n_columns = (map->n_columns + block - 1) / block;
    double *out = merit__alloc_array((size_t)n_rows, (size_t)n_columns * sizeof *out);
    if (out == NULL) {
        return merit__fail_memory(err, (size_t)n_rows * (size_t)n_columns * sizeof *out,
                                  "a picture");
    }
    for (int64_t i = 0; i < map->n_rows; i++) {
        int64_t height =
            i / block + 1 < n_rows ? block : map->n_rows - i / block * block;
        for (int64_t k = 0; k < map->n_columns; k++) {
            int64_t width =
                k / block + 1 < n_columns ? block : map->n_columns - k / block * block;
            out[i / block * n_columns + k / block] +=
                map->values[i * map->n_columns + k] / (double)(width * height);
        }
    }
    map->values = *means = out;
    map->n_rows = n_rows;
    map->n_columns = n_columns;
    return MERIT_OK;
}

merit_status merit__heat_map_draw(merit__xml *xml, const merit__heat_map *map,
                                  const char *description, int is_alone,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__heat_map shown = *map;
    double *means = NULL;
    int64_t n = map->n_rows > map->n_columns ? map->n_rows : map->n_columns;
    int64_t block = (n + MERIT__HEAT_MAP_MOST - 1) / MERIT__HEAT_MAP_MOST;
    for (int64_t i = 0; i < map->n_rows * map->n_columns; i++) {
        if (!isfinite(map->values[i])) {
            return merit__fail(err, MERIT_EINVAL,
                               "value %" PRId64 " of a picture is not finite", i);
        }
    }
    if (block > 1) {
        MERIT_TRY(shrink(&shown, &means, block, err));
        shown.numbers = NULL;
    }
    layout places = lay_out(&shown);
    places.fields.block = block;
    if (block > 1) {
        places.is_named = 0;
    }
    draw(xml, &shown, &places, description, is_alone);
    if (xml->out_of_memory) {
        MERIT_TRY(merit__fail_memory(err, xml->n, "a picture"));
    }
fail:
    merit__free(means);
    return status;
}

double merit__heat_map_width(const merit__heat_map *map)
{
    int64_t n = map->n_rows > map->n_columns ? map->n_rows : map->n_columns;
    return n > NAMED_MOST ? field_size(n) * (double)n : lay_out(map).width;
}
