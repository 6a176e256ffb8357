/* The catalogue of losses, specifications and stage lists. */
#include "loss_fixtures.h"

#include <dirent.h>
#include <stdio.h>

#include "base/alloc.h"

enum { K = QUESTION_CLASSES };

static const double z[K] = {0.3, -1.2, 0.9, 0.1};

/* Every file of a loss is in the catalogue under its own name, and nothing else is. */
static void catalogue_lists_the_files(void **state)
{
    (void)state;
    int64_t n_files = 0;
    DIR *folder = opendir(MERIT_SOURCE_DIR "/src/loss");
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        const size_t n = strlen(entry->d_name);
        if (n < 8 || strncmp(entry->d_name, "loss_", 5) != 0 ||
            strcmp(entry->d_name + n - 2, ".c") != 0) {
            continue;
        }
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(n - 7), entry->d_name + 5);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '_' ? '-' : *c;
        }
        int64_t i = 0;
        while (i < merit_loss_count() &&
               strcmp(merit_loss_describe(i)->name, name) != 0) {
            i++;
        }
        if (i == merit_loss_count()) {
            fail_msg("%s is not in the catalogue", name);
        }
        n_files++;
    }
    closedir(folder);
    assert_int_equal(n_files, merit_loss_count());
    assert_null(merit_loss_describe(-1));
    assert_null(merit_loss_describe(merit_loss_count()));
}

static int is_a_line(const char *text)
{
    return text != NULL && *text != '\0' && strchr(text, '\n') == NULL;
}

static void catalogue_is_in_order(void **state)
{
    (void)state;
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        const merit_loss_info *info = merit_loss_describe(i);
        assert_true(i == 0 || strcmp(merit_loss_describe(i - 1)->name, info->name) < 0);
        assert_true(is_a_line(info->formula) && is_a_line(info->use));
        assert_true(info->rule != MERIT_RULE_AUTO);
        for (int64_t k = 0; k < info->n_parameters; k++) {
            const merit_loss_parameter *p = &info->parameters[k];
            assert_true(is_a_line(p->name) && is_a_line(p->meaning));
            assert_true(p->low <= p->initial && p->initial <= p->high);
            // What moves does so geometrically.
            assert_true(!p->moves || p->low > 0);
        }
    }
}

/* Ways of writing the same loss. */
static void specifications_are_read(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"softmax-margin", "softmax-margin(scale=1)"},
        {"softmax-margin", " softmax-margin ( scale = 1 ) "},
        {"softmax-margin", "softmax-margin()"},
        {"softmax-margin(scale=0.5)", "softmax-margin(scale=5e-1)"},
        {"soft-labels(temperature=0.15)", "soft-labels(temperature=15e-2)"},
        {"cross-entropy-plus-cost", "cross-entropy-plus-cost(lambda=10)"},
        {"tilted-score(temperature=.1..1.)", "tilted-score(temperature= 0.1 .. 1 )"},
    };
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        merit_loss *a = make_loss_of(pairs[p][0], question_table, K);
        merit_loss *b = make_loss_of(pairs[p][1], question_table, K);
        for (int64_t i = 0; i < K; i++) {
            assert_true(merit_loss_row(a, z, i, 0.75, NULL) ==
                        merit_loss_row(b, z, i, 0.75, NULL));
        }
        merit_loss_free(a);
        merit_loss_free(b);
    }
}

typedef merit_status create_function(const char *spec, const merit_scores *scores,
                                     merit_error *err);

static merit_status create_loss(const char *spec, const merit_scores *scores,
                                merit_error *err)
{
    merit_loss *loss = (merit_loss *)&spec;
    merit_status status = merit_loss_create(&loss, spec, scores, err);
    assert_true((status == MERIT_OK) == (loss != NULL));
    merit_loss_free(loss);
    return status;
}

