#include "net/reference/reference_layers.h"

/* Windows of kernel_h x kernel_w at steps of stride, without padding; what is left over
 * at the right and the bottom is not read.
 *
 *   max:      y = the largest number in the window; its gradient goes to the first of
 *             the largest in row-major order
 *   average:  y = the mean of the window; its gradient is spread evenly */

/* One window: where it starts in x, and its output in y. */
typedef struct pool_window {
    int64_t x, y;
} pool_window;

/* plane: example * C + channel. */
static pool_window window_at(const merit__layer *layer, int64_t plane, int64_t p,
                             int64_t q)
{
    merit__shape in = layer->in, out = layer->out;
    return (pool_window){
        .x = (plane * in.h + p * layer->stride) * in.w + q * layer->stride,
        .y = (plane * out.h + p) * out.w + q,
    };
}

/* Where the first of the largest numbers of a window lies. */
static int64_t first_largest(const merit__reference_pass *pass, pool_window window)
{
    const merit__layer *layer = pass->layer;
    int64_t best = window.x;
    for (int64_t i = 0; i < layer->kernel_h; i++) {
        for (int64_t j = 0; j < layer->kernel_w; j++) {
            int64_t at = window.x + i * layer->in.w + j;
            best = pass->x[at] > pass->x[best] ? at : best;
        }
    }
    return best;
}

static void maxpool_window_forward(const merit__reference_pass *pass,
                                   pool_window window)
{
    pass->y[window.y] = pass->x[first_largest(pass, window)];
}

static void maxpool_window_backward(const merit__reference_pass *pass,
                                    pool_window window)
{
    pass->dx[first_largest(pass, window)] += pass->dy[window.y];
}

static void avgpool_window_forward(const merit__reference_pass *pass,
                                   pool_window window)
{
    const merit__layer *layer = pass->layer;
    double sum = 0;
    for (int64_t i = 0; i < layer->kernel_h; i++) {
        for (int64_t j = 0; j < layer->kernel_w; j++) {
            sum += (double)pass->x[window.x + i * layer->in.w + j];
        }
    }
    pass->y[window.y] = (float)(sum / (double)(layer->kernel_h * layer->kernel_w));
}

static void avgpool_window_backward(const merit__reference_pass *pass,
                                    pool_window window)
{
    const merit__layer *layer = pass->layer;
    double n = (double)(layer->kernel_h * layer->kernel_w);
    for (int64_t i = 0; i < layer->kernel_h; i++) {
        for (int64_t j = 0; j < layer->kernel_w; j++) {
            pass->dx[window.x + i * layer->in.w + j] +=
                (float)((double)pass->dy[window.y] / n);
        }
    }
}

static void each_window(const merit__reference_pass *pass,
                        void (*apply)(const merit__reference_pass *pass,
                                      pool_window window))
{
    const merit__layer *layer = pass->layer;
    for (int64_t plane = 0; plane < pass->n * layer->in.c; plane++) {
        for (int64_t p = 0; p < layer->out.h; p++) {
            for (int64_t q = 0; q < layer->out.w; q++) {
                apply(pass, window_at(layer, plane, p, q));
            }
        }
    }
}

void merit__reference_maxpool_forward(const merit__reference_pass *pass)
{
    each_window(pass, maxpool_window_forward);
}

void merit__reference_maxpool_backward(const merit__reference_pass *pass)
{
    each_window(pass, maxpool_window_backward);
}

void merit__reference_avgpool_forward(const merit__reference_pass *pass)
{
    each_window(pass, avgpool_window_forward);
}

void merit__reference_avgpool_backward(const merit__reference_pass *pass)
{
    each_window(pass, avgpool_window_backward);
}
