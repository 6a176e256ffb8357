/* Reading score tables: what is accepted and what it means. */
#include "merit/scores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static merit_scores *parse_with(const char *text, const merit_scores_options *options)
{
    merit_scores *scores = NULL;
    merit_error err = {0};
    merit_status status =
        merit_scores_parse(&scores, text, strlen(text), "t.tsv", options, &err);
    if (status != MERIT_OK) {
        fail_msg("refused: %s", err.message);
    }
    return scores;
}

static merit_scores *parse(const char *text)
{
    return parse_with(text, NULL);
}

static int has_note(const merit_scores *scores, const char *part)
{
    for (int64_t i = 0; i < merit_scores_n_notes(scores); i++) {
        if (strstr(merit_scores_note(scores, i), part) != NULL) {
            return 1;
        }
    }
    return 0;
}

static void assert_names(const merit_scores *scores, const char *const *names,
                         int64_t n_names)
{
    assert_int_equal(merit_scores_n_answers(scores), n_names);
    for (int64_t k = 0; k < n_names; k++) {
        assert_string_equal(merit_scores_name(scores, k), names[k]);
    }
}

static void assert_values(const merit_scores *scores, const double *values)
{
    size_t n = (size_t)(merit_scores_n_truths(scores) * merit_scores_n_answers(scores));
    assert_memory_equal(merit_scores_values(scores), values, n * sizeof *values);
}

/* One table of three classes in every dress. */
static const char *const same_table[] = {
    "truth\ta\tb\tc\na\t2\t0\t-1.5\nb\t0\t2\t1e-3\nc\t-1\t.5\t2\n",
    "\ta\tb\tc\na\t2\t0\t-1.5\nb\t0\t2\t1e-3\nc\t-1\t.5\t2\n",
    "a\tb\tc\na\t2\t0\t-1.5\nb\t0\t2\t1e-3\nc\t-1\t.5\t2\n",
    "truth,a,b,c\na,2,0,-1.5\nb,0,2,1e-3\nc,-1,.5,2\n",
    "truth;a;b;c\na;2;0;-1.5\nb;0;2;1e-3\nc;-1;.5;2\n",
    "truth a b c\na 2 0 -1.5\nb 0 2 1e-3\nc -1 .5 2\n",
    "   a  b    c\n  a 2.0 0 -1.5 \n b 0  +2 0.001\n c -1 5e-1 2\n",
    "\xef\xbb\xbftruth\ta\tb\tc\na\t2\t0\t-1.5\nb\t0\t2\t1e-3\nc\t-1\t.5\t2\n",
    "truth\ta\tb\tc\r\na\t2\t0\t-1.5\r\nb\t0\t2\t1e-3\r\nc\t-1\t.5\t2\r\n",
    "truth\ta\tb\tc\na\t2\t0\t-1.5\r\nb\t0\t2\t1e-3\nc\t-1\t.5\t2",
    "truth\ta\tb\tc\na\t2\t0\t-1.5\nb\t0\t2\t1e-3\nc\t-1\t.5\t2\r",
    "# first\n\n  # second\ntruth a b c\n\n \t \na 2 0 -1.5\n#\nb 0 2 1e-3\nc -1 .5 "
    "2\n#",
    "\"truth\",\"a\",\"b\",\"c\"\n\"a\",\"2\",\"0\",\"-1.5\"\nb,0,2,1e-3\nc,-1,.5,2\n",
    "truth,a,b,c\na, 2, 0 ,\t-1.5\nb,0,2,1e-3\nc,-1,.5,2\n",
    "  a b c\na\t2 0\t -1.5\nb\t0\t2\t1e-3\t\nc -1 .5 2\n",
    "a b c\n\"a\" 2 0 -1.5\nb \"0\" 2 1e-3 \nc -1 .5 \"2\"\n",
    "truth b c a\nb 2 1e-3 0\nc .5 2 -1\na 0 -1.5 2\n",
};

static void test_same_table(void **state)
{
    (void)state;
    static const char *const classes[] = {"a", "b", "c"};
    static const double values[] = {2, 0, -1.5, 0, 2, 1e-3, -1, 0.5, 2};
    const merit_scores_options options = {.n_classes = 3, .classes = classes};
    for (size_t i = 0; i < sizeof same_table / sizeof *same_table; i++) {
        merit_scores *scores = parse_with(same_table[i], &options);
        assert_int_equal(merit_scores_n_truths(scores), 3);
        assert_names(scores, classes, 3);
        assert_values(scores, values);
        assert_false(has_note(scores, "order"));
        merit_scores_free(scores);
    }
}

