/* Adam with decoupled weight decay (Kingma and Ba 2015, Loshchilov and Hutter 2019):
 *
 *     m <- b1 m + (1 - b1) g;   v <- b2 v + (1 - b2) g^2
 *     p <- p - rate (m' / (sqrt(v') + eps) + decay p),  m', v' corrected for their
 * start
 */
#include "train/optimizer.h"

#include <math.h>

static void update(const merit__optimizer_step *step, float *parameters,
                   const float *gradient, float *const moments[MERIT__MOMENTS],
                   int64_t n)
{
    const double beta1 = step->momentum, beta2 = 0.999;
    const float b1 = (float)beta1, a1 = (float)(1 - beta1);
    const float b2 = (float)beta2, a2 = (float)(1 - beta2), epsilon = 1e-8f;
    const float c1 = (float)(1 / (1 - pow(beta1, (double)step->step)));
    const float c2 = (float)(1 / (1 - pow(beta2, (double)step->step)));
    const float rate = (float)step->learning_rate;
    const float keep = 1 - rate * (float)step->weight_decay;
    float *restrict m = moments[0];
    float *restrict v = moments[1];
    float *restrict p = parameters;
    const float *restrict dp = gradient;
    for (int64_t i = 0; i < n; i++) {
        float g = dp[i];
        m[i] = b1 * m[i] + a1 * g;
        v[i] = b2 * v[i] + a2 * g * g;
        p[i] = keep * p[i] - rate * (c1 * m[i]) / (sqrtf(c2 * v[i]) + epsilon);
    }
}

const merit__optimizer merit__optimizer_adamw = {
    .name = "adamw",
    .n_moments = 2,
    .learning_rate = 0.001,
    .momentum = 0.9,
    .update = update,
};
