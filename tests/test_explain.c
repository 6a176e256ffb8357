/* Explanations: every verdict, what is said with it, and what is not known. */
#include "merit/explain.h"

#include "base/alloc.h"
#include "explain/explain_parts.h"
#include "train/optimizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { K = 4, MAX_ROWS = 4 };
#define NAME_30 "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü" // characters of two bytes

static const char table_text[] = "truth\tcat\tdog\tcar\tbus\n"
                                 "cat\t2\t1\t-1\t-1\ndog\t1\t2\t-1\t-1\n"
                                 "car\t-1\t-1\t2\t1\nbus\t-1\t-1\t1\t2\n";
static merit_scores *table;

static int make_table(void **state)
{
    (void)state;
    return merit_scores_parse(&table, table_text, sizeof table_text - 1, "t", NULL,
                              NULL) == MERIT_OK
               ? 0
               : -1;
}

static int free_table(void **state)
{
    (void)state;
    merit_scores_free(table);
    return 0;
}

/* A run in the making; its arrays live as long as it. */
typedef struct made {
    merit_run run;
    merit_run_row rows[MAX_ROWS];
    const char *losses[2];
    int64_t truths[K];
} made;

static const int64_t all_given[K] = {25, 25, 25, 25};
static const int64_t half_given[K] = {50, 0, 50, 0};
static const merit_run_pair two_pairs[] = {{1, 0, 1, 0.25, 12}, {3, 2, 1, 0.25, 16}};

/* A run in which nothing is wrong: two epochs of cross entropy. */
static void make_run(made *m)
{
    *m = (made){.losses = {"cross-entropy", ""}, .truths = {25, 25, 25, 25}};
    for (int64_t i = 0; i < 2; i++) {
        m->rows[i] = (merit_run_row){.epoch = i + 1,
                                     .step = 100 * (i + 1),
                                     .rule = MERIT_RULE_ARGMAX,
                                     .training_loss = 0.5 - 0.1 * (double)i,
                                     .validation_loss = 0.5,
                                     .mean_score = 1.8 + 0.01 * (double)i,
                                     .argmax_score = 1.8,
                                     .accuracy = 0.9,
                                     .classes_answered = 4,
                                     .gradient_survival = 1,
                                     .learning_rate = 0.04,
                                     .effective_classes = 4,
                                     .confidence = 0.9,
                                     .given = all_given};
    }
    m->run = (merit_run){.path = "run1",
                         .name = "run1",
                         .loss = "cross-entropy",
                         .scores = "",
                         .candidates = m->losses,
                         .n_candidates = 1,
                         .rows = m->rows,
                         .n_rows = 2,
                         .kept = &m->rows[1],
                         .n_epochs = 2,
                         .optimizer = "sgd",
                         .learning_rate = 0.05,
                         .momentum = 0.9,
                         .table = table,
                         .n_classes = K,
                         .n_answers = K,
                         .best_constant = 0.25,
                         .oracle_score = 2,
                         .truths = m->truths,
                         .is_finished = 1,
                         .given_up = ""};
}

/* The question: half the classes given up, for traps. */
static void collapse(made *m)
{
    m->losses[0] = "expected-score";
    for (int i = 0; i < 2; i++) {
        merit_run_row *row = &m->rows[i];
        row->mean_score = 1.5;
        row->accuracy = 0.5;
        row->gradient_survival = 0.01 / (i + 1);
        row->stuck_share = row->trap_share = 0.5;
        row->stuck_margin = 14;
        row->stuck_margin_95 = 20;
        row->feature_size = 100;
        row->classes_answered = 2;
        row->given = half_given;
        row->pairs = two_pairs;
        row->n_pairs = 2;
    }
}

static void vanish(made *m)
{
    collapse(m);
    m->rows[1].gradient_survival = 1e-30;
}

