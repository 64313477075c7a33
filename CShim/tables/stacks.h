// SPDX-License-Identifier: Apache-2.0
//
// Stacks as paths in a tree from their roots, where stacks that share their outer frames share
// their words; include/silt_format.h says how. The tree only grows: runs are appended and linked
// into chains, and never move or go away.
//
// Lock-free and async-signal-safe. Two threads that meet a new stack together may both append it;
// readers see two ids with the same frames and add them up.
#ifndef SILT_STACKS_H
#define SILT_STACKS_H

#include "tables/moment.h"

// A walk that may be entered in the tree.
struct silt_trace {
  const uint64_t *pcs;  // leaf first, all of them on the calling thread's stack
  uint32_t depth;
  uint32_t root;  // silt_stack_root
};

// Every so many frames, counted from the root, the place in the tree is remembered by a hash of the
// pcs so far, so that a new stack is followed from near its leaf.
#define SILT_MARK_STEP 8u
#define SILT_MARKS (SILT_MAX_DEPTH / SILT_MARK_STEP + 1)

// A hash of the whole trace at this moment; marks[k] is that of its outermost k * SILT_MARK_STEP
// pcs.
uint64_t silt_stacks_mark(const struct silt_trace *trace, const struct silt_moment *moment,
                          uint64_t marks[SILT_MARKS]);

// The id of a stack; 0 if it is not in the tree and, with `add`, finds no room either. `marks` are
// those of the trace, or NULL.
uint32_t silt_stacks_find(struct silt_header *header, const struct silt_trace *trace,
                          const uint64_t *marks, const struct silt_moment *moment, bool add);

// The frames of a stack that was found, leaf first; returns how many.
uint32_t silt_stacks_read(struct silt_header *header, uint32_t stack,
                          uint32_t frames[SILT_MAX_DEPTH], uint32_t *root);

#endif
