/* Comparisons: what is trained when, and that a comparison is the same however it came
 * about. */
#include "base/alloc.h"
#include "base/file.h"
#include "compare/compare_plan.h"
#include "compare_fixtures.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_comparison_holds_what_its_runs_earn),
        cmocka_unit_test(test_what_is_over_is_not_trained_again),
        cmocka_unit_test(test_another_model_is_measured_again),
        cmocka_unit_test(test_extended_and_stopped_is_the_same_as_whole),
        cmocka_unit_test(test_a_share_of_the_data_is_kept_for_the_test),
        cmocka_unit_test(test_different_seeds),
        cmocka_unit_test(test_names_of_runs),
    };
    return cmocka_run_group_tests(tests, make_everything, free_everything);
}
