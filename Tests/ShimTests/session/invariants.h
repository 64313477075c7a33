// SPDX-License-Identifier: Apache-2.0
//
// What is true of the regions at any time when no thread writes.
#ifndef SESSION_INVARIANTS_H
#define SESSION_INVARIANTS_H

#include "base/base.h"

// Regions are in order, aligned, and do not overlap; the blocks that are in use are backed.
bool regions_is_valid(struct silt_header *header);

#endif
