#include "cli_check.h"

#include "cli_info.h"
#include "cli_json.h"

#include <math.h>
#include <stdlib.h>

static json_t *name_of(const merit__checked *checked, int64_t answer)
{
    return merit__json_text(merit_scores_name(checked->scores, answer));
}

static void set(json_t *record, const char *key, json_t *value)
{
    json_object_set_new(record, key, value);
}

// An object with a member for each of n names, value(checked, k) where it is not NULL.
static json_t *by_name(const merit__checked *checked, int64_t n,
                       json_t *(*value)(const merit__checked *, int64_t))
{
    json_t *object = json_object();
    for (int64_t k = 0; k < n; k++) {
        json_t *member = value(checked, k);
        json_t *name = name_of(checked, k);
        if (member != NULL && json_string_value(name) != NULL) {
            json_object_set(object, json_string_value(name), member);
        }
        json_decref(name);
        json_decref(member);
    }
    return object;
}

static json_t *best_answer(const merit__checked *checked, int64_t i)
{
    return name_of(checked, checked->facts->truths[i].best);
}

static json_t *gap(const merit__checked *checked, int64_t i)
{
    return merit__json_number(checked->facts->truths[i].gap);
}

static json_t *diagonal_rank(const merit__checked *checked, int64_t i)
{
    return json_integer(checked->facts->truths[i].diagonal_rank);
}

static json_t *spread(const merit__checked *checked, int64_t i)
{
    return merit__json_number(checked->facts->truths[i].spread);
}

static json_t *gradient_ratio(const merit__checked *checked, int64_t i)
{
    return merit__json_number(checked->facts->truths[i].gradient_ratio);
}

static json_t *volume(const merit__checked *checked, int64_t k)
{
    return merit__json_number(checked->facts->answers[k].volume);
}

static json_t *reach(const merit__checked *checked, int64_t k)
{
    static const char *const words[] = {"unknown", "never", "ties", "beliefs"};
    return json_string(words[checked->facts->answers[k].reach]);
}

static json_t *proof(const merit__checked *checked, int64_t k)
{
    static const char *const words[] = {"none", "belief", "linear program"};
    return json_string(words[checked->facts->answers[k].proof]);
}

static json_t *margin(const merit__checked *checked, int64_t k)
{
    return merit__json_number(checked->facts->answers[k].margin);
}

static json_t *raise(const merit__checked *checked, int64_t k)
{
    return merit__json_number(checked->facts->answers[k].raise);
}

static json_t *least_belief(const merit__checked *checked, int64_t k)
{
    return merit__json_number(checked->facts->answers[k].least_belief);
}

static json_t *sure_belief(const merit__checked *checked, int64_t k)
{
    return merit__json_number(checked->facts->answers[k].sure_belief);
}

static json_t *most_belief(const merit__checked *checked, int64_t k)
{
    return k < checked->facts->n_truths
               ? NULL
               : merit__json_number(checked->facts->answers[k].most_belief);
}

// The parts of a distribution that are not 0, by name.
static json_t *parts(const merit__checked *checked, const double *shares, int64_t n)
{
    json_t *object = json_object();
    for (int64_t k = 0; k < n; k++) {
        if (shares[k] > 0) {
            json_t *name = name_of(checked, k);
            json_object_set_new(object, json_string_value(name),
                                merit__json_number(shares[k]));
            json_decref(name);
        }
    }
    return object;
}

static json_t *witness(const merit__checked *checked, int64_t k)
{
    const double *belief = checked->facts->answers[k].witness;
    return belief == NULL ? NULL : parts(checked, belief, checked->facts->n_truths);
}

static json_t *mixture(const merit__checked *checked, int64_t k)
{
    const double *shares = checked->facts->answers[k].mixture;
    return shares == NULL ? NULL : parts(checked, shares, checked->facts->n_answers);
}

static json_t *never_unique(const merit__checked *checked)
{
    json_t *list = json_array();
    for (int64_t k = 0; k < checked->facts->n_answers; k++) {
        const merit_audit_reach found = checked->facts->answers[k].reach;
        if (found == MERIT_REACH_NEVER || found == MERIT_REACH_TIES) {
            json_array_append_new(list, name_of(checked, k));
        }
    }
    return list;
}

static json_t *traps(const merit__checked *checked)
{
    json_t *list = json_array();
    for (int64_t t = 0; t < checked->facts->n_traps; t++) {
        const merit_audit_pair pair = checked->facts->traps[t];
        json_array_append_new(list, json_pack("[o, o]", name_of(checked, pair.truth),
                                              name_of(checked, pair.answer)));
    }
    return list;
}

static json_t *trap_components(const merit__checked *checked)
{
    json_t *list = json_array();
    for (int64_t c = 0; c < checked->facts->n_trap_components; c++) {
        json_array_append_new(list, json_array());
    }
    for (int64_t i = 0; i < checked->facts->n_truths; i++) {
        const int64_t c = checked->facts->trap_component[i];
        if (c >= 0) {
            json_array_append_new(json_array_get(list, (size_t)c), name_of(checked, i));
        }
    }
    return list;
}

