/* Optimisers against their formulas in double, and what they may not depend on. */
#include "train/optimizer.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

enum { N = 37, STEPS = 40 };

/* The same numbers in double. */
typedef struct exact {
    double parameter, moments[MERIT__MOMENTS];
} exact;

static void sgd_reference(exact *e, const merit__optimizer_step *s, double gradient)
{
    double g = gradient + s->weight_decay * e->parameter;
    e->moments[0] = s->momentum * e->moments[0] + g;
    e->parameter -= s->learning_rate * (g + s->momentum * e->moments[0]);
}

static void adamw_reference(exact *e, const merit__optimizer_step *s, double gradient)
{
    const double b1 = s->momentum, b2 = 0.999;
    e->moments[0] = b1 * e->moments[0] + (1 - b1) * gradient;
    e->moments[1] = b2 * e->moments[1] + (1 - b2) * gradient * gradient;
    double m = e->moments[0] / (1 - pow(b1, (double)s->step));
    double v = e->moments[1] / (1 - pow(b2, (double)s->step));
    e->parameter -=
        s->learning_rate * (m / (sqrt(v) + 1e-8) + s->weight_decay * e->parameter);
}

static const struct {
    const char *name;
    int n_moments;
    double learning_rate;
    void (*reference)(exact *, const merit__optimizer_step *, double);
} optimizers[] = {
    {"adamw", 2, 0.001, adamw_reference},
    {"sgd", 1, 0.05, sgd_reference},
};
enum { N_OPTIMIZERS = sizeof optimizers / sizeof *optimizers };

static const merit__optimizer *find(int i)
{
    const merit__optimizer *optimizer = NULL;
    merit_error err;
    assert_int_equal(merit__optimizer_find(&optimizer, optimizers[i].name, &err),
                     MERIT_OK);
    assert_string_equal(optimizer->name, optimizers[i].name);
    return optimizer;
}

/* Normal numbers of very different sizes, some of them 0. */
static float number(uint32_t use, uint32_t index)
{
    uint32_t words[4];
    float normal[2];
    merit__random(words, 3, use, index, 0, 0);
    merit__normal2(normal, words[0], words[1]);
    return words[2] % 9 == 0 ? 0 : ldexpf(normal[0], (int)(words[3] % 9) - 8);
}

/* Arrays as an optimiser changes them. */
typedef struct arrays {
    float parameters[N], moment[MERIT__MOMENTS][N];
} arrays;

static void start(arrays *a)
{
    memset(a, 0, sizeof *a);
    for (uint32_t i = 0; i < N; i++) {
        a->parameters[i] = number(1, i);
    }
}

static void gradient_of(float gradient[N], int64_t step)
{
    for (uint32_t i = 0; i < N; i++) {
        gradient[i] = number(2, (uint32_t)step * N + i);
    }
}

static merit__optimizer_step step_of(int64_t step, double rate, double decay)
{
    return (merit__optimizer_step){.learning_rate = rate / (1 + (double)(step % 5)),
                                   .momentum = 0.8,
                                   .weight_decay = decay,
                                   .step = step};
}

static void test_formula(void **state)
{
    (void)state;
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        const merit__optimizer *optimizer = find(o);
        for (int decays = 0; decays < 2; decays++) {
            arrays a;
            exact e[N] = {{0}};
            start(&a);
            float *moments[MERIT__MOMENTS] = {a.moment[0], a.moment[1]};
            for (int i = 0; i < N; i++) {
                e[i].parameter = (double)a.parameters[i];
            }
            for (int64_t step = 1; step <= STEPS; step++) {
                float gradient[N];
                gradient_of(gradient, step);
                merit__optimizer_step s =
                    step_of(step, optimizers[o].learning_rate, decays * 0.1);
                optimizer->update(&s, a.parameters, gradient, moments, N);
                for (int i = 0; i < N; i++) {
                    optimizers[o].reference(&e[i], &s, (double)gradient[i]);
                    double size = 1 + fabs(e[i].parameter);
                    assert_true(fabs((double)a.parameters[i] - e[i].parameter) <=
                                1e-6 * size * sqrt((double)step));
                    for (int m = 0; m < optimizer->n_moments; m++) {
                        double moment = e[i].moments[m];
                        assert_true(fabs((double)a.moment[m][i] - moment) <=
                                    2e-6 * (1 + fabs(moment)));
                    }
                }
            }
        }
    }
}

