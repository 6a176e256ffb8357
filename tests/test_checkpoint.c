/* Checkpoints: every field comes back, damage is found and told, nothing but what is
 * old is ever deleted. */
#include "base/alloc.h"
#include "checkpoint_fixtures.h"

static void assert_same_weights(const merit__weights *a, const merit__weights *b, int i)
{
    assert_memory_equal(a->parameters, b->parameters, N_ARENA * sizeof(float));
    for (int64_t m = 0; m < cases[i].n_moments; m++) {
        assert_memory_equal(a->moments[m], b->moments[m], N_ARENA * sizeof(float));
    }
}

static void assert_same_position(const merit__position *a, const merit__position *b)
{
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->n_losses, b->n_losses);
    assert_memory_equal(&a->loss_sum, &b->loss_sum, sizeof a->loss_sum);
}

static void assert_same_row(const merit__history_row *a, const merit__history_row *b)
{
    const merit__verdict *v = &a->verdict, *w = &b->verdict;
    const double reals[2][11] = {
        {a->loss, v->temperature, v->score, v->accuracy, v->log_loss, v->argmax_score,
         v->bayes_score, v->classes_answered, v->gradient_survival, v->validation_loss,
         a->learning_rate},
        {b->loss, w->temperature, w->score, w->accuracy, w->log_loss, w->argmax_score,
         w->bayes_score, w->classes_answered, w->gradient_survival, w->validation_loss,
         b->learning_rate}};
    assert_int_equal(a->candidate, b->candidate);
    assert_int_equal(a->epoch, b->epoch);
    assert_int_equal(a->step, b->step);
    assert_int_equal(v->rule, w->rule);
    assert_int_equal(v->link.kind, w->link.kind);
    assert_true(v->link.cost == w->link.cost);
    assert_memory_equal(reals[0], reals[1], sizeof reals[0]);
    assert_memory_equal(&a->survey, &b->survey, sizeof a->survey);
}

static void assert_same_state(const merit__state *a, const merit__state *b, int i)
{
    assert_int_equal(a->candidate, b->candidate);
    assert_int_equal(a->retries, b->retries);
    assert_memory_equal(&a->rate_scale, &b->rate_scale, sizeof a->rate_scale);
    assert_memory_equal(&a->seconds, &b->seconds, sizeof a->seconds);
    assert_same_position(&a->at, &b->at);
    assert_same_position(&a->good, &b->good);
    assert_same_weights(&a->now_weights, &b->now_weights, i);
    assert_same_weights(&a->good_weights, &b->good_weights, i);
    assert_int_equal(a->n_history, b->n_history);
    for (size_t r = 0; r < a->n_history; r++) {
        assert_same_row(&a->history[r], &b->history[r]);
    }
    if (a->n_history > 0) {
        assert_memory_equal(a->given, b->given,
                            a->n_history * N_ANSWERS * sizeof *a->given);
        assert_memory_equal(a->kept, b->kept, N_ARENA * sizeof(float));
    }
}

/* Changes one byte of a file, or cuts the file at that byte. */
static void damage(const char *path, size_t at, int cut)
{
    if (cut) {
        assert_int_equal(truncate(path, (off_t)at), 0);
        return;
    }
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, (long)at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, (long)at, SEEK_SET);
    fputc(byte ^ 4, file);
    assert_int_equal(fclose(file), 0);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        merit__run_directory *run = open_run();
        merit__state before = filled_state(i), after = make_state(i);
        save(&before, run);
        assert_int_equal(before.generation, 1);
        // What is there already must not shine through.
        fill_weights(&after.now_weights, 77, i);
        loaded l = load(&after, run);
        assert_int_equal(l.status, MERIT_OK);
        assert_int_equal(l.found, 1);
        assert_string_equal(l.skipped, "");
        assert_int_equal(after.generation, 1);
        assert_same_state(&before, &after, i);
        merit__state_dispose(&before);
        merit__state_dispose(&after);
        merit__run_directory_close(run);
    }
}

/* The same state gives the same bytes. */
static void test_same_bytes(void **state)
{
    (void)state;
    merit__run_directory *run = open_run();
    merit__state s = filled_state(5);
    char path[PATH_BYTES];
    size_t n_first, n_second;
    save(&s, run);
    save(&s, run);
    unsigned char *first = read_data(generation_path(path, 1), &n_first);
    unsigned char *second = read_data(generation_path(path, 2), &n_second);
    assert_int_equal(n_first, n_second);
    assert_memory_equal(first, second, n_first);
    test_free(first);
    test_free(second);
    merit__state_dispose(&s);
    merit__run_directory_close(run);
}