static merit_scores *load(const char *name)
{
    char path[512];
    merit_scores *scores = NULL;
    merit_error err = {0};
    snprintf(path, sizeof path, "%s/examples/%s", MERIT_SOURCE_DIR, name);
    merit_status status = merit_scores_load(&scores, path, NULL, &err);
    if (status != MERIT_OK) {
        fail_msg("refused: %s", err.message);
    }
    return scores;
}

static void test_question(void **state)
{
    (void)state;
    static const char *const names[] = {"c1", "c2", "c3", "c4"};
    static const double values[] = {2, 1, 0, -1, 1, 2, -1, 0, 0, -1, 0, 1, -1, 0, 1, 2};
    static const int64_t best[] = {0, 1, 3, 3};
    merit_scores *scores = load("question.txt");
    assert_int_equal(merit_scores_n_truths(scores), 4);
    assert_names(scores, names, 4);
    assert_values(scores, values);
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(merit_scores_best_answer(scores, i), best[i]);
    }
    assert_int_equal(merit_scores_n_notes(scores), 1);
    assert_string_equal(merit_scores_note_id(scores, 0), "best-answer");
    assert_string_equal(merit_scores_note(scores, 0),
                        "for the truth \"c3\" the best answer is \"c4\" (score 1), not "
                        "\"c3\" (score 0)");
    merit_scores_free(scores);
}

static void test_fashion_tables(void **state)
{
    (void)state;
    merit_scores *groups = load("fashion-groups.tsv");
    merit_scores *asymmetric = load("fashion-asymmetric.tsv");
    assert_int_equal(merit_scores_n_truths(groups), 10);
    assert_int_equal(merit_scores_n_notes(groups), 0);
    assert_true(merit_scores_values(groups)[6] == 1);
    assert_true(merit_scores_values(asymmetric)[2] == -2.2917);
    assert_true(merit_scores_values(asymmetric)[98] == -3.0667);
    assert_int_equal(merit_scores_n_notes(asymmetric), 1);
    assert_true(has_note(asymmetric,
                         "not symmetric: answering \"Trouser\" for \"T-shirt\" "
                         "is worth -0.0629, \"T-shirt\" for \"Trouser\" "
                         "-4.9992 (45 such pairs)"));

    merit_scores_free(groups);
    merit_scores_free(asymmetric);
}

/* The same table said in groups, whether or not the classes are known. */
static void test_fashion_groups(void **state)
{
    (void)state;
    static const char spec[] = "groups:" MERIT_SOURCE_DIR "/examples/fashion.groups";
    const char *classes[10];
    merit_scores *table = load("fashion-groups.tsv");
    for (int64_t k = 0; k < 10; k++) {
        classes[k] = merit_scores_name(table, k);
    }
    const merit_scores_options cases[] = {
        {0}, {.n_classes = 10}, {.n_classes = 10, .classes = classes}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *same = NULL;
        assert_int_equal(merit_scores_load(&same, spec, &cases[i], NULL), MERIT_OK);
        assert_int_equal(merit_scores_n_truths(same), 10);
        assert_names(same, classes, 10);
        assert_values(same, merit_scores_values(table));
        assert_int_equal(merit_scores_n_notes(same), 0);
        merit_scores_free(same);
    }
    merit_scores_free(table);
}

/* Part of a substitution matrix as NCBI writes them. */
static void test_ncbi_matrix(void **state)
{
    (void)state;
    static const char *const names[] = {"A", "R", "B", "*"};
    static const double values[] = {4,  -1, -2, -4, -1, 5,  -1, -4,
                                    -2, -1, 4,  -4, -4, -4, -4, 1};
    merit_scores *scores = parse("#  Matrix made by hand\n"
                                 "#  * column uses minimum score\n"
                                 "   A  R  B  *\n"
                                 "A  4 -1 -2 -4 \n"
                                 "R -1  5 -1 -4 \n"
                                 "B -2 -1  4 -4 \n"
                                 "* -4 -4 -4  1 \n");
    assert_int_equal(merit_scores_n_truths(scores), 4);
    assert_names(scores, names, 4);
    assert_values(scores, values);
    assert_int_equal(merit_scores_n_notes(scores), 0);
    merit_scores_free(scores);
}

static void test_numbers_keep_their_bits(void **state)
{
    (void)state;
    merit_scores *scores =
        parse("x y\nx -0 1e-320\ny 0.1000000000000000055511151231257827"
              " 123456789.12345678\n");
    static const double values[] = {-0.0, 1e-320, 0.1, 123456789.12345678};
    assert_values(scores, values);
    merit_scores_free(scores);
}

