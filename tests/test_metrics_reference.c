/* Metrics, confusion and claims against an independent implementation: every line of
 * tests/reference/metrics.tsv, whose layout reference/metrics.py tells. */
#include "merit/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static merit_scores *make_scores(const double *values, int64_t K, int64_t A)
{
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, K, A, values, NULL, NULL), MERIT_OK);
    return scores;
}

static void assert_close(double found, double expected, const char *what)
{
    const double scale = fmax(1, fabs(expected));
    const int both_nan = isnan(found) && isnan(expected);
    const int same = found == expected; // also infinities
    if (!both_nan && !same && !(fabs(found - expected) <= 1e-13 * scale)) {
        fail_msg("%s is %.17g, expected %.17g", what, found, expected);
    }
}

enum { MAX_VALUES = 512 };

typedef struct reference_case {
    char name[64];
    int64_t n, K, A;
    double scores[MAX_VALUES], expected[MAX_VALUES], posterior[MAX_VALUES];
    int32_t labels[MAX_VALUES], answers[MAX_VALUES];
    float weights[MAX_VALUES];
    merit_answers given;
    merit_scores *table; // made with the first result
    merit_metrics m;
    double confusion[MAX_VALUES];
    double weight[MAX_VALUES], claimed[MAX_VALUES], realised[MAX_VALUES];
    int64_t n_checked; // lines of results
} reference_case;

/* Splits a line at its tabs, in place; returns the number of fields. */
static size_t split(char *line, char **fields, size_t n_max)
{
    size_t n = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *field = line; field != NULL; n++) {
        assert_true(n < n_max);
        fields[n] = field;
        field = strchr(field, '\t');
        if (field != NULL) {
            *field++ = '\0';
        }
    }
    return n;
}

/* Stores an input line; returns 0 when it is not one. */
static int store_input(reference_case *c, char **fields, size_t n_fields)
{
    const char *key = fields[0];
    assert_true(n_fields - 1 <= MAX_VALUES);
    for (size_t i = 0; i + 1 < n_fields; i++) {
        const double value = strtod(fields[i + 1], NULL);
        if (strcmp(key, "scores") == 0) {
            c->scores[i] = value;
        } else if (strcmp(key, "labels") == 0) {
            c->labels[i] = (int32_t)value;
        } else if (strcmp(key, "answers") == 0) {
            c->answers[i] = (int32_t)value;
        } else if (strcmp(key, "weights") == 0) {
            c->weights[i] = (float)value;
            c->given.weights = c->weights;
        } else if (strcmp(key, "expected") == 0) {
            c->expected[i] = value;
            c->given.expected = c->expected;
        } else if (strcmp(key, "posterior") == 0) {
            c->posterior[i] = value;
            c->given.posterior = c->posterior;
        } else {
            return 0;
        }
    }
    return 1;
}

static void compute_results(reference_case *c)
{
    merit_error err;
    c->given.n = c->n;
    c->given.labels = c->labels;
    c->given.answers = c->answers;
    c->table = make_scores(c->scores, c->K, c->A);
    if (merit_metrics_compute(&c->m, c->table, &c->given, &err) != MERIT_OK ||
        merit_confusion(c->confusion, c->table, &c->given, &err) != MERIT_OK ||
        (c->given.expected != NULL &&
         merit_claims(c->weight, c->claimed, c->realised, c->table, &c->given, &err) !=
             MERIT_OK)) {
        fail_msg("%s: %s", c->name, err.message);
    }
}

static void check_result(reference_case *c, char **fields, size_t n_fields)
{
    const double best_constant = c->m.best_constant;
    const struct {
        const char *key;
        const double *values;
        int64_t n;
    } results[] = {
        {"accuracy", &c->m.accuracy, 1},
        {"mean_score", &c->m.mean_score, 1},
        {"normalized_score", &c->m.normalized_score, 1},
        {"best_constant_score", &c->m.best_constant_score, 1},
        {"best_constant", &best_constant, 1},
        {"oracle_score", &c->m.oracle_score, 1},
        {"regret", &c->m.regret, 1},
        {"claimed_score", &c->m.claimed_score, 1},
        {"log_loss", &c->m.log_loss, 1},
        {"ece", &c->m.ece, 1},
        {"decode_loss", &c->m.decode_loss, 1},
        {"confusion", c->confusion, c->K * c->A},
        {"claims_weight", c->weight, c->A},
        {"claims_claimed", c->claimed, c->A},
        {"claims_realised", c->realised, c->A},
    };
    for (size_t r = 0; r < LENGTH(results); r++) {
        if (strcmp(results[r].key, fields[0]) != 0) {
            continue;
        }
        assert_int_equal(n_fields, results[r].n + 1);
        for (size_t i = 0; i + 1 < n_fields; i++) {
            char what[160];
            snprintf(what, sizeof what, "%s: %s[%zu]", c->name, fields[0], i);
            assert_close(results[r].values[i], strtod(fields[i + 1], NULL), what);
        }
        c->n_checked++;
        return;
    }
    fail_msg("%s: nobody knows the line %s", c->name, fields[0]);
}

static void end_case(reference_case *c)
{
    assert_int_equal(c->n_checked, c->given.expected != NULL ? 15 : 12);
    merit_scores_free(c->table);
}

static void begin_case(reference_case *c, char **fields, size_t n_fields)
{
    assert_int_equal(n_fields, 5);
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%s", fields[1]);
    c->n = strtol(fields[2], NULL, 10);
    c->K = strtol(fields[3], NULL, 10);
    c->A = strtol(fields[4], NULL, 10);
    assert_true(c->n * c->K <= MAX_VALUES && c->K * c->A <= MAX_VALUES);
}

static void test_reference(void **state)
{
    (void)state;
    static reference_case c;
    char *line = NULL, *fields[MAX_VALUES + 1];
    size_t n_line = 0;
    int64_t n_cases = 0;
    FILE *file = fopen(MERIT_SOURCE_DIR "/tests/reference/metrics.tsv", "r");
    assert_non_null(file);
    while (getline(&line, &n_line, file) >= 0) {
        const size_t n_fields = split(line, fields, LENGTH(fields));
        if (fields[0][0] == '#') {
            continue;
        }
        if (strcmp(fields[0], "case") == 0) {
            if (n_cases++ > 0) {
                end_case(&c);
            }
            begin_case(&c, fields, n_fields);
        } else if (c.table != NULL || !store_input(&c, fields, n_fields)) {
            if (c.table == NULL) {
                compute_results(&c);
            }
            check_result(&c, fields, n_fields);
        }
    }
    end_case(&c);
    assert_int_equal(n_cases, 11);
    free(line);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
