/* Closed forms of gradient flow on one example (one-hot scores, equal other logits). */
#include "merit/audit.h"

#include <math.h>

double merit_audit_escape_time(double gap, double margin)
{
    return expm1(margin) / (2 * gap);
}

double merit_audit_plateau(int64_t n_classes, double gap, double m0, double m1)
{
    const double others = (double)(n_classes - 1);
    const double near = exp(m1) - exp(m0);
    const double far = exp(-m0) - exp(-m1);
    return (near + 2 * others * (m1 - m0) + others * others * far) /
           ((double)n_classes * gap);
}

double merit_audit_plateau_cross_entropy(int64_t n_classes, double m0, double m1)
{
    const double others = (double)(n_classes - 1);
    return others / (double)n_classes * (m1 - m0 + (exp(m1) - exp(m0)) / others);
}