/* A zero of either sign stays as it is in the table, and is "0" in the notes. */
static void test_notes_have_no_negative_zero(void **state)
{
    (void)state;
    static const double values[] = {-0.0, 1, -0.0, 2};
    merit_scores *scores = parse("a b\na -0 1\nb -0 2\n");
    assert_values(scores, values);
    assert_true(has_note(scores, "is \"b\" (score 1), not \"a\" (score 0)"));
    assert_true(has_note(scores, "worth 1, \"a\" for \"b\" 0 (1 such pair)"));
    assert_false(has_note(scores, "-0"));
    merit_scores_free(scores);
}

static void test_quoted_names(void **state)
{
    (void)state;
    static const char *const names[] = {"a,b", "line\nbreak", "say \"hi\"", " # ", "d"};
    static const double values[] = {1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1,
                                    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    merit_scores *scores =
        parse("truth,\"a,b\",\"line\nbreak\",\"say \"\"hi\"\"\", # ,d\n"
              "\"a,b\",1,0,0,0,0\n"
              "\"line\nbreak\",0,1,0,0,0\n"
              "\"say \"\"hi\"\"\",0,0,1,0,0\n"
              "\" # \",0,0,0,1,0\n"
              "d,0,0,0,0,1\n");
    assert_names(scores, names, 5);
    assert_values(scores, values);
    merit_scores_free(scores);
}

static void test_extra_answers(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "unsure", "none"};
    static const double values[] = {2, -1, 0.5, 0.25, -2, 3, 0.75, 0.125};
    merit_scores *last =
        parse("truth a b unsure none\na 2 -1 .5 .25\nb -2 3 .75 .125\n");
    merit_scores *mixed =
        parse("truth unsure a none b\na .5 2 .25 -1\nb .75 -2 .125 3\n");
    merit_scores *no_corner =
        parse("unsure a none b\na .5 2 .25 -1\nb .75 -2 .125 3\n");
    const merit_scores *all[] = {last, mixed, no_corner};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(merit_scores_n_truths(all[i]), 2);
        assert_names(all[i], names, 4);
        assert_values(all[i], values);
        assert_true(has_note(all[i], "answers without a row, which are no classes: "
                                     "\"unsure\", \"none\""));
        assert_false(has_note(all[i], "reordered"));
    }
    merit_scores_free(last);
    merit_scores_free(mixed);
    merit_scores_free(no_corner);
}

static void test_rows_in_another_order(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    merit_scores *scores = parse("t a b c\nc 7 8 9\na 1 2 3\nb 4 5 6\n");
    assert_names(scores, names, 3);
    assert_values(scores, values);
    assert_true(has_note(scores, "the rows are in another order than the columns"));
    merit_scores_free(scores);
}

/* Scores without names are a table too, with scores for names. */
static void test_names_like_scores(void **state)
{
    (void)state;
    static const char *const classes[] = {"1", "2"};
    static const struct {
        const char *text;
        merit_scores_options options;
        const char *note; // NULL: none of the kind
    } cases[] = {
        {"0 1 2\n1 0 2\n2 1 0\n",
         {0},
         "the first line is taken as names: the answers are called \"1\", \"2\""},
        {"0 1 2\n1 0 2\n2 1 0\n", {.n_classes = 2, .classes = classes}, NULL},
        {"t 1 0\n1 1 0\n0 0 1\n", {0}, "called \"1\", \"0\""},
        {"t 0 1 7\n0 1 0 0\n1 0 1 0\n", {0}, "called \"0\", \"1\", \"7\""},
        {"t 0 1.0\n0 1 0\n1.0 0 1\n", {0}, "called \"0\", \"1.0\""},
        {"t -1 .5\n-1 1 0\n.5 0 1\n", {0}, "called \"-1\", \".5\""},
        {"t 0 1\n0 1 0\n1 0 1\n", {0}, NULL},
        {"t 0 1\n1 0 1\n0 1 0\n", {0}, NULL},
        {"t 1 2 ?\n1 1 0 0\n2 0 1 0\n", {0}, NULL},
        {"t 1 b\n1 1 0\nb 0 1\n", {0}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = parse_with(cases[i].text, &cases[i].options);
        assert_int_equal(merit_scores_n_truths(scores), 2);
        assert_int_equal(has_note(scores, "taken as names"), cases[i].note != NULL);
        if (cases[i].note != NULL && !has_note(scores, cases[i].note)) {
            fail_msg("table %zu has no note with: %s", i, cases[i].note);
        }
        merit_scores_free(scores);
    }
}

/* The first line may look like anything. */
static void test_corner(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "a a b\na 1 0\nb 0 1\n",    // a corner that is also the name of a class
        "a b\na 1 0\nb 0 1\n",      // none
        "b a\nb 1 0\na 0 1\n",      // none, in another order
        "\"\" a b\na 1 0\nb 0 1\n", // empty
        "x/y a b\na 1 0\nb 0 1\n",  // some
        "\xff a b\na 1 0\nb 0 1\n", // no name, so need not be text
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = parse(cases[i]);
        static const double values[] = {1, 0, 0, 1};
        assert_int_equal(merit_scores_n_answers(scores), 2);
        assert_values(scores, values);
        merit_scores_free(scores);
    }
}

