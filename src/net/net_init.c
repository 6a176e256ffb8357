#include "net/layers.h"

#include <math.h>

#include "base/random.h"

/* Two random words for elements 2 i and 2 i + 1 of a tensor. */
static void pair_words(uint32_t out[4], uint64_t seed, int64_t tensor, int64_t i)
{
    uint64_t pair = (uint64_t)i;
    merit__random(out, seed, MERIT__USE_INIT, (uint32_t)tensor, (uint32_t)pair,
                  (uint32_t)(pair >> 32));
}

static void fill(float *values, int64_t n, float value)
{
    for (int64_t i = 0; i < n; i++) {
        values[i] = value;
    }
}

/* Normal with mean 0 and variance 2 / fan_in. */
static void fill_he_normal(float *values, int64_t n, double fan_in, uint64_t seed,
                           int64_t tensor)
{
    float deviation = (float)sqrt(2.0 / fan_in);
    for (int64_t i = 0; i < n; i += 2) {
        uint32_t words[4];
        float normal[2];
        pair_words(words, seed, tensor, i / 2);
        merit__normal2(normal, words[0], words[1]);
        values[i] = deviation * normal[0];
        if (i + 1 < n) {
            values[i + 1] = deviation * normal[1];
        }
    }
}

/* Uniform within 1 / sqrt(fan_in). */
static void fill_uniform(float *values, int64_t n, int64_t fan_in, uint64_t seed,
                         int64_t tensor)
{
    float bound = (float)(1.0 / sqrt((double)fan_in));
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        pair_words(words, seed, tensor, i / 2);
        values[i] = bound * (2 * merit__uniform(words[i % 2]) - 1);
    }
}

/* How many inputs each output of a weight tensor adds up. */
static int64_t fan_in(const merit__tensor *tensor)
{
    return tensor->n / tensor->dims[0];
}

/* How much larger than it is the fan-in of a convolution counts. Residual blocks of
 * nets of sequences have no norm in them, and B of them, each of which doubled the
 * variance, would end in 2^B; a share of 1 / B each leaves it below e. */
static double residual_share(const merit_net *net, const merit__layer *layer)
{
    double n_blocks = 0;
    for (int64_t i = 0; i < net->n_layers; i++) {
        n_blocks += net->layers[i].kind == MERIT__ADD;
    }
    int is_in_row = merit__net_is_sequential(net) && layer->kind == MERIT__CONV;
    return is_in_row && n_blocks > 1 ? n_blocks : 1;
}

void merit__net_init(const merit_net *net, uint64_t seed, float *arena)
{
    for (int64_t i = 0; i < net->n_tensors; i++) {
        const merit__tensor *tensor = &net->tensors[i];
        const merit__layer *layer = &net->layers[tensor->layer];
        float *values = arena + tensor->offset;
        int64_t place = i - layer->tensor; // scale, shift, mean, variance
        if (tensor->kind != MERIT__WEIGHT) {
            int is_one = layer->kind == MERIT__BATCHNORM && (place == 0 || place == 3);
            fill(values, tensor->n, is_one ? 1.0F : 0.0F);
        } else if (tensor->layer == net->n_layers - 1) {
            fill_uniform(values, tensor->n, fan_in(tensor), seed, i);
        } else if (layer->kind == MERIT__EMBEDDING) {
            fill_he_normal(values, tensor->n, 2, seed, i); // variance 1
        } else {
            double share = residual_share(net, layer);
            fill_he_normal(values, tensor->n, share * (double)fan_in(tensor), seed, i);
        }
    }
}