static void test_none(void **state)
{
    (void)state;
    merit__run_directory *run = open_run();
    merit__state s = make_state(0);
    char path[PATH_BYTES];
    for (int with_folder = 0; with_folder < 2; with_folder++) {
        loaded l = load(&s, run);
        assert_int_equal(l.status, MERIT_OK);
        assert_int_equal(l.found, 0);
        assert_string_equal(l.skipped, "");
        assert_int_equal(s.generation, 0);
        assert_int_equal(merit__run_directory_make_checkpoints(run, NULL), MERIT_OK);
    }
    // A folder that cannot be read is not an empty one.
    snprintf(path, sizeof path, "%.400s/checkpoints", run_path);
    assert_int_equal(rmdir(path), 0);
    write_data(path, "x", 1);
    loaded l = load(&s, run);
    assert_int_equal(l.status, MERIT_EIO);
    assert_non_null(strstr(l.err.message, "checkpoints"));
    merit__state_dispose(&s);
    merit__run_directory_close(run);
}

static void test_keeps_three(void **state)
{
    (void)state;
    static const char *const others[] = {"notes.txt", "00000001.safetensors.bak",
                                         "x1.safetensors", ".hidden", "1.tmp"};
    merit__run_directory *run = open_run();
    merit__state s = filled_state(3);
    char path[PATH_BYTES];
    merit__run_directory_make_checkpoints(run, NULL);
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%.400s/checkpoints/%s", run_path, others[i]);
        write_data(path, "x", 1);
    }
    for (int g = 1; g <= 6; g++) {
        s.seconds = g;
        // What a killed process leaves.
        snprintf(path, sizeof path, "%.400s/checkpoints/.merit.123.%d.tmp", run_path,
                 g);
        write_data(path, "x", 1);
        save(&s, run);
        assert_false(exists(path));
        assert_int_equal(s.generation, g);
        for (int old = 1; old <= 7; old++) {
            int is_kept = old <= g && old > g - 3;
            assert_int_equal(exists(generation_path(path, old)), is_kept);
        }
    }
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%.400s/checkpoints/%s", run_path, others[i]);
        assert_true(exists(path));
    }
    merit__state after = make_state(3);
    assert_int_equal(load(&after, run).status, MERIT_OK);
    assert_true(after.seconds >= 6 && after.seconds <= 6);
    merit__state_dispose(&s);
    merit__state_dispose(&after);
    merit__run_directory_close(run);
}

/* One byte changed or the end missing, anywhere in the newest: the one before it is
 * taken, and it is told which was damaged. */
static void test_newest_is_damaged(void **state)
{
    (void)state;
    merit__run_directory *run = open_run();
    merit__state s = filled_state(3);
    char path[PATH_BYTES];
    size_t n;
    s.seconds = 1;
    save(&s, run);
    s.seconds = 2;
    save(&s, run);
    unsigned char *good = read_data(generation_path(path, 2), &n);
    for (size_t at = 0; at < n; at += 1 + at / 40) {
        for (int cut = 0; cut < 2; cut++) {
            merit__state after = make_state(3);
            write_data(path, good, n);
            damage(path, at, cut);
            loaded l = load(&after, run);
            assert_int_equal(l.status, MERIT_OK);
            if (l.skipped[0] != 0) {
                assert_non_null(strstr(l.skipped, "00000002.safetensors"));
                assert_true(after.seconds >= 1 && after.seconds <= 1);
                s.seconds = 1;
            } else {
                // A letter of the header changed to one that means the same.
                s.seconds = 2;
                assert_false(cut);
            }
            assert_same_state(&s, &after, 3);
            assert_int_equal(after.generation, 2);
            merit__state_dispose(&after);
        }
    }
    // The next one does not take the place of the damaged one.
    merit__state after = make_state(3);
    assert_int_equal(load(&after, run).status, MERIT_OK);
    save(&after, run);
    assert_true(exists(generation_path(path, 3)));
    assert_true(exists(generation_path(path, 2)));
    test_free(good);
    merit__state_dispose(&after);
    merit__state_dispose(&s);
    merit__run_directory_close(run);
}

static void test_all_are_damaged(void **state)
{
    (void)state;
    merit__run_directory *run = open_run();
    merit__state s = filled_state(3), after = make_state(3);
    char path[PATH_BYTES];
    unsigned char *bytes_of[4];
    size_t n[4];
    for (int g = 1; g <= 3; g++) {
        save(&s, run);
        damage(generation_path(path, g), 700, 0);
        bytes_of[g] = read_data(path, &n[g]);
    }
    loaded l = load(&after, run);
    assert_int_equal(l.status, MERIT_EMODEL);
    assert_non_null(strstr(l.err.message, "no checkpoint can be continued"));
    assert_non_null(strstr(l.err.message, "00000003.safetensors"));
    for (int g = 1; g <= 3; g++) {
        size_t n_now;
        unsigned char *now = read_data(generation_path(path, g), &n_now);
        assert_int_equal(n_now, n[g]);
        assert_memory_equal(now, bytes_of[g], n_now);
        test_free(now);
        test_free(bytes_of[g]);
    }
    merit__state_dispose(&s);
    merit__state_dispose(&after);
    merit__run_directory_close(run);
}

