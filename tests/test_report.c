/* Curves: what is read from run directories and what is refused. The parts of their
 * picture are looked at in test_chart_parts.c, the whole picture in test_curves.py. */
#include "base/alloc.h"
#include "merit/report.h"
#include "runs/run_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES                                                                          \
    "loss\tepoch\tstep\trule\ttraining_loss\tmean_score\taccuracy\tlog_loss\t"         \
    "temperature\targmax_score\tbayes_score\tclasses_answered\tgradient_survival\n"
// The numbers of a row between its rule and its end.
#define ROW(loss, epoch, step, score)                                                  \
    loss "\t" epoch "\t" step "\tbayes\t0.5\t" score "\t0.75\t0.6\t1.5\t1\t1."         \
         "25\t3\t1\n"

static const char config[] = "{\"loss\": \"auto\", \"epochs\": 4, \"scores\": \"t\"}";
static const char scores[] = "truth\ta\tb\tc\na\t2\t1\t0\nb\t1\t2\t0\nc\t0\t0\t2\n";
static const char metrics[] = NAMES ROW("a", "1", "10", "1") ROW("a", "2", "20", "1.5")
    ROW("a", "3", "30", "1.75") ROW("a", "4", "40", "1.5")
        ROW("b(x=1,y=2)", "5", "50", "0.5") ROW("b(x=1,y=2)", "6", "60", "1.25")
            ROW("b(x=1,y=2)", "7", "70", "2") ROW("b(x=1,y=2)", "8", "75", "1.75");
static const char answers[] =
    "{\"loss\": \"a\", \"step\": 10, \"given\": [5, 0, 7], \"stuck\": []}\n"
    "{\"loss\": \"z\", \"step\": 10, \"given\": [], \"stuck\": []}\n"
    "{\"loss\": \"b(x=1,y=2)\", \"step\": 75, \"given\": [0, 1, 2], \"stuck\": [{"
    "\"truth\": \"b\", \"answer\": \"a\", \"trap\": true, \"share\": 0.25, \"margin\": "
    "7.5},"
    "{\"truth\": \"c\", \"answer\": \"b\", \"trap\": false, \"share\": 0.125}]}\n";
static const char run_log[] = "{\"event\": \"start\", \"best_constant\": -0.5}\n"
                              "{\"event\": \"epoch\", \"seconds\": 3.5}\n"
                              "{\"event\": \"end\", \"score\": 2, \"seconds\": 7.25}\n";

static char place[64]; // a directory of the test
static char runs[2][80];

static void put(const char *run, const char *name, const char *text, size_t n)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", run, name);
    unlink(path);
    if (text != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, n, file), n);
        assert_int_equal(fclose(file), 0);
    }
}

static void put_text(const char *run, const char *name, const char *text)
{
    put(run, name, text, text == NULL ? 0 : strlen(text));
}

static int set_up(void **state)
{
    (void)state;
    snprintf(place, sizeof place, "/tmp/merit-report-XXXXXX");
    if (mkdtemp(place) == NULL) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        snprintf(runs[i], sizeof runs[i], "%s/run%d", place, i);
        if (mkdir(runs[i], 0777) != 0) {
            return -1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"config.json", "scores.tsv", "metrics.tsv",
                                        "log.jsonl", "answers.jsonl"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof files / sizeof *files; j++) {
            put_text(runs[i], files[j], NULL);
        }
        rmdir(runs[i]);
    }
    return rmdir(place);
}

static void put_run(const char *run)
{
    put_text(run, "config.json", config);
    put_text(run, "scores.tsv", scores);
    put_text(run, "metrics.tsv", metrics);
    put_text(run, "log.jsonl", run_log);
    put_text(run, "answers.jsonl", answers);
}

static merit_runs *load(int64_t n)
{
    const char *paths[] = {runs[0], runs[1]};
    merit_runs *curves = NULL;
    merit_error err = {0};
    merit_status status = merit_runs_load(&curves, paths, n, &err);
    if (status != MERIT_OK) {
        print_message("%s\n", err.message);
    }
    assert_int_equal(status, MERIT_OK);
    return curves;
}

