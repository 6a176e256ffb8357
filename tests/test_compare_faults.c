/* Comparisons: what is refused, what fails, damaged files, no memory. */
#include "base/alloc.h"
#include "base/directory.h"
#include "base/file.h"
#include "compare_fixtures.h"

/* The comparison that the others are about. */
static void test_a_whole_one(void **state)
{
    (void)state;
    told t = {0};
    const merit_compare_options o = options_for(&t, 3, 2);
    merit_comparison_free(compare_in("whole", &o));
    assert_int_equal(t.n_ended, 6);
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
    expect_refusal("whole", &o, MERIT_EMODEL, "epochs is 3, was 8");
    o = options_for(&t, 1, 2);
    o.test_data = other_data;
    expect_refusal("whole", &o, MERIT_EMODEL, "the test examples are not those");
    o.test_data = data;
    expect_refusal("none", &o, MERIT_EINVAL, "the test examples are the training data");
    expect_refusal("", &o, MERIT_EINVAL, "are the training data");
    o.test_data = test_data;
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
        {"{\"state\": \"done\", \"earned\": [1, 2]}", "test.json: rule: expected"},
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

    // A file that is damaged does not stop the runs before it.
    write_file(file, "{");
    assert_int_equal(remove(run_path(path, "whole", "cross-entropy-seed-1/test.json")),
                     0);
    t = (told){0};
    merit_comparison_free(compare_in("whole", &o));
    assert_int_equal(t.n_started, 2);
}

/* Two losses that earn `earned` on each example, where one answer always earns 0.5. */
static void expect_verdict(double earned, const char *said)
{
    told t = {0};
    char path[PATH_BYTES], text[1024];
    const merit_compare_options o = options_for(&t, 2, 1);
    merit_comparison *c = compare_in("constant", &o);
    const merit_compare_facts *facts = merit_comparison_facts(c);
    int n = snprintf(text, sizeof text,
                     "{\"state\": \"done\", \"rule\": \"bayes\", \"oracle_score\": 1, "
                     "\"best_constant_score\": 0.5, \"earned\": [%g",
                     earned);
    for (int64_t i = 1; i < facts->n_test; i++) {
        n += snprintf(text + n, sizeof text - (size_t)n, ", %g", earned);
    }
    snprintf(text + n, sizeof text - (size_t)n, "]}");
    for (int64_t l = 0; l < 2; l++) {
        char file[PATH_BYTES];
        snprintf(file, sizeof file, "%s/test.json",
                 merit_comparison_loss(c, l)->runs[0].name);
        write_file(run_path(path, "constant", file), text);
    }
    merit_comparison_free(c);
    assert_int_equal(merit_comparison_load(&c, data_path(path, "constant"), NULL),
                     MERIT_OK);
    assert_non_null(strstr(merit_comparison_facts(c)->verdict, said));
    merit_comparison_free(c);
}

static void test_who_earns_no_more_than_one_answer_does(void **state)
{
    (void)state;
    expect_verdict(0.5,
                   "no loss earns more than always giving one and the same answer, "
                   "0.5000 per example.");
    expect_verdict(0.6, "Nobody wins: cross-entropy earns the most, 0.6000");
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
        cmocka_unit_test(test_a_whole_one),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_the_directory_has_one_owner),
        cmocka_unit_test(test_losses_that_fail_are_told_in_their_row),
        cmocka_unit_test(test_a_table_that_forbids_a_loss),
        cmocka_unit_test(test_files_that_are_damaged),
        cmocka_unit_test(test_who_earns_no_more_than_one_answer_does),
        cmocka_unit_test(test_loading_without_memory),
        cmocka_unit_test(test_comparing_without_memory),
    };
    return cmocka_run_group_tests(tests, make_everything, free_everything);
}
