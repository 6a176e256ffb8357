#include "model/model_object.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "model/model_tree.h"
#include "model/safetensors_file.h"

#include <stdio.h>
#include <string.h>

// Every metadata entry of a model file, in one place: model_load.c reads the same.
enum { N_METADATA = 13, N_OF_SEQUENCES = 3, N_MORE = N_OF_SEQUENCES + 2 };

// The texts of numbers, and all entries with pointers to them.
typedef struct description {
    char version[24];
    char input[72];
    char temperature[MERIT__NUMBER_BYTES];
    char link[MERIT_LINK_BYTES];
    char slice[24];
    char *answers; // free with merit__free
    char hidden_share[MERIT__NUMBER_BYTES];
    merit__model_tree tree;
    merit__metadata_entry entries[N_METADATA + N_MORE];
    size_t n_entries;
} description;

// What to ask of sequences as it was asked in training.
static void describe_sequences(description *text, const merit_dataset *data)
{
    static const char *const tasks[] = {"", "sequence", "residue", "masked"};
    const merit_task task = data != NULL ? merit_dataset_task(data) : MERIT_TASK_NONE;
    if (task == MERIT_TASK_NONE) {
        return;
    }
    merit__print_double(text->hidden_share, merit_dataset_hidden_share(data));
    const merit__metadata_entry entries[N_OF_SEQUENCES] = {
        {"task", tasks[task]},
        {"alphabet", merit_dataset_alphabet(data)},
        {"hidden_share", text->hidden_share},
    };
    memcpy(text->entries + text->n_entries, entries, sizeof entries);
    text->n_entries += N_OF_SEQUENCES;
}

static merit_status describe(description *text, const merit__model_parts *parts,
                             merit_error *err)
{
    const merit__shape *in = &parts->net->in;
    snprintf(text->version, sizeof text->version, "%d.%d", MERIT__MODEL_MAJOR,
             MERIT__MODEL_MINOR);
    snprintf(text->input, sizeof text->input, "%jdx%jdx%jd", (intmax_t)in->c,
             (intmax_t)in->h, (intmax_t)in->w);
    snprintf(text->slice, sizeof text->slice, "%jd", (intmax_t)parts->slice);
    merit__print_double(text->temperature, parts->temperature);
    merit_link_print(text->link, parts->link);
    merit_status status = merit__model_answers_text(&text->answers, parts->scores, err);
    if (status != MERIT_OK) {
        return status;
    }
    const merit__metadata_entry entries[N_METADATA] = {
        {"format", "merit-model"},
        {"format_version", text->version},
        {"merit", merit_version()},
        {"net", merit_net_spec(parts->net)},
        {"input", text->input},
        {"answers", text->answers},
        {"link", text->link},
        {"rule", merit_rule_name(parts->rule)},
        {"temperature", text->temperature},
        {"loss", parts->loss},
        {"slice", text->slice},
        {"exact", parts->exact ? "1" : "0"},
        {"provenance", parts->provenance},
    };
    memcpy(text->entries, entries, sizeof entries);
    text->n_entries = N_METADATA;
    if (parts->fit != NULL) {
        text->entries[text->n_entries++] = (merit__metadata_entry){"fit", parts->fit};
    }
    describe_sequences(text, parts->data);
    if (parts->table != NULL) {
        text->entries[text->n_entries++] =
            (merit__metadata_entry){"table", parts->table};
    }
    return MERIT_OK;
}

// Without data where there are no parameters.
static merit__tensor_view view_of(const merit__tensor *tensor, const float *parameters)
{
    merit__tensor_view view = {
        .name = tensor->name,
        .dtype = "F32",
        .n_dims = tensor->n_dims,
        .data = parameters == NULL ? NULL : parameters + tensor->offset,
        .n_bytes = (size_t)tensor->n * sizeof(float),
    };
    memcpy(view.dims, tensor->dims, sizeof tensor->dims);
    return view;
}

// A value for each truth and answer.
static merit__tensor_view view_of_table(const char *name, const merit_scores *scores,
                                        const double *values)
{
    int64_t n_truths = merit_scores_n_truths(scores);
    int64_t n_answers = merit_scores_n_answers(scores);
    return (merit__tensor_view){
        .name = name,
        .dtype = "F64",
        .n_dims = 2,
        .dims = {n_truths, n_answers},
        .data = values,
        .n_bytes = (size_t)(n_truths * n_answers) * sizeof *values,
    };
}

enum { N_OWN_TENSORS = 4 + MERIT__MODEL_TREE_TENSORS };

// Score table, decode matrix (if any), the net's tensors and the normalisation into
// views, which has room for N_OWN_TENSORS more than the net has; their number. Doubles
// come first, so that every tensor is aligned in the file.
static size_t list_tensors(merit__tensor_view *views, const merit__model_parts *parts,
                           const merit__model_tree *tree)
{
    size_t n = 0;
    const merit_scores *scores = parts->scores;
    const merit__normalisation *normalisation = parts->normalisation;
    const int64_t n_channels = normalisation->n_channels;
    if (tree->n_nodes > 0) {
        n = merit__model_tree_list(views, tree, 0);
    } else {
        views[n++] = view_of_table("scores", scores, merit_scores_values(scores));
    }
    if (parts->decode != NULL) {
        views[n++] = view_of_table("decode", scores, parts->decode);
    }
    for (int64_t i = 0; i < parts->net->n_tensors; i++) {
        views[n++] = view_of(&parts->net->tensors[i], parts->parameters);
    }
    merit__tensor_view of_channels = {
        .dtype = "F32",
        .n_dims = 1,
        .dims = {n_channels},
        .n_bytes = (size_t)n_channels * sizeof(float),
    };
    of_channels.name = "normalisation.mean";
    of_channels.data = normalisation->mean;
    views[n++] = of_channels;
    of_channels.name = "normalisation.deviation";
    of_channels.data = normalisation->deviation;
    views[n++] = of_channels;
    return n + merit__model_tree_list(views + n, tree, 1);
}