/* The picture of curves; the caller frees it. */
static char *picture_of(const merit_runs *curves)
{
    char *text = NULL;
    size_t n_bytes = 0;
    assert_int_equal(merit_curves_svg(curves, &text, &n_bytes, NULL), MERIT_OK);
    assert_int_equal(strlen(text), n_bytes);
    return text;
}

static void test_a_run_is_read(void **state)
{
    (void)state;
    put_run(runs[0]);
    merit_runs *curves = load(1);
    assert_int_equal(merit_runs_count(curves), 1);
    const merit_run *run = merit_runs_at(curves, 0);
    assert_string_equal(run->path, runs[0]);
    assert_string_equal(run->name, "merit (auto)");
    assert_string_equal(run->loss, "auto");
    assert_string_equal(run->scores, "t");
    assert_int_equal(run->n_candidates, 2);
    assert_string_equal(run->candidates[1], "b(x=1,y=2)");
    assert_int_equal(run->n_rows, 8);
    assert_int_equal(run->n_epochs, 4);
    assert_int_equal(run->n_classes, 3);
    assert_int_equal(run->n_answers, 3);
    assert_true(run->seconds == 7.25);
    assert_true(run->best_constant == -0.5);
    const merit_run_row *row = &run->rows[7];
    assert_int_equal(row->candidate, 1);
    assert_int_equal(row->epoch, 8);
    assert_int_equal(row->step, 75);
    assert_int_equal(row->rule, MERIT_RULE_BAYES);
    assert_true(row->epochs == 7.5);
    assert_true(row->training_loss == 0.5 && row->mean_score == 1.75);
    assert_true(row->accuracy == 0.75 && row->log_loss == 0.6);
    assert_true(row->temperature == 1.5 && row->argmax_score == 1);
    assert_true(row->bayes_score == 1.25 && row->classes_answered == 3);
    assert_true(row->gradient_survival == 1);
    merit_runs_free(curves);
    merit_runs_free(NULL);
}

static void test_the_answers_of_a_run_are_read(void **state)
{
    (void)state;
    put_run(runs[0]);
    merit_runs *loaded = load(1);
    const merit_run *run = merit_runs_at(loaded, 0);
    assert_int_equal(run->rows[0].given[2], 7);
    assert_int_equal(run->rows[0].n_pairs, 0);
    assert_null(run->rows[1].given);
    assert_int_equal(run->rows[1].n_pairs, 0);
    const merit_run_row *row = &run->rows[7];
    assert_int_equal(row->given[0], 0);
    assert_int_equal(row->given[2], 2);
    assert_int_equal(row->n_pairs, 2);
    assert_int_equal(row->pairs[0].truth, 1);
    assert_int_equal(row->pairs[0].answer, 0);
    assert_int_equal(row->pairs[0].is_trap, 1);
    assert_true(row->pairs[0].share == 0.25 && row->pairs[0].margin == 7.5);
    assert_int_equal(row->pairs[1].is_trap, 0);
    assert_true(isnan(row->pairs[1].margin));
    merit_runs_free(loaded);
    put_text(runs[0], "answers.jsonl", NULL);
    loaded = load(1);
    assert_null(merit_runs_at(loaded, 0)->rows[0].given);
    merit_runs_free(loaded);
}

#define NEWER_NAMES                                                                    \
    "\tvalidation_loss\tlearning_rate\tstuck_share\ttrap_share\tstuck_margin\t"        \
    "stuck_margin_95\tfeature_size\teffective_classes\tconfidence\n"

