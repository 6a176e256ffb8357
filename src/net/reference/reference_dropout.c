#include "net/reference/reference_layers.h"

/* y = x mask in training, where the mask is 0 or 1 / (1 - rate), so that the mean stays
 * (inverted dropout, Srivastava et al. 2014); y = x otherwise. */

static int64_t n_numbers(const merit__reference_pass *pass)
{
    return pass->n * merit__reference_volume(pass->layer->in);
}

void merit__reference_dropout_forward(const merit__reference_pass *pass)
{
    for (int64_t i = 0; i < n_numbers(pass); i++) {
        pass->y[i] = pass->training ? pass->x[i] * pass->mask[i] : pass->x[i];
    }
}

void merit__reference_dropout_backward(const merit__reference_pass *pass)
{
    for (int64_t i = 0; i < n_numbers(pass); i++) {
        pass->dx[i] += pass->dy[i] * pass->mask[i];
    }
}
