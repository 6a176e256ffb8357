/* What a score table teaches, before anything is trained on it.
 *
 *     merit_audit *audit;
 *     merit_audit_create(&audit, scores, NULL, &err);
 *     const merit_audit_facts *facts = merit_audit_facts_of(audit);
 *     for (int64_t i = 0; i < facts->n_findings; i++) {
 *         puts(facts->findings[i].text);
 *     }
 *     merit_audit_free(audit);
 *
 * A *belief* is a distribution over the K truths; the Bayes decision for it is the
 * answer with the largest expected score. */
#ifndef MERIT_AUDIT_H
#define MERIT_AUDIT_H

#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the default of every field. */
typedef struct merit_audit_options {
    const double *priors; // [K] shares of the truths, >= 0, any sum > 0; NULL: equal
    uint64_t seed;        // of the sampled beliefs
    int64_t n_samples;    // beliefs to sample; 0: 10,000 to 200,000, by size
    int64_t n_exact;      // the most answers of which each is decided by linear
                          // programs; 0: 200. In larger tables only those that no
                          // simple belief makes the best one are
    int64_t n_programs;   // the most linear programs in larger tables; 0: 1000
} merit_audit_options;

/* Whether some belief makes an answer the Bayes decision. */
typedef enum merit_audit_reach {
    MERIT_REACH_UNKNOWN = 0, // not decided: see merit_audit_options.n_programs
    MERIT_REACH_NEVER = 1,   // always another answer earns more
    MERIT_REACH_TIES = 2,    // never alone: always another earns at least as much
    MERIT_REACH_BELIEFS = 3  // for some beliefs it earns more than any other
} merit_audit_reach;

/* How that was decided. */
typedef enum merit_audit_proof {
    MERIT_PROOF_NONE = 0,
    MERIT_PROOF_BELIEF = 1, // a belief for which it is the best, found by trying
    MERIT_PROOF_PROGRAM = 2 // a linear program, its solution checked from both sides
} merit_audit_proof;

/* One truth; classes and answers over all A columns unless it says otherwise. */
typedef struct merit_audit_truth {
    int64_t best;          // its best answer, the first one on a tie
    int64_t n_best;        // answers as good as that
    int64_t diagonal_rank; // 1 + the answers that earn more than the truth's own name
    double gap;            // score of the best class less that of the next lower one
                           // among the K classes; 0 when all are the same
    double spread;         // standard deviation of the row over the K classes
    double gradient_ratio; // of the expected score to cross entropy in a fresh model
                           // (q = 1/K): spread / sqrt(K - 1)
} merit_audit_truth;

/* One answer k. NaN and NULL: not known, or not defined. */
typedef struct merit_audit_answer {
    merit_audit_reach reach;
    merit_audit_proof proof;
    double margin;         // by how much it can earn more than every other answer, at
                           // most; exact for PROGRAM, else that of the belief found
    const double *witness; // [K] a belief at which it earns that margin
    const double *mixture; // [A] for NEVER and TIES: shares of other answers which
                           // together earn at least as much for every truth
    double raise;          // for NEVER and TIES: S[k][k] must rise by more than this
                           // to become REACH_BELIEFS; for k >= K the whole column
    double least_belief;   // the least belief in class k at which k can be the Bayes
                           // decision
    double sure_belief;    // above this belief in class k nothing else is; 1: never
    double most_belief;  // for k >= K, up to 2000 pairs of such an answer and a class:
                         // with more belief in any class than this, k is not the Bayes
                         // decision
    double volume;       // share of all beliefs for which it is the Bayes decision
    double volume_error; // standard error of that
    int64_t n_best_for;  // truths of which it is the best answer (first on a tie)
    int64_t twin;        // the first answer that is worth the same, but for a
                         // constant, for every truth; itself when there is none
    double twin_offset;  // that constant: this answer's scores less the twin's
} merit_audit_answer;

/* How much a finding matters. */
typedef enum merit_severity {
    MERIT_SEVERITY_NOTE = 1,
    MERIT_SEVERITY_WARNING = 2,
    MERIT_SEVERITY_PROBLEM = 3,
    MERIT_SEVERITY_REMEDY = 4 // what to do; merit/explain.h
} merit_severity;

/* "NOTE", "WARNING", "PROBLEM", "REMEDY". Static storage. */
MERIT_API const char *merit_severity_name(merit_severity severity);

/* Something a user should know, of a table or of a run, in sentences. */
typedef struct merit_finding {
    const char *id; // stable, such as "never-best"
    merit_severity severity;
    const char *text;
} merit_finding;

/* A pair of a truth and an answer. */
typedef struct merit_audit_pair {
    int64_t truth, answer;
} merit_audit_pair;

