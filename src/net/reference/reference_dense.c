#include "net/reference/reference_layers.h"

/* y[e,o] = bias[o] + sum over f of weight[o,f] x[e,f], where f runs over C,H,W. */

void merit__reference_dense_forward(const merit__reference_pass *pass)
{
    int64_t F = merit__reference_volume(pass->layer->in);
    int64_t O = pass->layer->out.c;
    const float *weight = pass->tensors[0]; // [O,F]
    const float *bias = pass->tensors[1];   // [O]
    for (int64_t e = 0; e < pass->n; e++) {
        for (int64_t o = 0; o < O; o++) {
            double sum = (double)bias[o];
            for (int64_t f = 0; f < F; f++) {
                sum += (double)weight[o * F + f] * (double)pass->x[e * F + f];
            }
            pass->y[e * O + o] = (float)sum;
        }
    }
}

static void backward_input(const merit__reference_pass *pass, int64_t O, int64_t F)
{
    const float *weight = pass->tensors[0]; // [O,F]
    for (int64_t e = 0; e < pass->n; e++) {
        for (int64_t f = 0; f < F; f++) {
            double sum = 0;
            for (int64_t o = 0; o < O; o++) {
                sum += (double)weight[o * F + f] * (double)pass->dy[e * O + o];
            }
            pass->dx[e * F + f] += (float)sum;
        }
    }
}

void merit__reference_dense_backward(const merit__reference_pass *pass)
{
    int64_t F = merit__reference_volume(pass->layer->in);
    int64_t O = pass->layer->out.c;
    backward_input(pass, O, F);
    for (int64_t o = 0; o < O; o++) {
        double bias_sum = 0;
        for (int64_t e = 0; e < pass->n; e++) {
            bias_sum += (double)pass->dy[e * O + o];
        }
        pass->dtensors[1][o] = (float)bias_sum; // [O]
        for (int64_t f = 0; f < F; f++) {
            double sum = 0;
            for (int64_t e = 0; e < pass->n; e++) {
                sum += (double)pass->dy[e * O + o] * (double)pass->x[e * F + f];
            }
            pass->dtensors[0][o * F + f] = (float)sum; // [O,F]
        }
    }
}
