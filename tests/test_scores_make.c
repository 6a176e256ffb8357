/* Score tables from numbers and generators, their notes, and printing. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/random.h"
#include "merit/scores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static merit_scores *create(int64_t n_truths, int64_t n_answers, const double *values,
                            const char *const *answers)
{
    merit_scores *scores = NULL;
    merit_error err = {0};
    merit_status status =
        merit_scores_create(&scores, n_truths, n_answers, values, answers, &err);
    if (status != MERIT_OK) {
        fail_msg("refused: %s", err.message);
    }
    return scores;
}

static merit_scores *load(const char *spec, const merit_scores_options *options)
{
    merit_scores *scores = NULL;
    merit_error err = {0};
    merit_status status = merit_scores_load(&scores, spec, options, &err);
    if (status != MERIT_OK) {
        fail_msg("%s refused: %s", spec, err.message);
    }
    return scores;
}

static void assert_message(const char *message, const char *expected)
{
    if (strstr(message, expected) == NULL) {
        fail_msg("expected \"%s\" in \"%s\"", expected, message);
    }
}

static void test_create(void **state)
{
    (void)state;
    static const double values[] = {1, -1, 0.25, 0, 2, 0.5};
    static const char *const names[] = {"yes", "no", "perhaps"};
    merit_scores *scores = create(2, 3, values, names);
    assert_int_equal(merit_scores_n_truths(scores), 2);
    assert_int_equal(merit_scores_n_answers(scores), 3);
    assert_memory_equal(merit_scores_values(scores), values, sizeof values);
    assert_ptr_not_equal(merit_scores_values(scores), values);
    assert_string_equal(merit_scores_name(scores, 2), "perhaps");
    assert_ptr_not_equal(merit_scores_name(scores, 2), names[2]);
    assert_null(merit_scores_name(scores, 3));
    assert_null(merit_scores_name(scores, -1));
    assert_null(merit_scores_note(scores, -1));
    assert_null(merit_scores_note(scores, merit_scores_n_notes(scores)));
    assert_null(merit_scores_note_id(scores, -1));
    assert_null(merit_scores_note_id(scores, merit_scores_n_notes(scores)));
    merit_scores_free(scores);
    scores = create(2, 3, values, NULL);
    assert_string_equal(merit_scores_name(scores, 0), "0");
    assert_string_equal(merit_scores_name(scores, 2), "2");
    merit_scores_free(scores);
    merit_scores_free(NULL);
}

static void test_best_answer(void **state)
{
    (void)state;
    static const double values[] = {1, 0, 1, 5, 5, 6, -3, -2, -1, -2, -1, -1};
    merit_scores *scores = create(3, 4, values, NULL);
    assert_int_equal(merit_scores_best_answer(scores, 0), 3);
    assert_int_equal(merit_scores_best_answer(scores, 1), 1);
    assert_int_equal(merit_scores_best_answer(scores, 2), 0); // the first of three
    assert_int_equal(merit_scores_best_answer(scores, 3), -1);
    assert_int_equal(merit_scores_best_answer(scores, -1), -1);
    merit_scores_free(scores);
}

static void test_create_refuses(void **state)
{
    (void)state;
    static const double good[] = {1, 0, 0, 1};
    static const double nan_value[] = {1, 0, NAN, 1};
    static const double infinite[] = {1, -INFINITY, 0, 1};
    static const double large[] = {1, 0, 0, 1.1e15};
    static const char *const twice[] = {"a", "a"};
    static const char *const empty[] = {"a", ""};
    static const char *const null[] = {NULL, "b"};
    static const char *const latin1[] = {"a", "\xe9"};
    const struct {
        int64_t n_truths, n_answers;
        const double *values;
        const char *const *names;
        merit_status status;
        const char *message;
    } cases[] = {
        {0, 0, good, NULL, MERIT_EINVAL, "found K=0, A=0"},
        {1, 2, good, NULL, MERIT_EINVAL, "found K=1, A=2"},
        {2, 1, good, NULL, MERIT_EINVAL, "found K=2, A=1"},
        {-2, 2, good, NULL, MERIT_EINVAL, "found K=-2, A=2"},
        {2, 2, NULL, NULL, MERIT_EINVAL, "no values"},
        {100000, 100000, good, NULL, MERIT_ENOMEM, "80.0 GB; the limit is 20000"},
        {2, INT64_MAX, good, NULL, MERIT_ENOMEM, "the limit is 20000"},
        {2, 2, nan_value, NULL, MERIT_EINVAL, "found nan for truth 1, answer 0"},
        {2, 2, infinite, NULL, MERIT_EINVAL, "found -inf for truth 0, answer 1"},
        {2, 2, large, NULL, MERIT_EINVAL, "size up to 1e+15, found 1.1e+15"},
        {2, 2, good, twice, MERIT_EINVAL, "answers 0 and 1 are both named \"a\""},
        {2, 2, good, empty, MERIT_EINVAL, "name of answer 1 is empty"},
        {2, 2, good, null, MERIT_EINVAL, "name of answer 0 is NULL"},
        {2, 2, good, latin1, MERIT_EINVAL, "name of answer 1 is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        merit_scores *scores = NULL;
        assert_int_equal(merit_scores_create(&scores, cases[i].n_truths,
                                             cases[i].n_answers, cases[i].values,
                                             cases[i].names, &err),
                         cases[i].status);
        assert_null(scores);
        assert_message(err.message, cases[i].message);
    }
}

static void test_notes(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "B "};
    static const struct {
        double values[9];
        const char *note; // NULL: none at all
    } cases[] = {
        {{2, 1, 0, 1, 2, 0, 0, 0, 2}, NULL},
        {{2, 1, 0, 1, 2, 0, 0, 3, 2},
         "for the truth \"B \" the best answer is \"b\" "
         "(score 3), not \"B \" (score 2)"},
        {{2, 1, 0, 1, 2, 0, 0.5, 0, 2},
         "not symmetric: answering \"B \" for \"a\" is "
         "worth 0, \"a\" for \"B \" 0.5 (1 such pair)"},
        {{2, 1, 0, 3, 2, 0, 0.5, 0, 2}, "(2 such pairs)"},
        {{1, 1, 1, 2, 2, 2, 0, 0, 0}, "the table carries no information"},
        {{1, 0, 0, 0, 1, 0, 0, 0, 0}, "no information in the row of \"B \""},
        {{0, 1, 2, 1, 0, 3, 2, 3, 0}, "these look like costs, but were read as scores"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = create(3, 3, cases[i].values, names);
        char all[2048] = "";
        int64_t n = merit_scores_n_notes(scores);
        for (int64_t j = 0; j < n; j++) {
            size_t used = strlen(all);
            snprintf(all + used, sizeof all - used, "%s\n",
                     merit_scores_note(scores, j));
        }
        assert_message(all,
                       "the names \"b\" and \"B \" differ only in capitals or spaces");
        if (cases[i].note == NULL) {
            assert_int_equal(n, 1);
        } else {
            assert_message(all, cases[i].note);
        }
        merit_scores_free(scores);
    }
}

static void test_many_notes(void **state)
{
    (void)state;
    enum { K = 30 };
    static double values[K * K]; // the best answer is the next class
    for (size_t i = 0; i < K; i++) {
        values[i * K + i] = 1;
        values[i * K + (i + 1) % K] = 2;
    }
    merit_scores *scores = create(K, K, values, NULL);
    assert_int_equal(merit_scores_n_notes(scores), 20 + 1 + 1);
    assert_string_equal(merit_scores_note(scores, 20),
                        "another answer is the best one for 10 more truths");
    merit_scores_free(scores);
}

static void test_identity_and_ordinal(void **state)
{
    (void)state;
    static const char *const names[] = {"low", "middle", "high"};
    static const struct {
        const char *spec;
        double values[9];
    } cases[] = {
        {"identity", {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        {"ordinal", {0, -1, -2, -1, 0, -1, -2, -1, 0}},
        {"ordinal:1", {0, -1, -2, -1, 0, -1, -2, -1, 0}},
        {"ordinal:2", {0, -1, -4, -1, 0, -1, -4, -1, 0}},
        {"ordinal:0.5",
         {0, -1, -1.4142135623730951, -1, 0, -1, -1.4142135623730951, -1, 0}},
    };
    merit_scores_options options = {.n_classes = 3, .classes = names};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = load(cases[i].spec, &options);
        assert_int_equal(merit_scores_n_truths(scores), 3);
        assert_string_equal(merit_scores_name(scores, 2), "high");
        assert_int_equal(merit_scores_n_notes(scores), 0);
        for (size_t j = 0; j < 9; j++) {
            assert_true(fabs(merit_scores_values(scores)[j] - cases[i].values[j]) <
                        1e-15);
        }
        merit_scores_free(scores);
    }
    options.classes = NULL;
    merit_scores *scores = load("identity", &options);
    assert_string_equal(merit_scores_name(scores, 2), "2");
    merit_scores_free(scores);
}

static void test_generators_refuse(void **state)
{
    (void)state;
    static const char *const twice[] = {"a", "a"};
    const struct {
        const char *spec;
        merit_scores_options options;
        merit_status status;
        const char *message;
    } cases[] = {
        {"identity", {0}, MERIT_EINVAL, "identity: expected at least 2 classes"},
        {"identity", {.n_classes = 1}, MERIT_EINVAL, "from the data, found 1"},
        {"identity",
         {.n_classes = 2, .costs = 1},
         MERIT_EINVAL,
         "makes scores, not costs"},
        {"identity", {.n_classes = 100000}, MERIT_ENOMEM, "80.0 GB"},
        {"identity",
         {.n_classes = 2, .classes = twice},
         MERIT_EINVAL,
         "both named \"a\""},
        {"ordinal", {.n_classes = -3}, MERIT_EINVAL, "-3 classes"},
        {"ordinal:",
         {.n_classes = 3},
         MERIT_EINVAL,
         "ordinal:power with a power above 0"},
        {"ordinal:0", {.n_classes = 3}, MERIT_EINVAL, "above 0"},
        {"ordinal:-1", {.n_classes = 3}, MERIT_EINVAL, "above 0"},
        {"ordinal:nan", {.n_classes = 3}, MERIT_EINVAL, "above 0"},
        {"ordinal:2x", {.n_classes = 3}, MERIT_EINVAL, "above 0"},
        {"ordinal:400",
         {.n_classes = 30},
         MERIT_EINVAL,
         "a distance of 2 is above 1e+15"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        merit_scores *scores = NULL;
        assert_int_equal(
            merit_scores_load(&scores, cases[i].spec, &cases[i].options, &err),
            cases[i].status);
        assert_null(scores);
        assert_message(err.message, cases[i].message);
    }
}

static char file_name[] = "/tmp/merit-test-scores-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(file_name);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file_name);
}

// Loads a groups file with this text.
static merit_status load_groups(merit_scores **out, const char *text,
                                const merit_scores_options *options, merit_error *err)
{
    char spec[64];
    snprintf(spec, sizeof spec, "groups:%s", file_name);
    assert_int_equal(merit__file_replace(file_name, text, strlen(text), NULL),
                     MERIT_OK);
    return merit_scores_load(out, spec, options, err);
}

static void test_groups(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf# kinds\r\n two words :a \"b c\"\t \r\n\nx:d:e";
    static const char *const names[] = {"a", "b c", "d:e"};
    static const double values[] = {2, 1, -1, 1, 2, -1, -1, -1, 2};
    merit_scores *scores = NULL;
    assert_int_equal(load_groups(&scores, text, NULL, NULL), MERIT_OK);
    assert_int_equal(merit_scores_n_answers(scores), 3);
    for (int64_t k = 0; k < 3; k++) {
        assert_string_equal(merit_scores_name(scores, k), names[k]);
    }
    assert_memory_equal(merit_scores_values(scores), values, sizeof values);
    merit_scores_free(scores);
}

static void test_groups_options(void **state)
{
    (void)state;
    static const char text[] = "g: a b\nscores: 0 1.5 4\nh: c\n";
    static const char *const order[] = {"c", "b", "a"};
    static const char *const other[] = {"c", "b", "x"};
    static const double values[] = {0, -4, -4, -4, 0, -1.5, -4, -1.5, 0};
    merit_scores *scores = NULL;
    merit_error err = {0};
    merit_scores_options options = {.n_classes = 3, .classes = order, .costs = 1};
    assert_int_equal(load_groups(&scores, text, &options, &err), MERIT_OK);
    assert_string_equal(merit_scores_name(scores, 0), "c");
    assert_memory_equal(merit_scores_values(scores), values, sizeof values);
    assert_int_equal(merit_scores_n_notes(scores), 0);
    merit_scores_free(scores);

    options.classes = other;
    assert_int_equal(load_groups(&scores, text, &options, &err), MERIT_EFORMAT);
    assert_message(err.message, "only the table has \"a\"; only the data has \"x\"");
    options = (merit_scores_options){.n_classes = 4};
    assert_int_equal(load_groups(&scores, text, &options, &err), MERIT_EFORMAT);
    assert_message(err.message, "expected 4 classes as in the data, found 3");
    options = (merit_scores_options){.costs = 1};
    assert_int_equal(load_groups(&scores, "g: a b\n", &options, &err), MERIT_EINVAL);
    assert_message(err.message, "the default scores 2, 1, -1 are no costs");
    assert_null(scores);
}

/* A line of classes sets the labels; the classes of the data come before it. */
static void test_groups_order(void **state)
{
    (void)state;
    static const char *const data[] = {"b", "c", "a"};
    static const struct {
        const char *text;
        merit_scores_options options;
        const char *names[3];
        double values[9];
    } cases[] = {
        {"classes: c a b\ng: a b\nh: c\n",
         {0},
         {"c", "a", "b"},
         {2, -1, -1, -1, 2, 1, -1, 1, 2}},
        {"g: a c\nh: b\n classes :\"a\"  b c \r\n",
         {0},
         {"a", "b", "c"},
         {2, -1, 1, -1, 2, -1, 1, -1, 2}},
        {"g: a b\nclasses: a c b\nh: c\nscores: 0 1 5\n",
         {.costs = 1, .n_classes = 3},
         {"a", "c", "b"},
         {0, -5, -1, -5, 0, -5, -1, -5, 0}},
        {"g: a b\nclasses: c a b\nh: c\n",
         {.n_classes = 3, .classes = data},
         {"b", "c", "a"},
         {2, -1, 1, -1, 2, -1, 1, -1, 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = NULL;
        merit_error err = {0};
        if (load_groups(&scores, cases[i].text, &cases[i].options, &err)) {
            fail_msg("refused: %s", err.message);
        }
        for (int64_t k = 0; k < 3; k++) {
            assert_string_equal(merit_scores_name(scores, k), cases[i].names[k]);
        }
        assert_memory_equal(merit_scores_values(scores), cases[i].values,
                            sizeof cases[i].values);
        assert_int_equal(merit_scores_n_notes(scores), 0);
        merit_scores_free(scores);
    }
}

static void test_groups_note_of_order(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"g: a c\n", "label 0 is \"a\", 1 is \"c\"; a line \"classes: ...\" sets "
                     "another order"},
        {"g: a c\nh: b\n", "1 is \"c\", 2 is \"b\"; a line"},
        {"g: a c\nh: b d\n", "classes are numbered in the order of the groups: label "
                             "0 is \"a\", 1 is \"c\", 2 is \"b\", ...; a line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = NULL;
        assert_int_equal(load_groups(&scores, cases[i][0], NULL, NULL), MERIT_OK);
        assert_int_equal(merit_scores_n_notes(scores), 1);
        assert_message(merit_scores_note(scores, 0), cases[i][1]);
        merit_scores_free(scores);
    }
}

/* Scores that were given as costs are refused. */
static void test_groups_costs(void **state)
{
    (void)state;
    static const struct {
        const char *scores;
        merit_status status;
    } cases[] = {
        {"2 1 -1", MERIT_EFORMAT}, {"1 1 0", MERIT_EFORMAT}, {"0 -1 -3", MERIT_EFORMAT},
        {"1 0 1", MERIT_EFORMAT},  {"0 1 3", MERIT_OK},      {"-2 -1 1", MERIT_OK},
        {"0 0 1", MERIT_OK},       {"1 1 1", MERIT_OK},      {"1 0 2", MERIT_OK},
        {"1 2 0", MERIT_OK},
    };
    const merit_scores_options options = {.costs = 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        merit_scores *scores = NULL;
        merit_error err = {0};
        snprintf(text, sizeof text, "g: a b\nh: c\nscores: %s\n", cases[i].scores);
        assert_int_equal(load_groups(&scores, text, &options, &err), cases[i].status);
        if (cases[i].status != MERIT_OK) {
            assert_message(err.message, ":3: as costs, the right answer would be the "
                                        "dearest; expected costs");
        }
        merit_scores_free(scores);
        assert_int_equal(load_groups(&scores, text, NULL, NULL), MERIT_OK);
        merit_scores_free(scores);
    }
}

static void assert_same(const merit_scores *a, const merit_scores *b)
{
    int64_t n_truths = merit_scores_n_truths(a);
    int64_t n_answers = merit_scores_n_answers(a);
    assert_int_equal(merit_scores_n_truths(b), n_truths);
    assert_int_equal(merit_scores_n_answers(b), n_answers);
    for (int64_t k = 0; k < n_answers; k++) {
        assert_string_equal(merit_scores_name(a, k), merit_scores_name(b, k));
    }
    assert_memory_equal(merit_scores_values(a), merit_scores_values(b),
                        (size_t)(n_truths * n_answers) * sizeof(double));
}

static void assert_prints_itself(const merit_scores *scores)
{
    char *text = NULL;
    size_t n = 0;
    merit_scores *again = NULL;
    merit_error err = {0};
    assert_int_equal(merit_scores_print(scores, &text, &n, &err), MERIT_OK);
    assert_int_equal(strlen(text), n);
    if (merit_scores_parse(&again, text, n, "printed", NULL, &err) != MERIT_OK) {
        fail_msg("%s\n%s", err.message, text);
    }
    assert_same(scores, again);
    merit_scores_free(again);
    merit_text_free(text);
}

static void test_print(void **state)
{
    (void)state;
    static const double values[] = {1, -0.0, 0.1, 1e-320, -2.5, 1e15};
    static const char *const names[] = {"a", "b c", "\"?\""};
    merit_scores *scores = create(2, 3, values, names);
    char *text = NULL;
    size_t n = 0;
    assert_int_equal(merit_scores_print(scores, &text, &n, NULL), MERIT_OK);
    assert_string_equal(text, "truth\ta\tb c\t\"\"\"?\"\"\"\n"
                              "a\t1\t-0\t0.1\n"
                              "b c\t1e-320\t-2.5\t1e+15\n");
    assert_int_equal(n, strlen(text));
    merit_text_free(text);
    merit_scores_free(scores);
}

// A finite score with random bits, of any size that is allowed.
static double random_score(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t w[4];
    double value = 0;
    merit__random(w, 19, a, b, c, 0);
    uint64_t exponent = w[2] % (1023 + 49); // up to 2^49 < 1e15, subnormals too
    uint64_t bits = (uint64_t)(w[0] & 0x800fffffu) << 32 | w[1] | exponent << 52;
    memcpy(&value, &bits, sizeof value);
    return w[3] % 8 == 0 ? 0.0 : value;
}

// A name that is new for each k, of bytes that have a meaning somewhere.
static void random_name(char name[24], uint32_t table, uint32_t k)
{
    static const char bytes[] = " ab\"#,;\t\n\r:-1\x01";
    uint32_t w[4];
    merit__random(w, 23, table, k, 0, 0);
    for (uint32_t i = 0; i < 6; i++) {
        name[i] = bytes[(w[0] >> (4 * i)) % (sizeof bytes - 1)];
    }
    snprintf(name + 6, 18, "%u%s", k, w[1] % 2 == 0 ? "\xc3\xa9" : " ");
}

static void test_print_parses_back(void **state)
{
    (void)state;
    enum { MAX_ANSWERS = 12 };
    for (uint32_t t = 0; t < 300; t++) {
        double values[MAX_ANSWERS * MAX_ANSWERS];
        char names[MAX_ANSWERS][24];
        const char *pointers[MAX_ANSWERS];
        uint32_t n_truths = 2 + t % 7;
        uint32_t n_answers = n_truths + t % 4;
        for (uint32_t k = 0; k < n_answers; k++) {
            random_name(names[k], t, k);
            pointers[k] = names[k];
        }
        for (uint32_t i = 0; i < n_truths * n_answers; i++) {
            values[i] = random_score(t, i, 0);
        }
        merit_scores *scores = create(n_truths, n_answers, values, pointers);
        assert_prints_itself(scores);
        merit_scores_free(scores);
    }
}

static void test_print_of_awkward_names(void **state)
{
    (void)state;
    static const double values[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const char *const cases[][3] = {
        {"truth", "a", "b"},  {"a", "truth", "b"},      {"0", "1", "2"},
        {"#", "##", " #"},    {" ", "  ", "\t"},        {"\"", "\"\"", "a\"b"},
        {"\n", "\r", "\r\n"}, {"a,b;c", "1,5", "x\ty"}, {"\xef\xbb\xbf", "nan", "-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_scores *scores = create(3, 3, values, cases[i]);
        assert_prints_itself(scores);
        merit_scores_free(scores);
    }
}

static merit_status try_create(merit_scores **out)
{
    static const double values[] = {0, 1, 1, 2, 0, 1};
    static const char *const names[] = {"a", "A", "b"};
    return merit_scores_create(out, 2, 3, values, names, NULL);
}

static merit_status try_ordinal(merit_scores **out)
{
    const merit_scores_options options = {.n_classes = 3};
    return merit_scores_load(out, "ordinal:2", &options, NULL);
}

static merit_status try_groups(merit_scores **out)
{
    static const char *const classes[] = {"c", "b", "a"};
    const merit_scores_options options = {.n_classes = 3, .classes = classes};
    char spec[64];
    snprintf(spec, sizeof spec, "groups:%s", file_name);
    return merit_scores_load(out, spec, &options, NULL);
}

static merit_status try_print(merit_scores **out)
{
    static const double values[] = {1, 0, 0, 1};
    char *text = NULL;
    size_t n = 0;
    merit_status status = merit_scores_create(out, 2, 2, values, NULL, NULL);
    if (status == MERIT_OK) {
        status = merit_scores_print(*out, &text, &n, NULL);
        assert_true((status == MERIT_OK) == (text != NULL));
        merit_text_free(text);
    }
    if (status != MERIT_OK) {
        merit_scores_free(*out);
        *out = NULL;
    }
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    static const char text[] = "g: a \"b\"\nscores: 1 2 3\nclasses: b a c\nh: c\n";
    merit_status (*const tries[])(merit_scores **) = {try_create, try_ordinal,
                                                      try_groups, try_print};
    assert_int_equal(merit__file_replace(file_name, text, strlen(text), NULL),
                     MERIT_OK);
    for (size_t i = 0; i < 2 * sizeof tries / sizeof *tries; i++) {
        merit_status status = MERIT_ENOMEM;
        for (long n = 1; status == MERIT_ENOMEM; n++) {
            merit_scores *scores = NULL;
            assert_true(n < 200);
            merit__alloc_fail_at(n, i % 2 == 0);
            status = tries[i / 2](&scores);
            merit__alloc_fail_at(0, 0);
            assert_true((status == MERIT_OK) == (scores != NULL));
            merit_scores_free(scores);
        }
        assert_int_equal(status, MERIT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_best_answer),
        cmocka_unit_test(test_create_refuses),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_many_notes),
        cmocka_unit_test(test_identity_and_ordinal),
        cmocka_unit_test(test_generators_refuse),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_groups_options),
        cmocka_unit_test(test_groups_order),
        cmocka_unit_test(test_groups_note_of_order),
        cmocka_unit_test(test_groups_costs),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_parses_back),
        cmocka_unit_test(test_print_of_awkward_names),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