static merit_status create_stages(const char *spec, const merit_scores *scores,
                                  merit_error *err)
{
    merit_loss_stages *stages = (merit_loss_stages *)&spec;
    merit_status status = merit_loss_stages_create(&stages, spec, scores, err);
    assert_true((status == MERIT_OK) == (stages != NULL));
    merit_loss_stages_free(stages);
    return status;
}

static void check_refused(create_function *create, const char *spec,
                          const merit_scores *scores, merit_status status,
                          const char *message)
{
    merit_error err = {0};
    merit_status found = create(spec, scores, &err);
    if (found != status || strstr(err.message, message) == NULL) {
        fail_msg("%.80s: status %d, \"%s\"; expected %d, \"%s\"", spec, (int)found,
                 err.message, (int)status, message);
    }
    assert_int_equal(err.code, status);
    assert_int_equal(create(spec, scores, NULL), status);
}

static void bad_specifications_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"expected_score",
         "unknown loss \"expected_score\"; did you mean expected-score?"},
        {"cross-entrpy(scale=1)", "did you mean cross-entropy?"},
        {"Kullback", "unknown loss \"Kullback\"; `merit loss` lists all "},
        {"", "unknown loss \"\"; `merit loss` lists all "},
        {"(scale=1)", "unknown loss \"\""},
        {"softmax-margin(scael=1)",
         "softmax-margin has no parameter \"scael\"; did you mean scale?"},
        {"softmax-margin(weight=1)", "no parameter \"weight\"; it has scale"},
        {"cross-entropy(scale=1)", "no parameter \"scale\"; it has none"},
        {"softmax-margin(0.5)", "found \"0.5\", expected name=value"},
        {"softmax-margin(scale)", "found \"scale\", expected name=value"},
        {"softmax-margin(,scale=1)", "found \"\", expected name=value"},
        {"softmax-margin(scale=1,scale=2)", "scale is given twice"},
        {"softmax-margin(scale=)", "scale is \"\", expected a number from 0 to 1e+06"},
        {"softmax-margin(scale=one)", "scale is \"one\""},
        {"softmax-margin(scale=-1)", "scale is \"-1\", expected a number from 0"},
        {"softmax-margin(scale=1e7)", "scale is \"1e7\""},
        {"softmax-margin(scale=nan)", "scale is \"nan\""},
        {"softmax-margin(scale=1e999)", "scale is \"1e999\""},
        {"softmax-margin(scale=1x)", "scale is \"1x\""},
        {"softmax-margin(scale=0.5..1)", "scale does not move, expected one number"},
        {"soft-labels(temperature=1..2)", "temperature does not move"},
        {"tilted-score(temperature=0..1)", "temperature is \"0\", expected a number"},
        {"tilted-score(temperature=1..)", "temperature is \"\""},
        {"soft-labels(temperature=0)", "expected a number from 1e-12 to 1e+15"},
        {"soft-labels(temperature=1e16)", "expected a number from 1e-12 to 1e+15"},
        {"tilted-score(temperature=1..2..3)", "temperature is \"2..3\""},
        {"softmax-margin(scale=1", "expected a ) at the end"},
        {"softmax-margin(scale=1) x", "expected a ) at the end"},
        {"softmax-margin(", "expected a ) at the end"},
        {"softmax-margin)", "unknown loss \"softmax-margin)\"; did you mean"},
        {"loss\n\x01\xff", "unknown loss \"loss\\x0a\\x01\\xff\""},
    };
    merit_scores *scores = make_scores(question_table, K, K);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        check_refused(create_loss, cases[c][0], scores, MERIT_EINVAL, cases[c][1]);
        // A bad loss is a bad stage, too; only commas mean something else there.
        if (strcmp(cases[c][0], "") != 0) {
            check_refused(create_stages, cases[c][0], scores, MERIT_EINVAL,
                          cases[c][1]);
        }
    }
    char *endless = make_array(100001, 1);
    memset(endless, 'a', 100000);
    check_refused(create_loss, endless, scores, MERIT_EINVAL, "unknown loss \"aaaa");
    memset(endless, ',', 100000);
    check_refused(create_stages, endless, scores, MERIT_EINVAL, "unknown loss \"\"");
    memset(endless, '(', 100000);
    check_refused(create_stages, endless, scores, MERIT_EINVAL, "unknown loss \"\"");
    free(endless);
    merit_scores_free(scores);
}

