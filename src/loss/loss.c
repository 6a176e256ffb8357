#include "merit/loss.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "loss/loss_def.h"
#include "scores/scores_table.h"

static merit_status alloc_rows(merit_loss *loss, merit_error *err)
{
    const size_t K = (size_t)loss->n_classes;
    loss->hot = merit__alloc_array(K, sizeof *loss->hot);
    loss->unit = merit__alloc_array(2 * K - 1, sizeof *loss->unit);
    if (loss->hot == NULL || loss->unit == NULL) {
        return merit__fail_memory(err, 3 * K * sizeof *loss->unit, "a loss");
    }
    for (size_t i = 0; i < K; i++) {
        loss->hot[i] = (int64_t)i;
    }
    loss->unit[K - 1] = 1;
    return MERIT_OK;
}

// Copies the K x K part of the table and finds its range.
static merit_status copy_table(merit_loss *loss, const merit_scores *scores,
                               merit_error *err)
{
    const int64_t K = loss->n_classes;
    const size_t row_bytes = (size_t)K * sizeof *loss->table;
    loss->table = merit__alloc_array((size_t)K, row_bytes);
    if (loss->table == NULL) {
        return merit__fail_memory(err, (size_t)K * row_bytes,
                                  "the score table of a loss");
    }
    for (int64_t i = 0; i < K; i++) {
        const double *from = merit_scores_values(scores) + i * loss->n_answers;
        double least = from[0];
        double best = from[0];
        for (int64_t j = 1; j < K; j++) {
            least = fmin(least, from[j]);
            best = fmax(best, from[j]);
        }
        loss->range = fmax(loss->range, best - least);
        memcpy(loss->table + i * K, from, row_bytes);
    }
    if (loss->range == 0) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s: in every row of the table all classes score the same, "
                           "so there is nothing to learn from it",
                           loss->def->info.name);
    }
    return MERIT_OK;
}

// The table is known: counts what is given in R where its default counts in R.
static merit_status count_in_range(merit_loss *loss, merit_error *err)
{
    const merit_loss_info *info = &loss->def->info;
    for (int64_t i = 0; i < info->n_parameters; i++) {
        if (!info->parameters[i].initial_in_range || (loss->given >> i & 1) == 0) {
            continue;
        }
        loss->first[i] /= loss->range;
        loss->last[i] /= loss->range;
        if (!isfinite(loss->first[i]) || !isfinite(loss->last[i])) {
            return merit__fail(err, MERIT_EINVAL,
                               "%s: %s is too large for this table, whose scores "
                               "differ by %g at most",
                               info->name, info->parameters[i].name, loss->range);
        }
    }
    return MERIT_OK;
}

// Keeps the tree of an implicit table, and asks the loss what it needs of the rest.
static merit_status copy_tree(merit_loss *loss, const merit_scores *scores,
                              merit_error *err)
{
    const merit_loss_def *def = loss->def;
    if (!def->by_rows) {
        return merit__fail(
            err, MERIT_EUNSUPPORTED,
            "%s does not do for a table of %lld classes that is implicit: "
            "%s (%.1f GB). Use cross-entropy, softmax-margin or "
            "expected-score",
            def->info.name, (long long)loss->n_classes, def->needs,
            8e-9 * (double)loss->n_classes * (double)loss->n_classes);
    }
    loss->tree = merit__tree_table_of_classes(scores->tree);
    if (loss->tree == NULL) {
        return merit__fail_memory(err, scores->tree->n_bytes, "the tree of a loss");
    }
    loss->range = 1;
    return MERIT_OK;
}

merit_status merit__loss_create(merit_loss **out, const char *spec, size_t n,
                                const merit_scores *scores, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    merit_loss *loss = merit__alloc_array(1, sizeof *loss);
    if (loss == NULL) {
        return merit__fail_memory(err, sizeof *loss, "a loss");
    }
    MERIT_TRY(merit__loss_parse(loss, spec, n, err));
    loss->rule = loss->def->info.rule;
    loss->link.kind = loss->def->info.link;
    if (loss->link.kind == MERIT_LINK_G_SOFTMAX) {
        loss->link.cost = loss->first[0];
    }
    loss->n_classes = merit_scores_n_truths(scores);
    loss->n_answers = merit_scores_n_answers(scores);
    MERIT_TRY(alloc_rows(loss, err));
    if (loss->def->table != MERIT__TABLE_NONE) {
        MERIT_TRY(merit_scores_values(scores) == NULL ? copy_tree(loss, scores, err)
                                                      : copy_table(loss, scores, err));
        MERIT_TRY(count_in_range(loss, err));
    }
    merit_status (*prepare)(merit_loss *, merit_error *) =
        loss->tree != NULL ? loss->def->prepare_tree : loss->def->prepare;
    if (prepare != NULL) {
        loss->scores = scores;
        MERIT_TRY(prepare(loss, err));
        loss->scores = NULL;
    }
    *out = loss;
    return MERIT_OK;
fail:
    merit_loss_free(loss);
    return status;
}

