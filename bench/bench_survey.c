/* What the measuring for `merit explain` costs: seconds of an epoch's steps and of the
 * survey of its validation, in turn; a line of JSON per round.
 *
 *     bench_survey IMAGES FOLDER [ROUNDS]
 *
 * The setting is that of a run on all images: a tenth held out. Half the held-out
 * examples are stuck, so that everything is measured that ever is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/random.h"
#include "bench_common.h"
#include "bench_training.h"
#include "train/feature_size.h"
#include "train/validation.h"

enum { SLICE = 16, STEPS = 40 };

/* Logits of a model that is very sure, and right every other time. */
static void put_logits(float *logits, const int32_t *labels, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < 10; k++) {
            uint32_t word[4];
            merit__random(word, 1, 99, (uint32_t)i, (uint32_t)k, 0);
            int64_t answer = (labels[i] + i % 2) % 10;
            logits[i * 10 + k] = merit__uniform(word[0]) + (k == answer ? 30.0F : 0.0F);
        }
    }
}

/* What the survey of a validation is: posteriors at temperature 1, and a look at each.
 */
static void take_survey(merit__survey *out, const merit_scores *scores,
                        const float *logits, const merit_dataset *held_out)
{
    merit_error err;
    merit_decision *decision;
    const merit_decision_options options = {.rule = MERIT_RULE_ARGMAX};
    const int64_t n = merit_dataset_n(held_out);
    double *posterior = merit__alloc_array((size_t)n * 10, sizeof *posterior);
    const merit_decision_results results = {.posterior = posterior};
    const merit__surveyed examples = {.logits = logits,
                                      .posterior = posterior,
                                      .labels = merit_dataset_labels(held_out),
                                      .n = n};
    bench_check(merit_decision_create(&decision, scores, &options, &err), &err);
    bench_check(merit_decision_apply(decision, logits, n, &results, &err), &err);
    bench_check(merit__survey_take(out, scores, &examples, &err), &err);
    merit_decision_free(decision);
    merit__free(posterior);
}

/* Seconds of all that a validation does for `merit explain`. */
static double time_survey(const merit_scores *scores, const float *logits,
                          const merit__inference *inference,
                          const merit_dataset *held_out, const char *path)
{
    merit_error err;
    merit__survey survey;
    static char text[4096]; // of a line for each of ten epochs
    memset(text, ' ', sizeof text);
    double begin = bench_now();
    take_survey(&survey, scores, logits, held_out);
    bench_check(merit__feature_size(&survey.feature_size, inference, held_out, 1, &err),
                &err);
    bench_check(merit__file_replace(path, text, sizeof text, &err), &err);
    return bench_now() - begin;
}

int main(int argc, char **argv)
{
    merit_error err;
    merit_dataset *all, *data, *held_out;
    merit__validation *validation;
    bench_training training;
    char path[4096];
    if (argc < 3) {
        fprintf(stderr, "usage: bench_survey IMAGES FOLDER [ROUNDS]\n");
        return 2;
    }
    long rounds = argc > 3 ? atol(argv[3]) : 7;
    snprintf(path, sizeof path, "%s/answers.jsonl", argv[2]);
    bench_check(merit_dataset_load(&all, argv[1], NULL, &err), &err);
    bench_check(merit_dataset_split(&data, &held_out, all, 0.1, 1, &err), &err);
    bench_training_create(&training, data, SLICE, 0);
    bench_check(merit__validation_create(&validation, held_out, training.scores, &err),
                &err);
    put_logits(merit__validation_logits(validation), merit_dataset_labels(held_out),
               merit_dataset_n(held_out));
    merit__inference inference = {.engine = &merit__engine_dnnl,
                                  .net = training.net,
                                  .parameters = training.parameters,
                                  .normalisation = &training.normalisation,
                                  .slice = SLICE};
    bench_training_run(&training, STEPS);
    for (long r = 0; r < rounds; r++) {
        double steps_s = bench_training_run(&training, STEPS);
        double survey_s =
            time_survey(training.scores, merit__validation_logits(validation),
                        &inference, held_out, path);
        printf("{\"epoch_s\": %.4f, \"survey_s\": %.4f}\n",
               steps_s * (double)training.n / (STEPS * BENCH_BATCH), survey_s);
        fflush(stdout);
    }
    remove(path);
    bench_training_dispose(&training);
    merit__validation_free(validation);
    merit_dataset_free(data);
    merit_dataset_free(held_out);
    merit_dataset_free(all);
    return 0;
}
