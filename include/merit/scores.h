/* The score table: what each answer is worth for each truth.
 *
 *     merit_scores *scores;
 *     merit_scores_load(&scores, "table.tsv", NULL, &err);
 *     double s = merit_scores_values(scores)[truth * A + answer];
 *     merit_scores_free(scores);
 *
 * Rows are truths, columns are answers; more is better. A table has K truths and
 * A >= K answers: answer k < K is class k itself, further columns are extra
 * answers such as "don't know". Row i and column i (i < K) name the same class.
 *
 * Text format: fields separated by tabs, commas, semicolons or runs of spaces;
 * '#' starts a comment line; the first line names the answers (a corner field
 * before them may be there or not), then one line per truth: its name and A
 * scores. The NCBI substitution matrices and CSV with RFC 4180 quotes are this
 * format. Numbers have a decimal point in every locale. */
#ifndef MERIT_SCORES_H
#define MERIT_SCORES_H

#include "merit/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_scores merit_scores;

/* How a whole file is read, "-" for standard input, of at most `limit` bytes, into text
 * with a 0 after it that merit_text_free frees. */
typedef merit_status merit_text_reader(char **text, size_t *n_bytes, const char *path,
                                       size_t limit, merit_error *err);

/* Zero is the default of every field. */
typedef struct merit_scores_options {
    int32_t costs;              // non-zero: the table holds costs; negate them
    int64_t n_classes;          // K of the data; 0: whatever the table has
    const char *const *classes; // [n_classes] names in label order, borrowed;
                                // NULL: the table's own order is the label order
    int32_t answer_nodes;       // non-zero: of a tree, every node that branches is an
                                // answer too, behind the classes: right for all below
                                // it, 1 - what lies between it and the truth
    int32_t decimal_comma;      // non-zero: numbers in text may be written 1,5, all of
                                // a file or none; a comma separates nothing
    int64_t dense_limit;        // a tree with more answers is an implicit table; 0:
                                // 2,000; at most 20,000
    merit_text_reader *read;    // how files are read; NULL: as they stand.
                                // merit_text_read of merit/data.h also unpacks gzip
} merit_scores_options;

/* Loads a table. `spec` is a path of a plain text file or a generator:
 *   identity           1 for the truth, 0 otherwise
 *   ordinal[:power]    -|i - j|^power, power > 0, default 1
 *   bins:FILE[:power]  bins of a quantity, in order: FILE has a line `name middle` or
 *                      `name from to` for each; -|distance of the middles|^power
 *   groups:FILE        FILE has a line per group: `group: class class ...`;
 *                      right 2, same group 1, otherwise -1; a line
 *                      `scores: right same other` sets other values; a line
 *                      `classes: class class ...` names the same classes in label
 *                      order, without it they are numbered in the order of the
 *                      groups, and a note says so
 *                      (as costs, a line of scores is needed, and one whose right
 *                      answer is the dearest is refused)
 *   tree:FILE[:depth|:length][:classes=FILE]
 *                      FILE is a Newick tree, a list of edges (a line `child parent`
 *                      or `child parent length` for each node but the root) or a
 *                      folder with an NCBI taxonomy (nodes.dmp, names.dmp). Classes
 *                      are its leaves, in their order, and a note says so, or in that
 *                      of the lines of classes=FILE. The right answer scores 1, the
 *                      worst class 0, others by how close they are: depth, the
 *                      default, is the depth of the smallest node with both, over that
 *                      of the deepest leaf; length is 1 - the length of the branches
 *                      between the two, over the greatest such length. Of a taxonomy,
 *                      leaves that are no classes are left out; elsewhere they are
 *                      refused. In names of classes `_` may stand for a space
 * identity and ordinal need options->n_classes. Rows in another order than the
 * columns are reordered, and a note says so. With options->classes the table is
 * put into that order and its names must be the same set.
 * Fails with EFORMAT (file, line, expected, found), EIO, ENOMEM (a limit: line
 * 1 MB, file 1 GB, K 20,000), EINVAL. The caller frees *out; NULL on failure. */
MERIT_API merit_status merit_scores_load(merit_scores **out, const char *spec,
                                         const merit_scores_options *options,
                                         merit_error *err);

/* As merit_scores_load, from text in memory; `origin` names it in messages. */
MERIT_API merit_status merit_scores_parse(merit_scores **out, const char *text,
                                          size_t n_bytes, const char *origin,
                                          const merit_scores_options *options,
                                          merit_error *err);

/* Makes a table from numbers. values: [K,A] row-major, finite. answers: [A] names,
 * or NULL for "0", "1", ... Everything is copied. */
MERIT_API merit_status merit_scores_create(merit_scores **out, int64_t n_truths,
                                           int64_t n_answers, const double *values,
                                           const char *const *answers,
                                           merit_error *err);

/* Frees the table; NULL is allowed. */
MERIT_API void merit_scores_free(merit_scores *scores);

/* K, the number of truths (and classes). */
MERIT_API int64_t merit_scores_n_truths(const merit_scores *scores);

/* A >= K, the number of answers. */
MERIT_API int64_t merit_scores_n_answers(const merit_scores *scores);