/* Confidently wrong, but with all the gradient that there is: not the loss. */
static void stay_sure(made *m)
{
    collapse(m);
    m->rows[1].mean_score = 1.9;
    m->rows[1].gradient_survival = 1;
}

static void stick(made *m)
{
    collapse(m);
    static const merit_run_pair small[] = {{1, 0, 1, 0.1, 12}, {0, 1, 1, 0.1, 12}};
    for (int i = 0; i < 2; i++) {
        m->rows[i].mean_score = 1.2;
        m->rows[i].stuck_share = 0.2;
        m->rows[i].pairs = small;
        m->rows[i].given = all_given;
        m->rows[i].classes_answered = 4;
    }
}

/* 30 % of the labels are wrong: examples are stuck, but in all pairs alike. */
static void make_noise(made *m)
{
    stick(m);
    static const merit_run_pair few[] = {{1, 0, 1, 0.02, 12}, {0, 1, 1, 0.02, 12}};
    for (int i = 0; i < 2; i++) {
        m->rows[i].stuck_share = 0.3;
        m->rows[i].pairs = few;
    }
}

static void earn(made *m, double first, double last)
{
    m->rows[0].mean_score = first;
    m->rows[1].mean_score = last;
}

static void weaken(made *m)
{
    earn(m, 0.3, 0.4);
    m->rows[1].gradient_survival = 0.04;
}

static void start_late(made *m)
{
    earn(m, 0.25, 0.9);
    m->losses[0] = "expected-score";
    m->rows[0].gradient_survival = 0.2;
    m->rows[1].gradient_survival = 0.3;
}

static void begin_to_learn(made *m)
{
    earn(m, 0.25, 0.9);
}

static void earn_little(made *m)
{
    earn(m, 0.7, 0.7);
}

static void learn_by_heart(made *m)
{
    earn(m, 0.7, 0.6);
    m->run.kept = &m->rows[0];
    m->rows[1].validation_loss = 0.8;
}

static void learn_by_heart_at_once(made *m)
{
    learn_by_heart(m);
    m->run.learning_rate = 0.5;
}

static void run_elsewhere(made *m)
{
    collapse(m);
    m->run.path = "it's a <run>";
}

static void have_a_long_path(made *m)
{
    static char path[3000];
    memset(path, 'r', sizeof path - 1);
    collapse(m);
    m->run.path = path;
}

static void have_long_names(made *m)
{
    static const char text[] = "truth\tab\tanä" NAME_30 "\tc\td\n"
                               "ab\t2\t1\t0\t0\nanä" NAME_30 "\t1\t2\t0\t0\n"
                               "c\t0\t0\t2\t1\nd\t0\t0\t1\t2\n";
    merit_scores *scores = NULL;
    assert_int_equal(
        merit_scores_parse(&scores, text, sizeof text - 1, "t", NULL, NULL), MERIT_OK);
    collapse(m);
    m->run.table = scores;
}

static void slow_down(made *m)
{
    earn(m, 0.3, 0.35);
    m->run.learning_rate = 0.0005;
}

static void hurry(made *m)
{
    earn(m, 0.25, 0.25);
    m->run.learning_rate = 0.5;
}

static void learn_nothing(made *m)
{
    earn(m, 0.25, 0.24);
}

static void overfit(made *m)
{
    earn(m, 1.8, 1.6);
    m->run.kept = &m->rows[0];
    m->rows[1].validation_loss = 0.8;
}

static void diverge(made *m)
{
    m->run.has_diverged = 1;
    m->run.is_finished = 0;
    m->run.n_retries = 3;
}

static void hardly_begin(made *m)
{
    earn(m, 0.3, 0.3);
    m->rows[1].step = 40;
}

static void begin(made *m)
{
    m->run.n_rows = m->run.n_candidates = 0;
    m->run.kept = NULL;
    m->run.is_finished = 0;
}

static void stay(made *m)
{
    (void)m;
}

