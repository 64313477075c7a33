// SPDX-License-Identifier: Apache-2.0
//
// Which allocations are sampled: a Poisson process over requested bytes. Each thread counts down to
// its next sample; the test for it is the whole price of an allocation. No statistics here: an
// allocation of s bytes is sampled with probability 1 - exp(-s / interval), and readers know that.
#ifndef SILT_SAMPLER_H
#define SILT_SAMPLER_H

#include "base/base.h"

// The fast path: true if this allocation is not sampled. The countdown of a new thread is 0, and
// with an interval of 1 it stays 0: both always go the slow way, also for 0 bytes. A request that
// is too large for any countdown, and will fail, leaves it as it was.
static inline bool silt_sampler_passes(uint64_t size) {
  uint64_t left = silt_thread.countdown;
  if (SILT_UNLIKELY(left <= size)) return false;
  silt_thread.countdown = left - size;
  return true;
}

// The slow path, after the allocation has succeeded: whether it is sampled. Draws the distance to
// the next sample. False while the environment cannot be read yet.
bool silt_sampler_due(uint64_t size);

// In a forked child: its one thread draws anew, as every new thread does. Children that went on
// with the countdown they inherited would all be sampled at the same place, or none of them.
void silt_sampler_forked(void);

// Around one call: finds out whether the call comes back to an interposed allocation function. The
// countdown is set aside so that such a function is sure to take its slow path, which ends the
// probe. A call that leaves by an exception ends it too, at the thread's next allocation.
void silt_sampler_probe(void);
// True if the call came back.
bool silt_sampler_probed(void);

#endif
