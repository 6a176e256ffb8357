/* The best answers for probabilities of any origin, under a score table.
 *
 *     cc decide.c -lmerit && ./a.out question.txt
 */
#include <stdio.h>

#include <merit/decide.h>
#include <merit/scores.h>

int main(int argc, char **argv)
{
    // What a model believes about three examples of the question's classes c1 ... c4.
    static const double belief[3][4] = {
        {0.70, 0.10, 0.10, 0.10},
        {0.05, 0.05, 0.85, 0.05},
        {0.34, 0.05, 0.33, 0.28},
    };
    int32_t answers[3];
    double expected[3];
    merit_error err;
    merit_scores *scores = NULL;
    merit_decision *decision = NULL;
    int failed = 1;

    if (merit_scores_load(&scores, argc > 1 ? argv[1] : "question.txt", NULL, &err) !=
        MERIT_OK) {
        goto end;
    }
    if (merit_scores_n_truths(scores) != 4) {
        snprintf(err.message, sizeof err.message, "this example is about 4 classes");
        goto end;
    }
    merit_decision_options options = {.rule = MERIT_RULE_BAYES};
    merit_decision_results results = {.answers = answers, .expected = expected};
    if (merit_decision_create(&decision, scores, &options, &err) != MERIT_OK ||
        merit_decision_apply_posterior(decision, belief[0], 3, &results, &err) !=
            MERIT_OK) {
        goto end;
    }
    for (int i = 0; i < 3; i++) {
        printf("example %d: answer %s, expected score %.2f\n", i,
               merit_scores_name(scores, answers[i]), expected[i]);
    }
    failed = 0;
end:
    if (failed) {
        fprintf(stderr, "decide: %s\n", err.message);
    }
    merit_decision_free(decision);
    merit_scores_free(scores);
    return failed;
}