static void be_older(made *m)
{
    for (int i = 0; i < 2; i++) {
        merit_run_row *row = &m->rows[i];
        row->stuck_share = row->trap_share = row->confidence = NAN;
        row->stuck_margin = row->stuck_margin_95 = row->feature_size = NAN;
        row->validation_loss = row->learning_rate = NAN;
        row->given = NULL;
    }
    m->run.truths = NULL;
    m->run.oracle_score = NAN;
}

static void be_older_and_collapse(made *m)
{
    be_older(m);
    m->rows[1].classes_answered = 2;
    m->rows[1].gradient_survival = 0.02;
}

static void lose_the_table(made *m)
{
    be_older(m);
    m->run.table = NULL;
    m->run.n_classes = m->run.n_answers = 0;
    m->run.best_constant = NAN;
}

static void teach_another(made *m)
{
    static const char text[] = "\ta\tb\tc\td\na\t2\t1\t0\t-1\nb\t1\t2\t-1\t0\n"
                               "c\t0\t-1\t0\t1\nd\t-1\t0\t1\t2\n";
    merit_scores *other = NULL;
    assert_int_equal(merit_scores_parse(&other, text, sizeof text - 1, "q", NULL, NULL),
                     MERIT_OK);
    m->run.table = other;
}

static void try_two(made *m)
{
    m->losses[0] = "cross-entropy";
    m->losses[1] = "softmax-margin";
    m->run.n_candidates = 2;
    m->rows[2] = m->rows[3] = m->rows[1];
    m->rows[2].epoch = 3;
    m->rows[2].step = 300;
    m->rows[3].epoch = 4;
    m->rows[3].step = 400;
    m->rows[2].candidate = m->rows[3].candidate = 1;
    m->rows[3].mean_score = 1.7;
    m->run.n_rows = 4;
    m->run.given_up = "hinge";
    m->run.n_retries = 1;
}

/* The second loss, which goes on for two epochs, learns by heart in the last one. */
static void overfit_later(made *m)
{
    try_two(m);
    for (int i = 0; i < 2; i++) {
        m->rows[2 + i] = m->rows[i];
        m->rows[2 + i].candidate = 1;
        m->rows[2 + i].epoch = 3 + i;
        m->rows[2 + i].step = 100 * (3 + i);
    }
    m->rows[2].mean_score = 1.85;
    m->rows[2].validation_loss = 0.3;
    m->rows[3].mean_score = 1.6;
    m->rows[3].training_loss = m->rows[2].training_loss / 2;
    m->rows[3].validation_loss = 0.9;
    m->run.kept = &m->rows[2];
}

static void decide(made *m)
{
    m->rows[1].rule = MERIT_RULE_BAYES;
    m->rows[1].argmax_score = 1.2;
    m->rows[1].accuracy = 0.5;
}

static void recover(made *m)
{
    merit_run_row well = m->rows[1];
    collapse(m);
    m->losses[0] = "expected-score:50%,cross-entropy";
    m->rows[1] = well;
}

static void run_on(made *m)
{
    m->run.is_finished = 0;
    m->run.n_epochs = 9;
}

