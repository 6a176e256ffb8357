/* Stochastic gradient descent with Nesterov momentum (Sutskever et al. 2013), weight
 * decay added to the gradient:
 *
 *     g <- g + decay p;   m <- momentum m + g;   p <- p - rate (g + momentum m)
 */
#include "train/optimizer.h"

static void update(const merit__optimizer_step *step, float *parameters,
                   const float *gradient, float *const moments[MERIT__MOMENTS],
                   int64_t n)
{
    const float rate = (float)step->learning_rate;
    const float momentum = (float)step->momentum;
    const float decay = (float)step->weight_decay;
    float *restrict m = moments[0];
    float *restrict p = parameters;
    const float *restrict dp = gradient;
    for (int64_t i = 0; i < n; i++) {
        float g = dp[i] + decay * p[i];
        m[i] = momentum * m[i] + g;
        p[i] -= rate * (g + momentum * m[i]);
    }
}

const merit__optimizer merit__optimizer_sgd = {
    .name = "sgd",
    .n_moments = 1,
    .learning_rate = 0.05,
    .momentum = 0.9,
    .update = update,
};
