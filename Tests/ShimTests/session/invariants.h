// SPDX-License-Identifier: Apache-2.0
//
// What is true of the tables at any time when no thread writes.
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "base/base.h"

// Regions are in order, aligned, and do not overlap; the blocks that are in use are backed.
bool regions_is_valid(struct silt_header *header);
// Each entry is in the window of its address, its check is right, the filter says maybe, and no
// address is there twice.
bool live_is_valid(struct silt_header *header);
// The check of each event is right, and the event is in the slot of its sequence.
bool ring_is_valid(struct silt_header *header);
// The site refers to a stack that is there, and the stack's hash is right.
bool site_is_valid(struct silt_header *header, uint32_t site);

uint64_t live_count(struct silt_header *header);

#endif
