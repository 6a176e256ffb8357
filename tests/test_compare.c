/* Comparisons: what is trained when, what is refused, and that a comparison is the same
 * however it came about. */
#include "base/alloc.h"
#include "base/directory.h"
#include "base/file.h"
#include "compare/compare_plan.h"
#include "merit/compare.h"
#include "train_runs.h"

static const char *const losses[] = {
    "cross-entropy", "cross-entropy:50%,expected-score", "softmax-margin"};
static merit_dataset *test_data;

static int make_everything(void **state)
{
    int failure = make_all(state);
    test_data = make_pictures("test", 40, SIDE, N_CLASSES);
    return failure;
}

static int free_everything(void **state)
{
    merit_dataset_free(test_data);
    return free_all(state);
}

typedef struct told {
    int64_t n_started, n_ended, last_run, n_runs;
    int stop_after; // runs
    volatile int stop;
} told;

static void listen_to_all(const merit_compare_event *event, void *payload)
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

static merit_compare_options options_for(told *t, int64_t n_losses, int64_t n_seeds)
{
    merit_compare_options o = {.train = base_options(),
                               .losses = losses,
                               .n_losses = n_losses,
                               .n_seeds = n_seeds,
                               .test_data = test_data,
                               .report = listen_to_all,
                               .payload = t};
    o.train.net = plain_net;
    o.train.epochs = 4;
    o.train.learning_rate = 0.1;
    o.train.stop = &t->stop;
    return o;
}

static merit_comparison *compare_in(const char *name, const merit_compare_options *o)
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

