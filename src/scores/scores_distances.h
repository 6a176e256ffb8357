/* How far apart a table puts two classes. */
#ifndef MERIT_SCORES_SCORES_DISTANCES_H
#define MERIT_SCORES_SCORES_DISTANCES_H

#include "merit/scores.h"

/* distances [K,K]: what two classes lose on average when they are taken for each other,
 *
 *     D_ij = (S_ii + S_jj - S_ij - S_ji) / 2,
 *
 * symmetric, 0 on the diagonal, and the same when a number is added to a row. Of a
 * table that is symmetric, or becomes so when numbers are added to its rows, D holds
 * all that matters; EUNSUPPORTED with the cells that differ for any other table, and
 * for one in which no two classes are apart. `who` begins the message and `instead`
 * ends it. */
merit_status merit__scores_distances(double *distances, const merit_scores *scores,
                                     const char *who, const char *instead,
                                     merit_error *err);

#endif
