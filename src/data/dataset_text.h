/* Data sets and labels from text. */
#ifndef MERIT_DATA_DATASET_TEXT_H
#define MERIT_DATA_DATASET_TEXT_H

#include "data/dataset.h"
#include "data/table.h"
#include "data/values.h"

/* Whether a stream at its beginning holds text. */
merit_status merit__stream_is_text(int *out, merit__stream *stream, merit_error *err);

/* Reads the features of a table into *features, and the rest into *table. Dispose of
 * both in any case. */
merit_status merit__text_features(merit__values *features, merit__table *table,
                                  merit__stream *stream,
                                  const merit_dataset_options *options,
                                  merit_error *err);

/* Reads a file of labels: a label to a line, or one column of several. */
merit_status merit__text_labels(merit__table *table, merit__stream *stream,
                                const merit_dataset_options *options, merit_error *err);

/* Moves the labels of a table into a data set, whose classes get their names. */
merit_status merit__dataset_take_labels(merit_dataset *data, merit__table *table,
                                        merit_error *err);

#endif