static void test_newer_columns_are_read_and_may_be_missing(void **state)
{
    (void)state;
    static const char names[] = NAMES, row[] = ROW("a", "1", "10", "1");
    char text[1024];
    put_run(runs[0]);
    merit_runs *loaded = load(1);
    const merit_run_row *older = merit_runs_at(loaded, 0)->rows;
    assert_true(isnan(older->stuck_share) && isnan(older->confidence));
    assert_true(isnan(older->validation_loss) && isnan(older->learning_rate));
    assert_string_equal(merit_runs_at(loaded, 0)->optimizer, "");
    assert_true(isnan(merit_runs_at(loaded, 0)->learning_rate));
    merit_runs_free(loaded);
    snprintf(text, sizeof text, "%.*s" NEWER_NAMES "%.*s\t1\t2\t3\t4\t5\t6\t7\t8\t9\n",
             (int)sizeof names - 2, names, (int)sizeof row - 2, row);
    put_text(runs[0], "metrics.tsv", text);
    put_text(
        runs[0], "config.json",
        "{\"loss\": \"a\", \"epochs\": 4, \"scores\": \"t\", \"optimizer\": \"sgd\","
        "\"learning_rate\": 0.5, \"momentum\": 0.75}");
    loaded = load(1);
    const merit_run_row *newer = merit_runs_at(loaded, 0)->rows;
    assert_true(newer->validation_loss == 1 && newer->learning_rate == 2);
    assert_true(newer->stuck_share == 3 && newer->trap_share == 4);
    assert_true(newer->stuck_margin == 5 && newer->stuck_margin_95 == 6);
    assert_true(newer->feature_size == 7 && newer->effective_classes == 8);
    assert_true(newer->confidence == 9 && newer->gradient_survival == 1);
    assert_string_equal(merit_runs_at(loaded, 0)->optimizer, "sgd");
    assert_true(merit_runs_at(loaded, 0)->learning_rate == 0.5);
    assert_true(merit_runs_at(loaded, 0)->momentum == 0.75);
    merit_runs_free(loaded);
}

static void test_the_kept_candidate(void **state)
{
    (void)state;
    put_run(runs[0]);
    merit_runs *curves = load(1);
    const merit_run *run = merit_runs_at(curves, 0);
    assert_int_equal(run->kept->step, 70);
    assert_int_equal(run->kept->candidate, 1);
    assert_ptr_equal(run->line, run->rows);
    assert_int_equal(run->n_line, 8);
    merit_runs_free(curves);
    // It may be the first one too, or one in the middle.
    put_text(runs[0], "metrics.tsv",
             NAMES ROW("a", "1", "10", "2") ROW("a", "2", "20", "3")
                 ROW("b", "3", "30", "2.5") ROW("b", "4", "40", "2.75"));
    curves = load(1);
    run = merit_runs_at(curves, 0);
    assert_ptr_equal(run->line, run->rows);
    assert_ptr_equal(run->kept, run->rows + 1);
    assert_int_equal(run->n_line, 2);
    merit_runs_free(curves);
    put_text(runs[0], "metrics.tsv",
             NAMES ROW("a", "1", "10", "1") ROW("b", "2", "20", "2")
                 ROW("b", "3", "30", "1.5") ROW("c", "4", "40", "1.75"));
    curves = load(1);
    run = merit_runs_at(curves, 0);
    assert_ptr_equal(run->line, run->rows);
    assert_ptr_equal(run->kept, run->rows + 1);
    assert_int_equal(run->n_line, 3);
    merit_runs_free(curves);
    // The first of equal scores is kept, as in training.
    put_text(runs[0], "metrics.tsv",
             NAMES ROW("a", "1", "10", "nan") ROW("a", "2", "20", "1.5")
                 ROW("a", "3", "30", "1.5") ROW("b", "4", "40", "1.5"));
    curves = load(1);
    run = merit_runs_at(curves, 0);
    assert_int_equal(run->kept->step, 20);
    assert_int_equal(run->n_line, 3);
    merit_runs_free(curves);
}

static void test_runs_are_named(void **state)
{
    (void)state;
    put_run(runs[0]);
    put_run(runs[1]);
    merit_runs *curves = load(2);
    assert_string_equal(merit_runs_at(curves, 0)->name, runs[0]);
    assert_string_equal(merit_runs_at(curves, 1)->name, runs[1]);
    assert_int_equal(merit_runs_rename(curves, 1, "x", NULL), MERIT_OK);
    assert_string_equal(merit_runs_at(curves, 1)->name, "x");
    assert_int_equal(merit_runs_rename(curves, 2, "x", NULL), MERIT_EINVAL);
    assert_int_equal(merit_runs_rename(curves, -1, "x", NULL), MERIT_EINVAL);
    assert_int_equal(merit_runs_rename(curves, 0, NULL, NULL), MERIT_EINVAL);
    merit_runs_free(curves);
    put_text(runs[1], "config.json",
             "{\"loss\": \"b\", \"epochs\": 1, \"scores\": \"\"}");
    curves = load(2);
    assert_string_equal(merit_runs_at(curves, 0)->name, "merit (auto)");
    assert_string_equal(merit_runs_at(curves, 1)->name, "b");
    merit_runs_free(curves);
}

