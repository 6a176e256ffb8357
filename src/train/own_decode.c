#include "train/own_decode.h"

int merit__has_own_decode(const merit_loss *loss)
{
    return merit_loss_targets(loss) != NULL || merit_loss_channel(loss) != NULL;
}

merit_status merit__own_decode(double *decode, const merit_loss *loss,
                               const merit_scores *scores, merit_error *err)
{
    double residual;
    if (merit_loss_channel(loss) != NULL) {
        return merit_decode_channel(decode, merit_loss_channel(loss), scores, err);
    }
    return merit_decode_matrix(decode, &residual, merit_loss_targets(loss), scores,
                               err);
}
