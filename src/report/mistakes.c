#include "report/mistakes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/decimal.h"
#include "report/page.h"
#include "report/picture.h"

// Of the line of an example that is no picture, in pixels.
enum { SPARK_WIDTH = 130, SPARK_HEIGHT = 44, SPARK_POINTS = 260, PATH_BYTES = 38 };

// Of a sequence: letters on each side of one, and half as many as begin a whole.
enum { LETTERS_AROUND = 7, LETTERS_OF_WHOLE = 25 };

static double lost_at(const merit__examined *examined, int64_t i)
{
    return merit__examined_lost(examined, merit_dataset_labels(examined->data)[i],
                                examined->answers[i]);
}

/* Whether example a comes before example b. */
static int is_worse(const merit__examined *examined, int64_t a, int64_t b)
{
    double lost_a = lost_at(examined, a), lost_b = lost_at(examined, b);
    if (lost_a > lost_b || lost_a < lost_b) {
        return lost_a > lost_b;
    }
    return examined->expected[a] > examined->expected[b];
}

/* Whether two examples have the same truth and answer. */
static int are_alike(const merit__examined *examined, int64_t a, int64_t b)
{
    const int32_t *labels = merit_dataset_labels(examined->data);
    return labels[a] == labels[b] && examined->answers[a] == examined->answers[b];
}

/* The place in out[0..n) that example i may take: n, or that of the last one alike when
 * there are enough of them, or of the last one when there is no room. */
static int64_t find_place(const int64_t *out, int64_t n,
                          const merit__examined *examined, int64_t i)
{
    int64_t n_alike = 0, last = 0;
    for (int64_t at = 0; at < n; at++) {
        if (are_alike(examined, out[at], i)) {
            n_alike++;
            last = at;
        }
    }
    return n_alike == MERIT__MISTAKES_ALIKE ? last
           : n == MERIT__MISTAKES_SHOWN     ? n - 1
                                            : n;
}

int64_t merit__mistakes_find(int64_t *out, const merit__examined *examined)
{
    int64_t n = 0;
    for (int64_t i = 0; i < examined->n; i++) {
        if (!(lost_at(examined, i) > 0) ||
            (n == MERIT__MISTAKES_SHOWN && !is_worse(examined, i, out[n - 1]))) {
            continue; // the usual case, at once
        }
        int64_t at = find_place(out, n, examined, i);
        if (at < n && !is_worse(examined, i, out[at])) {
            continue;
        }
        n += at == n;
        for (; at > 0 && is_worse(examined, i, out[at - 1]); at--) {
            out[at] = out[at - 1];
        }
        out[at] = i;
    }
    return n;
}

/* Opens the text that stands for the picture: "Example 12: Shirt, answered Bag". */
static void describe(merit__xml *xml, const merit__examined *examined, int64_t i)
{
    int32_t truth = merit_dataset_labels(examined->data)[i];
    merit__xml_add(xml, "Example %" PRId64 ": ", i);
    merit__xml_text(xml, merit_scores_name(examined->scores, truth), 40);
    merit__xml_add(xml, ", answered ");
    merit__xml_text(xml, merit_scores_name(examined->scores, examined->answers[i]), 40);
}

/* The numbers of an example one beside the other; the line breaks where one is missing.
 */
static void draw_line(merit__xml *xml, const merit__examined *examined, int64_t i,
                      const float *values, int64_t n)
{
    double low = INFINITY, high = -INFINITY;
    int64_t step = (n + SPARK_POINTS - 1) / SPARK_POINTS;
    for (int64_t j = 0; j < n; j++) {
        low = fmin(low, (double)values[j]);
        high = fmax(high, (double)values[j]);
    }
    merit__xml_add(xml,
                   "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
                   "role=\"img\" aria-labelledby=\"mistake-%" PRId64 "\">"
                   "<title id=\"mistake-%" PRId64 "\">",
                   SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT, i, i);
    describe(xml, examined, i);
    low = low <= high ? low : 0; // all may be missing
    high = low <= high ? high : 0;
    merit__xml_add(xml, "; %" PRId64 " numbers from ", n);
    merit__xml_number(xml, low, 3);
    merit__xml_add(xml, " to ");
    merit__xml_number(xml, high, 3);
    merit__xml_add(xml, "</title><path class=\"thin c1\" d=\"");
    int is_open = 0;
    for (int64_t j = 0; j < n; j += step) {
        if (isnan(values[j])) {
            is_open = 0;
            continue;
        }
        double x = 3 + (SPARK_WIDTH - 6) * (n > 1 ? (double)j / (double)(n - 1) : 0.5);
        double share = high > low ? ((double)values[j] - low) / (high - low) : 0.5;
        merit__xml_add(
            xml, "%s%s %s", is_open ? "L" : "M", merit__decimal_of(x, 1).text,
            merit__decimal_of(SPARK_HEIGHT - 4 - share * (SPARK_HEIGHT - 8), 1).text);
        is_open = 1;
    }
    merit__xml_add(xml, "%s\"/></svg>\n", n == 1 ? "h2" : "");
}

/* The letters around the one that was asked for, which is marked; of a whole sequence
 * how it begins. */
static void add_letters(merit__xml *xml, const merit__examined *examined, int64_t i)
{
    char text[2 * LETTERS_OF_WHOLE + 2], part[2 * LETTERS_OF_WHOLE + 2];
    int is_whole = merit_dataset_task(examined->data) == MERIT_TASK_SEQUENCE;
    int32_t cut = 0;
    int64_t at = merit_dataset_context(
        examined->data, i, is_whole ? LETTERS_OF_WHOLE : LETTERS_AROUND, text, &cut);
    merit__xml_add(xml, "<div class=\"letters\">%s", cut & 1 ? "\u2026" : "");
    if (at >= 0) {
        snprintf(part, sizeof part, "%.*s", (int)at, text);
        merit__xml_text(xml, part, sizeof part);
        merit__xml_add(xml, "<mark>%c</mark>", text[at]);
    }
    merit__xml_text(xml, text + at + 1, sizeof text);
    merit__xml_add(xml, "%s</div>\n", cut & 2 ? "\u2026" : "");
}