static json_t *findings(const merit__check_finding *found, int64_t n)
{
    json_t *list = json_array();
    for (int64_t f = 0; f < n; f++) {
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id", found[f].id,
                                              "severity",
                                              merit_severity_name(found[f].severity),
                                              "text", merit__json_text(found[f].text)));
    }
    return list;
}

static json_t *regret(const merit__checked *checked)
{
    const int64_t A = checked->facts->n_answers;
    json_t *rows = json_array();
    for (int64_t i = 0; i < checked->facts->n_truths; i++) {
        json_array_append_new(rows,
                              merit__json_numbers(checked->facts->regret + i * A, A));
    }
    return rows;
}

static void add_answers(json_t *record, const merit__checked *checked)
{
    const int64_t K = checked->facts->n_truths, A = checked->facts->n_answers;
    set(record, "best_answer", by_name(checked, K, best_answer));
    set(record, "gap", by_name(checked, K, gap));
    set(record, "diagonal_rank", by_name(checked, K, diagonal_rank));
    set(record, "spread", by_name(checked, K, spread));
    set(record, "gradient_ratio", by_name(checked, K, gradient_ratio));
    set(record, "never_unique", never_unique(checked));
    set(record, "reach", by_name(checked, A, reach));
    set(record, "decided_by", by_name(checked, A, proof));
    set(record, "margin", by_name(checked, A, margin));
    set(record, "raise", by_name(checked, A, raise));
    set(record, "witness", by_name(checked, A, witness));
    set(record, "mixture", by_name(checked, A, mixture));
    set(record, "least_belief", by_name(checked, K, least_belief));
    set(record, "sure_belief", by_name(checked, K, sure_belief));
    set(record, "most_belief", by_name(checked, A, most_belief));
    set(record, "region_volume", by_name(checked, A, volume));
}

static void add_matrix(json_t *record, const merit__checked *checked)
{
    const merit_audit_facts *facts = checked->facts;
    const int64_t K = facts->n_truths;
    set(record, "symmetric", json_boolean(facts->is_symmetric));
    set(record, "eigenvalues", merit__json_numbers(facts->eigenvalues, K));
    set(record, "zero_sum_eigenvalues",
        merit__json_numbers(facts->zero_sum_eigenvalues, K - 1));
    set(record, "rank", json_integer(facts->rank));
    set(record, "centred_rank", json_integer(facts->centred_rank));
    set(record, "singular_values", merit__json_numbers(facts->singular_values, K));
    set(record, "centred_singular_values",
        merit__json_numbers(facts->centred_singular_values, K));
    set(record, "semidefinite", json_boolean(facts->is_semidefinite));
    set(record, "zero_sum_semidefinite", json_boolean(facts->is_zero_sum_semidefinite));
    set(record, "metric", json_boolean(facts->is_metric));
    set(record, "ultrametric", json_boolean(facts->is_ultrametric));
    set(record, "tree", json_boolean(facts->is_tree));
    set(record, "line", json_boolean(facts->is_line));
    set(record, "ordinal", json_boolean(facts->is_ordinal));
    set(record, "regret_scale", merit__json_number(facts->regret_scale));
    set(record, "regret", regret(checked));
}

static void add_training(json_t *record, const merit__checked *checked)
{
    const merit_audit_facts *facts = checked->facts;
    set(record, "traps", traps(checked));
    set(record, "trap_components", trap_components(checked));
    set(record, "best_constant", name_of(checked, facts->best_constant));
    set(record, "best_constant_score", merit__json_number(facts->best_constant_score));
    set(record, "best_constant_lead", merit__json_number(facts->best_constant_lead));
    set(record, "smallest_gap", merit__json_number(facts->smallest_gap));
    set(record, "plateau", merit__json_number(facts->plateau));
    set(record, "plateau_cross_entropy",
        merit__json_number(facts->plateau_cross_entropy));
    set(record, "loss", json_string(facts->loss));
    set(record, "temperature", merit__json_number(facts->temperature));
    set(record, "learning_rate_factor",
        merit__json_number(facts->learning_rate_factor));
    set(record, "affine_M", merit__json_number(facts->affine_M));
}

merit_status merit__check_record(const merit__checked *checked, merit_error *err)
{
    const merit_audit_facts *facts = checked->facts;
    merit__check_finding *found = NULL;
    int64_t n = 0;
    merit_status status = merit__check_findings(&found, &n, checked, err);
    if (status != MERIT_OK) {
        return status;
    }
    json_t *record = json_object();
    set(record, "merit", json_string(merit_version()));
    set(record, "table", merit__json_text(checked->path));
    set(record, "classes", merit__info_names(checked->scores, facts->n_truths));
    set(record, "answers", merit__info_names(checked->scores, facts->n_answers));
    set(record, "findings", findings(found, n));
    free(found);
    add_answers(record, checked);
    set(record, "argmax_agreement", merit__json_number(facts->argmax_agreement));
    set(record, "argmax_agreement_error",
        merit__json_number(facts->argmax_agreement_error));
    set(record, "n_samples", json_integer(facts->n_samples));
    add_training(record, checked);
    add_matrix(record, checked);
    return merit__json_print(record, err);
}
