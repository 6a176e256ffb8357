/* How large a model may be: whatever can be trained can be saved, and whatever is saved
 * can be loaded. */
#include "model_fixtures.h"

// "dropout 0.125, dropout 0.125, ...", which the caller frees.
static char *repeat_layer(int n_layers)
{
    static const char layer[] = "dropout 0.125, ";
    const size_t n_bytes = sizeof layer - 1;
    char *spec = malloc((size_t)n_layers * n_bytes + 1);
    for (int i = 0; i < n_layers; i++) {
        memcpy(spec + (size_t)i * n_bytes, layer, sizeof layer);
    }
    spec[(size_t)n_layers * n_bytes - 2] = '\0';
    return spec;
}

// A limit that the file exceeds is a fault of the file, memory is not the reason.
static void test_net_of_too_many_layers(void **state)
{
    (void)state;
    char *spec = repeat_layer(10000);
    write_with_metadata("net", spec);
    free(spec);
    assert_refused("\"net\": the net has more than 10000 layers");
}

// Whatever can be trained can be saved, and whatever is saved can be loaded.
static void test_large_net_and_large_examples(void **state)
{
    (void)state;
    merit_error err;
    merit_net *net = NULL;
    char *spec = repeat_layer(9999);
    assert_int_equal(merit_net_create(&net, spec, 1, 1, 70000, K, &err), MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    merit__normalisation normalisation = {1, sample.mean, sample.deviation};
    merit__model_parts parts = sample.parts;
    parts.net = net;
    parts.parameters = parameters;
    parts.normalisation = &normalisation;
    assert_int_equal(merit__model_check(net, sample.scores, "{}", NULL, &err),
                     MERIT_OK);
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_OK);
    merit_model *model = load(sample.path);
    assert_string_equal(merit_model_metadata(model, "net"), spec);
    assert_string_equal(merit_model_metadata(model, "input"), "1x1x70000");
    merit_model_free(model);
    merit_net_free(net);
    merit__free(parameters);
    free(spec);
}

// A table [n_truths,n_answers] in which no row, no column and no name is like another.
static merit_scores *make_table(int64_t n_truths, int64_t n_answers, int name_bytes)
{
    merit_error err = {0};
    merit_scores *scores = NULL;
    double *values = malloc((size_t)(n_truths * n_answers) * sizeof *values);
    char(*names)[256] = malloc((size_t)n_answers * sizeof *names);
    const char **list = malloc((size_t)n_answers * sizeof *list);
    for (int64_t i = 0; i < n_truths * n_answers; i++) {
        values[i] = (double)(i * 7919 % 1000003) / 7;
    }
    for (int64_t k = 0; k < n_answers; k++) {
        snprintf(names[k], sizeof names[k], "%0*jd", name_bytes, (intmax_t)k);
        list[k] = names[k];
    }
    if (merit_scores_create(&scores, n_truths, n_answers, values, list, &err) !=
        MERIT_OK) {
        fail_msg("%s", err.message);
    }
    free(values);
    free(names);
    free(list);
    return scores;
}

// A model of the table with a net that has no layer but the last, without parameters in
// the first place; the caller frees net and parameters.
static merit__model_parts parts_of_table(const merit_scores *scores)
{
    merit_net *net = NULL;
    assert_int_equal(
        merit_net_create(&net, "", 2, 1, 1, merit_scores_n_truths(scores), NULL),
        MERIT_OK);
    merit__model_parts parts = sample.parts;
    parts.net = net;
    parts.parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    parts.scores = scores;
    parts.rule = MERIT_RULE_BAYES;
    parts.decode = NULL;
    return parts;
}

static void free_parts(merit__model_parts *parts)
{
    merit_net_free((merit_net *)parts->net);
    merit__free((float *)parts->parameters);
}

static void assert_same_table(const merit_scores *a, const merit_scores *b)
{
    int64_t n_truths = merit_scores_n_truths(a);
    int64_t n_answers = merit_scores_n_answers(a);
    assert_int_equal(merit_scores_n_truths(b), n_truths);
    assert_int_equal(merit_scores_n_answers(b), n_answers);
    assert_memory_equal(merit_scores_values(a), merit_scores_values(b),
                        (size_t)(n_truths * n_answers) * sizeof(double));
    for (int64_t k = 0; k < n_answers; k++) {
        assert_string_equal(merit_scores_name(a, k), merit_scores_name(b, k));
    }
}

static void test_large_tables(void **state)
{
    (void)state;
    static const struct {
        int64_t n_truths, n_answers;
        int name_bytes;
    } cases[] = {{2000, 2001, 12}, {2, 20000, 40}, {3, 3900, 255}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        merit_error err = {0};
        merit_scores *scores =
            make_table(cases[i].n_truths, cases[i].n_answers, cases[i].name_bytes);
        merit__model_parts parts = parts_of_table(scores);
        assert_int_equal(merit__model_check(parts.net, scores, "{}", NULL, &err),
                         MERIT_OK);
        assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_OK);
        merit_model *model = load(sample.path);
        assert_same_table(merit_model_scores(model), scores);
        merit_model_free(model);
        free_parts(&parts);
        merit_scores_free(scores);
    }
}

// What does not fit into a file is known before training and refused by saving, and
// what is said to fit does fit.
static void test_header_limit(void **state)
{
    (void)state;
    enum { SHORTEST = 180000, LONGEST = 240000, STEP = 4000, GROWTH = 8000 };
    merit_error err = {0};
    merit_scores *scores = make_table(2, 4000, 200);
    merit__model_parts parts = parts_of_table(scores);
    char *provenance = malloc(LONGEST + 1);
    char *grown = malloc(LONGEST + GROWTH + 1);
    memset(provenance, ' ', LONGEST + 1);
    memset(grown, ' ', LONGEST + GROWTH + 1);
    memcpy(provenance, "{}", 2);
    memcpy(grown, "{}", 2);
    int n_fit = 0;
    for (size_t n = SHORTEST; n < LONGEST; n += STEP) {
        merit_status status = MERIT_OK;
        provenance[n] = '\0';
        grown[n + GROWTH] = '\0';
        parts.provenance = grown;
        status = merit__model_check(parts.net, scores, provenance, NULL, &err);
        if (status == MERIT_OK) {
            n_fit++;
            assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err),
                             MERIT_OK);
        } else {
            assert_int_equal(status, MERIT_ENOMEM);
            assert_contains(err.message, "the limit is 1048576; the names of 4000 "
                                         "answers are a text of 812001 bytes");
        }
        provenance[n] = ' ';
        grown[n + GROWTH] = ' ';
    }
    assert_in_range(n_fit, 2, 13);
    grown[LONGEST + GROWTH] = '\0';
    unlink(sample.path);
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_ENOMEM);
    assert_contains(err.message, "the limit is 1048576");
    assert_int_equal(access(sample.path, F_OK), -1);
    free(provenance);
    free(grown);
    free_parts(&parts);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_of_too_many_layers),
        cmocka_unit_test(test_large_net_and_large_examples),
        cmocka_unit_test(test_large_tables),
        cmocka_unit_test(test_header_limit),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
