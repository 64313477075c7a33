// SPDX-License-Identifier: Apache-2.0
//
// Which memory a stack walk may read. A walk asks for the bounds of the stack it stands on, then
// reads through them: a read answers false instead of faulting. Knows nothing of unwinding.
//
// Callers: any thread, any signal handler. No lock, no allocation; the only system call is the
// probe, made once for each page as a thread's own stack is first seen that deep, and for each page
// touched on a stack that is not the thread's own (an alternate signal stack, a fiber). errno is
// kept.
#ifndef SILT_BOUNDS_H
#define SILT_BOUNDS_H

#include "base/base.h"

struct silt_bounds {
  uint64_t low;  // aligned; this many words from here are known to be readable
  uint64_t words;
  uint64_t floor;  // where the walk began: nothing below is read
  bool foreign;    // not the thread's own stack: pages are probed as they are touched
};

// Finds the main thread's stack. From the constructor, on the main thread; before it has run, that
// thread's stack counts as foreign.
void silt_bounds_init(void);

// The bounds of a walk that stands at stack pointer `sp` and will read no address below it.
void silt_bounds_at(struct silt_bounds *bounds, uint64_t sp);

// The rare half of silt_bounds_read.
bool silt_bounds_extend(struct silt_bounds *bounds, uint64_t address);

// Reads the word at `address`; false if it is not aligned or not known to be stack.
static inline bool silt_bounds_read(struct silt_bounds *bounds, uint64_t address, uint64_t *value) {
  // Turned right by the alignment's bits, a misaligned distance becomes a huge index.
  uint64_t distance = address - bounds->low, index = distance >> 3 | distance << 61;
  if (SILT_UNLIKELY(index >= bounds->words) && !silt_bounds_extend(bounds, address)) return false;
  *value = *(const uint64_t *)address;
  return true;
}

static inline uint64_t silt_bounds_end(const struct silt_bounds *bounds) {
  return bounds->low + bounds->words * 8;
}

#endif
