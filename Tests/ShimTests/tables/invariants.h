// SPDX-License-Identifier: Apache-2.0
//
// What is true of the tables at any time when no thread writes.
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "base/base.h"

// Each entry is in the window of its address, its check is right, the filter says maybe, and no
// address is there twice.
bool live_is_valid(struct silt_header *header);
// The check of each event is right, and the event is in the slot of its sequence.
bool ring_is_valid(struct silt_header *header);
// A stack as a reader sees it, leaf first. False if it is damaged.
struct stack_read {
  uint32_t depth, root;
  uint64_t frames[SILT_MAX_DEPTH];
  uint32_t ids[SILT_MAX_DEPTH];    // of the frames
  uint32_t words[SILT_MAX_DEPTH];  // where they stand: each is a stack of its own
};
bool stack_read(const struct silt_header *header, uint32_t id, struct stack_read *stack);
// Runs follow one another without a gap, and each of their words is a whole stack.
bool stacks_is_valid(struct silt_header *header);
// The site and its stack are whole.
bool site_is_valid(struct silt_header *header, uint32_t site);

uint64_t live_count(struct silt_header *header);

#endif
