/* What the best constant answer earns on the data of a training. */
#include "train/best_constant.h"

#include "base/alloc.h"
#include "data_files.h"
#include "merit/data.h"
#include "merit/scores.h"

#include <math.h>

static void write_npy(char path[PATH_BYTES], const char *name, const char *shape,
                      const char *values)
{
    static bytes file;
    char header[80];
    snprintf(header, sizeof header,
             "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }\n", shape);
    start_npy(&file, 1, header);
    add_bytes_to(&file, values, 4);
    write_data(data_path(path, name), file.at, file.n);
}

static void test_the_best_constant_answer(void **state)
{
    (void)state;
    static const double values[] = {2, 1, 0, 1.75, -1, 2, 0, 1, -4, -1, 2, -3};
    char examples[PATH_BYTES], labels[PATH_BYTES];
    write_npy(examples, "x.npy", "(4, 1)", "\1\2\3\4");
    write_npy(labels, "y.npy", "(4,)", "\0\0\1\2");
    const merit_dataset_options options = {.labels = labels};
    merit_dataset *data = NULL;
    merit_scores *table = NULL;
    assert_int_equal(merit_dataset_load(&data, examples, &options, NULL), MERIT_OK);
    assert_int_equal(merit_scores_create(&table, 3, 4, values, NULL, NULL), MERIT_OK);
    // Of the answers' means -0.25, 0.75, 0.5 and 0.375 the largest.
    assert_true(merit__best_constant(table, data) == 0.75);
    merit__alloc_fail_at(1, 1);
    double without_memory = merit__best_constant(table, data);
    merit__alloc_fail_at(0, 0);
    assert_true(isnan(without_memory));
    merit_scores_free(table);
    merit_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_constant_answer),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_folder);
}