static void expect_refusal(const char *name, const merit_compare_options *o,
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
static void assert_same(const merit_comparison *a, const merit_comparison *b)
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

static void test_a_comparison_holds_what_its_runs_earn(void **state)
{
    (void)state;
    told t = {0};
    const merit_compare_options o = options_for(&t, 3, 2);
    merit_comparison *c = compare_in("whole", &o);
    const merit_compare_facts *facts = merit_comparison_facts(c);
    assert_int_equal(t.n_started, 6);
    assert_int_equal(t.n_ended, 6);
    assert_int_equal(t.n_runs, 6);
    assert_int_equal(facts->n_done, 3);
    assert_int_equal(facts->n_runs_over, 6);
    assert_int_equal(facts->n_test, 40);
    assert_int_equal(facts->n_pairs, 3);
    double before = (double)INFINITY;
    for (int64_t l = 0; l < 3; l++) {
        const merit_compare_loss *loss = merit_comparison_loss(c, l);
        double sum = 0;
        assert_true(loss->score.mean <= before);
        before = loss->score.mean;
        assert_int_equal(loss->n_done, 2);
        assert_int_equal(loss->is_best, l == 0);
        for (int64_t s = 0; s < 2; s++) {
            const merit_compare_run *run = &loss->runs[s];
            double earned = 0;
            for (int64_t i = 0; i < 40; i++) {
                earned += run->earned[i];
            }
            assert_true(fabs(earned / 40 - (run->metrics.mean_score)) <= 1e-12);
            assert_int_equal(run->seed, s + 1);
            assert_true(run->n_steps > 0 && run->seconds > 0);
            assert_true(run->steps_to <= run->n_steps);
            sum += run->metrics.mean_score;
        }
        assert_true(fabs(sum / 2 - (loss->score.mean)) <= 1e-12);
        assert_true(loss->score.low <= loss->score.mean);
    }
    // The one that is best with a seed gets there.
    assert_true(merit_comparison_loss(c, 0)->n_reached +
                    merit_comparison_loss(c, 1)->n_reached +
                    merit_comparison_loss(c, 2)->n_reached >=
                2);
    merit_comparison_free(c);
}

static void test_what_is_over_is_not_trained_again(void **state)
{
    (void)state;
    told t = {0};
    const merit_compare_options o = options_for(&t, 3, 2);
    char path[PATH_BYTES];
    merit_comparison *a = compare_in("whole", &o), *b;
    assert_int_equal(t.n_started, 0);
    assert_int_equal(merit_comparison_load(&b, data_path(path, "whole"), NULL),
                     MERIT_OK);
    assert_same(a, b);
    merit_comparison_free(b);
    // What was measured is measured again when it is gone.
    assert_int_equal(remove(run_path(path, "whole", "softmax-margin-seed-2/test.json")),
                     0);
    b = compare_in("whole", &o);
    assert_int_equal(t.n_started, 1);
    assert_same(a, b);
    merit_comparison_free(a);
    merit_comparison_free(b);
}

/* What was measured is of the model that was there then. */
static void test_another_model_is_measured_again(void **state)
{
    (void)state;
    told t = {0};
    char path[PATH_BYTES], *model = NULL;
    size_t n_bytes;
    const merit_compare_options o = options_for(&t, 3, 2);
    merit_comparison *before = compare_in("whole", &o);
    run_path(path, "whole", "cross-entropy-seed-1/best.safetensors");
    assert_int_equal(merit__file_read(&model, &n_bytes, path, 1 << 24, NULL), MERIT_OK);
    run_path(path, "whole", "cross-entropy-seed-2/best.safetensors");
    assert_int_equal(merit__file_replace(path, model, n_bytes, NULL), MERIT_OK);
    merit__free(model);
    merit_comparison *after = compare_in("whole", &o);
    assert_int_equal(t.n_started, 1);
    assert_same(before, after); // the run's own model is back
    merit_comparison_free(before);
    merit_comparison_free(after);
}

static void test_extended_and_stopped_is_the_same_as_whole(void **state)
{
    (void)state;
    told t = {.stop_after = 1};
    merit_compare_options o = options_for(&t, 1, 2);
    expect_refusal("grown", &o, MERIT_ESTOPPED, "stopped on request");
    t = (told){0};
    merit_comparison_free(compare_in("grown", &o));
    assert_int_equal(t.n_started, 1);
    o = options_for(&t, 3, 2);
    o.train.threads = 1; // which does not matter
    t = (told){0};
    merit_comparison *grown = compare_in("grown", &o);
    assert_int_equal(t.n_started, 4);
    assert_int_equal(t.n_runs, 6);
    o.train.threads = 2;
    merit_comparison *whole = compare_in("whole", &o);
    assert_same(whole, grown);
    merit_comparison_free(whole);
    merit_comparison_free(grown);
}

static void test_a_share_of_the_data_is_kept_for_the_test(void **state)
{
    (void)state;
    told t = {0};
    merit_compare_options o = options_for(&t, 1, 1);
    o.test_data = NULL;
    merit_comparison *c = compare_in("share", &o);
    assert_int_equal(merit_comparison_facts(c)->n_test, N_DATA / 5);
    assert_non_null(strstr(merit_comparison_facts(c)->verdict, "One seed"));
    merit_comparison_free(c);
    o.test = 0.5;
    expect_refusal("share", &o, MERIT_EMODEL, "the training data are not those");
    o.test = 2;
    expect_refusal("share2", &o, MERIT_EINVAL, "share");
}

/* Losses without a seed in common cannot be told apart. */
static void test_different_seeds(void **state)
{
    (void)state;
    told t = {0};
    const uint64_t first[] = {11}, second[] = {12};
    merit_compare_options o = options_for(&t, 1, 1);
    o.seeds = first;
    merit_comparison_free(compare_in("seeds", &o));
    o.seeds = second;
    o.losses = &losses[2];
    merit_comparison *c = compare_in("seeds", &o);
    const merit_compare_loss *best = merit_comparison_loss(c, 0);
    const merit_compare_loss *other = merit_comparison_loss(c, 1);
    assert_int_equal(t.n_started, 2);
    assert_int_equal(merit_comparison_facts(c)->n_runs, 4);
    assert_int_equal(merit_comparison_facts(c)->n_runs_over, 2);
    assert_int_equal(best->n_done + other->n_done, 2);
    assert_true(other->p >= 1 && other->p_holm >= 1);
    assert_true(fabs(other->behind.mean - (best->score.mean - other->score.mean)) <=
                1e-12);
    assert_true(isnan(other->behind.low));
    assert_non_null(
        strstr(merit_comparison_facts(c)->verdict, "2 of 4 runs are not over"));
    merit_comparison_free(c);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const unknown[] = {"cross-entropy", "cross-entrpy"};
    told t = {0};
    char path[PATH_BYTES];
    const uint64_t zero[] = {0};
    merit_compare_options o = options_for(&t, 2, 1);
    o.losses = unknown;
    expect_refusal("unknown", &o, MERIT_EINVAL, "did you mean cross-entropy");
    assert_int_equal(access(data_path(path, "unknown"), F_OK), -1);
    o = options_for(&t, 0, 1);
    expect_refusal("none", &o, MERIT_EINVAL, "needs losses");
    o = options_for(&t, 1, 1);
    o.seeds = zero;
    expect_refusal("none", &o, MERIT_EINVAL, "seed 0");
    o = options_for(&t, 1, 2);
    o.train.epochs = 3;
    expect_refusal("whole", &o, MERIT_EMODEL, "epochs is 3, was 4");
    o = options_for(&t, 1, 2);
    o.test_data = other_data;
    expect_refusal("whole", &o, MERIT_EMODEL, "the test examples are not those");
    expect_refusal("", &o, MERIT_EINVAL, "holds other files");
    assert_int_equal(t.n_started, 0);
    merit_comparison *c;
    merit_error err;
    assert_int_equal(merit_comparison_load(&c, data_path(path, ""), &err),
                     MERIT_EMODEL);
    assert_null(c);
}

static void test_the_directory_has_one_owner(void **state)
{
    (void)state;
    told t = {0};
    char path[PATH_BYTES];
    int lock;
    const merit_compare_options o = options_for(&t, 1, 1);
    assert_int_equal(merit__directory_lock(&lock, data_path(path, "whole"), NULL),
                     MERIT_OK);
    expect_refusal("whole", &o, MERIT_EBUSY, "another merit");
    close(lock);
    merit_comparison_free(compare_in("whole", &o));
}

/* A learning rate beyond all bounds, and a table without anything to learn. */
static void test_losses_that_fail_are_told_in_their_row(void **state)
{
    (void)state;
    told t = {0};
    merit_compare_options o = options_for(&t, 1, 1);
    o.train.learning_rate = 1e3;
    o.train.weight_decay = 10;
    o.train.schedule = "constant";
    merit_comparison *c = compare_in("wild", &o);
    const merit_compare_loss *loss = merit_comparison_loss(c, 0);
    assert_int_equal(loss->state, MERIT_COMPARE_DIVERGED);
    assert_non_null(strstr(loss->message, "diverge"));
    assert_true(isnan(loss->score.mean));
    assert_non_null(strstr(merit_comparison_facts(c)->verdict, "Nothing"));
    merit_comparison_free(c);
    t = (told){0};
    merit_comparison_free(compare_in("wild", &o));
    assert_int_equal(t.n_started, 0);
}

static void test_a_table_that_forbids_a_loss(void **state)
{
    (void)state;
    static const double flat[N_CLASSES * (N_CLASSES + 1)] = {0, 0, 0, 1, 0, 0,
                                                             0, 1, 0, 0, 0, 1};
    static const char *const names[] = {"a", "b", "c", "any"};
    told t = {0};
    char path[PATH_BYTES];
    merit_error err = {0};
    merit_scores *table;
    merit_comparison *c;
    merit_compare_options o = options_for(&t, 3, 1);
    assert_int_equal(
        merit_scores_create(&table, N_CLASSES, N_CLASSES + 1, flat, names, &err),
        MERIT_OK);
    assert_int_equal(merit_compare(&c, data_path(path, "flat"), data, table, &o, &err),
                     MERIT_OK);
    assert_int_equal(merit_comparison_facts(c)->n_done, 1);
    assert_int_equal(merit_comparison_facts(c)->n_runs_over, 3);
    for (int64_t l = 1; l < 3; l++) {
        const merit_compare_loss *loss = merit_comparison_loss(c, l);
        assert_int_equal(loss->state, MERIT_COMPARE_REFUSED);
        assert_non_null(strstr(loss->message, "nothing to learn"));
    }
    merit_comparison_free(c);
    merit_scores_free(table);
}

/* Different losses never share a directory, whatever their names have in common. */
static void test_names_of_runs(void **state)
{
    (void)state;
    static const struct {
        const char *loss, *name;
    } cases[] = {
        {"cross-entropy:60%,expected-score", "cross-entropy-60+expected-score-seed-7"},
        {"tilted-score(temperature=0.05..2)",
         "tilted-score-temperature=0.05..2-seed-7"},
        {"tilted-score-temperature=0.05..2",
         "tilted-score-temperature=0.05..2-2-seed-7"},
        {"tilted-score:temperature=0.05..2",
         "tilted-score-temperature=0.05..2-3-seed-7"},
        {"../../x", "-.-..-x-seed-7"},
    };
    json_t *plan;
    assert_int_equal(merit__plan_create(&plan, "{}", "", 0, NULL), MERIT_OK);
    for (int pass = 0; pass < 2; pass++) { // the second one adds nothing
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            char name[MERIT__RUN_NAME_BYTES];
            assert_int_equal(merit__plan_add_loss(plan, cases[i].loss, "", NULL),
                             MERIT_OK);
            const merit__planned_loss loss = merit__plan_loss(plan, (int64_t)i);
            merit__plan_run_name(name, &loss, 7);
            assert_string_equal(name, cases[i].name);
        }
        assert_int_equal(merit__plan_n_losses(plan), sizeof cases / sizeof *cases);
    }
    json_decref(plan);
}

