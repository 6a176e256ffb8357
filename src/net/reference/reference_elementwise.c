#include "net/reference/reference_layers.h"

/*   relu:  y = max(x, 0), with derivative 0 at 0; NaN stays NaN
 *   add:   y = x + other */

static int64_t n_numbers(const merit__reference_pass *pass)
{
    return pass->n * merit__reference_volume(pass->layer->in);
}

void merit__reference_relu_forward(const merit__reference_pass *pass)
{
    for (int64_t i = 0; i < n_numbers(pass); i++) {
        pass->y[i] = pass->x[i] < 0 ? 0 : pass->x[i];
    }
}

void merit__reference_relu_backward(const merit__reference_pass *pass)
{
    for (int64_t i = 0; i < n_numbers(pass); i++) {
        pass->dx[i] += pass->x[i] > 0 ? pass->dy[i] : 0;
    }
}

void merit__reference_add_forward(const merit__reference_pass *pass)
{
    for (int64_t i = 0; i < n_numbers(pass); i++) {
        pass->y[i] = pass->x[i] + pass->other[i];
    }
}

void merit__reference_add_backward(const merit__reference_pass *pass)
{
    for (int64_t i = 0; i < n_numbers(pass); i++) {
        pass->dx[i] += pass->dy[i];
        pass->dother[i] += pass->dy[i];
    }
}