static void test_costs(void **state)
{
    (void)state;
    static const double values[] = {0, -1, -2.5, 0};
    const merit_scores_options options = {.costs = 1};
    merit_scores *scores = parse_with("a b\na 0 1\nb 2.5 0\n", &options);
    assert_values(scores, values); // and no minus zero
    assert_false(has_note(scores, "look like"));
    merit_scores_free(scores);
    scores = parse_with("a b\na -0 1\nb 2.5 -0.0\n", &options);
    assert_values(scores, values);
    assert_false(has_note(scores, "costs"));
    merit_scores_free(scores);
    scores = parse_with("a b\na 0 1\nb 2.5 0.5\n", &options);
    assert_true(has_note(scores, "the right answer costs 0.5 for \"b\", not 0"));
    merit_scores_free(scores);
    scores = parse_with("a b\na 2 -1\nb -1 2\n", &options);
    assert_true(has_note(scores, "these look like scores, but were read as costs"));
    merit_scores_free(scores);
}

static void test_classes_of_the_data(void **state)
{
    (void)state;
    static const char text[] = "t a ? b c\na 1 0 2 3\nb 4 0 5 6\nc 7 0 8 9\n";
    static const char *const order[] = {"c", "a", "b"};
    static const char *const names[] = {"c", "a", "b", "?"};
    static const double values[] = {9, 7, 8, 0, 3, 1, 2, 0, 6, 4, 5, 0};
    merit_scores_options options = {.n_classes = 3, .classes = order};
    merit_scores *scores = parse_with(text, &options);
    assert_names(scores, names, 4);
    assert_values(scores, values);
    merit_scores_free(scores);

    static const char *const other[] = {"a", "b", "d", "e"};
    static const char *const twice[] = {"a", "b", "c", "c"};
    static const char *const nameless[] = {"a", NULL, "c"};
    const struct {
        merit_scores_options options;
        merit_status status;
        const char *message;
    } cases[] = {
        {{.n_classes = 10},
         MERIT_EFORMAT,
         "t.tsv: expected 10 classes as in the data, "
         "found 3"},
        {{.n_classes = 4, .classes = other},
         MERIT_EFORMAT,
         "t.tsv: other classes than the data: only the table has \"c\"; only the data "
         "has "
         "\"d\", \"e\""},
        {{.n_classes = 2, .classes = other},
         MERIT_EFORMAT,
         "t.tsv: other classes than the data: only the table has \"c\""},
        {{.n_classes = 4, .classes = twice}, MERIT_EINVAL, "both named \"c\""},
        {{.n_classes = 3, .classes = nameless}, MERIT_EINVAL, "class 1 has no name"},
        {{.n_classes = 0, .classes = order}, MERIT_EINVAL, "0 classes"},
        {{.n_classes = -1}, MERIT_EINVAL, "-1 classes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        assert_int_equal(merit_scores_parse(&scores, text, strlen(text), "t.tsv",
                                            &cases[i].options, &err),
                         cases[i].status);
        assert_null(scores);
        assert_int_equal(err.code, cases[i].status);
        if (strstr(err.message, cases[i].message) == NULL) {
            fail_msg("expected \"%s\" in \"%s\"", cases[i].message, err.message);
        }
    }
    options = (merit_scores_options){.n_classes = 3};
    merit_scores_free(parse_with(text, &options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_table),
        cmocka_unit_test(test_question),
        cmocka_unit_test(test_fashion_tables),
        cmocka_unit_test(test_fashion_groups),
        cmocka_unit_test(test_ncbi_matrix),
        cmocka_unit_test(test_numbers_keep_their_bits),
        cmocka_unit_test(test_notes_have_no_negative_zero),
        cmocka_unit_test(test_quoted_names),
        cmocka_unit_test(test_extra_answers),
        cmocka_unit_test(test_rows_in_another_order),
        cmocka_unit_test(test_names_like_scores),
        cmocka_unit_test(test_corner),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_classes_of_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
