/* From what a model believes to the answer that earns the most.
 *
 *     merit_decision *decision;
 *     merit_decision_options options = {.rule = MERIT_RULE_BAYES, .temperature = 1.3};
 *     merit_decision_create(&decision, scores, &options, &err);
 *     merit_decision_apply(decision, logits, n, &results, &err);
 *     merit_decision_free(decision);
 *
 * What the logits mean is the link, softmax by default: q = softmax(logits /
 * temperature). The rules:
 *   argmax  the class with the largest q; with the link of margins that with the
 *           largest logit, which training has moved away from dear mistakes already
 *   bayes   the answer with the largest expected score u_k = sum_i q_i S[i][k]
 *   decode  the answer with the largest (q^T D)_k: right for every loss that
 *           trains q towards P^T eta, when P D = S + c 1^T for some column c, and for
 *           one that trains T q towards eta, when D = T^T S
 * Ties go to the first answer. Probabilities instead of logits:
 * merit_decision_apply_posterior. */
#ifndef MERIT_DECIDE_H
#define MERIT_DECIDE_H

#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum merit_rule {
    MERIT_RULE_AUTO = 0, // whatever is stored or right for the loss
    MERIT_RULE_ARGMAX = 1,
    MERIT_RULE_BAYES = 2,
    MERIT_RULE_DECODE = 3
} merit_rule;

/* "auto", "argmax", "bayes", "decode". Static storage. */
MERIT_API const char *merit_rule_name(merit_rule rule);

/* The rule of that name; EINVAL for any other, with the list. */
MERIT_API merit_status merit_rule_parse(merit_rule *out, const char *name,
                                        merit_error *err);

/* What the outputs of a model are: it was trained to be read in this way. */
typedef enum merit_link_kind {
    MERIT_LINK_SOFTMAX = 0,   // q = softmax(z / temperature)
    MERIT_LINK_G_SOFTMAX = 1, // q = g-softmax(z / temperature): a softmax, sparse, that
                              // knows how far the table puts classes apart (Mensch,
                              // Blondel and Peyre 2019); symmetric tables only
    MERIT_LINK_SCORES = 2,    // z_k is the expected score of class k, min S at 0 and
                              // max S at 1; there is no posterior, no temperature
    MERIT_LINK_LOGISTIC_SCORES = 3, // sigmoid(z_k) is
    MERIT_LINK_MARGIN = 4 // q is what a net believes that was trained with margins: for
                          // each truth i the stationary distribution of the chain from
                          // i to k with softmax_k(z + C_i), C the costs times `cost`
                          // over the largest; then to the power 1 / temperature. For
                          // tables in which each truth is its own best answer
} merit_link_kind;

/* Links of margins: how wide they may be; and up to how many classes the table need not
 * be symmetric, up to numbers added to its rows. */
#define MERIT_MARGIN_MOST 100
enum { MERIT_MARGIN_CLASSES = 64 };

/* Zero is softmax. */
typedef struct merit_link {
    merit_link_kind kind;
    double cost; // G_SOFTMAX: between the classes that are furthest apart, > 0; MARGIN:
                 // the widest margin, > 0
} merit_link;

enum { MERIT_LINK_BYTES = 64 };

/* "softmax", "g-softmax(cost=4)", "scores", "logistic-scores" or "margin(cost=4)". */
MERIT_API void merit_link_print(char text[MERIT_LINK_BYTES], merit_link link);

/* Reads what merit_link_print writes; EINVAL for anything else, with the list. */
MERIT_API merit_status merit_link_parse(merit_link *out, const char *text,
                                        merit_error *err);

/* Whether there is a posterior to be had from logits of this link. */
MERIT_API int merit_link_has_posterior(merit_link link);

typedef struct merit_decision merit_decision;

/* Zero is the default of every field. */
typedef struct merit_decision_options {
    merit_rule rule;      // AUTO means BAYES
    double temperature;   // > 0; 0 means 1
    const double *decode; // D [K,A]; needed by DECODE only; copied
    merit_link link;      // zero: softmax
} merit_decision_options;

/* Where results go; any pointer may be NULL. */
typedef struct merit_decision_results {
    int32_t *answers;  // [N] 0 <= answer < A
    double *expected;  // [N] the expected score of that answer under q; for
                       // DECODE (q^T D)_answer, the same up to what P hides
    double *posterior; // [N,K] q; NULL where the link has none
} merit_decision_results;

/* Makes a decision rule for a table, which is shared, not copied, and may be freed
 * before the rule is. For a link of scores argmax is the class with the largest
 * expected score, and bayes too, unless an extra answer that scores the same whatever
 * is true ("don't know") earns more; other extra answers are never given. EINVAL: no
 * such rule, temperature or link, DECODE without matrix or with another link than
 * softmax; EUNSUPPORTED: the table is not for this link. */