static void test_runs_that_have_just_begun(void **state)
{
    static const char *const metrics_texts[] = {
        NULL, NAMES, NAMES ROW("a", "1", "7", "0.5"), NAMES ROW("a", "1", "7", "nan")};
    (void)state;
    for (int i = 0; i < 4; i++) {
        put_text(runs[0], "config.json", config);
        put_text(runs[0], "scores.tsv", NULL);
        put_text(runs[0], "metrics.tsv", metrics_texts[i]);
        put_text(runs[0], "log.jsonl", NULL);
        merit_runs *curves = load(1);
        const merit_run *run = merit_runs_at(curves, 0);
        assert_int_equal(run->n_rows, i > 1);
        assert_int_equal(run->n_line, i > 1);
        assert_int_equal(run->kept != NULL, i > 1);
        assert_int_equal(run->n_answers, 0);
        assert_true(isnan(run->seconds) && isnan(run->best_constant));
        char *text = picture_of(curves);
        assert_int_equal(strstr(text, "<circle") != NULL, i == 2);
        assert_null(strstr(text, "nan"));
        merit_text_free(text);
        merit_runs_free(curves);
    }
}

static void test_a_log_may_be_torn(void **state)
{
    (void)state;
    put_run(runs[0]);
    put_text(runs[0], "log.jsonl",
             "{\"seconds\": 2.5}\nnonsense\n[1]\n{\"seconds\": \"9\"}\n"
             "{\"seconds\": 1e999}\n{\"best_constant\": true}\n\n{\"seconds\": 8");
    merit_runs *curves = load(1);
    assert_true(merit_runs_at(curves, 0)->seconds == 2.5);
    assert_true(isnan(merit_runs_at(curves, 0)->best_constant));
    merit_runs_free(curves);
}

#define ANSWERS(given, stuck)                                                          \
    "{\"loss\": \"a\", \"step\": 10, \"given\": " given ", \"stuck\": " stuck "}\n"

