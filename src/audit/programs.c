#include "audit/programs.h"

#include <coin/Clp_C_Interface.h>

#include <math.h>

#include "audit/beliefs.h"
#include "base/alloc.h"
#include "base/fail.h"

enum { SIMPLEX_ROW = 0, ROWS_PER_ROUND = 8, MAX_ROUNDS = 400 };

struct merit__programs {
    Clp_Simplex *model;
    const double *S;
    int64_t K, A;
    int all_rows;
    int n_rows;
    int *row_of;        // [A] the row of an answer's constraint, or -1
    int *columns;       // [K+1] 0, 1, ...
    double *row_lower;  // [A+1]
    double *row_upper;  // [A+1]
    double *objective;  // [K+1]
    double *column_low; // [K+1]
    double *column_up;  // [K+1]
    double *entries;    // [(K+1) * ROWS_PER_ROUND]
    double *expected;   // [A]
};

static void free_parts(merit__programs *programs)
{
    if (programs->model != NULL) {
        Clp_deleteModel(programs->model);
    }
    merit__free(programs->row_of);
    merit__free(programs->columns);
    merit__free(programs->row_lower);
    merit__free(programs->row_upper);
    merit__free(programs->objective);
    merit__free(programs->column_low);
    merit__free(programs->column_up);
    merit__free(programs->entries);
    merit__free(programs->expected);
}

void merit__programs_free(merit__programs *programs)
{
    if (programs != NULL) {
        free_parts(programs);
        merit__free(programs);
    }
}

static int allocate(merit__programs *p)
{
    const size_t K = (size_t)p->K, A = (size_t)p->A;
    p->row_of = merit__alloc_array(A, sizeof *p->row_of);
    p->columns = merit__alloc_array((K + 1) * ROWS_PER_ROUND, sizeof *p->columns);
    p->row_lower = merit__alloc_array(A + 1, sizeof *p->row_lower);
    p->row_upper = merit__alloc_array(A + 1, sizeof *p->row_upper);
    p->objective = merit__alloc_array(K + 1, sizeof *p->objective);
    p->column_low = merit__alloc_array(K + 1, sizeof *p->column_low);
    p->column_up = merit__alloc_array(K + 1, sizeof *p->column_up);
    p->entries = merit__alloc_array((K + 1) * ROWS_PER_ROUND, sizeof *p->entries);
    p->expected = merit__alloc_array(A, sizeof *p->expected);
    return p->row_of != NULL && p->columns != NULL && p->row_lower != NULL &&
           p->row_upper != NULL && p->objective != NULL && p->column_low != NULL &&
           p->column_up != NULL && p->entries != NULL && p->expected != NULL;
}

// Adds the constraints of n <= ROWS_PER_ROUND answers.
static void add_rows(merit__programs *p, const int64_t *answers, int n)
{
    const int width = (int)p->K + 1;
    CoinBigIndex starts[ROWS_PER_ROUND + 1];
    double lower[ROWS_PER_ROUND], upper[ROWS_PER_ROUND];
    for (int r = 0; r < n; r++) {
        double *entries = p->entries + r * width;
        starts[r] = r * width;
        lower[r] = -INFINITY;
        upper[r] = 0;
        for (int64_t i = 0; i < p->K; i++) {
            entries[i] = p->S[i * p->A + answers[r]];
        }
        entries[p->K] = -1;
        p->row_of[answers[r]] = p->n_rows++;
    }
    starts[n] = n * width;
    Clp_addRows(p->model, n, lower, upper, starts, p->columns, p->entries);
}

// A new model with the constraint of the sum alone, or with all.
static int begin(merit__programs *p)
{
    const int width = (int)p->K + 1;
    if (p->model != NULL) {
        Clp_deleteModel(p->model);
    }
    p->model = Clp_newModel();
    if (p->model == NULL) {
        return 0;
    }
    Clp_setLogLevel(p->model, 0);
    Clp_setPrimalTolerance(p->model, 1e-9);
    Clp_setDualTolerance(p->model, 1e-9);
    Clp_resize(p->model, 0, width);
    for (int i = 0; i < width; i++) {
        p->entries[i] = i < width - 1 ? 1 : 0;
        for (int r = 0; r < ROWS_PER_ROUND; r++) {
            p->columns[r * width + i] = i;
        }
    }
    const CoinBigIndex starts[2] = {0, width - 1};
    const double one = 1;
    Clp_addRows(p->model, 1, &one, &one, starts, p->columns, p->entries);
    p->n_rows = 1;
    for (int64_t j = 0; j < p->A; j++) {
        p->row_of[j] = -1;
    }
    for (int64_t j = 0; p->all_rows && j < p->A; j += ROWS_PER_ROUND) {
        int64_t answers[ROWS_PER_ROUND];
        int n = 0;
        for (; n < ROWS_PER_ROUND && j + n < p->A; n++) {
            answers[n] = j + n;
        }
        add_rows(p, answers, n);
    }
    return 1;
}