merit_status merit_loss_create(merit_loss **out, const char *spec,
                               const merit_scores *scores, merit_error *err)
{
    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || spec == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_loss_create: an argument is NULL");
    }
    return merit__loss_create(out, spec, strlen(spec), scores, err);
}

void merit_loss_free(merit_loss *loss)
{
    if (loss == NULL) {
        return;
    }
    merit__free(loss->table);
    merit__tree_table_free(loss->tree);
    merit__free(loss->hot);
    merit__free(loss->unit);
    merit__free(loss->channel);
    merit__free(loss);
}

void merit__loss_parameters(double parameters[MERIT__LOSS_PARAMETERS],
                            const merit_loss *loss, double progress)
{
    for (int64_t i = 0; i < MERIT__LOSS_PARAMETERS; i++) {
        double first = loss->first[i];
        double last = loss->last[i];
        parameters[i] = first == last ? first : first * pow(last / first, progress);
    }
}

const double *merit__loss_table_row(const merit_loss *loss, int64_t truth, double *made)
{
    if (loss->tree == NULL) {
        return loss->table == NULL ? NULL : loss->table + truth * loss->n_classes;
    }
    merit__tree_table_row(loss->tree, truth, made);
    if (loss->def->make_row != NULL) {
        loss->def->make_row(loss, made, truth);
    }
    return made;
}

merit__loss_row merit__loss_row_of(const merit_loss *loss, const double *logits,
                                   int64_t truth, const double *parameters,
                                   double *made)
{
    const int64_t K = loss->n_classes;
    merit__loss_row row = {
        .n_classes = K,
        .logits = logits,
        .target = loss->unit + (K - 1 - loss->hot[truth]),
        .parameters = parameters,
        .range = loss->range,
    };
    row.table = merit__loss_table_row(loss, truth, made);
    row.matrix = loss->table;
    row.tree = loss->tree;
    if (loss->def->table == MERIT__TABLE_TARGETS) {
        row.target = row.table;
    }
    return row;
}

size_t merit__loss_row_scratch(const merit_loss *loss)
{
    if (loss->def->scratch == NULL) {
        return 0;
    }
    return loss->def->scratch((size_t)loss->n_classes) +
           (loss->tree == NULL ? 0 : merit__tree_table_scratch(loss->tree));
}

double merit_loss_row(const merit_loss *loss, const double *logits, int64_t truth,
                      double progress, double *dlogits)
{
    double parameters[MERIT__LOSS_PARAMETERS];
    merit__loss_parameters(parameters, loss, progress);
    const size_t n_scratch = merit__loss_row_scratch(loss);
    const size_t n_made = loss->tree != NULL ? (size_t)loss->n_classes : 0;
    double *scratch = NULL;
    if (n_scratch + n_made > 0) {
        scratch = merit__alloc_array(n_scratch + n_made, sizeof *scratch);
        if (scratch == NULL) {
            return NAN;
        }
    }
    merit__loss_row row = merit__loss_row_of(
        loss, logits, truth, parameters, scratch == NULL ? NULL : scratch + n_scratch);
    row.scratch = scratch;
    const double value = loss->def->row(&row, dlogits);
    merit__free(scratch);
    return value;
}

merit_rule merit_loss_rule(const merit_loss *loss)
{
    return loss->rule;
}

merit_link merit_loss_link(const merit_loss *loss)
{
    return loss->link;
}

const double *merit_loss_targets(const merit_loss *loss)
{
    return loss->def->table == MERIT__TABLE_TARGETS ? loss->table : NULL;
}

const double *merit_loss_channel(const merit_loss *loss)
{
    return loss->channel;
}