static const struct {
    void (*change)(made *);
    merit_explain_verdict verdict;
    const char *said[6]; // parts of findings, in any order
} cases[] = {
    {stay,
     MERIT_VERDICT_HEALTHY,
     {"Nothing stands in the way", "1.8100 of at most 2.0000", "earns 0.2500",
      "every answer that is the best one"}},
    {collapse,
     MERIT_VERDICT_COLLAPSED,
     {"2 of 4 classes are still answered, no longer dog and bus",
      "gradient 0.5 % arrives", "(1 % after epoch 1)",
      "dog -> cat 25.0 % (trap), bus -> car 25.0 % (trap)",
      "100 % of them are in traps", "about 1,600 more steps"}},
    {collapse,
     MERIT_VERDICT_COLLAPSED,
     {"-s run1/scores.tsv -o NEW -l auto", "cross-entropy:60%,expected-score",
      "tilted-score(temperature=0.1..2)", "temperatures above 0.05 have",
      "It is not the learning rate (0.05)", "this run took 200"}},
    {stick,
     MERIT_VERDICT_STUCK,
     {"The run is stuck.", "40 % of the wrong examples, 20 % of all", "REMEDY"}},
    {make_noise, MERIT_VERDICT_HEALTHY, {"confidently wrong on 30.0 % of the"}},
    {weaken, MERIT_VERDICT_SLOW_START, {"sends 4 % of cross entropy's gradient"}},
    {start_late, MERIT_VERDICT_SLOW_START, {"after 200 steps it earns 0.9000"}},
    {begin_to_learn,
     MERIT_VERDICT_TOO_EARLY,
     {"200 steps were trained", "from 0.2500 to 0.9000 in the last epoch"}},
    {earn_little, MERIT_VERDICT_HEALTHY, {"No sign of trouble", "That is little"}},
    {learn_by_heart,
     MERIT_VERDICT_OVERFITTING,
     {"held-out examples earned less, 0.7000 there and 0.6000 at the end"}},
    {learn_by_heart_at_once, MERIT_VERDICT_OVERFITTING, {"learns its examples by"}},
    {run_elsewhere,
     MERIT_VERDICT_COLLAPSED,
     {"-s 'it'\\''s a <run>/scores.tsv' -o NEW"}},
    {have_a_long_path, MERIT_VERDICT_COLLAPSED, {"rrr/scores.tsv -o NEW"}},
    {have_long_names,
     MERIT_VERDICT_COLLAPSED,
     {"anääöüäöüäöüäöüäöüäöüäöüäöüäöüä... -> ab 25.0 % (trap)", "no longer anä"}},
    {slow_down,
     MERIT_VERDICT_RATE_LOW,
     {"0.0005 is 1/100 of the 0.05 that is sgd's default", "--lr 0.05",
      "It is not the loss", "from 0.5 in epoch 1 to 0.4"}},
    {hurry,
     MERIT_VERDICT_RATE_HIGH,
     {"0.5 is 10 times the 0.05", "--lr 0.05", "It is not the loss"}},
    {learn_nothing, MERIT_VERDICT_NOTHING_LEARNED, {"has learned nothing", "labels"}},
    {overfit,
     MERIT_VERDICT_OVERFITTING,
     {"After epoch 1", "1.8000 there and 1.6000", "-e 1 or --patience"}},
    {diverge,
     MERIT_VERDICT_DIVERGED,
     {"after 3 retries", "best model before that earns 1.8100", "--lr 0.005"}},
    {hardly_begin, MERIT_VERDICT_TOO_EARLY, {"40 steps were trained"}},
    {begin,
     MERIT_VERDICT_TOO_EARLY,
     {"nothing to explain yet", "The run has not ended: it is"}},
    {be_older, MERIT_VERDICT_HEALTHY, {"Nothing stands", "older than the measuring"}},
    {be_older_and_collapse,
     MERIT_VERDICT_COLLAPSED,
     {"2 of 4 classes are still answered.", "gradient 2 % arrives", "-l auto"}},
    {lose_the_table, MERIT_VERDICT_HEALTHY, {"cross-entropy earns 1.8100."}},
    {vanish, MERIT_VERDICT_COLLAPSED, {"gradient less than 0.001 % arrives"}},
    {stay_sure, MERIT_VERDICT_HEALTHY, {"Nothing stands in the way"}},
    {teach_another,
     MERIT_VERDICT_HEALTHY,
     {"c is answered d, which earns 1 instead of 0", "merit check run1/scores.tsv"}},
    {try_two,
     MERIT_VERDICT_HEALTHY,
     {"softmax-margin went on from there and reached 1.8100", "hinge was given up",
      "not finite once"}},
    {overfit_later,
     MERIT_VERDICT_OVERFITTING,
     {"After epoch 3", "-e 1 or --patience", "Before it, cross-entropy reached 1.8"}},
    {decide,
     MERIT_VERDICT_HEALTHY,
     {"would earn 1.2000 instead of 1.8100", "the accuracy is 50.0 %"}},
    {recover,
     MERIT_VERDICT_HEALTHY,
     {"stuck for 1 of its 2 epochs, until epoch 1, with 1.0 %"}},
    {run_on, MERIT_VERDICT_HEALTHY, {"has not ended, so this may change"}},
};

