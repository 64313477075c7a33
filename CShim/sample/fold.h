// SPDX-License-Identifier: Apache-2.0
//
// Leaves recursion out of a stack, so that the endless shapes of a recursive program become few
// stacks. Pure but for its cache of where functions start. Lock-free, async-signal-safe.
#ifndef SILT_FOLD_H
#define SILT_FOLD_H

#include "tables/moment.h"

// From the root, a function that is on the path already cuts the path back to itself; the innermost
// SILT_INNERMOST frames stay as they are. Works in place: what is left stands at the end of pcs.
// Returns its depth.
uint32_t silt_fold(uint64_t *pcs, uint32_t depth, const struct silt_moment *moment);

#endif