/* One file of an otherwise good run, and what is said of it. */
static const struct {
    const char *file, *text, *message;
    merit_status status;
} refusals[] = {
    {"metrics.tsv", "", "metrics.tsv:1: empty, expected the names", MERIT_EFORMAT},
    {"metrics.tsv", "loss\tepoch\n", "metrics.tsv:1: step: no such column",
     MERIT_EFORMAT},
    {"metrics.tsv", NAMES "a\t1\n", "metrics.tsv:2: 2 fields, expected 13",
     MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "10", "1") "\n",
     "metrics.tsv:3: 1 fields, expected 13", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("", "1", "10", "1"), ":2: loss: expected a loss",
     MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "0", "10", "1"),
     ":2: epoch: expected a whole number above 0, found \"0\"", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "-1", "1"), ":2: step: expected",
     MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "9999999999999999999", "1"),
     ":2: step: expected", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "10", "1,5"),
     ":2: mean_score: expected a number, found \"1,5\"", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "10", "0x1"), ":2: mean_score: expected",
     MERIT_EFORMAT},
    {"metrics.tsv", NAMES "a\t1\t10\tauto\t1\t1\t1\t1\t1\t1\t1\t1\t1\n",
     ":2: rule: expected argmax, bayes or decode, found \"auto\"", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "10", "1") ROW("a", "2", "10", "1"),
     ":3: step: expected more than in the line before, found \"10\"", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "2", "10", "1") ROW("a", "1", "20", "1"),
     ":3: step: expected more", MERIT_EFORMAT},
    {"metrics.tsv", NAMES ROW("a", "1", "10", "1") ROW("b", "1", "10", "1"),
     ":3: step: expected more", MERIT_EFORMAT},
    {"metrics.tsv",
     NAMES ROW("a", "1", "10", "1") ROW("b", "2", "20", "1") ROW("a", "3", "30", "1"),
     ":4: loss: expected the lines of a loss together, found \"a\"", MERIT_EFORMAT},
    {"config.json", NULL, "no config.json; is it a run", MERIT_EIO},
    {"config.json", "", "config.json: byte", MERIT_EFORMAT},
    {"config.json", "[]", "config.json: byte 0: expected an object", MERIT_EFORMAT},
    {"config.json", "{\"epochs\": 4, \"scores\": \"\"}",
     "config.json: loss: expected text", MERIT_EFORMAT},
    {"config.json", "{\"loss\": \"a\", \"epochs\": 4}",
     "config.json: scores: expected text", MERIT_EFORMAT},
    {"config.json", "{\"loss\": \"a\", \"epochs\": 0, \"scores\": \"\"}",
     "config.json: epochs: expected a whole number", MERIT_EFORMAT},
    {"scores.tsv", "a\tb\na\t1\n", "scores.tsv:2", MERIT_EFORMAT},
    {"answers.jsonl", "{}\n{\"loss\"", "answers.jsonl:2: byte", MERIT_EFORMAT},
    {"answers.jsonl", "\n", "answers.jsonl:1: byte 0", MERIT_EFORMAT},
    {"answers.jsonl", ANSWERS("[1, 2]", "[]"), ":1: given: 2 numbers, expected 3",
     MERIT_EFORMAT},
    {"answers.jsonl", ANSWERS("[1, 2, -3]", "[]"), ":1: given: a number below 0",
     MERIT_EFORMAT},
    {"answers.jsonl", ANSWERS("[1, 2, 3]", "7"), ":1: stuck: expected a list",
     MERIT_EFORMAT},
    {"answers.jsonl", ANSWERS("[1, 2, 3]", "[{\"truth\": \"a\", \"answer\": \"d\"}]"),
     ":1: stuck: expected truth and answer to be classes", MERIT_EFORMAT},
};

static void test_broken_runs_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *paths[] = {runs[0]};
        merit_runs *curves = NULL;
        merit_error err = {0};
        put_run(runs[0]);
        put_text(runs[0], refusals[i].file, refusals[i].text);
        merit_status status = merit_runs_load(&curves, paths, 1, &err);
        if (strstr(err.message, refusals[i].message) == NULL) {
            print_message("%zu: \"%s\"\n", i, err.message);
        }
        assert_int_equal(status, refusals[i].status);
        assert_non_null(strstr(err.message, refusals[i].message));
        assert_null(curves);
    }
}

static void test_wrong_calls_are_refused(void **state)
{
    merit_runs *curves = NULL;
    const char *paths[] = {"/no/such/run"};
    (void)state;
    assert_int_equal(merit_runs_load(&curves, paths, 0, NULL), MERIT_EINVAL);
    assert_int_equal(merit_runs_load(&curves, NULL, 1, NULL), MERIT_EINVAL);
    assert_int_equal(merit_runs_load(&curves, paths, 1, NULL), MERIT_EIO);
}

static void test_odd_bytes_in_metrics(void **state)
{
    static const char zero[] = NAMES "a\0b\t1\t1\tbayes\t1\t1\t1\t1\t1\t1\t1\t1\t1\n";
    const char *paths[] = {runs[0]};
    merit_runs *curves = NULL;
    merit_error err = {0};
    (void)state;
    put_run(runs[0]);
    put(runs[0], "metrics.tsv", zero, sizeof zero - 1);
    assert_int_equal(merit_runs_load(&curves, paths, 1, &err), MERIT_EFORMAT);
    assert_non_null(strstr(err.message, ":2: loss: expected a loss"));
    // Columns of a later version, in another order, and no newline at the end.
    put_text(runs[0], "metrics.tsv",
             "new\tgradient_survival\tclasses_answered\tbayes_score\targmax_score\t"
             "temperature\tlog_loss\taccuracy\tmean_score\ttraining_loss\trule\tstep\t"
             "epoch\tloss\n?\t0.5\t2\t-inf\tinf\t-nan\t1e3\t1\t-2\t7\tdecode\t9\t1\tz");
    curves = load(1);
    const merit_run_row *row = merit_runs_at(curves, 0)->rows;
    assert_true(row->gradient_survival == 0.5 && row->mean_score == -2);
    assert_true(isnan(row->temperature) && row->bayes_score == -INFINITY);
    assert_true(row->argmax_score == INFINITY && row->log_loss == 1000);
    assert_int_equal(row->rule, MERIT_RULE_DECODE);
    merit_runs_free(curves);
}

