/* What a table of a large tree costs: its memory, a decision, losses with gradient. One
 * record of JSON. */
#include "bench_common.h"

#include "merit/merit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 8 };

typedef struct setting {
    merit_scores *scores;
    int64_t n_classes;
    float *logits, *dlogits; // [ROWS,K]
    double *posterior;       // [ROWS,K]
    int32_t labels[ROWS], answers[ROWS];
    double expected[ROWS];
} setting;

static void *room(size_t n_bytes)
{
    void *memory = calloc(n_bytes, 1);
    if (memory == NULL) {
        exit(6);
    }
    return memory;
}

static void fill(setting *s)
{
    uint64_t state = 1;
    for (int64_t i = 0; i < ROWS * s->n_classes; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        s->logits[i] = (float)((double)(state >> 40) * 1e-6 - 8);
    }
    for (int i = 0; i < ROWS; i++) {
        s->labels[i] = (int32_t)(s->n_classes / ROWS * i);
    }
}

/* Seconds of the processor, which others do not make longer by being there. */
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The shortest of the rounds: what others do on the machine only ever adds. */
static double shortest(const double *times, int n)
{
    double least = times[0];
    for (int i = 1; i < n; i++) {
        least = times[i] < least ? times[i] : least;
    }
    return least;
}

/* 0 for a loss that this table does not do for. */
static double time_loss(setting *s, const char *spec, int rounds)
{
    merit_error err;
    merit_loss *loss;
    double times[99], value;
    if (merit_loss_create(&loss, spec, s->scores, &err) == MERIT_EUNSUPPORTED) {
        return 0;
    }
    const merit_loss_batch batch = {
        .n = ROWS, .logits = s->logits, .labels = s->labels};
    for (int r = 0; r < rounds; r++) {
        double begin = now();
        bench_check(merit_loss_eval(loss, &batch, &value, s->dlogits, &err), &err);
        times[r] = now() - begin;
    }
    merit_loss_free(loss);
    return shortest(times, rounds);
}

static double time_decision(setting *s, int from_logits, double margins, int rounds)
{
    merit_error err;
    merit_decision *decision;
    double times[99];
    const merit_decision_results results = {.answers = s->answers,
                                            .expected = s->expected};
    const merit_decision_results beliefs = {.posterior = s->posterior};
    const merit_decision_options options = {
        .link = {margins > 0 ? MERIT_LINK_MARGIN : MERIT_LINK_SOFTMAX, margins}};
    bench_check(merit_decision_create(&decision, s->scores, &options, &err), &err);
    bench_check(merit_decision_apply(decision, s->logits, ROWS, &beliefs, &err), &err);
    for (int r = 0; r < rounds; r++) {
        double begin = now();
        bench_check(from_logits ? merit_decision_apply(decision, s->logits, ROWS,
                                                       &results, &err)
                                : merit_decision_apply_posterior(decision, s->posterior,
                                                                 ROWS, &results, &err),
                    &err);
        times[r] = now() - begin;
    }
    merit_decision_free(decision);
    return shortest(times, rounds) / ROWS;
}

static double time_expectation(setting *s, int rounds)
{
    double times[99];
    const size_t A = (size_t)merit_scores_n_answers(s->scores);
    double *u = room((A + merit_scores_scratch(s->scores)) * sizeof *u);
    for (int r = 0; r < rounds; r++) {
        double begin = now();
        merit_scores_expect(s->scores, s->posterior, u, u + A);
        times[r] = now() - begin;
    }
    free(u);
    return shortest(times, rounds);
}

int main(int argc, char **argv)
{
    merit_error err;
    setting s = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_trees tree:FILE [ROUNDS]\n");
        return 2;
    }
    int rounds = argc > 2 ? atoi(argv[2]) : 15;
    rounds = rounds < 1 ? 1 : rounds > 99 ? 99 : rounds;
    double begin = now();
    bench_check(merit_scores_load(&s.scores, argv[1], NULL, &err), &err);
    double load_s = now() - begin;
    s.n_classes = merit_scores_n_truths(s.scores);
    const size_t n = (size_t)(ROWS * s.n_classes);
    s.logits = room(n * sizeof *s.logits);
    s.dlogits = room(n * sizeof *s.dlogits);
    s.posterior = room(n * sizeof *s.posterior);
    fill(&s);
    printf("{\"n_classes\": %lld, \"n_nodes\": %lld, \"load_s\": %.4f, \"bytes\": %zu, "
           "\"decision_s\": %.6f, \"decision_of_logits_s\": %.6f, "
           "\"decision_of_margins_s\": %.6f, "
           "\"expect_s\": %.6f",
           (long long)s.n_classes, (long long)merit_scores_n_nodes(s.scores), load_s,
           merit_scores_bytes(s.scores), time_decision(&s, 0, 0, rounds),
           time_decision(&s, 1, 0, rounds), time_decision(&s, 1, 1, rounds),
           time_expectation(&s, rounds));
    printf(", \"losses\": {");
    for (int64_t i = 0, n_printed = 0; i < merit_loss_count(); i++) {
        const char *name = merit_loss_describe(i)->name;
        const double seconds = time_loss(&s, name, rounds);
        if (seconds > 0) {
            printf("%s\"%s\": %.1f", n_printed++ > 0 ? ", " : "", name,
                   1e-6 * (double)n / seconds);
        }
    }
    printf("}}\n");
    merit_scores_free(s.scores);
    free(s.logits);
    free(s.dlogits);
    free(s.posterior);
    return 0;
}
