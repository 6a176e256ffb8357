#include "loss/loss_def.h"

#define X(name) extern const merit_loss_def name;
#include "loss_table.inc"
#undef X

static const merit_loss_def *const catalogue[] = {
#define X(name) &name,
#include "loss_table.inc"
#undef X
};

int64_t merit_loss_count(void)
{
    return (int64_t)(sizeof catalogue / sizeof *catalogue);
}

const merit_loss_def *merit__loss_def_at(int64_t index)
{
    return catalogue[index];
}

const merit_loss_info *merit_loss_describe(int64_t index)
{
    if (index < 0 || index >= merit_loss_count()) {
        return NULL;
    }
    return &catalogue[index]->info;
}