static void write_file(const char *path, const char *text)
{
    assert_int_equal(merit__file_replace(path, text, strlen(text), NULL), MERIT_OK);
}

static void test_files_that_are_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{", "byte"},
        {"{\"state\": \"done\", \"earned\": [1, \"x\"]}", "earned"},
        {"{\"state\": \"done\", \"earned\": []}", "earned"},
        {"{\"state\": \"done\", \"earned\": [1, 2]}", "rule"},
        {"{\"state\": \"done\", \"rule\": \"bayes\", \"earned\": [1, 2]}",
         "other test examples"},
    };
    told t = {0};
    char file[PATH_BYTES], path[PATH_BYTES];
    merit_error err;
    merit_comparison *c;
    const merit_compare_options o = options_for(&t, 3, 2);
    run_path(file, "whole", "softmax-margin-seed-2/test.json");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(file, cases[i].text);
        merit_status status = merit_comparison_load(&c, data_path(path, "whole"), &err);
        assert_null(c);
        if (status == MERIT_OK || strstr(err.message, cases[i].said) == NULL) {
            fail_msg("%s: %d, %s", cases[i].text, (int)status, err.message);
        }
    }
    merit_comparison_free(compare_in("whole", &o));
    assert_int_equal(t.n_started, 1); // measured again
}

