/* Comparisons on small data, and what they tell meanwhile. */
#ifndef MERIT_TESTS_COMPARE_FIXTURES_H
#define MERIT_TESTS_COMPARE_FIXTURES_H

#include "merit/compare.h"
#include "train_runs.h"

static const char *const losses[] = {
    "cross-entropy", "cross-entropy:50%,expected-score", "softmax-margin"};
static merit_dataset *test_data;

static inline int make_everything(void **state)
{
    int failure = make_all(state);
    test_data = make_pictures("test", 40, SIDE, N_CLASSES);
    return failure;
}

static inline int free_everything(void **state)
{
    merit_dataset_free(test_data);
    return free_all(state);
}

typedef struct told {
    int64_t n_started, n_ended, last_run, n_runs;
    int stop_after; // runs
    volatile int stop;
} told;

static inline void listen_to_all(const merit_compare_event *event, void *payload)
{
    told *t = payload;
    assert_true(event->run >= 1 && event->run <= event->n_runs);
    assert_true(event->run >= t->last_run);
    assert_non_null(event->message);
    assert_true((event->training != NULL) ==
                (event->kind == MERIT_COMPARE_RUN_TRAINING));
    t->last_run = event->run;
    t->n_runs = event->n_runs;
    t->n_started += event->kind == MERIT_COMPARE_RUN_STARTED;
    t->n_ended += event->kind == MERIT_COMPARE_RUN_ENDED;
    if (event->kind == MERIT_COMPARE_RUN_ENDED && t->n_ended == t->stop_after) {
        t->stop = 1;
    }
}

static inline merit_compare_options options_for(told *t, int64_t n_losses,
                                                int64_t n_seeds)
{
    merit_compare_options o = {.train = base_options(),
                               .losses = losses,
                               .n_losses = n_losses,
                               .n_seeds = n_seeds,
                               .test_data = test_data,
                               .report = listen_to_all,
                               .payload = t};
    o.train.net = plain_net;
    o.train.epochs = 8; // until each seed earns more than the best constant answer
    o.train.learning_rate = 0.1;
    o.train.stop = &t->stop;
    return o;
}

static inline merit_comparison *compare_in(const char *name,
                                           const merit_compare_options *o)
{
    char path[PATH_BYTES];
    merit_error err = {0};
    merit_comparison *comparison;
    if (merit_compare(&comparison, data_path(path, name), data, scores, o, &err) !=
        MERIT_OK) {
        fail_msg("%s: %s", name, err.message);
    }
    return comparison;
}

static inline void expect_refusal(const char *name, const merit_compare_options *o,
                                  merit_status status, const char *said)
{
    char path[PATH_BYTES];
    merit_error err = {0};
    merit_comparison *comparison;
    merit_status found =
        merit_compare(&comparison, data_path(path, name), data, scores, o, &err);
    assert_null(comparison);
    if (found != status || strstr(err.message, said) == NULL) {
        fail_msg("expected %d and \"%s\", got %d and \"%s\"", (int)status, said,
                 (int)found, err.message);
    }
}

/* The numbers of two comparisons, loss by loss, but for the time they took. */
static inline void assert_same(const merit_comparison *a, const merit_comparison *b)
{
    const merit_compare_facts *facts = merit_comparison_facts(a);
    assert_int_equal(facts->n_losses, merit_comparison_facts(b)->n_losses);
    assert_int_equal(facts->n_runs_over, merit_comparison_facts(b)->n_runs_over);
    assert_string_equal(facts->verdict, merit_comparison_facts(b)->verdict);
    for (int64_t l = 0; l < facts->n_losses; l++) {
        const merit_compare_loss *x = merit_comparison_loss(a, l);
        const merit_compare_loss *y = merit_comparison_loss(b, l);
        assert_string_equal(x->loss, y->loss);
        assert_memory_equal(&x->score, &y->score, sizeof x->score);
        assert_memory_equal(&x->p_holm, &y->p_holm, sizeof x->p_holm);
        for (int64_t s = 0; s < x->n_runs; s++) {
            assert_int_equal(x->runs[s].steps_to, y->runs[s].steps_to);
            assert_memory_equal(x->runs[s].earned, y->runs[s].earned,
                                (size_t)facts->n_test * sizeof(double));
        }
    }
}

#endif
