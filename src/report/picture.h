/* An example as a picture. */
#ifndef MERIT_REPORT_PICTURE_H
#define MERIT_REPORT_PICTURE_H

#include "merit/data.h"
#include "report/png.h"

enum { MERIT__PICTURE_SIDE = 128 }; // the longer side, at most; in pixels

/* Whether examples of that shape are pictures: more than one row. */
int merit__picture_is_one(int64_t channels, int64_t height, int64_t width);

/* What is black and what is white. */
typedef struct merit__picture_range {
    double black, white;
    int is_whole; // all values seen are whole numbers
} merit__picture_range;

/* A range that nothing was seen of. */
merit__picture_range merit__picture_range_none(void);

/* Widens the range to n more values. */
void merit__picture_range_add(merit__picture_range *range, const float *values,
                              int64_t n);

/* What was seen is taken for shares where it is between 0 and 1, for bytes where it is
 * whole numbers to 100 or more, at most 255; others from the lowest to the highest. */
void merit__picture_range_finish(merit__picture_range *range);

/* The picture of an example [C,H,W]: in colour when it has three channels, else its
 * first channel in grey. What is larger than MERIT__PICTURE_SIDE is made smaller by
 * means. The caller frees picture->pixels with merit__free. */
merit_status merit__picture_make(merit__picture *picture, const float *values,
                                 int64_t channels, int64_t height, int64_t width,
                                 const merit__picture_range *range, merit_error *err);

#endif
