/* Every loss against an independent implementation: each row of
 * tests/reference/losses.tsv, whose layout reference/losses.py tells. */
#include "loss_fixtures.h"

#include <stdio.h>

enum { MAX_TABLES = 16, MAX_CLASSES = 8, MAX_FIELDS = 80, LINE_BYTES = 4096 };

typedef struct reference {
    char *names[MAX_TABLES];
    merit_scores *tables[MAX_TABLES];
    int n_tables;
    int64_t n_rows;
    int64_t n_values;
    double value; // of the last row
    double gradient[MAX_CLASSES];
    int64_t n_classes; // of the last row
    double size;       // of its scores and logits
    char what[160];
} reference;

/* Splits a line at its tabs, in place. */
static int split_line(char *line, char **fields)
{
    int n = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *next = line; next != NULL; n++) {
        assert_true(n < MAX_FIELDS);
        fields[n] = next;
        next = strchr(next, '\t');
        if (next != NULL) {
            *next++ = '\0';
        }
    }
    return n;
}

static double read_number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    assert_true(end != text && *end == '\0');
    return value;
}

static void read_table(reference *all, char **fields, int n_fields)
{
    double values[MAX_CLASSES * MAX_CLASSES];
    const int64_t K = (int64_t)read_number(fields[2]);
    assert_true(K <= MAX_CLASSES && n_fields == 3 + K * K);
    assert_true(all->n_tables < MAX_TABLES);
    for (int64_t i = 0; i < K * K; i++) {
        values[i] = read_number(fields[3 + i]);
    }
    all->names[all->n_tables] = strdup(fields[1]);
    all->tables[all->n_tables] = make_scores(values, K, K);
    all->n_tables++;
}

static const merit_scores *find_table(const reference *all, const char *name)
{
    for (int t = 0; t < all->n_tables; t++) {
        if (strcmp(all->names[t], name) == 0) {
            return all->tables[t];
        }
    }
    fail_msg("no table %s", name);
    return NULL;
}

static void eval_row(reference *all, char **fields, int n_fields)
{
    double logits[MAX_CLASSES];
    const merit_scores *scores = find_table(all, fields[2]);
    const int64_t K = merit_scores_n_truths(scores);
    const double progress = read_number(fields[3]);
    const int64_t truth = (int64_t)read_number(fields[4]);
    assert_true(n_fields == 5 + K && truth >= 0 && truth < K);
    all->size = 1;
    for (int64_t j = 0; j < K; j++) {
        logits[j] = read_number(fields[5 + j]);
        all->size = fmax(all->size, fabs(logits[j]));
        all->size = fmax(all->size, fabs(merit_scores_values(scores)[truth * K + j]));
    }
    merit_loss *loss = make_loss(fields[1], scores);
    all->value = merit_loss_row(loss, logits, truth, progress, all->gradient);
    all->n_classes = K;
    all->n_rows++;
    snprintf(all->what, sizeof all->what, "row %d: %s, table %s, truth %d",
             (int)all->n_rows, fields[1], fields[2], (int)truth);
    merit_loss_free(loss);
}

static void check_numbers(reference *all, const char *key, const double *found,
                          int64_t n_found, char **fields, int n_fields)
{
    assert_int_equal(n_fields, 1 + n_found);
    for (int64_t i = 0; i < n_found; i++) {
        double expected = read_number(fields[1 + i]);
        // Where terms cancel, rounding counts by their size.
        double tolerance = 1e-10 * fabs(expected) + 1e-14 * all->size;
        if (!(fabs(found[i] - expected) <= tolerance)) {
            fail_msg("%s: %s[%d] is %.17g, expected %.17g", all->what, key, (int)i,
                     found[i], expected);
        }
        all->n_values++;
    }
}

static void losses_agree_with_the_reference(void **state)
{
    (void)state;
    reference all = {0};
    char line[LINE_BYTES];
    char *fields[MAX_FIELDS];
    FILE *file = fopen(MERIT_SOURCE_DIR "/tests/reference/losses.tsv", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const int n = split_line(line, fields);
        if (strcmp(fields[0], "table") == 0) {
            read_table(&all, fields, n);
        } else if (strcmp(fields[0], "row") == 0) {
            eval_row(&all, fields, n);
        } else if (strcmp(fields[0], "value") == 0) {
            check_numbers(&all, "value", &all.value, 1, fields, n);
        } else {
            assert_string_equal(fields[0], "gradient");
            check_numbers(&all, "gradient", all.gradient, all.n_classes, fields, n);
        }
    }
    fclose(file);
    assert_true(all.n_rows > 200 && all.n_values > 1000);
    for (int t = 0; t < all.n_tables; t++) {
        free(all.names[t]);
        merit_scores_free(all.tables[t]);
    }
}

/* The reference covers the catalogue. */
static void every_loss_has_reference_values(void **state)
{
    (void)state;
    char line[LINE_BYTES];
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        char wanted[80];
        int is_there = 0;
        snprintf(wanted, sizeof wanted, "row\t%s\t", merit_loss_describe(i)->name);
        FILE *file = fopen(MERIT_SOURCE_DIR "/tests/reference/losses.tsv", "r");
        assert_non_null(file);
        while (fgets(line, sizeof line, file) != NULL) {
            is_there = is_there || strncmp(line, wanted, strlen(wanted)) == 0;
        }
        fclose(file);
        if (!is_there) {
            fail_msg("%s: add it to tests/reference/losses.py",
                     merit_loss_describe(i)->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_agree_with_the_reference),
        cmocka_unit_test(every_loss_has_reference_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
