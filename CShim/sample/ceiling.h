// SPDX-License-Identifier: Apache-2.0
//
// Keeps what the samples cost below SILT_MAX_OVERHEAD, as a share of the process's CPU time: the
// slow paths are timed, and the interval is lengthened while they take more, and shortened back.
// Not timed are the fast paths, which no interval makes cheaper, dumps, and the making of the
// session with its first sample.
//
// Off by default: then a slow path pays one test. Lock-free, async-signal-safe; makes no system
// call in a sandbox, where the interval stays as it is.
#ifndef SILT_CEILING_H
#define SILT_CEILING_H

#include "base/config.h"
#include "base/ticks.h"

// When a slow path begins; 0 without a ceiling.
static inline uint64_t silt_ceiling_begin(void) {
  if (SILT_LIKELY(!silt_config.max_overhead) || silt_thread.boxes.strict) return 0;
  return silt_ticks();
}

void silt_ceiling_spend(uint64_t began);

// When it ends.
static inline void silt_ceiling_end(uint64_t began) {
  if (SILT_UNLIKELY(began)) silt_ceiling_spend(began);
}

// Now and then: whether the interval is right.
void silt_ceiling_look(void);

#endif