static void test_other_run(void **state)
{
    (void)state;
    static const struct {
        const char *config, *engine, *said;
    } others[] = {
        {"{\"batch\": 64, \"seed\": \"1\"}", NULL, "batch is 64, was 128"},
        {"{\"batch\": 128, \"seed\": \"2\"}", NULL, "seed is \"2\", was \"1\""},
        {"{\"data\": \"abc\"}", NULL, "the training data are not"},
        {"{\"flip\": true}", NULL, "flip is true, was not there"},
        {"no JSON", NULL, "cannot be read"},
        {NULL, "oneDNN 1.2.3, instruction set 0x3f", "instruction set 0x7f"},
        {NULL, "reference", "expected \"reference\""},
    };
    merit__run_directory *run = open_run();
    merit__state s = filled_state(2);
    save(&s, run);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        merit__state after = make_state(2);
        loaded l =
            load_with(&after, run, others[i].config != NULL ? others[i].config : config,
                      others[i].engine != NULL ? others[i].engine : engine);
        assert_int_equal(l.status, MERIT_EMODEL);
        if (strstr(l.err.message, others[i].said) == NULL) {
            fail_msg("expected \"%s\" in \"%s\"", others[i].said, l.err.message);
        }
        merit__state_dispose(&after);
    }
    merit__state_dispose(&s);
    merit__run_directory_close(run);
}

static void test_no_memory_to_save(void **state)
{
    (void)state;
    merit__run_directory *run = open_run();
    merit__state s = filled_state(5);
    char path[PATH_BYTES];
    save(&s, run);
    merit__alloc_fail_at(0, 0);
    save(&s, run);
    long n = merit__alloc_count();
    for (long i = 1; i <= n; i++) {
        merit_error err = {0};
        int64_t before = s.generation;
        merit__alloc_fail_at(i, 0);
        merit_status status = merit__checkpoint_save(&s, run, config, engine, &err);
        merit__alloc_fail_at(0, 0);
        if (status == MERIT_OK) { // only tidying up failed, which is done next time
            assert_int_equal(s.generation, before + 1);
            continue;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        assert_int_equal(s.generation, before);
        assert_false(exists(generation_path(path, (int)before + 1)));
        assert_true(exists(generation_path(path, (int)before)));
    }
    merit__state_dispose(&s);
    merit__run_directory_close(run);
}

/* Too little memory is no damage: it must not lead back to an older checkpoint. */
static void test_no_memory_to_load(void **state)
{
    (void)state;
    merit__run_directory *run = open_run();
    merit__state s = filled_state(5);
    s.seconds = 1;
    save(&s, run);
    s.seconds = 2;
    save(&s, run);
    merit__state after = make_state(5);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(load(&after, run).status, MERIT_OK);
    long n = merit__alloc_count();
    merit__state_dispose(&after);
    assert_true(n > 5);
    for (long i = 1; i <= n; i++) {
        after = make_state(5);
        merit__alloc_fail_at(i, 0);
        loaded l = load(&after, run);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(l.status, MERIT_ENOMEM);
        assert_true(strlen(l.err.message) > 10);
        merit__state_dispose(&after);
    }
    merit__state_dispose(&s);
    merit__run_directory_close(run);
}

static void test_best_row(void **state)
{
    (void)state;
    static const struct {
        int64_t candidate;
        double score;
    } rows[] = {{0, 1}, {0, 3}, {0, 3}, {0, 2}, {1, 2}, {1, 2.5}, {1, 2.5}, {1, 1}};
    merit__state s = make_state(0);
    assert_null(merit__state_best(&s, -1));
    assert_int_equal(merit__state_epochs_without_better(&s), 0);
    static const int64_t waited[] = {0, 0, 1, 2, 0, 0, 1, 2};
    for (int r = 0; r < 8; r++) {
        merit__history_row row = {.candidate = rows[r].candidate};
        const int64_t given[N_ANSWERS] = {0};
        row.verdict.score = rows[r].score;
        s.candidate = rows[r].candidate;
        assert_int_equal(merit__state_record(&s, &row, given, NULL), MERIT_OK);
        assert_int_equal(merit__state_epochs_without_better(&s), waited[r]);
    }
    assert_ptr_equal(merit__state_best(&s, -1), &s.history[1]);
    assert_ptr_equal(merit__state_best(&s, 0), &s.history[1]);
    assert_ptr_equal(merit__state_best(&s, 1), &s.history[5]);
    assert_null(merit__state_best(&s, 2));
    merit__state_dispose(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_keeps_three),
        cmocka_unit_test(test_newest_is_damaged),
        cmocka_unit_test(test_all_are_damaged),
        cmocka_unit_test(test_other_run),
        cmocka_unit_test(test_no_memory_to_save),
        cmocka_unit_test(test_no_memory_to_load),
        cmocka_unit_test(test_best_row),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_tree);
}