static void missing_arguments_are_refused(void **state)
{
    (void)state;
    merit_scores *scores = make_scores(question_table, K, K);
    merit_loss *loss;
    merit_loss_stages *stages;
    assert_int_equal(merit_loss_create(NULL, "x", scores, NULL), MERIT_EINVAL);
    assert_int_equal(merit_loss_create(&loss, NULL, scores, NULL), MERIT_EINVAL);
    assert_null(loss);
    assert_int_equal(merit_loss_create(&loss, "x", NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_loss_stages_create(NULL, "x", scores, NULL), MERIT_EINVAL);
    assert_int_equal(merit_loss_stages_create(&stages, NULL, scores, NULL),
                     MERIT_EINVAL);
    assert_null(stages);
    assert_int_equal(merit_loss_stages_create(&stages, "x", NULL, NULL), MERIT_EINVAL);
    merit_loss_free(NULL);
    merit_loss_stages_free(NULL);
    merit_scores_free(scores);
}

/* A table that a loss cannot learn from, unless it does not look at it. */
static void constant_tables_are_refused(void **state)
{
    (void)state;
    static const double constant[] = {1, 1, 9, -2, -2, 9};
    static const char *const looks_away[] = {"brier", "cross-entropy",
                                             "ranked-probability"};
    const size_t n_looks_away = sizeof looks_away / sizeof *looks_away;
    merit_scores *scores = make_scores(constant, 2, 3);
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        const char *name = merit_loss_describe(i)->name;
        size_t l = 0;
        while (l < n_looks_away && strcmp(name, looks_away[l]) != 0) {
            l++;
        }
        if (l < n_looks_away) {
            assert_int_equal(create_loss(name, scores, NULL), MERIT_OK);
        } else {
            check_refused(create_loss, name, scores, MERIT_EUNSUPPORTED,
                          "nothing to learn");
        }
    }
    merit_scores_free(scores);
}

/* Tables that a loss cannot be proper for: the message names cells or a number, and
 * what to use. */