/* The scores [K,A], row-major. Borrowed, lives as long as the table. NULL for a table
 * that is implicit: one of a large tree, which takes O(nodes) memory and is only ever
 * seen by its rows. */
MERIT_API const double *merit_scores_values(const merit_scores *scores);

/* The scores [A] of one truth, into row: of any table. */
MERIT_API void merit_scores_row(const merit_scores *scores, int64_t truth, double *row);

/* The score of one answer for one truth, of any table. */
MERIT_API double merit_scores_score(const merit_scores *scores, int64_t truth,
                                    int64_t answer);

/* The expected scores of all answers: expected [A] = sum_i belief [K] S_ia, of any
 * table. O(K A), of an implicit one O(nodes). scratch: merit_scores_scratch doubles. */
MERIT_API void merit_scores_expect(const merit_scores *scores, const double *belief,
                                   double *expected, double *scratch);

/* The largest difference between two classes as answers to one truth, of any table. */
MERIT_API double merit_scores_widest_row(const merit_scores *scores);

/* How many doubles of scratch merit_scores_expect needs. */
MERIT_API size_t merit_scores_scratch(const merit_scores *scores);

/* The memory that a table takes, names included. */
MERIT_API size_t merit_scores_bytes(const merit_scores *scores);

/* The same table with its values written out, for what needs all of them at once.
 * ENOMEM, with the memory it would take, above 20,000 answers. The caller frees *out.
 */
MERIT_API merit_status merit_scores_write_out(merit_scores **out,
                                              const merit_scores *scores,
                                              merit_error *err);

/* The name of answer 0 <= k < A (of class k when k < K). Borrowed. */
MERIT_API const char *merit_scores_name(const merit_scores *scores, int64_t answer);

/* The best answer for a truth, over all A answers; the first one on a tie. */
MERIT_API int64_t merit_scores_best_answer(const merit_scores *scores, int64_t truth);

/* What a user should be told about the table: rows reordered, not symmetric, a
 * truth whose best answer is another one, no information, looks like costs. How
 * many such notes there are. */
MERIT_API int64_t merit_scores_n_notes(const merit_scores *scores);

/* Note 0 <= index < n_notes, one sentence. Borrowed. */
MERIT_API const char *merit_scores_note(const merit_scores *scores, int64_t index);

/* What kind of note it is, a stable word. Of the reading: "reordered", "extra-answers",
 * "names-like-scores", "group-order", "leaf-order", "similar-names". Of the scores:
 * "no-information", "looks-reversed", "best-answer", "not-symmetric",
 * "right-answer-costs". Static. */
MERIT_API const char *merit_scores_note_id(const merit_scores *scores, int64_t index);

/* The tree of an implicit table, as numbers. Nodes are in the order in which they are
 * met going down from the root, which is node 0. */
typedef struct merit_tree {
    int64_t n_nodes, n_truths, n_answers;
    const int64_t *parents; // [n_nodes]; -1 for the root
    const double *places;   // [n_nodes] x in [0, 1]: a table's S_ia is 1 less what x
                            // grows by from the smallest node with both to i and to a
    const int64_t *nodes;   // [n_answers] the node of each answer: each leaf is a class
} merit_tree;

/* How many nodes the tree of an implicit table has; 0 for a table with values. */
MERIT_API int64_t merit_scores_n_nodes(const merit_scores *scores);

/* Writes them out: parents [n_nodes], places [n_nodes], nodes [A]. */
MERIT_API void merit_scores_tree(const merit_scores *scores, int64_t *parents,
                                 double *places, int64_t *nodes);

/* Makes an implicit table. Everything is copied; answers: [A] names. EINVAL for what is
 * no such tree. */
MERIT_API merit_status merit_scores_create_tree(merit_scores **out,
                                                const merit_tree *tree,
                                                const char *const *answers,
                                                merit_error *err);

/* What is in a file that holds a tree. */
typedef struct merit_tree_facts {
    const char *format; // "newick", "edges" or "taxonomy"; static
    int64_t n_nodes, n_leaves;
    int64_t depth;       // of the deepest leaf
    int64_t n_branching; // nodes with more than one child
    int64_t n_unnamed;   // inner nodes without a name
    int32_t has_lengths; // of branches
} merit_tree_facts;

/* Reads a tree as merit_scores_load reads the FILE of tree:FILE, and says what is in
 * it; options may be NULL. EIO, EFORMAT, ENOMEM; out->format is then what it seemed to
 * be, or NULL. */
MERIT_API merit_status merit_tree_examine(merit_tree_facts *out, const char *path,
                                          const merit_scores_options *options,
                                          merit_error *err);

/* Writes the table as tab-separated text that merit_scores_parse reads back to
 * the same bits; one that is implicit as the edges of a tree, which tree:FILE:length
 * makes the same scores of, up to rounding. Stores the text and its length without the
 * terminating 0; the caller frees *text with merit_text_free. */
MERIT_API merit_status merit_scores_print(const merit_scores *scores, char **text,
                                          size_t *n_bytes, merit_error *err);

/* Frees text that a merit function handed out; NULL is allowed. */
MERIT_API void merit_text_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
