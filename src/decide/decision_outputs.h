/* How a decision reads logits. */
#ifndef MERIT_DECIDE_DECISION_OUTPUTS_H
#define MERIT_DECIDE_DECISION_OUTPUTS_H

#include "decide/outputs.h"

/* Borrowed, as long as the decision lives. */
const merit__outputs *merit__decision_outputs(const merit_decision *decision);

#endif
