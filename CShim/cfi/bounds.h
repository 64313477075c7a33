// SPDX-License-Identifier: Apache-2.0
//
// Which memory a stack walk may read. A walk asks for the bounds of the stack that it is on and
// reads through them: a read returns false where it would fault. Knows nothing of unwinding.
//
// Callers: any thread, any signal handler. No lock, no allocation; errno is kept. The only system
// call is the probe of a page. On the thread's own stack, each page is probed once, when a walk is
// first that deep. On any other stack (an alternate signal stack, a fiber), each walk probes the
// pages that it touches.
#ifndef SILT_BOUNDS_H
#define SILT_BOUNDS_H

#include "base/base.h"

struct silt_bounds {
  uint64_t low;  // aligned; so many words from here on are known to be readable
  uint64_t words;
  uint64_t floor;  // where the walk began; nothing below is read
  bool foreign;    // not the thread's own stack: a page is probed when it is touched
};

// From the constructor, on the main thread: finds that thread's stack. Before, it counts as
// foreign.
void silt_bounds_init(void);

// The kernel's gap, or a guard page, ends the stack.
#define SILT_BOUNDS_GUARDED INT64_C(1)

// By a new thread, on its own stack: SILT_BOUNDS_GUARDED, or the address of its lowest byte, or if
// negative how far below the thread pointer it is at most. What is below counts as foreign; without
// this call, all of the stack.
void silt_bounds_begin_thread(int64_t lowest);

// The bounds for a walk that begins at the stack pointer `sp` and reads nothing below it.
void silt_bounds_at(struct silt_bounds *bounds, uint64_t sp);

// The rare part of silt_bounds_read: the address is not known to be readable.
bool silt_bounds_extend(struct silt_bounds *bounds, uint64_t address);

// Reads the word at `address`; false if it is not aligned or not known to be stack.
static inline bool silt_bounds_read(struct silt_bounds *bounds, uint64_t address, uint64_t *value) {
  // Rotated right by three bits: the distance of a misaligned address becomes a huge index.
  uint64_t distance = address - bounds->low, index = distance >> 3 | distance << 61;
  if (SILT_UNLIKELY(index >= bounds->words) && !silt_bounds_extend(bounds, address)) return false;
  *value = *(const uint64_t *)address;
  return true;
}

static inline uint64_t silt_bounds_end(const struct silt_bounds *bounds) {
  return bounds->low + bounds->words * 8;
}

#endif