/* All findings, "SEVERITY text" each on a line. */
static void write_all(char *out, size_t n_bytes, const merit_explanation *why)
{
    size_t n = 0;
    for (int64_t i = 0; i < merit_explanation_n_findings(why); i++) {
        const merit_finding *f = merit_explanation_finding(why, i);
        int more = snprintf(out + n, n_bytes - n, "%s %s\n",
                            merit_severity_name(f->severity), f->text);
        assert_true(more > 0 && (size_t)more < n_bytes - n);
        n += (size_t)more;
    }
}

static void dispose(made *m)
{
    if (m->run.table != table && m->run.table != NULL) {
        merit_scores_free((merit_scores *)(uintptr_t)m->run.table);
    }
}

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m;
        merit_explanation *why;
        char text[8192] = "";
        make_run(&m);
        cases[i].change(&m);
        assert_int_equal(merit_explain(&why, &m.run, NULL), MERIT_OK);
        write_all(text, sizeof text, why);
        if (merit_explanation_verdict(why) != cases[i].verdict) {
            fail_msg("case %zu is %s:\n%s", i,
                     merit_explain_verdict_name(merit_explanation_verdict(why)), text);
        }
        for (size_t s = 0; s < 6 && cases[i].said[s] != NULL; s++) {
            if (strstr(text, cases[i].said[s]) == NULL) {
                fail_msg("case %zu: no \"%s\" in\n%s", i, cases[i].said[s], text);
            }
        }
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, " inf "));
        merit_explanation_free(why);
        dispose(&m);
    }
}

/* Healthy runs are told no problem and no remedy. */
static void test_no_alarm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m;
        merit_explanation *why;
        char text[8192] = "";
        make_run(&m);
        cases[i].change(&m);
        assert_int_equal(merit_explain(&why, &m.run, NULL), MERIT_OK);
        write_all(text, sizeof text, why);
        int is_alarm =
            strstr(text, "PROBLEM") != NULL || strstr(text, "REMEDY") != NULL;
        int is_fine = cases[i].verdict == MERIT_VERDICT_HEALTHY ||
                      cases[i].verdict == MERIT_VERDICT_TOO_EARLY;
        assert_int_equal(is_alarm, !is_fine);
        merit_explanation_free(why);
        dispose(&m);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    made m;
    merit_explanation *why;
    make_run(&m);
    collapse(&m);
    assert_int_equal(merit_explain(&why, &m.run, NULL), MERIT_OK);
    assert_int_equal(merit_explanation_n_candidates(why), 1);
    const merit_explain_candidate *c = merit_explanation_kept(why);
    assert_ptr_equal(c, merit_explanation_candidate(why, 0));
    assert_true(fabs(c->gain - 1.25 / 1.75) < 1e-12);
    assert_int_equal(c->n_expected, 4);
    assert_int_equal(c->n_missing, 2);
    assert_int_equal(c->missing[0], 1);
    assert_int_equal(c->missing[1], 3);
    assert_int_equal(c->n_lost, 2);
    assert_int_equal(c->lost[1], 3);
    assert_true(c->smallest_gap == 1);
    assert_true(c->temperature == 0.05);
    // e^12 / (2 * 1 * 0.05 * 100 / (1 - 0.9))
    assert_true(fabs(c->forecast_steps / (exp(12) / 100) - 1) < 1e-9);
    assert_ptr_equal(c->first, &m.rows[0]);
    assert_ptr_equal(c->last, &m.rows[1]);
    merit_explanation_free(why);
    m.run.optimizer = "adamw";
    assert_int_equal(merit_explain(&why, &m.run, NULL), MERIT_OK);
    assert_true(isnan(merit_explanation_kept(why)->forecast_steps));
    merit_explanation_free(why);
    merit_explanation_free(NULL);
}

