#include "model/model.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "model/model_object.h"

void merit_model_free(merit_model *model)
{
    if (model == NULL) {
        return;
    }
    merit__safetensors_free(model->file);
    merit_scores_free(model->scores);
    merit_net_free(model->net);
    merit__free(model->parameters);
    merit__normalisation_dispose(&model->normalisation);
    merit__free(model->decode);
    merit__free(model);
}

const merit_scores *merit_model_scores(const merit_model *model)
{
    return model->scores;
}

merit_rule merit_model_rule(const merit_model *model)
{
    return model->rule;
}

merit_link merit_model_link(const merit_model *model)
{
    return model->link;
}

double merit_model_temperature(const merit_model *model)
{
    return model->temperature;
}

void merit_model_shape(const merit_model *model, int64_t *channels, int64_t *height,
                       int64_t *width)
{
    *channels = model->net->in.c;
    *height = model->net->in.h;
    *width = model->net->in.w;
}

const char *merit_model_metadata(const merit_model *model, const char *key)
{
    return merit__safetensors_metadata(model->file, key);
}

void merit__model_inference(merit__inference *out, const merit_model *model)
{
    *out = (merit__inference){
        .engine = &merit__engine_dnnl,
        .net = model->net,
        .parameters = model->parameters,
        .normalisation = &model->normalisation,
        .slice = model->slice,
        .exact = model->exact,
    };
}

merit_status merit_model_logits(const merit_model *model, const merit_dataset *data,
                                int64_t n_threads, float *logits, merit_error *err)
{
    if (model == NULL || data == NULL || logits == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_model_logits: an argument is NULL");
    }
    merit__inference inference;
    merit__model_inference(&inference, model);
    return merit__infer(&inference, data, n_threads, logits, err);
}

merit_status merit_model_decide(const merit_model *model, merit_rule rule,
                                const float *logits, int64_t n,
                                const merit_decision_results *results, merit_error *err)
{
    if (model == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_model_decide: model is NULL");
    }
    merit_status status = MERIT_OK;
    merit_decision *decision = NULL;
    const merit_decision_options options = {
        .rule = rule == MERIT_RULE_AUTO ? model->rule : rule,
        .temperature = model->temperature,
        .decode = model->decode,
        .link = model->link,
    };
    MERIT_TRY(merit_decision_create(&decision, model->scores, &options, err));
    MERIT_TRY(merit_decision_apply(decision, logits, n, results, err));

fail:
    merit_decision_free(decision);
    return status;
}
