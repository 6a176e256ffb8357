/* merit's losses in a trainer of your own: here a single layer of weights and plain
 * gradient descent, on points around four corners of a square.
 *
 *     cc own_trainer.c -lmerit && ./a.out question.txt
 */
#include <stdio.h>

#include <merit/loss.h>
#include <merit/scores.h>

enum { N = 64, K = 4, INPUTS = 3 };

int main(int argc, char **argv)
{
    static float x[N][INPUTS], logits[N][K], dlogits[N][K], w[K][INPUTS];
    static int32_t labels[N];
    merit_error err;
    merit_scores *scores = NULL;
    merit_loss *loss = NULL;
    double value = 0;
    int failed = 1;

    if (merit_scores_load(&scores, argc > 1 ? argv[1] : "question.txt", NULL, &err) !=
            MERIT_OK ||
        merit_loss_create(&loss, "softmax-margin", scores, &err) != MERIT_OK) {
        goto end;
    }
    for (int i = 0; i < N; i++) {
        labels[i] = i % K;
        x[i][0] = (float)(labels[i] % 2) - 0.5f + 0.01f * (float)(i % 7);
        x[i][1] = (float)(labels[i] / 2) - 0.5f + 0.01f * (float)(i % 5);
        x[i][2] = 1;
    }
    for (int step = 0; step < 200; step++) {
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < K; k++) {
                logits[i][k] = w[k][0] * x[i][0] + w[k][1] * x[i][1] + w[k][2];
            }
        }
        merit_loss_batch batch = {.n = N, .logits = logits[0], .labels = labels};
        if (merit_loss_eval(loss, &batch, &value, dlogits[0], &err) != MERIT_OK) {
            goto end;
        }
        if (step % 50 == 0) {
            printf("step %3d  loss %.4f\n", step, value);
        }
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < K; k++) {
                for (int j = 0; j < INPUTS; j++) {
                    w[k][j] -= 2 * dlogits[i][k] * x[i][j];
                }
            }
        }
    }
    printf("step 200  loss %.4f\n", value);
    failed = 0;
end:
    if (failed) {
        fprintf(stderr, "own_trainer: %s\n", err.message);
    }
    merit_loss_free(loss);
    merit_scores_free(scores);
    return failed;
}