static void test_loading_without_memory(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_comparison *c;
    data_path(path, "whole");
    merit__alloc_fail_at(0, 0);
    assert_int_equal(merit_comparison_load(&c, path, NULL), MERIT_OK);
    merit_comparison_free(c);
    const long n = merit__alloc_count();
    for (long i = 1; i <= n; i++) {
        merit_error err;
        merit__alloc_fail_at(i, 0);
        merit_status status = merit_comparison_load(&c, path, &err);
        merit__alloc_fail_at(0, 0);
        if (status == MERIT_OK) { // a number's text may do without
            merit_comparison_free(c);
            continue;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        assert_null(c);
    }
}

/* Without memory a finished comparison fails, or does again what it could not read; it
 * never says anything else. Every 29th allocation. */
static void test_comparing_without_memory(void **state)
{
    (void)state;
    told t = {0};
    char path[PATH_BYTES];
    const merit_compare_options o = options_for(&t, 3, 2);
    merit__alloc_fail_at(0, 0);
    merit_comparison *whole = compare_in("whole", &o);
    const long n = merit__alloc_count();
    int n_failed = 0;
    for (long i = 1; i <= n; i += 29) {
        merit_error err = {0};
        merit_comparison *c;
        merit__alloc_fail_at(i, 0);
        merit_status status =
            merit_compare(&c, data_path(path, "whole"), data, scores, &o, &err);
        merit__alloc_fail_at(0, 0);
        if (status == MERIT_OK) {
            assert_same(whole, c);
        } else if (status != MERIT_ENOMEM) {
            fail_msg("allocation %ld: %d, %s", i, (int)status, err.message);
        }
        n_failed += status != MERIT_OK;
        merit_comparison_free(c);
    }
    assert_true(n_failed > 3);
    merit_comparison_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_comparison_holds_what_its_runs_earn),
        cmocka_unit_test(test_what_is_over_is_not_trained_again),
        cmocka_unit_test(test_another_model_is_measured_again),
        cmocka_unit_test(test_extended_and_stopped_is_the_same_as_whole),
        cmocka_unit_test(test_a_share_of_the_data_is_kept_for_the_test),
        cmocka_unit_test(test_different_seeds),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_the_directory_has_one_owner),
        cmocka_unit_test(test_losses_that_fail_are_told_in_their_row),
        cmocka_unit_test(test_a_table_that_forbids_a_loss),
        cmocka_unit_test(test_names_of_runs),
        cmocka_unit_test(test_files_that_are_damaged),
        cmocka_unit_test(test_loading_without_memory),
        cmocka_unit_test(test_comparing_without_memory),
    };
    return cmocka_run_group_tests(tests, make_everything, free_everything);
}