/* Without decay parameters do not shrink by themselves; with it they do. */
static void test_decay(void **state)
{
    (void)state;
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        const float zero[1] = {0};
        for (int decays = 0; decays < 2; decays++) {
            float parameter[1] = {4}, first[1] = {0}, second[1] = {0};
            float *moments[MERIT__MOMENTS] = {first, second};
            merit__optimizer_step s = step_of(1, 0.1, decays * 0.5);
            find(o)->update(&s, parameter, zero, moments, 1);
            assert_true(decays ? parameter[0] < 4 && parameter[0] > 3
                               : parameter[0] >= 4 && parameter[0] <= 4);
        }
    }
}

/* The same bits whether elements are updated together, apart or in another place: the
 * learner cuts the arena as it likes. */
static void test_elements_are_independent(void **state)
{
    (void)state;
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        const merit__optimizer *optimizer = find(o);
        for (int64_t width = 1; width < N; width += 5) {
            arrays whole, cut;
            start(&whole);
            start(&cut);
            for (int64_t step = 1; step <= 5; step++) {
                float gradient[N];
                gradient_of(gradient, step);
                merit__optimizer_step s = step_of(step, 0.01, 0.1);
                float *moments[MERIT__MOMENTS] = {whole.moment[0], whole.moment[1]};
                optimizer->update(&s, whole.parameters, gradient, moments, N);
                for (int64_t begin = 0; begin < N; begin += width) {
                    int64_t n = begin + width < N ? width : N - begin;
                    float *parts[MERIT__MOMENTS] = {cut.moment[0] + begin,
                                                    cut.moment[1] + begin};
                    optimizer->update(&s, cut.parameters + begin, gradient + begin,
                                      parts, n);
                }
            }
            assert_memory_equal(&whole, &cut, sizeof whole);
        }
    }
}

/* Padding between tensors has no gradient and stays 0. */
static void test_zero_stays_zero(void **state)
{
    (void)state;
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        arrays a;
        const float gradient[N] = {0};
        memset(&a, 0, sizeof a);
        for (int64_t step = 1; step <= 3; step++) {
            float *moments[MERIT__MOMENTS] = {a.moment[0], a.moment[1]};
            merit__optimizer_step s = step_of(step, 0.1, 0.1);
            find(o)->update(&s, a.parameters, gradient, moments, N);
        }
        for (int i = 0; i < N; i++) {
            assert_true(fabsf(a.parameters[i]) <= 0);
        }
    }
}

static void test_find(void **state)
{
    (void)state;
    const merit__optimizer *optimizer;
    merit_error err;
    for (int o = 0; o < N_OPTIMIZERS; o++) {
        optimizer = find(o);
        assert_int_equal(optimizer->n_moments, optimizers[o].n_moments);
        assert_true(optimizer->n_moments <= MERIT__MOMENTS);
        assert_true(fabs(optimizer->learning_rate - optimizers[o].learning_rate) <
                    1e-15);
        assert_true(fabs(optimizer->momentum - 0.9) < 1e-15);
    }
    static const char *const unknown[] = {"", "SGD", "adam", "sgd ", "momentum\n"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(merit__optimizer_find(&optimizer, unknown[i], &err),
                         MERIT_EINVAL);
        assert_non_null(strstr(err.message, "unknown optimizer"));
        assert_null(strchr(err.message, '\n'));
    }
    assert_int_equal(merit__optimizer_find(&optimizer, "adam", &err), MERIT_EINVAL);
    assert_non_null(strstr(err.message, "adamw"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_elements_are_independent),
        cmocka_unit_test(test_zero_stays_zero),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