/* A locale with a decimal comma, compiled for the test. */
static int use_german(void)
{
    char command[160];
    snprintf(command, sizeof command,
             "localedef -i de_DE -f UTF-8 %s/locale >/dev/null 2>&1", place);
    int found = system(command) == 0 && setenv("LOCPATH", place, 1) == 0 &&
                setlocale(LC_ALL, "locale") != NULL;
    snprintf(command, sizeof command, "rm -rf %s/locale", place);
    return system(command) == 0 && found;
}

static void test_the_locale_changes_nothing(void **state)
{
    (void)state;
    put_run(runs[0]);
    merit_runs *curves = load(1);
    char *plain = picture_of(curves);
    char text[16];
    if (!use_german()) {
        merit_text_free(plain);
        merit_runs_free(curves);
        skip();
    }
    snprintf(text, sizeof text, "%.1f", 1.5);
    assert_string_equal(text, "1,5"); // or this test shows nothing
    char *here = picture_of(curves);
    setlocale(LC_ALL, "C");
    assert_string_equal(plain, here);
    merit_text_free(plain);
    merit_text_free(here);
    merit_runs_free(curves);
}

static void test_too_many_runs_for_a_picture(void **state)
{
    enum { MANY = 17 };
    const char *paths[MANY];
    merit_runs *curves = NULL;
    merit_error err = {0};
    char *text = NULL;
    size_t n_bytes = 0;
    (void)state;
    put_run(runs[0]);
    for (int i = 0; i < MANY; i++) {
        paths[i] = runs[0];
    }
    assert_int_equal(merit_runs_load(&curves, paths, MANY, &err), MERIT_OK);
    assert_int_equal(merit_curves_svg(curves, &text, &n_bytes, &err), MERIT_EINVAL);
    assert_non_null(strstr(err.message, "17 runs, expected at most 16"));
    assert_null(text);
    merit_runs_free(curves);
}

/* Every allocation fails once, and from there on: ENOMEM, nothing lost, nothing kept.
 */
static void test_memory_may_be_short(void **state)
{
    const char *paths[] = {runs[0], runs[1]};
    (void)state;
    put_run(runs[0]);
    put_run(runs[1]);
    for (int sticky = 0; sticky < 2; sticky++) {
        merit_status status = MERIT_ENOMEM;
        long n = 1;
        for (; status != MERIT_OK; n++) {
            merit_runs *curves = NULL;
            char *text = NULL;
            size_t n_bytes = 0;
            merit__alloc_fail_at(n, sticky);
            status = merit_runs_load(&curves, paths, 2, NULL);
            if (status == MERIT_OK) {
                status = merit_curves_svg(curves, &text, &n_bytes, NULL);
            }
            merit__alloc_fail_at(0, 0);
            assert_true(status == MERIT_OK || (status == MERIT_ENOMEM && text == NULL));
            merit_text_free(text);
            merit_runs_free(curves);
        }
        assert_true(n > 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_is_read),
        cmocka_unit_test(test_the_answers_of_a_run_are_read),
        cmocka_unit_test(test_newer_columns_are_read_and_may_be_missing),
        cmocka_unit_test(test_the_kept_candidate),
        cmocka_unit_test(test_runs_are_named),
        cmocka_unit_test(test_runs_that_have_just_begun),
        cmocka_unit_test(test_a_log_may_be_torn),
        cmocka_unit_test(test_broken_runs_are_refused),
        cmocka_unit_test(test_wrong_calls_are_refused),
        cmocka_unit_test(test_odd_bytes_in_metrics),
        cmocka_unit_test(test_the_locale_changes_nothing),
        cmocka_unit_test(test_too_many_runs_for_a_picture),
        cmocka_unit_test(test_memory_may_be_short),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