static void unsuitable_tables_are_refused(void **state)
{
    (void)state;
    static const double lopsided[] = {2, 1, 0, 1, 2, 0.5, 0, 0.25, 2};
    static const double shifted[] = {2, 1, 0, 6, 7, 5.5, 3, 3.5, 5};
    static const double additive[] = {0, 1, 3, 5, 6, 8, -2, -1, 1};
    static const double line[] = {0, -1, -2, -1, 0, -1, -2, -1, 0};
    static const double square[] = {0, -1, -4, -1, -1, 0, -1, -4,
                                    -4, -1, 0, -1, -1, -4, -1, 0};
    static const double bent[] = {0, -1, -2, -1, -1, 0, -1, -2,
                                  -2, -1, 0, -1, -1, -2, -1, 0};
    static const double perverse[] = {0, 1, -2, 1, 0, -2, -2, -2, 0};
    static const struct {
        const char *loss;
        const double *values;
        int64_t n_classes;
        const char *message;
    } cases[] = {
        {"geometric", question_table, K,
         "geometric: taken for each other 2 and 3 lose 0, so they must be alike, but "
         "taken for 0 they lose 1 and 3. Use cross-entropy"},
        {"geometric", perverse, 3, "taken for each other 0 and 1 lose -1"},
        {"geometric(cost=0.5)", square, 4,
         "geometric needs a table whose kernel exp(-C/2) is positive semidefinite; "
         "with costs up to 0.5 its least eigenvalue is -0.1. Use cost=8, or cross-entr"},
        {"geometric(cost=8)", square, 4, NULL},
        {"geometric(cost=0.5)", bent, 4, NULL},
        {"hierarchical-cross-entropy", line, 3,
         "needs a table made of a tree: 0 and 2 lose 2 when taken for each other, yet "
         "others lead from one to the other in steps of 1 at most. Use cross-entropy"},
        {"hierarchical-cross-entropy", perverse, 3,
         "0 and 1 earn more when taken for each other than when right. Use cross-en"},
        {"hierarchical-cross-entropy", lopsided, 3, "needs a symmetric table"},
        {"kernel-score", question_table, K,
         "the least eigenvalue of this one is -0.705: a false belief would beat the "
         "true one. Use cross-entropy"},
        {"kernel-score", lopsided, 3,
         "kernel-score needs a symmetric table: 1 answered 2 scores 0.5, the other way "
         "round 0.25. Use cross-entropy"},
        {"kernel-score", shifted, 3, NULL},
        {"kernel-score", additive, 3, "no two classes of this table are apart"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const int64_t n = cases[c].n_classes;
        merit_scores *scores = make_scores(cases[c].values, n, n);
        if (cases[c].message == NULL) {
            assert_int_equal(create_loss(cases[c].loss, scores, NULL), MERIT_OK);
        } else {
            check_refused(create_loss, cases[c].loss, scores, MERIT_EUNSUPPORTED,
                          cases[c].message);
        }
        merit_scores_free(scores);
    }
}

/* A temperature that is as nothing to the range of a table, or the other way round, is
 * taken as it is unless their ratio is no number. */
static void temperatures_far_from_the_range(void **state)
{
    (void)state;
    static const double tiny[] = {0, -1e-300, -1e-300, 0};
    static const double huge[] = {1e15, -1e15, -1e15, 1e15};
    static const char *const extremes[] = {"1e-12", "1e15"};
    merit_scores *scores = make_scores(tiny, 2, 2);
    check_refused(create_loss, "soft-labels(temperature=1e15)", scores, MERIT_EINVAL,
                  "soft-labels: temperature is too large for this table, whose scores "
                  "differ by 1e-300 at most");
    check_refused(create_loss, "tilted-score(temperature=1..1e15)", scores,
                  MERIT_EINVAL, "tilted-score: temperature is too large");
    assert_int_equal(create_loss("soft-labels(temperature=1)", scores, NULL), MERIT_OK);
    assert_int_equal(create_loss("tilted-score", scores, NULL), MERIT_OK);
    merit_scores_free(scores);
    for (int k = 0; k < 4; k++) {
        char spec[64];
        double gradient[2];
        snprintf(spec, sizeof spec, "%s(temperature=%s)",
                 k < 2 ? "soft-labels" : "tilted-score", extremes[k % 2]);
        merit_loss *loss = make_loss_of(spec, huge, 2);
        assert_true(isfinite(merit_loss_row(loss, z, 0, 0, gradient)));
        assert_true(isfinite(gradient[0]) && isfinite(gradient[1]));
        merit_loss_free(loss);
    }
}

/* At a fraction of the training: which loss, and how far its stage has come. */
static void stages_follow_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *stages;
        double fraction;
        const char *loss;
        double progress;
    } cases[] = {
        {"cross-entropy", 0, "cross-entropy", 0},
        {"cross-entropy", 0.25, "cross-entropy", 0.25},
        {"cross-entropy", 1, "cross-entropy", 1},
        {"cross-entropy:100%", 0.5, "cross-entropy", 0.5},
        {"cross-entropy:60%,expected-score", 0, "cross-entropy", 0},
        {"cross-entropy:60%,expected-score", 0.3, "cross-entropy", 0.5},
        {"cross-entropy:60%,expected-score", 0.6, "expected-score", 0},
        {"cross-entropy:60%,expected-score", 0.8, "expected-score", 0.5},
        {"cross-entropy:60%,expected-score", 1, "expected-score", 1},
        {"cross-entropy,expected-score:30%", 0.69, "cross-entropy", 69. / 70},
        {"cross-entropy,expected-score:30%", 0.7, "expected-score", 0},
        {"cross-entropy:12.5%, soft-labels , expected-score", 0.125, "soft-labels", 0},
        {"cross-entropy:12.5%, soft-labels , expected-score", 0.5625, "expected-score",
         0},
        {"softmax-margin(scale=0.5):25% ,tilted-score(temperature=0.1..1):75%", 0.125,
         "softmax-margin(scale=0.5)", 0.5},
        {"softmax-margin(scale=0.5):25% ,tilted-score(temperature=0.1..1):75%", 0.625,
         "tilted-score(temperature=0.1..1)", 0.5},
        {"cross-entropy:60%,expected-score", -1, "cross-entropy", 0},
        {"cross-entropy:60%,expected-score", 2, "expected-score", 1},
    };
    merit_scores *scores = make_scores(question_table, K, K);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_error err = {0};
        merit_loss_stages *stages;
        double progress = -1;
        if (merit_loss_stages_create(&stages, cases[c].stages, scores, &err) !=
            MERIT_OK) {
            fail_msg("%s: %s", cases[c].stages, err.message);
        }
        const merit_loss *found =
            merit_loss_stages_at(stages, cases[c].fraction, &progress);
        merit_loss *expected = make_loss(cases[c].loss, scores);
        if (!is_close(progress, cases[c].progress, 1e-12) ||
            merit_loss_row(found, z, 2, 0.5, NULL) !=
                merit_loss_row(expected, z, 2, 0.5, NULL)) {
            fail_msg("%s at %g: not %s, or progress is %g", cases[c].stages,
                     cases[c].fraction, cases[c].loss, progress);
        }
        assert_ptr_equal(merit_loss_stages_at(stages, cases[c].fraction, NULL), found);
        merit_loss_free(expected);
        merit_loss_stages_free(stages);
    }
    merit_scores_free(scores);
}

