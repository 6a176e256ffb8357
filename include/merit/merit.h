/* Everything that merit offers. libmerit: error, scores, loss, decide, metrics.
 * libmerit-train: audit, compare, data, explain, rows, net, model, train, runs, report. */
#ifndef MERIT_MERIT_H
#define MERIT_MERIT_H

#include "merit/audit.h"
#include "merit/compare.h"
#include "merit/data.h"
#include "merit/decide.h"
#include "merit/error.h"
#include "merit/explain.h"
#include "merit/loss.h"
#include "merit/metrics.h"
#include "merit/model.h"
#include "merit/net.h"
#include "merit/report.h"
#include "merit/rows.h"
#include "merit/runs.h"
#include "merit/scores.h"
#include "merit/train.h"

#endif
