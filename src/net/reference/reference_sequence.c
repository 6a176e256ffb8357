/* What only sequences need: embedding, the mean over positions, the ends. */
#include "net/reference/reference_layers.h"

/* y[e,o,t] = weight[code of x[e,t], o], and 0 behind the end of sequence e. */
void merit__reference_embedding_forward(const merit__reference_pass *pass)
{
    int64_t T = pass->layer->in.w, O = pass->layer->out.c;
    const float *weight = pass->tensors[0]; // [MERIT__CODES,O]
    for (int64_t e = 0; e < pass->n; e++) {
        for (int64_t t = 0; t < T; t++) {
            int64_t code = merit__code_of(pass->x[e * T + t]);
            for (int64_t o = 0; o < O; o++) {
                pass->y[(e * O + o) * T + t] =
                    t < pass->lengths[e] ? weight[code * O + o] : 0.0F;
            }
        }
    }
}

/* d loss / d weight[code,o] = sum of dy[e,o,t] over all e and t with that code. There
 * is no gradient of codes. */
void merit__reference_embedding_backward(const merit__reference_pass *pass)
{
    int64_t T = pass->layer->in.w, O = pass->layer->out.c;
    for (int64_t code = 0; code < MERIT__CODES; code++) {
        for (int64_t o = 0; o < O; o++) {
            double sum = 0;
            for (int64_t e = 0; e < pass->n; e++) {
                for (int64_t t = 0; t < pass->lengths[e]; t++) {
                    if (merit__code_of(pass->x[e * T + t]) == code) {
                        sum += (double)pass->dy[(e * O + o) * T + t];
                    }
                }
            }
            pass->dtensors[0][code * O + o] = (float)sum;
        }
    }
}

/* How many positions of example e count: all of them without lengths. */
static int64_t n_counted(const merit__reference_pass *pass, int64_t e)
{
    int64_t area = pass->layer->in.h * pass->layer->in.w;
    return pass->lengths == NULL || area == 1 ? area : pass->lengths[e];
}

void merit__reference_globalpool_forward(const merit__reference_pass *pass)
{
    int64_t C = pass->layer->in.c, area = pass->layer->in.h * pass->layer->in.w;
    for (int64_t e = 0; e < pass->n; e++) {
        int64_t n = n_counted(pass, e);
        for (int64_t c = 0; c < C; c++) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++) {
                sum += (double)pass->x[(e * C + c) * area + i];
            }
            pass->y[e * C + c] = n > 0 ? (float)(sum / (double)n) : 0.0F;
        }
    }
}

void merit__reference_globalpool_backward(const merit__reference_pass *pass)
{
    int64_t C = pass->layer->in.c, area = pass->layer->in.h * pass->layer->in.w;
    for (int64_t e = 0; e < pass->n; e++) {
        int64_t n = n_counted(pass, e);
        for (int64_t c = 0; c < C; c++) {
            for (int64_t i = 0; i < n; i++) {
                pass->dx[(e * C + c) * area + i] +=
                    (float)((double)pass->dy[e * C + c] / (double)n);
            }
        }
    }
}

void merit__reference_cut(float *values, merit__shape shape, int64_t n,
                          const int64_t *lengths)
{
    for (int64_t e = 0; e < n; e++) {
        for (int64_t c = 0; c < shape.c; c++) {
            for (int64_t t = lengths[e]; t < shape.w; t++) {
                values[(e * shape.c + c) * shape.w + t] = 0;
            }
        }
    }
}
