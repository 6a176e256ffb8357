/* What losses need to know of an implicit table as a whole, in O(nodes). */
#ifndef MERIT_LOSS_TREE_TERMS_H
#define MERIT_LOSS_TREE_TERMS_H

#include "loss/loss_def.h"

/* means [K]: the mean of each row of scores; least [K]: the least score of each row.
 * Either may be NULL. ENOMEM. */
merit_status merit__loss_tree_rows(double *means, double *least, const merit_loss *loss,
                                   merit_error *err);

/* costs [K] = sum_j weights [K] (1 - S_jk): the table of costs, of a tree symmetric,
 * times any vector. scratch: merit__tree_table_scratch. */
void merit__loss_tree_costs(double *costs, const merit__tree_table *tree,
                            const double *weights, double *scratch);

#endif