static void bad_stages_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "unknown loss \"\""},
        {"cross-entropy,", "unknown loss \"\""},
        {",cross-entropy", "unknown loss \"\""},
        {"cross-entropy:60%,expected_score", "did you mean expected-score?"},
        {"cross-entropy:60", "expected a share such as :60%"},
        {"cross-entropy:%", "expected a share such as :60%"},
        {"cross-entropy:x%", "expected a share such as :60%"},
        {"cross-entropy:0%,expected-score", "expected a share such as :60%"},
        {"cross-entropy:-5%,expected-score", "expected a share such as :60%"},
        {"cross-entropy:101%,expected-score", "expected a share such as :60%"},
        {"cross-entropy:60%", "add up to 60 %, expected 100 %"},
        {"cross-entropy:60%,expected-score:50%", "add up to 110 %, expected 100 %"},
        {"cross-entropy:60%,expected-score:40%,soft-labels",
         "add up to 100 %, which leaves nothing"},
    };
    merit_scores *scores = make_scores(question_table, K, K);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        check_refused(create_stages, cases[c][0], scores, MERIT_EINVAL, cases[c][1]);
    }
    merit_status status = MERIT_ENOMEM;
    for (long at = 1; status != MERIT_OK; at++) {
        assert_true(at < 40);
        merit__alloc_fail_at(at, 0);
        status = create_stages("cross-entropy:60%,expected-score", scores, NULL);
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
    }
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalogue_lists_the_files),
        cmocka_unit_test(catalogue_is_in_order),
        cmocka_unit_test(specifications_are_read),
        cmocka_unit_test(bad_specifications_are_refused),
        cmocka_unit_test(missing_arguments_are_refused),
        cmocka_unit_test(constant_tables_are_refused),
        cmocka_unit_test(unsuitable_tables_are_refused),
        cmocka_unit_test(temperatures_far_from_the_range),
        cmocka_unit_test(stages_follow_each_other),
        cmocka_unit_test(bad_stages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
