/* What a model earns on held-out examples, under which decision rule. */
#ifndef MERIT_TRAIN_VALIDATION_H
#define MERIT_TRAIN_VALIDATION_H

#include "data/batch.h"
#include "merit/decide.h"
#include "merit/loss.h"
#include "train/survey.h"

/* A decision rule with what it needs, and what was measured with it. */
typedef struct merit__verdict {
    merit_rule rule;
    double temperature;
    double score, accuracy, log_loss; // under that rule
    double argmax_score, bayes_score; // for comparison
    double classes_answered;          // how many answers the rule ever gives
    double gradient_survival; // |gradient of the loss| / |gradient of cross entropy|
    double validation_loss;   // mean of the loss that is trained
    merit_link link;          // by which the logits were read
} merit__verdict;

typedef struct merit__validation merit__validation;

/* Prepares measuring on `data` (borrowed, with labels). */
merit_status merit__validation_create(merit__validation **out,
                                      const merit_dataset *data,
                                      const merit_scores *scores, merit_error *err);
void merit__validation_free(merit__validation *validation);

/* How many held-out examples are measured at once: all, unless there are so many
 * classes that their logits take more than 64 MB. The blocks of a measurement are these
 * many examples each, in order; the last one has what is left. */
int64_t merit__validation_block(const merit__validation *validation);

/* Where the logits [block,K] go before a block is added. */
float *merit__validation_logits(merit__validation *validation);

/* Begins to measure a model that was trained with this loss, which is borrowed until
 * the end, at this progress. Reads logits by its link, as far as that suits the
 * held-out examples. Tries argmax, the Bayes decision at the temperature that suits the
 * held-out examples best and, where the loss has one of its own, its decode matrix. */
void merit__validation_begin(merit__validation *validation, const merit_loss *loss,
                             double progress);

/* Before anything is added, where all examples are more than a block: fits the link and
 * a first guess of the temperature to the n examples index [n] whose logits are in
 * place; then, for the temperature, all examples go by once, and again as long as
 * *is_found is 0. */
merit_status merit__validation_fit_begin(merit__validation *validation,
                                         const int64_t *index, int64_t n,
                                         merit_error *err);
merit_status merit__validation_fit_add(merit__validation *validation, int64_t first,
                                       int64_t n, merit_error *err);
merit_status merit__validation_fit_end(merit__validation *validation, int32_t *is_found,
                                       merit_error *err);

/* Adds the next n examples, whose logits are in place. ENUMERIC where one is not
 * finite. */
merit_status merit__validation_add(merit__validation *validation, int64_t n,
                                   merit_error *err);

/* All were added: keeps the rule that earns most, and on a tie the one that is right
 * for the loss; with more answers than classes argmax only where it is that. */
merit_status merit__validation_end(merit__verdict *out, merit__validation *validation,
                                   merit_error *err);

/* After measuring: how often the kept rule gave each answer, [A]. Borrowed. */
const int64_t *merit__validation_given(const merit__validation *validation);

/* After measuring: what the logits say of stuck examples. */
void merit__validation_survey(merit__survey *out, merit__validation *validation);

#endif