/* The first best class, or another as good, is enough. */
static void test_ties_are_served(void **state)
{
    (void)state;
    static const char text[] = "\ta\tb\tc\td\na\t1\t1\t0\t0\nb\t1\t1\t0\t0\n"
                               "c\t0\t0\t1\t1\nd\t0\t0\t1\t1\n";
    static const int64_t given[K] = {0, 50, 0, 50};
    merit_scores *ties;
    made m;
    merit_explanation *why;
    make_run(&m);
    assert_int_equal(merit_scores_parse(&ties, text, sizeof text - 1, "t", NULL, NULL),
                     MERIT_OK);
    m.run.table = ties;
    m.rows[1].given = given;
    assert_int_equal(merit_explain(&why, &m.run, NULL), MERIT_OK);
    assert_int_equal(merit_explanation_kept(why)->n_expected, 2);
    assert_int_equal(merit_explanation_kept(why)->n_missing, 0);
    merit_explanation_free(why);
    merit_scores_free(ties);
}

static void test_default_rates(void **state)
{
    (void)state;
    static const char *const names[] = {"sgd", "adamw"};
    for (size_t i = 0; i < 2; i++) {
        const merit__optimizer *optimizer;
        assert_int_equal(merit__optimizer_find(&optimizer, names[i], NULL), MERIT_OK);
        assert_true(merit__explain_default_rate(names[i]) == optimizer->learning_rate);
    }
    assert_true(isnan(merit__explain_default_rate("other")));
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(merit_explain_verdict_name(MERIT_VERDICT_TOO_EARLY),
                        "too-early");
    assert_string_equal(merit_explain_verdict_name(MERIT_VERDICT_COLLAPSED),
                        "collapsed");
    assert_string_equal(merit_explain_verdict_name(MERIT_VERDICT_NOTHING_LEARNED),
                        "nothing-learned");
    assert_string_equal(merit_explain_verdict_name((merit_explain_verdict)99),
                        "unknown");
    assert_string_equal(merit_severity_name(MERIT_SEVERITY_NOTE), "NOTE");
    assert_string_equal(merit_severity_name((merit_severity)0), "unknown");
}

static void test_other_locales(void **state)
{
    (void)state;
    made m;
    merit_explanation *why;
    char text[8192] = "";
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        return;
    }
    make_run(&m);
    assert_int_equal(merit_explain(&why, &m.run, NULL), MERIT_OK);
    write_all(text, sizeof text, why);
    assert_non_null(strstr(text, "1.8100"));
    merit_explanation_free(why);
    setlocale(LC_ALL, "C");
}

static void test_no_memory(void **state)
{
    (void)state;
    made m;
    merit_explanation *why;
    merit_status status = MERIT_ENOMEM;
    long n = 0;
    make_run(&m);
    collapse(&m);
    while (status != MERIT_OK) {
        merit_error err = {0};
        merit__alloc_fail_at(++n, 0);
        status = merit_explain(&why, &m.run, &err);
        merit__alloc_fail_at(0, 0);
        if (status != MERIT_OK) {
            assert_int_equal(status, MERIT_ENOMEM);
            assert_true(err.message[0] != '\0');
            assert_null(why);
        }
    }
    assert_true(n > 20);
    merit_explanation_free(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),      cmocka_unit_test(test_no_alarm),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_ties_are_served),
        cmocka_unit_test(test_default_rates), cmocka_unit_test(test_names),
        cmocka_unit_test(test_other_locales), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_table, free_table);
}