merit_status merit__programs_create(merit__programs **out, const double *S, int64_t K,
                                    int64_t A, int all_rows, merit_error *err)
{
    merit__programs *p = merit__alloc_array(1, sizeof *p);
    *out = NULL;
    if (p == NULL) {
        return merit__fail_memory(err, sizeof *p, "linear programs");
    }
    *p = (merit__programs){.S = S, .K = K, .A = A, .all_rows = all_rows};
    if (!allocate(p) || !begin(p)) {
        merit__programs_free(p);
        return merit__fail_memory(err, (size_t)(K * A) * sizeof *S, "linear programs");
    }
    *out = p;
    return MERIT_OK;
}

// What tells one program from another: bounds and objective.
static void shape(merit__programs *p, enum merit__program program, int64_t k,
                  int64_t class)
{
    const int is_most = program == MERIT__PROGRAM_MOST_BELIEF;
    const int is_belief = is_most || program == MERIT__PROGRAM_LEAST_BELIEF;
    const double sign = is_most ? -1 : 1; // all programs minimise
    const int is_raise = program == MERIT__PROGRAM_RAISE;
    // With some of the constraints only, nothing else may hold the weights.
    const double most = p->all_rows ? INFINITY : 1e6;
    for (int64_t i = 0; i < p->K; i++) {
        const double in_class = i == class ? sign : 0;
        p->objective[i] = is_belief ? in_class : -p->S[i * p->A + k];
        p->column_low[i] = is_raise && i == k ? 1 : 0;
        p->column_up[i] = !is_raise || i == k ? 1 : most;
    }
    p->objective[p->K] = is_belief ? 0 : 1;
    p->column_low[p->K] = -INFINITY;
    p->column_up[p->K] = INFINITY;
    for (int r = 0; r < p->n_rows; r++) {
        p->row_lower[r] = -INFINITY;
        p->row_upper[r] = 0;
    }
    p->row_lower[SIMPLEX_ROW] = is_raise ? -INFINITY : 1;
    p->row_upper[SIMPLEX_ROW] = is_raise ? INFINITY : 1;
    if (p->row_of[k] >= 0) {
        // v is the best of the others, or for a belief u_k itself.
        p->row_lower[p->row_of[k]] = is_belief ? 0 : -INFINITY;
        p->row_upper[p->row_of[k]] = is_belief ? 0 : INFINITY;
    }
    Clp_chgObjCoefficients(p->model, p->objective);
    Clp_chgColumnLower(p->model, p->column_low);
    Clp_chgColumnUpper(p->model, p->column_up);
    Clp_chgRowLower(p->model, p->row_lower);
    Clp_chgRowUpper(p->model, p->row_upper);
}

// The answers whose constraints the solution breaks most and that have no row yet.
static int find_violated(merit__programs *p, int64_t k, double tolerance,
                         int64_t found[ROWS_PER_ROUND])
{
    const double *solution = Clp_getColSolution(p->model);
    const double v = solution[p->K];
    int n = 0;
    merit__belief_expected(p->expected, solution, p->S, p->K, p->A);
    for (int64_t j = 0; j < p->A; j++) {
        if (j == k || p->row_of[j] >= 0 || p->expected[j] <= v + tolerance) {
            continue;
        }
        int at = n < ROWS_PER_ROUND ? n++ : ROWS_PER_ROUND;
        for (; at > 0 && p->expected[found[at - 1]] < p->expected[j]; at--) {
            if (at < ROWS_PER_ROUND) {
                found[at] = found[at - 1];
            }
        }
        if (at < ROWS_PER_ROUND) {
            found[at] = j;
        }
    }
    return n;
}

static void copy_solution(merit__programs *p, enum merit__program program, double *eta,
                          double *mixture)
{
    const double *solution = Clp_getColSolution(p->model);
    const double *price = Clp_getRowPrice(p->model);
    double sum = 0, total = 0;
    for (int64_t i = 0; i < p->K; i++) {
        eta[i] = fmax(solution[i], 0);
        sum += eta[i];
    }
    for (int64_t j = 0; j < p->A; j++) {
        mixture[j] = p->row_of[j] < 0 ? 0 : fmax(-price[p->row_of[j]], 0);
        total += mixture[j];
    }
    for (int64_t i = 0; program != MERIT__PROGRAM_RAISE && i < p->K; i++) {
        eta[i] /= sum;
    }
    for (int64_t j = 0; program == MERIT__PROGRAM_MARGIN && j < p->A; j++) {
        mixture[j] /= total;
    }
}

int merit__program_solve(merit__programs *p, enum merit__program program, int64_t k,
                         int64_t i, double *eta, double *mixture)
{
    static const double tolerance = 1e-9;
    int64_t violated[ROWS_PER_ROUND];
    if (!p->all_rows) {
        if (!begin(p)) {
            return 0;
        }
        // Without these two v has no bound.
        violated[0] = k;
        violated[1] = k == 0 ? 1 : 0;
        add_rows(p, violated, 2);
    }
    shape(p, program, k, i);
    int is_first = 1;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        int n = 0;
        // After a change of objective the old point is feasible; after new rows the
        // old prices are.
        int failed = is_first ? Clp_primal(p->model, 0) : Clp_dual(p->model, 0);
        is_first = 0;
        if (failed != 0 || Clp_status(p->model) != 0) {
            return 0;
        }
        n = find_violated(p, k, tolerance, violated);
        if (n == 0) {
            copy_solution(p, program, eta, mixture);
            return 1;
        }
        add_rows(p, violated, n);
    }
    return 0;
}