// Refuses what merit_model_load would refuse later.
static merit_status check_parts(const merit__model_parts *parts, merit_error *err)
{
    if (parts->rule != MERIT_RULE_ARGMAX && parts->rule != MERIT_RULE_BAYES &&
        parts->rule != MERIT_RULE_DECODE) {
        return merit__fail(err, MERIT_EINVAL, "a model has no rule \"%s\"",
                           merit_rule_name(parts->rule));
    }
    if (parts->rule == MERIT_RULE_DECODE && parts->decode == NULL) {
        return merit__fail(err, MERIT_EINVAL, "the rule decode needs a decode matrix");
    }
    if (parts->rule == MERIT_RULE_DECODE && parts->link.kind != MERIT_LINK_SOFTMAX) {
        return merit__fail(err, MERIT_EINVAL,
                           "the rule decode is for softmax outputs alone");
    }
    if (!(parts->temperature >= MERIT__MODEL_TEMPERATURE_LOW &&
          parts->temperature <= MERIT__MODEL_TEMPERATURE_HIGH)) {
        return merit__fail(err, MERIT_EINVAL, "a model cannot have the temperature %g",
                           parts->temperature);
    }
    if (parts->slice < 1 || parts->slice > MERIT__MODEL_SLICE_LIMIT) {
        return merit__fail(err, MERIT_EINVAL,
                           "a slice of %jd examples, expected 1 to %d",
                           (intmax_t)parts->slice, MERIT__MODEL_SLICE_LIMIT);
    }
    if (parts->normalisation->n_channels != parts->net->in.c ||
        merit_scores_n_truths(parts->scores) != parts->net->n_classes) {
        return merit__fail(err, MERIT_EINVAL,
                           "net, normalisation and score table do not fit");
    }
    return MERIT_OK;
}

// Everything in the file but its name; the caller disposes of both, also after a
// failure.
static merit_status prepare(description *text, merit__tensor_view **views,
                            size_t *n_views, const merit__model_parts *parts,
                            merit_error *err)
{
    size_t n_room = (size_t)parts->net->n_tensors + N_OWN_TENSORS;
    *views = merit__alloc_array(n_room, sizeof **views);
    if (*views == NULL) {
        return merit__fail_memory(err, n_room * sizeof **views, "a model file");
    }
    merit_status status = merit__model_tree_open(&text->tree, parts->scores, err);
    if (status != MERIT_OK) {
        return status;
    }
    *n_views = list_tensors(*views, parts, &text->tree);
    return describe(text, parts, err);
}

merit_status merit__model_save(const char *path, const merit__model_parts *parts,
                               char hash[65], merit_error *err)
{
    merit_status status = MERIT_OK;
    description text = {0};
    merit__tensor_view *views = NULL;
    size_t n_tensors = 0;
    MERIT_TRY(check_parts(parts, err));
    MERIT_TRY(prepare(&text, &views, &n_tensors, parts, err));
    MERIT_TRY(merit__safetensors_save(path, views, n_tensors, text.entries,
                                      text.n_entries, hash, err));

fail:
    merit__free(views);
    merit__free(text.answers);
    merit__model_tree_dispose(&text.tree);
    return status;
}

merit_status merit__model_check(const merit_net *net, const merit_scores *scores,
                                const char *provenance, const char *table,
                                merit_error *err)
{
    enum { SPARE_BYTES = 16384 };
    merit_status status = MERIT_OK;
    description text = {0};
    merit__tensor_view *views = NULL;
    size_t n_tensors = 0;
    size_t n_header = 0;
    // What only training finds out is at its longest.
    const merit__normalisation normalisation = {.n_channels = net->in.c};
    const merit__model_parts parts = {
        .net = net,
        .scores = scores,
        .normalisation = &normalisation,
        .rule = MERIT_RULE_DECODE,
        .temperature = 1.0 / 3,
        .decode = merit_scores_values(scores),
        .loss = "",
        .slice = MERIT__MODEL_SLICE_LIMIT,
        .provenance = provenance,
        .table = table,
    };
    MERIT_TRY(prepare(&text, &views, &n_tensors, &parts, err));
    MERIT_TRY(merit__safetensors_measure(&n_header, views, n_tensors, text.entries,
                                         text.n_entries, err));
    if (n_header + SPARE_BYTES > MERIT__HEADER_BYTES_LIMIT) {
        status = merit__fail(
            err, MERIT_ENOMEM,
            "a model file would need a header of %zu bytes, the limit is %d; the names "
            "of %jd answers are a text of %zu bytes, the net of %zu, the provenance of "
            "%zu",
            n_header + SPARE_BYTES, MERIT__HEADER_BYTES_LIMIT,
            (intmax_t)merit_scores_n_answers(scores), strlen(text.answers),
            strlen(merit_net_spec(net)), strlen(provenance));
    }

fail:
    merit__free(views);
    merit__free(text.answers);
    merit__model_tree_dispose(&text.tree);
    return status;
}