static merit_status draw_picture(merit__xml *xml, const merit__examined *examined,
                                 int64_t i, const float *values,
                                 const merit__picture_range *range, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__picture picture = {0};
    int64_t c, h, w;
    merit_dataset_shape(examined->data, &c, &h, &w);
    if (merit_dataset_task(examined->data) != MERIT_TASK_NONE) {
        add_letters(xml, examined, i); // their codes are no amounts to draw
        return MERIT_OK;
    }
    if (!merit__picture_is_one(c, h, w)) {
        draw_line(xml, examined, i, values, c * h * w);
        return MERIT_OK;
    }
    MERIT_TRY(merit__picture_make(&picture, values, c, h, w, range, err));
    merit__xml_add(xml, "<img width=\"%u\" height=\"%u\" alt=\"", picture.width,
                   picture.height);
    describe(xml, examined, i);
    merit__xml_add(xml, "\" src=\"");
    MERIT_TRY(merit__png_add(xml, &picture, err));
    merit__xml_add(xml, "\">\n");
fail:
    merit__free(picture.pixels);
    return status;
}

// A path without its beginning where it is long: the file's name matters.
static void add_file(merit__xml *xml, const char *path)
{
    size_t n = strlen(path);
    if (n > PATH_BYTES) {
        path += n - PATH_BYTES;
        const char *slash = strchr(path, '/');
        path = slash != NULL ? slash : path;
        while ((*path & 0xc0) == 0x80) { // not within a character
            path++;
        }
        merit__xml_add(xml, "\u2026");
    }
    merit__page_name(xml, path);
}

static void add_caption(merit__xml *xml, const merit__examined *examined, int64_t i,
                        int decimals)
{
    int32_t truth = merit_dataset_labels(examined->data)[i];
    merit__xml_add(xml, "<figcaption><strong>");
    merit__page_name(xml, merit_scores_name(examined->scores, truth));
    merit__xml_add(xml, "</strong><br>answered ");
    merit__page_name(xml, merit_scores_name(examined->scores, examined->answers[i]));
    merit__xml_add(xml, "<br>lost ");
    merit__page_score(xml, lost_at(examined, i), lost_at(examined, i));
    merit__xml_add(xml, ", claimed ");
    merit__xml_number(xml, examined->expected[i], decimals);
    merit__xml_add(xml, "<br>");
    int64_t place = 0;
    const char *name = merit_dataset_sequence(examined->data, i, &place);
    name = name != NULL ? name : merit_dataset_id(examined->data, i);
    if (merit_dataset_file(examined->data, i) != NULL) {
        add_file(xml, name);
    } else if (name != NULL) {
        merit__page_name(xml, name);
    } else {
        merit__xml_add(xml, "example ");
        merit__page_count(xml, i);
    }
    if (place > 0) {
        merit__xml_add(xml, ", letter ");
        merit__page_count(xml, place);
    }
    merit__xml_add(xml, "</figcaption>");
}

static merit_status add_list(merit__xml *xml, const merit__examined *examined,
                             const int64_t *list, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t c, h, w;
    merit_dataset_shape(examined->data, &c, &h, &w);
    int decimals = merit__page_decimals(0, lost_at(examined, list[0]));
    decimals = decimals > 0 ? decimals - 1 : 0;
    float *values = merit__alloc_array((size_t)(c * h * w), sizeof *values);
    if (values == NULL) {
        return merit__fail_memory(err, (size_t)(c * h * w) * sizeof *values,
                                  "an example");
    }
    merit__picture_range range = merit__picture_range_none();
    for (int64_t j = 0; j < n; j++) {
        MERIT_TRY(merit_dataset_example(examined->data, list[j], values, err));
        merit__picture_range_add(&range, values, c * h * w);
    }
    merit__picture_range_finish(&range);
    merit__xml_add(xml, "<ul class=\"mistakes\">\n");
    for (int64_t j = 0; j < n; j++) {
        merit__xml_add(xml, "<li><figure>\n");
        MERIT_TRY(merit_dataset_example(examined->data, list[j], values, err));
        MERIT_TRY(draw_picture(xml, examined, list[j], values, &range, err));
        add_caption(xml, examined, list[j], decimals);
        merit__xml_add(xml, "</figure></li>\n");
    }
    merit__xml_add(xml, "</ul>\n");
fail:
    merit__free(values);
    return status;
}

merit_status merit__mistakes_add(merit__xml *xml, const merit__examined *examined,
                                 merit_error *err)
{
    int64_t list[MERIT__MISTAKES_SHOWN];
    int64_t n = merit__mistakes_find(list, examined);
    merit_status status = MERIT_OK;
    merit__page_section(xml, "mistakes", "The costliest mistakes");
    if (n == 0) {
        merit__xml_add(xml, "<p>There are none: each answer was the best one.</p>\n");
    } else {
        merit__xml_add(
            xml,
            "<p>Those that lose the most score against the best answer; of "
            "equal ones, those that the model was surest of, at most %d of a "
            "kind. %s</p>\n",
            MERIT__MISTAKES_ALIKE,
            merit_dataset_task(examined->data) == MERIT_TASK_MASKED
                ? "The hidden letter that was asked for is marked; ? are others that "
                  "were hidden."
                : "Wrong labels are often among them.");
        status = add_list(xml, examined, list, n, err);
    }
    merit__page_section_end(xml);
    return status;
}
