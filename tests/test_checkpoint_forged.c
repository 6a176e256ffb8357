/* Checkpoints that somebody wrote: no file makes a state that no run has. */
#include "base/alloc.h"
#include "checkpoint_fixtures.h"
#include "model/safetensors.h"

/* Writes checkpoint 1 of case 5 with one number of a tensor changed, or the tensor left
 * out or cut short. Returns how many numbers the tensor has. */
static int64_t forge(const merit__run_directory *run, const char *name, int64_t index,
                     double value)
{
    merit__state s = filled_state(5);
    char *path = merit__run_directory_checkpoint(run, 1);
    merit__safetensors *file;
    merit__tensor_view views[16];
    static const char *const names[] = {
        "now.parameters", "now.moment.0",  "now.moment.1", "good.parameters",
        "good.moment.0",  "good.moment.1", "kept",         "numbers",
        "history"};
    enum { LEAVE_OUT = -1, SHORTEN = -2 };
    save(&s, run);
    assert_int_equal(merit__safetensors_load(&file, path, NULL), MERIT_OK);
    size_t n = 0;
    int64_t n_values = 0;
    double changed[1024];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const merit__tensor_view *view = merit__safetensors_tensor(file, names[i]);
        assert_non_null(view);
        views[n] = *view;
        if (strcmp(names[i], name) == 0) {
            n_values = view->dims[0];
            if (index == LEAVE_OUT) {
                continue;
            }
            if (index == SHORTEN) {
                views[n].n_bytes -= views[n].n_bytes / (size_t)n_values;
                views[n].dims[0]--;
            } else {
                memcpy(changed, view->data, view->n_bytes);
                changed[index] = value;
                views[n].data = changed;
            }
        }
        n++;
    }
    const merit__metadata_entry metadata[] = {{"format", "merit-checkpoint"},
                                              {"format_version", "1.3"},
                                              {"config", config},
                                              {"engine", engine}};
    assert_int_equal(merit__safetensors_save(path, views, n, metadata, 4, NULL, NULL),
                     MERIT_OK);
    merit__safetensors_free(file);
    merit__state_dispose(&s);
    merit__free(path);
    return n_values;
}

static int is_in(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

/* Everything that training uses as an index. */
static void assert_usable(const merit__state *s)
{
    assert_true(is_in(s->candidate, 0, N_CANDIDATES));
    assert_true(is_in(s->at.step, 0, N_STEPS));
    assert_true(is_in(s->good.step, 0, N_STEPS));
    assert_true(s->at.n_losses >= 0 && s->retries >= 0);
    assert_true(s->candidate < N_CANDIDATES || s->n_history > 0);
    for (size_t r = 0; r < s->n_history; r++) {
        const merit__history_row *row = &s->history[r];
        assert_true(is_in(row->candidate, 0, N_CANDIDATES - 1));
        assert_true(is_in(row->step, 1, N_STEPS * N_CANDIDATES) && row->epoch >= 1);
        assert_true(is_in(row->verdict.rule, MERIT_RULE_ARGMAX, MERIT_RULE_DECODE));
        const merit_link link = row->verdict.link;
        assert_true(is_in(link.kind, MERIT_LINK_SOFTMAX, MERIT_LINK_MARGIN));
        assert_true(link.kind != MERIT_LINK_MARGIN ||
                    (link.cost > 0 && link.cost <= 100));
        assert_true(is_in(row->survey.n_pairs, 0, MERIT__SURVEY_PAIRS));
        for (int p = 0; p < MERIT__SURVEY_PAIRS; p++) {
            const merit__stuck_pair *pair = &row->survey.pairs[p];
            assert_true(is_in(pair->truth, 0, N_CLASSES - 1));
            assert_true(is_in(pair->answer, 0, N_CLASSES - 1));
        }
    }
}

static void test_forged_numbers(void **state)
{
    (void)state;
    static const double bad[] = {-1, -1e300, 0, 0.5, 4, 101, 1e9, 9.1e15, 1e19, 1e300};
    static const char *const names[] = {"numbers", "history"};
    merit__run_directory *run = open_run();
    int n_refused = 0;
    for (int t = 0; t < 2; t++) {
        int64_t n = forge(run, names[t], -1, 0);
        assert_true(n > 8);
        for (int64_t i = 0; i < (n < 40 ? n : 40); i++) {
            for (size_t v = 0; v < sizeof bad / sizeof *bad; v++) {
                merit__state after = make_state(5);
                forge(run, names[t], i, bad[v]);
                loaded l = load(&after, run);
                if (l.status == MERIT_OK) {
                    assert_usable(&after);
                } else {
                    assert_int_equal(l.status, MERIT_EMODEL);
                    n_refused++;
                }
                merit__state_dispose(&after);
            }
        }
    }
    assert_true(n_refused > 50);
    // Done, without ever having been validated.
    merit__state done = make_state(0), after = make_state(0);
    done.candidate = N_CANDIDATES;
    save(&done, run);
    assert_int_equal(load(&after, run).status, MERIT_EMODEL);
    merit__state_dispose(&done);
    merit__state_dispose(&after);
    merit__run_directory_close(run);
}

static void test_forged_tensors(void **state)
{
    (void)state;
    static const char *const names[] = {"now.parameters", "good.moment.1",
                                        "now.moment.0",   "kept",
                                        "numbers",        "history"};
    merit__run_directory *run = open_run();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int64_t how = -2; how <= -1; how++) {
            merit__state after = make_state(5);
            forge(run, names[i], how, 0);
            loaded l = load(&after, run);
            // Without a history nothing can have been kept: then only that is missing.
            int is_fine = strcmp(names[i], "history") == 0 && how == -1;
            assert_int_equal(l.status, is_fine ? MERIT_OK : MERIT_EMODEL);
            merit__state_dispose(&after);
        }
    }
    merit__run_directory_close(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forged_numbers),
        cmocka_unit_test(test_forged_tensors),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_tree);
}
