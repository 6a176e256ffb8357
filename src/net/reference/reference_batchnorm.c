#include "net/reference/reference_layers.h"

#include <math.h>

/* For each channel, with m = n H W numbers x in this slice (Ioffe and Szegedy 2015,
 * arXiv 1502.03167):
 *
 *   mean = sum x / m,  variance = sum (x - mean)^2 / m
 *   z = (x - mean) / sqrt(variance + epsilon),  y = scale z + shift
 *
 *   dshift = sum dy,  dscale = sum dy z
 *   dx = scale / sqrt(variance + epsilon) (dy - dshift / m - z dscale / m)
 *
 * Outside training mean and variance are the running ones. What a slice observed is
 * reported with the unbiased variance, sum (x - mean)^2 / (m - 1). */

/* The numbers of one channel, and how they are normalised. */
typedef struct channel_numbers {
    int64_t c;
    int64_t area; // H * W
    int64_t m;
    double mean, square_sum, inverse_deviation;
} channel_numbers;

/* Where number i < m of a channel lies in x. */
static int64_t at(const merit__reference_pass *pass, const channel_numbers *channel,
                  int64_t i)
{
    int64_t example = i / channel->area;
    return (example * pass->layer->in.c + channel->c) * channel->area +
           i % channel->area;
}

static double inverse_deviation(double variance)
{
    return 1 / sqrt(variance + MERIT__BATCHNORM_PPM * 1e-6);
}

/* The statistics of channel c in this slice. */
static channel_numbers observe(const merit__reference_pass *pass, int64_t c)
{
    channel_numbers channel = {.c = c, .area = pass->layer->in.h * pass->layer->in.w};
    channel.m = pass->n * channel.area;
    double sum = 0;
    for (int64_t i = 0; i < channel.m; i++) {
        sum += (double)pass->x[at(pass, &channel, i)];
    }
    channel.mean = sum / (double)channel.m;
    for (int64_t i = 0; i < channel.m; i++) {
        double deviation = (double)pass->x[at(pass, &channel, i)] - channel.mean;
        channel.square_sum += deviation * deviation;
    }
    channel.inverse_deviation =
        inverse_deviation(channel.square_sum / (double)channel.m);
    return channel;
}

void merit__reference_batchnorm_forward(const merit__reference_pass *pass)
{
    const float *scale = pass->tensors[0], *shift = pass->tensors[1];   // [C]
    const float *mean = pass->tensors[2], *variance = pass->tensors[3]; // [C]
    for (int64_t c = 0; c < pass->layer->in.c; c++) {
        channel_numbers channel = observe(pass, c);
        if (!pass->training) {
            channel.mean = (double)mean[c];
            channel.inverse_deviation = inverse_deviation((double)variance[c]);
        }
        for (int64_t i = 0; i < channel.m; i++) {
            int64_t place = at(pass, &channel, i);
            double z =
                ((double)pass->x[place] - channel.mean) * channel.inverse_deviation;
            pass->y[place] = (float)((double)scale[c] * z + (double)shift[c]);
        }
    }
}

static void backward_channel(const merit__reference_pass *pass,
                             const channel_numbers *channel)
{
    int64_t c = channel->c;
    double m = (double)channel->m;
    double dshift = 0, dscale = 0;
    for (int64_t i = 0; i < channel->m; i++) {
        int64_t place = at(pass, channel, i);
        double z =
            ((double)pass->x[place] - channel->mean) * channel->inverse_deviation;
        dshift += (double)pass->dy[place];
        dscale += (double)pass->dy[place] * z;
    }
    double factor = (double)pass->tensors[0][c] * channel->inverse_deviation;
    for (int64_t i = 0; i < channel->m; i++) {
        int64_t place = at(pass, channel, i);
        double z =
            ((double)pass->x[place] - channel->mean) * channel->inverse_deviation;
        pass->dx[place] +=
            (float)(factor * ((double)pass->dy[place] - dshift / m - z * dscale / m));
    }
    pass->dtensors[0][c] = (float)dscale; // [C]
    pass->dtensors[1][c] = (float)dshift; // [C]
}

void merit__reference_batchnorm_backward(const merit__reference_pass *pass)
{
    for (int64_t c = 0; c < pass->layer->in.c; c++) {
        channel_numbers channel = observe(pass, c);
        backward_channel(pass, &channel);
        // A single number has no spread: m - 1 would be 0.
        double n_free = channel.m > 1 ? (double)(channel.m - 1) : 1;
        pass->dtensors[2][c] = (float)channel.mean;                  // [C]
        pass->dtensors[3][c] = (float)(channel.square_sum / n_free); // [C]
    }
}
