/* What a score table teaches, before anything is trained on it.
 *
 *     if (merit_audit_is_trap(scores, truth, answer)) { ... }
 */
#ifndef MERIT_AUDIT_H
#define MERIT_AUDIT_H

#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether gradient descent on the expected score -S_i.q is drawn to `answer` when the
 * truth is another: a model that is confidently wrong there first becomes surer of it,
 * and leaves after about merit_audit_escape_time. With b the best class for the truth,
 * S_im the score of the answer and the other K - 2 classes equally unlikely, the margin
 * z_b - z_m moves at a rate proportional to
 *     S_ib - S_im + K (mean_i - S_im),      mean_i over the K classes,
 * and the answer is a trap when that is negative. 0 for a best class, for answers that
 * are no class and for anything out of range. */
MERIT_API int32_t merit_audit_is_trap(const merit_scores *scores, int64_t truth,
                                      int64_t answer);

/* How long a model that prefers a wrong answer by `margin` (z_m - z_b > 0) needs under
 * the expected score until it is undecided, where only these two classes matter:
 * (e^margin - 1) / (2 gap), gap = S_ib - S_im > 0. Time is that of gradient flow on the
 * logits: steps of plain gradient descent times their learning rate. Cross entropy
 * needs about margin / 2. */
MERIT_API double merit_audit_escape_time(double gap, double margin);

#ifdef __cplusplus
}
#endif

#endif
