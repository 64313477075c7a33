// SPDX-License-Identifier: Apache-2.0
//
// Which memory a stack walk may read. A walk asks for the bounds of the stack it stands on, then
// reads through them: a read answers false instead of faulting. Knows nothing of unwinding.
//
// Callers: any thread, any signal handler. No lock, no allocation; the only system call is the
// probe, made once for each page as a thread's own stack is first seen that deep, and for each page
// touched on a stack that is not the thread's own (an alternate signal stack, a fiber). errno is
// kept.
#ifndef SILT_STACKBOUNDS_H
#define SILT_STACKBOUNDS_H

#include "base.h"

struct silt_bounds {
  uint64_t low;  // bytes of [low, high) are known to be readable
  uint64_t high;
  uint64_t floor;  // nothing below is read: the stack pointer of the frame that the walk stands on
  bool foreign;    // not the thread's own stack: pages are probed as they are touched
};

// Finds the main thread's stack. From the constructor, on the main thread; before it has run, that
// thread's stack counts as foreign.
void silt_bounds_init(void);

// The bounds of a walk that stands at stack pointer `sp` and will read no address below it.
void silt_bounds_at(struct silt_bounds *bounds, uint64_t sp);

// The walk has moved outwards to `sp`: what is below is no longer read.
static inline void silt_bounds_raise(struct silt_bounds *bounds, uint64_t sp) {
  bounds->floor = sp;
  if (bounds->low < sp) bounds->low = sp;
}

// The rare half of silt_bounds_read.
bool silt_bounds_extend(struct silt_bounds *bounds, uint64_t address);

// Reads the word at `address`; false if it is not aligned or not known to be stack.
static inline bool silt_bounds_read(struct silt_bounds *bounds, uint64_t address, uint64_t *value) {
  if (SILT_UNLIKELY(address < bounds->low || address >= bounds->high || address % 8 != 0) &&
      !silt_bounds_extend(bounds, address)) {
    return false;
  }
  *value = *(const uint64_t *)address;
  return true;
}

#endif