MERIT_API merit_status merit_decision_create(merit_decision **out,
                                             const merit_scores *scores,
                                             const merit_decision_options *options,
                                             merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_decision_free(merit_decision *decision);

/* Decides N rows of logits [N,K]. ENUMERIC names the first row that is not finite;
 * EINVAL when a posterior is asked for and the link has none. Safe to call from several
 * threads. */
MERIT_API merit_status merit_decision_apply(const merit_decision *decision,
                                            const float *logits, int64_t n,
                                            const merit_decision_results *results,
                                            merit_error *err);

/* Decides N rows of probabilities p [N,K] of any origin, of which the decision uses
 * q_k = p_k^(1/T) / sum_j p_j^(1/T): what softmax(logits / T) is for logits log p. The
 * link does not count. A probability of 0 stays 0. Floats convert to double without
 * loss. Each row may sum to 1 up to 1e-3 and is divided by its sum. ENUMERIC names the
 * first number that is not finite, EFORMAT the first that is below 0 and the first row
 * of another sum. results->posterior may be p itself. Safe to call from several
 * threads. */
MERIT_API merit_status merit_decision_apply_posterior(
    const merit_decision *decision, const double *posterior, int64_t n,
    const merit_decision_results *results, merit_error *err);

/* The temperature in [0.05, 20] that minimises the (weighted) log loss of
 * softmax(logits / T) on held-out rows (Guo et al. 2017, arXiv 1706.04599).
 * logits [N,K], labels [N], weights [N] or NULL. 1 when no row prefers any class.
 * EFORMAT, EINVAL, ENUMERIC name the first bad label, weight, row of logits. */
MERIT_API merit_status merit_temperature_fit(double *temperature, const float *logits,
                                             const int32_t *labels,
                                             const float *weights, int64_t n,
                                             int64_t n_classes, merit_error *err);

/* The same for the link of a decision: g-softmax minimises its own proper loss
 * (geometric in merit/loss.h), whose value is finite where a sparse posterior's log
 * loss is not; links without a posterior give 1. The decision's own temperature does
 * not count. */
MERIT_API merit_status merit_decision_fit_temperature(
    double *temperature, const merit_decision *decision, const float *logits,
    const int32_t *labels, const float *weights, int64_t n, merit_error *err);

/* How the logits of a trained net are best read: *link comes in as merit_loss_link says,
 * *temperature becomes that of the link. Margins (MERIT_LINK_MARGIN) are taken back as
 * far as that makes the labels likelier: all, 3/4, half, 1/4 or none (a softmax),
 * whichever is the first that the next one does not improve on, each at its own
 * temperature; *link then says how far. A net that cannot reach the least loss of every
 * example, as one with too few parameters, has not learned all of its margins. Of fewer
 * than some 60 rows the part is close to chance. Rows and errors as above. */
MERIT_API merit_status merit_link_fit(merit_link *link, double *temperature,
                                      const merit_scores *scores, const float *logits,
                                      const int32_t *labels, const float *weights,
                                      int64_t n, merit_error *err);

/* The temperature for logits that are too many to be held at once, which come part by
 * part:
 *
 *     merit_temperature_passes_create(&passes, decision, guess, &err);
 *     do {
 *         ... merit_temperature_passes_add(passes, logits, labels, n, &err);
 *         merit_temperature_passes_end(passes, &temperature, &is_found, &err);
 *     } while (!is_found);
 *     merit_temperature_passes_free(passes);
 *
 * All parts are added in each pass. One pass is enough when the guess, such as what
 * suits a sample of the rows, is within a sixth of the temperature; up to ten are
 * needed from anywhere. Exact to about 1e-5 of it; the same bits wherever the rows are
 * divided. */
typedef struct merit_temperature_passes merit_temperature_passes;

/* Makes one; the decision is borrowed. EINVAL, ENOMEM. */
MERIT_API merit_status merit_temperature_passes_create(merit_temperature_passes **out,
                                                       const merit_decision *decision,
                                                       double guess, merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_temperature_passes_free(merit_temperature_passes *passes);

/* Adds the next n rows of a pass, logits [n,K] and labels [n]; fails as
 * merit_temperature_fit. */
MERIT_API merit_status merit_temperature_passes_add(merit_temperature_passes *passes,
                                                    const float *logits,
                                                    const int32_t *labels, int64_t n,
                                                    merit_error *err);

/* Ends a pass: *temperature is then the best known, and *is_found 0 when another pass
 * is needed. EINVAL when no row was added. */
MERIT_API merit_status merit_temperature_passes_end(merit_temperature_passes *passes,
                                                    double *temperature,
                                                    int32_t *is_found,
                                                    merit_error *err);

/* The same for probabilities [N,K], as merit_decision_apply_posterior uses and checks
 * them. Rows that give their label a probability of 0 have an infinite log loss at each
 * temperature and do not count; *n_used (NULL allowed) is how many rows do. 1 when none
 * do. ENOMEM when there is no memory for their logarithms, 4 N K bytes. */
MERIT_API merit_status merit_temperature_fit_posterior(
    double *temperature, int64_t *n_used, const double *posterior,
    const int32_t *labels, int64_t n, int64_t n_classes, merit_error *err);

/* The decode matrix D = P^+ S [K,A], with which P D = S + c 1^T, for row-stochastic
 * targets P [K,K] (row i is what the loss trains q towards when the truth is i).
 * *residual is the largest absolute entry of P D - S - c 1^T for the best c: about 0
 * when the targets allow an exact decision, else the decision is only approximate.
 * With q = P^T eta, (q^T D)_k is the expected score of answer k plus eta^T c, the same
 * for every answer. An invertible P gives D = P^-1 S and c = 0; a singular P hides
 * c = -(I - P P^+) m, what it cannot express of the row means m of S.
 * EINVAL when a row of P is not a distribution. */
MERIT_API merit_status merit_decode_matrix(double *decode, double *residual,
                                           const double *targets,
                                           const merit_scores *scores,
                                           merit_error *err);

/* The decode matrix D = T^T S [K,A] for a model whose posterior is T q, with a channel
 * T [K,K] whose columns are distributions: (q^T D)_k is the expected score of answer k.
 * EINVAL when a column of T is not a distribution. */
MERIT_API merit_status merit_decode_channel(double *decode, const double *channel,
                                            const merit_scores *scores,
                                            merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
