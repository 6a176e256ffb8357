/* Sequences: what is read, how they are cut into windows, what is hidden, and that a
 * row of logits depends on its sequence alone: not on padding, company or threads. */
#include "base/alloc.h"
#include "base/random.h"
#include "data/dataset.h"
#include "model/model.h"
#include "net/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/merit-sequences-XXXXXX";

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Protein number i, of some length from 1 to 90. */
static void put_protein(FILE *file, int i)
{
    static const char letters[] = "ARNDCQEGHILKMFPSTWYVX";
    uint32_t words[4];
    merit__random(words, 9, 1, (uint32_t)i, 0, 0);
    int n = 1 + (int)(words[0] % 90);
    fprintf(file, ">p%d some text\n", i);
    for (int t = 0; t < n; t++) {
        merit__random(words, 9, 2, (uint32_t)i, (uint32_t)t, 0);
        fputc(letters[words[0] % 21], file);
        fputs(t % 30 == 29 ? "\n" : "", file);
    }
    fputc('\n', file);
}

static void write_proteins(int first, int n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = first; i < first + n; i++) {
        put_protein(file, i);
    }
    assert_int_equal(fclose(file), 0);
}

static merit_dataset *load(merit_task task, int64_t letters)
{
    merit_dataset *data = NULL;
    merit_error err = {0};
    merit_dataset_options options = {.task = task, .letters = letters, .no_labels = 1};
    if (merit_dataset_load(&data, path, &options, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

static void test_read(void **state)
{
    (void)state;
    write_text("\xef\xbb\xbf\r\n>a x y\r\nACD\r\nef-*.\r\n\r\n>b|7\nGGG GG");
    merit_dataset *data = load(MERIT_TASK_RESIDUE, 8);
    int64_t n, n_letters, place = 0;
    merit_dataset_sequences(data, &n, &n_letters);
    assert_int_equal(n, 2);
    assert_int_equal(n_letters, 13);
    assert_int_equal(merit_dataset_n(data), 13);
    assert_string_equal(merit_dataset_sequence(data, 7, &place), "a");
    assert_int_equal(place, 8);
    assert_string_equal(merit_dataset_sequence(data, 8, &place), "b|7");
    assert_int_equal(place, 1);
    float x[8];
    assert_int_equal(merit_dataset_example(data, 0, x, NULL), MERIT_OK);
    const float expected[8] = {0, 2, 3, 4, 5, 27, 26, 27};
    assert_memory_equal(x, expected, sizeof x);
    assert_int_equal(merit_dataset_example(data, 9, x, NULL), MERIT_OK);
    assert_true(x[4] == 6 && x[5] == MERIT__CODE_END && x[7] == MERIT__CODE_END);
    merit_dataset_free(data);
}

static void test_fastq(void **state)
{
    (void)state;
    write_text("@r1\nACGT\nNN\n+r1\n@@@@++\n@r2\nACGTACGTTT\n+\nIIIIIIIIII\n");
    merit_dataset *data = load(MERIT_TASK_MASKED, 16);
    assert_string_equal(merit_dataset_alphabet(data), "dna");
    assert_int_equal(merit_dataset_n_classes(data), 4);
    assert_string_equal(merit_dataset_class_name(data, 2), "G");
    merit_dataset_free(data);
}

/* Windows cover every letter once, stay within their record and show what is around. */
static void test_windows(void **state)
{
    (void)state;
    write_proteins(0, 200);
    merit_dataset *data = load(MERIT_TASK_RESIDUE, 32);
    const merit__sequences *s = data->storage->sequences;
    int64_t covered = 0;
    for (int64_t i = 0; i < data->n_windows; i++) {
        const merit__window *w = &data->windows[i];
        int64_t length = merit__record_length(&s->records, w->record);
        assert_true(w->start >= 0 && w->start <= w->from && w->from < w->end);
        assert_true(w->end <= length && w->end <= w->start + 32);
        assert_true(w->start == 0 || w->start + 32 <= length);
        assert_true(w->from == 0 || data->windows[i - 1].end == w->from);
        covered += w->end - w->from;
    }
    assert_int_equal(covered, (int64_t)s->records.n_codes);
    assert_int_equal(merit_dataset_n(data), covered);
    merit_dataset_free(data);
}

/* Fifteen of a hundred letters that are classes are hidden, the same ones in windows
 * that overlap and in files that have the record elsewhere; X never is. */
static void test_hidden(void **state)
{
    (void)state;
    write_proteins(0, 300);
    merit_dataset *all = load(MERIT_TASK_MASKED, 32);
    const merit__sequences *s = all->storage->sequences;
    int64_t n_x = s->records.counts['X' - 'A'], place, other;
    double n_classes = (double)((int64_t)s->records.n_codes - n_x);
    double n_hidden = (double)merit_dataset_n(all);
    assert_true(n_hidden > 0.13 * n_classes);
    assert_true(n_hidden < 0.17 * n_classes);
    for (int64_t u = 0; u < all->n_windows; u++) {
        float x[32];
        merit__dataset_show_unit(all, u, x, 32);
        const merit__window *w = &all->windows[u];
        const uint8_t *codes =
            s->records.codes + s->records.start[w->record] + w->start;
        int64_t length = merit__sequence_length(x, 32);
        for (int64_t t = 0; t < length; t++) {
            assert_true((int)x[t] == codes[t] || (int)x[t] == MERIT__CODE_HIDDEN);
            assert_false(codes[t] == 'X' - 'A' && (int)x[t] == MERIT__CODE_HIDDEN);
        }
    }
    write_proteins(150, 20);
    merit_dataset *some = load(MERIT_TASK_MASKED, 48);
    int64_t at = 0;
    for (int64_t i = 0; i < merit_dataset_n(some); i++) {
        const char *name = merit_dataset_sequence(some, i, &place);
        while (strcmp(merit_dataset_sequence(all, at, &other), name) != 0) {
            at++;
        }
        assert_int_equal(other, place);
        assert_int_equal(merit_dataset_labels(all)[at], merit_dataset_labels(some)[i]);
        at++;
    }
    merit_dataset_free(some);
    merit_dataset_free(all);
}

/* Training hides others in each epoch, labels what it hides, and moves windows. */
static void test_draw(void **state)
{
    (void)state;
    write_proteins(0, 100);
    merit_dataset *data = load(MERIT_TASK_MASKED, 32);
    const merit__sequences *s = data->storage->sequences;
    float x[32];
    int32_t places[32], classes[32], first[32];
    int n_different = 0;
    for (int64_t u = 0; u < data->n_windows; u++) {
        merit__draft draft = {x, places, classes};
        int64_t n = merit__dataset_draw(data, u, 0.15, 1, 0, draft);
        memcpy(first, places, sizeof first);
        assert_int_equal(merit__dataset_draw(data, u, 0.15, 1, 0, draft), n);
        assert_memory_equal(first, places, (size_t)n * sizeof *places);
        for (int64_t i = 0; i < n; i++) {
            assert_true((int)x[places[i]] == MERIT__CODE_HIDDEN);
            assert_in_range(classes[i], 0, 19);
        }
        int64_t again = merit__dataset_draw(data, u, 0.15, 1, 1, draft);
        n_different +=
            again != n || memcmp(first, places, (size_t)n * sizeof *first) != 0;
    }
    assert_true(n_different > (int)data->n_windows / 2);
    assert_int_equal(s->width, 32);
    int64_t n_few = 0, n_half = 0;
    for (int64_t u = 0; u < data->n_windows; u++) {
        merit__draft draft = {x, places, classes};
        n_few += merit__dataset_draw(data, u, 0.1, 1, 0, draft);
        n_half += merit__dataset_draw(data, u, 0.5, 1, 0, draft);
    }
    assert_in_range(n_half, 4 * n_few, 6 * n_few);
    merit_dataset_free(data);
}

/* What is shown of an example: the letters of its record around it, hidden ones not. */
static void test_context(void **state)
{
    (void)state;
    char text[64];
    int32_t cut = 9;
    int64_t place, around = 7, n_hidden = 0;
    write_proteins(0, 60);
    merit_dataset *data = load(MERIT_TASK_MASKED, 32);
    const merit__sequences *s = data->storage->sequences;
    for (int64_t i = 0; i < data->n; i++) {
        const merit__window *w = &data->windows[merit__dataset_window(data, i)];
        const uint8_t *codes = s->records.codes + s->records.start[w->record];
        int64_t length = merit__record_length(&s->records, w->record);
        int64_t at = merit_dataset_context(data, i, around, text, &cut);
        assert_non_null(merit_dataset_sequence(data, i, &place));
        int64_t from = place - 1 - at;
        assert_int_equal(at, place - 1 < around ? place - 1 : around);
        assert_int_equal(cut & 1, from > 0);
        assert_int_equal((cut & 2) != 0, from + (int64_t)strlen(text) < length);
        assert_int_equal(
            text[at], merit_dataset_class_name(data, merit_dataset_labels(data)[i])[0]);
        for (int64_t t = 0; text[t] != '\0'; t++) {
            assert_true(text[t] == '?' ||
                        text[t] == merit__byte_of_code(codes[from + t]));
            n_hidden += text[t] == '?';
        }
    }
    assert_true(n_hidden > data->n); // 15 % of 14 neighbours
    merit_dataset_free(data);
    write_text(">a\nACDEFGHIKLMNPQRSTVWY\n>b\nACD\n");
    data = load(MERIT_TASK_SEQUENCE, 16);
    assert_int_equal(merit_dataset_context(data, 0, 2, text, &cut), -1);
    assert_string_equal(text, "ACDEF");
    assert_int_equal(cut, 2);
    assert_int_equal(merit_dataset_context(data, 1, 2, text, &cut), -1);
    assert_string_equal(text, "ACD");
    assert_int_equal(cut, 0);
    assert_int_equal(merit_dataset_context(data, 2, 2, text, &cut), -1);
    assert_string_equal(text, "");
    merit_dataset_free(data);
}

static void test_split(void **state)
{
    (void)state;
    write_proteins(0, 100);
    merit_dataset *data = load(MERIT_TASK_MASKED, 32), *train = NULL, *held_out = NULL;
    assert_int_equal(merit_dataset_split(&train, &held_out, data, 0.2, 3, NULL),
                     MERIT_OK);
    assert_int_equal(merit_dataset_n(train) + merit_dataset_n(held_out),
                     merit_dataset_n(data));
    assert_int_equal(train->n_windows + held_out->n_windows, data->n_windows);
    int seen[100] = {0};
    for (int64_t i = 0; i < train->n_windows; i++) {
        seen[train->windows[i].record] = 1;
    }
    for (int64_t i = 0; i < held_out->n_windows; i++) {
        assert_false(seen[held_out->windows[i].record]);
    }
    merit_dataset_free(train);
    merit_dataset_free(held_out);
    merit_dataset_free(data);
}

/* Logits of all rows. */
static float *infer(const merit__engine *engine, const char *spec,
                    const merit_dataset *data, int64_t slice, int64_t n_threads)
{
    merit_net *net = NULL;
    merit_error err = {0};
    float mean = 0, deviation = 1;
    merit__normalisation normalisation = {1, &mean, &deviation};
    assert_int_equal(merit_net_create(&net, spec, 1, 1, data->width, 20, &err),
                     MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof *parameters);
    float *logits = merit__alloc_array((size_t)data->n * 20, sizeof *logits);
    merit__net_init(net, 5, parameters);
    for (int64_t i = 0; i < net->n_arena; i++) {
        parameters[i] += 0.1F; // biases too
    }
    merit__inference inference = {.engine = engine,
                                  .net = net,
                                  .parameters = parameters,
                                  .normalisation = &normalisation,
                                  .slice = slice};
    if (merit__infer(&inference, data, n_threads, logits, &err) != MERIT_OK) {
        fail_msg("%s: %s", engine->name, err.message);
    }
    merit__free(parameters);
    merit_net_free(net);
    return logits;
}

static const char letter_net[] = "embedding 16, residual(conv1d 16 5, relu), "
                                 "residual(conv1d 16 3 dilation 4, relu), "
                                 "conv1d 24 3, relu, per-position";
static const char whole_net[] = "embedding 16, residual(conv1d 16 5, relu), "
                                "residual(conv1d 16 3 dilation 4, relu), "
                                "globalpool, dense 8, relu";

/* The sequences that fit into 96 letters, with 96 and with more, alone and together. */
static void check_alone(const merit__engine *engine, merit_task task, const char *spec)
{
    write_proteins(0, 40);
    merit_dataset *narrow = load(task, 96), *wide = load(task, 160);
    float *expected = infer(engine, spec, narrow, 16, 2);
    float *padded = infer(engine, spec, wide, 16, 1);
    int64_t n = merit_dataset_n(narrow), at = 0;
    assert_int_equal(merit_dataset_n(wide), n);
    assert_memory_equal(expected, padded, (size_t)n * 20 * sizeof *padded);
    for (int i = 0; i < 40; i++) {
        write_proteins(i, 1);
        merit_dataset *one = NULL;
        merit_dataset_options options = {.task = task, .letters = 96, .no_labels = 1};
        if (merit_dataset_load(&one, path, &options, NULL) != MERIT_OK) {
            continue; // nothing of it is hidden
        }
        float *alone = infer(engine, spec, one, 16, 1);
        size_t n_bytes = (size_t)merit_dataset_n(one) * 20 * sizeof *alone;
        assert_memory_equal(alone, expected + at * 20, n_bytes);
        at += merit_dataset_n(one);
        merit__free(alone);
        merit_dataset_free(one);
    }
    assert_int_equal(at, n);
    merit__free(expected);
    merit__free(padded);
    merit_dataset_free(narrow);
    merit_dataset_free(wide);
}

static void test_alone(void **state)
{
    (void)state;
    const merit__engine *engines[] = {&merit__engine_reference, &merit__engine_dnnl};
    for (int i = 0; i < 2; i++) {
        check_alone(engines[i], MERIT_TASK_MASKED, letter_net);
        check_alone(engines[i], MERIT_TASK_RESIDUE, letter_net);
        check_alone(engines[i], MERIT_TASK_SEQUENCE, whole_net);
    }
}

/* Nets and tasks that do not go together. */
static void test_wrong_nets(void **state)
{
    (void)state;
    static const struct {
        merit_task task;
        const char *spec, *part;
    } cases[] = {
        {MERIT_TASK_MASKED, "dense 8", "begin with embedding"},
        {MERIT_TASK_MASKED, whole_net, "must end in per-position"},
        {MERIT_TASK_SEQUENCE, letter_net, "must not end in per-position"},
    };
    write_proteins(0, 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_dataset *data = load(cases[i].task, 32);
        merit_net *net = NULL;
        merit_error err = {0};
        assert_int_equal(merit_net_create(&net, cases[i].spec, 1, 1, 32, 20, &err),
                         MERIT_OK);
        assert_int_equal(merit__check_task(net, data, &err), MERIT_EINVAL);
        assert_non_null(strstr(err.message, cases[i].part));
        merit_net_free(net);
        merit_dataset_free(data);
    }
}

/* Every allocation fails once. */
static void test_no_memory(void **state)
{
    (void)state;
    write_proteins(0, 30);
    merit_dataset_options options = {.task = MERIT_TASK_MASKED, .letters = 32};
    for (long at = 1;; at++) {
        merit_dataset *data = NULL, *train = NULL, *held_out = NULL;
        merit__alloc_fail_at(at, 0);
        merit_status status = merit_dataset_load(&data, path, &options, NULL);
        if (status == MERIT_OK) {
            status = merit_dataset_split(&train, &held_out, data, 0.3, 1, NULL);
        }
        long n = merit__alloc_count();
        merit__alloc_fail_at(0, 0);
        merit_dataset_free(train);
        merit_dataset_free(held_out);
        merit_dataset_free(data);
        if (n < at) {
            assert_int_equal(status, MERIT_OK);
            break;
        }
        assert_int_equal(status, MERIT_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),       cmocka_unit_test(test_fastq),
        cmocka_unit_test(test_windows),    cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_draw),       cmocka_unit_test(test_context),
        cmocka_unit_test(test_split),      cmocka_unit_test(test_alone),
        cmocka_unit_test(test_wrong_nets), cmocka_unit_test(test_no_memory),
    };
    int fd = mkstemp(path);
    close(fd);
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return n_failed;
}