/* All that is known of a table. Arrays are borrowed from the audit. */
typedef struct merit_audit_facts {
    int64_t n_truths;     // K
    int64_t n_answers;    // A
    double regret_scale;  // R, the largest regret max_k S_ik - S_ij
    const double *regret; // [K,A] regrets / R: tables with the same ones decide alike
    const merit_audit_truth *truths;   // [K]
    const merit_audit_answer *answers; // [A]
    const merit_finding *findings;     // [n_findings] the gravest first
    int64_t n_findings;

    // Beliefs, sampled uniformly (flat Dirichlet).
    int64_t n_samples;
    double
        argmax_agreement; // share in which the most probable class is a Bayes decision
    double argmax_agreement_error;                  // its standard error
    int64_t n_by_belief, n_by_program, n_undecided; // answers, by proof of their reach

    // The K x K part as a matrix; eigenvalues are those of (S + S^T) / 2, ascending.
    int32_t is_symmetric;
    int64_t n_asymmetric;               // pairs of classes with S_ij != S_ji
    const double *eigenvalues;          // [K]
    const double *zero_sum_eigenvalues; // [K-1] on the vectors that sum to 0
    int64_t rank, centred_rank;         // of S [K,A]; of S less the means of its rows:
                                        // so many outputs are enough to decide
    const double *singular_values;      // [K] of S, descending
    const double *centred_singular_values; // [K]

    // D_ij = (S_ii + S_jj) / 2 - S_ij as a distance; 0 unless symmetric.
    int32_t is_semidefinite;          // no eigenvalue is negative
    int32_t is_zero_sum_semidefinite; // no eigenvalue is on the vectors that sum to 0
    int32_t is_metric;                // D > 0 between classes, triangle inequality
    int32_t is_ultrametric;           // a metric, D_ij <= max(D_ik, D_kj): groups
    int32_t is_tree;                  // a metric, the lengths of paths in a tree
    int32_t is_line;                  // a metric, distances of points on a line
    int32_t is_ordinal;               // every row falls strictly to both sides of the
                                      // diagonal (K > 2); symmetric or not

    // Training on the expected score.
    const merit_audit_pair *traps; // [n_traps] in order of truths; merit_audit_is_trap
    int64_t n_traps;
    const int64_t *trap_component; // [K] classes that traps connect have the same
                                   // number, from 0; -1: in no trap
    int64_t n_trap_components;
    int64_t best_constant;      // the answer that earns most if it is always given
    double best_constant_score; // under the priors
    double best_constant_lead;  // over the next lower answer
    double smallest_gap;        // of the truths; NaN when all rows are constant
    double plateau;             // time until a fresh model believes the best class with
                                // 1/2, at the smallest gap: merit_audit_plateau
    double plateau_cross_entropy; // the same for cross entropy
    double temperature;           // to begin tilted-score with: smallest_gap / 10
    double learning_rate_factor;  // 1 / median gradient_ratio
    const char *loss;             // what to train with; static
    double affine_M;              // K max_i (mean_i - min_i), of affine soft labels
} merit_audit_facts;

typedef struct merit_audit merit_audit;

/* Audits a table of at most 4,000 answers. The result is the same for the same table
 * and options. EINVAL (an option), ENOMEM (a limit, too), EBACKEND (the linear algebra
 * gave up). The caller frees *out. The solver of linear programs is C++: should its own
 * memory run out, the process ends. */
MERIT_API merit_status merit_audit_create(merit_audit **out, const merit_scores *scores,
                                          const merit_audit_options *options,
                                          merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_audit_free(merit_audit *audit);

/* What was found. Borrowed, lives as long as the audit. */
MERIT_API const merit_audit_facts *merit_audit_facts_of(const merit_audit *audit);

/* What soft labels are good for. */
typedef struct merit_audit_label_facts {
    int64_t n_samples;       // beliefs
    double wrong;            // share of them in which the argmax of P^T eta is not the
                             // best of the K classes
    double wrong_error;      // standard error of that
    double condition;        // of P: how much the decode matrix multiplies errors
    double entropy;          // mean over the rows, in nats
    double closest_distance; // of two rows, sum_k |p_ik - p_jk|: how far apart the
                             // labels of different truths are at least
} merit_audit_label_facts;

/* Measures targets P [K,K], row i a distribution for truth i, such as those of
 * merit_loss_targets. Beliefs as in merit_audit_create, with the seed and n_samples of
 * the options (NULL allowed). EINVAL, ENOMEM, EBACKEND. */
MERIT_API merit_status merit_audit_labels(merit_audit_label_facts *out,
                                          const double *targets,
                                          const merit_scores *scores,
                                          const merit_audit_options *options,
                                          merit_error *err);

/* Whether gradient descent on the expected score -S_i.q is drawn to `answer` when the
 * truth is another: a model that is confidently wrong there first becomes surer of it,
 * and leaves after about merit_audit_escape_time. With b the best class for the truth,
 * S_im the score of the answer and the other K - 2 classes equally unlikely, the margin
 * z_b - z_m moves at a rate proportional to
 *     S_ib - S_im + K (mean_i - S_im),      mean_i over the K classes,
 * and the answer is a trap when that is negative. 0 for a best class, for answers that
 * are no class and for anything out of range. */
MERIT_API int32_t merit_audit_is_trap(const merit_scores *scores, int64_t truth,
                                      int64_t answer);

/* How long a model that prefers a wrong answer by `margin` (z_m - z_b > 0) needs under
 * the expected score until it is undecided, where only these two classes matter:
 * (e^margin - 1) / (2 gap), gap = S_ib - S_im > 0. Time is that of gradient flow on the
 * logits: steps of plain gradient descent times their learning rate. Cross entropy
 * needs about margin / 2. */
MERIT_API double merit_audit_escape_time(double gap, double margin);

/* How long the expected score takes from a lead m0 of the best of K classes over all
 * others, z_b - z_k, to a lead m1, when it earns `gap` more than each of them. In the
 * time of merit_audit_escape_time:
 *     (e^m1 - e^m0 + 2 (K-1) (m1 - m0) + (K-1)^2 (e^-m0 - e^-m1)) / (K gap)
 * A fresh model has a lead of 0 and believes in b with 1/2 at log(K - 1). */
MERIT_API double merit_audit_plateau(int64_t n_classes, double gap, double m0,
                                     double m1);

/* The same for cross entropy: (K-1)/K (m1 - m0 + (e^m1 - e^m0) / (K-1)). */
MERIT_API double merit_audit_plateau_cross_entropy(int64_t n_classes, double m0,
                                                   double m1);

#ifdef __cplusplus
}
#endif

#endif
