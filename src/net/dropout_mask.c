#include "net/dropout_mask.h"

#include "base/random.h"

void merit__dropout_mask(float *mask, int64_t n, double rate, merit__slice_key key,
                         int64_t layer)
{
    float kept = (float)(1 / (1 - rate));
    uint32_t words[4];
    // A key has no room for the element beside step, slice and layer: those three make
    // a seed of their own, under which the elements are numbered.
    merit__random(words, key.seed, MERIT__USE_DROPOUT, key.step, key.slice,
                  (uint32_t)layer);
    uint64_t seed = (uint64_t)words[0] << 32 | words[1];
    for (int64_t i = 0; i < n; i++) {
        if (i % 4 == 0) {
            uint64_t four = (uint64_t)i / 4;
            merit__random(words, seed, MERIT__USE_DROPOUT, (uint32_t)four,
                          (uint32_t)(four >> 32), 0);
        }
        mask[i] = (double)merit__uniform(words[i % 4]) < rate ? 0.0F : kept;
    }
}
