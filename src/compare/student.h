/* Student's t distribution. */
#ifndef MERIT_COMPARE_STUDENT_H
#define MERIT_COMPARE_STUDENT_H

/* The probability that |t| is as large or larger by chance, with df > 0 degrees of
 * freedom; df may be infinite. */
double merit__student_p(double t, double df);

/* The t > 0 with merit__student_p(t, df) = p, 0 < p < 1. */
double merit__student_quantile(double p, double df);

#endif
